"""A tune of one voice, as ring tones are: what iMelody, RTTTL and MIDI say, each in its own way. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

#: Notes that are looked at.
MAX_NOTES: Final = 2000
#: Quarters a minute.
BEATS: Final = (25, 900)
DEFAULT_BEAT: Final = 120
#: Note values that all three write, plain or dotted: whole to thirty-second.
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


def respelled(notes: Iterable[Note], lengths: Sequence[Fraction]) -> Iterator[Note]:
    """The notes in lengths that a format can write, which are sorted.

    One that is longer than all, or falls far between two, is followed by rests, as no format ties notes. What is then
    still missing or too much, less than the shortest, is given to the next, so that the tune does not drift.
    """
    shortest = lengths[0]
    owed = Fraction(0)
    for note in notes:
        left, pitch, least = note.length + owed, note.pitch, shortest / 2
        while left > least:
            length = _next_to(left, lengths)
            yield Note(pitch, length)
            left, pitch, least = left - length, None, shortest
        owed = left


def _next_to(length: Fraction, lengths: Sequence[Fraction]) -> Fraction:
    """The longest that is not longer, or the next one where that is nearer and all but right."""
    place = bisect_right(lengths, length)
    below = lengths[max(0, place - 1)]
    if place < len(lengths) and lengths[place] - length < min(length - below, lengths[0]):
        return lengths[place]
    return below


def within(beat: float) -> int:
    """A beat that every format can say."""
    return max(BEATS[0], min(BEATS[1], round(beat)))
