"""The pictures of docs/cards.md are what the code draws today."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from deploy.pictures import CARDS, overview, sheet

FOLDER = Path(__file__).parents[4] / "docs" / "pictures"


def assert_same(drawn: bytes, file: Path) -> None:
    """Alike up to what another version of the typefaces changes."""
    with Image.open(io.BytesIO(drawn)) as new, Image.open(file) as old:
        assert abs(new.width - old.width) <= 40
        assert abs(new.height - old.height) <= 60
        size = min(new.width, old.width), min(new.height, old.height)
        pair = [one.convert("RGB").crop((0, 0, *size)) for one in (new, old)]
        assert sum(ImageStat.Stat(ImageChops.difference(*pair)).mean) / 3 < 6, f"draw {file.name} again"


def test_the_templates_at_a_glance() -> None:
    assert_same(overview(), FOLDER / "cards.png")


@pytest.mark.parametrize(("key", "language"), CARDS)
def test_cards_on_handsets(key: str, language: str) -> None:
    assert_same(sheet(key, language), FOLDER / f"cards-{key}.png")


def test_they_are_small_together() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 1_500_000
