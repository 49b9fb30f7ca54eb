"""Contacts of a book that may be one person: found, merged, kept apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from addressbook.duplicates import MAX_SHARED, Cluster, Facts, clusters
from addressbook.merge import united
from addressbook.vcard.meaning import contact_of
from addressbook.vcard.merging import merged
from gateway.core.book import Action, Merged
from gateway.core.errors import BadRequest, NotFound
from gateway.store.contacts import Contacts
from gateway.store.database import Transaction
from gateway.store.schema import contact_mails, contact_numbers, contacts, contacts_apart

#: Values and names that several contacts share, looked at in one answer.
MAX_LOOKED_AT = 2_000
#: Contacts made one at once.
MAX_MERGED = 20
_PAGE = 500

_c = contacts.c


class ContactMerging:
    """Finding and merging within one transaction."""

    def __init__(self, tx: Transaction, cards: Contacts, new_id: Callable[[], int], region: str) -> None:
        self._tx = tx
        self._cards = cards
        self._new_id = new_id
        self._region = region

    def clusters(self, book_id: int) -> list[Cluster]:
        """Who may be one person in a book, the certain first; in a book with very many, those found first."""
        self._tx.flush()
        ids = sorted({*self._sharing_number(book_id), *self._sharing_mail(book_id), *self._sharing_name(book_id)})
        apart = self._tx.read(
            sa.select(contacts_apart.c.first_id, contacts_apart.c.second_id).where(contacts_apart.c.book_id == book_id)
        ).all()
        return clusters(self._facts(ids), [tuple(pair) for pair in apart])

    def merge(self, book_id: int, contact_ids: Sequence[int], *, by: str = "") -> Merged:
        """Make contacts of one book one: the first stays with everything of the others, which are deleted.

        Groups that had one of the others have the first instead. `ContactHistory.undo` with the batch takes all back.
        Raises NotFound, BadRequest (fewer than two, too many), and what `Contacts.put` raises.
        """
        ids = list(dict.fromkeys(contact_ids))
        if not 2 <= len(ids) <= MAX_MERGED:
            raise BadRequest(f"2 to {MAX_MERGED} contacts can be made one")
        found = [self._cards.by_id(contact_id) for contact_id in ids]
        if any(where != book_id for where, _ in found):
            raise NotFound("there is no such contact in this book")
        first, *others = (card for _, card in found)
        union = united([first.data, *(card.data for card in others)], self._region)
        batch_id = self._new_id()
        for card in others:
            self._cards.delete(book_id, card.href, by=by, action=Action.MERGED, batch_id=batch_id)
        self._replace_members(book_id, {card.uid for card in others}, first.uid, batch_id, by)
        self._cards.put(book_id, first.href, union.card, by=by, action=Action.MERGED, batch_id=batch_id)
        return Merged(batch_id, first.contact_id, union.left_out)

    def set_apart(self, book_id: int, first_id: int, second_id: int) -> None:
        """Remember that two contacts are two people. Raises NotFound."""
        pair = sorted((first_id, second_id))
        if pair[0] == pair[1] or any(self._cards.by_id(one)[0] != book_id for one in pair):
            raise NotFound("there are no two such contacts in this book")
        row = {"first_id": pair[0], "second_id": pair[1], "book_id": book_id}
        known = sa.select(contacts_apart.c.book_id).where(
            contacts_apart.c.first_id == pair[0], contacts_apart.c.second_id == pair[1]
        )
        if self._tx.read(known).first() is None:
            self._tx.execute(sa.insert(contacts_apart), row)

    # --- within -----------------------------------------------------------------------------------------------------

    def _replace_members(self, book_id: int, gone: set[str], uid: str, batch_id: int, by: str) -> None:
        groups = self._tx.read(
            sa.select(_c.href).where(_c.book_id == book_id, sa.text("kind = 'group'"), sa.not_(_c.deleted))
        ).scalars()
        for href, card in self._cards.get_many(book_id, list(groups)).items():
            group = contact_of(card.data)
            if gone.isdisjoint(group.members):
                continue
            members = tuple(dict.fromkeys(uid if one in gone else one for one in group.members))
            data = merged(card.data, replace(group, members=members))
            self._cards.put(book_id, href, data, by=by, action=Action.MERGED, batch_id=batch_id)

    def _sharing_number(self, book_id: int) -> list[int]:
        numbers = contact_numbers.c
        shared = (
            sa.select(numbers.match_key)
            .where(numbers.book_id == book_id)
            .group_by(numbers.match_key)
            .having(sa.func.count().between(2, MAX_SHARED * 2))
            .limit(MAX_LOOKED_AT)
        )
        found = sa.select(numbers.contact_id).where(numbers.book_id == book_id, numbers.match_key.in_(shared))
        return list(self._tx.read(found).scalars())

    def _sharing_mail(self, book_id: int) -> list[int]:
        mails = contact_mails.c
        shared = (
            sa.select(mails.address)
            .where(mails.book_id == book_id)
            .group_by(mails.address)
            .having(sa.func.count().between(2, MAX_SHARED))
            .limit(MAX_LOOKED_AT)
        )
        found = sa.select(mails.contact_id).where(mails.book_id == book_id, mails.address.in_(shared))
        return list(self._tx.read(found).scalars())

    def _sharing_name(self, book_id: int) -> list[int]:
        """By the key they are sorted by, which is their sound: 张三 and 章散 are looked at and then told apart."""
        shared = (
            sa.select(_c.sort_key)
            .where(_c.book_id == book_id, sa.not_(_c.deleted), _c.sort_key != "")
            .group_by(_c.sort_key)
            .having(sa.func.count().between(2, MAX_SHARED * 2))
            .limit(MAX_LOOKED_AT)
        )
        found = sa.select(_c.id).where(_c.book_id == book_id, sa.not_(_c.deleted), _c.sort_key.in_(shared))
        return list(self._tx.read(found).scalars())

    def _facts(self, ids: Sequence[int]) -> list[Facts]:
        people = (one for start in range(0, len(ids), _PAGE) for one in self._cards.people(ids[start : start + _PAGE]))
        return [
            Facts(
                id=one.id,
                name=one.name,
                organisation=one.organisation,
                is_group=one.is_group,
                mobiles=frozenset(one.mobiles),
                mails=frozenset(one.mails),
            )
            for one in people
        ]
