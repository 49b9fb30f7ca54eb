"""Which charset a file of contacts is in; programs that export them seldom say. Pure, never raises.

Order: a byte order mark, UTF-16 without one, valid UTF-8, then the likelier of GB18030, Big5, Shift JIS and
Windows-1252 by which of them would make common characters of the octets.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

#: Octets that are weighed: enough of a file for the count to be clear.
_SAMPLE: Final = 1 << 18
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIGH: Final = re.compile(rb"[\x80-\xff]")
# Where each charset keeps its common characters: level 1 of GB 2312 and of Big5; kana and the first kanji. Four octets
# that look like a character of GB18030 are hardly anything else.
_GB_COMMON: Final = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\x81-\xfe][0-9][\x81-\xfe][0-9]")
_GB_PAIR: Final = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x81-\xfe][0-9][\x81-\xfe][0-9]")
_BIG5_COMMON: Final = re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")
_BIG5_PAIR: Final = re.compile(rb"[\x81-\xfe][\x40-\x7e\xa1-\xfe]")
_JIS_COMMON: Final = re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|[\x88-\x97][\x40-\xfc]")
_JIS_PAIR: Final = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]")
_LATIN_COMMON: Final = re.compile(rb"(?<![\x80-\xff])[\xc0-\xd6\xd8-\xf6\xf8-\xff](?![\x80-\xff])")


def recognised(octets: bytes) -> str:
    """The codec of a file, by its name in Python."""
    for mark, codec in _MARKS:
        if octets.startswith(mark):
            return codec
    wide = _utf16_without_mark(octets[:_SAMPLE])
    if wide is not None:
        return wide
    if octets.isascii():
        return "utf-8"
    try:
        octets.decode()
        return "utf-8"
    except UnicodeDecodeError as error:
        # One octet of another charset in much good UTF-8 is damage, not another charset.
        rest = len(_HIGH.findall(octets[error.start : error.start + 64])) if error.start else 0
        before = len(_HIGH.findall(octets[: error.start]))
        if before > 60 and rest < before:
            return "utf-8"
    return _likelier(octets[:_SAMPLE])


def decoded(octets: bytes, codec: str | None = None) -> str:
    """The text of a file without its byte order mark and NULs; what is no character there becomes U+FFFD."""
    text = octets.decode(codec or recognised(octets), "replace")
    return text.removeprefix("\ufeff").replace("\0", "")


def _utf16_without_mark(octets: bytes) -> str | None:
    """UTF-16, if much of the text is ASCII, each with its NUL."""
    if len(octets) < 4 or b"\0" not in octets:
        return None
    pairs = len(octets) // 2
    if octets[1::2].count(0) > pairs * 0.4:
        return "utf-16-le"
    if octets[::2].count(0) > pairs * 0.4:
        return "utf-16-be"
    return None


def _likelier(octets: bytes) -> str:
    shares = (
        ("gb18030", _share(octets, _GB_PAIR, _GB_COMMON)),
        ("big5hkscs", _share(octets, _BIG5_PAIR, _BIG5_COMMON)),
        ("cp932", _share(octets, _JIS_PAIR, _JIS_COMMON)),
        ("cp1252", len(_LATIN_COMMON.findall(octets)) / max(1, len(_HIGH.findall(octets)))),
    )
    codec, share = max(shares, key=lambda one: one[1])  # of equals the first
    return codec if share > 0 else "gb18030"


def _share(octets: bytes, pair: re.Pattern[bytes], common: re.Pattern[bytes]) -> float:
    """Of the octets above ASCII, how many are common characters when read in pairs."""
    good = all_of_them = 0
    at = 0
    while (found := _HIGH.search(octets, at)) is not None:
        at = found.start()
        all_of_them += 1
        read = pair.match(octets, at)
        if read is None:
            at += 1
            good -= 1  # no character there at all: hardly this charset
            continue
        good += common.match(octets, at) is not None
        at = read.end()
    return good / max(1, all_of_them)
