"""A phone around its screen, of no maker: with keys for those that had them, a plain edge for the others."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw

from mms.handsets.handset import Handset
from mms.preview.fonts import Face, set_in
from mms.preview.rendering import Preview

#: Width at which screens stand side by side, whatever their pixels.
_SHOWN_WIDTH: Final = 300
_ENLARGED: Final = 150  # screens so narrow are shown twice as large, pixel by pixel
_AS_IS: Final = 360
_TOUCH_YEAR: Final = 2007
_TOUCH_WIDTH: Final = 320
_TIMES: Final = 3
_BODY: Final = (58, 64, 74)
_RIM: Final = (34, 38, 46)
_EDGE: Final = (96, 104, 118)
_KEY: Final = (92, 100, 114)
_KEY_INK: Final = (214, 220, 230)


def framed(preview: Preview, number: int = 0) -> Image.Image:
    """The phone with one of its screens (mode RGB, on white). Raises IndexError when there is no such screen."""
    with Image.open(io.BytesIO(preview.screens[number].png)) as picture:
        screen = picture.convert("RGB")
    wide, high = screen.size
    if wide <= _ENLARGED:
        screen = screen.resize((wide * 2, high * 2), Image.Resampling.NEAREST)
    elif wide > _AS_IS:
        screen = screen.resize((_SHOWN_WIDTH, round(high * _SHOWN_WIDTH / wide)), Image.Resampling.LANCZOS)
    return _touch(screen) if _is_touch(preview.handset) else _keyed(screen)


def _is_touch(handset: Handset) -> bool:
    return handset.year >= _TOUCH_YEAR and min(handset.screen) >= _TOUCH_WIDTH


def _sheet(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width * _TIMES, height * _TIMES), (255, 255, 255))
    return image, ImageDraw.Draw(image)


def _rounded(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], radius: float,
             fill: tuple[int, int, int], edge: tuple[int, int, int] | None = None) -> None:  # fmt: skip
    pen.rounded_rectangle([value * _TIMES for value in box], radius * _TIMES, fill=fill, outline=edge, width=_TIMES * 2)


def _finished(image: Image.Image, screen: Image.Image, at: tuple[int, int]) -> Image.Image:
    small = image.resize((image.width // _TIMES, image.height // _TIMES), Image.Resampling.LANCZOS)
    small.paste(screen, at)
    return small


def _touch(screen: Image.Image) -> Image.Image:
    side, top, foot = 12, 26, 26
    wide, high = screen.width + 2 * side, screen.height + top + foot
    image, pen = _sheet(wide, high)
    _rounded(pen, (0, 0, wide - 1, high - 1), 26, _RIM, _EDGE)
    _rounded(pen, (wide / 2 - 24, 11, wide / 2 + 24, 15), 2, _BODY)
    _rounded(pen, (wide / 2 - 40, high - 15, wide / 2 + 40, high - 12), 1.5, _BODY)
    return _finished(image, screen, (side, top))


def _keyed(screen: Image.Image) -> Image.Image:
    side, top = 26, 44
    wide = max(screen.width + 2 * side, 210)
    keys = top + screen.height + 20
    high = keys + 172
    left = (wide - screen.width) // 2
    image, pen = _sheet(wide, high)
    _rounded(pen, (0, 0, wide - 1, high - 1), 42, _BODY, _EDGE)
    _rounded(pen, (left - 10, top - 12, left + screen.width + 10, top + screen.height + 10), 10, _RIM)
    _rounded(pen, (wide / 2 - 26, 17, wide / 2 + 26, 22), 2.5, _RIM)
    middle = wide / 2
    for shift in (-1, 1):
        _rounded(pen, (middle + shift * 66 - 24, keys, middle + shift * 66 + 24, keys + 16), 8, _KEY)
        colour = (72, 160, 92) if shift < 0 else (190, 74, 74)
        _rounded(pen, (middle + shift * 66 - 24, keys + 24, middle + shift * 66 + 24, keys + 40), 8, colour)
    _rounded(pen, (middle - 34, keys - 4, middle + 34, keys + 44), 22, _RIM)
    _rounded(pen, (middle - 15, keys + 8, middle + 15, keys + 32), 11, _KEY)
    digits = set_in(Face.BOLD, 11 * _TIMES)
    for number in range(12):
        x, y = middle + (number % 3 - 1) * 58, keys + 58 + number // 3 * 26
        _rounded(pen, (x - 24, y, x + 24, y + 18), 9, _KEY)
        mark = "123456789*0#"[number]
        at = x * _TIMES - digits.length(mark) / 2, (y + 9) * _TIMES - digits.size * 0.53
        digits.draw(image, at, mark, _KEY_INK)
    return _finished(image, screen, (left, top))
