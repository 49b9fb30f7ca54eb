"""What contacts were before: versions, restoring, taking back an import, and forgetting after a year."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.book import TOMBSTONE_MS, Action, Stored, UidTaken, Undone, Version
from gateway.core.errors import NotFound
from gateway.store.contacts import Contacts
from gateway.store.database import Transaction
from gateway.store.schema import address_books, contact_versions, contacts, contacts_apart, sync_maps

#: Contacts taken back, or forgotten, in one transaction.
SLICE = 500

_v = contact_versions.c
_c = contacts.c
_CURRENT = sa.select(
    _c.id, _c.book_id, _c.href, _c.revision, _c.card, _c.changed_ms, _c.changed_by, _c.action, _c.batch_id, _c.deleted
).where(_c.id == bindparam("contact_id"))
_EARLIER = (
    sa.select(_v.revision, _v.card, _v.changed_ms, _v.changed_by, _v.action, _v.batch_id)
    .where(_v.contact_id == bindparam("contact_id"))
    .order_by(_v.revision.desc())
)
_BEFORE_BATCH = (
    sa.select(_v.card, _v.action)
    .where(_v.contact_id == bindparam("contact_id"), sa.func.coalesce(_v.batch_id, 0) != bindparam("batch_id"))
    .order_by(_v.revision.desc())
    .limit(1)
)
_OF_BATCH = (
    sa.select(_c.id, _c.book_id, _c.href, _c.etag, _c.deleted)
    .where(_c.batch_id == bindparam("batch_id"), _c.id > bindparam("after"))
    .order_by(_c.id)
    .limit(bindparam("limit"))
)


class ContactHistory:
    """Versions of contacts within one transaction."""

    def __init__(self, tx: Transaction, cards: Contacts, now_ms: int) -> None:
        self._tx = tx
        self._cards = cards
        self._now_ms = now_ms

    def versions(self, contact_id: int) -> list[Version]:
        """Every version of a contact that is kept, the newest first; one without octets says it was deleted.

        Raises NotFound.
        """
        self._tx.flush()
        row = self._current(contact_id)
        earlier = self._tx.ask(_EARLIER, {"contact_id": contact_id})
        return [_version(contact_id, row, True), *(_version(contact_id, one, False) for one in earlier)]

    def restore(self, contact_id: int, revision: int, *, by: str = "") -> Stored:
        """Make an earlier version the present one, also of a contact that was deleted.

        Raises NotFound (no such version, or one that says it was deleted), and what `Contacts.put` raises.
        """
        self._tx.flush()
        row = self._current(contact_id)
        found = next((one for one in self.versions(contact_id) if one.revision == revision and one.card), None)
        if found is None:
            raise NotFound(f"contact {contact_id} has no card of revision {revision}")
        return self._cards.put(row.book_id, row.href, found.card, by=by, action=Action.RESTORED)

    def deleted(self, book_id: int, limit: int = 100) -> list[Version]:
        """The last version of what was deleted from a book, the latest first."""
        self._tx.flush()
        gone = self._tx.read(
            sa.select(_c.id)
            .where(_c.book_id == book_id, _c.deleted)
            .order_by(_c.changed_ms.desc(), _c.revision.desc())
            .limit(limit)
        ).scalars()
        return [next(one for one in self.versions(contact_id) if one.card) for contact_id in gone.all()]

    def book_of(self, contact_id: int) -> int:
        """The book a contact is in, or was in before it was deleted. Raises NotFound."""
        self._tx.flush()
        return int(self._current(contact_id).book_id)

    def undo(
        self, batch_id: int, *, by: str = "", after: int = 0, limit: int = SLICE, book_id: int | None = None
    ) -> Undone:
        """Take back what an import (or a merging) did to up to `limit` contacts: added ones go, others are as before.

        With `book_id` nothing in another book is touched. What somebody has changed since is left alone. Go on with
        `after=undone.last` while it is not None.
        """
        self._tx.flush()
        rows = self._tx.ask(_OF_BATCH, {"batch_id": batch_id, "after": after, "limit": limit})
        removed = restored = kept = 0
        for row in rows:
            if book_id not in (None, row.book_id):
                continue
            before = self._tx.ask(_BEFORE_BATCH, {"contact_id": row.id, "batch_id": batch_id}).first()
            if before is not None and before.card:
                try:
                    self._cards.put(row.book_id, row.href, bytes(before.card), by=by, action=Action.UNDONE)
                    restored += 1
                except UidTaken:  # another contact was given its UID meanwhile
                    kept += 1
            elif not row.deleted:
                self._cards.delete(row.book_id, row.href, by=by, action=Action.UNDONE)
                removed += 1
        return Undone(removed, restored, kept, rows[-1].id if len(rows) == limit else None)

    def forget(self, limit: int = SLICE) -> int:
        """Forget up to `limit` contacts that were deleted more than a year ago; returns how many.

        A device that last asked before one of those deletions is told to begin anew.
        """
        self._tx.flush()
        before = self._now_ms - TOMBSTONE_MS
        gone = self._tx.read(
            sa.select(_c.id, _c.book_id, _c.revision).where(_c.deleted, _c.changed_ms < before).limit(limit)
        ).all()
        ids = [row.id for row in gone]
        floors: dict[int, int] = {}
        for row in gone:
            floors[row.book_id] = max(floors.get(row.book_id, 0), row.revision)
        for book_id, floor in floors.items():
            self._tx.execute(
                sa.update(address_books)
                .where(address_books.c.id == book_id, address_books.c.floor_revision < floor)
                .values(floor_revision=floor)
            )
        if ids:
            for table in (contact_versions, sync_maps):
                self._tx.execute(sa.delete(table).where(table.c.contact_id.in_(ids)))
            apart = contacts_apart.c
            self._tx.execute(sa.delete(contacts_apart).where(apart.first_id.in_(ids) | apart.second_id.in_(ids)))
            self._tx.execute(sa.delete(contacts).where(_c.id.in_(ids)))
        return len(ids)

    def _current(self, contact_id: int) -> Any:
        row = self._tx.ask(_CURRENT, {"contact_id": contact_id}).first()
        if row is None:
            raise NotFound(f"there is no contact {contact_id}")
        return row


def _version(contact_id: int, row: Any, is_current: bool) -> Version:
    return Version(
        contact_id=contact_id,
        revision=row.revision,
        card=bytes(row.card),
        changed_ms=row.changed_ms,
        changed_by=row.changed_by,
        action=Action(row.action),
        batch_id=row.batch_id,
        is_current=is_current,
    )
