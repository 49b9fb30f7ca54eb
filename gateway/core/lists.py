"""Who must not be written to (black list), and who alone may be (white list): for the hub, a domain or an account.

A black entry refuses; a white list of a scope, when it has any entry, refuses everybody who is not on it. A white entry
does not take a black one back. Pure.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from gateway.core.errors import BadRequest
from gateway.core.phone import mask

_PATTERN: Final = re.compile(r"\+?[0-9]{1,20}\*?")
MAX_REASON: Final = 255


class ListKind(enum.StrEnum):
    """Which list."""

    BLACK = "black"
    WHITE = "white"


class Scope(enum.StrEnum):
    """For whom an entry holds."""

    HUB = "hub"
    DOMAIN = "domain"
    ACCOUNT = "account"


class Entry(NamedTuple):
    """One line of a list."""

    id: int
    kind: ListKind
    scope: Scope
    scope_id: int  # of the domain or account; 0 for the hub
    pattern: str  # a number, or its beginning with * behind
    reason: str


class Refusal(NamedTuple):
    """Why a message may not go: a word for programs, and which rule says so."""

    code: str
    rule: str


class Lists:
    """Every entry, ready to be asked: one look per length of pattern, however many entries there are."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._numbers: dict[tuple[ListKind, Scope, int], dict[str, Entry]] = {}
        self._beginnings: dict[tuple[ListKind, Scope, int], dict[str, Entry]] = {}
        self._lengths: dict[tuple[ListKind, Scope, int], tuple[int, ...]] = {}
        for entry in entries:
            place = entry.kind, entry.scope, entry.scope_id
            table = self._beginnings if entry.pattern.endswith("*") else self._numbers
            table.setdefault(place, {})[entry.pattern.rstrip("*")] = entry
        for place, beginnings in self._beginnings.items():
            self._lengths[place] = tuple(sorted({len(beginning) for beginning in beginnings}, reverse=True))
        scopes = [place[1] for place in (*self._numbers, *self._beginnings)]
        self.is_empty = not scopes
        self.needs_domain = Scope.DOMAIN in scopes

    def refusal(self, number: str, account_id: int, domain_id: int = 0) -> Refusal | None:
        """Why this number may not be written to in the name of an account; None when it may."""
        if self.is_empty:
            return None
        scopes = (Scope.HUB, 0), (Scope.DOMAIN, domain_id), (Scope.ACCOUNT, account_id)
        for scope, scope_id in scopes:
            entry = self._find((ListKind.BLACK, scope, scope_id), number)
            if entry is not None:
                return Refusal("blacklisted", _words(entry))
        for scope, scope_id in scopes:
            place = ListKind.WHITE, scope, scope_id
            if (place in self._numbers or place in self._beginnings) and self._find(place, number) is None:
                whose = scope if scope is Scope.HUB else f"{scope.value} {scope_id}"
                return Refusal("not_whitelisted", f"{mask(number)} is not on the white list of {whose}")
        return None

    def _find(self, place: tuple[ListKind, Scope, int], number: str) -> Entry | None:
        numbers = self._numbers.get(place)
        if numbers is not None and (found := numbers.get(number)) is not None:
            return found
        for length in self._lengths.get(place, ()):
            found = self._beginnings[place].get(number[:length])
            if found is not None:
                return found
        return None


def read_pattern(text: str) -> str:
    """A number or a beginning with * behind, as it is kept. Raises BadRequest."""
    plain = text.strip()
    if not _PATTERN.fullmatch(plain):
        raise BadRequest(f"pattern: {text[:32]!r} is neither a number like +8613800138000 nor a beginning like +86170*")
    return plain


def _words(entry: Entry) -> str:
    whose = entry.scope if entry.scope is Scope.HUB else f"{entry.scope.value} {entry.scope_id}"
    pattern = entry.pattern if entry.pattern.endswith("*") else mask(entry.pattern)
    reason = f": {entry.reason}" if entry.reason else ""
    return f"black list of {whose}, entry {entry.id} ({pattern}){reason}"
