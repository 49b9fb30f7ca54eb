"""Mails in mailboxes: rows here, bytes in the blob store, one copy however many recipients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.mails import NewMail, Placement
from gateway.core.webmail import FileMove
from gateway.store.database import Transaction
from gateway.store.schema import folders, mailboxes, mails

_INSERT = sa.insert(mails)
_USE_QUOTA = (
    sa.update(mailboxes)
    .where(mailboxes.c.id == bindparam("b_id"))
    .values(used_octets=mailboxes.c.used_octets + bindparam("b_octets"), used_count=mailboxes.c.used_count + 1)
)
_CHANGE_QUOTA = (
    sa.update(mailboxes)
    .where(mailboxes.c.id == bindparam("b_id"))
    .values(used_octets=mailboxes.c.used_octets + bindparam("b_octets"))
)
#: Of attachments nobody has counted yet.
_UNSEEN = -1
_FOLDER = sa.select(folders.c.id).where(
    folders.c.mailbox_id == bindparam("mailbox_id"), folders.c.name == bindparam("name")
)
_THREAD = sa.select(mails.c.thread_id).where(
    mails.c.mailbox_id == bindparam("mailbox_id"), mails.c.message_id.in_(bindparam("ids", expanding=True))
)
_PLACED = sa.update(mails).where(mails.c.id == bindparam("b_id")).values(placed=True)


class Mails:
    """Mails within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        now_ms: int,
        file_name: Callable[[int, int, int], str],
    ) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._file_name = file_name  # (mail id, size, wire size) -> base name in the Maildir

    def file(self, mail: NewMail, mail_id: int | None = None) -> Placement:
        """File a mail: row, quota, thread. The Maildir link is made after the commit from what is returned."""
        mail_id = mail_id or self._new_id()
        thread_id = mail_id
        if mail.references:
            known = self._tx.ask_among(_THREAD, "ids", mail.references[-20:], mailbox_id=mail.mailbox_id).scalar()
            thread_id = known or mail_id
        name = self._file_name(mail_id, mail.size_octets, mail.wire_octets)
        self._tx.defer(
            _INSERT,
            {
                "id": mail_id,
                "mailbox_id": mail.mailbox_id,
                "folder_id": self.folder_id(mail.mailbox_id, mail.folder),
                "kind": mail.kind,
                "flags": mail.flags,
                "sender": mail.sender[:320],
                "sender_name": mail.sender_name[:255],
                "subject": mail.subject[:1000],
                "date_ms": mail.date_ms,
                "received_ms": self._now_ms,
                "size_octets": mail.size_octets,
                "message_id": mail.message_id[:998],
                "thread_id": thread_id,
                "envelope_sender": mail.envelope_sender[:320],
                "envelope_recipient": mail.envelope_recipient[:320],
                "blob": mail.blob,
                "file_name": name,
                "placed": False,
            },
        )
        self._tx.defer(_USE_QUOTA, {"b_id": mail.mailbox_id, "b_octets": mail.size_octets})
        return Placement(mail_id, mail.blob, mail.mailbox_id, mail.folder, name, thread_id, mail.flags)

    def folder_id(self, mailbox_id: int, name: str) -> int:
        """The id of a folder, made when it is not there yet."""
        found = self._tx.ask(_FOLDER, {"mailbox_id": mailbox_id, "name": name}).scalar()
        if found is not None:
            return int(found)
        folder_id = self._new_id()
        self._tx.execute(sa.insert(folders), {"id": folder_id, "mailbox_id": mailbox_id, "name": name})
        return folder_id

    def placed(self, mail_ids: Sequence[int]) -> None:
        """The Maildir links of these mails exist."""
        for mail_id in mail_ids:
            self._tx.defer(_PLACED, {"b_id": mail_id})

    def unplaced(self, limit: int = 1000, after_id: int = 0) -> list[Placement]:
        """Mails whose Maildir link was not made, oldest first."""
        unplaced = "m.placed = 0" if self._tx.dialect == "sqlite" else "NOT m.placed"
        rows = self._tx.read(
            sa.text(
                "SELECT m.id, m.blob, m.mailbox_id, f.name AS folder, m.file_name, m.thread_id, m.flags FROM mails m "  # noqa: S608
                f"JOIN folders f ON f.id = m.folder_id WHERE {unplaced} AND m.id > :after ORDER BY m.id LIMIT :limit"
            ),
            {"limit": limit, "after": after_id},
        )
        return [Placement(*tuple(row)) for row in rows]

    def get(self, mail_id: int) -> sa.RowMapping | None:
        """The row of a mail."""
        return self._tx.read(sa.select(mails).where(mails.c.id == mail_id)).mappings().first()

    def thread_of(self, mail_id: int) -> int:
        """The conversation a mail belongs to (a deferred row is not seen: the mail itself, then)."""
        return int(self._tx.read(sa.select(mails.c.thread_id).where(mails.c.id == mail_id)).scalar() or mail_id)

    def mailbox_of(self, account_id: int) -> int | None:
        """The mailbox of an account."""
        return self._tx.read(sa.select(mailboxes.c.id).where(mailboxes.c.account_id == account_id)).scalar()

    def in_folder(self, mailbox_id: int, folder: str, limit: int = 100) -> list[sa.RowMapping]:
        """The newest mails of a folder."""
        statement: sa.Select[Any] = (
            sa.select(mails)
            .join(folders, folders.c.id == mails.c.folder_id)
            .where(folders.c.mailbox_id == mailbox_id, folders.c.name == folder)
            .order_by(mails.c.date_ms.desc())
            .limit(limit)
        )
        return list(self._tx.read(statement).mappings())

    def quota(self, mailbox_id: int) -> tuple[int, int]:
        """Octets used and allowed."""
        row = self._tx.read(
            sa.select(mailboxes.c.used_octets, mailboxes.c.quota_octets).where(mailboxes.c.id == mailbox_id)
        ).one()
        return row.used_octets, row.quota_octets

    def page_of_kind(
        self, mailbox_id: int, kind: str, folder: str, *, before: int | None, limit: int, is_starred: bool = False
    ) -> list[sa.RowMapping]:
        """Mails of a kind in a folder, the last made first, those with an id below `before`."""
        statement: sa.Select[Any] = (
            sa.select(mails, folders.c.name.label("folder"))
            .join(folders, folders.c.id == mails.c.folder_id)
            .where(folders.c.mailbox_id == mailbox_id, folders.c.name == folder, mails.c.kind == kind)
            .order_by(mails.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(mails.c.id < before)
        if is_starred:
            statement = statement.where(mails.c.flags.contains("F"))
        return list(self._tx.read(statement).mappings())

    def of_kind(self, mailbox_id: int, kind: str, mail_id: int) -> sa.RowMapping | None:
        """The row of a mail of this kind in this mailbox, with its `folder`."""
        return (
            self._tx.read(
                sa.select(mails, folders.c.name.label("folder"))
                .join(folders, folders.c.id == mails.c.folder_id)
                .where(mails.c.id == mail_id, mails.c.mailbox_id == mailbox_id, mails.c.kind == kind)
            )
            .mappings()
            .first()
        )

    def replace(self, row: Mapping[str, Any], mail: NewMail, version_id: int) -> tuple[Placement, FileMove]:
        """A new version of a mail takes the place of the one in `row`, which names its `folder`.

        The mail keeps its id, folder, flags and conversation. Its file has a name of its own, made of `version_id`:
        programs that keep copies take a file of the same name for the same mail.
        """
        name = self._file_name(version_id, mail.size_octets, mail.wire_octets)
        self._tx.execute(
            sa.update(mails)
            .where(mails.c.id == row["id"])
            .values(
                sender=mail.sender[:320],
                sender_name=mail.sender_name[:255],
                subject=mail.subject[:1000],
                date_ms=mail.date_ms,
                received_ms=self._now_ms,
                size_octets=mail.size_octets,
                message_id=mail.message_id[:998],
                attachment_count=_UNSEEN,
                blob=mail.blob,
                file_name=name,
                placed=False,
            )
        )
        self._tx.execute(_CHANGE_QUOTA, {"b_id": row["mailbox_id"], "b_octets": mail.size_octets - row["size_octets"]})
        mail_id, mailbox_id, folder, flags = row["id"], row["mailbox_id"], row["folder"], row["flags"]
        return (
            Placement(mail_id, mail.blob, mailbox_id, folder, name, row["thread_id"], flags),
            FileMove(mail_id, mailbox_id, row["file_name"], row["blob"], folder, flags, "", ""),
        )
