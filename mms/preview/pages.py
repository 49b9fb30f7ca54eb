"""Blocks set into pages of a screen: pictures and lines of text below one another, broken where a line ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from mms.handsets.handset import Handset
from mms.preview.fonts import Face, Type, set_in
from mms.preview.lettering import shorten, wrap
from mms.preview.reading import Block, Shown, Sign, Words
from mms.preview.shades import flat_greys, on_screen
from mms.preview.symbols import symbol

INK: Final = (20, 24, 30)
PAPER: Final = (255, 255, 255)
_BAR: Final = (214, 224, 238)
_REASON: Final = (120, 40, 40)
_MAX_LINES: Final = 400
_TINY: Final = 100
_SMALL: Final = 160
_TEXT_SHARE: Final = 0.4
_TALL: Final = 200  # screens so high show sender and subject on two lines


@dataclass(frozen=True, slots=True)
class Row:
    """A strip as wide as the screen, as it looks in each of its moments (mode RGB)."""

    frames: tuple[Image.Image, ...]
    durations_ms: tuple[int, ...] = (0,)

    @property
    def height(self) -> int:
        return self.frames[0].height


def letters(handset: Handset, face: Face = Face.SANS) -> Type:
    """The letters of that handset's screen; 11 pixels at least, which Chinese needs."""
    return set_in(face, max(11, handset.text_height * 0.76))


def line_height(handset: Handset) -> int:
    """From one line of text to the next."""
    return max(handset.text_height, letters(handset).size + 2)


def margin(handset: Handset) -> int:
    """What is left free at both sides of a text."""
    return max(3, handset.screen[0] // 50)


def line_count(text: str, handset: Handset) -> int:
    """How many lines the text takes on that handset."""
    return len(wrap(text, handset.screen[0] - 2 * margin(handset), letters(handset).length))


def rows(blocks: Iterable[Block], handset: Handset) -> list[Row]:
    """The blocks as strips, top to bottom."""
    found: list[Row] = []
    for block in blocks:
        match block:
            case Shown():
                found.append(_picture(block, handset))
            case Words():
                found += _lines(block.text, handset, INK)
            case Sign():
                found += _sign(block, handset)
    return found


def paginate(strips: Iterable[Row], height: int) -> list[list[Row]]:
    """The strips on pages of that height; one higher than a page has a page to itself and is cut off."""
    pages: list[list[Row]] = []
    page: list[Row] = []
    taken = 0
    for strip in strips:
        if page and taken + strip.height > height:
            pages.append(page)
            page, taken = [], 0
        page.append(strip)
        taken += strip.height
    if page:
        pages.append(page)
    return pages or [[]]


def bar_height(handset: Handset) -> int:
    """Height of what stands on top of the screen."""
    return (line_height(handset) + 2) * (2 if handset.screen[1] >= _TALL else 1)


def bar(handset: Handset, sender: str, subject: str, place: str) -> Image.Image:
    """What stands on top: sender and subject, and which page this is."""
    wide = handset.screen[0]
    image = Image.new("RGB", (wide, bar_height(handset)), _BAR)
    kind, step = letters(handset), line_height(handset) + 2
    edge = margin(handset)
    right = wide - kind.length(place) - edge
    kind.draw(image, (right, (step - kind.size) / 2), place, INK)
    if handset.screen[1] >= _TALL and sender:
        kind.draw(image, (edge, (step - kind.size) / 2), shorten(sender, right - 3 * edge, kind), INK)
        bold = letters(handset, Face.BOLD)
        bold.draw(image, (edge, step + (step - kind.size) / 2), shorten(subject, wide - 2 * edge, bold), INK)
    else:
        kind.draw(image, (edge, (step - kind.size) / 2), shorten(subject, right - 3 * edge, kind), INK)
    return _plain(image, handset)


def room_for_picture(handset: Handset, lines: int = 99) -> tuple[int, int]:
    """The largest a picture stands on one screen with a text of so many lines.

    All lines stand beside it while they leave it more than half of the screen; else two of them, one on a small
    screen, none on a tiny one, and the rest by scrolling.
    """
    wide, high = handset.screen
    free, step = high - bar_height(handset), line_height(handset)
    if lines * step <= free * _TEXT_SHARE:
        return wide, free - lines * step
    beside = 0 if high < _TINY else 1 if high < _SMALL else 2
    return wide, free - min(lines, beside) * step


def _plain(image: Image.Image, handset: Handset) -> Image.Image:
    if handset.grey or handset.colours <= 16:
        return flat_greys(image, handset.colours)
    return image


def _picture(block: Shown, handset: Handset) -> Row:
    wide = handset.screen[0]
    frames = []
    for frame in block.frames:
        strip = Image.new("RGB", (wide, frame.height), PAPER)
        strip.paste(on_screen(frame, handset), ((wide - frame.width) // 2, 0))
        frames.append(strip)
    return Row(tuple(frames), block.durations_ms)


def _lines(text: str, handset: Handset, ink: tuple[int, int, int]) -> list[Row]:
    kind, step = letters(handset), line_height(handset)
    wide, left = handset.screen[0], margin(handset)
    found = []
    for line in wrap(text, wide - 2 * left, kind.length)[:_MAX_LINES]:
        strip = Image.new("RGB", (wide, step), PAPER)
        kind.draw(strip, (left, (step - kind.size) / 2), line, ink)
        found.append(Row((_plain(strip, handset),)))
    return found


def _sign(block: Sign, handset: Handset) -> list[Row]:
    side = min(round(line_height(handset) * 1.6), 96)
    wide, step, kind = handset.screen[0], line_height(handset), letters(handset)
    ink = _REASON if block.is_missing else INK
    left = margin(handset)
    lines = wrap(block.label, wide - side - 3 * left, kind.length)[:4]
    height = max(side + 4, len(lines) * step + 4)
    strip = Image.new("RGB", (wide, height), PAPER)
    strip.paste(symbol(block.symbol, side), (left, (height - side) // 2))
    top = (height - len(lines) * step) / 2
    for number, line in enumerate(lines):
        kind.draw(strip, (side + 2 * left, top + number * step + (step - kind.size) / 2), line, ink)
    if block.is_missing:
        ImageDraw.Draw(strip).rectangle((0, 0, wide - 1, height - 2), outline=(200, 160, 160))
    return [Row((_plain(strip, handset),))]
