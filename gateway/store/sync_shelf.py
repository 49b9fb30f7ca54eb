"""The books of a member as one of their devices sees them: marks, its names for contacts, what is new to it."""

from __future__ import annotations

import functools
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.contact import Contact
from addressbook.syncml.devinf import bare
from addressbook.syncml.matching import number_keys, sort_keys
from addressbook.syncml.shelf import Anchors, Changed, Kept, Mapped, ShelfBook
from addressbook.syncml.state import NEVER
from addressbook.syncml.taking import has_uid, with_uid
from gateway.core.book import DEFAULT_SLUG, Book, NoBook, UidTaken
from gateway.core.errors import NotFound
from gateway.store.address_books import AddressBooks
from gateway.store.columns import fitting
from gateway.store.contacts import Contacts
from gateway.store.database import Transaction
from gateway.store.schema import contact_mails, contact_numbers, contact_versions, contacts, sync_anchors, sync_maps
from gateway.store.sync_devices import SyncDevice

#: What devices call the address book; the last part of a path counts.
ALIASES = frozenset({"card", "addressbook", "contacts", "contact", "pab", "phonebook", "con", "addr", "vcard", "scard"})
#: Contacts that are looked at for one card.
MAX_ALIKE = 20

_c, _m = contacts.c, sync_maps.c
_MINE = sa.and_(_m.sync_device_id == bindparam("device"), _m.book_id == bindparam("book_id"))
_BY_LUID = sa.select(_m.luid, _m.contact_id, _m.revision).where(_MINE, _m.luid == bindparam("luid"))
_BY_CONTACT = sa.select(_m.luid, _m.contact_id, _m.revision).where(_MINE, _m.contact_id == bindparam("contact_id"))
_ANCHORS = sa.select(sync_anchors).where(
    sync_anchors.c.sync_device_id == bindparam("device"), sync_anchors.c.book_id == bindparam("book_id")
)
_VERSION = sa.select(contact_versions.c.card).where(
    contact_versions.c.contact_id == bindparam("contact_id"), contact_versions.c.revision == bindparam("revision")
)
_LAST = (
    sa.select(contact_versions.c.card)
    .where(contact_versions.c.contact_id == bindparam("contact_id"), sa.func.length(contact_versions.c.card) > 0)
    .order_by(contact_versions.c.revision.desc())
    .limit(1)
)
_LIVE = sa.and_(_c.book_id == bindparam("book_id"), sa.not_(_c.deleted))
_BY_UID = sa.select(_c.id).where(_LIVE, _c.uid == bindparam("uid"))
_BY_SORT_KEY = sa.select(_c.id).where(_LIVE, _c.sort_key == bindparam("sort_key")).limit(MAX_ALIKE)
_BY_NUMBERS = (
    sa.select(contact_numbers.c.contact_id)
    .where(
        contact_numbers.c.book_id == bindparam("book_id"),
        contact_numbers.c.match_key.in_(bindparam("keys", expanding=True)),
    )
    .limit(MAX_ALIKE)
)
_BY_MAILS = (
    sa.select(contact_mails.c.contact_id)
    .where(
        contact_mails.c.book_id == bindparam("book_id"),
        contact_mails.c.address.in_(bindparam("addresses", expanding=True)),
    )
    .limit(MAX_ALIKE)
)
_CARDS = sa.select(_c.id, _c.card).where(_c.id.in_(bindparam("ids", expanding=True)), sa.not_(_c.deleted))
_OF_DEVICE = sa.and_(_m.sync_device_id == bindparam("device"), _m.book_id == _c.book_id, _m.contact_id == _c.id)
_IS_NEW = sa.and_(
    _c.book_id == bindparam("book_id"),
    _c.revision > bindparam("after"),
    _c.revision <= bindparam("upto"),
    sa.or_(
        sa.and_(_c.deleted, _m.luid.is_not(None)),
        sa.and_(sa.not_(_c.deleted), sa.or_(_m.luid.is_(None), _m.revision < _c.revision)),
    ),
)
_JOINED = contacts.outerjoin(sync_maps, _OF_DEVICE)
_CHANGES = (
    sa.select(_c.id, _c.revision, _c.deleted, _m.luid)
    .select_from(_JOINED)
    .where(_IS_NEW)
    .order_by(_c.revision)
    .limit(bindparam("limit"))
)
_COUNT = sa.select(sa.func.count()).select_from(_JOINED).where(_IS_NEW)
_UNMAPPED = sa.select(_c.id).select_from(_JOINED).where(_LIVE, _m.luid.is_(None))


class SyncShelf:
    """What `addressbook.syncml.shelf.Shelf` asks for, within one transaction."""

    def __init__(self, tx: Transaction, books: AddressBooks, cards: Contacts, now_ms: int, device: SyncDevice) -> None:
        self._tx = tx
        self._books = books
        self._contacts = cards
        self._now_ms = now_ms
        self._account_id = device.account_id
        self._device = device.id
        self._by = device.shown  # in a card's history
        self._named = functools.cache(self._find)

    # --- books and marks ----------------------------------------------------------------------------------------

    def book(self, name: str) -> ShelfBook | None:
        """The book that a device means: the member's own by any of the usual names, another by its own."""
        found = self._named(name)
        if found is None:
            return None
        found = self._books.get(self._account_id, found.id)
        return ShelfBook(found.id, found.is_writable, found.revision, found.floor_revision)

    def _find(self, name: str) -> Book | None:
        wanted = bare(name)
        if "://" in wanted:
            wanted = wanted.partition("://")[2].partition("/")[2]
        try:
            return self._books.by_slug(self._account_id, wanted.rpartition("/")[2])
        except NoBook:
            pass
        if wanted.rpartition("/")[2] in ALIASES or wanted == DEFAULT_SLUG:
            return self._books.default(self._account_id)
        return None

    def anchors(self, book_id: int) -> Anchors:
        """The marks that were kept; empty ones at first."""
        row = self._tx.ask(_ANCHORS, self._of(book_id)).first()
        return Anchors() if row is None else Anchors(row.client_next, row.server_next, row.server_revision)

    def save_anchors(self, book_id: int, anchors: Anchors) -> None:
        """Keep them."""
        a = sync_anchors.c
        old = self._tx.ask(_ANCHORS, self._of(book_id)).first()
        row = {
            "client_last": "" if old is None else old.client_next,
            "client_next": fitting(anchors.client_next, 255),
            "server_last": "" if old is None else old.server_next,
            "server_next": anchors.server_next,
            "server_revision": anchors.server_revision,
            "synced_ms": self._now_ms,
        }
        if old is None:
            self._tx.execute(sa.insert(sync_anchors), {"sync_device_id": self._device, "book_id": book_id, **row})
        else:
            mine = sa.and_(a.sync_device_id == self._device, a.book_id == book_id)
            self._tx.execute(sa.update(sync_anchors).where(mine).values(row))

    # --- the device's names -------------------------------------------------------------------------------------

    def by_luid(self, book_id: int, luid: str) -> Mapped | None:
        """What a name of the device stands for."""
        row = self._tx.ask(_BY_LUID, {**self._of(book_id), "luid": fitting(luid, 255)}).first()
        return None if row is None else Mapped(*row)

    def by_contact(self, book_id: int, contact_id: int) -> Mapped | None:
        """How the device calls a contact."""
        row = self._tx.ask(_BY_CONTACT, {**self._of(book_id), "contact_id": contact_id}).first()
        return None if row is None else Mapped(*row)

    def put_map(self, book_id: int, luid: str, contact_id: int, revision: int) -> None:
        """Keep that the device has a contact under this name, and forget what either stood for."""
        luid = fitting(luid, 255)
        same = self.by_luid(book_id, luid)
        if same is not None and same.contact_id == contact_id:
            if same.revision != revision:
                self._change(book_id, luid, revision)
            return
        either = sa.or_(_m.luid == luid, _m.contact_id == contact_id)
        self._tx.execute(sa.delete(sync_maps).where(self._mine(book_id), either))
        self._tx.execute(
            sa.insert(sync_maps),
            {
                "sync_device_id": self._device,
                "book_id": book_id,
                "luid": luid,
                "contact_id": contact_id,
                "revision": revision,
            },
        )

    def drop_map(self, book_id: int, luid: str) -> None:
        """The device has nothing of that name any more."""
        self._tx.execute(sa.delete(sync_maps).where(self._mine(book_id), _m.luid == fitting(luid, 255)))

    def let_go(self, book_id: int, luid: str) -> None:
        """The device has made room: it is not told of this contact again."""
        self._change(book_id, fitting(luid, 255), NEVER)

    def doubt_maps(self, book_id: int) -> None:
        """Make every revision -1: the device is going to say what it has."""
        self._tx.execute(sa.update(sync_maps).where(self._mine(book_id)).values(revision=-1))

    def drop_maps(self, book_id: int, *, doubtful_only: bool = False) -> None:
        """Forget the names, all or those that are still in doubt."""
        doubtful = _m.revision < 0 if doubtful_only else sa.true()
        self._tx.execute(sa.delete(sync_maps).where(self._mine(book_id), doubtful))

    # --- contacts -----------------------------------------------------------------------------------------------

    def card(self, contact_id: int) -> Kept | None:
        """A contact; None when it is gone."""
        try:
            _, card = self._contacts.by_id(contact_id)
        except NotFound:
            return None
        return Kept(card.contact_id, card.href, card.revision, card.data)

    def version(self, contact_id: int, revision: int) -> bytes | None:
        """The card as it was in that revision; None when that is not known any more."""
        row = self._tx.ask(_VERSION, {"contact_id": contact_id, "revision": revision}).first()
        return bytes(row.card) if row is not None and row.card else None

    def last(self, contact_id: int) -> bytes | None:
        """The card as it was before it was deleted; None when that is not known any more."""
        self._tx.flush()
        row = self._tx.ask(_LAST, {"contact_id": contact_id}).first()
        return bytes(row.card) if row is not None and row.card else None

    def put(self, book_id: int, href: str | None, card: bytes) -> Kept:
        """Keep a card; a new one gets a UID where it has none, or one that is another's."""
        if href is None and not has_uid(card):
            card = with_uid(card, str(uuid.uuid4()))
        try:
            stored = self._contacts.put(book_id, href, card, by=self._by)
        except UidTaken:
            card = with_uid(card, str(uuid.uuid4()))
            stored = self._contacts.put(book_id, href, card, by=self._by)
        return Kept(stored.contact_id, href or "", stored.revision, card)

    def delete(self, book_id: int, contact_id: int) -> None:
        """Delete a contact."""
        kept = self.card(contact_id)
        if kept is not None:
            self._contacts.delete(book_id, kept.href, by=self._by)

    def alike(self, book_id: int, contact: Contact) -> list[tuple[int, bytes]]:
        """Contacts that share UID, name, a number or a mail address: id and card."""
        tx = self._tx
        tx.flush()
        found: dict[int, None] = {}
        if contact.uid:
            found |= dict.fromkeys(tx.ask(_BY_UID, {"book_id": book_id, "uid": contact.uid}).scalars())
        found |= dict.fromkeys(
            tx.ask_among(_BY_NUMBERS, "keys", number_keys(contact)[:MAX_ALIKE], book_id=book_id).scalars()
        )
        mails = [one.value.lower() for one in contact.mails][:MAX_ALIKE]
        found |= dict.fromkeys(tx.ask_among(_BY_MAILS, "addresses", mails, book_id=book_id).scalars())
        for key in sorted(sort_keys(contact)):
            found |= dict.fromkeys(tx.ask(_BY_SORT_KEY, {"book_id": book_id, "sort_key": key}).scalars())
        rows = tx.ask_among(_CARDS, "ids", list(found)[: 4 * MAX_ALIKE])
        return [(row.id, bytes(row.card)) for row in rows]

    def holds(self, book_id: int, contact_id: int) -> bool:
        """Is, or was, the contact in this book?"""
        self._tx.flush()
        statement = sa.select(_c.id).where(_c.id == contact_id, _c.book_id == book_id)
        return self._tx.read(statement).first() is not None

    def unmapped(self, book_id: int) -> list[int]:
        """Contacts that the device has no name for."""
        self._tx.flush()
        return self._tx.ask(_UNMAPPED, self._of(book_id)).scalars()

    def changes(self, book_id: int, after: int, upto: int, limit: int) -> list[Changed]:
        """What the device is to be told of, oldest first."""
        self._tx.flush()
        rows = self._tx.ask(_CHANGES, {**self._of(book_id), "after": after, "upto": upto, "limit": limit})
        return [Changed(row.id, row.revision, bool(row.deleted), row.luid or "") for row in rows]

    def count_changes(self, book_id: int, after: int, upto: int) -> int:
        """How many those are."""
        self._tx.flush()
        return int(self._tx.ask(_COUNT, {**self._of(book_id), "after": after, "upto": upto}).scalar() or 0)

    # --- within -------------------------------------------------------------------------------------------------

    def _of(self, book_id: int) -> dict[str, Any]:
        return {"device": self._device, "book_id": book_id}

    def _mine(self, book_id: int) -> sa.ColumnElement[bool]:
        return sa.and_(_m.sync_device_id == self._device, _m.book_id == book_id)

    def _change(self, book_id: int, luid: str, revision: int) -> None:
        self._tx.execute(sa.update(sync_maps).where(self._mine(book_id), _m.luid == luid).values(revision=revision))
