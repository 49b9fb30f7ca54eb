"""HEIC photographs, brought down band by band: the octets of the whole are never there twice."""

from __future__ import annotations

import io

import pillow_heif
from PIL import Image

#: Rows of the smaller picture that are made at a time.
_BAND = 64


def opened(data: bytes) -> pillow_heif.HeifImage:
    """The primary picture, its pixels not read yet; its size is that of the picture as it is shown, already upright.

    Raises what pillow-heif raises: ValueError, EOFError, RuntimeError, OSError.
    """
    file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True, thumbnails=False)
    return file[file.primary_index]


def decoded(image: pillow_heif.HeifImage, box: tuple[int, int]) -> Image.Image:
    """RGB or RGBA, brought down by a whole number but never below the box."""
    wide, high = image.size
    by = max(1, min(wide // box[0], high // box[1]))
    pixels = memoryview(image.data)
    stride = image.stride
    mode = image.mode
    whole = Image.new("RGBA" if mode == "RGBA" else "RGB", (-(-wide // by), -(-high // by)))
    for top in range(0, high, _BAND * by):
        rows = min(_BAND * by, high - top)
        octets = bytes(pixels[top * stride : (top + rows) * stride])
        band = Image.frombytes(mode, (wide, rows), octets, "raw", mode, stride)
        whole.paste((band.reduce(by) if by > 1 else band).convert(whole.mode), (0, top // by))
    return whole
