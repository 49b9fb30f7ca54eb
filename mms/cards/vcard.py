"""A business card as a vCard: 3.0 (RFC 2426) for phones of today, 2.1 (versit, 1996) for those that read no other.

Only written, and only what business cards hold.
"""

from __future__ import annotations

import enum
import re
from typing import Final

from mms.cards.card import Card

_FOLD: Final = 75  # octets of a line, RFC 2426 2.6
_QUOTED_LINE: Final = 76  # characters, RFC 2045 6.7
#: Chinese family names of two characters that are common enough to be told apart from a given name.
_DOUBLE: Final = re.compile(
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|轩辕|宇文|长孙|端木|南宫|独孤|西门|百里|呼延|东郭|申屠|闻人"
    "|歐陽|司馬|諸葛|東方|尉遲|公孫|長孫|南宮|獨孤|西門"
)
_CHINESE: Final = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]{2,6}")


class Version(enum.StrEnum):
    """Which vCard."""

    OLD = "2.1"
    NEW = "3.0"


def vcard(card: Card, version: Version) -> bytes:
    """The octets of the vCard, UTF-8, lines ended by CRLF and none longer than 76 octets."""
    properties: list[tuple[str, tuple[str, ...], list[str]]] = [
        ("N", (), _name(card.value("name"))),
        ("FN", (), [card.value("name")]),
    ]
    for key, name, kinds in (
        ("company", "ORG", ()),
        ("title", "TITLE", ()),
        ("phone", "TEL", ("WORK", "CELL")),
        ("phone2", "TEL", ("WORK", "VOICE")),
        ("email", "EMAIL", ("INTERNET",)),
        ("web", "URL", ()),
    ):
        if card.value(key):
            properties.append((name, kinds, [_dialled(card.value(key)) if name == "TEL" else card.value(key)]))
    if card.value("address"):
        properties.append(("ADR", ("WORK",), ["", "", card.value("address"), "", "", "", ""]))
    write = _new if version is Version.NEW else _old
    lines = ["BEGIN:VCARD", f"VERSION:{version.value}", *(write(*one) for one in properties), "END:VCARD", ""]
    return "\r\n".join(lines).encode()


def compact(card: Card) -> bytes:
    """Name and ways to reach the person as the shortest vCard 3.0, for a code with little room."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", "N:" + ";".join(map(_escape, _name(card.value("name"))))]
    lines += [f"{name}:{_escape(value)}" for name, value in (("TEL", _dialled(card.value("phone"))),
                                                             ("EMAIL", card.value("email"))) if value]  # fmt: skip
    return "\r\n".join([*lines, "END:VCARD"]).encode()


def _name(name: str) -> list[str]:
    """Family name and given name: the first character or two of a Chinese name, the last word of any other."""
    if _CHINESE.fullmatch(name):
        cut = 2 if _DOUBLE.match(name) and len(name) > 2 else 1
        return [name[:cut], name[cut:]]
    given, _, family = name.rpartition(" ")
    return [family, given.strip()]


def _dialled(number: str) -> str:
    # Phones of 2003 dial what stands there, blanks and all.
    return re.sub(r"[ ()./\-]", "", number) if re.fullmatch(r"[0-9+ ()./\-]+", number) else number


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def _new(name: str, kinds: tuple[str, ...], values: list[str]) -> str:
    line = name + (";TYPE=" + ",".join(kinds) if kinds else "") + ":"
    # A URL is no text: commas and semicolons in it are its own (RFC 2426 4).
    line += values[0] if name == "URL" else ";".join(map(_escape, values))
    pieces: list[str] = []
    piece = ""
    room = _FOLD
    for char in line:
        size = len(char.encode())
        if size > room:
            pieces.append(piece)
            piece, room = " ", _FOLD - 1
        piece += char
        room -= size
    return "\r\n".join([*pieces, piece])


def _old(name: str, kinds: tuple[str, ...], values: list[str]) -> str:
    head = ";".join((name, *kinds))
    joined = ";".join(value.replace("\\", "\\\\").replace(";", "\\;") for value in values)
    if joined.isascii() and "\n" not in joined and len(head) + len(joined) < _FOLD:
        return f"{head}:{joined}"
    head += ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
    lines: list[str] = []
    line = head
    for octet in joined.replace("\n", "\r\n").encode():
        atom = chr(octet) if (33 <= octet <= 126 and octet != 0x3D) or octet == 0x20 else f"={octet:02X}"
        if len(line) + len(atom) >= _QUOTED_LINE:
            lines.append(line + "=")
            line = ""
        line += atom
    if line.endswith(" "):  # a blank at the end of a line is lost on the way
        line = line[:-1] + "=20"
    return "\r\n".join([*lines, line])
