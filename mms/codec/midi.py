"""Standard MIDI files: enough to write a tune of one voice, and to find the melody in what others wrote. Pure.

Written: format 0, one channel. Read: formats 0 and 1; the melody is the highest voice of the channel that matters most:
the first of a SP-MIDI file's own list, else the one with the highest notes, drums and rare sounds left out.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from mms.codec.errors import MmsFormatError
from mms.codec.tune import DEFAULT_BEAT, MAX_NOTES, Note, Tune, within

MAX_OCTETS: Final = 1_048_576
MAX_TRACKS: Final = 256
MAX_EVENTS: Final = 200_000
MAX_TEMPI: Final = 1000
_TICKS: Final = 480  # of a quarter, when we write
_DRUMS: Final = 9
_VELOCITY: Final = 100
_CHUNK: Final = struct.Struct(">4sI")
_HEADER: Final = struct.Struct(">HHH")
#: Octets of data behind a status, by its upper half.
_SIZES: Final = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
#: The channels of SP-MIDI by importance, each with the voices up to it (MIDI Manufacturers Association, RP-034).
_MIP: Final = b"\x7f\x7f\x0b\x01"
#: A voice with so many times fewer notes than the one with the most is no melody.
_RARE: Final = 4
#: Shortest rest that is worth a note: a sixty-fourth.
_BREATH: Final = Fraction(1, 64)


def encode(tune: Tune, *, programme: int = 11) -> bytes:
    """The file; 11 is a vibraphone, which small speakers play well."""
    name = tune.name.encode("utf-8")[:100]
    track = [b"\x00\xff\x03", _variable(len(name)), name] if name else []
    micros = min(0xFFFFFF, round(60_000_000 / within(tune.beat)))
    track += [b"\x00\xff\x51\x03", micros.to_bytes(3), bytes((0, 0xC0, programme & 0x7F))]
    rest = 0
    for note in tune.notes[:MAX_NOTES]:
        ticks = max(1, round(note.length * 4 * _TICKS))
        if note.pitch is None:
            rest += ticks
            continue
        pitch = note.pitch if note.pitch <= 127 else 108 + note.pitch % 12  # iMelody goes a little higher
        track += [_variable(rest), bytes((0x90, pitch, _VELOCITY)), _variable(ticks), bytes((0x80, pitch, 0x40))]
        rest = 0
    track += [_variable(rest), b"\xff\x2f\x00"]
    body = b"".join(track)
    return _CHUNK.pack(b"MThd", 6) + _HEADER.pack(0, 1, _TICKS) + _CHUNK.pack(b"MTrk", len(body)) + body


def _variable(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


class _Struck(NamedTuple):
    """A note of a file; times in ticks."""

    start: int
    end: int
    pitch: int


@dataclass(slots=True)
class _Song:
    """What the tracks say."""

    tempi: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a quarter
    name: str = ""
    priorities: bytes = b""  # channels, the most important one first (SP-MIDI)
    channels: dict[int, list[_Struck]] = field(default_factory=dict)
    events: int = 0


def decode(octets: bytes) -> Tune:
    """The melody. Raises MmsFormatError for what is no MIDI file, is torn in a way that hides all, or has no note."""
    if len(octets) > MAX_OCTETS:
        raise MmsFormatError("a MIDI file larger than any phone's", field="MIDI")
    chunks = list(_chunks(octets))
    if not chunks or chunks[0][0] != b"MThd" or len(chunks[0][1]) < _HEADER.size:
        raise MmsFormatError("no MIDI file", field="MIDI")
    kind, _, division = _HEADER.unpack_from(chunks[0][1])
    if kind > 1 or not 0 < division < 0x8000:
        raise MmsFormatError("a MIDI file of a kind phones do not play", field="MIDI")
    song = _Song()
    for name, chunk in chunks[1 : MAX_TRACKS + 1]:
        if name == b"MTrk":
            _Track(chunk, song).read()
    melody = _melody(song)
    tempi = sorted(song.tempi) or [(0, 60_000_000 // DEFAULT_BEAT)]
    times = _Times(tempi, division)
    return Tune(tuple(_one_voice(melody, times)), within(60_000_000 / tempi[0][1]), song.name)


def _melody(song: _Song) -> list[_Struck]:
    """The notes of the channel people would whistle. Raises MmsFormatError when there is none."""
    voices = {channel: notes for channel, notes in song.channels.items() if channel != _DRUMS and notes}
    if not voices:
        raise MmsFormatError("a MIDI file without a note", field="MIDI")
    for channel in song.priorities:
        if channel in voices:
            return voices[channel]
    most = max(map(len, voices.values()))
    often = [notes for notes in voices.values() if len(notes) * _RARE >= most]
    return max(often, key=lambda notes: sum(note.pitch for note in notes) / len(notes))


class _Times:
    """Where on the tune a tick is, in whole notes of its first tempo."""

    def __init__(self, tempi: list[tuple[int, int]], division: int) -> None:
        self._first = tempi[0][1]
        self._whole = 4 * division
        self._ticks = [0]
        self._tempi = [self._first]
        self._places = [Fraction(0)]
        for tick, tempo in tempi[1:]:
            self._places.append(self.place(tick))
            self._ticks.append(tick)
            self._tempi.append(tempo)

    def place(self, tick: int) -> Fraction:
        """The place of a tick."""
        at = bisect_right(self._ticks, tick) - 1
        return self._places[at] + Fraction((tick - self._ticks[at]) * self._tempi[at], self._whole * self._first)


def _chunks(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _CHUNK.size <= len(octets):
        name, size = _CHUNK.unpack_from(octets, at)
        at += _CHUNK.size
        yield name, octets[at : at + size]  # a torn last one is read as far as it goes
        at += size


class _Track:
    """One track while it is read."""

    def __init__(self, octets: bytes, song: _Song) -> None:
        self._octets = octets
        self._song = song
        self._at = 0
        self._time = 0
        self._sounding: dict[tuple[int, int], int] = {}

    def read(self) -> None:
        """Add its notes to the song; what is torn ends it."""
        status = 0
        try:
            while self._at < len(self._octets) and self._song.events < MAX_EVENTS:
                self._song.events += 1
                self._time += self._number()
                if self._octets[self._at] & 0x80:
                    status = self._octets[self._at]
                    self._at += 1
                if status == 0xFF:
                    self._meta()
                elif status in (0xF0, 0xF7):
                    self._exclusive()
                elif status >> 4 in _SIZES:
                    self._message(status, _SIZES[status >> 4])
                else:
                    break
        except IndexError:
            pass
        for (channel, pitch), start in self._sounding.items():
            self._end(channel, pitch, start)

    def _number(self) -> int:
        value = 0
        for _ in range(4):
            octet = self._octets[self._at]
            self._at += 1
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                break
        return value

    def _meta(self) -> None:
        kind = self._octets[self._at]
        self._at += 1
        size = self._number()
        data = self._octets[self._at : self._at + size]
        self._at += size
        if kind == 0x51 and any(data) and size == 3 and len(self._song.tempi) < MAX_TEMPI:
            self._song.tempi.append((self._time, int.from_bytes(data)))
        elif kind == 0x03 and not self._song.name:
            self._song.name = data[:100].decode("utf-8", "replace").strip()
        elif kind == 0x2F:
            self._at = len(self._octets)

    def _exclusive(self) -> None:
        size = self._number()
        data = self._octets[self._at : self._at + size]
        self._at += size
        if data.startswith(_MIP) and not self._song.priorities:
            self._song.priorities = bytes(octet & 0x0F for octet in data[len(_MIP) : size - 1 : 2])

    def _message(self, status: int, size: int) -> None:
        first, second = self._octets[self._at], self._octets[self._at + size - 1]
        self._at += size
        channel, key = status & 0x0F, (status & 0x0F, first)
        if status >> 4 == 0x9 and second:
            self._end_if_sounding(key)
            self._sounding[key] = self._time
        elif status >> 4 in (0x8, 0x9):
            self._end_if_sounding(key)
        elif status >> 4 == 0xB and first in (120, 123):  # everything off
            for other in [one for one in self._sounding if one[0] == channel]:
                self._end_if_sounding(other)

    def _end_if_sounding(self, key: tuple[int, int]) -> None:
        start = self._sounding.pop(key, None)
        if start is not None:
            self._end(*key, start)

    def _end(self, channel: int, pitch: int, start: int) -> None:
        if self._time > start:
            self._song.channels.setdefault(channel, []).append(_Struck(start, self._time, pitch))


def _one_voice(notes: list[_Struck], times: _Times) -> Iterator[Note]:
    """The highest note at each beginning, each until the next begins; rests between, none before the first."""
    highest: dict[int, _Struck] = {}
    for note in notes:
        if note.start not in highest or note.pitch > highest[note.start].pitch:
            highest[note.start] = note
    line = [highest[start] for start in sorted(highest)][: MAX_NOTES // 2]
    for number, note in enumerate(line):
        following = line[number + 1].start if number + 1 < len(line) else note.end
        start, end, until = times.place(note.start), times.place(min(note.end, following)), times.place(following)
        if until - end < _BREATH:
            end = until  # no rest, but how a hand leaves a key
        yield Note(note.pitch, end - start)
        if until > end:
            yield Note(None, until - end)
