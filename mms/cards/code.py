"""A QR code of a business card, as sharp as the screen: whole pixels per module."""

from __future__ import annotations

from typing import Final

import segno
from PIL import Image

from mms.cards import vcard
from mms.cards.card import Card

#: Pixels of a module that phones read well off another phone's screen, and that they still read.
_MIN_MODULE: Final = 3
_LEAST_MODULE: Final = 2
_QUIET: Final = 4  # modules around it, ISO/IEC 18004 9.1
_QUIET_SMALL: Final = 2  # on the screens where every pixel counts; what is around is white as well


def code(card: Card, side: int) -> Image.Image | None:
    """The code (mode 1, black on white), a square of `side` pixels; None where its modules would be too small.

    It holds the whole vCard where its modules are at least 3 pixels, else the shortest, of at least 2.
    """
    for content in (vcard.vcard(card, vcard.Version.NEW), vcard.compact(card)):
        # Error correction L: a screen has no stains, and larger modules help more.
        made = segno.make_qr(content, error="l", boost_error=True, encoding="utf-8", eci=False)
        modules = len(made.matrix)
        scale = side // (modules + 2 * _QUIET)
        if scale >= _MIN_MODULE:
            break
    else:
        scale = side // (modules + 2 * _QUIET_SMALL)
        if scale < _LEAST_MODULE:
            return None
    rows = bytes(0 if dark else 255 for row in made.matrix for dark in row)
    ink = Image.frombytes("L", (modules, modules), rows).resize((modules * scale,) * 2, Image.Resampling.NEAREST)
    picture = Image.new("1", (side, side), 1)
    picture.paste(ink.convert("1"), ((side - ink.width) // 2, (side - ink.height) // 2))
    return picture
