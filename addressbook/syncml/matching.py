"""Which contact of the book a card of a device is, when neither side knows any more (slow synchronisation). Pure.

Two cards are one contact when the name is the same and a number or a mail address too, or when one of them says
nothing but the name. The same name with other numbers is another person: names like 张伟 are many people's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from addressbook.contact import Contact, joined_name
from addressbook.numbers import read
from addressbook.pinyin import sort_key

#: The score from which two are one contact even where the device says that it is a new one.
SURE: Final = 50


def keys_of(contact: Contact, region: str = "CN") -> frozenset[str]:
    """What a contact is recognised by beside its name: match keys of its numbers, mail addresses."""
    keys = {read(one.value, region).match_key for one in contact.numbers}
    return frozenset(filter(None, keys | {one.value.lower() for one in contact.mails}))


def number_keys(contact: Contact, region: str = "CN") -> list[str]:
    """The match keys of its numbers."""
    numbers = (read(one.value, region) for one in contact.numbers)
    return list(dict.fromkeys(one.match_key for one in numbers if one.match_key))


def name_key(contact: Contact) -> str:
    """The name in a form in which spellings of it are equal: order, case, blanks and commas do not count."""
    words = [contact.name.family, contact.name.given, contact.name.additional] if contact.name else [contact.call_name]
    text = "".join(" ".join(words).replace(",", " ").lower().split())
    return text if not text.isascii() else "".join(sorted(" ".join(words).replace(",", " ").lower().split()))


def sort_keys(contact: Contact) -> frozenset[str]:
    """What the store may have it sorted by: its name in any order."""
    family, given = contact.name.family, contact.name.given
    names = (contact.call_name, joined_name(contact.name), f"{family} {given}", f"{given} {family}", family + given)
    return frozenset(key for name in names if name.strip() and (key := sort_key(name)))


def score(came: Contact, kept: Contact, *, was_it: bool = False, region: str = "CN") -> int:
    """How surely the two are one contact; 0: they are not. `was_it`: the device kept it under this name once."""
    if came.uid and came.uid == kept.uid:
        return 100
    mine, theirs = keys_of(came, region), keys_of(kept, region)
    shared = len(mine & theirs)
    same_name = _names(came) & _names(kept)
    if same_name and shared:
        return 50 + min(shared, 9) + (10 if mine == theirs else 0) + (5 if was_it else 0)
    if same_name and (was_it or not mine or not theirs):
        return 30 + (5 if was_it else 0) + (5 if mine == theirs else 0)
    if shared and (was_it or not _names(came) or not _names(kept)):
        return 20
    return 0


def _names(contact: Contact) -> set[str]:
    shown = "".join(contact.shown.lower().split())
    keys = {name_key(contact) if contact.name or contact.shown else "", shown}
    return keys - {""}


def best(came: Contact, kept: Iterable[tuple[int, Contact, bool]], least: int = 1) -> int | None:
    """The contact that a card most surely is, among (id, contact, was it once); None if none scores `least`."""
    scored = [(score(came, contact, was_it=was_it), -contact_id) for contact_id, contact, was_it in kept]
    top = max(scored, default=(0, 0))
    return -top[1] if top[0] >= least else None
