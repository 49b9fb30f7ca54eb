"""What a device can hold of a contact: the card it is given, and what stands when it gives the card back. Pure.

A device knows a few fields, some of them a few times and to a length. What it gives back is therefore held against
what it was given, never against the whole contact: only what it changed changes. What it cannot hold stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from addressbook.contact import MANY, WORDS, Address, Contact, Name, Photo, Value, joined_name
from addressbook.syncml.devinf import Device, Field
from addressbook.syncml.quirks import Quirks, quirks_of
from addressbook.vcard.composing import write
from addressbook.vcard.meaning import ATTRIBUTES

#: What a device that says nothing is believed to hold; more where its cards have shown it.
BASIC: Final = frozenset({"name", "shown", "numbers", "mails", "addresses", "organisation", "title", "note", "urls"})
_LISTED: Final = (*MANY, *WORDS, "members")
_TEXTS: Final = ("title", "role", "note", "birthday", "anniversary")
_DIGITS: Final = re.compile(r"[^0-9+*#]")
#: Octets of a photo for a device that names no limit.
_PHOTO_OCTETS: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Holding:
    """What a device holds of contacts."""

    attributes: frozenset[str]
    limits: Mapping[str, Field]  # by attribute, where it names sizes or numbers
    version: str
    quirks: Quirks
    photo_octets: int = _PHOTO_OCTETS

    def shown(self, contact: Contact) -> Contact:
        """The contact as the device is given it."""
        changed: dict[str, Any] = {}
        for name in _LISTED:
            values: Sequence[Any] = getattr(contact, name)
            if not values:
                continue
            changed[name] = tuple(self._listed(name, values)) if name in self.attributes else ()
        for name in _TEXTS:
            text: str = getattr(contact, name)
            if text:
                changed[name] = self._cut(name, text) if name in self.attributes else ""
        for name in ("name", "phonetic", "organisation"):
            if name not in self.attributes:
                changed[name] = type(getattr(contact, name))()
        if "name" not in self.attributes and "shown" not in self.attributes:
            changed["name"] = contact.name
        if not (contact.name or contact.shown):
            changed["shown"] = contact.call_name
        if contact.birthday[:4].isdigit() and contact.birthday[:4] < self.quirks.earliest_year:
            changed["birthday"] = ""
        changed["photo"] = self._photo(contact.photo)
        changed["kind"] = "individual"
        changed["revised"] = ""
        return replace(contact, **changed)

    def _listed(self, name: str, values: Iterable[Any]) -> list[Any]:
        limit = self.limits.get(name)
        listed = list(values)
        if limit is None:
            return listed
        if limit.max_occur:
            listed = listed[: limit.max_occur]
        size = limit.max_size
        if size and name in ("numbers", "mails", "urls"):
            listed = [one for one in listed if len(one.value) <= size]  # half a number is no number
        return listed

    def _cut(self, name: str, text: str) -> str:
        limit = self.limits.get(name)
        if limit is None or not limit.max_size or len(text) <= limit.max_size:
            return text
        return "" if limit.no_truncate else text[: limit.max_size].rstrip()

    def _photo(self, photo: Photo | None) -> Photo | None:
        if photo is None or "photo" not in self.attributes or not photo.data or len(photo.data) > self.photo_octets:
            return None
        return photo

    @property
    def content_type(self) -> str:
        """The type of the cards it is given."""
        return "text/x-vcard" if self.version == "2.1" else "text/vcard"

    def card(self, contact: Contact, *, with_photo: bool = True) -> bytes:
        """The card that the device is given."""
        shown = self.shown(contact if with_photo else replace(contact, photo=None))
        if "uid" not in self.attributes:
            octets = write(shown, self.version)
            return re.sub(rb"(?mi)^UID[:;][^\n]*\n", b"", octets, count=1)
        return write(shown, self.version)

    def says_all(self, came: Contact, now: Contact) -> bool:
        """Does a card of the device say all that it would be given of the contact now?"""
        wanted = self.shown(now)
        for name in _LISTED:
            if name in self.attributes:
                key = _KEYS.get(name, str)
                if {key(one) for one in getattr(wanted, name)} != {key(one) for one in getattr(came, name)}:
                    return False
        if wanted.photo is not None and came.photo is None:
            return False
        return all(
            _same(name, getattr(came, name), getattr(wanted, name))
            for name in (*_TEXTS, "name", "organisation", "photo")
            if name in self.attributes
        )

    def codec_of(self, octets: bytes) -> str | None:
        """The charset of texts that name none; None: to be recognised."""
        try:
            octets.decode()
        except UnicodeDecodeError:
            return self.quirks.codec
        return "utf-8"


def holding_of(device: Device, source: str, seen: Iterable[str] = (), wanted: str = "") -> Holding:
    """What a device holds in its address book `source`.

    `seen` are the properties that its cards had; `wanted` is the type its cards come in, for one that says nothing.
    """
    quirks = quirks_of(device)
    fields = device.fields_of(source)
    attributes = {ATTRIBUTES[one.name] for one in fields if one.name in ATTRIBUTES} or set(BASIC)
    attributes |= {ATTRIBUTES[one] for one in seen if one in ATTRIBUTES}
    if quirks.no_photo:
        attributes.discard("photo")
    limits = {}
    if not quirks.ignores_sizes:
        limits = {
            ATTRIBUTES[one.name]: one
            for one in fields
            if one.name in ATTRIBUTES and (one.max_occur > 1 or one.max_size > 1)
        }
    store = device.store(source)
    version = quirks.version or _version(store.receives if store is not None else (), wanted)
    photo_octets = _PHOTO_OCTETS
    if "photo" in limits and limits["photo"].max_size > 1024:
        photo_octets = limits["photo"].max_size * 3 // 4
    elif device.large_objects:
        photo_octets = 1 << 20
    return Holding(frozenset(attributes), limits, version, quirks, photo_octets)


def _version(receives: Sequence[Any], wanted: str) -> str:
    for one in receives:
        if one.type == "text/x-vcard" or one.version.startswith("2"):
            return "2.1"
        if one.type == "text/vcard":
            return "4.0" if one.version.startswith("4") else "3.0"
    return "3.0" if wanted.lower().startswith("text/vcard") else "2.1"


# --- given back -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A contact with what a device changed."""

    contact: Contact
    conflict: bool = False  # both sides changed the same field
    both: bool = False  # both sides changed something


def taken(holding: Holding, came: Contact, now: Contact, base: Contact | None, *, device_wins: bool = True) -> Taken:
    """The contact as it is now, with the changes of a device.

    `base` is the contact as the device last had it; None: it never had it, and nothing of either side goes away.
    `device_wins` says whose value stands where both changed a single one.
    """
    had = holding.shown(base) if base is not None else None
    changed: dict[str, Any] = {}
    conflict = False
    for name in _LISTED:
        if name in holding.attributes:
            key = _KEYS.get(name, str)
            before = getattr(had, name) if had is not None else ()
            changed[name] = _merged(getattr(now, name), before, getattr(came, name), key)
    for name in (*_TEXTS, "name", "phonetic", "organisation", "photo", "shown"):
        if name not in holding.attributes:
            continue
        mine, theirs = getattr(now, name), getattr(came, name)
        before = getattr(had, name) if had is not None else None
        if had is not None and _same(name, theirs, before):
            continue  # it changed nothing here
        if _same(name, theirs, getattr(holding.shown(now), name)):
            continue
        if had is None:
            if not theirs:
                continue
            if mine:
                conflict = True
                if not device_wins:
                    continue
        elif base is not None and mine != getattr(base, name):
            conflict = True
            if not device_wins:
                continue
        changed[name] = theirs
    if "name" in changed and "shown" not in holding.attributes:
        changed["shown"] = joined_name(changed["name"])
    elif "name" in changed and "shown" not in changed and had is not None and came.shown != had.shown:
        changed["shown"] = came.shown
    result = replace(now, **changed)
    return Taken(result, conflict, both=base is not None and now != base and result != now)


def _same(name: str, one: Any, other: Any) -> bool:
    if name == "photo":
        # A device that gives no photo back, or one of its own size, has not changed it.
        return one is None or (other is not None and one.data == other.data)
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    if isinstance(one, Name) and isinstance(other, Name):
        return joined_name(one).split() == joined_name(other).split()
    return bool(one == other)


def _merged(
    now: Sequence[Any], before: Sequence[Any], came: Sequence[Any], key: Callable[[Any], Any]
) -> tuple[Any, ...]:
    """The values now, without those the device took away, with those it added, and with types it changed."""
    had = {key(one): one for one in before}
    has = {key(one): one for one in came}
    kept = []
    for one in now:
        name = key(one)
        if name in had and name not in has:
            continue
        if name in had and name in has and _retyped(had[name], has[name]):
            kept.append(replace(one, types=has[name].types))
        else:
            kept.append(one)
    present = {key(one) for one in now}
    for name, one in has.items():
        if name not in present and (name not in had):
            kept.append(one)
    return tuple(kept)


def _retyped(had: Any, has: Any) -> bool:
    # Types that a device leaves out are those it has no name for.
    return isinstance(had, Value | Address) and not set(has.types) <= set(had.types)


def _digits(value: Value) -> str:
    return _DIGITS.sub("", value.value) or value.value


_KEYS: Final[dict[str, Callable[[Any], Any]]] = {
    "numbers": _digits,
    "mails": lambda one: one.value.lower(),
    "addresses": lambda one: tuple(" ".join(part.split()).lower() for part in one.parts),
    "urls": lambda one: one.value.rstrip("/").lower(),
    "messengers": lambda one: one.value.lower(),
    "related": lambda one: one.value,
}
