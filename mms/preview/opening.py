"""Pictures opened with care: by what their octets are, within limits, and with an error that says why not."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, ImageSequence

from gateway.core.errors import CaiyouError
from mms.codec import wbmp

#: What is opened at all; others Pillow could read have more traps than use.
FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
MAX_OCTETS: Final = 33_554_432
MAX_PIXELS: Final = 64_000_000
MAX_FRAMES: Final = 120
#: Frames times pixels that are decoded of a picture that moves.
MAX_MOVING_PIXELS: Final = 24_000_000
# Pillow's readers raise far more than they document when octets lie.
_LIES: Final = (
    OSError, ValueError, TypeError, ArithmeticError, LookupError, EOFError, SyntaxError, MemoryError, AttributeError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
_FRAME_MS: Final = 100
_WBMP_START: Final = b"\x00\x00"


class PictureRefused(CaiyouError):
    """This is no picture that can be opened; the message says why."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture: its frames, how long each stands, what it is."""

    frames: tuple[Image.Image, ...]  # RGB or RGBA, upright
    durations_ms: tuple[int, ...]
    media_type: str
    #: Width and height as it came.
    size: tuple[int, int]
    is_progressive: bool = False
    #: Some frames were left out.
    is_cut: bool = False


def open_picture(data: bytes, *, largest: tuple[int, int] | None = None, max_pixels: int = MAX_PIXELS) -> Opened:
    """The picture in the octets, each frame brought down to `largest` where it is larger. Raises PictureRefused.

    The format is what the octets say, whatever name or type they came with. A picture of more than `max_pixels` is
    refused before anything of it is decoded.
    """
    if len(data) > MAX_OCTETS:
        raise PictureRefused(f"the picture has more than {MAX_OCTETS} octets")
    if data.startswith(_WBMP_START):
        return _bitmap(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            wide, high = picture.size
            if wide * high > max_pixels:
                raise PictureRefused(f"the picture has {wide} x {high} pixels, more than {max_pixels}")
            size = picture.size
            if largest is not None and picture.format == "JPEG":
                picture.draft("RGB", largest)
            return _frames(picture, largest, size)
    except _LIES as error:
        raise PictureRefused("it is no JPEG, PNG, GIF, WebP, BMP or WBMP, or it is damaged") from error


def _frames(picture: Image.Image, largest: tuple[int, int] | None, size: tuple[int, int]) -> Opened:
    count = int(getattr(picture, "n_frames", 1)) if getattr(picture, "is_animated", False) else 1
    room = max(1, min(MAX_FRAMES, MAX_MOVING_PIXELS // max(1, picture.width * picture.height)))
    frames: list[Image.Image] = []
    durations: list[int] = []
    for frame in ImageSequence.Iterator(picture):
        upright = ImageOps.exif_transpose(frame) if count == 1 else frame
        see_through = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        copy = upright.convert("RGBA" if see_through else "RGB")
        if largest is not None:
            copy.thumbnail(largest, Image.Resampling.LANCZOS)
        frames.append(copy)
        durations.append(max(20, round(float(frame.info.get("duration", 0) or _FRAME_MS))))
        if len(frames) >= min(room, count):
            break
    media_type = Image.MIME.get(picture.format or "", "")
    return Opened(
        tuple(frames),
        tuple(durations),
        media_type,
        size,
        is_progressive=bool(picture.info.get("progressive")),
        is_cut=len(frames) < count,
    )


def _bitmap(data: bytes) -> Opened:
    try:
        found = wbmp.decode(data)
    except CaiyouError as error:
        raise PictureRefused(f"the WBMP is damaged: {error}") from error
    picture = Image.frombytes("1", (found.width, found.height), found.rows)
    return Opened((picture.convert("RGB"),), (_FRAME_MS,), "image/vnd.wap.wbmp", picture.size)
