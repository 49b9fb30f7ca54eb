"""QR codes on pages, as SVG that stands in the page itself."""

from __future__ import annotations

import segno
from markupsafe import Markup


def svg_of(text: str) -> Markup:
    """The code for a text; black on white in light and dark, for cameras."""
    made = segno.make_qr(text, error="m")
    return Markup(made.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704 - no text of strangers stands in it
