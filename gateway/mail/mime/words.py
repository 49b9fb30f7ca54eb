"""Header values as people read them: encoded words (RFC 2047), parameters (RFC 2231), and their misuse."""

from __future__ import annotations

import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from gateway.mail.mime.charsets import decode_text, guess_text, is_known, is_utf8

MAX_VALUE: Final = 65536  # octets of one header field that are looked at
MAX_SECTIONS: Final = 100  # name*0 .. name*99
MAX_PARAMETERS: Final = 64
MAX_NAME: Final = 255  # characters of a file name

# The text may hold spaces and question marks that RFC 2047 forbids and clients send. Its length is bounded so
# that a field of openings without an end costs no quadratic search.
_WORD: Final = re.compile(rb"=\?([!-<>@-~]{1,80})\?([bBqQ])\?([^\x00\r\n]{0,4000}?)\?=")
_BLANK: Final = re.compile(rb"[ \t\r\n]*")
_FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
_NOT_BASE64: Final = bytes(
    octet for octet in range(256) if octet not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
)
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_PARAMETER: Final = re.compile(
    rb""";\s*+([!#-&+\-.^-~0-9A-Z*]{1,60})\s*+=\s*+("(?:[^"\\]++|\\.)*+"?|[^;]*+)""", re.DOTALL
)
_SECTION: Final = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")


def decode_words(value: bytes, charset: str | None = None) -> str:
    """The text of an unstructured header value, on one line.

    Adjacent encoded words of one charset are joined before they are decoded, since clients cut characters in
    two. Raw 8-bit octets are read by `charset` (that of the body, say) unless they are UTF-8.
    """
    value = _FOLD.sub(b"", value[:MAX_VALUE]).strip()
    if b"=?" not in value:
        text = value.decode("ascii") if value.isascii() else _decode_raw(value, charset)
    else:
        text = _decode_mixed(value, charset)
    return _CONTROLS.sub(" ", text).strip()


def decode_base64(data: bytes) -> bytes:
    """The octets of base64 with line ends, stray characters, no padding or a lost tail."""
    letters = data.translate(None, _NOT_BASE64)
    padding = letters.find(b"=")
    if padding >= 0:
        head, rest = letters[:padding], letters[padding:].lstrip(b"=")
        # Some clients put two encodings one behind the other.
        is_second = len(head) % 4 in (2, 3) and b"=" not in rest.rstrip(b"=")
        tail = decode_base64(rest) if is_second else b""
    else:
        head, tail = letters, b""
    if len(head) % 4 == 1:
        head = head[:-1]
    return binascii.a2b_base64(head + b"=" * (-len(head) % 4)) + tail


def read_parameters(value: bytes, charset: str | None = None) -> tuple[str, dict[str, str]]:
    """What stands before the first ";" in lower case, and the decoded parameters by lower-case name.

    RFC 2231 charsets and continuations, plain values, and the encoded words in quotes of Chinese clients.
    """
    value = value[:MAX_VALUE]
    main = value.partition(b";")[0].strip().lower().decode("latin-1")
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, bytes]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(value)):
        if count >= MAX_PARAMETERS + MAX_SECTIONS:
            break
        shape = _SECTION.fullmatch(match[1].decode("ascii").lower())
        if shape is None:
            continue
        name, number, extended = shape[1], shape[2], shape[3] is not None
        raw = _unquote(match[2])
        if number is None and not extended:
            plain.setdefault(name, decode_words(raw, charset))
        elif int(number or 0) < MAX_SECTIONS:
            sections.setdefault(name, {}).setdefault(int(number or 0), (extended, raw))
    return main, plain | {name: _join_sections(parts, charset) for name, parts in sections.items()}


def file_name(text: str) -> str:
    """A file name without folders and control characters, at most 255 characters, or ""."""
    name = _CONTROLS.sub("", text.replace("\\", "/").rpartition("/")[2]).strip(" .")
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        kept = dot + extension if len(extension) <= 10 else ""
        name = (stem or name)[: MAX_NAME - len(kept)] + kept
    return name


def _decode_raw(value: bytes, charset: str | None) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        if charset and is_known(charset) and not is_utf8(charset):
            return decode_text(value, charset)
        return guess_text(value)


def _decode_mixed(value: bytes, charset: str | None) -> str:
    pieces: list[str] = []
    label, run = "", bytearray()  # the encoded words that wait to be decoded together
    half = b""  # base64 letters of a word that ended inside a group of four
    position = 0
    for match in _WORD.finditer(value):
        between = value[position : match.start()]
        words_adjoin = bool(run or half) and _BLANK.fullmatch(between) is not None
        name = match[1].partition(b"*")[0].decode("ascii").lower()  # RFC 2231: =?charset*language?
        if not words_adjoin or name != label:
            pieces.append(decode_text(bytes(run) + decode_base64(half), label))
            run, half = bytearray(), b""
        if not words_adjoin and between:
            pieces.append(between.decode("ascii") if between.isascii() else _decode_raw(between, charset))
        label = name
        if match[2] in b"bB":
            letters = half + match[3].translate(None, _NOT_BASE64)
            if letters.endswith(b"=") or len(letters) % 4 == 0:
                run += decode_base64(letters)
                half = b""
            else:
                half = letters
        else:
            run += decode_base64(half) + binascii.a2b_qp(match[3], header=True)
            half = b""
        position = match.end()
    pieces.append(decode_text(bytes(run) + decode_base64(half), label))
    rest = value[position:]
    pieces.append(rest.decode("ascii") if rest.isascii() else _decode_raw(rest, charset))
    return "".join(pieces)


def _unquote(raw: bytes) -> bytes:
    if not raw.startswith(b'"'):
        return raw.strip()
    inner = raw[1:-1] if len(raw) > 1 and raw.endswith(b'"') else raw[1:]
    # Only these two: C:\photo.jpg is sent unescaped.
    return _FOLD.sub(b"", inner).replace(b'\\"', b'"').replace(b"\\\\", b"\\")


def _join_sections(parts: dict[int, tuple[bool, bytes]], charset: str | None) -> str:
    label: str | None = None
    octets = bytearray()
    for number in sorted(parts):
        extended, raw = parts[number]
        if extended and number == min(parts) and raw.count(b"'") >= 2:
            named, _, rest = raw.partition(b"'")
            label, raw = named.decode("latin-1"), rest.partition(b"'")[2]
        octets += unquote_to_bytes(raw) if extended else raw
    if label is None and b"=?" in octets:
        return decode_words(bytes(octets), charset)
    text = decode_text(bytes(octets), label) if label else _decode_raw(bytes(octets), charset)
    return _CONTROLS.sub(" ", text).strip()
