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
#: Of a header: another follows; and the kind that is made of pairs.
_MORE: Final = 0x80
_PAIRS: Final = 0x60


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
    return (
        b"\x00\x00" + wsp.uintvar(bitmap.width) + wsp.uintvar(bitmap.height) + _without_rest(bitmap.width, bitmap.rows)
    )


def decode(octets: bytes) -> Bitmap:
    """The picture; octets behind it are ignored. Raises MmsFormatError."""
    reader = wsp.Reader(octets)
    kind = reader.uintvar("WBMP")
    if kind != 0:
        raise MmsFormatError(f"WBMP of type {kind}", field="WBMP")
    _pass_extensions(reader, reader.octet("WBMP"))
    width, height = reader.uintvar("WBMP"), reader.uintvar("WBMP")
    _check(width, height)
    return Bitmap(width, height, _without_rest(width, reader.take((width + 7) // 8 * height, "WBMP")))


def _pass_extensions(reader: wsp.Reader, fixed: int) -> None:
    """Passes over the headers that the fixed one announces, which mean nothing in type 0 (WAP-237, section 6.3.1)."""
    goes_on = fixed & _MORE
    while goes_on:
        header = reader.octet("WBMP")
        goes_on = header & _MORE
        if fixed & _PAIRS == _PAIRS:  # a name and a value, and how long each is
            reader.take((header >> 4 & 0x07) + (header & 0x0F), "WBMP")


def _check(width: int, height: int) -> None:
    if not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE:
        raise MmsFormatError(f"a picture of {width} x {height} pixels", field="WBMP")


def _without_rest(width: int, rows: bytes) -> bytes:
    """The rows, with 0 where no pixel is."""
    spare = -width % 8
    if not spare:
        return rows
    stride, mask = (width + 7) // 8, 0xFF << spare & 0xFF
    cleaned = bytearray(rows)
    for end in range(stride - 1, len(cleaned), stride):
        cleaned[end] &= mask
    return bytes(cleaned)
