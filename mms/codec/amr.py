"""AMR narrow band as a file (RFC 4867, section 5): frames of 20 ms, whose first octet says how long they are. Pure.

Read and cut here; sound becomes AMR in `mms.media`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from mms.codec.errors import MmsFormatError

MAGIC: Final = b"#!AMR\n"
WIDE_MAGIC: Final = b"#!AMR-WB\n"
FRAME_MS: Final = 20
#: Bits a second -> octets of a frame with its header.
RATES: Final[dict[int, int]] = {
    4750: 13, 5150: 14, 5900: 16, 6700: 18, 7400: 20, 7950: 21, 10200: 27, 12200: 32,
}  # fmt: skip
#: Frame type -> octets with its header; silence and "no data" are frames too.
_SIZES: Final = dict(enumerate(RATES.values())) | {8: 6, 15: 1}
_NO_BITS: Final = 0x83  # of the header, that are always 0
#: Longest sound that is looked at.
MAX_FRAMES: Final = 180_000  # an hour


class Sound(NamedTuple):
    """What an AMR file holds."""

    frames: int
    #: Of the fastest frame; 0 when all are silence.
    bits_per_s: int
    #: Octets of the whole frames with the magic; what stands behind them is a torn frame.
    octets: int

    @property
    def duration_ms(self) -> int:
        """How long it plays."""
        return self.frames * FRAME_MS


def read(octets: bytes) -> Sound:
    """What the file holds; a torn last frame is left out. Raises MmsFormatError for anything but AMR narrow band."""
    fastest, frames, end = -1, 0, len(MAGIC)
    for kind, end in _frames(octets):  # noqa: B007  the end of the last one is wanted
        frames += 1
        if kind < 8:
            fastest = max(fastest, kind)
    return Sound(frames, tuple(RATES)[fastest] if fastest >= 0 else 0, end)


def cut(octets: bytes, *, max_octets: int | None = None, max_ms: int | None = None) -> bytes:
    """The beginning of a file that fits both, cut between frames. Raises MmsFormatError."""
    end = len(MAGIC)
    for number, (_, frame_end) in enumerate(_frames(octets), 1):
        if (max_octets is not None and frame_end > max_octets) or (max_ms is not None and number * FRAME_MS > max_ms):
            break
        end = frame_end
    return octets[:end]


def octets_of(duration_ms: int, bits_per_s: int) -> int:
    """Octets a sound of this length takes at one of RATES."""
    return len(MAGIC) + -(-duration_ms // FRAME_MS) * RATES[bits_per_s]


def _frames(octets: bytes) -> Iterator[tuple[int, int]]:
    """(type, where it ends) of each whole frame."""
    if not octets.startswith(MAGIC):
        what = "wide band" if octets.startswith(WIDE_MAGIC) else "several channels" if octets[:5] == b"#!AMR" else "no"
        raise MmsFormatError(f"{what} AMR", field="AMR")
    at = len(MAGIC)
    for _ in range(MAX_FRAMES):
        if at >= len(octets):
            return
        head = octets[at]
        size = _SIZES.get(head >> 3 & 0x0F)
        if size is None or head & _NO_BITS:
            raise MmsFormatError(f"a frame that begins with {head:02X}", offset=at, field="AMR")
        at += size
        if at > len(octets):
            return
        yield head >> 3 & 0x0F, at
