"""Colour profiles as cameras and printers write them, as small as they can be (ICC.1:2001-04)."""

from __future__ import annotations

import itertools
import struct

#: White of every profile: D50, in X, Y and Z.
_D50 = (0.9642, 1.0, 0.8249)


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _text(kind: bytes, words: bytes) -> bytes:
    if kind == b"text":
        return b"text" + bytes(4) + words + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words + b"\0" + bytes(78)


#: The colours of phones of today: larger than sRGB, mostly towards green and red. Brightness as a power of 2.2.
DISPLAY_P3 = {
    b"rXYZ": _xyz((0.51512, 0.24120, -0.00105)),
    b"gXYZ": _xyz((0.29198, 0.69225, 0.04189)),
    b"bXYZ": _xyz((0.15710, 0.06657, 0.78407)),
    **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))),
}


def _inks() -> bytes:
    """What sixteen mixtures of four full inks look like, in L, a and b of eight bits (lut8)."""
    looks = {
        (0, 0, 0): (95, 0, 0), (1, 0, 0): (61, -31, -48), (0, 1, 0): (52, 81, -7), (0, 0, 1): (94, -6, 95),
        (1, 1, 0): (27, 17, -46), (1, 0, 1): (56, -58, 38), (0, 1, 1): (51, 73, 50), (1, 1, 1): (27, 0, 0),
    }  # fmt: skip
    table = bytearray()
    for cyan, magenta, yellow, black in itertools.product((0, 1), repeat=4):
        light, a, b = looks[cyan, magenta, yellow] if not black else (15, 0, 0)
        table += bytes((round(light * 2.55), a + 128, b + 128))
    straight = bytes(range(256))
    unity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    return b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + unity + straight * 4 + bytes(table) + straight * 3


#: Four inks on paper.
PAPER = {b"A2B0": _inks()}


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """The profile of a device with these colours; `space` is "RGB " or "CMYK"."""
    entries = {b"desc": _text(b"desc", b"made"), b"cprt": _text(b"text", b"none"), b"wtpt": _xyz(_D50), **tags}
    table, body = bytearray(struct.pack(">I", len(entries))), bytearray()
    start = 128 + 4 + 12 * len(entries)
    for name, octets in entries.items():
        table += name + struct.pack(">II", start + len(body), len(octets))
        body += octets + bytes(-len(octets) % 4)
    kind, connection = (b"mntr", b"XYZ ") if space == b"RGB " else (b"prtr", b"Lab ")
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x0210_0000, kind, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", *(round(value * 65536) for value in _D50))
    return head.ljust(128, b"\0") + bytes(table) + bytes(body)
