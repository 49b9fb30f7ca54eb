"""Mail as the pages show it: folders with counts, lists, conversations; and what their owner does with it.

Every question names the mailbox: an id of somebody else's mail finds nothing. Names in Maildirs follow after the
commit, by the moves that are added to `moves` and `folder_moves`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.webmail import (
    FIXED,
    MAX_COUNT,
    MAX_FOLDERS,
    TRASH,
    FileMove,
    Folder,
    FolderMove,
    Gist,
    MaildirRow,
    MailLine,
    Only,
    PhoneMessage,
    folder_name,
    with_flags,
)
from gateway.store.database import Transaction
from gateway.store.schema import folders, mailboxes, mails, outbox

#: Mails that one call may change.
MAX_CHANGED: Final = 1000
#: Mails of a conversation that are shown, the newest.
MAX_THREAD: Final = 200

_COLUMNS: Final = (
    mails.c.id, mails.c.kind, mails.c.flags, mails.c.sender, mails.c.sender_name, mails.c.recipients, mails.c.subject,
    mails.c.snippet, mails.c.date_ms, mails.c.size_octets, mails.c.attachment_count, mails.c.thread_id, mails.c.blob,
    mails.c.file_name, folders.c.name.label("folder"),
)  # fmt: skip
_LINES: Final = sa.select(*_COLUMNS).join(folders, folders.c.id == mails.c.folder_id)
_SET_FLAGS: Final = (
    sa.update(mails).where(mails.c.id == bindparam("b_id")).values(flags=bindparam("b_flags"), placed=False)
)
_SET_FOLDER: Final = (
    sa.update(mails).where(mails.c.id == bindparam("b_id")).values(folder_id=bindparam("b_folder"), placed=False)
)
_DELETE: Final = sa.delete(mails).where(mails.c.id == bindparam("b_id"))
_FREE_QUOTA: Final = (
    sa.update(mailboxes)
    .where(mailboxes.c.id == bindparam("b_id"))
    .values(
        used_octets=mailboxes.c.used_octets - bindparam("b_octets"),
        used_count=mailboxes.c.used_count - bindparam("b_count"),
    )
)
_SET_GIST: Final = (
    sa.update(mails)
    .where(mails.c.id == bindparam("b_id"))
    .values(
        snippet=bindparam("b_snippet"),
        recipients=bindparam("b_recipients"),
        attachment_count=bindparam("b_attachments"),
    )
)


class Webmail:
    """Mailboxes as their owners see them, within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        moves: list[FileMove | FolderMove],
    ) -> None:
        self._tx = tx
        self._new_id = new_id
        self._moves = moves

    # --- asking ---------------------------------------------------------------------------------------------

    def folders(self, mailbox_id: int) -> list[Folder]:
        """The folders of a mailbox with their unread mails: the fixed ones first, then by name."""
        unread = (
            sa.select(sa.literal(1))
            .where(mails.c.folder_id == folders.c.id, self._lacks("S"))
            .with_hint(mails, "INDEXED BY ix_mails_unread", "sqlite")
            .correlate(folders)
            .limit(MAX_COUNT)
            .subquery()
        )
        rows = self._tx.read(
            sa.select(
                folders.c.id, folders.c.name, sa.select(sa.func.count()).select_from(unread).scalar_subquery()
            )
            .where(folders.c.mailbox_id == mailbox_id)
            .limit(MAX_FOLDERS)
        )  # fmt: skip
        found = {name: Folder(name, count, folder_id) for folder_id, name, count in map(tuple, rows)}
        fixed = [found.pop(name, Folder(name, 0)) for name in FIXED]
        return fixed + sorted(found.values(), key=lambda folder: folder.name.casefold())

    def page(
        self,
        mailbox_id: int,
        folder: str,
        *,
        before: tuple[int, int] | None = None,
        limit: int = 50,
        only: Only = Only.ALL,
    ) -> list[MailLine]:
        """Mails of a folder, newest first, those before `(date_ms, id)`. Raises NotFound for no folder of theirs."""
        folder_id = self._folder_id(mailbox_id, folder)
        if folder_id is None:
            if folder in FIXED:
                return []
            raise NotFound("There is no such folder.")
        statement = _LINES.where(mails.c.folder_id == folder_id)
        if only is not Only.ALL:
            index, condition = self._filter(only)
            statement = statement.where(condition).with_hint(mails, f"INDEXED BY {index}", "sqlite")
        if before is not None:
            statement = statement.where(sa.tuple_(mails.c.date_ms, mails.c.id) < before)
        return self._lines(statement.order_by(mails.c.date_ms.desc(), mails.c.id.desc()).limit(limit))

    def one(self, mailbox_id: int, mail_id: int) -> MailLine:
        """A mail of a mailbox. Raises NotFound."""
        found = self.some(mailbox_id, [mail_id])
        if not found:
            raise NotFound("There is no such mail.")
        return found[0]

    def some(self, mailbox_id: int, mail_ids: Sequence[int]) -> list[MailLine]:
        """Those of these mails that lie in the mailbox, newest first."""
        return self._lines(
            _LINES.where(mails.c.id.in_(list(mail_ids)[:MAX_CHANGED]), mails.c.mailbox_id == mailbox_id).order_by(
                mails.c.date_ms.desc(), mails.c.id.desc()
            )
        )

    def beside(self, mailbox_id: int, line: MailLine) -> tuple[int | None, int | None]:
        """The next newer and the next older mail of a mail's folder."""
        folder_id = self._folder_id(mailbox_id, line.folder)
        here = sa.tuple_(mails.c.date_ms, mails.c.id)
        asked = sa.select(mails.c.id).where(mails.c.folder_id == folder_id).limit(1)
        newer = asked.where(here > (line.date_ms, line.id)).order_by(mails.c.date_ms, mails.c.id)
        older = asked.where(here < (line.date_ms, line.id)).order_by(mails.c.date_ms.desc(), mails.c.id.desc())
        return self._tx.read(newer).scalar(), self._tx.read(older).scalar()

    def thread(self, mailbox_id: int, thread_id: int) -> list[MailLine | PhoneMessage]:
        """A conversation, oldest first: its mails, and the SMS and MMS that went out about them."""
        lines = self._lines(
            _LINES.where(mails.c.mailbox_id == mailbox_id, mails.c.thread_id == thread_id)
            .order_by(mails.c.id.desc())
            .limit(MAX_THREAD)
        )
        rows = self._tx.read(
            sa.select(
                outbox.c.id, outbox.c.mail_id, outbox.c.kind, outbox.c.purpose, outbox.c.recipient, outbox.c.text,
                outbox.c.state, outbox.c.created_ms,
            )
            .where(outbox.c.mail_id.in_([line.id for line in lines]))
            .order_by(outbox.c.id.desc())
            .limit(MAX_THREAD)
        )  # fmt: skip
        told: list[MailLine | PhoneMessage] = [PhoneMessage(*tuple(row)) for row in rows]
        return sorted([*lines, *told], key=lambda it: (it.date_ms if isinstance(it, MailLine) else it.at_ms, it.id))

    def ids_in(self, mailbox_id: int, folder: str, limit: int = MAX_CHANGED, *, unread: bool = False) -> list[int]:
        """Ids of mails in a folder, with `unread` of those nobody has looked at: for what is done to all of them."""
        statement = sa.select(mails.c.id).where(mails.c.folder_id == self._folder_id(mailbox_id, folder))
        if unread:
            statement = statement.where(self._lacks("S")).with_hint(mails, "INDEXED BY ix_mails_unread", "sqlite")
        return list(self._tx.read(statement.limit(limit)).scalars())

    def message_ids(self, mailbox_id: int, folder: str, wanted: Sequence[str]) -> set[str]:
        """Which of these Message-IDs mails in a folder have."""
        rows = self._tx.read(
            sa.select(mails.c.message_id).where(
                mails.c.mailbox_id == mailbox_id,
                mails.c.message_id.in_(list(wanted)[:MAX_CHANGED]),
                mails.c.folder_id == self._folder_id(mailbox_id, folder),
            )
        )
        return set(rows.scalars())

    def maildir_rows(self, mailbox_id: int, folder: str) -> list[MaildirRow]:
        """What rows say of the files in a folder."""
        return self._maildir_rows(mails.c.folder_id == self._folder_id(mailbox_id, folder))

    def maildir_rows_of(self, mailbox_id: int, mail_ids: Sequence[int]) -> list[MaildirRow]:
        """What rows say of the files of some mails."""
        return self._maildir_rows(mails.c.mailbox_id == mailbox_id, mails.c.id.in_(list(mail_ids)))

    def same_mails(self, mailbox_id: int, message_id: str) -> list[MaildirRow]:
        """What rows say of the files of mails with a Message-ID; none without one."""
        if not message_id:
            return []
        return self._maildir_rows(mails.c.mailbox_id == mailbox_id, mails.c.message_id == message_id)

    def unchanged(self, mailbox_id: int, rows: Sequence[MaildirRow]) -> list[MaildirRow]:
        """Those of these that are still what they were."""
        self._tx.flush()
        now = {row.id: row for row in self.maildir_rows_of(mailbox_id, [row.id for row in rows])}
        return [row for row in rows if now.get(row.id) == row]

    # --- changing -------------------------------------------------------------------------------------------

    def set_flags(self, mailbox_id: int, mail_ids: Sequence[int], *, add: str = "", remove: str = "") -> int:
        """Give mails Maildir flags and take others away; how many have changed."""
        changed = 0
        for line in self._to_change(mailbox_id, mail_ids):
            flags = with_flags(line.flags, add, remove)
            if flags != line.flags:
                self._tx.execute(_SET_FLAGS, {"b_id": line.id, "b_flags": flags})
                self._moves.append(_move(mailbox_id, line, line.folder, flags))
                changed += 1
        return changed

    def take_flags(self, mailbox_id: int, row: MaildirRow, flags: str) -> None:
        """A mail program has given a mail these flags, unless ours have changed meanwhile; its name says so already."""
        if self.unchanged(mailbox_id, [row]):
            self._tx.execute(sa.update(mails).where(mails.c.id == row.id).values(flags=flags))

    def take_move(self, mailbox_id: int, row: MaildirRow, folder: str, file_name: str, flags: str) -> None:
        """A mail program has moved a mail, unless we have meanwhile; its file is there already, under this name."""
        if self.unchanged(mailbox_id, [row]):
            folder_id = self._folder_id(mailbox_id, folder) or self._add_folder(mailbox_id, folder)
            self._tx.execute(
                sa.update(mails)
                .where(mails.c.id == row.id)
                .values(folder_id=folder_id, file_name=file_name, flags=flags)
            )

    def take_name(self, mailbox_id: int, mail_id: int, file_name: str) -> None:
        """The file of a mail is in its Maildir already, under this name."""
        self._tx.flush()
        self._tx.execute(
            sa.update(mails)
            .where(mails.c.id == mail_id, mails.c.mailbox_id == mailbox_id)
            .values(file_name=file_name, placed=True)
        )

    def take_folders(self, mailbox_id: int, names: Sequence[str]) -> int:
        """A mail program has made these folders, or some of them; how many were new."""
        known = {folder.name for folder in self.folders(mailbox_id)}
        new = [
            name for name in names if name not in known and name.isprintable() and len(name) <= 255 and "/" not in name
        ]
        del new[max(0, MAX_FOLDERS - len(known)) :]
        for name in new:
            self._add_folder(mailbox_id, name)
        return len(new)

    def move(self, mailbox_id: int, mail_ids: Sequence[int], folder: str) -> int:
        """Move mails to a folder; how many were elsewhere. Raises NotFound for no folder of theirs."""
        folder_id = self._folder_id(mailbox_id, folder)
        if folder_id is None:
            if folder not in FIXED:
                raise NotFound("There is no such folder.")
            folder_id = self._add_folder(mailbox_id, folder)
        lines = [line for line in self._to_change(mailbox_id, mail_ids) if line.folder != folder]
        for line in lines:
            self._tx.execute(_SET_FOLDER, {"b_id": line.id, "b_folder": folder_id})
            self._moves.append(_move(mailbox_id, line, folder, line.flags))
        return len(lines)

    def delete(self, mailbox_id: int, mail_ids: Sequence[int]) -> int:
        """Mails go to the trash, and from the trash for good; how many."""
        lines = self._to_change(mailbox_id, mail_ids)
        in_trash = [line.id for line in lines if line.folder == TRASH]
        self.move(mailbox_id, [line.id for line in lines if line.folder != TRASH], TRASH)
        self.erase(mailbox_id, in_trash)
        return len(lines)

    def erase(self, mailbox_id: int, mail_ids: Sequence[int]) -> int:
        """Mails go for good, wherever they lie, and their room is free again; how many."""
        lines = self._to_change(mailbox_id, mail_ids)
        for line in lines:
            self._tx.execute(_DELETE, {"b_id": line.id})
            self._moves.append(_move(mailbox_id, line, "", ""))
        if lines:
            octets = sum(line.size_octets for line in lines)
            self._tx.execute(_FREE_QUOTA, {"b_id": mailbox_id, "b_octets": octets, "b_count": len(lines)})
        return len(lines)

    def unplaced(self, bodies: Sequence[str]) -> set[str]:
        """Which of these bodies a mail has whose link into its Maildir is still to be made."""
        is_unplaced = sa.text("placed = 0" if self._tx.dialect == "sqlite" else "NOT placed")
        return set(self._tx.read(sa.select(mails.c.blob).where(is_unplaced, mails.c.blob.in_(bodies))).scalars())

    # --- folders --------------------------------------------------------------------------------------------

    def add_folder(self, mailbox_id: int, name: str) -> str:
        """Make a folder; its name as it is kept. Raises BadRequest, and Conflict if it is there."""
        kept = self._free_name(mailbox_id, name)
        if len(self.folders(mailbox_id)) >= MAX_FOLDERS:
            raise Conflict("There are too many folders.")
        self._add_folder(mailbox_id, kept)
        return kept

    def rename_folder(self, mailbox_id: int, name: str, to_name: str) -> str:
        """Give a folder another name; as it is kept. Raises NotFound, BadRequest, Conflict."""
        folder_id = self._own_folder(mailbox_id, name)
        kept = self._free_name(mailbox_id, to_name)
        self._tx.execute(sa.update(folders).where(folders.c.id == folder_id).values(name=kept))
        self._moves.append(FolderMove(mailbox_id, name, kept))
        return kept

    def remove_folder(self, mailbox_id: int, name: str) -> None:
        """An empty folder goes. Raises NotFound; Conflict while mails are in it."""
        folder_id = self._own_folder(mailbox_id, name)
        if self.ids_in(mailbox_id, name, 1):
            raise Conflict("There are mails in this folder.")
        self._tx.execute(sa.delete(folders).where(folders.c.id == folder_id))
        self._moves.append(FolderMove(mailbox_id, name, ""))

    # --- the gist -------------------------------------------------------------------------------------------

    def without_gist(self, limit: int, mailbox_id: int = 0) -> list[tuple[int, int, str]]:
        """Mails whose body nobody has looked at: (mailbox, mail, body), the newest of a mailbox first."""
        statement = sa.select(mails.c.mailbox_id, mails.c.id, mails.c.blob).where(sa.text("attachment_count = -1"))
        if mailbox_id:
            statement = statement.where(mails.c.mailbox_id == mailbox_id).order_by(mails.c.id.desc())
        return [(row.mailbox_id, row.id, row.blob) for row in self._tx.read(statement.limit(limit))]

    def set_gist(self, mail_id: int, gist: Gist) -> None:
        """Note what lists show of a mail."""
        self._tx.defer(
            _SET_GIST,
            {
                "b_id": mail_id,
                "b_snippet": gist.snippet,
                "b_recipients": gist.recipients,
                "b_attachments": gist.attachment_count,
            },
        )

    def forget_gists(self, after_id: int, limit: int = 5000) -> int | None:
        """Let some mails be read again; the last of them, None when there are no more behind `after_id`."""
        statement = sa.select(mails.c.id).where(mails.c.id > after_id).order_by(mails.c.id).limit(limit)
        ids = list(self._tx.read(statement).scalars())
        if not ids:
            return None
        self._tx.execute(
            sa.update(mails)
            .where(mails.c.id.between(ids[0], ids[-1]), sa.text("attachment_count != -1"))
            .values(attachment_count=-1)
        )
        return int(ids[-1])

    # --- pieces ---------------------------------------------------------------------------------------------

    def _filter(self, only: Only) -> tuple[str, sa.TextClause]:
        """The index of a filter, and its condition."""
        match only:
            case Only.UNREAD:
                return "ix_mails_unread", self._lacks("S")
            case Only.STARRED:
                return "ix_mails_starred", self._has("F")
            case Only.ATTACHMENTS:
                return "ix_mails_with_attachments", sa.text("attachment_count > 0")
            case _:
                return "ix_mails_of_phones", sa.text("kind != 'mail'")

    def _has(self, flag: str) -> sa.TextClause:
        return sa.text(f"{self._find}(flags, '{flag}') > 0")

    def _lacks(self, flag: str) -> sa.TextClause:
        # Written as in the partial index, or it is not used.
        return sa.text(f"{self._find}(flags, '{flag}') = 0")

    @property
    def _find(self) -> str:
        return "instr" if self._tx.dialect == "sqlite" else "strpos"

    def _lines(self, statement: sa.Select[Any]) -> list[MailLine]:
        return [MailLine(**row) for row in self._tx.read(statement).mappings()]

    def _maildir_rows(self, *conditions: sa.ColumnElement[bool]) -> list[MaildirRow]:
        statement = sa.select(
            mails.c.id, folders.c.name, mails.c.file_name, mails.c.flags, mails.c.placed, mails.c.blob
        ).join(folders, folders.c.id == mails.c.folder_id)
        return [MaildirRow(*tuple(row)) for row in self._tx.read(statement.where(*conditions))]

    def _to_change(self, mailbox_id: int, mail_ids: Sequence[int]) -> list[MailLine]:
        self._tx.flush()
        return self.some(mailbox_id, mail_ids)

    def _folder_id(self, mailbox_id: int, name: str) -> int | None:
        return self._tx.read(
            sa.select(folders.c.id).where(folders.c.mailbox_id == mailbox_id, folders.c.name == name)
        ).scalar()

    def _own_folder(self, mailbox_id: int, name: str) -> int:
        folder_id = self._folder_id(mailbox_id, name)
        if folder_id is None or name in FIXED:
            raise NotFound("There is no such folder.")
        return folder_id

    def _free_name(self, mailbox_id: int, name: str) -> str:
        kept = folder_name(name)
        if not kept:
            raise BadRequest("A folder cannot have this name.")
        if any(folder.name.casefold() == kept.casefold() for folder in self.folders(mailbox_id)):
            raise Conflict("There is a folder of this name.")
        return kept

    def _add_folder(self, mailbox_id: int, name: str) -> int:
        folder_id = self._new_id()
        self._tx.execute(sa.insert(folders), {"id": folder_id, "mailbox_id": mailbox_id, "name": name})
        return folder_id


def _move(mailbox_id: int, line: MailLine, to_folder: str, to_flags: str) -> FileMove:
    return FileMove(
        line.id, mailbox_id, line.file_name, line.blob, line.folder, line.flags, to_folder, to_flags
    )  # fmt: skip
