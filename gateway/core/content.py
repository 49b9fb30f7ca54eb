"""What a carrier asks of a text: a signature 【…】 in its place exactly once, one of its templates, no forbidden word.

Pure. Everything here is one pass over the text, however many templates and words there are.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from gateway.core.errors import BadRequest

MAX_SIGNATURE: Final = 30  # characters between the brackets; carriers register 2 to 18
MAX_TEMPLATE: Final = 1000  # characters
MAX_PLACES: Final = 32  # of a template
MAX_WORD: Final = 64

_FRONT: Final = re.compile(rf"\s*【([^【】]{{1,{MAX_SIGNATURE}}})】\s*")
_BACK: Final = re.compile(rf"【([^【】]{{1,{MAX_SIGNATURE}}})】\s*$")
_PLACE: Final = re.compile(r"\{[A-Za-z0-9_]{0,32}\}")


class Place(enum.StrEnum):
    """Where a link wants the signature."""

    AS_IS = "as-is"  # the text is left as it is
    FRONT = "front"
    BACK = "back"
    NONE = "none"  # the carrier puts it there itself


class Signed(NamedTuple):
    """A text taken apart."""

    signature: str  # without brackets; "" when there is none
    body: str


def split_signature(text: str, place: Place = Place.FRONT) -> Signed:
    """The signature at an end of a text and the rest; the end named by `place` is looked at first."""
    for pattern in (_BACK, _FRONT) if place is Place.BACK else (_FRONT, _BACK):
        match = pattern.match(text) if pattern is _FRONT else _find_back(text)
        if match is not None:
            return Signed(match[1], text[: match.start()] + text[match.end() :])
    return Signed("", text)


def place_signature(text: str, place: Place, default: str = "") -> str:
    """The text with its signature where it belongs, once; with `default` when it has none and one is wanted.

    Doing it again changes nothing, but for NONE, which takes away one signature each time.
    """
    if place is Place.AS_IS:
        return text
    signature, body = split_signature(text, place)
    signature = signature or default
    if place is Place.NONE or not signature:
        return body
    # The same signature at the other end too would be the second one.
    body = _without(body, signature, place)
    return f"【{signature}】{body.lstrip()}" if place is Place.FRONT else f"{body.rstrip()}【{signature}】"


def _without(body: str, signature: str, place: Place) -> str:
    while True:
        other = split_signature(body, place)
        if other.signature != signature:
            return body
        body = other.body


def _find_back(text: str) -> re.Match[str] | None:
    start = text.rfind("【", max(0, len(text) - MAX_SIGNATURE - 64))
    return _BACK.match(text, start) if start >= 0 else None


class Template(NamedTuple):
    """A text a carrier has approved; each place takes one or more characters."""

    id: int
    literals: tuple[str, ...]  # what stands between the places, in order; the first and last may be empty

    @property
    def pattern(self) -> str:
        """As it was written, places without names."""
        return "{}".join(self.literals)

    def fits(self, text: str) -> bool:
        """Whether a text (without signature) is this template filled in; linear in the text."""
        first, *middle = self.literals
        if not middle:
            return text == first
        *middle, last = middle
        if not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for literal in middle:
            found = text.find(literal, at + 1, end)
            if found < 0:
                return False
            at = found + len(literal)
        return at < end


def read_template(pattern: str, template_id: int = 0) -> Template:
    """A template from a text with places like {code}. Raises BadRequest."""
    if not pattern.strip() or len(pattern) > MAX_TEMPLATE:
        raise BadRequest(f"pattern: a template has 1 to {MAX_TEMPLATE} characters")
    literals = tuple(_PLACE.split(split_signature(pattern).body))
    if len(literals) - 1 > MAX_PLACES:
        raise BadRequest(f"pattern: a template has at most {MAX_PLACES} places")
    if "" in literals[1:-1]:
        raise BadRequest("pattern: two places of a template need something between them")
    if not "".join(literals).strip():
        raise BadRequest("pattern: a template needs more than places")
    return Template(template_id, literals)


class WordCheck(Protocol):
    """Somebody who says whether a text holds a word that must not be sent."""

    def forbidden(self, text: str) -> str | None:
        """The first such word; None when there is none."""


class ForbiddenWords:
    """A list of words, found whatever their case and width, also with blanks between their characters."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._by_head: dict[str, list[str]] = {}
        for word in words:
            plain = _plain(word)
            if plain:
                self._by_head.setdefault(plain[0], []).append(plain)
        self.is_empty = not self._by_head

    def forbidden(self, text: str) -> str | None:
        """The first word of the list in the text; None when there is none."""
        if self.is_empty:
            return None
        plain = _plain(text)
        for at, char in enumerate(plain):
            for word in self._by_head.get(char, ()):
                if plain.startswith(word, at):
                    return word
        return None


def read_word(text: str) -> str:
    """A word for the list of forbidden ones. Raises BadRequest."""
    if not _plain(text) or len(text) > MAX_WORD:
        raise BadRequest(f"word: a forbidden word has 1 to {MAX_WORD} characters")
    return text.strip()


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
