"""The members' own address books: names, mail addresses, numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.store.database import Transaction
from gateway.store.schema import contact_mails, contact_numbers, contacts

_NAME_OF_MAIL = (
    sa.select(contacts.c.name)
    .join(contact_mails, contact_mails.c.contact_id == contacts.c.id)
    .where(contact_mails.c.account_id == sa.bindparam("account_id"), contact_mails.c.address == sa.bindparam("address"))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Contact:
    """A person in a member's address book."""

    id: int
    name: str
    mails: tuple[str, ...]
    numbers: tuple[str, ...]


class Contacts:
    """Address books within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(self, account_id: int, name: str, mails: Iterable[str] = (), numbers: Iterable[str] = ()) -> int:
        """Add a person (numbers in E.164) and return the id."""
        contact_id = self._new_id()
        self._tx.execute(
            sa.insert(contacts),
            {"id": contact_id, "account_id": account_id, "name": name, "created_ms": self._now_ms},
        )
        for address in mails:
            self._tx.execute(
                sa.insert(contact_mails),
                {
                    "id": self._new_id(),
                    "account_id": account_id,
                    "contact_id": contact_id,
                    "address": address.lower(),
                },
            )
        for number in numbers:
            self._tx.execute(
                sa.insert(contact_numbers),
                {"id": self._new_id(), "account_id": account_id, "contact_id": contact_id, "number": number},
            )
        return contact_id

    def numbers_of(self, account_id: int, addresses: Iterable[str]) -> dict[str, str]:
        """Mobile number of each mail address that has one in this account's book; keys in lower case."""
        wanted = [address.lower() for address in addresses]
        rows = self._tx.read(
            sa.select(contact_mails.c.address, contact_numbers.c.number)
            .join(contact_numbers, contact_numbers.c.contact_id == contact_mails.c.contact_id)
            .where(contact_mails.c.account_id == account_id, contact_mails.c.address.in_(wanted))
            .order_by(contact_numbers.c.id.desc())
        )
        return {row.address: row.number for row in rows}

    def name_of_mail(self, account_id: int, address: str) -> str | None:
        """What an account calls the person behind a mail address."""
        found: str | None = self._tx.ask(_NAME_OF_MAIL, {"account_id": account_id, "address": address.lower()}).scalar()
        return found

    def name_of_number(self, account_id: int, number: str) -> str | None:
        """What an account calls the person behind a number."""
        return self._tx.read(
            sa.select(contacts.c.name)
            .join(contact_numbers, contact_numbers.c.contact_id == contacts.c.id)
            .where(contact_numbers.c.account_id == account_id, contact_numbers.c.number == number)
            .limit(1)
        ).scalar()

    def of(self, account_id: int, limit: int = 1000) -> list[Contact]:
        """The book of an account, by name."""
        rows = self._tx.read(
            sa.select(contacts).where(contacts.c.account_id == account_id).order_by(contacts.c.name).limit(limit)
        ).all()
        ids = [row.id for row in rows]
        mails: dict[int, list[str]] = {}
        numbers: dict[int, list[str]] = {}
        for row in self._tx.read(sa.select(contact_mails).where(contact_mails.c.contact_id.in_(ids))):
            mails.setdefault(row.contact_id, []).append(row.address)
        for row in self._tx.read(sa.select(contact_numbers).where(contact_numbers.c.contact_id.in_(ids))):
            numbers.setdefault(row.contact_id, []).append(row.number)
        return [Contact(row.id, row.name, tuple(mails.get(row.id, ())), tuple(numbers.get(row.id, ()))) for row in rows]
