"""A card that a device sends, put into the card that is kept: the device changes what it can hold, and nothing else.

Three cards speak: the one kept now, the one the device was given last (what both sides set out from), and the one it
sends. What the device sends as it was given it is no change, even if it was cut to the device's length; what it leaves
out is a deletion only where it had it. What both sides changed is told as a conflict. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from addressbook.contact import (
    CELL,
    FAX,
    HOME,
    PAGER,
    WORK,
    Address,
    Contact,
    Name,
    Organisation,
    Photo,
    Value,
    joined_name,
)
from addressbook.holding import MANY, SINGLE, WORDS, Held, Holding, held
from addressbook.numbers import read as read_number
from addressbook.vcard.conversion import converted
from addressbook.vcard.lines import Card, Property, version_of
from addressbook.vcard.lines import read as read_card
from addressbook.vcard.meaning import ATTRIBUTES, contact_of, meant
from addressbook.vcard.merging import merged, with_properties

#: Types that say what a value is for; devices drop and reorder all others.
_MEANING: Final = frozenset({HOME, WORK, CELL, FAX, PAGER})
#: Properties that are of the card and not of the person, or hang on another property.
_NOT_OTHER: Final = frozenset({"PRODID", "X-IRMC-LUID", "X-ABLABEL", "X-ABADR", "LABEL", "SORT-STRING", ""})

SamePhoto = Callable[[Photo, Photo], bool]


@dataclass(frozen=True, slots=True)
class DeviceMerge:
    """What became of a card that a device sent."""

    card: bytes  # to be kept: in the version of the card that was kept before
    conflicts: frozenset[str]  # attributes that both sides changed, each in its way
    device_lacks: bool  # True: what is kept says more than the device has, although it could hold it


def same_octets(one: Photo, other: Photo) -> bool:
    """Are they the same picture, to the octet?"""
    return one.data == other.data and one.uri == other.uri


def merged_from_device(
    kept: bytes,
    sent: bytes,
    holding: Holding,
    base: bytes | None = None,
    *,
    device_wins: bool = True,
    is_same_photo: SamePhoto = same_octets,
    region: str = "CN",
) -> DeviceMerge:
    """The kept card with what the device changed since it was given `base`.

    Without a base (the two cards were just found to be of one person) nothing is deleted: values of both are kept.
    `device_wins` decides what both sides changed and there can be only one of. Raises BadCard.
    """
    card = read_card(kept)
    now = meant(card)
    given_card = read_card(converted(sent, version_of(kept)))
    given = meant(given_card)
    was = contact_of(base) if base is not None else Contact()
    merge = _Merge(now, was, given, holding, device_wins, is_same_photo, region)
    contact = merge.contact()
    octets = merged(kept, contact)
    octets = _with_others(octets, given_card, read_card(base) if base is not None else None, holding)
    return DeviceMerge(octets, frozenset(merge.conflicts), merge.lacks(contact))


class _Merge:
    def __init__(
        self,
        now: Contact,
        was: Contact,
        given: Contact,
        holding: Holding,
        device_wins: bool,
        is_same_photo: SamePhoto,
        region: str,
    ) -> None:
        self._now = now
        self._was = was
        self._told = held(was, holding)  # what the device was given
        self._given = given
        self._holding = holding
        self._device_wins = device_wins
        self._is_same_photo = is_same_photo
        self._region = region
        self.conflicts: set[str] = set()

    def contact(self) -> Contact:
        """What is to be kept."""
        changes: dict[str, Any] = {}
        for attribute in (*SINGLE, *WORDS, *MANY):
            much = self._holding.of(attribute)
            if much is None:
                continue
            if attribute in MANY:
                changes[attribute] = self._values(attribute, much)
            elif attribute in WORDS:
                changes[attribute] = self._words(attribute)
            else:
                changes[attribute] = self._single(attribute)
        return self._shown(replace(self._now, **changes))

    def lacks(self, contact: Contact) -> bool:
        """Would the device hold more, or something else, if it were given this contact?"""
        could = held(contact, self._holding)
        for attribute in (*SINGLE, *WORDS, *MANY):
            if self._holding.of(attribute) is None:
                continue
            wanted, has = getattr(could, attribute), getattr(self._given, attribute)
            if attribute in MANY:
                if sorted(self._key(attribute, one) for one in wanted) != sorted(
                    self._key(attribute, one) for one in has
                ):
                    return True
            elif attribute in WORDS:
                if set(wanted) != set(has):
                    return True
            elif not self._is_same(attribute, has, wanted, getattr(contact, attribute)):
                return True
        return False

    # --- one value --------------------------------------------------------------------------------------------------

    def _single(self, attribute: str) -> Any:
        now, was, told, given = (getattr(one, attribute) for one in (self._now, self._was, self._told, self._given))
        if self._is_same(attribute, given, told, was):
            return now
        new = _completed(given, was)
        if now == was or self._is_same(attribute, given, getattr(held(self._now, self._holding), attribute), now):
            return new if now == was else now
        self.conflicts.add(attribute)
        if self._device_wins and given:
            return new
        return now or new  # a deletion loses against a change

    def _is_same(self, attribute: str, given: Any, told: Any, full: Any) -> bool:
        """Is what a device has what it was given, allowing for what devices lose?"""
        match attribute:
            case "shown" if self._given.name and _letters(given) == _letters(joined_name(self._given.name)):
                return True  # many devices make it of the parts of the name, in an order of their own
            case "photo":
                if given is None or told is None:
                    return given is told
                return self._is_same_photo(told, given)
            case "name" | "phonetic":
                return _is_same_name(given, told)
            case "organisation":
                return _is_same_text(given.name, told.name, full.name) and (
                    not given.units or given.units == told.units
                )
        return _is_same_text(given, told, full)

    def _shown(self, contact: Contact) -> Contact:
        """The name that is shown follows the name's parts where it was made of them."""
        if contact.name == self._now.name or contact.shown != self._now.shown:
            return contact
        old, new = self._now.name, contact.name
        if not old or _letters(self._now.shown) == _letters(joined_name(old)):
            return replace(contact, shown=joined_name(new))
        return contact

    # --- many -------------------------------------------------------------------------------------------------------

    def _words(self, attribute: str) -> tuple[str, ...]:
        now, told, given = (getattr(one, attribute) for one in (self._now, self._told, self._given))
        gone, new = set(told) - set(given), [word for word in given if word not in told]
        return tuple(dict.fromkeys([*(word for word in now if word not in gone), *new]))

    def _values(self, attribute: str, much: Held) -> tuple[Any, ...]:
        """Apply what the device did to the list it was given to the list as it is now."""
        result = list(getattr(self._now, attribute))
        told, given = list(getattr(self._told, attribute)), list(getattr(self._given, attribute))
        pairs: list[tuple[Any, Any]] = []
        for one in list(told):
            match = next((other for other in given if self._is_same_value(attribute, other, one)), None)
            if match is not None:
                told.remove(one)
                given.remove(match)
                pairs.append((one, match))
        for one, match in pairs:
            self._retype(attribute, result, one, match, much)
        for one in list(told):  # a value that became another, of the same use
            match = next((other for other in given if _use(other) == _use(one)), None)
            if match is None and len(told) == len(given) == 1 and not _use(given[0]):
                match = given[0]
            if match is not None:
                told.remove(one)
                given.remove(match)
                at = self._place(attribute, result, one)
                if at is None:
                    self.conflicts.add(attribute)
                    self._add(attribute, result, match)
                else:
                    result[at] = _with_value_of(result[at], match)
        for one in told:
            at = self._place(attribute, result, one)
            if at is not None:
                del result[at]
        for one in given:
            self._add(attribute, result, one)
        return tuple(result)

    def _retype(self, attribute: str, result: list[Any], told: Any, given: Any, much: Held) -> None:
        before, after = _use(told), _use(given)
        if not after or after == before or (after < before and not (much.types and before <= much.types)):
            return
        at = self._place(attribute, result, told)
        if at is not None and _use(result[at]) == before:
            others = tuple(kind for kind in result[at].types if kind not in _MEANING)
            result[at] = replace(result[at], types=(*(kind for kind in given.types if kind in _MEANING), *others))

    def _add(self, attribute: str, result: list[Any], one: Any) -> None:
        if self._place(attribute, result, one) is None:
            result.append(one)

    def _place(self, attribute: str, values: Sequence[Any], wanted: Any) -> int | None:
        """Where a value is in a list; it may stand there in full what the device was given cut."""
        key = self._key(attribute, wanted)
        for at, one in enumerate(values):
            if self._key(attribute, one) == key or self._is_same_value(attribute, wanted, one):
                return at
        return None

    def _is_same_value(self, attribute: str, given: Any, told: Any) -> bool:
        if self._key(attribute, given) == self._key(attribute, told):
            return True
        if isinstance(given, Address):
            return any(given.parts) and all(
                part in ("", " ".join(whole.split()))
                for part, whole in zip(_address_key(given), told.parts, strict=True)
            )
        much = self._holding.of(attribute)
        size = much.max_size if much is not None else 0
        return bool(
            size
            and len(given.value.encode()) >= size // 2
            and told.value.startswith(given.value)
            and len(told.value.encode()) >= size
        )

    def _key(self, attribute: str, one: Any) -> tuple[str, ...]:
        if isinstance(one, Address):
            return _address_key(one)
        text = one.value.strip()
        if attribute == "numbers":
            number = read_number(text, self._region)
            return (number.number or text, number.extension)
        return (text.lower().rstrip("/"),)


# --- what else a card says --------------------------------------------------------------------------------------------


def _with_others(kept: bytes, given: Card, base: Card | None, holding: Holding) -> bytes:
    """The card with what the device changed in properties that no attribute of a contact stands for."""
    card = read_card(kept)
    properties = list(card.properties)
    names = {one.name for one in given.properties} | set(holding.properties)
    for name in sorted(names - ATTRIBUTES.keys() - _NOT_OTHER):
        sent = [one for one in given.properties if one.name == name]
        before = [] if base is None else [one for one in base.properties if one.name == name]
        mine = [one for one in properties if one.name == name]
        if _said(sent) == _said(before) or (not sent and name not in holding.properties):
            continue
        if _said(mine) != _said(before):  # changed here as well: what is here stays
            continue
        at = properties.index(mine[0]) if mine else len(properties)
        rest = [one for one in properties if one.name != name]
        at -= sum(one.name == name for one in properties[:at])
        properties = [*rest[:at], *(replace(one, raw=b"") for one in sent), *rest[at:]]
    return kept if properties == list(card.properties) else with_properties(card, properties)


def _said(properties: Sequence[Property]) -> list[tuple[str, bytes]]:
    return sorted((" ".join(one.value.split()), one.data or b"") for one in properties)


# --- values -----------------------------------------------------------------------------------------------------------


def _is_same_text(given: str, told: str, full: str) -> bool:
    given, told, full = (" ".join(text.split()) for text in (given, told, full))
    if given in (told, full):
        return True
    # Cut by the device, at a length of its own: octets are counted in some charset.
    return bool(given) and told != full and full.startswith(given) and 2 * len(given) >= len(told)


def _is_same_name(given: Name, told: Name) -> bool:
    """Devices that hold two parts of a name leave the others out."""
    if (given.family.strip(), given.given.strip()) != (told.family.strip(), told.given.strip()):
        return False
    pairs = zip(_extras(given), _extras(told), strict=True)
    return all(mine in ("", theirs) for mine, theirs in pairs)


def _letters(name: str) -> list[str]:
    return sorted(char for char in name.casefold() if char not in " ,，")


def _extras(name: Name) -> tuple[str, str, str]:
    return name.additional.strip(), name.prefix.strip(), name.suffix.strip()


def _completed(given: Any, was: Any) -> Any:
    """What a device sends, with what it leaves out because it has no place for it."""
    if isinstance(given, Name) and given and isinstance(was, Name):
        return replace(
            given,
            additional=given.additional or was.additional,
            prefix=given.prefix or was.prefix,
            suffix=given.suffix or was.suffix,
        )
    if isinstance(given, Organisation) and isinstance(was, Organisation) and given.name == was.name:
        return replace(given, units=given.units or was.units)
    return given


def _use(one: Value | Address) -> frozenset[str]:
    return _MEANING.intersection(one.types)


def _with_value_of(mine: Any, given: Any) -> Any:
    if isinstance(mine, Address):
        return replace(given, types=mine.types, label=mine.label, preferred=mine.preferred)
    return replace(mine, value=given.value)


def _address_key(one: Address) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in one.parts)
