from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image, ImageStat

from mms.preview.shades import flat_greys, on_screen, with_palette
from mms.preview.symbols import Symbol, symbol
from tests.unit.mms.preview.phones import COLOUR

RAMP = Image.merge(
    "RGB",
    [Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90), Image.linear_gradient("L").rotate(180)],
)


@pytest.mark.parametrize(("colours", "at_most"), [(256, 256), (4_096, 4_096), (65_536, 65_536), (262_144, 262_144)])
def test_a_screen_has_no_more_colours_than_it_has(colours: int, at_most: int) -> None:
    shown = on_screen(RAMP, replace(COLOUR, colours=colours))
    found = len(shown.getcolors(1 << 24) or ())
    assert at_most // 600 < found <= at_most


@pytest.mark.parametrize(("colours", "levels"), [(2, 2), (4, 4), (16, 16), (256, 256)])
def test_a_grey_screen_shows_greys(colours: int, levels: int) -> None:
    shown = on_screen(RAMP, replace(COLOUR, colours=colours, grey=True))
    found = shown.getcolors(1 << 24) or []
    assert 2 <= len(found) <= levels
    assert all(colour[0] == colour[1] == colour[2] for _, colour in found)  # type: ignore[index]


def test_dithering_keeps_the_brightness() -> None:
    shown = on_screen(RAMP, replace(COLOUR, colours=2, grey=True)).convert("L")
    assert abs(ImageStat.Stat(shown).mean[0] - ImageStat.Stat(RAMP.convert("L")).mean[0]) < 6


def test_true_colour_changes_nothing() -> None:
    assert on_screen(RAMP, replace(COLOUR, colours=16_777_216)).tobytes() == RAMP.tobytes()


def test_a_palette_keeps_white_white_and_fades_fading() -> None:
    picture = Image.new("RGB", (256, 300), (255, 255, 255))
    picture.paste(RAMP, (0, 40))
    shown = with_palette(picture, 64)
    assert len(shown.getcolors() or ()) <= 64
    plain = shown.convert("RGB")
    assert plain.getpixel((5, 5)) == (255, 255, 255)
    assert len({plain.getpixel((x, 100)) for x in range(60, 80)}) > 1


def test_lines_are_not_dithered() -> None:
    flat = flat_greys(Image.new("RGB", (10, 10), (90, 90, 90)), 4)
    assert flat.getcolors() == [(100, (85, 85, 85))]


@pytest.mark.parametrize("kind", list(Symbol))
@pytest.mark.parametrize("side", [12, 26, 90])
def test_every_sign_can_be_told(kind: Symbol, side: int) -> None:
    drawn = symbol(kind, side)
    assert drawn.size == (side, side)
    assert drawn.tobytes() not in {symbol(other, side).tobytes() for other in Symbol if other is not kind}
