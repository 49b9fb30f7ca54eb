"""The text of octets under the charset a mail names, or should have named. Never raises.

Chinese mail says gb2312 and means GB18030 (镕, 喆 and – are not in GB 2312), says nothing at all, or says
utf-8 over GBK. The codec tables of the process stay as they are: labels are looked up here, and only those
listed here are read.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_GB: Final = "gb18030"
_LABELS: Final = {
    _GB: "gb2312 gb-2312 gb-2312-80 gbk x-gbk cp936 936 ms936 windows-936 gb18030 gb-18030 euc-cn x-euc-cn"
    " euccn chinese csgb2312 csiso58gb231280 iso-ir-58 cn-gb cn-gb-2312 gb",
    "big5": "big5 big-5 big5-hkscs big5hkscs cn-big5 x-x-big5 csbig5 cp950 950 big5-eten",
    "hz": "hz hz-gb hz-gb-2312 hzgb",
    "iso-2022-cn": "iso-2022-cn iso2022-cn iso-2022-cn-ext csiso2022cn",
    "iso2022_jp_ext": "iso-2022-jp iso2022-jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3",
    "cp932": "shift-jis sjis x-sjis cp932 windows-31j ms-kanji",
    "euc_jp": "euc-jp x-euc-jp eucjp",
    "cp949": "euc-kr ks-c-5601-1987 ks-c-5601 cp949 uhc windows-949",
    "iso2022_kr": "iso-2022-kr",
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8",
    "utf-7": "utf-7 utf7 unicode-1-1-utf-7",
    "cp1252": "iso-8859-1 latin1 latin-1 l1 iso8859-1",  # as browsers do
}
_ALIASES: Final = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
# Single-octet charsets and UTF-16/32. What else Python's registry has (punycode, idna, unicode_escape) is
# slow or unsafe on bytes from strangers.
_LISTED: Final = re.compile(
    r"iso-?8859-?(?:[2-9]|1[013456])|windows-?(?:125[0-8]|874)|cp(?:125[0-8]|437|85[0258]|86[0-9]|874)"
    r"|koi8-[rut]|macintosh|tis-620|utf-?(?:16|32)-?(?:[lb]e)?|armscii-8|viscii"
)
_MAX_LABEL: Final = 40
_PRIVATE_USE: Final = re.compile("[\ue000-\uf8ff]")


def decode_text(data: bytes, charset: str | None) -> str:
    """The text of the octets under that label; the likeliest if it is missing, unknown or plainly wrong."""
    codec = _codec(charset)
    if codec is None:
        return guess_text(data)
    if codec == "hz":
        return _decode_hz(data)
    if codec == "iso-2022-cn":
        return _decode_iso_2022_cn(data)
    if codec == "big5":
        return _decode_big5(data)
    if codec == "utf-8":
        return _decode_utf8(data)
    try:
        text = data.decode(codec, "replace")
        if codec == "utf-7":  # lets half surrogates through, which nothing can store or send
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text
    except (LookupError, ValueError):  # utf-16 without a whole unit, or a codec this build of Python lacks
        return guess_text(data)


def guess_text(data: bytes) -> str:
    """The likeliest text of octets without a label: UTF-8, else GB18030, else Big5, else Latin-1.

    Big5 fits into GB18030 octet for octet, but its commonest characters then land in the private use area.
    """
    if data.isascii():
        return data.decode("ascii")
    try:
        return codecs.utf_8_decode(data, "strict", False)[0]
    except UnicodeDecodeError:
        pass
    chinese = _strict(data, _GB)
    if chinese is not None and not _PRIVATE_USE.search(chinese):
        return chinese
    traditional = _strict(data, "cp950")
    return traditional or chinese or data.decode("latin-1")


def is_known(charset: str) -> bool:
    """Is this the label of a charset that is read here?"""
    return _codec(charset) is not None


def is_utf8(charset: str) -> bool:
    """Is this a label of UTF-8?"""
    return _codec(charset) == "utf-8"


def _codec(charset: str | None) -> str | None:
    if not charset or len(charset) > _MAX_LABEL:
        return None
    label = charset.strip(" \t\"'").lower().replace("_", "-")
    codec = _ALIASES.get(label)
    if codec is None and _LISTED.fullmatch(label):
        return label
    return codec


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        # A multi-octet character cut off by the end of the data is no reason to doubt the charset.
        if error.start < len(data) - 3 or not error.reason.startswith("incomplete"):
            return None
        try:
            return data[: error.start].decode(codec)
        except UnicodeDecodeError:
            return None


def _decode_utf8(data: bytes) -> str:
    """UTF-8, or GB18030 if more characters come out wrong than right: then the label lies."""
    try:
        return codecs.utf_8_decode(data, "strict", False)[0]
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        ascii_count = len(text.encode("ascii", "ignore"))
        if wrong > len(text) - ascii_count - wrong:
            chinese = _strict(data, _GB)
            if chinese is not None and not _PRIVATE_USE.search(chinese):
                return chinese
        return text


def _decode_big5(data: bytes) -> str:
    for codec in ("cp950", "big5hkscs"):
        text = _strict(data, codec)
        if text is not None:
            return text
    return data.decode("big5hkscs", "replace")


def _high(data: bytes) -> str:
    """Pairs of 7-bit GB 2312 octets as text."""
    return bytes(octet | 0x80 for octet in data if octet > 0x20).decode(_GB, "replace")


def _decode_hz(data: bytes) -> str:
    """RFC 1843: ~{ opens pairs of GB 2312 octets, ~} closes them, ~~ is a tilde, ~ at a line end joins."""
    pieces = []
    for number, piece in enumerate(data.split(b"~{")):
        chinese, closed, rest = piece.partition(b"~}") if number else (b"", b"", piece)
        if number and not closed:
            chinese, newline, rest = piece.partition(b"\n")  # an unclosed run ends with its line
            rest = newline + rest
        if chinese:
            pieces.append(_high(chinese))
        pieces.append(guess_text(rest.replace(b"~\r\n", b"").replace(b"~\n", b"").replace(b"~~", b"~")))
    return "".join(pieces)


_SHIFTS: Final = re.compile(rb"\x1b\$[)*+][A-Z]|\x1bN..|\x0e|\x0f|\r?\n", re.DOTALL)


def _decode_iso_2022_cn(data: bytes) -> str:
    """RFC 1922 with GB 2312 as the shifted set; the CNS planes, which Python has no table for, are U+FFFD."""
    pieces = []
    position = 0
    shifted = False
    is_gb = True
    for match in [*_SHIFTS.finditer(data), None]:
        run = data[position : match.start() if match else len(data)]
        if not shifted:
            pieces.append(guess_text(run))
        else:
            pieces.append(_high(run) if is_gb else "\ufffd" * (len(run) // 2))
        if match is None:
            break
        position = match.end()
        mark = match[0]
        if mark == b"\x0e":
            shifted = True
        elif mark == b"\x0f":
            shifted = False
        elif mark.endswith(b"\n"):
            shifted = False  # each line begins unshifted
            pieces.append("\n")
        elif mark.startswith(b"\x1bN"):
            pieces.append("\ufffd")
        elif mark[2:3] == b")":
            is_gb = mark[3:4] in b"AE"
    return "".join(pieces)
