from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from mms.cards.catalogue import template
from mms.cards.face import face
from mms.cards.palettes import gif, jpeg, moving_gif, png, wbmp

LOOK = template("mid-autumn")
CARD = LOOK.example("zh")
STILL = face(CARD, LOOK, (128, 100))
FRAMES = [face(CARD, LOOK, (128, 100), phase=(number + 0.5) / 6) for number in range(6)]


def opened(octets: bytes) -> Image.Image:
    return Image.open(io.BytesIO(octets))


def test_jpeg_is_baseline_without_metadata() -> None:
    octets = jpeg(STILL, 84)
    picture = opened(octets)
    assert picture.format == "JPEG"
    assert "progressive" not in picture.info
    assert b"\xff\xc0" in octets
    assert b"\xff\xc2" not in octets
    assert b"Exif" not in octets
    assert len(jpeg(STILL, 55)) < len(octets)


@pytest.mark.parametrize("colours", [2, 16, 64, 256])
def test_palettes_have_no_more_colours_than_asked_for(colours: int) -> None:
    for octets in (png(STILL, colours), gif(STILL, colours)):
        picture = opened(octets).convert("RGB")
        assert picture.size == STILL.size
        assert len(picture.getcolors(1 << 16) or ()) <= colours


def test_grey_is_grey() -> None:
    for octets in (gif(STILL, 16, grey=True), moving_gif(FRAMES, 16, 100, grey=True)):
        picture = opened(octets).convert("RGB")
        assert all(red == green == blue for _, (red, green, blue) in picture.getcolors(1 << 16) or ())  # type: ignore[misc]


def test_a_moving_gif_keeps_its_frames_and_their_time() -> None:
    picture = opened(moving_gif(FRAMES, 256, 150))
    assert picture.n_frames == 6
    assert picture.info["loop"] == 0
    for number, frame in enumerate(FRAMES):
        picture.seek(number)
        assert picture.info["duration"] == 150
        shown = picture.convert("RGB")
        assert sum(ImageStat.Stat(ImageChops.difference(shown, frame)).mean) / 3 < 6


def test_what_stands_still_costs_nothing() -> None:
    alone = len(moving_gif(FRAMES[:1], 256, 150))
    assert len(moving_gif(FRAMES, 256, 150)) < 4 * alone


def test_a_wbmp_has_a_bit_for_each_pixel() -> None:
    picture = Image.new("RGB", (10, 3), (255, 255, 255))
    picture.paste((0, 0, 0), (0, 0, 10, 1))
    assert wbmp(picture) == bytes.fromhex("0000 0a03 0000 ffc0 ffc0")
