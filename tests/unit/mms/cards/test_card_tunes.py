from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.errors import NotFound
from mms.cards.catalogue import templates
from mms.cards.tunes import tune, tunes
from mms.codec import imelody, midi
from mms.preview.playing import duration_ms
from tests.unit.mms.preview.phones import COLOUR, MONO


@pytest.mark.parametrize("key", list(tunes()))
def test_every_tune_is_a_tune(key: str) -> None:
    melody = tunes()[key]
    assert 15 <= len(melody.notes) <= 60
    assert 6_000 < melody.duration_ms < 25_000
    assert all(note.pitch is None or 60 <= note.pitch <= 96 for note in melody.notes)


@pytest.mark.parametrize("key", list(tunes()))
def test_it_comes_in_what_the_phone_plays(key: str) -> None:
    as_midi = tune(key, COLOUR)
    as_imelody = tune(key, replace(COLOUR, sounds=frozenset({"audio/imelody"})))
    assert as_midi is not None
    assert as_imelody is not None
    assert tune(key, MONO) is None
    assert as_midi.media_type == "audio/midi"
    assert len(as_midi.data) < 1_000
    assert len(as_imelody.data) < 600
    notes = [note.pitch for note in tunes()[key].notes if note.pitch is not None]
    assert [note.pitch for note in midi.decode(as_midi.data).notes if note.pitch is not None] == notes
    assert [note.pitch for note in imelody.decode(as_imelody.data).notes if note.pitch is not None] == notes


def test_its_length_is_told() -> None:
    for key, melody in tunes().items():
        for sounds in ({"audio/midi"}, {"audio/imelody"}):
            part = tune(key, replace(COLOUR, sounds=frozenset(sounds)))
            assert part is not None
            assert abs(duration_ms(part, part.media_type) - melody.duration_ms) < 400
            assert duration_ms(replace(part, data=b"damaged"), part.media_type) == 0


def test_templates_name_tunes_there_are() -> None:
    assert {look.tune for look in templates()} - {""} <= set(tunes())


def test_an_unknown_tune_is_not_found() -> None:
    with pytest.raises(NotFound):
        tune("no-such", COLOUR)
