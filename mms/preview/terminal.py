"""A picture as lines for a terminal: half blocks, two pixels to a character, in colours of 24 bits."""

from __future__ import annotations

import io

from PIL import Image

#: More lines than this do not fit on a terminal together with anything else.
MAX_LINES = 40
_RESET = "\x1b[0m"


def in_terminal(png: bytes, width: int) -> list[str]:
    """The picture in lines of at most `width` characters, at most MAX_LINES of them; its shape is kept."""
    with Image.open(io.BytesIO(png)) as image:
        scale = min(width / image.width, 2 * MAX_LINES / image.height)
        size = max(1, round(image.width * scale)), max(2, round(image.height * scale) // 2 * 2)
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    octets = small.tobytes()
    columns = small.width
    lines = []
    for row in range(0, small.height, 2):
        cells = []
        for column in range(columns):
            above, below = 3 * (row * columns + column), 3 * ((row + 1) * columns + column)
            ink = ";".join(map(str, octets[above : above + 3]))
            paper = ";".join(map(str, octets[below : below + 3]))
            cells.append(f"\x1b[38;2;{ink}m\x1b[48;2;{paper}m▀")
        lines.append("".join(cells) + _RESET)
    return lines
