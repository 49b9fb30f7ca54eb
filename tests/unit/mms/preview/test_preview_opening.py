from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mms.preview import opening
from mms.preview.opening import PictureRefused, open_picture


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


PLAIN = Image.linear_gradient("L").convert("RGB").resize((60, 40))
WBMP = bytes.fromhex("0000 0a03 0000 ffc0 5540")


@pytest.mark.parametrize("form", opening.FORMATS)
def test_every_format_is_told_by_its_octets(form: str) -> None:
    opened = open_picture(saved(PLAIN, form))
    assert opened.size == (60, 40)
    assert opened.media_type == f"image/{form.lower()}"
    assert [frame.size for frame in opened.frames] == [(60, 40)]


def test_a_wbmp_is_read_bit_by_bit() -> None:
    opened = open_picture(WBMP)
    assert opened.size == (10, 3)
    picture = opened.frames[0].convert("L")
    assert [[picture.getpixel((x, y)) for x in (0, 1)] for y in range(3)] == [[0, 0], [255, 255], [0, 255]]


def test_a_large_picture_is_brought_down() -> None:
    opened = open_picture(saved(PLAIN.resize((600, 400)), "JPEG"), largest=(100, 100))
    assert opened.size == (600, 400)
    assert opened.frames[0].size == (100, 67)


def test_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert open_picture(saved(PLAIN, "JPEG", exif=exif.tobytes())).frames[0].size == (40, 60)


def test_frames_and_their_time_are_kept() -> None:
    frames = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 100, 200)]
    opened = open_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[70, 100, 130]))
    assert opened.durations_ms == (70, 100, 130)
    assert len(opened.frames) == 3
    assert not opened.is_cut


def test_too_many_frames_are_cut_off() -> None:
    frames = [Image.new("L", (4, 4), shade) for shade in range(200)]
    opened = open_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50))
    assert len(opened.frames) == opening.MAX_FRAMES
    assert opened.is_cut


def test_progressive_is_told() -> None:
    assert open_picture(saved(PLAIN, "JPEG", progressive=True)).is_progressive
    assert not open_picture(saved(PLAIN, "JPEG")).is_progressive


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(PictureRefused):
        open_picture(bytes(bomb))
    with pytest.raises(PictureRefused, match="more than 1000"):
        open_picture(saved(PLAIN, "PNG"), max_pixels=1_000)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0",
        b"\0\0",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"<svg/>",
        b"%!PS",
        b"\0\0\xff\xff\xff\xff\x7f\x01",
    ],
)
def test_what_is_no_picture_is_one_error(octets: bytes) -> None:
    with pytest.raises(PictureRefused):
        open_picture(octets)


ALL = [saved(PLAIN, form) for form in opening.FORMATS] + [WBMP]


@pytest.mark.parametrize("octets", ALL, ids=[*opening.FORMATS, "WBMP"])
def test_half_a_picture_is_one_error_or_a_picture(octets: bytes) -> None:
    for end in range(0, len(octets), max(1, len(octets) // 60)):
        try:
            assert open_picture(octets[:end]).frames
        except PictureRefused:
            continue


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ALL), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_damage_is_one_error_or_a_picture(octets: bytes, damage: list[tuple[int, int]]) -> None:
    broken = bytearray(octets)
    for place, value in damage:
        broken[place % len(broken)] = value
    with contextlib.suppress(PictureRefused):
        assert open_picture(bytes(broken), largest=(64, 64), max_pixels=1_000_000).frames
