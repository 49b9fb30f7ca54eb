"""Typefaces for pictures with text: where the machine keeps them, and what stands in for characters they lack.

Noto CJK draws Chinese and Latin; DejaVu draws what Noto lacks, and Latin where there is no Noto. Files are looked for
in the usual folders of the system and of the user, once per process.
"""

from __future__ import annotations

import enum
import functools
import itertools
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from gateway.core.errors import CaiyouError

FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts").expanduser(),
    Path("~/.fonts").expanduser(),
)
#: A colour of the picture drawn on: three of RGB, one of L.
Ink = tuple[int, int, int] | int
#: What a character no typeface has is drawn as.
MISSING: Final = "□"
MIN_SIZE: Final = 6  # pixels; smaller letters are dust
MAX_SIZE: Final = 600


class FontMissing(CaiyouError):
    """No typeface is installed; on Debian: apt-get install fonts-noto-cjk fonts-dejavu-core."""


class Face(enum.StrEnum):
    """How letters look."""

    SANS = "sans"
    BOLD = "bold"
    SERIF = "serif"  # Song
    SERIF_BOLD = "serif-bold"


# Names of files, the best first: Debian's packages, then the same typefaces as their makers hand them out.
_CHINESE: Final[dict[Face, tuple[str, ...]]] = {
    Face.SANS: ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "wqy-microhei.ttc"),
    Face.BOLD: ("NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf", "NotoSansSC-Bold.otf"),
    Face.SERIF: ("NotoSerifCJK-Regular.ttc", "NotoSerifCJKsc-Regular.otf", "NotoSerifSC-Regular.otf"),
    Face.SERIF_BOLD: ("NotoSerifCJK-Bold.ttc", "NotoSerifCJKsc-Bold.otf", "NotoSerifSC-Bold.otf"),
}
_LATIN: Final[dict[Face, tuple[str, ...]]] = {
    Face.SANS: ("DejaVuSans.ttf",),
    Face.BOLD: ("DejaVuSans-Bold.ttf", "DejaVuSans.ttf"),
    Face.SERIF: ("DejaVuSerif.ttf", "DejaVuSans.ttf"),
    Face.SERIF_BOLD: ("DejaVuSerif-Bold.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans.ttf"),
}
_FAMILY_MARK: Final = " SC"  # which of a collection's families has the mainland's shapes
_COLLECTION: Final = 10
_NOWHERE: Final = -1
_UNSEEN: Final = -2
_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))


@dataclass(frozen=True, slots=True)
class Type:
    """A face at a size in pixels; lengths and heights are pixels."""

    face: Face
    size: int

    def length(self, text: str) -> float:
        """How wide the text is on one line."""
        return sum(font.getlength(run) for font, run in self._runs(text))

    @property
    def line(self) -> int:
        """From one line to the next."""
        return round(self.size * 1.36)

    def draw(self, image: Image.Image, at: tuple[float, float], text: str, fill: Ink) -> None:
        """The text on one line, its em box beginning at the point `at`."""
        pen = ImageDraw.Draw(image)
        left, top = at
        for font, run in self._runs(text):
            pen.text((left, top + self.size * 0.88), run, fill=fill, font=font, anchor="ls")
            left += font.getlength(run)

    def mask(self, text: str) -> Image.Image:
        """The text as coverage (mode L), one em and a quarter high; its baseline at 1.0 em."""
        image = Image.new("L", (max(1, round(self.length(text)) + 2), round(self.size * 1.25)))
        pen = ImageDraw.Draw(image)
        left = 1.0
        for font, run in self._runs(text):
            pen.text((left, self.size), run, fill=255, font=font, anchor="ls")
            left += font.getlength(run)
        return image

    def _runs(self, text: str) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        found = []
        for place, group in itertools.groupby(text, lambda char: _place(char, self.face)):
            chars = "".join(group)
            if place == _UNSEEN:
                continue
            if place == _NOWHERE:
                found.append((_font(0, self.face, self.size), MISSING * len(chars)))
            else:
                found.append((_font(place, self.face, self.size), chars))
        return found


def set_in(face: Face, size: float) -> Type:
    """The face at the size nearest to the one asked for."""
    return Type(face, min(max(round(size), MIN_SIZE), MAX_SIZE))


@functools.cache
def files(face: Face) -> tuple[tuple[Path, int], ...]:
    """The files for a face and the index in each, Chinese first. Raises FontMissing when there is none at all."""
    present: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in folder.rglob("*.[to]t[fc]") if folder.is_dir() else ():
            present.setdefault(path.name, path)
    found: list[tuple[Path, int]] = []
    chinese = (*_CHINESE[face], *_CHINESE[Face.SANS])
    for names in (chinese, _LATIN[face]):
        best = next((present[name] for name in names if name in present), None)
        if best is not None:
            found.append((best, _index(best)))
    if not found:
        raise FontMissing
    return tuple(found)


def can_write(text: str) -> bool:
    """Whether every character of the text has a shape here."""
    return all(_place(char, Face.SANS) != _NOWHERE for char in text)


def _index(path: Path) -> int:
    if path.suffix != ".ttc":
        return 0
    for index in range(_COLLECTION):
        try:
            family, _ = ImageFont.truetype(path, 16, index=index).getname()
        except OSError:
            break
        if family and family.endswith(_FAMILY_MARK):
            return index
    return 0


# One costs about 3 MB in memory and a millisecond to open.
@functools.lru_cache(maxsize=24)
def _font(place: int, face: Face, size: int) -> ImageFont.FreeTypeFont:
    path, index = files(face)[place]
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=16384)
def _place(char: str, face: Face) -> int:
    """Which file has the character, _NOWHERE for none; _UNSEEN for what is no letter (joiners, variation selectors)."""
    if char.isspace():
        return 0
    if unicodedata.category(char) in ("Cc", "Cf") or char in _SELECTORS:
        return _UNSEEN
    for place in range(len(files(face))):
        font = _font(place, face, 24)
        shape = font.getmask(char)
        if (bytes(shape), shape.size) != _nothing(place, face):
            return place
    return _NOWHERE


@functools.cache
def _nothing(place: int, face: Face) -> tuple[bytes, tuple[int, int]]:
    # U+10FFFF is no character and never will be: every typeface draws it as it draws what it lacks.
    shape = _font(place, face, 24).getmask("\U0010ffff")
    return bytes(shape), shape.size
