"""Two contacts of one person as one: nothing of either is lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import TypeVar

from addressbook.contact import Contact, Value
from addressbook.numbers import read

T = TypeVar("T")


def joined(one: Contact, other: Contact, region: str = "CN") -> Contact:
    """The first with what the second has more: where both say something there is room for once, the first is right."""

    def number(value: Value) -> Hashable:
        found = read(value.value, region)
        return found.number if found.match_key else value.value

    return replace(
        one,
        shown=one.shown or other.shown,
        name=one.name or other.name,
        phonetic=one.phonetic or other.phonetic,
        nicknames=_union(one.nicknames, other.nicknames, str.casefold),
        organisation=one.organisation or other.organisation,
        title=one.title or other.title,
        role=one.role or other.role,
        numbers=_union(one.numbers, other.numbers, number),
        mails=_union(one.mails, other.mails, lambda value: value.value.lower()),
        addresses=_union(one.addresses, other.addresses, lambda address: address.parts),
        urls=_union(one.urls, other.urls, lambda value: value.value.rstrip("/")),
        messengers=_union(one.messengers, other.messengers, lambda value: value.value.lower()),
        related=_union(one.related, other.related, lambda value: value.value),
        birthday=one.birthday or other.birthday,
        anniversary=one.anniversary or other.anniversary,
        note=_note(one.note, other.note),
        categories=_union(one.categories, other.categories, str.casefold),
        members=_union(one.members, other.members, lambda uid: uid),
        photo=one.photo or other.photo,
    )


def _union(one: tuple[T, ...], other: tuple[T, ...], key: Callable[[T], Hashable]) -> tuple[T, ...]:
    have = {key(value) for value in one}
    more = [value for value in other if key(value) not in have]
    return (*one, *more) if more else one


def _note(one: str, other: str) -> str:
    if not other.strip() or other.strip() in one:
        return one
    return f"{one}\n{other}" if one else other
