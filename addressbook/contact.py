"""A contact: what a card says of a person or a group, in words that no version of vCard and no file format owns. Pure.

Everything is text as people read it, without escapes. What a card holds beside this stays in the card: a contact is a
view of it, and `addressbook.vcard.merging` writes a changed contact back without touching the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Words for what a value is for, in lower case, that the formats share; a value may have others.
HOME: Final = "home"
WORK: Final = "work"
CELL: Final = "cell"
FAX: Final = "fax"
PAGER: Final = "pager"
OTHER: Final = "other"

#: Fields of a contact that are lists of values.
MANY: Final = ("numbers", "mails", "addresses", "urls", "messengers", "related")
#: Fields that are sets of words.
WORDS: Final = ("nicknames", "categories")


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name; a Chinese name has a family and a given name too."""

    family: str = ""
    given: str = ""
    additional: str = ""
    prefix: str = ""
    suffix: str = ""

    def __bool__(self) -> bool:
        return any((self.family, self.given, self.additional, self.prefix, self.suffix))


@dataclass(frozen=True, slots=True)
class Value:
    """A number, a mail address, a web address, an account at a messenger: the value, and what it is for."""

    value: str
    types: tuple[str, ...] = ()  # lower case, in the order of the card: ("work", "cell")
    label: str = ""  # what the person calls it, where no type says it
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address."""

    po_box: str = ""
    extended: str = ""  # flat, floor
    street: str = ""
    locality: str = ""  # city
    region: str = ""  # province, state
    code: str = ""
    country: str = ""
    types: tuple[str, ...] = ()
    label: str = ""
    preferred: bool = False

    @property
    def parts(self) -> tuple[str, str, str, str, str, str, str]:
        """The seven parts in the order of a card."""
        return self.po_box, self.extended, self.street, self.locality, self.region, self.code, self.country


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company, and the departments down to the person."""

    name: str = ""
    units: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.name or self.units)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture in the card, or (uri) somewhere else."""

    data: bytes = field(default=b"", repr=False)
    media_type: str = ""  # image/jpeg, or "" where the card does not say
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """What a card says of a person or a group."""

    uid: str = ""
    kind: str = "individual"  # individual | group | org | location
    shown: str = ""  # the name as it is shown
    name: Name = Name()
    phonetic: Name = Name()  # how the name is said: pinyin, kana
    nicknames: tuple[str, ...] = ()
    organisation: Organisation = Organisation()
    title: str = ""
    role: str = ""
    numbers: tuple[Value, ...] = ()
    mails: tuple[Value, ...] = ()
    addresses: tuple[Address, ...] = ()
    urls: tuple[Value, ...] = ()
    messengers: tuple[Value, ...] = ()  # "qq:12345", "xmpp:li@x.cn"
    related: tuple[Value, ...] = ()  # people, by name or UID
    birthday: str = ""  # 1985-04-12, --04-12, or as the card says it
    anniversary: str = ""
    note: str = ""
    categories: tuple[str, ...] = ()
    members: tuple[str, ...] = ()  # of a group: UIDs
    photo: Photo | None = None
    revised: str = ""  # as the card says it

    @property
    def is_group(self) -> bool:
        """Is it a list of other contacts?"""
        return self.kind == "group"

    @property
    def call_name(self) -> str:
        """The best that can be shown for it; "" for a card that says nothing."""
        if self.shown:
            return self.shown
        name = self.name
        if name:
            return joined_name(name)
        if self.organisation:
            return self.organisation.name or self.organisation.units[0]
        first = next(iter((*self.nicknames, *(one.value for one in (*self.mails, *self.numbers)))), "")
        return first or self.title


def joined_name(name: Name) -> str:
    """The parts of a name as one: 张三, but Dr. John Q. Public Jr."""
    if is_cjk(name.family + name.given):
        return "".join((name.prefix, name.family, name.additional, name.given, name.suffix))
    parts = (name.prefix, name.given, name.additional, name.family, name.suffix)
    return " ".join(part for part in parts if part)


def is_cjk(text: str) -> bool:
    """Is it written in Chinese characters, kana or Hangul, which take no blank between the parts of a name?"""
    return bool(text) and all(char >= "\u2e80" or char in "·・ " for char in text)
