"""A changed contact written back into its card: what it does not speak of stays octet for octet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from addressbook.contact import MANY, Address, Contact, Value
from addressbook.vcard.composing import ORDER, Composer
from addressbook.vcard.lines import Card, Property, is_utf8, read
from addressbook.vcard.meaning import ATTRIBUTES, NOISE, addresses_of, labels_of, meant, values_of
from addressbook.vcard.text import escaped, split
from addressbook.vcard.written import property_octets

#: Parameters that belong to the old value only.
_OF_VALUE = frozenset({"VALUE", "X-APPLE-OMIT-YEAR", "MEDIATYPE"})
#: Parameters that make a second property of a name another reading of the first.
_READINGS = frozenset({"ALTID", "LANGUAGE"})


def merged(octets: bytes, contact: Contact) -> bytes:
    """The card with everything of the contact in it, in the card's own version.

    A property whose value stays keeps its octets; one whose type or label changes keeps its unknown parameters.
    Raises BadCard for octets that are no card.
    """
    card = read(octets)
    old = meant(card)
    changed = [attribute for attribute in ORDER if getattr(old, attribute) != getattr(contact, attribute)]
    if not changed:
        return octets
    properties = list(card.properties)
    for attribute in changed:
        if attribute in MANY:
            properties = _with_values(properties, card.version, contact, attribute)
        else:
            properties = _with_value(properties, card.version, contact, attribute)
    return with_properties(card, properties)


def with_properties(card: Card, properties: Sequence[Property]) -> bytes:
    """A card of these properties in the card's version; those with octets of their own keep them."""
    end = card.line_end
    pieces = [b"BEGIN:VCARD", end, b"VERSION:" + card.version.encode(), end]
    for one in properties:
        if one.raw and is_utf8(one.raw):
            pieces.append(one.raw if one.raw.endswith(b"\n") else one.raw + end)
        else:
            pieces.append(property_octets(one, card.version, end))
    return b"".join([*pieces, b"END:VCARD", end])


def _with_value(properties: list[Property], version: str, contact: Contact, attribute: str) -> list[Property]:
    mine = [one for one in properties if ATTRIBUTES.get(one.name) == attribute]
    composer = Composer(version)
    composer.add(contact, attribute)
    new = composer.properties
    if mine and len(new) == 1 and mine[0].data is None:
        first = next((one for one in mine if one.name == new[0].name), mine[0])
        params = tuple(param for param in first.params if param[0] not in _OF_VALUE)
        value = new[0].value
        if attribute == "name":
            value = ";".join([value, *split(first.value, ";")[5:]])  # RFC 9554 has two parts more
        new = [replace(new[0], value=value, group=first.group, params=(*new[0].params, *params))]
    kept = {id(one) for one in mine[1:] if new and {key for key, _ in one.params} & _READINGS}
    return _placed(properties, [one for one in mine if id(one) not in kept], new)


def _with_values(properties: list[Property], version: str, contact: Contact, attribute: str) -> list[Property]:
    labels = labels_of(properties)
    mine = [one for one in properties if ATTRIBUTES.get(one.name) == attribute]
    pool: list[tuple[Property, Value | Address]] = []
    if attribute == "addresses":
        pool += addresses_of(mine, labels)
    else:
        pool += values_of(mine, labels, attribute)
    wanted: tuple[Value | Address, ...] = getattr(contact, attribute)
    matches: list[tuple[Property, Value | Address] | None] = [None] * len(wanted)
    for is_same in (_is_equal, _is_same_value):
        for number, value in enumerate(wanted):
            if matches[number] is None:
                found = next((pair for pair in pool if is_same(pair[1], value)), None)
                if found is not None:
                    pool.remove(found)
                    matches[number] = found
    composer = Composer(version, [one.group for one in properties])
    relabelled: dict[str, str] = {}
    for value, match in zip(wanted, matches, strict=True):
        if match is None:
            composer.add_value(attribute, value)
        elif match[1] == value:
            composer.properties.append(match[0])
        else:
            one = _retyped(match[0], value, version)
            if value.label == match[1].label:
                composer.properties.append(one)
            elif one.group in labels and value.label:
                composer.properties.append(one)
                relabelled[one.group] = value.label
            else:
                composer.labelled(replace(one, group=""), value.label)
    placed = _placed(properties, mine, composer.properties)
    return _without_orphans([_relabelled(one, relabelled) for one in placed], properties)


def _is_equal(old: Value | Address, new: Value | Address) -> bool:
    return old == new


def _is_same_value(old: Value | Address, new: Value | Address) -> bool:
    if isinstance(old, Address):
        return isinstance(new, Address) and old.parts == new.parts
    return isinstance(new, Value) and old.value == new.value


def _retyped(one: Property, value: Value | Address, version: str) -> Property:
    types = [kind for kind in one.types if kind in NOISE and kind != "pref"]
    types += [kind for kind in value.types if kind not in types]
    if value.preferred:
        types.append("pref")
    params = tuple(param for param in one.params if param[0] not in ("PREF", "X-LABEL", "X-ABLABEL"))
    return replace(one, types=tuple(types), params=params, raw=b"")


def _relabelled(one: Property, labels: dict[str, str]) -> Property:
    if one.name == "X-ABLABEL" and one.group in labels:
        return replace(one, value=escaped(labels[one.group]), raw=b"")
    return one


def _placed(properties: list[Property], old: list[Property], new: list[Property]) -> list[Property]:
    """The properties with the new ones where the first of the old ones was, else at the end."""
    gone = {id(one) for one in old}
    at = next((number for number, one in enumerate(properties) if id(one) in gone), len(properties))
    return [*properties[:at], *new, *(one for one in properties[at:] if id(one) not in gone)]


def _without_orphans(properties: list[Property], before: list[Property]) -> list[Property]:
    """Without labels of groups whose value is gone."""
    helpers = ("X-ABLABEL", "X-ABADR")
    used = {one.group for one in properties if one.name not in helpers}
    had = {one.group for one in before if one.name not in helpers}
    gone = had - used
    return [one for one in properties if not (one.name in helpers and one.group in gone)]
