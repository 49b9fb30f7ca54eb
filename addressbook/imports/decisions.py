"""What is to be done with each entry of a file, in the light of who is known. Pure.

A slice of a file is decided at once, so that the store is asked once and written once for all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from addressbook.contact import Contact
from addressbook.imports.sameness import Known, keys_of
from addressbook.imports.source import Aside, Entry
from addressbook.joining import joined
from addressbook.vcard.merging import merged
from gateway.core.errors import BadRequest


class Doubles(StrEnum):
    """What becomes of who is known already."""

    SKIP = "skip"
    MERGE = "merge"
    REPLACE = "replace"
    ADD = "add"  # beside the one that is known


class Outcome(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    SKIPPED = "skipped"
    MERGED = "merged"
    REPLACED = "replaced"
    SAME = "same"  # nothing in it is new
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Kept:
    """Somebody of the book whom entries of a slice may be."""

    href: str
    contact: Contact  # what its card says
    card: bytes


@dataclass(slots=True)
class Write:
    """A card to be written."""

    href: str | None  # None: a new one
    card: bytes
    contact: Contact
    line: int
    outcome: Outcome


@dataclass(slots=True)
class Decided:
    """What is to be done with a slice."""

    writes: list[Write] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)  # of entries that are not written
    maybe: int = 0  # added although somebody of another name has the same number or mail address
    asides: list[Aside] = field(default_factory=list)


def decide(
    entries: Iterable[Entry | Aside],
    book: Mapping[int, Kept],
    rule: Doubles,
    new_uid: Callable[[], str],
    region: str = "CN",
) -> Decided:
    """Decide on a slice; `book` are those of the book, by id, whom its entries may be."""
    decided = Decided()
    known = Known()
    for who, kept in book.items():
        known.add(who, keys_of(kept.contact, region))
    written: dict[int, Write] = {}  # whom this slice writes: of the book by their ids, new ones by what is below 0
    for entry in entries:
        if isinstance(entry, Aside):
            decided.asides.append(entry)
            continue
        keys = keys_of(entry.contact, region)
        match = known.find(keys)
        if match is None or not match.reason.is_sure or rule is Doubles.ADD:
            if match is not None and match.reason == "uid":
                fresh = replace(entry.contact, uid=new_uid())
                entry = replace(entry, contact=fresh, card=merged(entry.card, fresh))
            who = -1 - len(written)
            decided.maybe += match is not None and not match.reason.is_sure
            written[who] = Write(None, entry.card, entry.contact, entry.line, Outcome.ADDED)
            known.add(who, keys)
            continue
        if rule is Doubles.SKIP:
            decided.outcomes[Outcome.SKIPPED] += 1
            continue
        there = written.get(match.who) or book[match.who]
        contact = _combined(there.contact, entry.contact, rule, region)
        if contact == there.contact:
            decided.outcomes[Outcome.SAME] += 1
            continue
        try:
            card = merged(there.card if rule is Doubles.MERGE else entry.card, contact)
        except BadRequest as error:
            decided.asides.append(Aside(entry.line, f"it cannot be put together with who is there: {error}", ""))
            continue
        if isinstance(there, Write):
            there.card, there.contact = card, contact
            decided.outcomes[_OUTCOMES[rule]] += 1
        else:
            written[match.who] = Write(there.href, card, contact, entry.line, _OUTCOMES[rule])
    decided.writes = list(written.values())
    return decided


_OUTCOMES = {Doubles.MERGE: Outcome.MERGED, Doubles.REPLACE: Outcome.REPLACED}


def _combined(old: Contact, new: Contact, rule: Doubles, region: str) -> Contact:
    if rule is Doubles.MERGE:
        return joined(old, new, region)
    new = replace(new, uid=old.uid or new.uid)
    return old if replace(new, revised=old.revised) == old else new


def wanted(entries: Sequence[Entry | Aside], region: str = "CN") -> tuple[set[str], set[str], set[str], set[str]]:
    """By what the book is to be asked for the people of a slice: UIDs, mail addresses, numbers, names of groups."""
    uids: set[str] = set()
    mails: set[str] = set()
    numbers: set[str] = set()
    groups: set[str] = set()
    for entry in entries:
        if isinstance(entry, Entry):
            keys = keys_of(entry.contact, region)
            uids.add(keys.uid)
            mails.update(keys.mails)
            numbers.update(keys.numbers)
            if keys.is_group:
                groups.add(entry.contact.call_name)
    return uids, mails, numbers, groups
