"""A tune of one voice, as ring tones are: what iMelody, RTTTL and MIDI say, each in its own way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

#: Notes that are looked at.
MAX_NOTES: Final = 2000
#: Quarters a minute.
BEATS: Final = (25, 900)
DEFAULT_BEAT: Final = 120
#: Note values that all three write: whole to thirty-second, plain or dotted.
VALUES: Final = tuple(Fraction(1, 1 << power) for power in range(6))


class Note(NamedTuple):
    """A note or a rest."""

    #: MIDI number: 60 is middle C, 69 the A of 440 Hz; None = a rest.
    pitch: int | None
    #: Of a whole note: 1/4 is a quarter, 3/8 a dotted quarter.
    length: Fraction


@dataclass(frozen=True, slots=True)
class Tune:
    """Notes one after the other."""

    notes: tuple[Note, ...]
    #: Quarters a minute.
    beat: int = DEFAULT_BEAT
    name: str = ""

    @property
    def duration_ms(self) -> int:
        """How long it plays."""
        return int(sum((note.length for note in self.notes), Fraction(0)) * 4 * 60_000 / self.beat)


def nearest(length: Fraction, *, dotted: bool = True) -> tuple[int, bool]:
    """The note value next to a length: (power: 0 whole … 5 thirty-second, whether it is dotted)."""
    found = [(abs(length - value), power, False) for power, value in enumerate(VALUES)]
    if dotted:
        found += [(abs(length - value * 3 / 2), power, True) for power, value in enumerate(VALUES)]
    _, power, is_dotted = min(found)
    return power, is_dotted


def within(beat: float) -> int:
    """A beat that every format can say."""
    return max(BEATS[0], min(BEATS[1], round(beat)))
