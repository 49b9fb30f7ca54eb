"""The grounds of business cards. `mark` is the first letter of the name, for seals and monograms."""

from __future__ import annotations

import math

from mms.cards.canvas import Canvas, Fade, mix
from mms.cards.ornaments import great_letter, leaf, mountains, strewn


def plain(canvas: Canvas, mark: str) -> None:
    """White, a blue edge, arcs of dots."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#ffffff", "#f3f7fc"))
    for ring in range(5):
        radius = u * (22 + ring * 9)
        for number in range(26):
            angle = math.radians(176 + number * 4.2)
            at = (w + radius * math.cos(angle) * 0.95, h + radius * math.sin(angle))
            canvas.circle(at, u * (1.3 - ring * 0.16), mix("#2f6fd0", "#ffffff", 0.35 + ring * 0.11))
    canvas.rectangle((0, 0, w * 0.03, h), Fade("#1f56b8", "#38a0e8"))
    canvas.rectangle((w * 0.03, 0, w * 0.04, h), "#bcd8f5")


def dark(canvas: Canvas, mark: str) -> None:
    """Charcoal with lines of gold and a monogram in a hexagon."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#262b36", "#12151c"))
    for number in range(9):
        x = w * 0.62 + number * u * 7
        canvas.line([(x, -u), (x + h * 0.55, h + u)], max(0.5, u * 0.25), "#8f7440", 0.3)
    if w >= 200:
        centre, radius = (w * 0.86, h * 0.24), u * 15
        for reach, width in ((radius, 0.9), (radius * 0.86, 0.35)):
            corners = [
                (centre[0] + reach * math.sin(math.tau * step / 6), centre[1] - reach * math.cos(math.tau * step / 6))
                for step in range(7)
            ]
            if reach == radius:
                canvas.polygon(corners, "#1a1e27")
            canvas.line(corners, max(0.7, u * width), "#d9b667")
        great_letter(canvas, mark, centre, radius * 0.86, Fade("#f6e0a4", "#c79a45"))
    canvas.rectangle((0, h - u * 2.2, w, h), Fade("#8f6c2c", "#f0d48a", True))


def ink(canvas: Canvas, mark: str) -> None:
    """Rice paper, hills in ink wash under a red sun, bamboo, the name's seal."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#fbf7ec", "#efe7d3"))
    for x, y, own in strewn(60):
        canvas.circle((x * w, y * h), u * (0.2 + own * 0.3), "#d8ccb0", 0.5)
    sun = (w * 0.84, h * 0.44)
    canvas.circle(sun, u * 8, "#d8432e", 0.88)
    for base, tall, shade, start, opacity in ((0.92, 34, "#b9bdba", 2, 0.75), (1.0, 30, "#7f8785", 5, 0.7),
                                              (1.08, 28, "#454e4e", 9, 0.8)):  # fmt: skip
        mountains(canvas, h * base, u * tall, Fade(shade, mix(shade, "#efe7d3", 0.85)), start, 4, opacity)
    for place, lean, reach in ((0.955, 0.01, 1.05), (0.915, 0.03, 0.62)):
        for joint in range(5):
            low, high = h * reach * (1 - joint / 5), h * reach * (1 - (joint + 0.94) / 5)
            shift = w * lean * joint / 5
            canvas.line(
                [(w * place + shift, low), (w * place + shift + w * lean / 5, high)], max(0.8, u * 1.5), "#59665e", 0.85
            )
    for x, y, turn, size in ((0.95, 0.22, 165, 17), (0.96, 0.2, 195, 15), (0.95, 0.25, 140, 15), (0.93, 0.5, 160, 12),
                             (0.94, 0.48, 190, 11), (0.97, 0.05, 150, 14)):  # fmt: skip
        leaf(canvas, (w * x, h * y), u * size, turn, "#3f4d45", 0.13)
    if w >= 200:
        side, corner = u * 12, (w * 0.73, h * 0.1)
        canvas.rectangle((*corner, corner[0] + side, corner[1] + side), "#b8281e", radius=u * 1.2)
        great_letter(canvas, mark, (corner[0] + side / 2, corner[1] + side / 2), side * 0.66, "#fbf3e2")


def bright(canvas: Canvas, mark: str) -> None:
    """Slanting bands of colour with the letter standing in them."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), "#fffdf9")
    edges = (0.86, 0.92, 0.98, 1.04)
    for number, (left, fill) in enumerate(zip(edges, (Fade("#ffb03a", "#ff7a3c"), Fade("#ff5d6c", "#e0305c"),
                                                      Fade("#8a4ad8", "#5a32b8"), Fade("#2f7ae8", "#1fb0d8")),
                                              strict=True)):  # fmt: skip
        lean = w * 0.16
        x = w * (left + (0.02 if number else 0))
        canvas.polygon([(x - lean, 0), (w + 1, 0), (w + 1, h + 1), (x, h + 1)], fill)
    canvas.rectangle((0, 0, w * 0.3, h * 0.025), Fade("#ff7a3c", "#e0305c", True))
    if w >= 200:
        great_letter(canvas, mark, (w * 0.89, h * 0.24), u * 22, "#ffffff", opacity=0.28, turn=9)
