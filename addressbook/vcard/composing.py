"""A contact as the properties of a card. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from addressbook.contact import Address, Contact, Name, Photo, Value
from addressbook.vcard.lines import Property
from addressbook.vcard.meaning import NO_YEAR
from addressbook.vcard.names import MESSENGER_NAMES
from addressbook.vcard.text import escaped, structured
from addressbook.vcard.written import card_octets

VERSIONS: Final = ("2.1", "3.0", "4.0")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DATE: Final = re.compile(r"(\d{4}|--)-?(\d{2})-(\d{2})")
_TYPE: Final = re.compile(r"[A-Za-z0-9-]+")


def write(contact: Contact, version: str = "3.0") -> bytes:
    """A new card of a contact in vCard 2.1, 3.0 or 4.0; a UID is made of what it says if it has none."""
    if not contact.uid:
        contact = replace(contact, uid=made_uid(contact))
    return card_octets(version, properties_of(contact, version))


def properties_of(contact: Contact, version: str) -> list[Property]:
    """What a contact says as properties of a version; values with a label get the groups item1, item2 …"""
    composer = Composer(version)
    for attribute in ORDER:
        composer.add(contact, attribute)
    return composer.properties


#: In which order a card says it.
ORDER: Final = (
    "uid", "kind", "shown", "name", "phonetic", "nicknames", "organisation", "title", "role", "numbers", "mails",
    "addresses", "urls", "messengers", "related", "birthday", "anniversary", "note", "categories", "members", "photo",
    "revised",
)  # fmt: skip


class Composer:
    """Gathers properties; knows which groups are taken."""

    def __init__(self, version: str, taken: Iterable[str] = ()) -> None:
        self.version = version
        self.properties: list[Property] = []
        self._taken = {group.lower() for group in taken}

    def add(self, contact: Contact, attribute: str) -> None:
        """The properties that say this attribute of the contact; FN and N are said even where they are empty."""
        value = getattr(contact, attribute)
        match attribute:
            case "shown":
                self._put("FN", escaped(contact.call_name))
            case "name" if value or not self._is_new:
                self._put("N", structured(_name_parts(value or _stand_in(contact))))
            case "uid" if value:
                self._put("UID", escaped(f"urn:uuid:{value}" if self._is_new and _UUID.fullmatch(value) else value))
            case "kind" if value and value != "individual":
                self._put("KIND" if self._is_new else "X-ADDRESSBOOKSERVER-KIND", escaped(value))
            case "phonetic" if value:
                self._phonetic(value)
            case "nicknames" if value:
                self._put("NICKNAME", structured(value, ","))
            case "organisation" if value:
                self._put("ORG", structured((value.name, *value.units)))
            case "title" | "role" | "note" if value:
                self._put(attribute.upper(), escaped(value))
            case "numbers" | "mails" | "urls" | "messengers" | "related" | "addresses":
                for one in value:
                    self.add_value(attribute, one)
            case "birthday" if value:
                self._date("BDAY", value)
            case "anniversary" if value:
                self._date("ANNIVERSARY" if self._is_new else "X-ANNIVERSARY", value)
            case "categories" if value:
                self._put("CATEGORIES", structured(value, ","))
            case "members":
                name = "MEMBER" if self._is_new else "X-ADDRESSBOOKSERVER-MEMBER"
                for one in value:
                    self._put(name, escaped(one if ":" in one else f"urn:uuid:{one}"))
            case "photo" if value is not None:
                self._photo(value)
            case "revised" if value:
                self._put("REV", escaped(value))
            case _:
                pass

    def add_value(self, attribute: str, one: Value | Address) -> None:
        """The property that says this value of an attribute that has many."""
        if isinstance(one, Address):
            found = Property("ADR", structured(one.parts))
        else:
            match attribute:
                case "numbers":
                    found = Property("TEL", escaped(one.value))
                case "mails":
                    found = Property("EMAIL", escaped(one.value))
                case "urls":  # whose value is no text: its commas and semicolons are its own
                    found = Property("URL", one.value.replace("\\", "\\\\"))
                case "messengers":
                    found = self._messenger(one.value)
                case _:
                    found = self._related(one.value)
        types = self._types(found.name, one.types, preferred=one.preferred)
        self.labelled(replace(found, types=types), one.label)

    def _messenger(self, account: str) -> Property:
        # IMPP is of RFC 4770 and younger than 2.1, where phones know an X- name for each messenger.
        service, colon, rest = account.partition(":")
        name = MESSENGER_NAMES.get(service) if colon and self.version == "2.1" else None
        return Property(name or "IMPP", escaped(rest if name else account))

    def _related(self, who: str) -> Property:
        if not self._is_new:
            return Property("X-ABRELATEDNAMES", escaped(who))
        if _UUID.fullmatch(who):
            return Property("RELATED", f"urn:uuid:{who}")
        return Property("RELATED", escaped(who), params=() if ":" in who else (("VALUE", "text"),))

    @property
    def _is_new(self) -> bool:
        return self.version == "4.0"

    def _put(self, name: str, value: str, params: tuple[tuple[str, str], ...] = ()) -> None:
        self.properties.append(Property(name, value, params=params))

    def labelled(self, one: Property, label: str) -> None:
        """Add a property, and the label a person gave it, in a group of their own."""
        if not label:
            self.properties.append(one)
            return
        number = 1
        while f"item{number}" in self._taken:
            number += 1
        group = f"item{number}"
        self._taken.add(group)
        self.properties += [replace(one, group=group), Property("X-ABLABEL", escaped(label), group=group)]

    def _types(self, name: str, types: tuple[str, ...], *, preferred: bool) -> tuple[str, ...]:
        kept = [kind for kind in dict.fromkeys(map(str.lower, types)) if _TYPE.fullmatch(kind)]
        if name == "EMAIL" and not self._is_new and "x400" not in kept:
            kept.insert(0, "internet")
        if name == "TEL" and not self._is_new and not set(kept) - {"home", "work", "other", "pref"}:
            kept.append("voice")
        return tuple([*kept, "pref"] if preferred else kept)

    def _phonetic(self, name: Name) -> None:
        for key, value in (("FIRST", name.given), ("MIDDLE", name.additional), ("LAST", name.family)):
            if value:
                self._put(f"X-PHONETIC-{key}-NAME", escaped(value))

    def _date(self, name: str, value: str) -> None:
        if self._is_new:
            self._put(name, escaped(_basic(value)))
        elif value.startswith("--") and len(value) == 7:
            self._put(name, f"{NO_YEAR}{value[1:]}", (("X-APPLE-OMIT-YEAR", NO_YEAR),))
        else:
            self._put(name, escaped(value))

    def _photo(self, photo: Photo) -> None:
        if photo.data:
            self.properties.append(Property("PHOTO", data=photo.data, media_type=photo.media_type))
        elif photo.uri:
            value = photo.uri if self._is_new else escaped(photo.uri)
            params = () if self._is_new else (("VALUE", "URL" if self.version == "2.1" else "uri"),)
            self.properties.append(Property("PHOTO", value, params=params))


def _basic(value: str) -> str:
    """A date as 4.0 writes it: 19850412, --0412; other text as it is."""
    found = _DATE.fullmatch(value)
    return f"{found[1]}{found[2]}{found[3]}" if found else value


def _name_parts(name: Name) -> tuple[str, str, str, str, str]:
    return name.family, name.given, name.additional, name.prefix, name.suffix


def _stand_in(contact: Contact) -> Name:
    """A name for who has none: phones that show N and not FN would show nothing."""
    if contact.is_group:
        return Name(family=contact.call_name)
    return Name(given=contact.call_name)


def made_uid(contact: Contact) -> str:
    """A UID for who has none: the same words make the same one, so that a file that comes twice is known."""
    return hashlib.sha256(repr(contact).encode()).hexdigest()[:32]
