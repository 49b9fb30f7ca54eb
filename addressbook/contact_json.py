"""A contact as a JSON document, and what such a document changes in a contact. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from addressbook.contact import WORDS, Address, Contact, Name, Organisation, Photo, Value, joined_name
from addressbook.numbers import read as read_number
from gateway.core.errors import BadRequest

#: Values of one kind, and characters of one of them.
MAX_VALUES: Final = 100
MAX_TEXT: Final = 1_000
MAX_NOTE: Final = 100_000
MAX_PHOTO: Final = 1 << 20  # octets
_NAME: Final = ("family", "given", "additional", "prefix", "suffix")
_ADDRESS: Final = ("po_box", "extended", "street", "locality", "region", "code", "country")
_LISTS: Final = ("numbers", "mails", "urls", "messengers", "related")
_TEXTS: Final = ("title", "role", "birthday", "anniversary", "note")
#: The fields of the document that can be changed.
FIELDS: Final = (
    "name", "parts", "phonetic", "organisation", "units", *_TEXTS, *WORDS, *_LISTS, "addresses", "photo",
)  # fmt: skip


def as_json(contact: Contact, region: str = "CN") -> dict[str, Any]:
    """The document of a contact: every field of FIELDS, with the numbers also as they are dialled."""
    numbers = []
    for one in contact.numbers:
        number = read_number(one.value, region)
        numbers.append({**_value_json(one), "number": number.number, "kind": number.kind.value})
    return {
        "name": contact.call_name,
        "parts": {part: getattr(contact.name, part) for part in _NAME},
        "phonetic": {part: getattr(contact.phonetic, part) for part in _NAME},
        "organisation": contact.organisation.name,
        "units": list(contact.organisation.units),
        **{field: getattr(contact, field) for field in _TEXTS},
        **{field: list(getattr(contact, field)) for field in WORDS},
        **{field: [_value_json(one) for one in getattr(contact, field)] for field in _LISTS},
        "numbers": numbers,
        "addresses": [
            {**dict(zip(_ADDRESS, one.parts, strict=True)), **_purpose_json(one)} for one in contact.addresses
        ],
        "photo": _photo_json(contact.photo),
    }


def changed(contact: Contact, document: Mapping[str, Any]) -> Contact:
    """The contact with the fields of a document; what the document does not name stays.

    Values may be given as texts where nothing but the value is to be said. Raises BadRequest that names the field.
    """
    for field in document:
        if field not in FIELDS:
            raise BadRequest(f"{str(field)[:64]}: there is no such field")
    changes: dict[str, Any] = {}
    readers: dict[str, Callable[[str, Any], Any]] = {
        **dict.fromkeys(_TEXTS, _text),
        **dict.fromkeys(WORDS, _words),
        **dict.fromkeys(_LISTS, _values),
        "phonetic": _name,
        "addresses": _addresses,
        "photo": _photo,
    }
    for field, reader in readers.items():
        if field in document:
            changes[field] = reader(field, document[field])
    if "organisation" in document or "units" in document:
        name = _text("organisation", document.get("organisation", contact.organisation.name))
        units = _words("units", document.get("units", list(contact.organisation.units)))
        changes["organisation"] = Organisation(name, units)
    if "parts" in document:
        changes["name"] = _name("parts", document["parts"])
        changes["shown"] = joined_name(changes["name"])
    if "name" in document:
        changes["shown"] = _text("name", document["name"])
    made = replace(contact, **changes)
    if not made.call_name:
        raise BadRequest("name: a contact needs a name, a company, a number or a mail address")
    return made


# --- writing --------------------------------------------------------------------------------------------------------


def _value_json(one: Value) -> dict[str, Any]:
    return {"value": one.value, **_purpose_json(one)}


def _purpose_json(one: Value | Address) -> dict[str, Any]:
    return {"types": list(one.types), "label": one.label, "preferred": one.preferred}


def _photo_json(photo: Photo | None) -> dict[str, Any] | None:
    if photo is None:
        return None
    if photo.uri:
        return {"uri": photo.uri}
    return {"type": photo.media_type, "data": base64.b64encode(photo.data).decode()}


# --- reading --------------------------------------------------------------------------------------------------------


def _text(field: str, given: Any) -> str:
    most = MAX_NOTE if field == "note" else MAX_TEXT
    if not isinstance(given, str) or len(given) > most or "\0" in given:
        raise BadRequest(f"{field}: this is no text of at most {most} characters")
    if field != "note" and not given.replace("\t", " ").isprintable():
        raise BadRequest(f"{field}: line breaks and control characters cannot stand here")
    return given.strip()


def _list(field: str, given: Any) -> Sequence[Any]:
    if not isinstance(given, list) or len(given) > MAX_VALUES:
        raise BadRequest(f"{field}: this is no list of at most {MAX_VALUES} entries")
    return given


def _object(field: str, given: Any, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, dict) or not set(given) <= set(names):
        raise BadRequest(f"{field}: this is no object of {', '.join(names)}")
    return given


def _words(field: str, given: Any) -> tuple[str, ...]:
    words = (_text(f"{field}[{place}]", one) for place, one in enumerate(_list(field, given)))
    return tuple(dict.fromkeys(word for word in words if word))


def _name(field: str, given: Any) -> Name:
    found = _object(field, given, _NAME)
    return Name(*(_text(f"{field}.{part}", found.get(part, "")) for part in _NAME))


def _values(field: str, given: Any) -> tuple[Value, ...]:
    found = []
    for place, one in enumerate(_list(field, given)):
        at = f"{field}[{place}]"
        if isinstance(one, str):
            one = {"value": one}
        # What the document of a contact says beside can be sent back with it.
        one = _object(at, one, ("value", "types", "label", "preferred", "number", "kind"))
        value = _text(f"{at}.value", one.get("value"))
        if not value:
            raise BadRequest(f"{at}.value: nothing is there")
        if field == "mails" and "@" not in value:
            raise BadRequest(f"{at}.value: this is no mail address")
        found.append(Value(value, *_purpose(at, one)))
    return tuple(found)


def _addresses(field: str, given: Any) -> tuple[Address, ...]:
    found = []
    for place, one in enumerate(_list(field, given)):
        at = f"{field}[{place}]"
        one = _object(at, one, (*_ADDRESS, "types", "label", "preferred"))
        box, extended, street, city, region, code, country = (
            _text(f"{at}.{part}", one.get(part, "")) for part in _ADDRESS
        )
        types, label, preferred = _purpose(at, one)
        found.append(Address(box, extended, street, city, region, code, country, types, label, preferred))
    return tuple(found)


def _purpose(at: str, one: Mapping[str, Any]) -> tuple[tuple[str, ...], str, bool]:
    types = tuple(kind.lower() for kind in _words(f"{at}.types", one.get("types", [])))
    if not all(kind.replace("-", "").isalnum() and kind.isascii() for kind in types):
        raise BadRequest(f"{at}.types: a type has letters, digits and dashes")
    preferred = one.get("preferred", False)
    if not isinstance(preferred, bool):
        raise BadRequest(f"{at}.preferred: say true or false")
    return types, _text(f"{at}.label", one.get("label", "")), preferred


def _photo(field: str, given: Any) -> Photo | None:
    if given is None:
        return None
    found = _object(field, given, ("type", "data", "uri"))
    if found.get("uri"):
        return Photo(uri=_text(f"{field}.uri", found["uri"]))
    try:
        data = base64.b64decode(_photo_text(found.get("data")), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"{field}.data: this is no Base64") from None
    return Photo(data, _text(f"{field}.type", found.get("type", "image/jpeg")))


def _photo_text(given: Any) -> str:
    if not isinstance(given, str) or not given or len(given) > MAX_PHOTO * 4 // 3 + 4:
        raise BadRequest(f"photo.data: a photo has 1 to {MAX_PHOTO} octets")
    return given
