"""Who of a file is known already, and why we think so. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from addressbook.contact import Contact
from addressbook.numbers import read
from addressbook.pinyin import folded

#: Values of one contact by which it is looked for.
_MAX_VALUES: Final = 50


class Reason(StrEnum):
    """Why two contacts are taken for one person; or (maybe) might be."""

    UID = "uid"
    NAME_AND_NUMBER = "name and number"
    NAME_AND_MAIL = "name and mail address"
    NUMBER = "number"  # one of them has no name
    MAIL = "mail address"  # the same
    GROUP = "name of the group"
    MAYBE_NUMBER = "number of somebody of another name"
    MAYBE_MAIL = "mail address of somebody of another name"

    @property
    def is_sure(self) -> bool:
        """Is it enough to take them for one?"""
        return self not in (Reason.MAYBE_NUMBER, Reason.MAYBE_MAIL)


@dataclass(frozen=True, slots=True)
class Keys:
    """By what somebody is known."""

    uid: str
    name: str  # "" for who is called by a number or a mail address
    mails: tuple[str, ...] = ()  # lower case
    numbers: tuple[str, ...] = ()  # as `addressbook.numbers` writes them
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who is, or (reason) may be, the same."""

    who: int
    reason: Reason


def keys_of(contact: Contact, region: str = "CN") -> Keys:
    """By what a contact is known; `region` is where its numbers are dialled from."""
    mails = tuple(dict.fromkeys(one.value.lower() for one in contact.mails[:_MAX_VALUES]))
    numbers = (read(one.value, region) for one in contact.numbers[:_MAX_VALUES])
    found = tuple(dict.fromkeys(one.number for one in numbers if one.match_key))
    raw = {one.value.lower() for one in (*contact.mails, *contact.numbers)}
    name = contact.call_name
    key = "" if name.strip().lower() in raw else folded(name).replace(" ", "")
    return Keys(contact.uid, key, mails, found, contact.is_group)


@dataclass(slots=True)
class Known:
    """People, to be found by what others have in common with them."""

    _exact: dict[int, int] = field(default_factory=dict)  # hash of what is compared -> who
    _loose: dict[int, int] = field(default_factory=dict)

    def add(self, who: int, keys: Keys) -> None:
        """Know somebody; who came first is found first."""
        if keys.uid:
            self._exact.setdefault(hash(("uid", keys.uid)), who)
        if keys.is_group:
            self._exact.setdefault(hash(("group", keys.name)), who)
            return
        for kind, values in (("mail", keys.mails), ("number", keys.numbers)):
            for value in values:
                self._exact.setdefault(hash((kind, value, keys.name)), who)
                self._loose.setdefault(hash((kind, value)), who)

    def find(self, keys: Keys) -> Match | None:
        """Who is the same, or else who may be."""
        if keys.uid and (who := self._exact.get(hash(("uid", keys.uid)))) is not None:
            return Match(who, Reason.UID)
        if keys.is_group:
            who = self._exact.get(hash(("group", keys.name)))
            return None if who is None else Match(who, Reason.GROUP)
        values = [*(("number", one) for one in keys.numbers), *(("mail", one) for one in keys.mails)]
        for kind, value in values:
            if (who := self._exact.get(hash((kind, value, keys.name)))) is not None:
                if not keys.name:
                    return Match(who, Reason.NUMBER if kind == "number" else Reason.MAIL)
                return Match(who, Reason.NAME_AND_NUMBER if kind == "number" else Reason.NAME_AND_MAIL)
        for kind, value in values:
            who = self._exact.get(hash((kind, value, ""))) if keys.name else self._loose.get(hash((kind, value)))
            if who is not None:
                return Match(who, Reason.NUMBER if kind == "number" else Reason.MAIL)
        for kind, value in values:
            if (who := self._loose.get(hash((kind, value)))) is not None:
                return Match(who, Reason.MAYBE_NUMBER if kind == "number" else Reason.MAYBE_MAIL)
        return None
