"""Character sets: their numbers (IANA MIBenum), and what a text says whatever its label claims.

Labels lie. Old phones send UTF-16 as "UCS-2" in either order of octets, Chinese ones send GBK under the label of
Latin-1 or none, some gateways write UTF-8 into everything. `read_text` weighs the label against the octets and says
what it took and why.
"""

from __future__ import annotations

import codecs
import enum
import re
from typing import Final, NamedTuple

#: Names as IANA prefers them for MIME, in lower case, by MIBenum.
NAMES: Final = {
    3: "us-ascii",
    4: "iso-8859-1",
    5: "iso-8859-2",
    6: "iso-8859-3",
    7: "iso-8859-4",
    8: "iso-8859-5",
    9: "iso-8859-6",
    10: "iso-8859-7",
    11: "iso-8859-8",
    12: "iso-8859-9",
    13: "iso-8859-10",
    17: "shift_jis",
    18: "euc-jp",
    37: "iso-2022-kr",
    38: "euc-kr",
    39: "iso-2022-jp",
    106: "utf-8",
    109: "iso-8859-13",
    110: "iso-8859-14",
    111: "iso-8859-15",
    112: "iso-8859-16",
    113: "gbk",
    114: "gb18030",
    1000: "iso-10646-ucs-2",
    1013: "utf-16be",
    1014: "utf-16le",
    1015: "utf-16",
    1017: "utf-32",
    2025: "gb2312",
    2026: "big5",
    2084: "koi8-r",
    2085: "hz-gb-2312",
    2088: "koi8-u",
    2101: "big5-hkscs",
    2109: "windows-874",
    2250: "windows-1250",
    2251: "windows-1251",
    2252: "windows-1252",
    2253: "windows-1253",
    2254: "windows-1254",
    2255: "windows-1255",
    2256: "windows-1256",
    2257: "windows-1257",
    2258: "windows-1258",
    2259: "tis-620",
}
US_ASCII: Final = 3
UTF_8: Final = 106

#: What Python calls them, where the name differs or a larger set reads what is really sent under it.
_CODECS: Final = {
    "us-ascii": "ascii",
    "iso-8859-1": "cp1252",
    "shift_jis": "cp932",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "cp950",
    "hz-gb-2312": "hz",
    "windows-874": "cp874",
    "iso-10646-ucs-2": "utf-16-be",
    "utf-16": "utf-16-be",
    "utf-32": "utf-32-be",
}
_SPELLINGS: Final = {
    "ascii": 3, "iso646-us": 3, "ansi-x3.4-1968": 3, "latin1": 4, "latin-1": 4, "iso8859-1": 4, "sjis": 17,
    "x-sjis": 17, "windows-31j": 17, "cp932": 17, "utf8": 106, "cp936": 113, "x-gbk": 113, "gb-18030": 114,
    "ucs-2": 1000, "ucs2": 1000, "unicode": 1000, "utf16": 1015, "utf-16-be": 1013, "utf-16-le": 1014,
    "gb-2312": 2025, "gb2312-80": 2025, "gb-2312-80": 2025, "euc-cn": 2025, "big-5": 2026, "cp950": 2026,
    "x-big5": 2026, "hz": 2085, "big5hkscs": 2101,
}  # fmt: skip
_KNOWN: Final = frozenset(NAMES.values())
_NUMBERS: Final = {name.replace("_", "-"): mib for mib, name in NAMES.items()} | _SPELLINGS

_WIDE: Final = frozenset(("iso-10646-ucs-2", "utf-16", "utf-16be", "utf-16le"))
#: Sets in which every octet is a letter: that they can be read says nothing.
_NARROW: Final = frozenset(name for name in _KNOWN if name.startswith(("iso-8859", "windows", "koi8", "tis")))
_ESCAPED: Final = frozenset(("iso-2022-jp", "iso-2022-kr", "hz-gb-2312"))
#: Labels that say nothing of octets above 7F.
_EMPTY: Final = frozenset(("", "us-ascii", "utf-8"))

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16be", "utf-16-be"),
)
#: Octets of the 3755 characters that Chinese is written with (GB 2312, rows 16 to 55), and of its punctuation.
_COMMON_CHINESE: Final = re.compile(rb"(?:[\x00-\x7f]|[\xb0-\xd7][\xa1-\xfe]|[\xa1\xa3][\xa1-\xfe])++")
#: Letters with accents, one or two of them, among plain ones.
_LATIN: Final = re.compile(
    rb"(?:[\x00-\x7f]|(?<=[A-Za-z])[\xc0-\xff]{1,2}(?![\x80-\xff])|[\xc0-\xff]{1,2}(?=[A-Za-z]))++"
)
#: Zeros on the other side from which on they are no chance.
_TELLING: Final = 3
_LOW: Final = bytes(range(0x80))
_BEYOND_TWO_OCTETS: Final = re.compile("[\u0800-\U0010ffff]")
#: Planes in which no text is written: nothing assigned, noncharacters, private use.
_NO_PLANES: Final = re.compile("[\U00040000-\U0010ffff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Why(enum.StrEnum):
    """Why a character set was taken."""

    LABEL = "label"  # the label, which fits
    BOM = "byte order mark"
    UTF_8 = "valid UTF-8"
    CHINESE = "GB 18030 by its octets"
    ORDER = "order of octets"  # UTF-16 whose zeros say which octet comes first
    FALLBACK = "nothing fits"  # some characters may be wrong


class Reading(NamedTuple):
    """A text and how it was read."""

    text: str
    charset: str  # a name of NAMES
    why: Why


def name_of(mib: int) -> str:
    """The name for a MIBenum; "" for 0 (any) and for numbers nobody here knows."""
    return NAMES.get(mib, "")


def mib_of(charset: str) -> int | None:
    """The MIBenum of a character set in any of its spellings; None for an unknown one."""
    return _NUMBERS.get(charset.strip().lower().replace("_", "-"))


def is_wide(charset: str) -> bool:
    """Whether its texts hold NUL within: UTF-16 and UTF-32."""
    return charset in _WIDE or charset == "utf-32"


def canonical(charset: str) -> str:
    """The name of NAMES for any spelling; an unknown name in lower case as it is."""
    mib = mib_of(charset)
    return charset.strip().lower() if mib is None else NAMES[mib]


def read_text(octets: bytes, label: str = "") -> Reading:
    """What the octets say, with label and evidence weighed. Never raises; without mark and without NUL at its end.

    A byte order mark wins. Then strict UTF-8, unless a label of several octets a character fits as well and the text
    is too short to tell, or would be of planes that nobody writes. Then the label, where it can be wrong at all; one
    that reads any octets gives way to common Chinese. Without a label: GB 18030, unless these are Latin letters; at
    last whatever reads them somehow.
    """
    name = canonical(label) if label else ""
    for mark, charset, codec in _BOMS:
        if octets.startswith(mark):
            return Reading(_clean(octets[len(mark) :].decode(codec, "replace")), charset, Why.BOM)
    if name in _WIDE:
        wide = _read_wide(octets, name)
        if wide is not None:
            return wide
        name = ""
    if octets.isascii() and name not in _ESCAPED:
        charset = name if name in _NARROW or name == "utf-8" else "us-ascii"
        return Reading(_clean(octets.decode("ascii")), charset, Why.LABEL if charset == name else Why.UTF_8)
    told = None if name in _EMPTY else _decoded(octets, name)
    text = _decoded(octets, "utf-8")
    if text is not None and (told is None or name in _NARROW or _is_telling(text)):
        return Reading(_clean(text), "utf-8", Why.LABEL if name == "utf-8" else Why.UTF_8)
    if told is not None:
        if name in _NARROW and _is_common_chinese(octets, 4):
            return Reading(_clean(octets.decode("gb18030")), "gb18030", Why.CHINESE)
        return Reading(_clean(told), name, Why.LABEL)
    return _read_unsaid(octets, name)


def _is_telling(text: str) -> bool:
    """Whether octets that read like this as UTF-8 can hardly be anything else."""
    return _BEYOND_TWO_OCTETS.search(text) is not None and _NO_PLANES.search(text) is None


def _read_unsaid(octets: bytes, name: str) -> Reading:
    """A text of which nothing true is said."""
    chinese = _decoded(octets, "gb18030")
    if chinese is not None and (_is_common_chinese(octets, 2) or not _LATIN.fullmatch(octets)):
        return Reading(_clean(chinese), "gb18030", Why.CHINESE)
    if name not in _EMPTY and name in _KNOWN:
        return Reading(_clean(octets.decode(_CODECS.get(name, name), "replace")), name, Why.FALLBACK)
    latin = _decoded(octets, "iso-8859-1")
    return Reading(_clean(octets.decode("latin-1") if latin is None else latin), "iso-8859-1", Why.FALLBACK)


def _read_wide(octets: bytes, name: str) -> Reading | None:
    """UTF-16 by its label, in the order that its zeros show; None where the octets cannot be UTF-16."""
    if len(octets) % 2:
        if octets[-1]:
            return None
        octets = octets[:-1]  # the NUL that ends every text of WSP
    usual = "utf-16le" if name == "utf-16le" else "utf-16be"
    other = "utf-16be" if usual == "utf-16le" else "utf-16le"
    # Latin letters have their zero before them in the usual order of octets, behind them in the other; a few Chinese
    # characters end in a zero too (U+4E00, "one", is the commonest).
    before, behind = octets[::2].count(0), octets[1::2].count(0)
    odd, even = (before, behind) if usual == "utf-16le" else (behind, before)
    seems = other if odd >= _TELLING and odd * 4 > len(octets) and odd > 2 * even else usual
    for order in (seems, other if seems == usual else usual):
        try:
            text = octets.decode(order)
        except UnicodeDecodeError:
            continue
        return Reading(_clean(text), name if order == usual else order, Why.LABEL if order == usual else Why.ORDER)
    return None


def _is_common_chinese(octets: bytes, at_least: int) -> bool:
    """Whether there are so many octets above 7F, and all of them common Chinese."""
    return len(octets.translate(None, _LOW)) >= at_least and _COMMON_CHINESE.fullmatch(octets) is not None


def _decoded(octets: bytes, name: str) -> str | None:
    """The text; None where the octets are none of that set, or the set is unknown."""
    try:
        return octets.decode(_CODECS.get(name, name)) if name in _KNOWN else None
    except UnicodeDecodeError:
        return None


def _clean(text: str) -> str:
    """Without byte order marks, NUL at the end, and half surrogates, which nothing can store."""
    return _SURROGATES.sub("\ufffd", text.lstrip("\ufeff").rstrip("\0"))
