"""RTTTL, Nokia's text for ring tones: name, defaults, notes. Pure.

    Scale:d=4,o=5,b=120:c,d,e,8g#.,p,2b6

Octave 4 is the one whose A has 440 Hz, as most programs play it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import islice
from typing import Final

from mms.codec.errors import MmsFormatError
from mms.codec.tune import MAX_NOTES, VALUES, Note, Tune, respelled, within

MAX_OCTETS: Final = 65_536
_DEFAULTS: Final = {"d": 4, "o": 6, "b": 63}  # by the specification
#: Octaves that are written; a note outside is moved into them.
_OCTAVES: Final = range(3, 9)
_STEPS: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_NAMES: Final = ("c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b")
_LENGTHS: Final = {
    value * times: (value.denominator, dot) for value in VALUES for dot, times in (("", 1), (".", Fraction(3, 2)))
}
_SORTED: Final = sorted(_LENGTHS)
_SETTING: Final = re.compile(r"([dob])=([0-9]{1,3})")
_NOTE: Final = re.compile(r"(1|2|4|8|16|32|64)?([a-hp])([#_]?)(\.?)([1-9]?)(\.?)")


def decode(octets: bytes) -> Tune:
    """The tune. Raises MmsFormatError for what is no RTTTL, or has no note."""
    text = octets[:MAX_OCTETS].decode("latin-1")
    name, first, rest = text.partition(":")
    settings, second, melody = rest.partition(":")
    if not first or not second or "\n" in name.strip():
        raise MmsFormatError("no RTTTL", field="RTTTL")
    given = dict(_DEFAULTS)
    for setting in filter(None, re.sub(r"\s", "", settings.lower()).split(",")):
        found = _SETTING.fullmatch(setting)
        if found is not None:  # others (s=, l=) say how to play, not what
            given[found[1]] = int(found[2])
    if given["d"] not in (1, 2, 4, 8, 16, 32, 64) or not 1 <= given["o"] <= 9:
        raise MmsFormatError("defaults no tune can have", field="RTTTL")
    notes = []
    for written in filter(None, re.sub(r"\s", "", melody.lower()).split(",")[:MAX_NOTES]):
        token = _NOTE.fullmatch(written)
        if token is None:
            raise MmsFormatError(f"{written[:8]!r} is no note", field="RTTTL")
        notes.append(_note(token, given))
    if not notes:
        raise MmsFormatError("no note", field="RTTTL")
    return Tune(tuple(notes), within(given["b"] or 1), name.strip()[:100])


def _note(token: re.Match[str], given: dict[str, int]) -> Note:
    length = Fraction(1, int(token[1] or given["d"])) * (Fraction(3, 2) if token[4] or token[6] else 1)
    if token[2] == "p":
        return Note(None, length)
    octave = int(token[5] or given["o"])
    return Note(12 + 12 * octave + _STEPS[token[2]] + (token[3] != ""), length)


def encode(tune: Tune) -> bytes:
    """The text, with every length and octave said."""
    name = re.sub(r"[^ -9;-~]", "", tune.name)[:10].strip() or "Tune"
    notes = ",".join(map(_written, islice(respelled(tune.notes, _SORTED), MAX_NOTES)))
    return f"{name}:d=4,o=5,b={within(tune.beat)}:{notes}".encode("ascii")


def _written(note: Note) -> str:
    length, dot = _LENGTHS[note.length]
    if note.pitch is None:
        return f"{length}p{dot}"
    octave, step = divmod(note.pitch - 12, 12)
    octave = max(_OCTAVES[0], min(_OCTAVES[-1], octave))
    return f"{length}{_NAMES[step]}{octave}{dot}"
