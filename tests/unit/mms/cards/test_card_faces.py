"""The pictures of cards: every template at every size phones have, legible, the same each time, bounded."""

from __future__ import annotations

import itertools

import pytest
from PIL import Image, ImageChops, ImageStat

from mms.cards.canvas import Canvas, Fade, curve, mix
from mms.cards.card import Card
from mms.cards.catalogue import CardTemplate, Genre, template, templates
from mms.cards.face import engraving, face, has_room_for_photo

ALL = templates()
IDS = [one.key for one in ALL]
MOVING = [one for one in ALL if one.moves]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    assert one.size == other.size
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize("look", ALL, ids=IDS)
@pytest.mark.parametrize("size", [(64, 48), (96, 65), (128, 128), (240, 300), (320, 240)])
def test_it_is_drawn_at_any_size(look: CardTemplate, size: tuple[int, int]) -> None:
    picture = face(look.example("zh"), look, size)
    assert picture.size == size
    assert picture.mode == "RGB"
    assert len(picture.getcolors(size[0] * size[1]) or ()) > 50


@pytest.mark.parametrize("look", ALL, ids=IDS)
def test_it_is_the_same_each_time(look: CardTemplate) -> None:
    card = look.example("en")
    assert face(card, look, (128, 128)).tobytes() == face(card, look, (128, 128)).tobytes()


@pytest.mark.parametrize("look", ALL, ids=IDS)
def test_large_and_small_are_the_same_artwork(look: CardTemplate) -> None:
    card = Card.of(look.key, "zh", {"name": "王", "headline": "福"})
    size = (480, 320) if look.genre is Genre.BUSINESS else (450, 600)
    small = (180, 128) if look.genre is Genre.BUSINESS else (150, 200)
    large = face(card, look, size).resize(small, Image.Resampling.LANCZOS)
    assert difference(large, face(card, look, small)) < 30


def test_a_smartphone_gets_a_thousand_pixels() -> None:
    look = template("mid-autumn")
    assert face(look.example("zh"), look, (1080, 1440)).size == (1080, 1440)


@pytest.mark.parametrize("look", ALL, ids=IDS)
def test_words_change_it_and_only_where_they_stand(look: CardTemplate) -> None:
    business = look.genre is Genre.BUSINESS
    key, place = ("name", look.places["text"]) if business else ("headline", look.places["headline"])
    one, other = (
        face(Card.of(look.key, "zh", {key: words, "words": "好"}), look, (240, 240)) for words in ("王一", "王二三四")
    )
    box = ImageChops.difference(one, other).getbbox()
    assert box is not None
    left, top, right, bottom = place.within(240, 240)
    margin = 6
    assert box[0] >= left - margin
    assert box[1] >= top - margin
    assert box[2] <= right + margin
    assert box[3] <= bottom + margin


@pytest.mark.parametrize("look", MOVING, ids=[one.key for one in MOVING])
def test_what_moves_moves(look: CardTemplate) -> None:
    card = look.example("zh")
    frames = [face(card, look, (128, 128), phase=phase) for phase in (0.1, 0.35, 0.6, 0.85)]
    for before, after in itertools.pairwise(frames):
        assert 0.1 < difference(before, after) < 40


@pytest.mark.parametrize("look", MOVING, ids=[one.key for one in MOVING])
def test_the_end_of_the_movement_is_its_beginning(look: CardTemplate) -> None:
    card = look.example("zh")
    end, start, later = (face(card, look, (128, 128), phase=phase) for phase in (0.995, 0.005, 0.2))
    assert difference(end, start) < max(4.0, difference(start, later) * 1.1)


def test_a_photo_stands_on_a_business_card() -> None:
    look = template("business-plain")
    card = look.example("zh")
    photo = Image.new("RGB", (300, 500), (0, 200, 0))
    assert has_room_for_photo(look, 240)
    assert not has_room_for_photo(look, 128)
    picture = face(card, look, (320, 200), photo=photo)
    _, top, right, bottom = look.places["photo"].within(320, 200)
    green = picture.getpixel((round(right) - 20, round((top + bottom) / 2)))
    assert isinstance(green, tuple)
    assert green[1] > 180
    assert green[0] < 30
    assert face(card, look, (128, 96), photo=photo).tobytes() == face(card, look, (128, 96)).tobytes()


LONG = "这是一个非常非常长的祝福" * 12


@pytest.mark.parametrize("look", ALL, ids=IDS)
@pytest.mark.parametrize("words", [LONG, "W" * 150, "🎉" * 60, "a " * 90, "\n" * 50 + "x"])
def test_whatever_is_written_finds_its_way(look: CardTemplate, words: str) -> None:
    values = {field.key: words[: field.max_length].strip() or "x" for field in look.fields}
    assert face(Card.of(look.key, "zh", values), look, (160, 160)).size == (160, 160)


@pytest.mark.parametrize("size", [(0, 10), (10, 10), (5000, 100), (100, 5000)])
def test_no_canvas_beyond_its_bounds(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="sides"):
        Canvas(*size)


def test_a_fade_goes_from_the_first_colour_to_the_last() -> None:
    down = Canvas(40, 40, Fade("#000000", "#ffffff")).finish().convert("L")
    assert down.getpixel((20, 2)) < down.getpixel((20, 20)) < down.getpixel((20, 37))  # type: ignore[operator]
    across = Canvas(40, 40, Fade("#000000", "#ffffff", sideways=True)).finish().convert("L")
    assert across.getpixel((2, 20)) < across.getpixel((20, 20)) < across.getpixel((37, 20))  # type: ignore[operator]


def test_a_glow_ends_without_a_rim() -> None:
    canvas = Canvas(100, 100, "#000000")
    canvas.glow((50, 50), 40, "#ffffff")
    picture = canvas.finish().convert("L")
    assert picture.getpixel((50, 50)) > 230  # type: ignore[operator]
    assert picture.getpixel((50, 9)) == 0
    assert picture.getpixel((9, 9)) == 0


def test_a_curve_goes_through_its_points() -> None:
    line = curve([(0, 0), (10, 5), (20, 0)], steps=4)
    assert line[0] == (0, 0)
    assert line[4] == (10, 5)
    assert line[-1] == (20, 0)


def test_colours_mix() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#102030", "#ffffff", -1) == "#102030"


@pytest.mark.parametrize("look", ALL, ids=IDS)
@pytest.mark.parametrize("size", [(96, 46), (128, 90)])
def test_black_and_white_has_its_words_on_plain_ground(look: CardTemplate, size: tuple[int, int]) -> None:
    drawn = engraving(look.example("zh"), look, size)
    assert drawn.size == size
    bits = drawn.convert("L").convert("1")
    foot = bits.crop((2, size[1] - 4, size[0] - 2, size[1] - 2)) if look.genre is not Genre.BUSINESS else bits
    white = ImageStat.Stat(foot.convert("L")).mean[0] / 255
    assert white > 0.6
    assert engraving(Card.of(look.key, "zh", {"name": "王", "headline": "福"}), look, size).tobytes() != drawn.tobytes()
