"""Pictures of cards as octets a handset shows: GIF that moves or stands, PNG, baseline JPEG, WBMP."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops

from mms.codec.wbmp import Bitmap, encode
from mms.preview.shades import with_palette

#: Thresholds of an ordered dither (Bayer, 1973).
_BAYER: Final = (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)
_SIDE: Final = 4
_AMPLITUDE: Final = 12  # of 255: what neighbours of a palette of 256 differ by
_SAMPLE: Final = 160  # pixels wide: enough of a frame to know its colours


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """Baseline JPEG, 4:2:0, without metadata."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality, optimize=True, progressive=False, subsampling="4:2:0")
    return out.getvalue()


def png(picture: Image.Image, colours: int) -> bytes:
    """PNG with a palette of 2 to 256 colours."""
    out = io.BytesIO()
    with_palette(picture, colours).save(out, "PNG", optimize=True)
    return out.getvalue()


def gif(picture: Image.Image, colours: int, *, grey: bool = False) -> bytes:
    """A GIF that stands still, with a palette of 2 to 256 colours."""
    out = io.BytesIO()
    with_palette(picture.convert("L").convert("RGB") if grey else picture, colours).save(out, "GIF", optimize=True)
    return out.getvalue()


def moving_gif(frames: Sequence[Image.Image], colours: int, frame_ms: int, *, grey: bool = False) -> bytes:
    """A GIF that moves for ever, all frames in one palette of 2 to 256 colours.

    Dithered by a pattern that stands still: dots that wander from frame to frame would make each of them whole, while
    now what does not move costs nothing.
    """
    shades = [frame.convert("L").convert("RGB") for frame in frames] if grey else list(frames)
    width = min(_SAMPLE, shades[0].width)
    height = max(1, round(shades[0].height * width / shades[0].width))
    strip = Image.new("RGB", (width, height * len(shades)))
    for number, frame in enumerate(shades):
        strip.paste(frame.resize((width, height), Image.Resampling.NEAREST), (0, number * height))
    palette = strip.quantize(min(colours, 255), method=Image.Quantize.MEDIANCUT)
    flat = [_patterned(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in shades]
    out = io.BytesIO()
    flat[0].save(out, "GIF", save_all=True, append_images=flat[1:], duration=frame_ms, loop=0, optimize=True)
    return out.getvalue()


def wbmp(picture: Image.Image) -> bytes:
    """WBMP: black and white, dithered."""
    flat = picture.convert("L").convert("1")
    return encode(Bitmap(flat.width, flat.height, flat.tobytes()))


def _patterned(frame: Image.Image) -> Image.Image:
    """The frame made lighter and darker pixel by pixel, so that colours between two of a palette become a mesh."""
    tile = Image.new("L", (_SIDE, _SIDE))
    tile.putdata([value * _AMPLITUDE // len(_BAYER) for value in _BAYER])
    mesh = Image.new("L", frame.size)
    for left in range(0, frame.width, _SIDE):
        mesh.paste(tile, (left, 0))
    row = mesh.crop((0, 0, frame.width, _SIDE))
    for top in range(_SIDE, frame.height, _SIDE):
        mesh.paste(row, (0, top))
    return ImageChops.add(frame, Image.merge("RGB", (mesh,) * 3), 1, -_AMPLITUDE // 2)
