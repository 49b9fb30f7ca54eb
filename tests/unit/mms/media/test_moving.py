"""Pictures that move: still moving in less room, in their own time, and never made still without a word."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageSequence, ImageStat

from mms.handsets.catalogue import resolve
from mms.media import moving as moving_pictures
from mms.media.pictures import Picture
from tests.fakes.media import encoded, landscape, moving

MODERN, OLD = resolve("unknown"), resolve("nokia-6610")


def opened(data: bytes) -> Any:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def scenes(count: int, size: tuple[int, int] = (240, 180)) -> list[Image.Image]:
    """Pictures with nothing in common, not even their colours."""
    made = []
    for n in range(count):
        tint = Image.new("RGB", size, ("red", "lime", "blue", "yellow", "cyan", "magenta")[n % 6])
        made.append(Image.blend(landscape(size, n), tint, 0.6))
    return made


def joined(pictures: list[Image.Image], form: str = "GIF", **more: Any) -> bytes:
    return encoded(pictures[0], form, save_all=True, append_images=pictures[1:], loop=0, **more)


def test_it_still_moves_in_less_room() -> None:
    data = moving(frames=12)
    for room in (200_000, 60_000, 25_000):
        made = Picture(data, MODERN).fit(room)
        picture = opened(made.data)
        assert len(made.data) <= room
        assert picture.is_animated
        total = 0
        for n in range(picture.n_frames):
            picture.seek(n)
            total += picture.info["duration"]
        assert total == pytest.approx(12 * 80, abs=10)
        assert picture.info["loop"] == 0


def test_as_a_still_it_is_said() -> None:
    made = Picture(moving(frames=12), MODERN).fit(1_500)
    assert made.reasons[0] == "still"
    assert not getattr(opened(made.data), "is_animated", False)


@pytest.mark.parametrize("form", ["WEBP", "PNG"])
def test_others_that_move_become_gifs(form: str) -> None:
    data = moving((120, 90), 6, form=form)
    made = Picture(data, OLD).fit(45_000)
    assert made.media_type == "image/gif"
    assert opened(made.data).n_frames == 6


def test_colours_of_the_phone() -> None:
    made = Picture(moving((120, 90), 4), OLD).fit(45_000)
    assert opened(made.data).n_frames == 4
    assert "quality" not in made.after


def missed(true: list[Image.Image], data: bytes) -> float:
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(opened(data))]
    assert len(frames) == len(true)
    pairs = zip(true, frames, strict=True)
    return max(
        max(ImageStat.Stat(ImageChops.difference(one.resize(other.size).convert("RGB"), other)).mean)
        for one, other in pairs
    )


def test_a_thing_that_moves_over_a_ground_keeps_its_frames_and_colours() -> None:
    data = moving((400, 300), 30)
    true = [frame.convert("RGB") for frame in ImageSequence.Iterator(opened(data))]
    made = Picture(data, MODERN).fit(150_000)
    assert "frames" not in made.reasons
    assert opened(made.data).width >= 200
    assert missed(true, made.data) < 12


def test_scenes_of_different_colours_keep_their_own() -> None:
    true = scenes(6)
    made = Picture(joined(true, "WEBP", duration=500, quality=95), MODERN).fit(120_000)
    assert len(list(ImageSequence.Iterator(opened(made.data)))) == 6
    assert missed(true, made.data) < 12


def test_however_large_it_is_it_is_not_made_still_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving_pictures, "MAX_PIXELS", 10_000)
    made = Picture(moving((200, 150), 8), OLD).fit(300_000)
    assert opened(made.data).n_frames == 2
    assert "frames" in made.reasons


def test_frames_alike_become_one_that_stands_longer() -> None:
    one, two = scenes(2, (40, 30))
    data = joined([one, one, one, two], "PNG", duration=[100, 200, 300, 400])
    shown = opened(Picture(data, OLD).fit(40_000).data)
    assert [frame.info["duration"] for frame in ImageSequence.Iterator(shown)] == [600, 400]


def test_the_picture_for_those_who_know_nothing_of_moving_png_is_no_frame() -> None:
    hidden, *true = scenes(4, (60, 40))
    data = joined([hidden, *true], "PNG", duration=100, default_image=True)
    assert missed(true, Picture(data, OLD).fit(40_000).data) < 12
