"""Draws docs/pictures: cards on handsets as previews show them, and all templates at a glance.

    python deploy/pictures.py docs/pictures

The same pictures every time; each card is composed for the handset, encoded, and rendered from its octets.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from PIL import Image

from mms.assembly import assemble
from mms.cards.catalogue import Genre, template, templates
from mms.cards.composition import compose
from mms.cards.face import face
from mms.cards.palettes import png
from mms.cards.wording import subject
from mms.handsets.catalogue import resolve
from mms.preview.fonts import Face, set_in
from mms.preview.rendering import Preview, render
from mms.preview.sheet import contact_sheet

HANDSETS: Final = ("nokia-3510i", "nokia-6610", "sony-ericsson-t610", "nokia-n73", "iphone-3g", "huawei-p30")
CARDS: Final = (("spring-festival", "zh"), ("mid-autumn", "zh"), ("business-ink", "zh"), ("birthday", "en"))
#: A number that nobody has.
SENDER: Final = "+8613800138000"
_COLOURS: Final = 256
_CELL: Final = 200


def preview(card_key: str, language: str, handset_key: str) -> Preview:
    """A template's example on a handset."""
    handset = resolve(handset_key)
    card = template(card_key).example(language)
    body = assemble(compose(card, handset), screen=handset.screen, text_first=handset.text_first)
    return render(body, handset, sender=SENDER, subject=subject(card), language=language)


def sheet(card_key: str, language: str) -> bytes:
    """A template's example on all handsets side by side, as PNG."""
    previews = [preview(card_key, language, key) for key in HANDSETS]
    title = template(card_key).names[language]
    return contact_sheet(previews, title=title, language=language, colours=_COLOURS)


def overview() -> bytes:
    """All templates, four in a row, as PNG."""
    looks = templates()
    name = set_in(Face.SANS, 14)
    high = _CELL * 4 // 5 + 2 * name.line + 14
    image = Image.new("RGB", (4 * (_CELL + 12) + 12, (len(looks) + 3) // 4 * high + 12), (255, 255, 255))
    for number, look in enumerate(looks):
        left, top = 12 + number % 4 * (_CELL + 12), 12 + number // 4 * high
        language = "zh" if number % 2 == 0 or look.genre is Genre.BUSINESS else "en"
        image.paste(face(look.example(language), look, (_CELL, _CELL * 4 // 5)), (left, top))
        for line, words in enumerate(look.names.values()):
            name.draw(image, (left, top + _CELL * 4 // 5 + 4 + line * name.line), words, (60, 66, 76))
    return png(image, 256)


def main(folder: Path) -> None:
    """Writes all pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cards.png").write_bytes(overview())
    for key, language in CARDS:
        (folder / f"cards-{key}.png").write_bytes(sheet(key, language))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
