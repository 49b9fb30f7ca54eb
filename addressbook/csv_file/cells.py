"""Values of cells: what spreadsheets and hands have done to numbers, addresses and dates. Pure."""

from __future__ import annotations

import re
from typing import Final

_FORMULA_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+?(\d{1,3})", re.IGNORECASE)
_FLOAT: Final = re.compile(r"(\+?\d{5,})[.,]0{1,2}")
_MAIL: Final = re.compile(r"[^\s<>,;:\"'()\[\]@，；、（）]+@[^\s<>,;:\"'()\[\]@，；、（）]+")
_BREAKS: Final = re.compile(r"[;；、,，|\n]+|\s+/\s+|(?<=\d)/(?=\d)")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{4})(?:[ T].*)?")
_NO_YEAR: Final = re.compile(r"(?:--)?(\d{1,2})\s*[-月/]\s*(\d{1,2})\s*日?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")


def plain(cell: str) -> str:
    """A cell without what keeps a spreadsheet from reading it as a number or a formula: ="138…", '138…, '=x."""
    text = cell.strip()
    found = _FORMULA_TEXT.fullmatch(text)
    if found is not None:
        return found[1].replace('""', '"').strip()
    if text[:1] in ("'", "‘", "`") and text[1:2] in ("+", "=", "-", "@", *"0123456789"):
        return text[1:].strip()
    return text


def lost_digits(text: str) -> bool:
    """Did a spreadsheet shorten a number (1.38E+10) or hide it (#####), so that its digits are gone?"""
    found = _SCIENTIFIC.fullmatch(text)
    if found is not None:
        return int(found[1]) >= 5
    return bool(text) and set(text) == {"#"}


def numbers(text: str) -> list[str]:
    """The phone numbers of a cell, which may hold several; as they are written, without a spreadsheet's ".0"."""
    pieces = [text]
    if _BREAKS.search(text):
        parts = [part.strip() for part in _BREAKS.split(text) if part.strip()]
        if all(sum(char.isdigit() for char in part) >= 5 for part in parts):
            pieces = parts
    return [found[1] if (found := _FLOAT.fullmatch(piece)) else piece for piece in pieces]


def mails(text: str) -> list[str]:
    """The mail addresses in a cell, without the names around them."""
    return [found.rstrip(".") for found in _MAIL.findall(text)]


def date(text: str, *, day_first: bool = False) -> str:
    """A date as 1985-04-12, --04-12 without a year; "" where it is none.

    `day_first` is how 3/4/1985 is meant; 4.3.1985 has the day first anyhow.
    """
    found = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is not None:
        return _checked(int(found[1]), int(found[2]), int(found[3]))
    found = _YEAR_LAST.fullmatch(text)
    if found is not None:
        one, other, year = int(found[1]), int(found[3]), int(found[4])
        if day_first or found[2] == "." or one > 12:
            one, other = other, one
        return _checked(year, one, other)
    found = _NO_YEAR.fullmatch(text)
    if found is not None:
        return _checked(None, int(found[1]), int(found[2]))
    return ""


def _checked(year: int | None, month: int, day: int) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31 and (year is None or year >= 1)):
        return ""
    return f"--{month:02}-{day:02}" if year is None else f"{year:04}-{month:02}-{day:02}"
