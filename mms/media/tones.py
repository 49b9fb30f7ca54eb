"""Tunes played in plain tones, for phones that take sound but no notes. Pure."""

from __future__ import annotations

import array
import math
from typing import Final

from mms.codec.tune import Tune

RATE: Final = 8000
#: Seconds of a tune that are played.
MAX_S: Final = 60
_LOUDNESS: Final = 9_000
#: How loud the tone, twice and three times its pitch are: softer than a buzzer, clearer than a flute.
_OVERTONES: Final = ((1, 0.7), (2, 0.25), (3, 0.12))
_ATTACK_S: Final = 0.006  # without it every note begins with a click
_HALVED_S: Final = 0.4  # after so long a note is half as loud
_RELEASE: Final = 0.12  # of its length, in which a note dies away


def played(tune: Tune) -> bytes:
    """The tune as samples of 16 bits, mono, RATE a second; at most MAX_S."""
    out = array.array("h")
    whole_s = 4 * 60 / tune.beat
    end = 0.0
    for note in tune.notes:
        end += float(note.length) * whole_s
        count = min(round(end * RATE), MAX_S * RATE) - len(out)  # by the time since the beginning: nothing drifts
        if count <= 0:
            break
        out.extend([0] * count if note.pitch is None else _tone(note.pitch, count))
    return out.tobytes()


def _tone(pitch: int, count: int) -> list[int]:
    step = 2 * math.pi * 440 * 2 ** ((pitch - 69) / 12) / RATE
    parts = [(step * times, loud * _LOUDNESS) for times, loud in _OVERTONES if step * times < math.pi]
    decay = math.log(2) / (_HALVED_S * RATE)
    attack, release = _ATTACK_S * RATE, max(1.0, _RELEASE * count)
    return [
        int(
            sum(loud * math.sin(turn * n) for turn, loud in parts)
            * math.exp(-decay * n)
            * min(1.0, n / attack, (count - n) / release)
        )
        for n in range(count)
    ]
