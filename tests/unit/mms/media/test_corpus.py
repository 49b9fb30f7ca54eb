"""A little of the corpus of `bench.fitting`, by its judge, on all its handsets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.fitting import HANDSETS, TUNE, Input, hostile, judge
from mms.codec import midi
from mms.handsets.catalogue import resolve
from mms.media.sound import encode_amr
from tests.fakes.media import camera_exif, drawing, encoded, film, jpeg, landscape, moving, pcm, sound


def some() -> Iterator[Input]:
    """One of each kind, none of them large; and every hostile one."""
    for seed, size in enumerate([(640, 480), (1200, 1600), (2000, 1125)]):
        data = jpeg(size, quality=92, seed=seed, exif=camera_exif(1 + seed * 5), progressive=seed == 1)
        yield Input(f"photo-{seed}", "image/jpeg", data, is_photograph=True)
    yield Input("screenshot", "image/png", encoded(drawing((540, 960)), "PNG"))
    yield Input("clear", "image/png", encoded(drawing((400, 300), clear=True), "PNG"))
    yield Input("heic", "image/heic", encoded(landscape((640, 480)), "HEIF"))
    yield Input("avif", "image/avif", encoded(landscape((640, 480)), "AVIF"))
    yield Input("webp", "image/webp", encoded(landscape((640, 480)), "WEBP"))
    yield Input("gif-moving", "image/gif", moving((200, 150), 12), is_moving=True)
    yield Input("webp-moving", "image/webp", moving((120, 90), 6, form="WEBP"), is_moving=True)
    yield Input("png-moving", "image/png", moving((120, 90), 6, form="PNG"), is_moving=True)
    yield Input("amr", "audio/amr", encode_amr(pcm(20), 12_200))
    yield Input("mp3", "audio/mpeg", sound(10, "libmp3lame", "mp3"))
    yield Input("wav", "audio/wav", sound(40))
    yield Input("midi", "audio/midi", midi.encode(TUNE))
    yield Input("film", "video/mp4", film(3, (320, 240)))
    yield from hostile()


INPUTS = list(some())


@pytest.mark.parametrize("key", HANDSETS)
def test_every_kind_on_every_handset(key: str) -> None:
    results = [judge((one, key)) for one in INPUTS]
    assert [one for one in results if one.over] == []
    assert [one for one in results if one.is_lost_silently] == []
    assert [(one.name, round(one.used, 2)) for one in results if one.used < 0.8] == []
    hostile_ones = {one.name for one in hostile()}
    sounds = set() if resolve(key).sounds else {"amr", "mp3", "wav", "midi"}
    assert {one.name for one in results if one.refused} - hostile_ones == sounds
    alike = [one.likeness for one in results if one.likeness is not None]
    assert [pair for pair in alike if pair[0] < pair[1] - 0.005] == []
