"""Who is behind a number or a mail address: own books first, then shared ones, the domain's, the system's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.card_index import match_key
from gateway.store.address_books import AddressBooks
from gateway.store.database import Transaction
from gateway.store.schema import contact_mails, contact_numbers, contacts

_NAMES_OF_MAIL = (
    sa.select(contact_mails.c.book_id, contacts.c.name)
    .join(contacts, contacts.c.id == contact_mails.c.contact_id)
    .where(
        contact_mails.c.book_id.in_(bindparam("books", expanding=True)), contact_mails.c.address == bindparam("address")
    )
    .order_by(contact_mails.c.id)
)
_NAMES_OF_NUMBER = (
    sa.select(contact_numbers.c.book_id, contact_numbers.c.number, contacts.c.name)
    .join(contacts, contacts.c.id == contact_numbers.c.contact_id)
    .where(
        contact_numbers.c.book_id.in_(bindparam("books", expanding=True)),
        contact_numbers.c.match_key == bindparam("key"),
    )
    .order_by(contact_numbers.c.id)
)


@dataclass(frozen=True, slots=True)
class Person:
    """What a list shows of a contact."""

    id: int
    name: str
    mails: tuple[str, ...]
    numbers: tuple[str, ...]


class ContactLookup:
    """Look-ups for one account after another, within one transaction."""

    def __init__(self, tx: Transaction, books: AddressBooks) -> None:
        self._tx = tx
        self._books = books

    def numbers_of(self, account_id: int, addresses: Iterable[str]) -> dict[str, str]:
        """Mobile number of each mail address that has one; keys in lower case."""
        wanted = [address.lower() for address in addresses]
        ranks = self._ranks(account_id)
        if not wanted or not ranks:
            return {}
        rows = self._tx.read(
            sa.select(contact_mails.c.address, contact_mails.c.book_id, contact_numbers.c.number)
            .join(contact_numbers, contact_numbers.c.contact_id == contact_mails.c.contact_id)
            .where(contact_mails.c.book_id.in_(ranks), contact_mails.c.address.in_(wanted), contact_numbers.c.mobile)
            .order_by(contact_numbers.c.id)
        ).all()
        found: dict[str, str] = {}
        for row in sorted(rows, key=lambda row: ranks[row.book_id]):
            found.setdefault(row.address, row.number)
        return found

    def name_of_mail(self, account_id: int, address: str) -> str | None:
        """What an account calls the person behind a mail address."""
        ranks = self._ranks(account_id)
        rows = self._tx.ask_among(_NAMES_OF_MAIL, "books", list(ranks), address=address.lower())
        return min(rows, key=lambda row: ranks[row.book_id]).name if rows else None

    def name_of_number(self, account_id: int, number: str) -> str | None:
        """What an account calls the person behind a number (E.164 or a service number)."""
        ranks = self._ranks(account_id)
        rows = self._tx.ask_among(_NAMES_OF_NUMBER, "books", list(ranks), key=match_key(number))
        # The same last digits in another country are somebody else, unless nobody has the very number.
        return min(rows, key=lambda row: (row.number != number, ranks[row.book_id])).name if rows else None

    def of(self, account_id: int, limit: int = 1000) -> list[Person]:
        """The people of an account's own books, by name."""
        own = [book.id for book in self._books.of(account_id) if book.is_own]
        rows = self._tx.read(
            sa.select(contacts.c.id, contacts.c.name)
            .where(contacts.c.book_id.in_(own), sa.not_(contacts.c.deleted))
            .order_by(contacts.c.sort_key, contacts.c.id)
            .limit(limit)
        ).all()
        ids = [row.id for row in rows]
        mails: dict[int, list[str]] = {}
        numbers: dict[int, list[str]] = {}
        for row in self._tx.read(sa.select(contact_mails).where(contact_mails.c.contact_id.in_(ids))):
            mails.setdefault(row.contact_id, []).append(row.address)
        for row in self._tx.read(sa.select(contact_numbers).where(contact_numbers.c.contact_id.in_(ids))):
            numbers.setdefault(row.contact_id, []).append(row.number)
        return [Person(row.id, row.name, tuple(mails.get(row.id, ())), tuple(numbers.get(row.id, ()))) for row in rows]

    def _ranks(self, account_id: int) -> dict[int, int]:
        return {book.id: place for place, book in enumerate(self._books.of(account_id))}
