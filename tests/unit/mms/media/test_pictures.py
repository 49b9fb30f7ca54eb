"""Pictures made to fit: upright, bare, never larger, in what the phone shows, filling the room they have."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageStat

from mms.codec import wbmp
from mms.handsets.catalogue import resolve
from mms.media.encodings import BEST, missed
from mms.media.kinds import kind_of
from mms.media.pictures import MediaRefused, Picture
from tests.fakes.colours import DISPLAY_P3, PAPER, profile
from tests.fakes.media import camera_exif, drawing, encoded, jpeg, landscape

MODERN, OLD, MONO = resolve("unknown"), resolve("nokia-6610"), resolve("mono-2002")


def opened(data: bytes) -> Any:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("room", [200_000, 60_000, 20_000, 6_000, 2_000])
def test_a_photograph_fills_its_room_and_never_more(room: int) -> None:
    made = Picture(jpeg((1600, 1200), quality=95), MODERN).fit(room)
    assert len(made.data) <= room
    best = Picture(jpeg((1600, 1200), quality=95), MODERN).fit(10_000_000)
    assert len(made.data) >= min(0.85 * room, len(best.data))
    picture = opened(made.data)
    assert picture.format == "JPEG"
    assert "progressive" not in picture.info
    assert picture.width / picture.height == pytest.approx(4 / 3, rel=0.02)


def test_it_is_never_made_larger() -> None:
    data = encoded(landscape((100, 80)), "BMP")
    assert opened(Picture(data, MODERN).fit(300_000).data).size == (100, 80)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright_and_says_nothing_of_camera_and_place(orientation: int) -> None:
    data = jpeg((400, 300), exif=camera_exif(orientation))
    picture = Picture(data, MODERN)
    made = picture.fit(300_000)
    shown = opened(made.data)
    assert shown.size == ((300, 400) if orientation >= 5 else (400, 300))
    assert not shown.getexif()
    assert b"SecretMaker" not in made.data
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(opened(data)).convert("RGB")
    assert max(ImageStat.Stat(ImageChops.difference(upright, shown.convert("RGB"))).mean) < 4
    assert "metadata" in made.reasons


def test_what_fits_as_it_is_keeps_its_octets_but_for_the_metadata() -> None:
    plain = jpeg((320, 240))
    assert Picture(plain, MODERN).fit(300_000).data == plain
    told = jpeg((320, 240), exif=camera_exif())
    assert Picture(told, MODERN).fit(300_000).data == plain


def test_what_stands_behind_a_photograph_does_not_come_along() -> None:
    second = jpeg((640, 480), exif=camera_exif())
    made = Picture(jpeg((320, 240)) + second, MODERN).fit(300_000)
    assert made.data == jpeg((320, 240))


@pytest.mark.parametrize(("mode", "form"), [("CMYK", "JPEG"), ("I;16", "PNG")])
def test_pixels_few_phones_show_are_not_sent_as_they_are(mode: str, form: str) -> None:
    picture = Image.new(mode, (64, 48), 30_000 if mode == "I;16" else (0, 200, 200, 0))
    shown = opened(Picture(encoded(picture, form), MODERN).fit(300_000).data)
    assert shown.mode in ("RGB", "L", "P")


def test_other_colours_than_those_of_screens_are_not_sent_as_they_are() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    made = Picture(jpeg((64, 48), icc_profile=profile), MODERN).fit(300_000)
    assert "quality" in made.after
    screens = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert Picture(jpeg((64, 48), icc_profile=screens), MODERN).fit(300_000).data == jpeg((64, 48))


@pytest.mark.parametrize("size", [(1300, 700), (700, 1301), (120, 90)])
def test_a_heic_is_brought_down_in_bands(size: tuple[int, int]) -> None:
    data = encoded(landscape(size), "HEIF", quality=95, exif=camera_exif(6).tobytes())
    picture = Picture(data, MODERN)
    shown = opened(picture.fit(300_000).data)
    upright = landscape(size).resize(shown.size, Image.Resampling.LANCZOS)
    if picture.size != size:
        upright = landscape(size).transpose(Image.Transpose.ROTATE_270).resize(shown.size, Image.Resampling.LANCZOS)
    assert max(ImageStat.Stat(ImageChops.difference(upright, shown)).mean) < 6
    assert b"SecretMaker" not in picture.fit(300_000).data


def test_a_progressive_picture_becomes_baseline_for_phones_that_need_it() -> None:
    data = jpeg((300, 200), progressive=True)
    assert opened(data).info.get("progressive")
    assert not opened(Picture(data, OLD).fit(40_000).data).info.get("progressive")


def test_what_was_clear_is_white_in_a_photograph() -> None:
    picture = landscape((900, 700)).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((900, 700)))
    made = Picture(encoded(picture, "PNG"), MODERN).fit(60_000)
    assert made.media_type == "image/jpeg"
    assert "transparent" in made.reasons
    assert opened(made.data).convert("L").getpixel((5, 5)) > 240


def test_a_drawing_stays_sharp_where_it_fits() -> None:
    data = encoded(drawing((120, 100)), "BMP")
    made = Picture(data, OLD).fit(40_000)
    assert made.media_type == "image/png"
    assert ImageChops.difference(opened(made.data).convert("RGB"), drawing((120, 100))).getbbox() is None


@pytest.mark.parametrize("clear", [False, True])
def test_a_drawing_larger_than_the_screen_stays_a_drawing(clear: bool) -> None:
    source = drawing((1200, 900), clear=clear)
    made = Picture(encoded(source, "PNG"), OLD).fit(40_000)
    shown = opened(made.data)
    assert (made.media_type, shown.size) == ("image/png", (128, 96))
    assert ("A" in shown.convert("RGBA").getbands() and shown.convert("RGBA").getextrema()[3][0] == 0) is clear
    if not clear:
        true = source.resize((128, 96), Image.Resampling.LANCZOS)
        assert missed(true, shown) < missed(true, opened(jpeg_of(true)))


def jpeg_of(picture: Image.Image) -> bytes:
    return encoded(picture, "JPEG", quality=92)


def test_a_page_of_writing_is_grey_and_sharp() -> None:
    page = Image.new("1", (1240, 1754), 1)
    for y in range(60, 1700, 40):
        ImageDraw.Draw(page).text((60, y), "All our yesterdays have lighted fools " * 4, fill=0, font_size=24)
    made = Picture(encoded(page, "PNG"), MODERN).fit(300_000)
    true = page.convert("RGB").resize(opened(made.data).size, Image.Resampling.LANCZOS)
    assert missed(true, opened(made.data)) == 0
    tight = Picture(encoded(page, "PNG"), MODERN).fit(20_000)
    assert len(tight.data) <= 20_000


def test_what_comes_nearer_as_a_photograph_is_one() -> None:
    colours = landscape((500, 400)).quantize(200, dither=Image.Dither.NONE).convert("RGB")
    colours.putpixel((0, 0), (1, 2, 3))
    assert Picture(encoded(colours, "BMP"), MODERN).fit(70_000).media_type == "image/jpeg"


def test_an_old_screen_gets_its_size() -> None:
    made = Picture(jpeg((2000, 1500)), OLD).fit(40_000)
    assert opened(made.data).size == (128, 96)
    tall = Picture(jpeg((1500, 2000)), OLD).fit(40_000)
    assert opened(tall.data).size == (96, 128)


def test_a_screen_in_black_and_white_gets_a_bitmap() -> None:
    made = Picture(jpeg((1000, 700)), MONO).fit(10_000)
    assert made.media_type in ("image/vnd.wap.wbmp", "image/gif")
    if made.media_type == "image/vnd.wap.wbmp":
        bitmap = wbmp.decode(made.data)
        shades = [(octet).bit_count() for octet in bitmap.rows]
        assert 0.1 < sum(shades) / (8 * len(shades)) < 0.9


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("WEBP", "image/webp"),
        ("AVIF", "image/avif"),
        ("HEIF", "image/heic"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
    ],
)
def test_newer_and_older_formats_become_a_photograph(form: str, kind: str) -> None:
    data = encoded(landscape((640, 480)), form)
    assert kind_of(data) == kind
    made = Picture(data, MODERN).fit(100_000)
    assert (made.media_type, opened(made.data).size) == ("image/jpeg", (640, 480))


@pytest.mark.parametrize("mode", ["CMYK", "L", "I;16", "P", "LA", "1"])
def test_any_way_to_say_colours(mode: str) -> None:
    picture = landscape((200, 150))
    form = "JPEG" if mode == "CMYK" else "PNG"
    source = picture.convert("L").convert("I;16") if mode == "I;16" else picture.convert(mode)
    made = Picture(encoded(source, form), OLD).fit(20_000)
    assert opened(made.data).size == (128, 96)


def test_a_profile_is_applied_and_left_out() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = Picture(jpeg((500, 400), icc_profile=profile), OLD).fit(20_000)
    assert "icc_profile" not in opened(made.data).info
    broken = Picture(jpeg((500, 400), icc_profile=b"junk" * 40), OLD).fit(20_000)
    assert opened(broken.data).size == (128, 102)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIF", "WEBP"])
def test_colours_wider_than_a_screen_s_look_as_they_did(form: str) -> None:
    """A green of Display P3 is a stronger one of sRGB: by both matrices, worked out by hand."""
    picture = Image.new("RGB", (64, 48), (100, 180, 90))
    source = encoded(picture, form, icc_profile=profile(b"RGB ", DISPLAY_P3), quality=100)
    shown = opened(Picture(source, MODERN).fit(100_000).data)
    assert shown.convert("RGB").getpixel((30, 20)) == pytest.approx((64, 184, 76), abs=3)
    assert "icc_profile" not in shown.info


def test_inks_look_as_their_profile_says() -> None:
    picture = Image.new("CMYK", (64, 48), (255, 0, 0, 0))
    plain = opened(Picture(encoded(picture, "JPEG"), MODERN).fit(100_000).data).convert("RGB").getpixel((30, 20))
    data = encoded(picture, "JPEG", icc_profile=profile(b"CMYK", PAPER))
    shown = opened(Picture(data, MODERN).fit(100_000).data).convert("RGB").getpixel((30, 20))
    assert shown == pytest.approx((0, 158, 222), abs=30)
    assert plain == pytest.approx((0, 255, 255), abs=8)


def test_a_bomb_is_refused_before_it_is_read() -> None:
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    import zlib

    data = head + zlib.crc32(head[12:]).to_bytes(4) + b"\x00\x00\x00\x00IDAT" + zlib.crc32(b"IDAT").to_bytes(4)
    with pytest.raises(MediaRefused, match="too large"):
        Picture(data, MODERN)


@pytest.mark.parametrize("cut", [3, 20, 100, 1000])
def test_what_is_torn_is_damaged_or_shown_as_far_as_it_goes(cut: int) -> None:
    with pytest.raises(MediaRefused):
        Picture(jpeg((400, 300))[:cut], MODERN).fit(100_000)


def test_no_room_is_said() -> None:
    with pytest.raises(MediaRefused, match="no picture worth showing"):
        Picture(jpeg((800, 600)), MODERN).fit(300)


def test_the_best_is_bounded() -> None:
    made = Picture(encoded(landscape((640, 480)), "BMP"), MODERN).fit(10_000_000)
    assert f"quality {BEST}" in made.after
