"""Values of cards: escapes, lists and structures, as RFC 2426 and RFC 6350 write them. Pure.

A 2.1 value is brought into this form when its line is read (`addressbook.vcard.lines`), so that one set of functions
serves all versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL: Final = re.compile(r"[\\;,]|\r\n|\r|\n")
_SEPARATORS: Final = {
    ";": re.compile(r"(?:[^\\;]|\\.|\\$)*", re.DOTALL),
    ",": re.compile(r"(?:[^\\,]|\\.|\\$)*", re.DOTALL),
}


def unescaped(value: str) -> str:
    """The text of a value: `\\n` a line end, `\\,` a comma; a backslash before anything else is itself."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(_meant, value)


def _meant(found: re.Match[str]) -> str:
    char = found[1]
    if char in "nN":
        return "\n"
    return char if char in "\\;,:" else found[0]


def escaped(text: str) -> str:
    """A text as a value."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}" if found[0] in "\\;," else "\\n", text)


def split(value: str, separator: str) -> list[str]:
    """The pieces of a value between separators (";" or ",") that are not escaped; the pieces keep their escapes."""
    if "\\" not in value:
        return value.split(separator)
    pieces, at, pattern = [], 0, _SEPARATORS[separator]
    while True:
        found = pattern.match(value, at)
        assert found is not None
        pieces.append(found[0])
        at = found.end() + 1
        if at > len(value):
            return pieces


def components(value: str, separator: str = ";") -> list[str]:
    """The texts of a structured value."""
    return [unescaped(piece).strip() for piece in split(value, separator)]


def structured(parts: Iterable[str], separator: str = ";") -> str:
    """Texts as a structured value."""
    return separator.join(map(escaped, parts))
