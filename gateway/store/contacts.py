"""Cards of address books: every change goes through `put` and `delete`, and can be asked for by its revision."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.card_index import CardIndex, index_of
from addressbook.new_card import new_card
from addressbook.numbers import Kind, Number
from gateway.core.book import (
    MAX_CARD_OCTETS,
    MAX_CHANGES,
    MAX_HREF,
    MAX_VERSIONS,
    Action,
    BookFull,
    Card,
    CardTooLarge,
    Change,
    Changes,
    Entry,
    NoBook,
    Precondition,
    Stored,
    TokenDead,
    UidTaken,
)
from gateway.core.errors import BadRequest, CaiyouError, NotFound
from gateway.store.address_books import AddressBooks
from gateway.store.columns import fitting
from gateway.store.contact_lookup import ContactLookup
from gateway.store.database import Transaction
from gateway.store.schema import (
    address_books,
    contact_categories,
    contact_mails,
    contact_numbers,
    contact_versions,
    contact_words,
    contacts,
)

#: Rows of one answer while a whole book is walked through.
PAGE = 1_000

_c = contacts.c
# The row of the book is locked first, so that revisions are given out, and become visible, in their order.
_BOOK = (
    sa.select(
        address_books.c.account_id,
        address_books.c.revision,
        address_books.c.quota_cards,
        address_books.c.quota_octets,
        address_books.c.used_cards,
        address_books.c.used_octets,
    )
    .where(address_books.c.id == bindparam("book_id"))
    .with_for_update()
)
_REVISION = sa.select(address_books.c.revision, address_books.c.floor_revision).where(
    address_books.c.id == bindparam("book_id")
)
_COUNT_UP = (
    sa.update(address_books)
    .where(address_books.c.id == bindparam("b_id"))
    .values(revision=bindparam("b_revision"), used_cards=bindparam("b_cards"), used_octets=bindparam("b_octets"))
)
_AT = sa.select(_c.id, _c.etag, _c.revision, _c.size_octets, _c.deleted).where(
    _c.book_id == bindparam("book_id"), _c.href == bindparam("href")
)
_WITH_UID = sa.select(_c.id, _c.href).where(
    _c.book_id == bindparam("book_id"), _c.uid == bindparam("uid"), sa.not_(_c.deleted)
)
_INSERT = sa.insert(contacts)
_REPLACE = (
    sa.update(contacts)
    .where(_c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in (
                "uid", "card", "version", "etag", "revision", "size_octets", "kind", "name", "sort_key", "organisation",
                "changed_ms", "changed_by", "action", "batch_id", "deleted",
            )
        }
    )
)  # fmt: skip
_BURY = (
    sa.update(contacts)
    .where(_c.id == bindparam("b_id"))
    .values(
        card=b"",
        etag="",
        size_octets=0,
        deleted=True,
        revision=bindparam("b_revision"),
        changed_ms=bindparam("b_changed_ms"),
        changed_by=bindparam("b_changed_by"),
        action=bindparam("b_action"),
        batch_id=bindparam("b_batch_id"),
    )
)
_KEEP = sa.insert(contact_versions).from_select(
    ["contact_id", "revision", "card", "changed_ms", "changed_by", "action", "batch_id"],
    sa.select(_c.id, _c.revision, _c.card, _c.changed_ms, _c.changed_by, _c.action, _c.batch_id).where(
        _c.id == bindparam("b_id")
    ),
)
_old = contact_versions.alias("old")
_FORGET_OLDEST = sa.delete(contact_versions).where(
    contact_versions.c.contact_id == bindparam("b_id"),
    contact_versions.c.revision
    <= sa.select(_old.c.revision)
    .where(_old.c.contact_id == bindparam("b_id"))
    .order_by(_old.c.revision.desc())
    .offset(MAX_VERSIONS)
    .limit(1)
    .scalar_subquery(),
)
_CARD = (_c.id, _c.href, _c.uid, _c.etag, _c.version, _c.revision, _c.changed_ms, _c.changed_by, _c.card)
_GET = sa.select(*_CARD).where(_c.book_id == bindparam("book_id"), _c.href == bindparam("href"), sa.not_(_c.deleted))
_GET_MANY = sa.select(*_CARD).where(
    _c.book_id == bindparam("book_id"), _c.href.in_(bindparam("hrefs", expanding=True)), sa.not_(_c.deleted)
)
_BY_ID = sa.select(*_CARD, _c.book_id).where(_c.id == bindparam("id"), sa.not_(_c.deleted))
_ENTRIES = (
    sa.select(_c.id, _c.href, _c.uid, _c.etag, _c.revision, _c.size_octets, _c.changed_ms)
    .where(_c.book_id == bindparam("book_id"), _c.revision > bindparam("after"), sa.not_(_c.deleted))
    .order_by(_c.revision)
    .limit(bindparam("limit"))
)
_CHANGES = (
    sa.select(_c.id, _c.href, _c.etag, _c.revision, _c.changed_by, _c.deleted)
    .where(_c.book_id == bindparam("book_id"), _c.revision > bindparam("since"))
    .order_by(_c.revision)
    .limit(bindparam("limit"))
)
_LIVE = (
    sa.select(_c.id, _c.href, _c.etag, _c.revision, _c.changed_by, _c.deleted)
    .where(_c.book_id == bindparam("book_id"), _c.revision > bindparam("since"), sa.not_(_c.deleted))
    .order_by(_c.revision)
    .limit(bindparam("limit"))
)
_MAILS = (
    sa.select(contact_mails.c.id, contact_mails.c.address)
    .where(contact_mails.c.contact_id == bindparam("contact_id"))
    .order_by(contact_mails.c.id)
)
_NUMBERS = (
    sa.select(contact_numbers.c.id, contact_numbers.c.number, contact_numbers.c.match_key, contact_numbers.c.mobile)
    .where(contact_numbers.c.contact_id == bindparam("contact_id"))
    .order_by(contact_numbers.c.id)
)
_CATEGORIES = (
    sa.select(contact_categories.c.id, contact_categories.c.name)
    .where(contact_categories.c.contact_id == bindparam("contact_id"))
    .order_by(contact_categories.c.id)
)
_WORDS = sa.select(contact_words.c.word).where(contact_words.c.contact_id == bindparam("contact_id"))
_ADD_MAIL = sa.insert(contact_mails)
_ADD_NUMBER = sa.insert(contact_numbers)
_ADD_CATEGORY = sa.insert(contact_categories)
_ADD_WORD = sa.insert(contact_words)
_DROP_MAIL = sa.delete(contact_mails).where(contact_mails.c.id == bindparam("b_id"))
_DROP_NUMBER = sa.delete(contact_numbers).where(contact_numbers.c.id == bindparam("b_id"))
_DROP_CATEGORY = sa.delete(contact_categories).where(contact_categories.c.id == bindparam("b_id"))
_DROP_WORD = sa.delete(contact_words).where(
    contact_words.c.book_id == bindparam("b_book_id"),
    contact_words.c.word == bindparam("b_word"),
    contact_words.c.contact_id == bindparam("b_id"),
)


@dataclass(slots=True)
class _BookState:
    """The counters of a book that is being changed, and what this transaction has put into it."""

    id: int
    account_id: int | None
    revision: int
    quota_cards: int
    quota_octets: int
    cards: int
    octets: int
    hrefs: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)

    def make_room(self, size: int, old_size: int | None) -> None:
        """Count a card in, in place of one of `old_size` octets (None: it is new). Raises BookFull."""
        octets = self.octets + size - (old_size or 0)
        if (old_size is None and self.cards >= self.quota_cards) or octets > max(self.quota_octets, self.octets):
            raise BookFull(f"the book may have {self.quota_cards} cards and {self.quota_octets} octets")
        self.revision += 1
        self.cards += old_size is None
        self.octets = octets

    def clear(self, size: int) -> None:
        """Count a card out."""
        self.revision += 1
        self.cards -= 1
        self.octets -= size


class Contacts:
    """Cards within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, region: str = "CN") -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._region = region
        self._books = AddressBooks(tx, new_id, now_ms)
        self._lookup = ContactLookup(tx, self._books, region)
        self.numbers_of = self._lookup.numbers_of
        self.name_of_mail = self._lookup.name_of_mail
        self.name_of_number = self._lookup.name_of_number
        self.of = self._lookup.of
        self.who = self._lookup.who
        self.complete = self._lookup.complete
        self.people = self._lookup.people
        self.of_books = self._lookup.of_books

    # --- changing -------------------------------------------------------------------------------------------

    def put(
        self,
        book_id: int,
        href: str | None,
        card: bytes,
        *,
        by: str = "",
        if_match: str | None = None,
        if_none_match: bool = False,
        action: Action | None = None,
        batch_id: int | None = None,
    ) -> Stored:
        """Store a card under its name in the book (None: a new name is made), replacing the one that is there.

        `if_match` is the etag (or "*": any) the card must have now; `if_none_match` that there must be none. The same
        octets again change nothing. Raises NoBook, BadRequest (no card, or a name too long), CardTooLarge,
        Precondition, UidTaken, BookFull; before anything is written.
        """
        state = self._lock(book_id)
        stored = self._put(state, href, card, by, if_match, if_none_match, action, batch_id)
        if stored.changed:
            self._count_up(state)
        return stored

    def put_many(
        self,
        book_id: int,
        cards: Iterable[tuple[str | None, bytes]],
        *,
        by: str = "",
        action: Action | None = None,
        batch_id: int | None = None,
    ) -> list[Stored | CaiyouError]:
        """As `put` for many cards, with one answer each: what became of it, or the error for which it was left out."""
        state = self._lock(book_id)
        answers: list[Stored | CaiyouError] = []
        for href, card in cards:
            try:
                answers.append(self._put(state, href, card, by, None, False, action, batch_id))
            except CaiyouError as error:
                answers.append(error)
        self._count_up(state)
        return answers

    def _put(
        self,
        state: _BookState,
        href: str | None,
        card: bytes,
        by: str,
        if_match: str | None,
        if_none_match: bool,
        action: Action | None,
        batch_id: int | None,
    ) -> Stored:
        if len(card) > MAX_CARD_OCTETS:
            raise CardTooLarge(f"the card has {len(card)} octets; {MAX_CARD_OCTETS} are the most")
        index = index_of(card, self._region)
        contact_id = self._new_id()
        known = None
        if href is not None:
            if not 0 < len(href) <= MAX_HREF:
                raise BadRequest(f"a card's name has 1 to {MAX_HREF} characters")
            if href in state.hrefs:
                self._tx.flush()
            known = self._tx.ask(_AT, {"book_id": state.id, "href": href}).first()
        live = known if known is not None and not known.deleted else None
        _check(live, if_match, if_none_match)
        etag = etag_of(card)
        if live is not None and live.etag == etag:
            return Stored(etag, created=False, changed=False, revision=live.revision, contact_id=live.id)
        if known is not None:
            contact_id = known.id
        href = href or f"{contact_id}.vcf"
        uid = index.uid or str(contact_id)
        if len(uid) > MAX_HREF:
            raise BadRequest(f"a card's UID has at most {MAX_HREF} characters")
        if uid in state.uids:
            self._tx.flush()
        owner = self._tx.ask(_WITH_UID, {"book_id": state.id, "uid": uid}).first()
        if owner is not None and owner.id != contact_id:
            raise UidTaken(owner.href)
        state.make_room(len(card), None if live is None else live.size_octets)
        state.hrefs.add(href)
        state.uids.add(uid)
        columns = {
            "uid": uid,
            "card": card,
            "version": fitting(index.version, 4),
            "etag": etag,
            "revision": state.revision,
            "size_octets": len(card),
            "kind": index.kind,
            "name": fitting(index.name, 255),
            "sort_key": fitting(index.sort_key, 255),
            "organisation": fitting(index.organisation, 255),
            "changed_ms": self._now_ms,
            "changed_by": fitting(by, 128),
            "action": action or (Action.CREATED if live is None else Action.CHANGED),
            "batch_id": batch_id,
            "deleted": False,
        }
        if known is None:
            if not self._tx.waiting(_INSERT):
                # Statements run in the order first named: rows of its mails must not run before the contact is there.
                self._tx.flush_for(_ADD_MAIL, _ADD_NUMBER, _ADD_CATEGORY, _ADD_WORD)
            fixed = {"id": contact_id, "book_id": state.id, "account_id": state.account_id, "href": href}
            self._tx.defer(_INSERT, {**fixed, "created_ms": self._now_ms, **columns})
        else:
            self._tx.defer(_KEEP, {"b_id": contact_id})
            self._tx.defer(_FORGET_OLDEST, {"b_id": contact_id})
            self._tx.defer(_REPLACE, {"b_id": contact_id, **{f"b_{name}": value for name, value in columns.items()}})
        self._index(state.id, contact_id, index, is_new=live is None)
        return Stored(etag, created=live is None, changed=True, revision=state.revision, contact_id=contact_id)

    def delete(
        self,
        book_id: int,
        href: str,
        *,
        by: str = "",
        if_match: str | None = None,
        action: Action = Action.DELETED,
        batch_id: int | None = None,
    ) -> int:
        """Delete a card, and return the book's new revision. Raises NoBook, NotFound, Precondition."""
        state = self._lock(book_id)
        known = self._tx.ask(_AT, {"book_id": book_id, "href": href}).first()
        if known is None or known.deleted:
            raise NotFound(f"there is no card {href}")
        _check(known, if_match, if_none_match=False)
        state.clear(known.size_octets)
        self._count_up(state)
        self._tx.defer(_KEEP, {"b_id": known.id})
        self._tx.defer(
            _BURY,
            {
                "b_id": known.id,
                "b_revision": state.revision,
                "b_changed_ms": self._now_ms,
                "b_changed_by": fitting(by, 128),
                "b_action": action,
                "b_batch_id": batch_id,
            },
        )
        self._index(book_id, known.id, _NOTHING, is_new=False)
        return state.revision

    def add(self, account_id: int, name: str, mails: Iterable[str] = (), numbers: Iterable[str] = ()) -> int:
        """Add a person (numbers in E.164) to the account's own book and return the contact's id."""
        book_id = self._books.default(account_id).id
        return self.put(book_id, None, new_card(str(self._new_id()), name, mails, numbers)).contact_id

    # --- reading --------------------------------------------------------------------------------------------

    def get(self, book_id: int, href: str) -> Card:
        """One card. Raises NotFound."""
        self._tx.flush()
        row = self._tx.ask(_GET, {"book_id": book_id, "href": href}).first()
        if row is None:
            raise NotFound(f"there is no card {href}")
        return _card(row)

    def get_many(self, book_id: int, hrefs: Sequence[str]) -> dict[str, Card]:
        """Cards by their names; those that are not there are left out."""
        self._tx.flush()
        found: dict[str, Card] = {}
        for start in range(0, len(hrefs), PAGE):
            rows = self._tx.ask_among(_GET_MANY, "hrefs", hrefs[start : start + PAGE], book_id=book_id)
            found |= {row.href: _card(row) for row in rows}
        return found

    def by_id(self, contact_id: int) -> tuple[int, Card]:
        """A card and the book it is in. Raises NotFound."""
        self._tx.flush()
        row = self._tx.ask(_BY_ID, {"id": contact_id}).first()
        if row is None:
            raise NotFound(f"there is no contact {contact_id}")
        return row.book_id, _card(row)

    def href_of_uid(self, book_id: int, uid: str) -> str | None:
        """The name of the card with a UID."""
        self._tx.flush()
        row = self._tx.ask(_WITH_UID, {"book_id": book_id, "uid": uid}).first()
        return None if row is None else str(row.href)

    def entries(self, book_id: int) -> Iterator[Entry]:
        """Every card of a book without its octets, oldest change first."""
        self._tx.flush()
        after = 0
        while True:
            rows = self._tx.ask(_ENTRIES, {"book_id": book_id, "after": after, "limit": PAGE})
            yield from (Entry(*row) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].revision

    def changes(self, book_id: int, since: int = 0, limit: int = MAX_CHANGES) -> Changes:
        """What is new, different or gone since a revision (0: all that is there, and nothing that is gone).

        Raises NoBook, and TokenDead for a revision that never was or whose deletions are forgotten.
        """
        self._tx.flush()
        book = self._tx.ask(_REVISION, {"book_id": book_id}).first()
        if book is None:
            raise NoBook("there is no such book")
        if since > book.revision or 0 < since < book.floor_revision:
            raise TokenDead(f"revision {since} is not known any more")
        statement = _CHANGES if since else _LIVE
        rows = self._tx.ask(statement, {"book_id": book_id, "since": since, "limit": limit + 1})
        more = len(rows) > limit
        told = rows[:limit]
        return Changes(
            revision=told[-1].revision if more else book.revision,
            changes=tuple(
                Change(row.id, row.href, None if row.deleted else row.etag, row.revision, row.changed_by)
                for row in told
            ),
            more=more,
        )

    # --- within ---------------------------------------------------------------------------------------------

    def _lock(self, book_id: int) -> _BookState:
        self._tx.flush_rows(_COUNT_UP, "b_id", book_id)
        row = self._tx.ask(_BOOK, {"book_id": book_id}).first()
        if row is None:
            raise NoBook("there is no such book")
        return _BookState(book_id, *row)

    def _count_up(self, state: _BookState) -> None:
        row = {"b_id": state.id, "b_revision": state.revision, "b_cards": state.cards, "b_octets": state.octets}
        self._tx.defer(_COUNT_UP, row)

    def _index(self, book_id: int, contact_id: int, index: CardIndex, *, is_new: bool) -> None:
        """Make the rows by which a contact is found those of its card.

        Deferred writes run statement by statement, not in the order they were given: rows are added and dropped by
        their ids, so that no order matters.
        """
        tx = self._tx
        first = {"book_id": book_id, "contact_id": contact_id}

        def renew(known: sa.Select[Any], drop: sa.Executable, add: sa.Executable, rows: list[dict[str, Any]]) -> None:
            old = [] if is_new else tx.ask(known, {"contact_id": contact_id})
            if [tuple(row)[1:] for row in old] == [tuple(row.values()) for row in rows]:
                return
            for row in old:
                tx.defer(drop, {"b_id": row.id})
            for row in rows:
                tx.defer(add, {"id": self._new_id(), **first, **row})

        renew(_MAILS, _DROP_MAIL, _ADD_MAIL, [{"address": fitting(mail, 320)} for mail in index.mails])
        renew(_NUMBERS, _DROP_NUMBER, _ADD_NUMBER, [_number_row(number) for number in index.numbers])
        renew(_CATEGORIES, _DROP_CATEGORY, _ADD_CATEGORY, [{"name": fitting(one, 128)} for one in index.categories])
        words = {fitting(word, 64) for word in index.words}
        old = set() if is_new else set(tx.ask(_WORDS, {"contact_id": contact_id}).scalars())
        for word in sorted(old - words):
            tx.defer(_DROP_WORD, {"b_book_id": book_id, "b_word": word, "b_id": contact_id})
        for word in sorted(words - old):
            tx.defer(_ADD_WORD, {**first, "word": word})


_NOTHING = CardIndex(uid="", version="", kind="", name="", sort_key="", organisation="")


def etag_of(card: bytes) -> str:
    """The digest by which a card is known to have changed (without quotes)."""
    return hashlib.sha256(card).hexdigest()[:32]


def _check(live: Any, if_match: str | None, if_none_match: bool) -> None:
    if if_none_match and live is not None:
        raise Precondition("there is a card of that name already")
    if if_match is not None and (live is None or if_match not in ("*", live.etag)):
        raise Precondition("the card has changed or is gone")


def _card(row: Any) -> Card:
    contact_id, href, uid, etag, version, revision, changed_ms, changed_by, data = tuple(row)[:9]
    return Card(contact_id, href, uid, etag, version, revision, changed_ms, changed_by, bytes(data))


def _number_row(number: Number) -> dict[str, Any]:
    return {
        "number": fitting(number.number, 32),
        "match_key": fitting(number.match_key, 16),
        "mobile": number.kind is Kind.MOBILE,
    }
