"""iMelody 1.2 (audio/imelody, .imy): lines of text with a melody of note letters. Pure.

`*4` is the octave whose A is 880 Hz; a note without a prefix is in it. Written strictly: CRLF, lines of at most 75
characters folded by a blank. Read leniently: any line ends, repetitions written out, what only blinks or buzzes left
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Final

from mms.codec.errors import MmsFormatError
from mms.codec.tune import DEFAULT_BEAT, MAX_NOTES, VALUES, Note, Tune, respelled, within

MAX_OCTETS: Final = 65_536
#: How often `@0`, for ever, is played.
FOR_EVER: Final = 2
_MAX_LINE: Final = 75
#: MIDI number of c in *0, whose A has 55 Hz.
_LOWEST: Final = 24
_OCTAVES: Final = range(9)
_DEFAULT_OCTAVE: Final = 4
_STEPS: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_NAMES: Final = ("c", "#c", "d", "#d", "e", "f", "#f", "g", "#g", "a", "#a", "b")
_MODIFIERS: Final = {"": Fraction(1), ".": Fraction(3, 2), ":": Fraction(7, 4), ";": Fraction(2, 3)}
_LENGTHS: Final = {
    value * times: f"{power}{modifier}" for modifier, times in _MODIFIERS.items() for power, value in enumerate(VALUES)
}
_SORTED: Final = sorted(_LENGTHS)
_TOKEN: Final = re.compile(
    r"(?:\*(?P<octave>[0-8]))?(?P<accidental>[#&]?)(?P<note>[a-g])(?P<value>[0-5])(?P<modifier>[.:;]?)"
    r"|r(?P<rest>[0-5])(?P<rest_modifier>[.:;]?)"
    r"|(?P<open>\()|@(?P<times>[0-9]{1,3})(?:V[+-])?|(?P<close>\))"
    r"|(?P<other>ledon|ledoff|vibeon|vibeoff|backon|backoff|V[+-]|V[0-9]{1,2})"
)


def encode(tune: Tune) -> bytes:
    """The file; notes below and above the nine octaves are moved into them, lengths as `respelled` does it."""
    melody = "".join(map(_written, islice(respelled(tune.notes, _SORTED), MAX_NOTES)))
    name = re.sub(r"[^ -~]", "", tune.name)[:40].strip()
    lines = ["BEGIN:IMELODY", "VERSION:1.2", "FORMAT:CLASS1.0"]
    if name:
        lines.append(f"NAME:{name}")
    lines += [f"BEAT:{within(tune.beat)}", "STYLE:S0"]
    lines += _folded(f"MELODY:{melody}")
    lines.append("END:IMELODY")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _folded(line: str) -> Iterator[str]:
    yield line[:_MAX_LINE]
    for start in range(_MAX_LINE, len(line), _MAX_LINE - 1):
        yield " " + line[start : start + _MAX_LINE - 1]


def _written(note: Note) -> str:
    end = _LENGTHS[note.length]
    if note.pitch is None:
        return f"r{end}"
    octave, step = divmod(note.pitch - _LOWEST, 12)
    octave = max(_OCTAVES[0], min(_OCTAVES[-1], octave))
    return f"{'' if octave == _DEFAULT_OCTAVE else f'*{octave}'}{_NAMES[step]}{end}"


def decode(octets: bytes) -> Tune:
    """The tune. Raises MmsFormatError for what is no iMelody, or has no note."""
    if len(octets) > MAX_OCTETS:
        raise MmsFormatError("a tune longer than any phone's", field="iMelody")
    text = re.sub(r"[\r\n]+[ \t]", "", octets.decode("latin-1").lstrip("\ufeffï»¿ \t\r\n"))
    fields: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", text):
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().upper(), value.strip())
    if fields.get("BEGIN", "").upper() != "IMELODY" or "MELODY" not in fields:
        raise MmsFormatError("no iMelody", field="iMelody")
    notes = tuple(_notes(re.sub(r"\s+", "", fields["MELODY"])))
    if not notes:
        raise MmsFormatError("a melody without a note", field="iMelody")
    beat = fields.get("BEAT", "")
    return Tune(notes, within(int(beat)) if beat.isdigit() and len(beat) < 5 else DEFAULT_BEAT, fields.get("NAME", ""))


def _notes(melody: str) -> list[Note]:
    notes: list[Note] = []
    repeated = -1  # where an open repetition begins
    times = 1
    at = 0
    while at < len(melody) and len(notes) < MAX_NOTES:
        token = _TOKEN.match(melody, at)
        if token is None:
            raise MmsFormatError(f"{melody[at : at + 8]!r} is no note", offset=at, field="iMelody")
        at = token.end()
        if token["note"]:
            notes.append(_note(token))
        elif token["rest"]:
            notes.append(Note(None, _length(token["rest"], token["rest_modifier"])))
        elif token["open"]:
            repeated, times = len(notes), 1
        elif token["times"]:
            times = int(token["times"]) or FOR_EVER
        elif token["close"] and repeated >= 0:
            notes += notes[repeated:] * (min(times, MAX_NOTES) - 1)
            repeated = -1
            del notes[MAX_NOTES:]
    return notes


def _note(token: re.Match[str]) -> Note:
    octave = int(token["octave"] or _DEFAULT_OCTAVE)
    step = _STEPS[token["note"]] + {"#": 1, "&": -1, "": 0}[token["accidental"]]
    return Note(_LOWEST + 12 * octave + step, _length(token["value"], token["modifier"]))


def _length(power: str, modifier: str) -> Fraction:
    return Fraction(1, 1 << int(power)) * _MODIFIERS[modifier]
