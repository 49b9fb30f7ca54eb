"""WBMP type 0: one bit a pixel, rows from the top, the leftmost pixel first, 1 is white (WAP-237, section 6).

    type, fixed header (both 0), width, height (as uintvars), then rows of (width + 7) // 8 octets

A row is what Pillow calls the raw form of mode "1". Pure.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mms.codec import wsp
from mms.codec.errors import MmsFormatError

#: Pixels a side: far beyond any phone that shows these.
MAX_SIDE: Final = 4096


class Bitmap(NamedTuple):
    """A picture in black and white."""

    width: int
    height: int
    #: Bits behind the width are 0.
    rows: bytes


def encode(bitmap: Bitmap) -> bytes:
    """The file. Raises MmsFormatError when rows and size do not fit together."""
    stride = (bitmap.width + 7) // 8
    _check(bitmap.width, bitmap.height)
    if len(bitmap.rows) != stride * bitmap.height:
        raise MmsFormatError(f"{len(bitmap.rows)} octets for {bitmap.width} x {bitmap.height} pixels", field="WBMP")
    return b"\x00\x00" + wsp.uintvar(bitmap.width) + wsp.uintvar(bitmap.height) + _without_rest(bitmap)


def decode(octets: bytes) -> Bitmap:
    """The picture; octets behind it are ignored. Raises MmsFormatError."""
    reader = wsp.Reader(octets)
    kind = reader.uintvar("WBMP")
    if kind != 0:
        raise MmsFormatError(f"WBMP of type {kind}", field="WBMP")
    header = reader.octet("WBMP")
    while header & 0x80:  # extension headers of a kind nobody writes
        header = reader.octet("WBMP")
    width, height = reader.uintvar("WBMP"), reader.uintvar("WBMP")
    _check(width, height)
    return Bitmap(width, height, reader.take((width + 7) // 8 * height, "WBMP"))


def _check(width: int, height: int) -> None:
    if not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE:
        raise MmsFormatError(f"a picture of {width} x {height} pixels", field="WBMP")


def _without_rest(bitmap: Bitmap) -> bytes:
    """The rows, with 0 where no pixel is."""
    spare = -bitmap.width % 8
    if not spare:
        return bitmap.rows
    stride, mask = (bitmap.width + 7) // 8, 0xFF << spare & 0xFF
    rows = bytearray(bitmap.rows)
    for end in range(stride - 1, len(rows), stride):
        rows[end] &= mask
    return bytes(rows)
