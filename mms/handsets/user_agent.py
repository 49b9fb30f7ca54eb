"""Which handset calls itself so: beginnings of names in the catalogue, looked for in a User-Agent. Pure.

A pattern is a name as it stands in a User-Agent ("SIE-S55", "iPhone OS 16*"); "*" at its end lets anything follow.
Case, hyphens and underscores make no difference; blanks, slashes and brackets part words. A pattern fits at the
beginning of a word, or behind its first hyphen ("SAMSUNG-SGH-E700" has SGH-E700 in it). A model goes before a family, a
family before a class; among families the younger one, for an old phone cannot call itself "Android 12"; then the longer
pattern.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from gateway.core.errors import BadRequest
from mms.handsets.catalogue import Entry, Level, built_in

MAX_AGENT: Final = 512  # characters that are looked at; those of phones have 20 to 250
MAX_WORDS: Final = 64
LONGEST_NAME: Final = 5  # words

_PARTS: Final = re.compile(r"[\s/;(),]+(?<![0-9],)|,(?![0-9])")
_VERSION: Final = re.compile(r"(?<=[0-9])_(?=[0-9])")
_RANK: Final = {Level.CLASS: 0, Level.FAMILY: 1, Level.MODEL: 2}
_FUTURE: Final = 10_000  # models do not compete by their years


class Recognised(NamedTuple):
    """What a User-Agent was taken for."""

    key: str
    level: Level
    pattern: str  # as it stands in the catalogue
    year: int


class AgentIndex:
    """The patterns of a catalogue, found by the beginning of a word."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Raises BadRequest when two entries have the same pattern, or one that fits everything."""
        self._exact: dict[str, Recognised] = {}
        self._open: dict[str, Recognised] = {}
        for entry in entries:
            for pattern in entry.agents:
                self._add(pattern, entry)
        self._lengths = tuple(sorted({len(beginning) for beginning in self._open}, reverse=True))
        self._starts = frozenset(name[:2] for name in (*self._exact, *self._open))

    def recognise(self, user_agent: str) -> Recognised | None:
        """The handset that calls itself so; None when no pattern fits."""
        best: Recognised | None = None
        best_rank = (-1, 0, 0)
        for name in _names(user_agent):
            if name[:2] not in self._starts:
                continue
            for length, found in self._fitting(name):
                year = _FUTURE if found.level is Level.MODEL else found.year
                rank = (_RANK[found.level], year, length)
                if rank > best_rank:
                    best, best_rank = found, rank
        return best

    def _fitting(self, name: str) -> Iterator[tuple[int, Recognised]]:
        end = len(name)
        while end > 0:
            found = self._exact.get(name[:end])
            if found is not None:
                yield end, found
                break
            end = name.rfind(" ", 0, end)
        for length in self._lengths:
            found = self._open.get(name[:length]) if length <= len(name) else None
            if found is not None:
                yield length, found

    def _add(self, pattern: str, entry: Entry) -> None:
        is_open = pattern.endswith("*")
        words = _words(pattern.removesuffix("*"))
        name = " ".join(words)
        if is_open and pattern[-2:-1] in (" ", "/"):
            name += " "
        if len(name) < 2 or len(words) > LONGEST_NAME:
            raise BadRequest(f"{entry.key}: agents: {pattern!r} is too short or has too many words")
        table = self._open if is_open else self._exact
        other = table.setdefault(name, Recognised(entry.key, entry.level, pattern, entry.year))
        if other.key != entry.key:
            raise BadRequest(f"{entry.key}: agents: {pattern!r} stands at {other.key} as well")


def device_of(user_agent: str) -> str:
    """What names the device in a User-Agent, without what an update of its software changes.

    The key of its model where it is known; else the words that are no versions.
    """
    found = recognise(user_agent)
    if found is not None and found.level is Level.MODEL:
        return found.key
    kept = [word for word in _words(user_agent) if word[0].isalpha() or (len(word) > 7 and not word.isdigit())]
    # Behind "Build" stands the software's own number.
    if "build" in kept:
        at = kept.index("build")
        kept = kept[:at] + kept[at + 2 :]
    return " ".join(kept)[:128]


def _words(text: str) -> list[str]:
    parts = (part for part in _PARTS.split(text[:MAX_AGENT].lower()) if part)
    return [word for part in list(parts)[:MAX_WORDS] if (word := _squeezed(part))]


def _squeezed(word: str) -> str:
    return _VERSION.sub(".", word).replace("-", "").replace("_", "")


def _names(user_agent: str) -> Iterator[str]:
    """Every place where a name may begin, with as many words as the longest has."""
    parts = [part for part in _PARTS.split(user_agent[:MAX_AGENT].lower()) if part][:MAX_WORDS]
    words = [_squeezed(part) for part in parts]
    for place, part in enumerate(parts):
        following = words[place + 1 : place + LONGEST_NAME]
        if words[place]:
            yield " ".join((words[place], *following))
        behind = _squeezed(part.partition("-")[2])
        if behind:
            yield " ".join((behind, *following))


@functools.cache
def _built_in_index() -> AgentIndex:
    return AgentIndex(built_in().entries.values())


def recognise(user_agent: str) -> Recognised | None:
    """The handset of the catalogue that calls itself so; None when it is not known."""
    return _built_in_index().recognise(user_agent)
