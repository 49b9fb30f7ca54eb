"""Properties as the octets of a card: how each version writes types, texts and pictures. Pure.

What is written is what the strictest readers of each version take: 2.1 for phones (types bare and in capitals, any text
beyond ASCII in quoted-printable that never breaks within a character, Base64 with its blank line), 3.0 and 4.0 folded
at 75 octets between characters.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Final

from addressbook.vcard.lines import Card, Property
from addressbook.vcard.names import CATEGORY_LISTS, STRUCTURED

_MAX_LINE: Final = 75
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]+")
_NOT_TOKEN: Final = re.compile(r"[^A-Za-z0-9.+-]")
_NOT_PRINTABLE: Final = re.compile(r"[^ -~]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_CARET: Final = re.compile(r'[\^\n"]')
#: Names that Apple's programs know in this spelling only.
SPELLINGS: Final = {"X-ABLABEL": "X-ABLabel", "X-ABSHOWAS": "X-ABShowAs"}
#: Parameters that 2.1 knows beside types and encodings.
OLD_PARAMS: Final = frozenset({"LANGUAGE", "VALUE"})
#: Properties of 2.1 with parts between semicolons; in others a semicolon is text.
_OLD_STRUCTURED: Final = STRUCTURED | {"GEO", "X-ANDROID-CUSTOM", "X-CAIYOU-KEPT"}


def card_octets(version: str, properties: Iterable[Property], line_end: bytes = b"\r\n") -> bytes:
    """A whole card."""
    lines = [b"BEGIN:VCARD", b"VERSION:" + version.encode()]
    for one in properties:
        lines += property_lines(one, version)
    return line_end.join([*lines, b"END:VCARD", b""])


def octets_of(card: Card) -> bytes:
    """A card written anew in its version."""
    return card_octets(card.version, card.properties, card.line_end)


def property_octets(one: Property, version: str, line_end: bytes = b"\r\n") -> bytes:
    """One property with its line ends."""
    return b"".join(line + line_end for line in property_lines(one, version))


def property_lines(one: Property, version: str) -> list[bytes]:
    """The physical lines of a property, without line ends; none for a line that was no property."""
    if not one.name:
        return []
    head = f"{one.group}{'.' if one.group else ''}{one.spelling or SPELLINGS.get(one.name, one.name)}"
    if version == "2.1":
        return list(_old(head, one))
    return list(_folded(_modern_head(head, one, version) + ":" + _modern_value(one, version)))


# --- 3.0 and 4.0 ---------------------------------------------------------------------------------------------


def _modern_head(head: str, one: Property, version: str) -> str:
    types = list(one.types)
    params = list(one.params)
    if version == "4.0":
        if "pref" in types:
            types.remove("pref")
            params.insert(0, ("PREF", "1"))
    else:
        types = [kind.upper() for kind in types]
        if one.data is not None:
            params.insert(0, ("ENCODING", "b"))
            if one.media_type:
                types.insert(0, one.media_type.partition("/")[2].upper())
    if types:
        head += ";TYPE=" + ",".join(filter(None, (_NOT_TOKEN.sub("", kind) or "" for kind in map(str, types))))
        head = head.removesuffix(";TYPE=")
    return head + "".join(f";{_NOT_TOKEN.sub('', key)}={_param_value(value)}" for key, value in params)


def _param_value(value: str) -> str:
    if _TOKEN.fullmatch(value):
        return value
    quoted = _CARET.sub(lambda found: {"^": "^^", "\n": "^n", '"': "^'"}[found[0]], _CONTROL.sub("", value))
    return f'"{quoted}"'


def _modern_value(one: Property, version: str) -> str:
    if one.data is None:
        return _CONTROL.sub("", one.value.replace("\r\n", "\\n").replace("\n", "\\n"))
    base64 = binascii.b2a_base64(one.data, newline=False).decode()
    if version == "4.0":
        return f"data:{one.media_type or 'application/octet-stream'};base64,{base64}"
    return base64


def _folded(line: str) -> Iterator[bytes]:
    octets = line.encode("utf-8", "replace")
    room, at = _MAX_LINE, 0
    while len(octets) - at > room:
        end = at + room
        while octets[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        yield (b" " if at else b"") + octets[at:end]
        at, room = end, _MAX_LINE - 1
    yield (b" " if at else b"") + octets[at:]


# --- 2.1 -----------------------------------------------------------------------------------------------------


def _old(head: str, one: Property) -> Iterator[bytes]:
    types = [kind.upper() for kind in one.types]
    if one.data is not None and one.media_type:
        types.insert(0, one.media_type.partition("/")[2].upper())
    head += "".join(f";{kind}" for kind in (_NOT_TOKEN.sub("", kind) for kind in types) if kind)
    head += "".join(f";{key}={_NOT_TOKEN.sub('', value)}" for key, value in one.params if key in OLD_PARAMS)
    if one.data is not None:
        yield f"{head};ENCODING=BASE64:".encode()
        base64 = binascii.b2a_base64(one.data, newline=False)
        for at in range(0, len(base64), _MAX_LINE - 1):
            yield b" " + base64[at : at + _MAX_LINE - 1]
        yield b""
        return
    text = old_value(one)
    if not _NOT_PRINTABLE.search(text) and len(head) + len(text) < _MAX_LINE and not text.endswith((" ", "=")):
        yield f"{head}:{text}".encode()
        return
    charset = "" if text.isascii() else ";CHARSET=UTF-8"
    yield from _quoted(f"{head};ENCODING=QUOTED-PRINTABLE{charset}:".encode(), text)


def old_value(one: Property) -> str:
    """A value as 2.1 has it before it is encoded: line ends are line ends, a comma is a comma."""
    structured = one.name in _OLD_STRUCTURED
    listed = one.name in CATEGORY_LISTS

    def meant(found: re.Match[str]) -> str:
        char = found[1]
        if char in "nN":
            return "\r\n"
        if char == ";":
            return "\\;" if structured else ";"
        if char == ",":
            return "\\," if listed else ","
        return found[0]

    return _ESCAPE.sub(meant, one.value)


def _quoted(head: bytes, text: str) -> Iterator[bytes]:
    line = head
    for char in text:
        octets = char.encode("utf-8", "replace")
        plain = " " <= char <= "~" and char != "="
        piece = octets if plain else b"".join(b"=%02X" % octet for octet in octets)
        if len(line) + len(piece) > _MAX_LINE:
            yield line + b"="
            line = b""
        line += piece
    if line.endswith(b" "):
        line = line[:-1] + b"=20"
    yield line
