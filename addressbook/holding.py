"""What a device can hold of a contact. Pure.

Phones hold a name, three numbers and a mail address, or all of a card but the photo, or names of twenty characters;
they say so when they synchronise. What of a contact lies beyond that is not for them to change or to delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from addressbook.contact import Address, Contact, Name, Organisation, Value
from addressbook.vcard.meaning import ATTRIBUTES, MESSENGER_PROPERTIES
from addressbook.vcard.names import MESSENGER_NAMES

#: What every device holds: without a name and a number it has no address book.
ALWAYS: Final = frozenset({"N", "TEL"})
#: Attributes that are lists of values.
MANY: Final = ("numbers", "mails", "addresses", "urls", "messengers", "related")
#: Attributes that are sets of words.
WORDS: Final = ("nicknames", "categories")
#: Attributes of which there is one.
SINGLE: Final = (
    "shown",
    "name",
    "phonetic",
    "organisation",
    "title",
    "role",
    "birthday",
    "anniversary",
    "note",
    "photo",
)


@dataclass(frozen=True, slots=True)
class Held:
    """How much of a property; 0: the device does not say."""

    max_size: int = 0  # octets of one value
    max_occur: int = 0
    no_truncate: bool = False  # what is longer is left out instead of cut
    types: frozenset[str] = frozenset()  # of TYPE, lower case; empty: not said


@dataclass(frozen=True, slots=True)
class Holding:
    """What a device can hold, by the names of properties in upper case."""

    properties: Mapping[str, Held] = field(default_factory=dict)

    def of(self, attribute: str) -> Held | None:
        """How much it holds of an attribute of a contact; None: nothing of it."""
        found = [held for name, held in self.properties.items() if ATTRIBUTES.get(name) == attribute]
        if not found:
            return None
        return found[0] if len(found) == 1 else Held(max(one.max_size for one in found))

    def with_names(self, names: Iterable[str]) -> Holding:
        """The same with these properties held too."""
        return Holding({**dict.fromkeys(names, Held()), **self.properties})


def assumed(names: Iterable[str]) -> Holding:
    """What a device can hold that says nothing: name and numbers, and the properties it has been seen to write."""
    return Holding(dict.fromkeys(ALWAYS, Held())).with_names(names)


def held(contact: Contact, holding: Holding) -> Contact:
    """That part of a contact which a device can hold; UID, kind and members as they are."""
    changes: dict[str, Any] = {}
    for attribute in (*MANY, *WORDS, *SINGLE):
        value = getattr(contact, attribute)
        if value:
            changes[attribute] = _part(attribute, value, holding)
    return replace(contact, **changes)


def _part(attribute: str, value: Any, holding: Holding) -> Any:
    much = holding.of(attribute)
    if much is None:
        return type(value)() if attribute != "photo" else None
    match attribute:
        case "messengers":
            value = tuple(one for one in value if _takes_messenger(one, holding))
        case "photo":
            return value if not much.max_size or len(value.data) <= much.max_size else None
        case "name" | "phonetic":
            return Name(*(_cut(part, much) for part in _name_parts(value)))
        case "organisation":
            return Organisation(_cut(value.name, much), tuple(_cut(unit, much) for unit in value.units))
    if isinstance(value, str):
        return _cut(value, much)
    if attribute in WORDS:
        return value
    parts = tuple(one for one in (_cut_value(one, much) for one in value) if one is not None)
    return parts[: much.max_occur] if much.max_occur else parts


def _takes_messenger(one: Value, holding: Holding) -> bool:
    scheme = one.value.partition(":")[0].lower()
    names = {"IMPP", MESSENGER_NAMES.get(scheme, "")}
    names |= {name for name, known in MESSENGER_PROPERTIES.items() if known == scheme}
    return not names.isdisjoint(holding.properties)


def _cut_value(one: Value | Address, much: Held) -> Value | Address | None:
    if isinstance(one, Address):
        box, extended, street, city, region, code, country = (_cut(part, much) for part in one.parts)
        cut = Address(box, extended, street, city, region, code, country, one.types, one.label, one.preferred)
        return cut if any(cut.parts) else None
    value = _cut(one.value, much)
    return replace(one, value=value) if value else None


def _name_parts(name: Name) -> tuple[str, str, str, str, str]:
    return name.family, name.given, name.additional, name.prefix, name.suffix


def _cut(text: str, much: Held) -> str:
    octets = text.encode()
    if not much.max_size or len(octets) <= much.max_size:
        return text
    return "" if much.no_truncate else octets[: much.max_size].decode("utf-8", "ignore")
