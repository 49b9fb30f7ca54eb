"""Any sound of an MMS as a WAV file, which every browser plays: AMR, tunes by notes, and what else FFmpeg reads."""

from __future__ import annotations

import struct
from typing import Final

from mms.codec.errors import MmsFormatError
from mms.media import tones
from mms.media.kinds import kind_of
from mms.media.pictures import MediaRefused
from mms.media.sound import RATE, TUNES, decode_pcm

#: Seconds that are played.
MAX_S: Final = 180
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")


def playable(data: bytes, media_type: str) -> bytes:
    """The sound as WAV: mono, 8000 samples a second of 16 bits. Raises MediaRefused."""
    kind = kind_of(data) or media_type
    if media_type in ("audio/rtttl", "application/x-rtttl", "text/x-rtttl"):
        kind = "audio/rtttl"
    if kind not in TUNES:
        return _wav(decode_pcm(data, kind))
    try:
        return _wav(tones.played(TUNES[kind](data)))
    except MmsFormatError as error:
        raise MediaRefused("this tune is damaged, or has no melody") from error


def _wav(pcm: bytes) -> bytes:
    pcm = pcm[: MAX_S * RATE * 2]
    return _HEADER.pack(
        b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16, b"data", len(pcm)
    ) + pcm  # fmt: skip
