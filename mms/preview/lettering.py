"""Text set into a box: lines broken as Chinese and Latin are, shrunk to fit, at last cut with an ellipsis."""

from __future__ import annotations

import enum
import functools
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image

from gateway.core.text import ELLIPSIS, is_boundary
from mms.preview.fonts import Face, Ink, Type, set_in

#: Never at the beginning of a line, never at its end (GB/T 15834-2011 5.1.10; JIS X 4051 for the small kana).
NOT_FIRST: Final = frozenset(
    "，。、；：？！）」』】》〉〕’”…—·～％‰℃,.;:?!)]}%々ぁぃぅぇぉっゃゅょァィゥェォッャュョー"
)
NOT_LAST: Final = frozenset("（「『【《〈〔‘“([{¥$#@")
_GLANCE: Final = 400  # characters; no line of any screen holds more
MAX_TEXT: Final = 20_000  # characters that are looked at; no screen shows more


class Align(enum.StrEnum):
    """Where a line stands in its box."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Lettering:
    """Lines in a type; sizes in pixels."""

    lines: tuple[str, ...]
    type: Type
    #: Not all of the text is there.
    is_cut: bool = False

    @property
    def width(self) -> int:
        return round(max((self.type.length(line) for line in self.lines), default=0))

    @property
    def height(self) -> int:
        return self.type.line * len(self.lines)

    def draw(
        self, image: Image.Image, box: tuple[float, float, float, float], fill: Ink, align: Align = Align.LEFT
    ) -> None:
        """The lines from the top of the box (left, top, right, bottom)."""
        left, top, right, _ = box
        lead = (self.type.line - self.type.size) / 2
        for number, line in enumerate(self.lines):
            spare = right - left - self.type.length(line)
            shift = {Align.LEFT: 0.0, Align.CENTRE: spare / 2, Align.RIGHT: spare}[align]
            self.type.draw(image, (left + shift, top + number * self.type.line + lead), line, fill)


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The lines of the text, none wider than `width` unless one character is; line ends of the text are kept.

    Lines break at blanks and between Chinese characters, not before closing marks nor after opening ones; a word that
    is wider than a line is cut.
    """
    lines: list[str] = []
    for paragraph in text[:MAX_TEXT].splitlines() or [""]:
        line = ""
        taken = 0.0
        for token in _tokens(paragraph):
            if line and taken + _measured(token.rstrip(), width, measure) > width:
                lines.append(line.rstrip())
                line, taken = "", 0.0
                token = token.lstrip()
            while len(token) > 1 and (cut := _longest(token, width, measure)) < len(token.rstrip()):
                lines.append(token[:cut])
                token = token[cut:]
            line += token
            taken += measure(token)
        lines.append(line.rstrip())
    return lines


def fit(
    text: str,
    width: float,
    height: float,
    *,
    face: Face = Face.SANS,
    largest: float,
    smallest: float,
    max_lines: int = 99,
    balanced: bool = False,
) -> Lettering:
    """The text as large as the box allows; cut with an ellipsis where even the smallest size is too much.

    Balanced, the lines of a paragraph are about as long as one another: no last word stands alone.
    """
    size = max(round(largest), round(smallest))
    while True:
        kind = set_in(face, size)
        lines = wrap(text, width, _measure(kind))
        room = min(max_lines, max(1, int(height / kind.line)))
        whole_words = all(kind.length(word) <= width for word in text.split() if word.isascii())
        if len(lines) <= room and (whole_words or size <= round(smallest)):
            return Lettering(tuple(_balance(text, width, kind) if balanced else lines), kind)
        if size <= round(smallest):
            return Lettering((*lines[: room - 1], shorten(lines[room - 1] + ELLIPSIS, width, kind)), kind, True)
        size = max(round(smallest), min(size - 1, int(size * 0.94)))


def shorten(text: str, width: float, kind: Type) -> str:
    """The text on one line no wider than `width`, with an ellipsis where something is left out."""
    if kind.length(text) <= width:
        return text
    end = _longest(text.rstrip(ELLIPSIS), width - kind.length(ELLIPSIS), kind.length)
    return text[:end].rstrip() + ELLIPSIS


def _balance(text: str, width: float, kind: Type) -> list[str]:
    lines: list[str] = []
    for paragraph in text[:MAX_TEXT].splitlines() or [""]:
        best = wrap(paragraph, width, _measure(kind))
        narrow, wide = width / 2, width
        while len(best) > 1 and wide - narrow > kind.size / 2:
            middle = (narrow + wide) / 2
            tried = wrap(paragraph, middle, _measure(kind))
            if len(tried) > len(best):
                narrow = middle
            else:
                best, wide = tried, middle
        lines += best
    return lines


def _measure(kind: Type) -> Callable[[str], float]:
    return functools.lru_cache(maxsize=4096)(kind.length)


def _tokens(paragraph: str) -> list[str]:
    """The pieces between which a line may break; a piece keeps the blanks behind it."""
    tokens: list[str] = []
    start = 0
    for place in range(1, len(paragraph)):
        before, after = paragraph[place - 1], paragraph[place]
        if after in NOT_FIRST or before in NOT_LAST or after == " ":
            continue
        if before == " " or ((_is_wide(before) or _is_wide(after)) and is_boundary(paragraph, place)):
            tokens.append(paragraph[start:place])
            start = place
    tokens.append(paragraph[start:])
    return tokens


def _measured(token: str, width: float, measure: Callable[[str], float]) -> float:
    """The width of a token; of one far wider than a line only that it is."""
    return measure(token[:_GLANCE]) if len(token) > _GLANCE else measure(token)


def _longest(text: str, width: float, measure: Callable[[str], float]) -> int:
    """How many characters from the beginning go into the width; at least one as a reader sees them."""
    # A word may be as long as a message: only as much of it is measured as a line could hold.
    reach = 16
    while reach < len(text) and measure(text[:reach]) <= width:
        reach *= 2
    low, high = 1, min(reach, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    end = low
    while end > 0 and not is_boundary(text, end):
        end -= 1
    if end == 0:  # one character, wider than the line: it stands out rather than apart
        end = low
        while end - low < _GLANCE and not is_boundary(text, end):
            end += 1
    return end


@functools.lru_cache(maxsize=16384)
def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
