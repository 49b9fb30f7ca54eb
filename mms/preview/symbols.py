"""Small signs for what a screen cannot show as it is: sound, film, attachments, pictures that are missing."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

_TIMES: Final = 4
_INK: Final = (70, 78, 92)
_PALE: Final = (226, 231, 238)
_RED: Final = (200, 60, 60)


class Symbol(enum.StrEnum):
    """What a sign stands for."""

    SOUND = "sound"
    FILM = "film"
    CONTACT = "contact"
    DATE = "date"
    FILE = "file"
    LOCK = "lock"
    BROKEN = "broken"


def symbol(kind: Symbol, side: int) -> Image.Image:
    """The sign (mode RGB, on white), a square of `side` pixels."""
    big = side * _TIMES
    image = Image.new("RGB", (big, big), (255, 255, 255))
    pen = ImageDraw.Draw(image)

    def at(*shares: float) -> list[float]:
        return [share * big for share in shares]

    def bar(ends: Sequence[float], colour: tuple[int, int, int] = _INK, width: float = 0.06) -> None:
        pen.line(at(*ends), fill=colour, width=round(width * big))

    edge = max(1, round(0.05 * big))
    if kind is Symbol.SOUND:
        pen.ellipse(at(0.16, 0.66, 0.4, 0.86), fill=_INK)
        pen.ellipse(at(0.58, 0.58, 0.82, 0.78), fill=_INK)
        bar((0.375, 0.76, 0.375, 0.2))
        bar((0.795, 0.68, 0.795, 0.12))
        pen.polygon(at(0.35, 0.2, 0.82, 0.1, 0.82, 0.26, 0.35, 0.36), fill=_INK)
    elif kind is Symbol.FILM:
        pen.rounded_rectangle(at(0.08, 0.18, 0.92, 0.82), 0.08 * big, fill=_PALE, outline=_INK, width=edge)
        pen.polygon(at(0.4, 0.34, 0.4, 0.66, 0.68, 0.5), fill=_INK)
    elif kind is Symbol.CONTACT:
        pen.rounded_rectangle(at(0.06, 0.2, 0.94, 0.8), 0.06 * big, fill=_PALE, outline=_INK, width=edge)
        pen.ellipse(at(0.2, 0.3, 0.4, 0.5), fill=_INK)
        pen.pieslice(at(0.14, 0.52, 0.46, 0.88), 180, 360, fill=_INK)
        for height in (0.38, 0.5, 0.62):
            bar((0.54, height, 0.84, height), width=0.045)
    elif kind is Symbol.DATE:
        pen.rounded_rectangle(at(0.12, 0.16, 0.88, 0.88), 0.06 * big, fill=_PALE, outline=_INK, width=edge)
        pen.rectangle(at(0.12, 0.16, 0.88, 0.36), fill=_INK)
        for height in (0.5, 0.68):
            for place in (0.3, 0.5, 0.7):
                pen.rectangle(at(place - 0.05, height - 0.05, place + 0.05, height + 0.05), fill=_INK)
    elif kind is Symbol.LOCK:
        pen.arc(at(0.28, 0.1, 0.72, 0.62), 180, 360, fill=_INK, width=edge * 2)
        pen.rounded_rectangle(at(0.18, 0.42, 0.82, 0.9), 0.06 * big, fill=_INK)
        pen.ellipse(at(0.43, 0.56, 0.57, 0.7), fill=_PALE)
    elif kind is Symbol.FILE:
        pen.polygon(at(0.2, 0.08, 0.62, 0.08, 0.82, 0.28, 0.82, 0.92, 0.2, 0.92), fill=_PALE, outline=_INK, width=edge)
        pen.polygon(at(0.62, 0.08, 0.62, 0.28, 0.82, 0.28), fill=_INK)
    else:
        pen.rectangle(at(0.08, 0.14, 0.92, 0.86), fill=_PALE, outline=_INK, width=edge)
        bar((0.28, 0.3, 0.72, 0.7), _RED, 0.08)
        bar((0.72, 0.3, 0.28, 0.7), _RED, 0.08)
    return image.resize((side, side), Image.Resampling.LANCZOS)
