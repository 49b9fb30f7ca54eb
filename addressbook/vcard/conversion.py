"""A card in another version, without loss: what the other version cannot hold comes back with the way back. Pure.

Each property is put as the other version says it (KIND of 4.0 is X-ADDRESSBOOKSERVER-KIND in 3.0, a photo is a data:
URI or Base64, --0412 is a year that Apple's programs leave out). Then the way back is tried at once: where it does not
lead to the same property, the line as it was goes along in X-CAIYOU-KEPT. On the way back the kept line takes the place
of what it became, if that is still as it was; what somebody changed meanwhile stays changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from addressbook.vcard.errors import BadCard
from addressbook.vcard.lines import Card, Property, read
from addressbook.vcard.meaning import MESSENGERS, NO_YEAR, date
from addressbook.vcard.names import CATEGORY_LISTS, MESSENGER_NAMES, STRUCTURED
from addressbook.vcard.text import components, escaped, split, structured, unescaped
from addressbook.vcard.written import OLD_PARAMS, card_octets, property_octets

#: The line of the version a card was in: its version, and the line with the escapes of a text.
KEPT: Final = "X-CAIYOU-KEPT"
#: Octets of a line that is kept: beyond this it is a picture in disguise, and would double the card.
MAX_KEPT: Final = 16_384

_TO_NEW: Final = {
    "X-ADDRESSBOOKSERVER-KIND": "KIND", "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER", "X-ANNIVERSARY": "ANNIVERSARY",
    "X-EVOLUTION-ANNIVERSARY": "ANNIVERSARY", "X-GENDER": "GENDER", "X-SOCIALPROFILE": "SOCIALPROFILE",
    "X-ABRELATEDNAMES": "RELATED",
    **{f"X-{name}": name for name in (
        "LANG", "RELATED", "XML", "CLIENTPIDMAP", "EXPERTISE", "HOBBY", "INTEREST", "ORG-DIRECTORY", "BIRTHPLACE",
        "DEATHPLACE", "DEATHDATE", "CREATED", "GRAMGENDER", "LANGUAGE", "PRONOUNS", "JSPROP", "CONTACT-URI",
    )},
    # 4.0 has these no more.
    **{name: f"X-{name}" for name in ("CLASS", "LABEL", "MAILER", "NAME", "PROFILE", "AGENT", "SORT-STRING")},
}  # fmt: skip
_FROM_NEW: Final = {
    **{new: old for old, new in _TO_NEW.items() if old not in ("X-EVOLUTION-ANNIVERSARY", "X-ABRELATEDNAMES")},
}
_OMITTED: Final = "X-APPLE-OMIT-YEAR"
_DATES: Final = frozenset({"BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "DEATHDATE", "X-DEATHDATE"})
_BASIC: Final = re.compile(r"(\d{4}|--)-?(\d{2})-(\d{2})")
_REVISED: Final = re.compile(r"(?<=\d)[-:](?=\d)")
_GEO_URI: Final = re.compile(r"geo:(-?[\d.]+),(-?[\d.]+)", re.IGNORECASE)
_GEO: Final = re.compile(r"\s*(-?[\d.]+)\s*[;,]\s*(-?[\d.]+)\s*")


def converted(octets: bytes, version: str) -> bytes:
    """The card in vCard 2.1, 3.0 or 4.0; a card that is in it already as it is. Raises BadCard."""
    card = read(octets)
    if card.version == version:
        return octets
    return card_octets(version, converted_properties(card, version))


def converted_properties(card: Card, version: str) -> list[Property]:
    """The properties of a card as another version says them, those it cannot hold kept beside."""
    found: list[Property] = []
    kept: list[Property] = []
    for one, origin in _restored(card):
        if origin == version:
            found.append(one)
            continue
        new = _put(one, origin, version)
        found.append(new)
        if not _comes_back(one, new, origin, version):
            line = property_octets(replace(one, raw=b""), origin)
            if len(line) <= MAX_KEPT:
                text = _unfolded(line, origin)
                kept.append(Property(KEPT, structured((origin, text))))
    return found + kept


def is_same(one: Property, other: Property) -> bool:
    """Do two properties say the same?"""
    return (
        one.name == other.name
        and one.group.lower() == other.group.lower()
        and set(one.types) - {"internet"} == set(other.types) - {"internet"}
        and sorted(_without(one, _OMITTED).params) == sorted(_without(other, _OMITTED).params)
        and one.data == other.data
        and one.media_type == other.media_type
        and _said(one) == _said(other)
    )


def _said(one: Property) -> object:
    """A value by what it says: escapes that make no difference are none."""
    if one.name in STRUCTURED:
        parts = [components(part, ",") for part in split(one.value, ";")]
        while len(parts) > 1 and parts[-1] == [""]:
            parts.pop()
        return parts
    if one.name in CATEGORY_LISTS:
        return components(one.value, ",")
    text = unescaped(one.value).strip()
    if one.name == "REV":
        return _REVISED.sub("", text)
    if one.name in _DATES:
        return _date(one)
    return one.value if one.name.startswith("X-") else text


# --- the way there -------------------------------------------------------------------------------------------


def _put(one: Property, origin: str, version: str) -> Property:
    """One property as another version says it."""
    one = replace(one, raw=b"")
    if one.data is not None:
        params = tuple(param for param in one.params if param[0] not in ("VALUE", "MEDIATYPE"))
        return replace(one, params=_params(params, version))
    if one.name in _DATES and one.param("VALUE").lower() != "text":
        one = _dated(one, version)
    if origin == "4.0":
        one = _from_new(one)
    elif version == "4.0":
        one = _to_new(one)
    if version == "2.1":
        one = _to_old(one)
    return replace(one, params=_params(_value_kinds(one, version), version))


def _from_new(one: Property) -> Property:
    name = _FROM_NEW.get(one.name, one.name)
    if one.name == "RELATED" and one.param("VALUE").lower() == "text":
        name, one = "X-ABRELATEDNAMES", _without(one, "VALUE")
    elif one.name == "TEL" and one.value[:4].lower() == "tel:":
        one = _without(replace(one, value=one.value[4:]), "VALUE")
    elif one.name == "GEO":
        one = replace(one, value=_GEO_URI.sub(r"\1;\2", one.value))
    elif one.name == "EMAIL" and "x400" not in one.types:
        one = replace(one, types=("internet", *one.types))
    return _renamed(one, name)


def _to_new(one: Property) -> Property:
    name = _TO_NEW.get(one.name, one.name)
    if one.name == "X-ABRELATEDNAMES":
        one = replace(one, params=(("VALUE", "text"), *one.params))
    elif one.name == "GEO":
        found = _GEO.fullmatch(one.value)
        if found:
            one = replace(one, value=f"geo:{found[1]},{found[2]}")
    elif one.name == "REV":
        one = replace(one, value=_REVISED.sub("", one.value))
    elif one.name == "EMAIL":
        one = replace(one, types=tuple(kind for kind in one.types if kind != "internet"))
    return _renamed(one, name)


def _dated(one: Property, version: str) -> Property:
    """A date as the version writes it; one without its year as 4.0 does, or as Apple's programs do in 3.0."""
    if len(one.value) > len("1985-04-12"):
        return one  # with a time
    said = _date(one)
    one = _without(one, _OMITTED)
    if version == "4.0":
        found = _BASIC.fullmatch(said)
        return replace(one, value=f"{found[1]}{found[2]}{found[3]}" if found else said)
    if said.startswith("--") and len(said) == len("--04-12"):
        params = one.params if version == "2.1" else (*one.params, (_OMITTED, NO_YEAR))
        return replace(one, value=f"{NO_YEAR}{said[1:]}", params=params)
    return replace(one, value=said)


def _date(one: Property) -> str:
    """1985-04-12, or --04-12 where the year is one that stands for none."""
    said = date(one.value)
    is_made_up = len(said) == len("1985-04-12") and said[:4] in (NO_YEAR, one.param(_OMITTED))
    return f"-{said[4:]}" if is_made_up else said


def _to_old(one: Property) -> Property:
    if one.name != "IMPP":
        return one
    text = unescaped(one.value).strip()
    scheme, colon, account = text.partition(":")
    service = (one.param("X-SERVICE-TYPE") or scheme).lower()
    service = MESSENGERS.get(service, service)
    name = MESSENGER_NAMES.get(service) if colon else None
    return one if name is None else replace(_renamed(one, name), value=escaped(account))


def _value_kinds(one: Property, version: str) -> tuple[tuple[str, str], ...]:
    """The parameters with VALUE as the version spells it: URL in 2.1, uri in 3.0; in 4.0 a URI is what a picture is."""
    if version == "4.0" and one.name in ("PHOTO", "LOGO", "SOUND", "KEY", "URL"):
        return tuple(param for param in one.params if param[0] != "VALUE" or param[1].lower() not in ("uri", "url"))
    spelled = {"uri": "URL", "url": "URL"} if version == "2.1" else {"url": "uri", "uri": "uri"}
    params = tuple((key, spelled.get(value.lower(), value) if key == "VALUE" else value) for key, value in one.params)
    is_uri = one.name in ("PHOTO", "LOGO", "SOUND") and re.match(r"[a-z]+:", one.value, re.IGNORECASE)
    if is_uri and not one.param("VALUE"):
        return (("VALUE", spelled["uri"]), *params)
    return params


def _params(params: Iterable[tuple[str, str]], version: str) -> tuple[tuple[str, str], ...]:
    return tuple(param for param in params if version != "2.1" or param[0] in OLD_PARAMS)


def _renamed(one: Property, name: str) -> Property:
    return one if name == one.name else replace(one, name=name, spelling="")


def _without(one: Property, param: str) -> Property:
    return replace(one, params=tuple(pair for pair in one.params if pair[0] != param))


# --- and back ------------------------------------------------------------------------------------------------


def _comes_back(one: Property, new: Property, origin: str, version: str) -> bool:
    """Whether the property, written in the other version, leads back to itself."""
    if one.data is not None:  # octets come back; only what stands around them is tried
        one, new = replace(one, data=b"x"), replace(new, data=b"x")
    read_back = _reread(property_octets(new, version), version)
    return read_back is not None and is_same(_put(read_back, version, origin), one)


def _restored(card: Card) -> list[tuple[Property, str]]:
    """The properties with the versions they are of: kept lines in the place of what they became."""
    found: list[tuple[Property, str]] = [(one, card.version) for one in card.properties if one.name not in ("", KEPT)]
    for kept in card.all(KEPT):
        origin, _, line = kept.value.partition(";")
        original = _reread(unescaped(line).encode("utf-8", "replace") + b"\r\n", origin)
        if original is None:
            continue
        became = _reread(property_octets(_put(original, origin, card.version), card.version), card.version)
        if became is None:
            continue
        at = next((n for n, (one, _) in enumerate(found) if one.name == became.name and is_same(one, became)), None)
        if at is not None:
            found[at] = original, origin
    return found


def _reread(line: bytes, version: str) -> Property | None:
    try:
        card = read(b"BEGIN:VCARD\r\nVERSION:" + version.encode() + b"\r\n" + line + b"END:VCARD\r\n", "utf-8")
    except BadCard:
        return None
    return card.properties[0] if len(card.properties) == 1 else None


def _unfolded(line: bytes, version: str) -> str:
    """A property on one line; what 2.1 quotes stays quoted."""
    if version == "2.1":
        return line.replace(b"=\r\n", b"").decode("utf-8", "replace").rstrip("\r\n")
    return line.replace(b"\r\n ", b"").decode("utf-8", "replace").rstrip("\r\n")
