"""Pictures in the colours a screen has: greys, 256 colours, 4096 and more."""

from __future__ import annotations

import functools
from typing import Final

from PIL import Image, ImageChops

from mms.handsets.handset import Handset

# Bits for red, green and blue of the screens there were, by their number of colours.
_BITS: Final = {
    256: (3, 3, 2),
    4_096: (4, 4, 4),
    65_536: (5, 6, 5),
    262_144: (6, 6, 6),
}
#: A palette's average of what is mostly white.
_NEARLY_WHITE: Final = 240
_TRUE: Final = 16_777_216


def on_screen(picture: Image.Image, handset: Handset) -> Image.Image:
    """The picture (mode RGB) as the handset's screen shows it.

    Where colours are few, phones dither pictures; from 4096 on they just drop the low bits.
    """
    picture = picture.convert("RGB")
    if handset.grey or handset.colours <= 16:
        return _greys(picture, min(handset.colours, 256))
    if handset.colours >= _TRUE:
        return picture
    bits = _BITS.get(handset.colours) or _BITS[max((one for one in _BITS if one <= handset.colours), default=256)]
    if handset.colours <= 256:
        return picture.quantize(palette=_cube(bits), dither=Image.Dither.FLOYDSTEINBERG).convert("RGB")
    return Image.merge(
        "RGB", [band.point(_steps(1 << depth)) for band, depth in zip(picture.split(), bits, strict=True)]
    )


def with_palette(picture: Image.Image, colours: int) -> Image.Image:
    """The picture in the 2 to 256 colours that suit it, dithered, white staying white (mode P)."""
    plain = picture.convert("RGB")
    # Pillow dithers only towards a palette that is given.
    palette = plain.quantize(colours, method=Image.Quantize.MEDIANCUT)
    values = palette.getpalette() or []
    lightest = max(range(0, len(values), 3), key=lambda at: sum(values[at : at + 3]))
    is_white = min(values[lightest : lightest + 3]) >= _NEARLY_WHITE
    if is_white:
        values[lightest : lightest + 3] = [255, 255, 255]
        palette.putpalette(values)
    flat = plain.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if is_white:
        # Pillow finds the nearest colour by the high bits alone, and may take one beside white for white.
        red, green, blue = plain.split()
        darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
        flat.paste(lightest // 3, (0, 0), darkest.point([0] * 255 + [255]))
    return flat


def flat_greys(picture: Image.Image, levels: int) -> Image.Image:
    """The picture in so many greys, without dithering: letters and lines (mode RGB)."""
    return picture.convert("L").point(_steps(max(2, levels))).convert("RGB")


def _greys(picture: Image.Image, levels: int) -> Image.Image:
    if levels >= 256:
        return picture.convert("L").convert("RGB")
    if levels <= 2:
        return picture.convert("L").convert("1").convert("RGB")
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(step * 255 / (levels - 1)) for step in range(levels) for _ in range(3)])
    return picture.convert("L").convert("RGB").quantize(
        palette=palette, dither=Image.Dither.FLOYDSTEINBERG
    ).convert("RGB")  # fmt: skip


@functools.cache
def _steps(levels: int) -> list[int]:
    return [round(round(value * (levels - 1) / 255) * 255 / (levels - 1)) for value in range(256)]


@functools.cache
def _cube(bits: tuple[int, int, int]) -> Image.Image:
    reds, greens, blues = (1 << depth for depth in bits)
    palette = Image.new("P", (1, 1))
    palette.putpalette(
        [
            value
            for red in range(reds)
            for green in range(greens)
            for blue in range(blues)
            for value in (
                round(red * 255 / (reds - 1)),
                round(green * 255 / (greens - 1)),
                round(blue * 255 / (blues - 1)),
            )
        ]
    )
    return palette
