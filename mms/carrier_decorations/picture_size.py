"""How large a picture is, by the first octets of its file; nothing is decoded. Pure."""

from __future__ import annotations

import struct
from typing import Final

#: Segments of a JPEG that are passed over before its size.
MAX_SEGMENTS: Final = 100
_FRAMES: Final = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a GIF, PNG or JPEG; None for anything else and for one that is cut off before."""
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack_from("<HH", data, 6)
        return width, height
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    return _size_of_jpeg(data) if data[:2] == b"\xff\xd8" else None


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    for _ in range(MAX_SEGMENTS):
        if position + 9 > len(data) or data[position] != 0xFF:
            return None
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + length
    return None
