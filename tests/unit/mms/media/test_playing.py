"""Sounds of MMS as WAV for browsers."""

from __future__ import annotations

import io
import wave

import pytest

from mms.codec import imelody, midi, rtttl
from mms.media.pictures import MediaRefused
from mms.media.playing import MAX_S, playable
from mms.media.sound import encode_amr

TUNE = rtttl.decode(b"Scale:d=4,o=5,b=120:c,d,e,f")


@pytest.mark.parametrize(
    ("data", "kind", "seconds"),
    [
        (encode_amr(bytes(16_000), 12_200), "audio/amr", 1.0),
        (midi.encode(TUNE), "audio/midi", 2.0),
        (imelody.encode(TUNE), "audio/imelody", 2.0),
        (b"Scale:d=4,o=5,b=120:c,d,e,f", "audio/rtttl", 2.0),
    ],
    ids=["amr", "midi", "imelody", "rtttl"],
)
def test_every_kind_is_played(data: bytes, kind: str, seconds: float) -> None:
    with wave.open(io.BytesIO(playable(data, kind))) as made:
        assert (made.getnchannels(), made.getsampwidth(), made.getframerate()) == (1, 2, 8000)
        assert made.getnframes() / 8000 == pytest.approx(seconds, abs=0.3)
        assert made.getnframes() <= MAX_S * 8000


@pytest.mark.parametrize("data", [b"", b"#!AMR\n", b"MThd", b"BEGIN:IMELODY", b"RIFF\0\0\0\0WAVE", b"x" * 1000])
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    with pytest.raises(MediaRefused):
        playable(data, "audio/amr")
