"""Several phones side by side, each showing the same message, with what is to be said about it below."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image

from mms.handsets.handset import Handset
from mms.preview.casing import framed
from mms.preview.fonts import Face, set_in
from mms.preview.lettering import Align, Lettering, wrap
from mms.preview.rendering import Preview
from mms.preview.shades import with_palette
from mms.preview.texts import preview_texts

MAX_PHONES: Final = 12
_GAP: Final = 26
_INK: Final = (40, 46, 56)
_PALE: Final = (110, 118, 130)
_WARNING: Final = (176, 60, 40)
_MAX_REMARKS: Final = 6


def contact_sheet(
    previews: Sequence[Preview], *, title: str = "", screen: int = 0, language: str = "en", colours: int = 0
) -> bytes:
    """The phones as one PNG, each with its screen of that number (its last where it has fewer).

    `colours` from 2 to 256 makes the file smaller by giving it a palette; 0 keeps every shade. Raises ValueError for
    no phone or more than MAX_PHONES.
    """
    if not 1 <= len(previews) <= MAX_PHONES:
        raise ValueError(f"a sheet has 1 to {MAX_PHONES} phones, not {len(previews)}")
    phones = [framed(preview, min(screen, len(preview.screens) - 1)) for preview in previews]
    captions = [_caption(preview, phone.width, language) for preview, phone in zip(previews, phones, strict=True)]
    heading = set_in(Face.BOLD, 20)
    top = _GAP + (heading.line + _GAP // 2 if title else 0)
    tallest = max(phone.height for phone in phones)
    below = max(sum(piece.height for piece, _ in caption) for caption in captions)
    wide = sum(phone.width for phone in phones) + _GAP * (len(phones) + 1)
    sheet = Image.new("RGB", (wide, top + tallest + 10 + below + _GAP), (255, 255, 255))
    if title:
        heading.draw(sheet, (_GAP, _GAP * 0.8), title, _INK)
    left = _GAP
    for phone, caption in zip(phones, captions, strict=True):
        sheet.paste(phone, (left, top + tallest - phone.height))
        y = top + tallest + 10
        for piece, ink in caption:
            piece.draw(sheet, (left, y, left + phone.width, y + piece.height), ink, Align.CENTRE)
            y += piece.height
        left += phone.width + _GAP
    if colours:
        sheet = with_palette(sheet, colours)
    out = io.BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


def _caption(preview: Preview, width: int, language: str) -> list[tuple[Lettering, tuple[int, int, int]]]:
    texts = preview_texts(language)
    handset = preview.handset
    line = texts.render(
        "screen_line", width=handset.screen[0], height=handset.screen[1], colours=_colours(handset, language)
    )
    pieces = [(handset.name, Face.BOLD, 14, _INK), (line, Face.SANS, 12, _PALE)]
    pieces += [(warning, Face.SANS, 11, _WARNING) for warning in preview.warnings[:_MAX_REMARKS]]
    found = []
    for text, face, size, ink in pieces:
        kind = set_in(face, size)
        found.append((Lettering(tuple(wrap(text, width, kind.length)), kind), ink))
    return found


def _colours(handset: Handset, language: str) -> str:
    texts = preview_texts(language)
    if handset.colours <= 2:
        return texts.render("black_white")
    return texts.render("greys" if handset.grey else "colours", count=handset.colours)
