"""Whose a number is: ranges given to operators, numbers that took another operator with them, country codes.

The table that comes with the hub (`numbers.csv`) names the source and the date of every line. What an operator imports
goes before it, and a ported number (携号转网) before both. Pure: lines and answers come in from outside.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from gateway.core.errors import BadRequest

COLUMNS: Final = ("prefix", "country", "operator", "kind", "source", "dated")
PORTED_COLUMNS: Final = ("number", "operator", "source", "dated")
MAX_PREFIX: Final = 16  # characters with "+"
MAX_LINE: Final = 512  # characters of a line of a file
#: Beginnings remembered with their operator; more are forgotten all at once.
MAX_REMEMBERED: Final = 65_536

_PREFIX: Final = re.compile(r"\+?[0-9]{1,15}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_DATE: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


class NumberRange(NamedTuple):
    """Numbers that begin so."""

    prefix: str  # "+86134"; service numbers without "+"
    country: str  # ISO 3166-1 alpha-2; ZZ for none
    operator: str  # cmcc, unicom, telecom, cbn …; "" where it is not known
    kind: str  # mobile, virtual, iot, satellite, service, country …
    source: str
    dated: str  # YYYY-MM-DD: of what day the source tells


class Ported(NamedTuple):
    """A number that has left the operator of its range; with operator "" it is back."""

    number: str
    operator: str
    source: str
    dated: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a number is, and who says so."""

    country: str
    operator: str
    line: NumberRange | None  # the range it belongs to; None when no line fits
    ported: bool = False
    imported: bool = False  # the line is of an import, not of the table that comes with the hub


class NumberLookup(Protocol):
    """Somebody who can be asked where a number is today (an HTTP dip into a portability database)."""

    async def look_up(self, number: str) -> Ported | None:
        """What is known of a number; None when nothing is, or nobody answered in time. Raises nothing."""


class Numbering:
    """The numbers as this process knows them; changed in place by `set_ranges` and `port`."""

    def __init__(self, ranges: Iterable[NumberRange] = ()) -> None:
        self._built_in = {line.prefix: line for line in ranges}
        self._imported: dict[str, NumberRange] = {}
        self._ported: dict[int, str] = {}
        self._names: dict[str, str] = {}  # one object per operator, however many numbers are ported to it
        self._remembered: dict[str, tuple[str, str]] = {}
        self._lengths: tuple[int, ...] = ()
        self._longest = 0
        self._measure()

    def set_ranges(self, imported: Iterable[NumberRange], built_in: Iterable[NumberRange] = ()) -> None:
        """Use these ranges before those that came with the hub; and others as those, when any are given."""
        self._built_in = {line.prefix: line for line in built_in} or self._built_in
        self._imported = {line.prefix: line for line in imported}
        self._measure()

    def port(self, numbers: Iterable[tuple[str, str]]) -> None:
        """Note (number, operator) pairs; operator "" means that the number is back at that of its range."""
        for number, operator in numbers:
            key = int(number[1:])
            if operator:
                self._ported[key] = self._names.setdefault(operator, operator)
            else:
                self._ported.pop(key, None)

    @property
    def ported_count(self) -> int:
        """How many numbers are ported."""
        return len(self._ported)

    def whose(self, number: str) -> tuple[str, str]:
        """(country, operator) of a number; "" for what is not known."""
        found = self._remembered.get(number[: self._longest])
        if found is None:
            found = self._remember(number[: self._longest])
        if self._ported and number[:1] == "+":
            operator = self._ported.get(int(number[1:]))
            if operator is not None:
                return found[0], operator
        return found

    def owner(self, number: str) -> Owner:
        """As `whose`, with the line that says it."""
        line = self._line(number)
        country, operator = self.whose(number)
        ported = bool(self._ported) and number[:1] == "+" and int(number[1:]) in self._ported
        return Owner(country, operator, line, ported, line is not None and line.prefix in self._imported)

    def _measure(self) -> None:
        prefixes = self._built_in.keys() | self._imported.keys()
        self._lengths = tuple(sorted({len(prefix) for prefix in prefixes}, reverse=True))
        self._longest = self._lengths[0] if self._lengths else 0
        self._remembered = {}

    def _line(self, number: str) -> NumberRange | None:
        for length in self._lengths:
            beginning = number[:length]
            line = self._imported.get(beginning) or self._built_in.get(beginning)
            if line is not None:
                return line
        return None

    def _remember(self, beginning: str) -> tuple[str, str]:
        line = self._line(beginning)
        found = ("", "") if line is None else (line.country, line.operator)
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered = {}
        self._remembered[beginning] = found
        return found


def read_ranges(lines: Iterable[str]) -> list[NumberRange]:
    """Ranges from CSV with a header of `COLUMNS`. Raises BadRequest naming the line."""
    found: dict[str, NumberRange] = {}
    for number, row in _rows(lines, COLUMNS):
        line = NumberRange(*(row[name] for name in COLUMNS))
        wrong = (
            "prefix" if not _PREFIX.fullmatch(line.prefix) or len(line.prefix) > MAX_PREFIX
            else "country" if not _COUNTRY.fullmatch(line.country)
            else "operator" if line.operator and not _WORD.fullmatch(line.operator)
            else "kind" if not _WORD.fullmatch(line.kind)
            else _wrong_origin(line.source, line.dated)
        )  # fmt: skip
        if wrong:
            raise BadRequest(f"line {number}: {wrong} {row[wrong][:32]!r} cannot be used")
        if line.prefix in found:
            raise BadRequest(f"line {number}: {line.prefix} stands there twice")
        found[line.prefix] = line
    return list(found.values())


def read_ported(lines: Iterable[str]) -> Iterable[Ported]:
    """Ported numbers from CSV with a header of `PORTED_COLUMNS`, one by one. Raises BadRequest naming the line."""
    for number, row in _rows(lines, PORTED_COLUMNS):
        line = Ported(*(row[name] for name in PORTED_COLUMNS))
        wrong = (
            "number" if not _NUMBER.fullmatch(line.number)
            else "operator" if line.operator and not _WORD.fullmatch(line.operator)
            else _wrong_origin(line.source, line.dated)
        )  # fmt: skip
        if wrong:
            raise BadRequest(f"line {number}: {wrong} {row[wrong][:32]!r} cannot be used")
        yield line


def header_of(line: str) -> tuple[str, ...]:
    """The names in the first line of a file."""
    return tuple(name.strip() for name in line.lstrip("\ufeff").strip()[:MAX_LINE].split(","))


def is_operator(text: str) -> bool:
    """Whether a word can name an operator."""
    return _WORD.fullmatch(text) is not None


def _wrong_origin(source: str, dated: str) -> str:
    if not 0 < len(source) <= 128 or not source.isprintable():
        return "source"
    return "" if _DATE.fullmatch(dated) else "dated"


def _rows(lines: Iterable[str], columns: tuple[str, ...]) -> Iterable[tuple[int, Mapping[str, str]]]:
    for number, text in enumerate(lines, 1):
        if number == 1:
            if header_of(text) != columns:
                raise BadRequest(f"line 1: the header must be {','.join(columns)}")
            continue
        if not text.strip():
            continue
        if len(text) > MAX_LINE:
            raise BadRequest(f"line {number}: longer than {MAX_LINE} characters")
        try:
            (values,) = csv.reader([text.rstrip("\r\n")], strict=True)
        except (csv.Error, ValueError) as error:
            raise BadRequest(f"line {number}: is no CSV: {error}") from error
        if len(values) != len(columns):
            raise BadRequest(f"line {number}: has {len(values)} columns, not {len(columns)}")
        yield number, dict(zip(columns, (value.strip() for value in values), strict=True))
