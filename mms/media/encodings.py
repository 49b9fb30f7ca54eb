"""Pictures as octets: JPEGs of the best quality that fits, palettes, greys."""

from __future__ import annotations

import io
import math
from typing import Final

from PIL import Image, ImageChops, ImageOps, ImageStat

#: Quality of a JPEG: no better is worth its octets, no worse is worth showing.
BEST, WORST = 92, 40
_ENCODES: Final = 5  # to find a quality
_CLOSE: Final = 0.93  # of the room: no further search
#: Pixels that are looked at to choose colours.
_GLANCE: Final = 50_000


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """Baseline, 4:2:0; with the shortest codes for this very picture where it is not large."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=picture.width * picture.height < 1_500_000)
    return out.getvalue()


def jpeg_within(picture: Image.Image, room: int) -> tuple[bytes | None, int]:
    """The best JPEG of at most so many octets, and its quality; None where even the worst is larger.

    Octets grow about exponentially with quality, so each guess is drawn from the two before it.
    """
    data = jpeg(picture, BEST)
    if len(data) <= room:
        return data, BEST
    low, high = WORST - 1, BEST  # too good to be true, too large
    best: tuple[bytes | None, int] = (None, 0)
    known = {BEST: math.log(len(data))}
    wanted = math.log(room * (1 + _CLOSE) / 2)
    slope = 0.035  # of log octets a step of quality, between 40 and 92
    for _ in range(_ENCODES):
        near = min(known, key=lambda quality: abs(known[quality] - wanted))
        guess = round(near + (wanted - known[near]) / slope)
        quality = max(low + 1, min(high - 1, guess))
        if not low < quality < high:
            break
        data = jpeg(picture, quality)
        known[quality] = math.log(len(data))
        if len(data) <= room:
            best, low = (data, quality), quality
            if len(data) >= _CLOSE * room:
                break
        else:
            high = quality
        if len(known) > 1:
            ends = min(known), max(known)
            slope = max(0.005, (known[ends[1]] - known[ends[0]]) / (ends[1] - ends[0]))
    return best


def on_white(picture: Image.Image) -> tuple[Image.Image, bool]:
    """Without transparency; and whether there was any."""
    if picture.mode != "RGBA":
        return picture.convert("RGB"), False
    was_clear = picture.getchannel("A").getextrema()[0] != 255
    if not was_clear:
        return picture.convert("RGB"), False
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB"), True


def palette(picture: Image.Image, kind: str, colours: int) -> bytes:
    """A GIF ("image/gif") or PNG of at most so many colours, up to 256; those it has where they are no more."""
    out = io.BytesIO()
    _reduced(picture, colours).save(out, "GIF" if kind == "image/gif" else "PNG", optimize=True)
    return out.getvalue()


def _reduced(picture: Image.Image, colours: int) -> Image.Image:
    if picture.mode == "RGBA":
        return picture.quantize(colours, method=Image.Quantize.FASTOCTREE)
    picture = picture.convert("RGB")
    if colours == 256 and not ImageChops.difference(picture, picture.convert("L").convert("RGB")).getbbox():
        return picture.convert("L")  # what was written or drawn on paper needs no palette
    if picture.getcolors(colours) is not None:
        return picture.quantize(colours, method=Image.Quantize.MEDIANCUT)
    return picture.quantize(palette=settled_palette([picture], colours), dither=Image.Dither.NONE)


def settled_palette(pictures: list[Image.Image], colours: int) -> Image.Image:
    """The colours that come nearest to all of these pictures of one size, as a picture of them.

    They are looked at in small: settled colour by colour, they miss half as much as a median cut, in many times its
    time.
    """
    wide, high = pictures[0].size
    scale = min(1.0, math.sqrt(_GLANCE / (wide * high * len(pictures))))
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    sheet = Image.new("RGB", (size[0], size[1] * len(pictures)))
    for number, picture in enumerate(pictures):
        sheet.paste(picture.resize(size, Image.Resampling.NEAREST), (0, size[1] * number))
    return sheet.quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=1)


def greys(picture: Image.Image, shades: int, kind: str) -> bytes:
    """A GIF or PNG of evenly spaced greys, scattered, using all from black to white."""
    shown = Image.new("P", (1, 1))
    steps = [round(255 * shade / (shades - 1)) for shade in range(shades)]
    shown.putpalette([value for step in steps for value in (step, step, step)])
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1).convert("RGB")
    out = io.BytesIO()
    grey.quantize(palette=shown, dither=Image.Dither.FLOYDSTEINBERG).save(
        out, "GIF" if kind == "image/gif" else "PNG", optimize=True
    )
    return out.getvalue()


def missed(true: Image.Image, shown: Image.Image) -> float:
    """How far colours are from the true ones: the mean of their squares."""
    stat = ImageStat.Stat(ImageChops.difference(true.convert("RGB"), shown.convert("RGB")))
    return sum(stat.sum2) / (true.width * true.height)
