"""Who is behind a number or a mail address, and whom a member means by what was typed.

Own books first, then shared ones, the domain's, the system's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.card_index import MAX_WORD
from addressbook.numbers import MATCH_DIGITS, is_same_line, read
from addressbook.pinyin import folded
from gateway.core.book import Person
from gateway.store.address_books import AddressBooks
from gateway.store.database import Transaction
from gateway.store.schema import contact_mails, contact_numbers, contact_words, contacts

#: Words of one book that are looked at for one beginning: all of "z" in a book of 100 000 would take long, and help
#: nobody.
MAX_MATCHES: Final = 200
#: The same where several words were typed, which must all fit.
MAX_CROSSED: Final = 2_000
#: Ids in one question.
PAGE: Final = 500

_BOOKS: sa.BindParameter[Any] = bindparam("books", expanding=True)
_PEOPLE_OF_MAIL = (
    sa.select(contact_mails.c.book_id, contacts.c.id, contacts.c.name)
    .join(contacts, contacts.c.id == contact_mails.c.contact_id)
    .where(contact_mails.c.book_id.in_(_BOOKS), contact_mails.c.address == bindparam("address"))
    .order_by(contact_mails.c.id)
)
_PEOPLE_OF_NUMBER = (
    sa.select(contact_numbers.c.book_id, contact_numbers.c.number, contacts.c.id, contacts.c.name)
    .join(contacts, contacts.c.id == contact_numbers.c.contact_id)
    .where(contact_numbers.c.book_id.in_(_BOOKS), contact_numbers.c.match_key == bindparam("key"))
    .order_by(contact_numbers.c.id)
)
_NUMBERS_OF_MAILS = (
    sa.select(contact_mails.c.address, contact_mails.c.book_id, contact_numbers.c.number)
    .join(contact_numbers, contact_numbers.c.contact_id == contact_mails.c.contact_id)
    .where(
        contact_mails.c.book_id.in_(_BOOKS),
        contact_mails.c.address.in_(bindparam("addresses", expanding=True)),
        contact_numbers.c.mobile,
    )
    .order_by(contact_numbers.c.id)
)
_BEGINNING_SO = (
    sa.select(contact_words.c.word, contact_words.c.contact_id)
    .where(
        contact_words.c.book_id == bindparam("book_id"),
        contact_words.c.word >= bindparam("low"),
        contact_words.c.word < bindparam("high"),
    )
    .order_by(contact_words.c.word)
    .limit(bindparam("limit"))
)
_IDS: sa.BindParameter[Any] = bindparam("ids", expanding=True)
_PEOPLE = sa.select(
    contacts.c.id, contacts.c.book_id, contacts.c.kind, contacts.c.name, contacts.c.organisation, contacts.c.sort_key
).where(contacts.c.id.in_(_IDS), sa.not_(contacts.c.deleted))
_MAILS = (
    sa.select(contact_mails.c.contact_id, contact_mails.c.address)
    .where(contact_mails.c.contact_id.in_(_IDS))
    .order_by(contact_mails.c.id)
)
_NUMBERS = (
    sa.select(contact_numbers.c.contact_id, contact_numbers.c.number, contact_numbers.c.mobile)
    .where(contact_numbers.c.contact_id.in_(_IDS))
    .order_by(contact_numbers.c.id)
)


class ContactLookup:
    """Look-ups for one account after another, within one transaction."""

    def __init__(self, tx: Transaction, books: AddressBooks, region: str = "CN") -> None:
        self._tx = tx
        self._books = books
        self._region = region

    # --- names and numbers ----------------------------------------------------------------------------------

    def numbers_of(self, account_id: int, addresses: Iterable[str]) -> dict[str, str]:
        """Mobile number of each mail address that has one; keys in lower case."""
        wanted = sorted({address.lower() for address in addresses})
        ranks = self._ranks(account_id)
        if not wanted or not ranks:
            return {}
        rows = self._tx.read(_NUMBERS_OF_MAILS, {"books": list(ranks), "addresses": wanted}).all()
        found: dict[str, str] = {}
        for row in sorted(rows, key=lambda row: ranks[row.book_id]):
            found.setdefault(row.address, row.number)
        return found

    def name_of_mail(self, account_id: int, address: str) -> str | None:
        """What an account calls the person behind a mail address; behind one that is a number at a domain, the phone's.

        What phones send comes from such an address.
        """
        ranks = self._ranks(account_id)
        rows = self._tx.ask_among(_PEOPLE_OF_MAIL, "books", list(ranks), address=address.lower())
        if rows:
            return str(min(rows, key=lambda row: ranks[row.book_id]).name)
        local = address.partition("@")[0].removeprefix("+")
        if not (local.isascii() and local.isdigit() and len(local) >= MATCH_DIGITS):
            return None
        best = self._best_of_number(ranks, address.partition("@")[0])
        return None if best is None else str(best.name)

    def name_of_number(self, account_id: int, number: str) -> str | None:
        """What an account calls the person behind a number, however it is written."""
        best = self._best_of_number(self._ranks(account_id), number)
        return None if best is None else best.name

    def who(self, account_id: int, number_or_address: str) -> Person | None:
        """Whom a number or a mail address belongs to."""
        ranks = self._ranks(account_id)
        if "@" in number_or_address:
            asked = number_or_address.strip().lower()
            rows = self._tx.ask_among(_PEOPLE_OF_MAIL, "books", list(ranks), address=asked)
            best = min(rows, key=lambda row: ranks[row.book_id]) if rows else None
        else:
            best = self._best_of_number(ranks, number_or_address)
        return None if best is None else next(iter(self.people([best.id])), None)

    def _best_of_number(self, ranks: dict[int, int], written: str) -> Any:
        asked = read(written, self._region)
        if not asked.match_key:
            return None
        rows = self._tx.ask_among(_PEOPLE_OF_NUMBER, "books", list(ranks), key=asked.match_key)
        same = [row for row in rows if is_same_line(row.number, asked.number)]
        return min(same, key=lambda row: (row.number != asked.number, ranks[row.book_id])) if same else None

    # --- completion -----------------------------------------------------------------------------------------

    def complete(self, account_id: int, typed: str, limit: int = 20) -> list[Person]:
        """The contacts a member may mean by a beginning: of a name or its sound or initials, a number, an address.

        Best first: names that begin so, own books before others. What costs does not grow with the books.
        """
        text = folded(typed)[:MAX_WORD]
        if not text:
            return []
        ranks = self._ranks(account_id)
        matched: dict[int, str] = {}
        for book_id in ranks:
            for beginning in _beginnings(text):
                for row in self._beginning_so(book_id, beginning, MAX_MATCHES):
                    matched.setdefault(row.contact_id, row.word)
            if not matched and " " in text:
                matched |= dict.fromkeys(self._crossed(book_id, text.split()), text)
            if len(matched) >= MAX_MATCHES:
                break
        known = {row.id: row for ids in _pages(list(matched)) for row in self._tx.ask_among(_PEOPLE, "ids", ids)}
        best = sorted(
            known.values(),
            key=lambda row: (
                not folded(row.name).startswith(text),
                matched[row.id] != text,
                ranks[row.book_id],
                row.sort_key,
                row.id,
            ),
        )
        return self._with_values(best[:limit])

    def _beginning_so(self, book_id: int, beginning: str, limit: int) -> Sequence[Any]:
        asked = {"book_id": book_id, "low": beginning, "high": beginning + "\U0010ffff", "limit": limit}
        return self._tx.ask(_BEGINNING_SO, asked)

    def _crossed(self, book_id: int, pieces: Sequence[str]) -> set[int]:
        found: set[int] | None = None
        for piece in sorted(set(pieces), key=len, reverse=True)[:4]:
            ids = {row.contact_id for row in self._beginning_so(book_id, piece, MAX_CROSSED)}
            found = ids if found is None else found & ids
        return found or set()

    # --- lists ----------------------------------------------------------------------------------------------

    def people(self, contact_ids: Sequence[int]) -> list[Person]:
        """Contacts by their ids, in that order; those that are gone are left out."""
        known = {row.id: row for ids in _pages(contact_ids) for row in self._tx.ask_among(_PEOPLE, "ids", ids)}
        return self._with_values([known[an_id] for an_id in contact_ids if an_id in known])

    def of_books(self, book_ids: Sequence[int], limit: int, after: tuple[str, int] = ("", 0)) -> list[Person]:
        """People of books by name; from behind `after` (sort key and id of the last one told)."""
        place = sa.tuple_(contacts.c.sort_key, contacts.c.id)
        rows = self._tx.read(
            sa.select(contacts.c.id)
            .where(contacts.c.book_id.in_(book_ids), sa.not_(contacts.c.deleted), place > sa.tuple_(*after))
            .order_by(contacts.c.sort_key, contacts.c.id)
            .limit(limit)
        )
        return self.people([row.id for row in rows])

    def of(self, account_id: int, limit: int = 1000) -> list[Person]:
        """The people of an account's own books, by name."""
        return self.of_books([book.id for book in self._books.of(account_id) if book.is_own], limit)

    def _with_values(self, rows: Sequence[Any]) -> list[Person]:
        ids = [row.id for row in rows]
        mails: dict[int, list[str]] = {}
        numbers: dict[int, list[str]] = {}
        mobiles: dict[int, list[str]] = {}
        for page in _pages(ids):
            for row in self._tx.ask_among(_MAILS, "ids", page):
                mails.setdefault(row.contact_id, []).append(row.address)
            for row in self._tx.ask_among(_NUMBERS, "ids", page):
                numbers.setdefault(row.contact_id, []).append(row.number)
                if row.mobile:
                    mobiles.setdefault(row.contact_id, []).append(row.number)
        return [
            Person(
                id=row.id,
                book_id=row.book_id,
                is_group=row.kind == "group",
                name=row.name,
                organisation=row.organisation,
                sort_key=row.sort_key,
                mails=tuple(mails.get(row.id, ())),
                numbers=tuple(numbers.get(row.id, ())),
                mobiles=tuple(mobiles.get(row.id, ())),
            )
            for row in rows
        ]

    def _ranks(self, account_id: int) -> dict[int, int]:
        return {book_id: place for place, book_id in enumerate(self._books.ids_of(account_id))}


def _beginnings(text: str) -> list[str]:
    """What a word may begin with, for what was typed: 138-0013 is looked for as 1380013, zhang san as zhangsan."""
    digits = "".join(char for char in text if char not in " -.()+")
    if digits.isascii() and digits.isdigit():
        return list(dict.fromkeys([digits.removeprefix("0086").lstrip("0") or digits, digits]))
    return list(dict.fromkeys([text, text.replace(" ", "")]))


def _pages(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
