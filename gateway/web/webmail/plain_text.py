"""The plain text of a mail for a page: addresses become links, quoted lines are folded. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

#: Characters that are shown; the rest is in the mail as it came.
MAX_SHOWN: Final = 200_000
MAX_LINKS: Final = 500
#: Quoted lines in a row that are shown without being asked for.
SHORT_QUOTE: Final = 3

_LINK: Final = re.compile(r"https?://[^\s<>\"'\u3000-\u303f\uff00-\uffef\x00-\x1f]{1,2000}", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)]}'"
_QUOTED: Final = re.compile(r"\s{0,3}[>|]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together."""

    html: Markup
    is_quote: bool
    is_long: bool


def blocks_of(text: str) -> list[Block]:
    """The text in blocks of own and quoted lines."""
    found: list[Block] = []
    run: list[str] = []
    is_quote = False
    links = [MAX_LINKS]
    for line in text[:MAX_SHOWN].split("\n"):
        quoted = _QUOTED.match(line) is not None
        if quoted != is_quote and run:
            found.append(_block(run, is_quote, links))
            run = []
        is_quote = quoted
        run.append(line)
    if run:
        found.append(_block(run, is_quote, links))
    return found


def with_links(text: str, links: list[int] | None = None) -> Markup:
    """The text with links in it; `links` holds how many more there may be."""
    left = [MAX_LINKS] if links is None else links
    pieces: list[Markup] = []
    position = 0
    for match in _LINK.finditer(text):
        if not left[0]:
            break
        left[0] -= 1
        address = match[0].rstrip(_TRAILING)
        pieces.append(escape(text[position : match.start()]))
        pieces.append(
            Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>').format(address)
        )
        position = match.start() + len(address)
    pieces.append(escape(text[position:]))
    return Markup("").join(pieces)


def _block(lines: list[str], is_quote: bool, links: list[int]) -> Block:
    return Block(with_links("\n".join(lines), links), is_quote, is_quote and len(lines) > SHORT_QUOTE)
