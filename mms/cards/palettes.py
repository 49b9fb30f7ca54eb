"""Pictures of cards as octets a handset shows: GIF that moves or stands, PNG, baseline JPEG, WBMP."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image

_SAMPLE: Final = 160  # pixels wide: enough of a frame to know its colours


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """Baseline JPEG, 4:2:0, without metadata."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality, optimize=True, progressive=False, subsampling="4:2:0")
    return out.getvalue()


def png(picture: Image.Image, colours: int) -> bytes:
    """PNG with a palette of 2 to 256 colours."""
    out = io.BytesIO()
    _reduced(picture, colours).save(out, "PNG", optimize=True)
    return out.getvalue()


def gif(picture: Image.Image, colours: int, *, grey: bool = False) -> bytes:
    """A GIF that stands still, with a palette of 2 to 256 colours."""
    out = io.BytesIO()
    _reduced(picture.convert("L").convert("RGB") if grey else picture, colours).save(out, "GIF", optimize=True)
    return out.getvalue()


def moving_gif(frames: Sequence[Image.Image], colours: int, frame_ms: int, *, grey: bool = False) -> bytes:
    """A GIF that moves for ever, all frames in one palette of 2 to 256 colours.

    Without dithering, whose dots would differ from frame to frame and make each of them whole: what does not move
    costs nothing.
    """
    shades = [frame.convert("L").convert("RGB") for frame in frames] if grey else list(frames)
    width = min(_SAMPLE, shades[0].width)
    height = max(1, round(shades[0].height * width / shades[0].width))
    strip = Image.new("RGB", (width, height * len(shades)))
    for number, frame in enumerate(shades):
        strip.paste(frame.resize((width, height), Image.Resampling.NEAREST), (0, number * height))
    palette = strip.quantize(min(colours, 255), method=Image.Quantize.MEDIANCUT)
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in shades]
    out = io.BytesIO()
    flat[0].save(out, "GIF", save_all=True, append_images=flat[1:], duration=frame_ms, loop=0, optimize=True)
    return out.getvalue()


def bits(picture: Image.Image) -> tuple[int, int, bytes]:
    """Width, height and rows of one bit a pixel, 1 = white, dithered: what a WBMP holds."""
    flat = picture.convert("L").convert("1")
    return flat.width, flat.height, flat.tobytes()


def _reduced(picture: Image.Image, colours: int) -> Image.Image:
    return picture.convert("RGB").quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
