"""What the store knows of a card beside its octets: names, numbers, mail addresses, and the words it is found by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from addressbook.numbers import Number, read
from addressbook.pinyin import folded, sort_key, spellings
from gateway.core.errors import BadRequest

#: Numbers, mail addresses and categories of one card that are looked at.
MAX_VALUES: Final = 100
#: Words by which one card is found, and characters of a word.
MAX_WORDS: Final = 60
MAX_WORD: Final = 64


@dataclass(frozen=True, slots=True)
class CardIndex:
    """What is kept in columns."""

    uid: str  # "" where the card has none
    version: str  # of vCard
    kind: str  # individual | group
    name: str
    sort_key: str
    organisation: str
    mails: tuple[str, ...] = ()  # lower case
    numbers: tuple[Number, ...] = ()
    categories: tuple[str, ...] = ()
    words: frozenset[str] = field(default=frozenset())


def words_of(
    names: Iterable[str], organisation: str, mails: Iterable[str], numbers: Iterable[Number]
) -> frozenset[str]:
    """The words of which one begins with what a member types to find the contact; at most MAX_WORDS.

    Names and nicknames by each of their parts, sound and initials; organisations from the front; mail addresses;
    numbers with and without their country, and by their last four digits.
    """
    found: dict[str, None] = {}

    def note(words: Iterable[str]) -> None:
        for word in words:
            if word and len(found) < MAX_WORDS:
                found[word[:MAX_WORD]] = None

    for number in numbers:
        digits = number.number.removeprefix("+")
        national = digits.removeprefix("86") if number.number.startswith("+86") else digits
        note([national, digits, national[-4:] if len(national) > 6 else ""])
    for mail in mails:
        note([folded(mail)])
    for name in names:
        note(spellings(name))
    note(spellings(organisation, later_parts=False))
    return frozenset(found)


def index_of(card: bytes, region: str = "CN") -> CardIndex:
    """What is to be known of a card. Raises BadRequest for what is no card."""
    text = re.sub(r"\r?\n[ \t]", "", card.decode("utf-8", "replace"))
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        head, colon, value = line.partition(":")
        if colon:
            values.setdefault(head.partition(";")[0].rpartition(".")[2].upper(), []).append(value.strip())
    if [value.upper() for value in values.get("BEGIN", ())] != ["VCARD"] or values.get("END") is None:
        raise BadRequest("this is no vCard, or more than one")
    mails = tuple(dict.fromkeys(mail.lower() for mail in values.get("EMAIL", ())[:MAX_VALUES] if "@" in mail))
    numbers = _numbers(values.get("TEL", ()), region)
    parts = [part for part in re.split(r"(?<!\\);", _first(values, "N")) if part]
    name = _plain(_first(values, "FN") or " ".join(parts)) or next(iter([*mails, *(one.number for one in numbers)]), "")
    kind = (_first(values, "X-ADDRESSBOOKSERVER-KIND") or _first(values, "KIND")).lower()
    organisation = _plain(_first(values, "ORG"))
    return CardIndex(
        uid=_first(values, "UID"),
        version=_first(values, "VERSION") or "3.0",
        kind="group" if kind == "group" else "individual",
        name=name,
        sort_key=sort_key(name),
        organisation=organisation,
        mails=mails,
        numbers=numbers,
        categories=tuple(_plain(one) for one in re.split(r"(?<!\\),", _first(values, "CATEGORIES")) if one),
        words=words_of([name, _plain(_first(values, "NICKNAME"))], organisation, mails, numbers),
    )


def _numbers(raws: Iterable[str], region: str) -> tuple[Number, ...]:
    found: dict[str, Number] = {}
    for raw in list(raws)[:MAX_VALUES]:
        number = read(raw, region)
        if number.match_key:
            found.setdefault(number.number, number)
    return tuple(found.values())


def _first(values: dict[str, list[str]], name: str) -> str:
    return next(iter(values.get(name, ())), "")


def _plain(value: str) -> str:
    return re.sub(r"\\([\\;,nN])", lambda m: "\n" if m[1] in "nN" else m[1], value).strip()
