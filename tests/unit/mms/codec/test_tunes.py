"""Tunes: iMelody, RTTTL and MIDI, each read and written, and one made into another."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.codec import imelody, midi, rtttl
from mms.codec.errors import MmsFormatError
from mms.codec.tune import VALUES, Note, Tune

RTTTL = b"Scale:d=4,o=5,b=120:c,d,e,f,8g,8a.,p,2b,c6,16c#6"
#: As gammu writes the same tune.
IMELODY = (
    b"BEGIN:IMELODY\r\nVERSION:1.2\r\nFORMAT:CLASS1.0\r\nNAME:Scale\r\nBEAT:120\r\nSTYLE:S0\r\n"
    b"MELODY:c2d2e2f2g3a3.r2b1*5c2*5#c4\r\nEND:IMELODY\r\n"
)

NOTES = st.builds(
    Note,
    st.none() | st.integers(48, 107),
    st.builds(lambda value, dotted: value * (Fraction(3, 2) if dotted else 1), st.sampled_from(VALUES), st.booleans()),
)
TUNES = st.builds(Tune, st.lists(NOTES, min_size=1, max_size=40).map(tuple), st.integers(25, 900), st.just("A tune"))


def test_the_vector() -> None:
    tune = rtttl.decode(RTTTL)
    assert imelody.encode(tune) == IMELODY
    assert imelody.decode(IMELODY) == tune
    assert (tune.duration_ms, tune.notes[0].pitch, tune.name) == (4750, 72, "Scale")


@given(TUNES)
def test_written_and_read(tune: Tune) -> None:
    assert imelody.decode(imelody.encode(tune)) == tune
    assert rtttl.decode(rtttl.encode(tune)) == tune


@given(TUNES)
def test_midi_keeps_the_notes_and_their_times(tune: Tune) -> None:
    sounding = [note for note in tune.notes if note.pitch is not None]
    octets = midi.encode(tune)
    if not sounding:
        with pytest.raises(MmsFormatError):
            midi.decode(octets)
        return
    again = midi.decode(octets)
    assert [note for note in again.notes if note.pitch is not None] == sounding
    assert abs(again.beat - tune.beat) <= 1


def test_lines_are_folded_and_unfolded() -> None:
    tune = Tune(tuple(Note(60 + n % 12, Fraction(1, 4)) for n in range(100)))
    octets = imelody.encode(tune)
    assert max(map(len, octets.split(b"\r\n"))) == 75
    assert imelody.decode(octets) == tune


@pytest.mark.parametrize(
    ("melody", "pitches"),
    [
        ("c2(d2e2@2)f2", [72, 74, 76, 74, 76, 77]),
        ("(c2@0)d2", [72, 72, 74]),
        ("ledonc2vibeoffV+d2backon", [72, 74]),
        ("&d2*3#a2", [73, 70]),
        ("(@3V+c2)", [72, 72, 72]),
    ],
)
def test_what_imelody_may_hold(melody: str, pitches: list[int]) -> None:
    tune = imelody.decode(f"BEGIN:IMELODY\nVERSION:1.0\nMELODY:{melody}\nEND:IMELODY".encode())
    assert [note.pitch for note in tune.notes] == pitches
    assert tune.beat == 120


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("a:d=8,o=6,b=63:4c5.", [Note(72, Fraction(3, 8))]),
        ("a::c", [Note(84, Fraction(1, 4))]),
        ("a:b=100,s=C:8h4,8.p", None),
        ("a:o=5:8e.,P,16D#", [Note(76, Fraction(3, 16)), Note(None, Fraction(1, 4)), Note(75, Fraction(1, 16))]),
    ],
)
def test_what_rtttl_may_hold(text: str, notes: list[Note] | None) -> None:
    if notes is None:
        with pytest.raises(MmsFormatError):
            rtttl.decode(text.encode())
    else:
        assert list(rtttl.decode(text.encode()).notes) == notes


def test_a_melody_is_found_among_voices_and_drums() -> None:
    def track(*events: bytes) -> bytes:
        body = b"".join(events) + b"\x00\xff\x2f\x00"
        return b"MTrk" + len(body).to_bytes(4) + body

    low = track(b"\x00\x92\x30\x60", b"\x83\x60\x30\x00")
    high = track(b"\x00\x91\x48\x60", b"\x00\x4c\x60", b"\x83\x60\x48\x00", b"\x00\x4c\x00")
    drums = track(b"\x00\x99\x60\x60", b"\x83\x60\x60\x00")
    octets = b"MThd\x00\x00\x00\x06\x00\x01\x00\x03\x01\xe0" + low + high + drums
    assert midi.decode(octets).notes == (Note(0x4C, Fraction(1, 4)),)


@pytest.mark.parametrize("codec", [imelody, rtttl, midi])
@given(octets=st.binary(max_size=300))
def test_nothing_but_the_one_error(codec: object, octets: bytes) -> None:
    track = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk\x00\x00\x01\x00"
    for beginning in (b"", b"BEGIN:IMELODY\nMELODY:", b"x:d=4:", track):
        with contextlib.suppress(MmsFormatError):
            codec.decode(beginning + octets)  # type: ignore[attr-defined]


@pytest.mark.parametrize("codec", [imelody, rtttl, midi])
@pytest.mark.parametrize(
    "lengths",
    [
        ["1/4", "8", "5", "1/4"],  # longer than any note that can be written
        ["1/12"] * 12,
        ["1/20"] * 40,
        ["1/100"] * 100,
        ["1/4", "61/256", "67/256", "1/4"],  # as hands play
    ],
)
def test_a_tune_does_not_drift(codec: Any, lengths: list[str]) -> None:
    tune = Tune(tuple(Note(72 + number % 5, Fraction(length)) for number, length in enumerate(lengths)))
    again = codec.decode(codec.encode(tune))
    assert again.duration_ms == pytest.approx(tune.duration_ms, abs=2000 / 32)


def test_a_long_rest_is_several() -> None:
    tune = Tune((Note(72, Fraction(1, 4)), Note(None, Fraction(4)), Note(74, Fraction(3))))
    assert [note.length for note in rtttl.decode(rtttl.encode(tune)).notes] == [
        Fraction(1, 4), Fraction(3, 2), Fraction(3, 2), Fraction(1), Fraction(3, 2), Fraction(3, 2),
    ]  # fmt: skip


def test_triplets_stay_triplets_in_imelody() -> None:
    tune = Tune(tuple(Note(72, Fraction(1, 12)) for _ in range(3)))
    assert imelody.decode(imelody.encode(tune)) == tune


def smf(*tracks: bytes, division: int = 96) -> bytes:
    head = b"MThd\x00\x00\x00\x06\x00\x01" + len(tracks).to_bytes(2) + division.to_bytes(2)
    return head + b"".join(b"MTrk" + len(track).to_bytes(4) + track for track in tracks)


def struck(channel: int, *pitches: int) -> bytes:
    """Quarters."""
    on, off = 0x90 | channel, 0x80 | channel
    return b"".join(bytes((0, on, pitch, 90, 96, off, pitch, 0)) for pitch in pitches)


def test_a_rare_high_sound_is_no_melody() -> None:
    tune = midi.decode(smf(struck(0, 60, 62, 64, 65, 67), struck(1, 100)))
    assert [note.pitch for note in tune.notes] == [60, 62, 64, 65, 67]


def test_the_list_of_sp_midi_says_what_matters() -> None:
    first = b"\x00\xf0\x0b\x7f\x7f\x0b\x01\x09\x01\x02\x02\x01\x03\xf7"
    tune = midi.decode(smf(first + struck(1, 80, 82), struck(2, 60, 62), struck(9, 40, 40)))
    assert [note.pitch for note in tune.notes] == [60, 62]


def test_a_tempo_that_changes_is_heard() -> None:
    slow = b"\x00\xff\x51\x03\x0f\x42\x40"  # 60 a minute, after 120
    fast = b"\x00\xff\x51\x03\x07\xa1\x20"
    tune = midi.decode(smf(fast + struck(0, 60) + slow + struck(0, 62)))
    assert (tune.beat, tune.notes) == (120, (Note(60, Fraction(1, 4)), Note(62, Fraction(1, 2))))


def test_a_note_too_high_or_low_keeps_its_letter() -> None:
    for codec in (imelody, rtttl, midi):
        for pitch in (0, 5, 23, 127, 131):
            tune = Tune((Note(pitch, Fraction(1, 4)),))
            (note,) = codec.decode(codec.encode(tune)).notes
            assert note.pitch is not None
            assert note.pitch % 12 == pitch % 12


def test_repetitions_are_bounded() -> None:
    melody = "(" + "c2" * 500 + "@999)"
    assert len(imelody.decode(f"BEGIN:IMELODY\nMELODY:{melody}\n".encode()).notes) == 2000
