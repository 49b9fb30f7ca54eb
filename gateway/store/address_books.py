"""Address books: whose they are, who may read and write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.book import DEFAULT_SLUG, Book, NoBook, NotAllowed, Right, Scope, SlugTaken
from gateway.core.errors import BadRequest
from gateway.core.sessions import Role
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import (
    accounts,
    address_books,
    book_shares,
    contact_categories,
    contact_mails,
    contact_numbers,
    contact_versions,
    contact_words,
    contacts,
    contacts_apart,
    import_batches,
    sync_anchors,
    sync_devices,
    sync_maps,
)

#: Books of one account: more than anybody needs, few enough to be looked through for every name.
MAX_BOOKS = 100
#: How a book that is not one's own is called in one's addresses: "~" and its id.
_FOREIGN = "~"
_SLUG = re.compile(r"[^~/\s\x00-\x1f][^/\x00-\x1f]{0,63}")

_b = address_books.c
_domain = sa.select(accounts.c.domain_id).where(accounts.c.id == bindparam("account_id")).scalar_subquery()
_readable = sa.union(
    sa.select(_b.id).where(_b.account_id == bindparam("account_id")),
    sa.select(_b.id).where(_b.domain_id == _domain),
    sa.select(_b.id).where(sa.text("scope = 'system'")),
    sa.select(book_shares.c.book_id).where(book_shares.c.account_id == bindparam("account_id")),
)
_role = sa.select(accounts.c.role).where(accounts.c.id == bindparam("account_id")).scalar_subquery().label("role")
_SEEN = (
    sa.select(address_books, book_shares.c.writable, _role)
    .outerjoin(
        book_shares, sa.and_(book_shares.c.book_id == _b.id, book_shares.c.account_id == bindparam("account_id"))
    )
    .where(_b.id.in_(_readable))
)
_SEEN_BY_ID = _SEEN.where(_b.id == bindparam("book_id"))
_IDS = sa.select(_b.id, _b.scope, _b.account_id, _b.slug).where(_b.id.in_(_readable))
_OWN_BY_SLUG = sa.select(address_books, sa.false().label("writable"), sa.literal("").label("role")).where(
    _b.account_id == bindparam("account_id"), _b.slug == bindparam("slug")
)


class AddressBooks:
    """Books within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    # --- what an account sees -------------------------------------------------------------------------------

    def of(self, account_id: int) -> list[Book]:
        """Every book an account may read: its default book, its others, shared ones, its domain's, the system's."""
        self._tx.flush()
        rows = self._tx.ask(_SEEN, {"account_id": account_id})
        return [_book(row, account_id) for row in sorted(rows, key=lambda row: _place(row, account_id))]

    def ids_of(self, account_id: int) -> list[int]:
        """The ids of those books, in the same order: for look-ups, which come with every mail."""
        rows = self._tx.ask(_IDS, {"account_id": account_id})
        return [row.id for row in sorted(rows, key=lambda row: _place(row, account_id))]

    def get(self, account_id: int, book_id: int) -> Book:
        """A book as an account sees it. Raises NoBook."""
        self._tx.flush()
        row = self._tx.ask(_SEEN_BY_ID, {"account_id": account_id, "book_id": book_id}).first()
        if row is None:
            raise NoBook("there is no such book")
        return _book(row, account_id)

    def by_slug(self, account_id: int, slug: str) -> Book:
        """A book by its name in the account's addresses. Raises NoBook."""
        if slug.startswith(_FOREIGN):
            number = slug.removeprefix(_FOREIGN)
            if not (number.isascii() and number.isdigit()) or len(number) > 18:
                raise NoBook("there is no such book")
            book = self.get(account_id, int(number))
            if book.slug != slug:
                raise NoBook("there is no such book")
            return book
        self._tx.flush()
        row = self._tx.ask(_OWN_BY_SLUG, {"account_id": account_id, "slug": slug}).first()
        if row is None:
            raise NoBook(f"there is no book {slug}")
        return _book(row, account_id)

    def writable(self, account_id: int, book_id: int) -> Book:
        """As `get`, for who wants to change cards. Raises NoBook, NotAllowed."""
        book = self.get(account_id, book_id)
        if not book.is_writable:
            raise NotAllowed(f"the book {book.name} may only be read")
        return book

    def owned(self, account_id: int, book_id: int) -> Book:
        """As `get`, for who wants to change the book itself. Raises NoBook, NotAllowed."""
        book = self.get(account_id, book_id)
        if not book.is_own:
            raise NotAllowed(f"the book {book.name} belongs to somebody else")
        return book

    def managed(self, account_id: int, book_id: int) -> Book:
        """As `owned`, or as an administrator of the book's domain or of the system. Raises NoBook, NotAllowed."""
        self._tx.flush()
        row = self._tx.ask(_SEEN_BY_ID, {"account_id": account_id, "book_id": book_id}).first()
        if row is None:
            raise NoBook("there is no such book")
        book = _book(row, account_id)
        if not (book.is_own or _administers(row)):
            raise NotAllowed(f"the book {book.name} belongs to somebody else")
        return book

    # --- making and changing --------------------------------------------------------------------------------

    def default(self, account_id: int) -> Book:
        """The book every member has; it is made when it is first asked for (so: in a transaction that writes)."""
        try:
            return self.by_slug(account_id, DEFAULT_SLUG)
        except NoBook:
            return self.create(account_id, DEFAULT_SLUG, "Contacts")

    def create(self, account_id: int, slug: str, name: str = "", description: str = "", colour: str = "") -> Book:
        """Make a personal book. Raises SlugTaken, BadRequest (a slug has 1 to 64 characters, no "/", no "~" first)."""
        own = [book for book in self.of(account_id) if book.is_own]
        if any(book.slug == slug for book in own):
            raise SlugTaken(f"there is a book {slug} already")
        if len(own) >= MAX_BOOKS:
            raise BadRequest(f"an account may have {MAX_BOOKS} books")
        return self._create(Scope.PERSONAL, account_id, None, slug, name, description, colour, account_id)

    def create_shared(self, domain_id: int | None, slug: str, name: str = "", description: str = "") -> int:
        """Make a book of a domain, or (None) of the system, and return its id. Raises SlugTaken, BadRequest."""
        scope = Scope.SYSTEM if domain_id is None else Scope.DOMAIN
        if self.id_of_shared(domain_id, slug) is not None:
            raise SlugTaken(f"there is a book {slug} already")
        return self._create(scope, None, domain_id, slug, name, description, "", 0).id

    def id_of_shared(self, domain_id: int | None, slug: str) -> int | None:
        """The id of a domain's or the system's book."""
        whose = sa.text("scope = 'system'") if domain_id is None else _b.domain_id == domain_id
        found: int | None = self._tx.read(sa.select(_b.id).where(whose, _b.slug == slug)).scalar()
        return found

    def change(self, book_id: int, **columns: Any) -> None:
        """Set name, description, colour, properties (JSON), quota_cards or quota_octets."""
        known = {"name", "description", "colour", "properties", "quota_cards", "quota_octets"}
        assert columns.keys() <= known, columns
        if columns:
            self._tx.execute(sa.update(address_books).where(_b.id == book_id).values(**_fitted(columns)))

    def check(self, book_id: int) -> None:
        """Raises NoBook where no book has this id."""
        self._tx.flush()
        if self._tx.read(sa.select(_b.id).where(_b.id == book_id)).first() is None:
            raise NoBook(f"there is no book {book_id}")

    def delete(self, book_id: int) -> None:
        """Delete a book with all its cards and their history. Raises NoBook."""
        self.check(book_id)
        delete_books(self._tx, sa.select(_b.id).where(_b.id == book_id))

    # --- sharing --------------------------------------------------------------------------------------------

    def share(self, book_id: int, account_id: int, *, writable: bool) -> None:
        """Let another account read (or also write) a book; of a domain's or the system's book: write."""
        self.unshare(book_id, account_id)
        row = {"book_id": book_id, "account_id": account_id, "writable": writable, "created_ms": self._now_ms}
        self._tx.execute(sa.insert(book_shares), row)

    def unshare(self, book_id: int, account_id: int) -> bool:
        """Take that back. False when it was not so."""
        return (
            self._tx.execute(
                sa.delete(book_shares).where(book_shares.c.book_id == book_id, book_shares.c.account_id == account_id)
            ).rowcount
            > 0
        )

    def shares(self, book_id: int) -> dict[int, bool]:
        """Who else may read a book: account id -> may write too."""
        self._tx.flush()
        rows = self._tx.read(
            sa.select(book_shares.c.account_id, book_shares.c.writable)
            .where(book_shares.c.book_id == book_id)
            .order_by(book_shares.c.account_id)
        )
        return {row.account_id: row.writable for row in rows}

    # --- within ---------------------------------------------------------------------------------------------

    def _create(
        self,
        scope: Scope,
        account_id: int | None,
        domain_id: int | None,
        slug: str,
        name: str,
        description: str,
        colour: str,
        seen_by: int,
    ) -> Book:
        if not _SLUG.fullmatch(slug):
            raise BadRequest('a book\'s name in addresses has 1 to 64 characters, no "/" and no "~" in front')
        book_id = self._new_id()
        row = {
            "id": book_id,
            "scope": scope.value,
            "account_id": account_id,
            "domain_id": domain_id,
            "slug": slug,
            "created_ms": self._now_ms,
            **_fitted({"name": name or slug, "description": description, "colour": colour}),
        }
        self._tx.execute(sa.insert(address_books), row)
        made = sa.select(address_books, sa.false().label("writable"), sa.literal("").label("role"))
        return _book(self._tx.read(made.where(_b.id == book_id)).one(), seen_by)


def delete_books(tx: Transaction, book_ids: sa.Select[Any]) -> None:
    """Delete books with everything in them."""
    contact_ids = sa.select(contacts.c.id).where(contacts.c.book_id.in_(book_ids))
    tx.execute(sa.delete(contact_versions).where(contact_versions.c.contact_id.in_(contact_ids)))
    children = (
        sync_maps, sync_anchors, import_batches, contacts_apart, contact_words, contact_categories, contact_numbers,
        contact_mails, contacts, book_shares,
    )  # fmt: skip
    for table in children:
        tx.execute(sa.delete(table).where(table.c.book_id.in_(book_ids)))
    tx.execute(sa.delete(address_books).where(_b.id.in_(book_ids)))


def delete_books_of(tx: Transaction, account_id: int) -> None:
    """Delete an account's books, and what its devices were told of others."""
    devices = sa.select(sync_devices.c.id).where(sync_devices.c.account_id == account_id)
    for table in (sync_maps, sync_anchors):
        tx.execute(sa.delete(table).where(table.c.sync_device_id.in_(devices)))
    delete_books(tx, sa.select(_b.id).where(_b.account_id == account_id))


def _fitted(columns: dict[str, Any]) -> dict[str, Any]:
    lengths = {"name": 128, "colour": 16}
    return {
        name: fitting(value, lengths.get(name)) if isinstance(value, str) else value for name, value in columns.items()
    }


def _place(row: Any, account_id: int) -> tuple[int, bool, int]:
    """Where a book stands among those of an account: own, shared, the domain's, the system's; the default one first."""
    own = row.account_id == account_id
    kind = 0 if own else 1 if row.scope == Scope.PERSONAL else 2 if row.scope == Scope.DOMAIN else 3
    return kind, row.slug != DEFAULT_SLUG, row.id


def _administers(row: Any) -> bool:
    """Is it an administrator's to write? A domain's book (of the own domain, or it were not seen), the system's."""
    if row.role == Role.SYSTEM:
        return bool(row.scope != Scope.PERSONAL)
    return bool(row.role == Role.DOMAIN and row.scope == Scope.DOMAIN)


def _book(row: Any, account_id: int) -> Book:
    own = row.account_id is not None and row.account_id == account_id
    return Book(
        id=row.id,
        scope=Scope(row.scope),
        account_id=row.account_id,
        domain_id=row.domain_id,
        slug=row.slug if own else f"{_FOREIGN}{row.id}",
        name=row.name,
        description=row.description,
        colour=row.colour,
        properties=row.properties,
        revision=row.revision,
        floor_revision=row.floor_revision,
        quota_cards=row.quota_cards,
        quota_octets=row.quota_octets,
        used_cards=row.used_cards,
        used_octets=row.used_octets,
        created_ms=row.created_ms,
        right=Right.OWN if own else Right.WRITE if row.writable or _administers(row) else Right.READ,
    )
