"""What the store knows of a card beside its octets: names, numbers, mail addresses, and the words it is found by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from addressbook.contact import Contact, joined_name
from addressbook.numbers import Number, read
from addressbook.pinyin import folded, sort_key, spellings
from addressbook.vcard.lines import read as read_card
from addressbook.vcard.meaning import meant

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
    members: tuple[str, ...] = ()  # of a group card: UIDs
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


def index_of(octets: bytes, region: str = "CN") -> CardIndex:
    """What is to be known of a card. Raises BadCard for what is no card."""
    card = read_card(octets)
    contact = meant(card)
    return index_of_contact(contact, card.version, region)


def index_of_contact(contact: Contact, version: str, region: str = "CN") -> CardIndex:
    """The same of a card that was read already."""
    mails = tuple(dict.fromkeys(one.value.lower() for one in contact.mails[:MAX_VALUES] if "@" in one.value))
    numbers = _numbers((one.value for one in contact.numbers[:MAX_VALUES]), region)
    name = contact.call_name
    organisation = contact.organisation.name
    names = [name, *contact.nicknames]
    if contact.name and joined_name(contact.name) != name:
        names.append(joined_name(contact.name))
    return CardIndex(
        uid=contact.uid,
        version=version,
        kind="group" if contact.is_group else "individual",
        name=name,
        sort_key=sort_key(f"{contact.phonetic.family} {contact.phonetic.given}".strip() or name),
        organisation=organisation,
        mails=mails,
        numbers=numbers,
        categories=tuple(dict.fromkeys(filter(None, contact.categories[:MAX_VALUES]))),
        members=contact.members,
        words=words_of(names, organisation, mails, numbers),
    )


def _numbers(raws: Iterable[str], region: str) -> tuple[Number, ...]:
    found: dict[str, Number] = {}
    for raw in raws:
        number = read(raw, region)
        if number.match_key:
            found.setdefault(number.number, number)
    return tuple(found.values())
