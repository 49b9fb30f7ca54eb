"""Contacts that may be one person, with the reasons. Pure.

A number or a mail address that two cards share says much; a name alone says little: there are many 张伟. What is shared
by many (the line of a company) says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from addressbook.contact import is_cjk
from addressbook.pinyin import folded

#: Contacts that may share a number or a mail address and still be told as one person.
MAX_SHARED: Final = 5
#: Contacts of one cluster.
MAX_CLUSTER: Final = 20
_NOT_NAME: Final = re.compile(r"[\s,.，。、·・'\"()（）_-]+")
#: Words that people put behind a name in one card and not in the other.
_TITLES: Final = re.compile(r"(先生|女士|小姐|老师|经理|总|同学|师傅)$")


class Reason(StrEnum):
    """Why two contacts may be one person."""

    NUMBER = "number"
    MAIL = "mail"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is looked at of a contact."""

    id: int
    name: str
    organisation: str = ""
    is_group: bool = False
    mobiles: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two contacts that may be one person."""

    first: int
    second: int
    reasons: tuple[tuple[Reason, str], ...]  # with what they share
    certain: bool  # True: can be merged without asking


@dataclass(frozen=True, slots=True)
class Cluster:
    """Contacts that may all be one person."""

    ids: tuple[int, ...]
    likenesses: tuple[Likeness, ...]

    @property
    def certain(self) -> bool:
        """Can they be merged without asking?"""
        joined = {one for like in self.likenesses if like.certain for one in (like.first, like.second)}
        return joined == set(self.ids)


def likeness(one: Facts, other: Facts) -> Likeness | None:
    """Why two contacts may be one person; None where nothing says so."""
    if one.is_group != other.is_group:
        return None
    same_name = is_same_name(one.name, other.name)
    reasons: list[tuple[Reason, str]] = [(Reason.NUMBER, number) for number in sorted(one.mobiles & other.mobiles)]
    reasons += [(Reason.MAIL, mail) for mail in sorted(one.mails & other.mails)]
    shared = bool(reasons)
    if same_name:
        reasons.append((Reason.NAME, one.name))
    elif not shared:
        return None
    elif not (_is_part(one.name, other.name) or _is_value(one) or _is_value(other)):
        return Likeness(one.id, other.id, tuple(reasons), certain=False)
    if not shared and not one.is_group and _contradict(one, other):
        return None
    return Likeness(one.id, other.id, tuple(reasons), certain=shared)


def clusters(facts: Iterable[Facts], apart: Iterable[tuple[int, int]] = ()) -> list[Cluster]:
    """The likenesses among contacts, those that hang together as one; pairs of `apart` are two people.

    Costs about as much as there are contacts: only those that share a value or a name are compared.
    """
    known = {one.id: one for one in facts}
    sharing: dict[tuple[str, str], list[int]] = {}
    for one in known.values():
        keys = [("number", number) for number in one.mobiles] + [("mail", mail) for mail in one.mails]
        for key in [*keys, ("name", name_key(one.name))]:
            if key[1]:
                sharing.setdefault(key, []).append(one.id)
    separate = {(min(pair), max(pair)) for pair in apart}
    found: dict[tuple[int, int], Likeness] = {}
    for ids in sharing.values():
        if not 1 < len(ids) <= MAX_SHARED:
            continue
        for place, first in enumerate(ids):
            for second in ids[place + 1 :]:
                pair = (min(first, second), max(first, second))
                if pair in found or pair in separate:
                    continue
                if (like := likeness(known[pair[0]], known[pair[1]])) is not None:
                    found[pair] = like
    return _joined(found)


def _joined(found: dict[tuple[int, int], Likeness]) -> list[Cluster]:
    root: dict[int, int] = {}
    size: dict[int, int] = {}

    def top(one: int) -> int:
        while root.setdefault(one, one) != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for first, second in sorted(found, key=lambda pair: (not found[pair].certain, pair)):
        a, b = top(first), top(second)
        if a != b and size.get(a, 1) + size.get(b, 1) <= MAX_CLUSTER:
            root[b] = a
            size[a] = size.get(a, 1) + size.get(b, 1)
    members: dict[int, set[int]] = {}
    likes: dict[int, list[Likeness]] = {}
    for (first, second), like in sorted(found.items()):
        if top(first) == top(second):
            members.setdefault(top(first), set()).update((first, second))
            likes.setdefault(top(first), []).append(like)
    told = [Cluster(tuple(sorted(ids)), tuple(likes[at])) for at, ids in members.items()]
    return sorted(told, key=lambda cluster: (not cluster.certain, cluster.ids))


def name_key(name: str) -> str:
    """A name by which the same one is found however it is written: case, width, points, order of parts."""
    text = folded(name)
    parts = [part for part in _NOT_NAME.split(text) if part]
    if is_cjk("".join(parts)):
        parts = ["".join(parts)]
    if len(parts) == 1:
        return _TITLES.sub("", parts[0]) if len(parts[0]) > 2 else parts[0]
    return " ".join(sorted(parts))


def is_same_name(one: str, other: str) -> bool:
    """Are two names the same, however they are written?"""
    return bool(name_key(one)) and name_key(one) == name_key(other)


def _is_part(one: str, other: str) -> bool:
    """Is one name what is left of the other: 张三 and 张三(公司), Li and Li Ming?"""
    a, b = name_key(one), name_key(other)
    return len(a) > 1 and len(b) > 1 and (a in b or b in a)


def _is_value(one: Facts) -> bool:
    """Is its name no name but its number or mail address?"""
    name = one.name.strip().lower()
    digits = "".join(char for char in name if char.isdigit())
    return not name or name in one.mails or (len(digits) >= 7 and any(digits in number for number in one.mobiles))


def _contradict(one: Facts, other: Facts) -> bool:
    """Do two of one name both have numbers, or both have addresses, and none in common?"""
    if one.organisation and other.organisation and folded(one.organisation) != folded(other.organisation):
        return True
    both = (one.mobiles and other.mobiles) or (one.mails and other.mails)
    return bool(both) and not (one.organisation and folded(one.organisation) == folded(other.organisation))
