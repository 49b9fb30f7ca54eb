"""The records of an LDIF text: lines unfolded, Base64 undone, each with the line it begins on. Pure, never raises."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

#: Attributes of one record: a group of a directory may have many members.
MAX_ATTRIBUTES: Final = 20_000
#: Characters of one value: a photo in Base64.
MAX_VALUE: Final = 3 << 20
_ATTRIBUTE: Final = re.compile(r"([A-Za-z][A-Za-z0-9.-]*)(?:;[A-Za-z0-9;-]*)?:(:|<)? *(.*)", re.DOTALL)


@dataclass(slots=True)
class Record:
    """An entry of a directory, or (error) why there is none."""

    line: int  # from 1
    dn: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)  # by attribute, lower case, without options
    photo: bytes = b""
    error: str = ""

    def first(self, name: str) -> str:
        """The first value of an attribute; "" without one."""
        return next(iter(self.values.get(name, ())), "")


def is_ldif(text: str) -> bool:
    """Does a text begin as LDIF does?"""
    for line in text[: 1 << 16].splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if re.match(r"version: *\d+ *$", line, re.IGNORECASE):
            continue
        return re.match(r"dn::? *\S|dn:: *$", line, re.IGNORECASE) is not None
    return False


def records(text: str) -> Iterator[Record]:
    """The records of a text in their order."""
    record: Record | None = None
    count = 0
    for line, logical in _logical(text):
        if not logical:
            if record is not None:
                yield _whole(record)
            record = None
            continue
        if record is None:
            if re.fullmatch(r"version: *\d+ *", logical, re.IGNORECASE):
                continue
            record, count = Record(line), 0
        count += 1
        if not record.error:
            record.error = _take(record, logical, line, count)
    if record is not None:
        yield _whole(record)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with what was folded behind them, without comments; "" between records."""
    start, pieces, size = 0, [""], 0
    is_comment = False
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if line[:1] == " " and (pieces[0] or is_comment):
            if not is_comment and size < MAX_VALUE:
                pieces.append(line[1:])
                size += len(line)
            continue
        if pieces[0]:
            yield start, "".join(pieces)
        start, pieces, size = number, [""], 0
        is_comment = line.startswith("#")
        if is_comment:
            continue
        if not line.strip():
            yield number, ""
            continue
        pieces, size = [line], len(line)
    if pieces[0]:
        yield start, "".join(pieces)


def _take(record: Record, logical: str, line: int, count: int) -> str:
    """Put an attribute into its record; returns what is wrong with it."""
    found = _ATTRIBUTE.fullmatch(logical)
    if found is None:
        return f"line {line} is no attribute: {logical[:40]}"
    if count > MAX_ATTRIBUTES:
        return f"a record of more than {MAX_ATTRIBUTES} attributes"
    name, kind, value = found[1].lower(), found[2], found[3]
    if kind == "<":
        return ""  # somewhere else, on the disk of who wrote it
    if kind == ":":
        try:
            octets = binascii.a2b_base64(value.strip(), strict_mode=True)
        except ValueError:
            return f"line {line}: {name} is no Base64"
        if name in ("jpegphoto", "photo", "thumbnailphoto"):
            record.photo = record.photo or octets
            return ""
        value = octets.decode("utf-8", "replace")
    if name == "dn":
        record.dn = value.strip()
    elif value.strip():
        record.values.setdefault(name, []).append(value.strip())
    return ""


def _whole(record: Record) -> Record:
    change = record.first("changetype").lower()
    if change not in ("", "add"):
        record.error = f"a change to a directory ({change[:20]}), no contact"
    elif not record.error and not record.dn:
        record.error = "a record without dn"
    return record
