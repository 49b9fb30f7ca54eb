"""Groups of contacts, in both ways that programs keep them.

Some write the name of the group into each member's card (CATEGORIES), some keep a card of the group with its members'
UIDs (Apple's, and vCard 4.0). A group here is a name within a book: its members are those of both. Members are added
to the group's card where there is one, else by category; they are removed from both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.contact import Contact
from addressbook.vcard.composing import write
from addressbook.vcard.meaning import contact_of
from addressbook.vcard.merging import merged
from gateway.core.book import Group, GroupTaken, NoGroup, Person
from gateway.core.errors import BadRequest, NotFound
from gateway.store.address_books import AddressBooks
from gateway.store.contacts import Contacts
from gateway.store.database import Transaction
from gateway.store.schema import contact_categories, contacts

#: Members of a group that are looked at.
MAX_MEMBERS: Final = 5_000
MAX_NAME: Final = 128
#: How deep groups may lie in groups.
_MAX_DEPTH: Final = 3
_PAGE: Final = 500
_MAILTO: Final = "mailto:"

_c = contacts.c
_IS_GROUP = sa.and_(sa.text("kind = 'group'"), sa.not_(_c.deleted))
_CARDS = sa.select(_c.id, _c.href, _c.uid, _c.name, _c.card).where(_c.book_id == bindparam("book_id"), _IS_GROUP)
_CARD = _CARDS.where(_c.name == bindparam("name"))
_COUNTS = (
    sa.select(contact_categories.c.name, sa.func.count())
    .where(contact_categories.c.book_id == bindparam("book_id"))
    .group_by(contact_categories.c.name)
)
_IN_CATEGORY = (
    sa.select(contact_categories.c.contact_id)
    .where(contact_categories.c.book_id == bindparam("book_id"), contact_categories.c.name == bindparam("name"))
    .order_by(contact_categories.c.contact_id)
    .limit(MAX_MEMBERS)
)
_WITH_UIDS = sa.select(_c.id, _c.uid).where(
    _c.book_id == bindparam("book_id"), _c.uid.in_(bindparam("uids", expanding=True)), sa.not_(_c.deleted)
)


class ContactGroups:
    """Groups within one transaction."""

    def __init__(self, tx: Transaction, books: AddressBooks, cards: Contacts, new_id: Callable[[], int]) -> None:
        self._tx = tx
        self._books = books
        self._cards = cards
        self._new_id = new_id

    # --- asking -----------------------------------------------------------------------------------------------------

    def of_book(self, book_id: int) -> list[Group]:
        """The groups of a book, by name; `count` is of members by card and by category, who may be the same."""
        self._tx.flush()
        found: dict[str, Group] = {}
        for row in self._tx.ask(_CARDS, {"book_id": book_id}):
            count = len(contact_of(bytes(row.card)).members)
            known = found.get(row.name)
            found[row.name] = Group(row.name, book_id, row.id, count + (known.count if known else 0))
        for name, count in self._tx.ask(_COUNTS, {"book_id": book_id}):
            known = found.get(name)
            found[name] = replace(known, count=max(known.count, count)) if known else Group(name, book_id, None, count)
        return sorted(found.values(), key=lambda group: group.name)

    def members(self, book_id: int, name: str) -> list[Person]:
        """Who is in a group, by name; groups in it are opened. Raises NoGroup.

        A mail address that stands in a group's card without a contact is a person without id.
        """
        self._tx.flush()
        ids, addresses, is_there = self._ids(book_id, name, 0)
        if not is_there:
            raise NoGroup(f"there is no group {name}")
        people = [one for start in range(0, len(ids), _PAGE) for one in self._cards.people(ids[start : start + _PAGE])]
        known = {mail for one in people for mail in one.mails}
        people += [_bare_person(book_id, address) for address in addresses if address not in known]
        return sorted(people, key=lambda one: (one.sort_key, one.id))

    def find(self, account_id: int, name: str) -> list[Person]:
        """Who is in the group of that name in the first book of an account that has one. Raises NoGroup."""
        for book_id in self._books.ids_of(account_id):
            try:
                return self.members(book_id, name)
            except NoGroup:
                continue
        raise NoGroup(f"there is no group {name}")

    # --- changing ---------------------------------------------------------------------------------------------------

    def create(self, book_id: int, name: str, contact_ids: Sequence[int] = (), *, by: str = "") -> int:
        """Make a group with a card of its own and return the card's id. Raises GroupTaken, BadRequest, NotFound."""
        self._tx.flush()
        name = _checked(name)
        if self._ids(book_id, name, 0)[2]:
            raise GroupTaken(f"there is a group {name} already")
        members = tuple(self._uids(book_id, contact_ids).values())
        group = Contact(uid=f"group-{self._new_id()}", kind="group", shown=name, members=members)
        return self._cards.put(book_id, None, write(group), by=by).contact_id

    def add(self, book_id: int, name: str, contact_ids: Sequence[int], *, by: str = "") -> None:
        """Put contacts into a group, made if there is none. Raises NotFound and what `Contacts.put` raises."""
        self._tx.flush()
        name = _checked(name)
        uids = self._uids(book_id, contact_ids)
        card = self._tx.ask(_CARD, {"book_id": book_id, "name": name}).first()
        if card is not None:
            self._rewrite(book_id, card, lambda old: tuple(dict.fromkeys([*old.members, *uids.values()])), by)
            return
        for contact_id in uids:
            self._categorise(contact_id, lambda old: tuple(dict.fromkeys([*old, name])), by)

    def remove(self, book_id: int, name: str, contact_ids: Sequence[int], *, by: str = "") -> None:
        """Take contacts out of a group, however they are in it."""
        self._tx.flush()
        uids = self._uids(book_id, contact_ids)
        gone = set(uids.values())
        for card in self._tx.ask(_CARD, {"book_id": book_id, "name": name}):
            self._rewrite(book_id, card, lambda old: tuple(uid for uid in old.members if uid not in gone), by)
        for contact_id in uids:
            self._categorise(contact_id, lambda old: tuple(one for one in old if one != name), by)

    def give_name(self, book_id: int, name: str, new_name: str, *, by: str = "") -> None:
        """Give a group another name. Raises NoGroup, GroupTaken, BadRequest."""
        self._tx.flush()
        new_name = _checked(new_name)
        if not self._ids(book_id, name, 0)[2]:
            raise NoGroup(f"there is no group {name}")
        if self._ids(book_id, new_name, 0)[2]:
            raise GroupTaken(f"there is a group {new_name} already")
        for card in self._tx.ask(_CARD, {"book_id": book_id, "name": name}):
            data = bytes(card.card)
            self._cards.put(book_id, card.href, merged(data, replace(contact_of(data), shown=new_name)), by=by)
        for contact_id in self._in_category(book_id, name):
            self._categorise(contact_id, lambda old: tuple(new_name if one == name else one for one in old), by)

    def delete(self, book_id: int, name: str, *, by: str = "") -> None:
        """Delete a group; its members stay. Raises NoGroup."""
        self._tx.flush()
        if not self._ids(book_id, name, 0)[2]:
            raise NoGroup(f"there is no group {name}")
        for card in self._tx.ask(_CARD, {"book_id": book_id, "name": name}):
            self._cards.delete(book_id, card.href, by=by)
        for contact_id in self._in_category(book_id, name):
            self._categorise(contact_id, lambda old: tuple(one for one in old if one != name), by)

    # --- within -----------------------------------------------------------------------------------------------------

    def _ids(self, book_id: int, name: str, depth: int) -> tuple[list[int], list[str], bool]:
        """Ids of members, addresses without a contact, and whether there is such a group."""
        ids = dict.fromkeys(self._in_category(book_id, name))
        is_there = bool(ids)
        uids: list[str] = []
        for card in self._tx.ask(_CARD, {"book_id": book_id, "name": name}):
            is_there = True
            uids += contact_of(bytes(card.card)).members[:MAX_MEMBERS]
        addresses = [uid[len(_MAILTO) :].lower() for uid in uids if uid.lower().startswith(_MAILTO)]
        found = self._by_uid(book_id, uids)
        ids |= dict.fromkeys(found[uid] for uid in uids if uid in found)
        for one in [one for one in self._cards.people(list(ids)) if one.is_group]:
            del ids[one.id]
            if depth < _MAX_DEPTH and one.name != name:
                more, more_addresses, _ = self._ids(book_id, one.name, depth + 1)
                ids |= dict.fromkeys(more)
                addresses += more_addresses
        return list(ids), list(dict.fromkeys(addresses)), is_there

    def _in_category(self, book_id: int, name: str) -> list[int]:
        return list(self._tx.ask(_IN_CATEGORY, {"book_id": book_id, "name": name}).scalars())

    def _by_uid(self, book_id: int, uids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(uids), _PAGE):
            rows = self._tx.ask_among(_WITH_UIDS, "uids", uids[start : start + _PAGE], book_id=book_id)
            found |= {row.uid: row.id for row in rows}
        return found

    def _uids(self, book_id: int, contact_ids: Iterable[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for contact_id in contact_ids:
            where, card = self._cards.by_id(contact_id)
            if where != book_id:
                raise NotFound(f"there is no contact {contact_id} in this book")
            found[contact_id] = card.uid
        return found

    def _rewrite(self, book_id: int, card: Any, members: Callable[[Contact], tuple[str, ...]], by: str) -> None:
        data = bytes(card.card)
        old = contact_of(data)
        self._cards.put(book_id, card.href, merged(data, replace(old, members=members(old))), by=by)

    def _categorise(self, contact_id: int, change: Callable[[tuple[str, ...]], tuple[str, ...]], by: str) -> None:
        book_id, card = self._cards.by_id(contact_id)
        old = contact_of(card.data)
        new = change(old.categories)
        if new != old.categories:
            self._cards.put(book_id, card.href, merged(card.data, replace(old, categories=new)), by=by)


def _checked(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise BadRequest(f"a group's name has 1 to {MAX_NAME} printable characters")
    return name


def _bare_person(book_id: int, address: str) -> Person:
    return Person(0, book_id, False, address, "", address, (address,), (), ())
