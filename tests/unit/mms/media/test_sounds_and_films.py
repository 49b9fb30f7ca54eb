"""Sounds and films made to fit."""

from __future__ import annotations

import array
import io
import itertools
import struct
from dataclasses import replace

import av
import pytest
from PIL import Image, ImageStat

from mms.codec import amr, imelody, midi, rtttl
from mms.handsets.catalogue import resolve
from mms.media import tones
from mms.media.film import Film
from mms.media.kinds import kind_of
from mms.media.pictures import MediaRefused
from mms.media.sound import Sound, decode_pcm, encode_amr
from tests.fakes.media import film, pcm, sound

PHONE = replace(resolve("unknown"), sounds=frozenset({"audio/amr"}))
TUNE = rtttl.decode(b"Scale:d=4,o=5,b=120:c,d,e,f,8g,8a.,p,2b,c6,16c#6")


@pytest.mark.parametrize(("room", "rate"), [(40_000, 12_200), (18_300, 6_700), (14_200, 5_150)])
def test_a_sound_gets_the_best_rate_that_fits(room: int, rate: int) -> None:
    made = Sound(sound(20), "audio/wav", PHONE).fit(room)
    facts = amr.read(made.data)
    assert len(made.data) <= room
    assert (made.media_type, facts.bits_per_s) == ("audio/amr", rate)
    assert facts.duration_ms == pytest.approx(20_000, abs=100)
    assert made.reasons == ("format",)


def test_where_the_least_rate_is_too_much_it_is_cut_and_said() -> None:
    made = Sound(sound(20), "audio/wav", PHONE).fit(5_000)
    assert made.reasons == ("format", "cut")
    assert 0.9 * 5_000 < len(made.data) <= 5_000
    with pytest.raises(MediaRefused, match="less than a second"):
        Sound(sound(20), "audio/wav", PHONE).fit(300)


@pytest.mark.parametrize(("codec", "form", "kind"), [
    ("libmp3lame", "mp3", "audio/mpeg"), ("aac", "adts", "audio/aac"), ("libopus", "ogg", "audio/ogg"),
])  # fmt: skip
def test_any_sound_becomes_amr(codec: str, form: str, kind: str) -> None:
    data = sound(2, codec, form)
    assert kind_of(data) == kind
    made = Sound(data, kind, PHONE).fit(30_000)
    assert amr.read(made.data).duration_ms == pytest.approx(2_000, abs=200)


def test_amr_is_left_alone_but_for_a_torn_end() -> None:
    data = encode_amr(pcm(2), 4750)
    assert Sound(data, "audio/amr", PHONE).fit(30_000).data == data
    assert Sound(data + b"\x3c\x00", "audio/amr", PHONE).fit(30_000).data == data


@pytest.mark.parametrize("junk", [b"", b"RIFF\x00\x00\x00\x00WAVEjunk", amr.MAGIC + b"\xff", b"ID3" + bytes(100)])
def test_damaged_sounds_are_refused(junk: bytes) -> None:
    with pytest.raises(MediaRefused):
        Sound(junk, "audio/wav", PHONE).fit(30_000)


def test_a_phone_without_amr_gets_no_speech() -> None:
    with pytest.raises(MediaRefused, match="no sound of this kind"):
        Sound(sound(1), "audio/wav", replace(PHONE, sounds=frozenset({"audio/midi"}))).fit(30_000)


@pytest.mark.parametrize(
    ("octets", "kind", "plays", "becomes"),
    [
        (imelody.encode(TUNE), "audio/imelody", "audio/imelody", "audio/imelody"),
        (imelody.encode(TUNE), "text/x-imelody", "audio/midi", "audio/midi"),
        (midi.encode(TUNE), "audio/midi", "audio/imelody", "audio/imelody"),
        (midi.encode(TUNE), "audio/midi", "audio/sp-midi", "audio/midi"),
        (rtttl.encode(TUNE), "audio/rtttl", "audio/sp-midi", "audio/sp-midi"),
    ],
)
def test_tunes_are_played_in_their_own_way(octets: bytes, kind: str, plays: str, becomes: str) -> None:
    made = Sound(octets, kind, replace(PHONE, sounds=frozenset({plays}))).fit(30_000)
    assert made.media_type == becomes
    decode = imelody.decode if becomes == "audio/imelody" else midi.decode
    assert [note.pitch for note in decode(made.data).notes if note.pitch] == [n.pitch for n in TUNE.notes if n.pitch]


def test_a_phone_that_takes_no_notes_hears_tones() -> None:
    a_and_e = rtttl.decode(b"x:d=2,o=5,b=60:a,p,e6")
    made = Sound(midi.encode(a_and_e), "audio/midi", PHONE).fit(30_000)
    assert (made.media_type, made.reasons) == ("audio/amr", ("tune",))
    samples = array.array("h", decode_pcm(made.data, "audio/amr"))
    assert len(samples) == pytest.approx(6 * 8000, rel=0.02)

    def crossings(start_s: float) -> int:
        part = samples[int(start_s * 8000) : int((start_s + 0.5) * 8000)]
        return sum(one < 0 <= other for one, other in itertools.pairwise(part))

    assert crossings(0.3) == pytest.approx(440, rel=0.02)  # half a second of 880 Hz
    assert max(map(abs, samples[int(2.5 * 8000) : int(3.5 * 8000)])) < 300
    assert crossings(4.3) == pytest.approx(659, rel=0.02)


def test_tones_are_as_long_as_the_tune_and_no_longer_than_a_minute() -> None:
    assert len(tones.played(TUNE)) / 16 == pytest.approx(TUNE.duration_ms, abs=1)
    endless = replace(TUNE, notes=TUNE.notes * 100)
    assert len(tones.played(endless)) == 60 * 8000 * 2


def streams(data: bytes) -> tuple[tuple[int, int], set[str], float, dict[str, str]]:
    with av.open(io.BytesIO(data)) as container:
        video = container.streams.video[0]
        names = {one.codec_context.name for one in container.streams}
        return (video.width, video.height), names, container.duration / av.time_base, dict(container.metadata)


def test_a_film_is_left_alone_but_for_the_place() -> None:
    data = film()
    made = Film(data, resolve("iphone-13")).fit(3_000_000)
    size, codecs, seconds, metadata = streams(made.data)
    assert (size, codecs) == ((640, 360), {"h264", "aac"})
    assert seconds == pytest.approx(4, abs=0.3)
    assert not any("39.9" in value for value in metadata.values())
    assert b"+39.9075" not in made.data


@pytest.mark.parametrize("room", [80_000, 40_000])
def test_an_old_phone_gets_h263_and_amr(room: int) -> None:
    handset = replace(resolve("nokia-6630"), videos=frozenset({"video/3gpp"}))
    made = Film(film(), handset).fit(room)
    size, codecs, _, _ = streams(made.data)
    assert len(made.data) <= room
    assert (made.media_type, size) == ("video/3gpp", (176, 144))
    assert "h263" in codecs
    assert len(codecs) == 2


def test_a_newer_phone_gets_h264_within_the_room() -> None:
    made = Film(film(6), resolve("iphone-13")).fit(60_000)
    assert len(made.data) <= 60_000
    assert "h264" in streams(made.data)[1]


def test_a_phone_without_films_gets_a_picture_and_that_is_said() -> None:
    made = Film(film(silent=True), PHONE).fit(60_000)
    assert (made.media_type, made.reasons) == ("image/jpeg", ("poster",))


def test_a_small_film_is_made_no_larger_than_it_can_be_good() -> None:
    made = Film(film(2, silent=True), resolve("nokia-7650")).fit(98_000)
    assert (made.media_type, made.reasons) == ("video/3gpp", ("format",))
    tight = Film(film(6), resolve("nokia-7650")).fit(60_000)
    assert "budget" in tight.reasons
    assert len(tight.data) >= 0.75 * 60_000  # on so few pixels rates come in coarse steps


def held_upright(data: bytes) -> bytes:
    """The film as a phone writes it that was held upright: to be turned by 90 degrees with the clock."""
    octets = bytearray(data)
    matrix = octets.index(b"tkhd") + 4 + 40  # version 0: ISO 14496-12, 8.3.2
    struct.pack_into(">9i", octets, matrix, 0, 1 << 16, 0, -1 << 16, 0, 0, 360 << 16, 0, 1 << 30)
    return bytes(octets)


@pytest.mark.parametrize(("key", "room"), [("iphone-13", 60_000), ("nokia-n73", 60_000), ("unknown", 20_000)])
def test_a_film_held_upright_is_shown_upright(key: str, room: int) -> None:
    data = held_upright(film(3, silent=True))
    made = Film(data, resolve(key)).fit(room)
    with av.open(io.BytesIO(made.data)) as container:
        shown = next(container.decode(video=0))
    assert shown.rotation == 0
    picture = shown.to_image()
    if made.media_type != "video/3gpp":  # of one size, and black at the sides
        assert picture.width < picture.height
    # The ball rolls on the left of the film, which is above when it is upright.
    upper = ImageStat.Stat(picture.crop((0, 0, picture.width, picture.height // 2))).mean
    with av.open(io.BytesIO(data)) as container:
        lying = next(container.decode(video=0)).to_image()
    true = lying.transpose(Image.Transpose.ROTATE_270)
    expected = ImageStat.Stat(true.crop((0, 0, true.width, true.height // 2))).mean
    if made.media_type != "video/3gpp":
        assert upper == pytest.approx(expected, abs=12)


@pytest.mark.parametrize("junk", [b"", b"\x00\x00\x00\x18ftypmp42" + bytes(40)])
def test_damaged_films_are_refused(junk: bytes) -> None:
    with pytest.raises(MediaRefused):
        Film(junk, PHONE)
