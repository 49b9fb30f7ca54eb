"""Spring Festival, Lantern Festival, Dragon Boat Festival, Mid-Autumn."""

from __future__ import annotations

import math

from mms.cards.canvas import Canvas, Fade, curve, mix, moved
from mms.cards.ornaments import (
    blossom,
    firework,
    hill,
    lantern,
    leaf,
    mountains,
    scroll_cloud,
    star,
    strewn,
)


def spring_festival(canvas: Canvas, phase: float) -> None:
    """Red and gold: lanterns that sway, a paper-cut roundel, plum blossom, clouds of silk."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#b3121d", "#e0382a"))
    middle = (w * 0.5, h * 0.5)
    canvas.glow(middle, max(w, h) * 0.55, "#ff7a48", 0.75)
    for ring in range(3):
        canvas.ring(middle, min(w, h) * (0.41 + ring * 0.024), max(0.6, u * (0.9 - ring * 0.25)), "#f7b84e", 0.34)
    for number in range(16):
        angle = math.tau * number / 16
        at = (middle[0] + min(w, h) * 0.5 * math.cos(angle), middle[1] + min(w, h) * 0.5 * math.sin(angle))
        blossom(canvas, at, u * 3.4, mix("#d8382a", "#f7b84e", 0.4), mix("#d8382a", "#f7b84e", 0.65), turn=angle * 57)
    burst = (phase * 2) % 1
    firework(canvas, (w * 0.5, h * 0.17), u * 17, ("#ffd060", "#fff0c0"), 0.12 + burst * 0.86 if phase else 0.45)
    for x, y, size, lag in ((0.13, 0.0, 21, 0.0), (0.87, 0.0, 21, 0.5), (0.31, -0.05, 12.5, 0.25),
                            (0.69, -0.05, 12.5, 0.75)):  # fmt: skip
        lantern(canvas, (w * x, h * y), u * size, 5 * math.sin(math.tau * (phase + lag)), red="#e8301c")
    for x, y, size, flip in ((0.1, 0.955, 30, 1), (0.9, 0.955, 30, -1), (0.5, 1.03, 30, 1), (0.3, 1.02, 20, 1),
                             (0.7, 1.02, 20, -1)):  # fmt: skip
        scroll_cloud(canvas, (w * x, h * y), u * size, "#c41a1e", "#f7c25c", flip)
    for x, y, size, turn in ((0.07, 0.74, 7, 0), (0.155, 0.8, 5, 30), (0.93, 0.74, 7, 20), (0.85, 0.8, 5, 50)):
        blossom(canvas, (w * x, h * y), u * size, "#ffd9d2", "#e8505a", turn)


def lantern_festival(canvas: Canvas, phase: float) -> None:
    """A night full of lights that rise over the roofs."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#0d1440", "#5b2a63"))
    for x, y, own in strewn(34):
        shine = 0.55 + 0.45 * math.sin(math.tau * (phase + own))
        canvas.circle((x * w, y * h * 0.7), u * (0.3 + own * 0.45), mix("#38386c", "#fff6d8", shine))
    moon = (w * 0.5, h * 0.14)
    canvas.glow(moon, u * 30, "#ffe9b0", 0.75)
    canvas.circle(moon, u * 10, Fade("#fffbe6", "#ffe2a0"))
    for x, y, own in strewn(9, 11):
        depth = 0.45 + own * 0.75
        aside = (
            x if y < 0.12 else 0.5 + (0.3 + 0.4 * abs(x - 0.5)) * (1 if x > 0.5 else -1)
        )  # words stand in the middle
        lift = u * 3 * depth * math.sin(math.tau * (phase + own))
        _sky_lantern(canvas, ((0.06 + 0.88 * aside) * w, (y * 1.1 - 0.08) * h * 0.9 + lift), u * 10 * depth)
    mountains(canvas, h * 0.86, u * 14, "#2a1a4c", 3, 4)
    _roofs(canvas, h * 0.985)


def _sky_lantern(canvas: Canvas, centre: tuple[float, float], size: float) -> None:
    canvas.glow(centre, size * 1.7, "#ff9a3c", 0.6)
    body = curve([(-0.3, 0.5), (-0.46, -0.1), (-0.36, -0.5), (0, -0.62), (0.36, -0.5), (0.46, -0.1), (0.3, 0.5)])
    canvas.polygon(moved(body, centre, size), Fade("#ff8a3a", "#ffe39a"))
    canvas.ellipse((centre[0], centre[1] + size * 0.46), size * 0.3, size * 0.09, "#fff6cf")


def _roofs(canvas: Canvas, base: float) -> None:
    w, u = canvas.width, canvas.u
    for x, wide, high in ((0.14, 34, 13), (0.52, 44, 17), (0.88, 34, 12)):
        middle, top = w * x, base - u * high
        half = u * wide / 2
        canvas.rectangle((middle - half * 0.72, top + u * 4, middle + half * 0.72, canvas.height + 1), "#2b1133")
        for number in range(-2, 3):
            place = middle + number * half * 0.27
            canvas.rectangle((place - half * 0.08, top + u * 7, place + half * 0.08, top + u * 12), "#ffb648")
        eaves = curve([(-1.08, 0.2), (-0.9, 0.36), (-0.5, 0.12), (-0.3, -0.28), (0.3, -0.28), (0.5, 0.12), (0.9, 0.36),
                       (1.08, 0.2)])  # fmt: skip
        canvas.polygon([*moved(eaves, (middle, top), half), (middle + half * 0.75, top + half * 0.5),
                        (middle - half * 0.75, top + half * 0.5)], "#1a0a24")  # fmt: skip


def dragon_boat(canvas: Canvas, phase: float) -> None:
    """A dragon boat on green water under bamboo."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#f4f8dd", "#bfe3c8"))
    canvas.glow((w * 0.76, h * 0.2), u * 32, "#fff2b0", 0.9)
    canvas.circle((w * 0.76, h * 0.2), u * 8, "#ffd873")
    mountains(canvas, h * 0.62, u * 20, Fade("#9fd0b8", "#d4ecd4"), 1, 4)
    mountains(canvas, h * 0.65, u * 12, Fade("#78b89c", "#bfe0c4"), 7, 5)
    canvas.rectangle((0, h * 0.63, w, h + 1), Fade("#7cc7b4", "#1f7f80"))
    heave = u * 0.9 * math.sin(math.tau * phase)
    for row in range(6):
        y = h * (0.66 + row * 0.065)
        shift = (row * 0.37 + phase * (1 if row % 2 else -1)) % 1
        for number in range(-1, 5):
            left = (number + shift) * w * 0.27
            points = [(left + w * 0.012 * step, y + u * 0.8 * math.sin(step * 0.9)) for step in range(9)]
            canvas.line(points, max(0.7, u * 0.55), mix("#a6e0cd", "#5fb3a8", row / 6))
    _dragon(canvas, (w * 0.5, h * 0.76 + heave), min(w * 0.86, h * 1.1), phase)
    for x, turn, size in ((-0.02, 35, 24), (0.05, 60, 20), (0.1, 20, 22), (0.0, 78, 24), (0.17, 40, 16)):
        leaf(canvas, (w * x, -h * 0.01), u * size, turn + 2 * math.sin(math.tau * phase),
             Fade("#4f9f55", "#2c7a45"), 0.15)  # fmt: skip
    for x, turn, size in ((1.02, 148, 22), (0.95, 120, 18), (1.0, 105, 20)):
        leaf(canvas, (w * x, -h * 0.01), u * size, turn - 2 * math.sin(math.tau * phase),
             Fade("#5aa95a", "#2f8049"), 0.15)  # fmt: skip


def _dragon(canvas: Canvas, centre: tuple[float, float], size: float, phase: float) -> None:
    def at(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return moved(points, centre, size)

    for number in range(6):
        x = -0.25 + number * 0.1
        stroke = 0.05 * math.sin(math.tau * phase + 0.3)
        canvas.line(at([(x, -0.05), (x - 0.06 - stroke, 0.11)]), size * 0.011, "#7a3b16")
        canvas.ellipse(at([(x - 0.062 - stroke, 0.115)])[0], size * 0.013, size * 0.026, "#8f4a1c", turn=25)
    hull = curve([(-0.47, -0.16), (-0.44, -0.03), (-0.3, 0.045), (0, 0.07), (0.3, 0.04), (0.4, -0.04), (0.42, -0.17)])
    deck = curve([(0.36, -0.17), (0.33, -0.06), (0.2, -0.015), (-0.2, -0.01), (-0.36, -0.06), (-0.42, -0.17)])
    canvas.polygon(at([*hull, *deck]), Fade("#f2b632", "#c2281c"))
    for number in range(11):
        x = -0.33 + number * 0.06
        canvas.circle(at([(x, 0.02 - 0.25 * x * x)])[0], size * 0.016, "#ffe08a", 0.85)
    for number in range(6):
        x = -0.24 + number * 0.1
        lean = 0.015 * math.sin(math.tau * phase)
        canvas.polygon(at([(x - 0.024, -0.01), (x + 0.026, -0.01), (x + 0.02 + lean, -0.08),
                           (x - 0.016 + lean, -0.08)]), ("#d8362a", "#2a6fb0")[number % 2])  # fmt: skip
        canvas.circle(at([(x + 0.006 + lean, -0.105)])[0], size * 0.022, "#f1c79c")
        canvas.line(at([(x - 0.016 + lean, -0.112), (x + 0.026 + lean, -0.112)]), size * 0.012, "#c8281e")
    neck = curve([(0.36, -0.08), (0.41, -0.2), (0.46, -0.26), (0.55, -0.25), (0.58, -0.2), (0.52, -0.185),
                  (0.57, -0.16), (0.49, -0.15), (0.46, -0.08), (0.4, -0.01)], closed=True)  # fmt: skip
    canvas.polygon(at(neck), Fade("#ffc843", "#d8591f"))
    canvas.circle(at([(0.485, -0.222)])[0], size * 0.015, "#ffffff")
    canvas.circle(at([(0.488, -0.222)])[0], size * 0.008, "#20201c")
    canvas.line(at(curve([(0.45, -0.25), (0.42, -0.31), (0.44, -0.35)])), size * 0.013, "#c2281c")
    for turn, x in ((200, 0.43), (178, 0.41), (155, 0.4)):
        leaf(canvas, at([(x, -0.2 + (200 - turn) * 0.0016)])[0], size * 0.09, turn, "#2f9a6a", 0.2)
    tail = curve([(-0.44, -0.14), (-0.5, -0.26), (-0.44, -0.33), (-0.46, -0.24), (-0.4, -0.12)], closed=True)
    canvas.polygon(at(tail), Fade("#2f9a6a", "#d8591f"))


def mid_autumn(canvas: Canvas, phase: float) -> None:
    """The full moon over clouds, a rabbit looking up, osmanthus."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#0c1a4a", "#3a4f9a"))
    for x, y, own in strewn(40):
        shine = 0.5 + 0.5 * math.sin(math.tau * (phase + own))
        if own > 0.8:
            star(canvas, (x * w, y * h * 0.8), u * (1 + shine * 0.9), mix("#5a6ab8", "#fff6d8", shine), 4, 0.25)
        else:
            canvas.circle((x * w, y * h * 0.8), u * (0.25 + own * 0.4), mix("#46549c", "#fff6d8", shine))
    moon = (w * 0.5, h * 0.44)
    radius = min(w * 0.37, h * 0.37)
    canvas.glow(moon, radius * 1.85, "#ffe6a0", 0.85)
    canvas.circle(moon, radius, Fade("#fff8dc", "#ffdf94"))
    for x, y, size in ((-0.5, -0.42, 0.2), (0.52, -0.36, 0.15), (-0.62, 0.12, 0.11), (0.58, 0.34, 0.17),
                       (0.1, -0.7, 0.1), (-0.3, 0.66, 0.13)):  # fmt: skip
        canvas.circle((moon[0] + x * radius, moon[1] + y * radius), size * radius, "#f3cd7c", 0.4)
    drift = math.sin(math.tau * phase) * u * 2.5
    for x, y, wide, light in ((0.1, 0.63, 46, 0.28), (0.9, 0.7, 50, 0.34), (0.2, 0.2, 30, 0.14), (0.93, 0.3, 30, 0.16)):
        _band(canvas, (w * x + drift * (1 if x < 0.5 else -1), h * y), u * wide, mix("#33468e", "#dfe6ff", light))
    hill(canvas, h * 0.86, h * 0.9, Fade("#1d2c66", "#101b46"), u * 4)
    _rabbit(canvas, (w * 0.24, h * 0.86), u * 17)
    for x, y, turn, size in ((1.0, 0.02, 150, 17), (0.93, 0.02, 120, 15), (0.86, 0.05, 160, 14), (0.8, 0.08, 130, 12),
                             (0.97, 0.1, 130, 13)):  # fmt: skip
        leaf(canvas, (w * x, h * y), u * size, turn, Fade("#3f8f6a", "#235a50"), 0.22)
    for x, y, own in strewn(14, 5):
        blossom(
            canvas, (w * (0.78 + 0.22 * x), h * (0.0 + 0.15 * y)), u * (1.5 + own), "#ffd35c", "#f09a20", own * 90, 4
        )


def _band(canvas: Canvas, centre: tuple[float, float], wide: float, colour: str) -> None:
    for dx, dy, share in ((0.0, 0.0, 1.0), (-0.18, -0.085, 0.6), (0.16, 0.085, 0.68)):
        x, y, half, thick = centre[0] + dx * wide, centre[1] + dy * wide, wide * share / 2, wide * 0.04
        canvas.rectangle((x - half, y - thick, x + half, y + thick), colour, radius=thick)


def _rabbit(canvas: Canvas, foot: tuple[float, float], size: float) -> None:
    x, y = foot
    white = Fade("#ffffff", "#e4e6f6")
    canvas.ellipse((x, y - size * 0.34), size * 0.4, size * 0.36, white)
    canvas.circle((x - size * 0.4, y - size * 0.2), size * 0.12, "#ffffff")
    canvas.ellipse((x + size * 0.3, y - size * 0.03), size * 0.24, size * 0.09, "#eef0fb")
    for lean, back in ((-4, 0.08), (14, 0.2)):
        ear = (x + size * (0.14 + back), y - size * 1.06)
        canvas.ellipse(ear, size * 0.085, size * 0.28, "#f4f5fd", turn=lean)
        canvas.ellipse(ear, size * 0.04, size * 0.19, "#ffc4cc", turn=lean)
    canvas.circle((x + size * 0.28, y - size * 0.68), size * 0.24, white)
    canvas.circle((x + size * 0.38, y - size * 0.72), size * 0.04, "#3a2a50")
    canvas.circle((x + size * 0.5, y - size * 0.64), size * 0.03, "#ff9aa8")
