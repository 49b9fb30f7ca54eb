"""What the store knows of a card beside its octets: names, numbers, mail addresses, and the words it is found by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.core.errors import BadRequest
from gateway.core.phone import is_mobile, normalise

_MAX_VALUES = 100
_MATCH_DIGITS = 9


@dataclass(frozen=True, slots=True)
class IndexedNumber:
    """A phone number of a card: one spelling, what it is found by, and whether it takes SMS."""

    number: str
    match_key: str
    mobile: bool


@dataclass(frozen=True, slots=True)
class CardIndex:
    """What is kept in columns."""

    uid: str  # "" where the card has none
    version: str
    kind: str  # individual | group
    name: str
    sort_key: str
    organisation: str
    mails: tuple[str, ...] = ()  # lower case
    numbers: tuple[IndexedNumber, ...] = ()
    categories: tuple[str, ...] = ()
    words: frozenset[str] = field(default=frozenset())


def index_of(card: bytes, region: str = "CN") -> CardIndex:
    """What is to be known of a card. Raises BadRequest for what is no card."""
    text = re.sub(r"\r?\n[ \t]", "", card.decode("utf-8", "replace"))
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        head, colon, value = line.partition(":")
        if colon:
            found.setdefault(head.partition(";")[0].rpartition(".")[2].upper(), []).append(value.strip())
    if [value.upper() for value in found.get("BEGIN", ())] != ["VCARD"] or found.get("END") is None:
        raise BadRequest("this is no vCard, or more than one")
    mails = tuple(dict.fromkeys(mail.lower() for mail in found.get("EMAIL", ())[:_MAX_VALUES] if "@" in mail))
    numbers = tuple(dict.fromkeys(filter(None, (normalise(raw, region) for raw in found.get("TEL", ())[:_MAX_VALUES]))))
    parts = [part for part in re.split(r"(?<!\\);", _first(found, "N")) if part]
    name = _plain(_first(found, "FN") or " ".join(parts)) or next(iter([*mails, *numbers]), "")
    kind = (_first(found, "X-ADDRESSBOOKSERVER-KIND") or _first(found, "KIND")).lower()
    return CardIndex(
        uid=_first(found, "UID"),
        version=_first(found, "VERSION") or "3.0",
        kind="group" if kind == "group" else "individual",
        name=name,
        sort_key=name.lower(),
        organisation=_plain(_first(found, "ORG")),
        mails=mails,
        numbers=tuple(IndexedNumber(n, match_key(n), is_mobile(n)) for n in numbers),
        categories=tuple(_plain(one) for one in re.split(r"(?<!\\),", _first(found, "CATEGORIES")) if one),
        words=frozenset([name.lower()]) if name else frozenset(),
    )


def match_key(number: str) -> str:
    """The last nine digits of a number: the same however its country and area were written."""
    return number.lstrip("+")[-_MATCH_DIGITS:]


def _first(found: dict[str, list[str]], name: str) -> str:
    return next(iter(found.get(name, ())), "")


def _plain(value: str) -> str:
    return re.sub(r"\\([\\;,nN])", lambda m: "\n" if m[1] in "nN" else m[1], value).strip()
