"""The cards of a file of many, one by one, each with the line it begins on; what is no card is told apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from addressbook.charsets import decoded
from addressbook.vcard.errors import BadCard
from addressbook.vcard.lines import MAX_OCTETS, codec_of

_BEGIN: Final = re.compile(rb"^[ \t]*BEGIN[ \t]*:[ \t]*VCARD[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_MARK: Final = re.compile(
    rb"^[ \t]*(?:(BEGIN)|(END))[ \t]*:[ \t]*VCARD[ \t]*\r?$\n?"
    rb"|^[ \t]*(?:[\w.-]+\.)?(AGENT)\b[^:\n]*:[ \t]*(BEGIN:VCARD[ \t]*\r?$)?",
    re.MULTILINE | re.IGNORECASE,
)
_LINE_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """A card of a file, or (error) what should have been one."""

    line: int  # of the file, from 1, that it begins on
    octets: bytes
    error: BadCard | None = None


def is_vcard_file(octets: bytes) -> bool:
    """Does a file hold cards at all?"""
    head = octets[:65536]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:64]:
        head = decoded(head).encode("utf-8", "replace")
    return _BEGIN.search(head.removeprefix(b"\xef\xbb\xbf")) is not None


def as_utf8(octets: bytes) -> tuple[bytes, str]:
    """A file without its byte order mark and in octets that hold ASCII, and the codec of texts that name none."""
    codec = codec_of(octets)
    if codec.startswith(("utf-16", "utf-32")):
        return decoded(octets, codec).encode("utf-8", "replace"), "utf-8"
    return octets.removeprefix(b"\xef\xbb\xbf"), codec


def pieces(octets: bytes) -> Iterator[Piece]:
    """The cards of a file (see `as_utf8`) in their order, and between them what is none.

    A card within AGENT is part of the card around it. A card that begins before the one ahead of it ends is taken for
    whole, and the one ahead of it is set aside.
    """
    if b"\n" not in octets:
        octets = octets.replace(b"\r", b"\n")
    at = 0  # everything before is told
    line = 1
    start: int | None = None
    depth = 0
    agent_end = -1
    for mark in _MARK.finditer(octets):
        if mark[3]:
            if depth and mark[4]:
                depth += 1
            agent_end = mark.end()
            continue
        if mark[1]:
            if depth and octets[agent_end : mark.start()].strip() == b"" and agent_end >= 0:
                depth += 1  # the card of an AGENT
                continue
            if start is not None:
                yield Piece(line, octets[start : mark.start()], BadCard("no END:VCARD before the next card begins"))
                line += octets.count(b"\n", start, mark.start())
                at = mark.start()
            between = octets[at : mark.start()]
            if between.strip():
                yield _between(between, line)
            line += between.count(b"\n")
            start, at, depth = mark.start(), mark.start(), 1
        elif start is not None:
            depth -= 1
            if depth > 0:
                continue
            yield _checked(line, octets[start : mark.end()])
            line += octets.count(b"\n", start, mark.end())
            at, start = mark.end(), None
    if start is not None:
        yield Piece(line, octets[start:], BadCard("no END:VCARD"))
    elif octets[at:].strip():
        yield _between(octets[at:], line)


def _checked(line: int, octets: bytes) -> Piece:
    error = BadCard(f"a card of more than {MAX_OCTETS >> 20} MiB") if len(octets) > MAX_OCTETS else None
    return Piece(line, octets, error)


def _between(octets: bytes, line: int) -> Piece:
    stripped = octets.lstrip(b"\r\n\t ")
    line += octets[: len(octets) - len(stripped)].count(b"\n")
    said = decoded(stripped.split(b"\n", 1)[0].strip()[:_LINE_CHARS], "utf-8")
    return Piece(line, stripped, BadCard(f"no card begins here: {said}"))
