"""How long a text is on a phone, and where it may be cut: alphabets, units, segments.

A *unit* is what a carrier counts: a septet in the GSM 7-bit alphabet, a UTF-16 code unit in UCS-2, an octet
elsewhere. A *segment* is one short message on the air: 140 octets, less the user data header when there are
several (6 octets with an 8-bit reference number, 7 with a 16-bit one; 3GPP TS 23.040 9.2.3.24.1).
"""

from __future__ import annotations

import codecs
import enum
import unicodedata
from typing import Final

from gateway.core.errors import NotEncodable


class Alphabet(enum.StrEnum):
    """How the characters of a short message are turned into octets."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    LATIN1 = "latin1"
    ASCII = "ascii"
    BINARY = "binary"
    GBK = "gbk"


REPLACEMENT: Final = "\ufffd"
ELLIPSIS: Final = "…"

# 3GPP TS 23.038 6.2.1; position 0x1B is the escape to the extension table.
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\ufffeÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 3GPP TS 23.038 6.2.1.1: the septet after the escape, and what the two mean together.
_EXTENSION: Final = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_ESCAPE: Final = 0x1B

_EXTENDED: Final = frozenset(_EXTENSION.values())
_GSM7: Final = (frozenset(_BASIC) - {"\ufffe"}) | _EXTENDED
_BASIC_ENCODING: Final = codecs.charmap_build(_BASIC + "\ufffe" * 128)
_FULL_ENCODING: Final[dict[int, bytes]] = {
    ord(char): bytes([septet]) for septet, char in enumerate(_BASIC) if char != "\ufffe"
} | {ord(char): bytes([_ESCAPE, septet]) for septet, char in _EXTENSION.items()}
# What stands after an escape: a code the extension table leaves open shows the basic character (TS 23.038
# 6.2.1.1), which is how the national tables were laid out: s for ş, c for ç.
_AFTER_ESCAPE: Final = {
    septet: _EXTENSION.get(septet, REPLACEMENT if char == "\ufffe" else char) for septet, char in enumerate(_BASIC)
}

# alphabet -> units of a lone segment, of a part with an 8-bit reference, of a part with a 16-bit reference.
# ASCII counts as septets: carriers that take it put it on the air in the 7-bit alphabet.
_SIZES: Final[dict[Alphabet, tuple[int, int, int]]] = {
    Alphabet.GSM7: (160, 153, 152),
    Alphabet.ASCII: (160, 153, 152),
    Alphabet.UCS2: (70, 67, 66),
    Alphabet.LATIN1: (140, 134, 133),
    Alphabet.BINARY: (140, 134, 133),
    Alphabet.GBK: (140, 134, 133),
}

_STRICT_CODEC: Final[dict[Alphabet, str]] = {
    Alphabet.UCS2: "utf-16-be",
    Alphabet.LATIN1: "latin-1",
    Alphabet.ASCII: "ascii",
    Alphabet.BINARY: "latin-1",
    Alphabet.GBK: "gbk",
}
_LENIENT_CODEC: Final[dict[Alphabet, str]] = _STRICT_CODEC | {Alphabet.GBK: "gb18030"}

_TWINS: Final[dict[int, str]] = (
    {full: chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(map(ord, "‘’‚‛′`´ʼ"), "'")
    | dict.fromkeys(map(ord, "“”„‟″«»"), '"')
    | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
    | dict.fromkeys(range(0x2000, 0x200B), " ")
    | dict.fromkeys(map(ord, "\t\u00a0\u1680\u202f\u205f\u3000"), " ")
    | dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff"), "")
    | dict.fromkeys(map(ord, "\u2028\u2029"), "\n")
    | {ord("…"): "...", ord("•"): "*", ord("。"): ".", ord("、"): ","}
)


def encode(text: str, alphabet: Alphabet) -> bytes:
    """The octets of the text; raises NotEncodable.

    GSM7 is unpacked, one septet per octet, extension characters as 1B xx. UCS2 is big-endian UTF-16, as
    all handsets read it: characters beyond U+FFFF are two units. GBK is without the four-octet GB18030 ones.
    """
    try:
        if alphabet is Alphabet.GSM7:
            try:
                return codecs.charmap_encode(text, "strict", _BASIC_ENCODING)[0]
            except UnicodeEncodeError:
                return codecs.charmap_encode(text, "strict", _FULL_ENCODING)[0]
        return text.encode(_STRICT_CODEC[alphabet])
    except UnicodeEncodeError as error:
        char = f"U+{ord(text[error.start]):04X}"
        raise NotEncodable(f"{alphabet.value} does not hold {char}; choose UCS-2.") from error


def decode(data: bytes, alphabet: Alphabet) -> str:
    """The text of the octets; never raises: what means nothing in the alphabet becomes U+FFFD.

    GBK is read as GB18030, of which it is a part. BINARY gives one character below U+0100 per octet.
    """
    if alphabet is not Alphabet.GSM7:
        return data.decode(_LENIENT_CODEC[alphabet], "replace")
    head, *escaped = data.split(b"\x1b")
    text = codecs.charmap_decode(head, "replace", _BASIC)[0]
    if not escaped:
        return text
    pieces = [text]
    after_escape = True
    for piece in escaped:
        if not after_escape:  # this piece begins after the second of two escapes, which is spent already
            pieces.append(codecs.charmap_decode(piece, "replace", _BASIC)[0])
            after_escape = True
        elif piece:
            pieces.append(_AFTER_ESCAPE.get(piece[0], REPLACEMENT))
            pieces.append(codecs.charmap_decode(piece[1:], "replace", _BASIC)[0])
        else:
            pieces.append(REPLACEMENT)
            after_escape = False
    return "".join(pieces)


def choose(text: str) -> Alphabet:
    """GSM7 if it holds the whole text, else UCS2."""
    return Alphabet.GSM7 if _GSM7.issuperset(text) else Alphabet.UCS2


def units(text: str, alphabet: Alphabet) -> int:
    """How many units the text takes; characters the alphabet lacks count as one (encode() refuses them)."""
    if alphabet is Alphabet.UCS2:
        return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) >> 1
    if alphabet is Alphabet.GSM7:
        if _EXTENDED.isdisjoint(text):
            return len(text)
        return len(text) + sum(map(text.count, _EXTENDED))
    if alphabet is Alphabet.GBK:
        return len(text.encode("gbk", "replace"))
    return len(text)


def capacity(alphabet: Alphabet, segments: int, *, reference_octets: int = 1) -> int:
    """How many units go into so many segments; 0 for none."""
    if segments <= 1:
        return _SIZES[alphabet][0] if segments == 1 else 0
    return segments * _SIZES[alphabet][reference_octets]


def fits(text: str, segments: int) -> bool:
    """Does the text, in the alphabet choose() gives, go out in at most so many segments?"""
    alphabet = choose(text)
    if units(text, alphabet) > capacity(alphabet, segments):
        return False
    return segments == 1 or len(split(text, alphabet)) <= segments


def split(text: str, alphabet: Alphabet, *, reference_octets: int = 1) -> list[str]:
    """The segments of a text, in order; joined they are the text. An empty text is one empty segment.

    No cut falls inside what a reader sees as one character (surrogate pair, escape pair, combining marks,
    joined emoji, flag, Hangul syllable) unless that alone is longer than a segment. reference_octets: 1 or 2.
    """
    single = _SIZES[alphabet][0]
    if units(text, alphabet) <= single:
        return [text]
    size = _SIZES[alphabet][reference_octets]
    segments = []
    start = 0
    while start < len(text):
        end = _last_cut(text, start, alphabet, size)
        segments.append(text[start:end])
        start = end
    return segments


def cut(text: str, alphabet: Alphabet, limit: int, ellipsis: str = ELLIPSIS) -> str:
    """The text if it takes at most `limit` units, else its longest beginning with room for the ellipsis.

    An alphabet without "…" gets "...". A limit too small for the ellipsis gives the beginning alone.
    """
    if units(text, alphabet) <= limit:
        return text
    if alphabet not in (Alphabet.UCS2, Alphabet.GBK):
        ellipsis = ellipsis.replace(ELLIPSIS, "...")
    room = limit - units(ellipsis, alphabet)
    if room < 0:
        ellipsis, room = "", limit
    end = _fit(text, 0, alphabet, room)
    while end > 0 and not is_boundary(text, end):
        end -= 1
    return text[:end] + ellipsis


def simplify(text: str) -> str:
    """The text with typographic signs and full-width ASCII as their GSM-7 twins, if that makes it all GSM7.

    Otherwise the text as it is: half a change would cost beauty and save nothing.
    """
    if text.isascii() and "`" not in text and "\t" not in text:
        return text
    if _GSM7.issuperset(text):
        return text
    plain = text.translate(_TWINS)
    return plain if _GSM7.issuperset(plain) else text


def is_boundary(text: str, index: int, start: int = 0) -> bool:
    """May the text be cut before text[index], without tearing what a reader sees as one character?

    The rules of UAX #29 that matter in messages: GB3, GB6-GB9a, GB11-GB13, ZWJ binding whatever follows.
    `start` is a place known to be a boundary, from which flags are counted in pairs.
    """
    if index <= start or index >= len(text):
        return True
    after = text[index]
    before = text[index - 1]
    if after < "\u0300":
        return before != "\u200d" and not (before == "\r" and after == "\n")
    if before == "\u200d" or _extends(after):
        return False
    if _is_regional(after) and _is_regional(before):
        run = 1
        while index - 1 - run >= start and _is_regional(text[index - 1 - run]):
            run += 1
        return run % 2 == 0
    return not _same_syllable(before, after)


def _extends(char: str) -> bool:
    if "\u4e00" <= char <= "\u9fff":
        return False
    return (
        unicodedata.category(char)[0] == "M"
        or char in "\u200c\u200d\uff9e\uff9f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul(char: str) -> str:
    """The part of a Hangul syllable this is: L, V, T, LV, LVT, or "" (UAX #29, Hangul_Syllable_Type)."""
    if "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c":
        return "L"
    if "\u1160" <= char <= "\u11a7" or "\ud7b0" <= char <= "\ud7c6":
        return "V"
    if "\u11a8" <= char <= "\u11ff" or "\ud7cb" <= char <= "\ud7fb":
        return "T"
    if "\uac00" <= char <= "\ud7a3":
        return "LVT" if (ord(char) - 0xAC00) % 28 else "LV"
    return ""


def _same_syllable(before: str, after: str) -> bool:
    kind = _hangul(after)
    if not kind:
        return False
    first = _hangul(before)
    if kind == "T":
        return first in ("LV", "V", "LVT", "T")
    if kind == "V":
        return first in ("L", "LV", "V")
    return first == "L"


def _fit(text: str, start: int, alphabet: Alphabet, room: int) -> int:
    """The last index such that text[start:index] takes at most `room` units.

    No character takes more than two units in any alphabet, so dropping half the excess never drops too much.
    """
    end = min(len(text), start + room)
    while (excess := units(text[start:end], alphabet) - room) > 0:
        end -= (excess + 1) // 2
    return end


def _last_cut(text: str, start: int, alphabet: Alphabet, size: int) -> int:
    end = _fit(text, start, alphabet, size)
    for index in range(end, start, -1):
        if is_boundary(text, index, start):
            return index
    return end
