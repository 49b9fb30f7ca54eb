"""Several cards of one person made one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from addressbook.contact import MANY, WORDS, Address, Contact
from addressbook.duplicates import is_same_name
from addressbook.numbers import read as read_number
from addressbook.vcard.conversion import converted
from addressbook.vcard.lines import read as read_card
from addressbook.vcard.lines import version_of
from addressbook.vcard.meaning import ATTRIBUTES, contact_of
from addressbook.vcard.merging import merged, with_properties

#: Of these a person has one; what another card says of them is taken only where the first says nothing.
_SINGLE: Final = ("phonetic", "title", "role", "birthday", "anniversary", "photo")
#: Properties that are of the card and not of the person, or hang on another property.
_OF_CARD: Final = frozenset({"PRODID", "X-IRMC-LUID", "X-ABLABEL", "X-ABADR", "LABEL", "SORT-STRING", ""})


@dataclass(frozen=True, slots=True)
class Union:
    """One card made of several."""

    card: bytes  # in the version and with the UID of the first
    left_out: tuple[tuple[str, str], ...]  # attribute and value that had no place: another birthday


def united(cards: Sequence[bytes], region: str = "CN") -> Union:
    """The first card with everything of the others that it does not say itself.

    Numbers, mail addresses and the like are gathered, each once; other names become nicknames, other notes follow the
    first. Raises BadCard.
    """
    contacts = [contact_of(card) for card in cards]
    contact = contacts[0]
    left_out: list[tuple[str, str]] = []
    for other in contacts[1:]:
        contact = _with(contact, other, region, left_out)
    octets = merged(cards[0], contact)
    for card in cards[1:]:
        octets = _with_unknown(octets, card)
    return Union(octets, tuple(dict.fromkeys(left_out)))


def _with(mine: Contact, other: Contact, region: str, left_out: list[tuple[str, str]]) -> Contact:
    changes: dict[str, Any] = {}
    for attribute in MANY:
        values = list(getattr(mine, attribute))
        keys = {_key(attribute, one, region) for one in values}
        has_preferred = any(one.preferred for one in values)
        for one in getattr(other, attribute):
            if _key(attribute, one, region) not in keys:
                keys.add(_key(attribute, one, region))
                values.append(replace(one, preferred=False) if has_preferred else one)
        changes[attribute] = tuple(values)
    for attribute in (*WORDS, "members"):
        changes[attribute] = tuple(dict.fromkeys([*getattr(mine, attribute), *getattr(other, attribute)]))
    for attribute in _SINGLE:
        here, there = getattr(mine, attribute), getattr(other, attribute)
        changes[attribute] = here or there
        if here and there and here != there:
            left_out.append((attribute, there if isinstance(there, str) else ""))
    if not mine.organisation:
        changes["organisation"] = other.organisation
    elif mine.organisation.name == other.organisation.name:
        units = mine.organisation.units or other.organisation.units
        changes["organisation"] = replace(mine.organisation, units=units)
    elif other.organisation:
        left_out.append(("organisation", other.organisation.name))
    changes |= _names(mine, other, changes["nicknames"])
    if other.note.strip() and other.note.strip() not in mine.note:
        changes["note"] = f"{mine.note}\n{other.note}" if mine.note.strip() else other.note
    return replace(mine, **changes)


def _names(mine: Contact, other: Contact, nicknames: tuple[str, ...]) -> dict[str, Any]:
    if not mine.shown and not mine.name:
        return {"shown": other.shown, "name": other.name}
    if not other.shown or is_same_name(mine.shown, other.shown):
        return {"name": mine.name or other.name}
    values = {one.value.lower() for one in (*other.mails, *other.numbers)}
    if other.shown.lower() in values or other.shown in nicknames:
        return {}
    return {"nicknames": (*nicknames, other.shown)}


def _key(attribute: str, one: Any, region: str) -> object:
    if isinstance(one, Address):
        return tuple(" ".join(part.split()) for part in one.parts)
    if attribute == "numbers":
        number = read_number(one.value, region)
        return number.number or one.value.strip(), number.extension
    return one.value.strip().lower().rstrip("/")


def _with_unknown(octets: bytes, other: bytes) -> bytes:
    """The card with those properties of another that no attribute stands for and that it has not itself."""
    card = read_card(octets)
    names = {one.name for one in card.properties}
    more = [
        replace(one, raw=b"")
        for one in read_card(converted(other, version_of(octets))).properties
        if one.name not in ATTRIBUTES and one.name not in _OF_CARD and one.name not in names
    ]
    return with_properties(card, [*card.properties, *more]) if more else octets
