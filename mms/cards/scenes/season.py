"""New Year and Christmas."""

from __future__ import annotations

import math

from mms.cards.canvas import Canvas, Fade, mix
from mms.cards.ornaments import firework, hill, snowflake, star, strewn

_BURSTS = (
    (0.24, 0.24, 24, ("#ff6f91", "#ffd1dc"), 0.0),
    (0.76, 0.2, 26, ("#ffd166", "#fff3c4"), 0.37),
    (0.5, 0.12, 18, ("#5ce1e6", "#d9fbff"), 0.68),
    (0.12, 0.5, 15, ("#b388ff", "#e8dcff"), 0.5),
    (0.89, 0.5, 16, ("#7dff9a", "#dcffe6"), 0.15),
)
_STILL = (0.5, 0.55, 0.42, 0.5, 0.45)


def new_year(canvas: Canvas, phase: float) -> None:
    """Fireworks over a city on a river."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#070b2a", "#3b1f63"))
    canvas.glow((w * 0.5, h * 0.86), max(w, h) * 0.6, "#b0467e", 0.45)
    for x, y, own in strewn(30, 4):
        canvas.circle((x * w, y * h * 0.7), u * (0.2 + own * 0.35), mix("#20244e", "#ffffff", own))
    for number, (x, y, size, colours, lag) in enumerate(_BURSTS):
        age = (phase + lag) % 1 if phase else _STILL[number]
        firework(canvas, (w * x, h * y), u * size, colours, age)
    waterline = h * 0.9
    for layer, (shade, tall) in enumerate((("#2c2260", 0.2), ("#15123c", 0.14))):
        left = -u * 2
        for number in range(40):
            own = (number * 0.618 + layer * 0.41) % 1
            wide = u * (5 + 6 * own)
            top = waterline - h * tall * (0.35 + 0.65 * ((number * 0.755 + layer * 0.3) % 1))
            canvas.rectangle((left, top, left + wide, waterline), shade)
            if own > 0.8:
                canvas.line([(left + wide / 2, top), (left + wide / 2, top - u * 5)], max(0.6, u * 0.4), shade)
            if layer:
                for row in range(int((waterline - top) / (u * 2.6))):
                    for column in range(int(wide / (u * 2.4))):
                        if (row * 7 + column * 5 + number * 3) % 4 < 2:
                            x, y = left + u * (1 + column * 2.4), top + u * (1.2 + row * 2.6)
                            canvas.rectangle((x, y, x + u * 0.9, y + u * 1.1), ("#ffcf70", "#ffe9b8")[row % 2])
            left += wide + u * 0.3
            if left > w:
                break
    canvas.rectangle((0, waterline, w, h + 1), Fade("#241a52", "#0c0a26"))
    for x, y, own in strewn(26, 9):
        place = waterline + (h - waterline) * (0.12 + 0.85 * y)
        canvas.line([(x * w - u * 2, place), (x * w + u * (1 + 3 * own), place)], max(0.5, u * 0.45),
                    ("#ffcf70", "#ff6f91", "#5ce1e6")[int(own * 3)], 0.55)  # fmt: skip


def christmas(canvas: Canvas, phase: float) -> None:
    """A lit tree on a snowy night."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#0b2447", "#3f6f9f"))
    canvas.glow((w * 0.5, h * 0.62), max(w, h) * 0.5, "#9ec9ee", 0.55)
    hill(canvas, h * 0.78, h * 0.7, Fade("#a9c8e4", "#d8e8f5"), u * 6)
    for x, size in ((0.06, 15), (0.15, 20), (0.86, 22), (0.95, 16), (0.77, 13)):
        _fir(canvas, (w * x, h * 0.84), u * size, "#2f5f74", "#4d8094")
    hill(canvas, h * 0.83, h * 0.86, Fade("#e9f3fb", "#ffffff"), u * 3)
    foot, tall = (w * 0.5, h * 0.93), h * 0.58
    _fir(canvas, foot, tall, "#14583a", "#2c8a55", snow=False)
    _baubles(canvas, foot, tall, phase)
    top = (foot[0], foot[1] - tall * 1.0)
    canvas.glow(top, u * 15, "#ffe28a", 0.75 + 0.25 * math.sin(math.tau * phase))
    star(canvas, top, u * 5.5, Fade("#fff3b8", "#ffc53a"))
    _gift(canvas, (w * 0.5 - u * 17, h * 0.95), u * 11, "#d8323c", "#ffe08a")
    _gift(canvas, (w * 0.5 + u * 16, h * 0.955), u * 9, "#2f6fb8", "#ffffff")
    for x, y, own in strewn(46, 2):
        fall = (y + phase * (2 if own > 0.7 else 1)) % 1
        at = ((x + 0.015 * math.sin(math.tau * (phase + own))) % 1 * w, fall * h * 1.06 - h * 0.03)
        snowflake(canvas, at, u * (0.7 + own * own * 3.2), "#ffffff", 0.65 + 0.35 * own)


def _fir(canvas: Canvas, foot: tuple[float, float], tall: float, dark: str, bright: str, *, snow: bool = True) -> None:
    x, y = foot
    canvas.rectangle((x - tall * 0.045, y - tall * 0.14, x + tall * 0.045, y), "#5b3a22")
    for tier, (top, bottom, half) in enumerate(((0.4, 0.1, 0.36), (0.66, 0.32, 0.28), (0.86, 0.54, 0.2),
                                                (1.0, 0.74, 0.13))):  # fmt: skip
        left, right = (x - tall * half, y - tall * bottom), (x + tall * half, y - tall * bottom)
        peak = (x, y - tall * top)
        skirt = [
            (left[0] + (right[0] - left[0]) * step / 8, left[1] + tall * (0.022 if step % 2 else -0.004))
            for step in range(9)
        ]
        canvas.polygon([peak, *reversed(skirt)], Fade(mix(bright, "#ffffff", 0.06 * tier), dark))
        canvas.polygon([peak, (x + tall * half * 0.1, y - tall * (bottom - 0.01)), *reversed(skirt[5:])], dark, 0.25)
        if snow:
            canvas.polygon([peak, (x - tall * half * 0.38, y - tall * (top - (top - bottom) * 0.38)),
                            (x + tall * half * 0.38, y - tall * (top - (top - bottom) * 0.38))], "#eef6fc")  # fmt: skip


def _baubles(canvas: Canvas, foot: tuple[float, float], tall: float, phase: float) -> None:
    colours = ("#ff5a5f", "#ffd45e", "#5ec8ff", "#ff9ee0", "#c8ff7a")
    for row, (high, half, count) in enumerate(((0.15, 0.27, 6), (0.375, 0.2, 5), (0.59, 0.135, 4), (0.79, 0.07, 2))):
        for number in range(count):
            share = number / (count - 1) * 2 - 1
            at = (foot[0] + share * half * tall, foot[1] - tall * (high - 0.035 * (1 - share * share)))
            light = 0.5 + 0.5 * math.sin(math.tau * (phase + (number * 2 + row) / 5))
            colour = colours[(number * 2 + row) % 5]
            canvas.glow(at, tall * 0.07, colour, 0.35 + 0.5 * light)
            canvas.circle(at, tall * 0.02, mix(colour, "#ffffff", 0.3 * light))
            canvas.circle((at[0] - tall * 0.006, at[1] - tall * 0.007), tall * 0.006, "#ffffff", 0.85)


def _gift(canvas: Canvas, foot: tuple[float, float], size: float, paper: str, ribbon: str) -> None:
    x, y = foot
    canvas.rectangle((x - size / 2, y - size * 0.72, x + size / 2, y), Fade(mix(paper, "#ffffff", 0.15), paper),
                     radius=size * 0.05)  # fmt: skip
    canvas.rectangle((x - size * 0.09, y - size * 0.72, x + size * 0.09, y), ribbon)
    canvas.rectangle((x - size * 0.56, y - size * 0.82, x + size * 0.56, y - size * 0.62), mix(paper, "#000000", 0.12),
                     radius=size * 0.04)  # fmt: skip
    canvas.rectangle((x - size * 0.09, y - size * 0.82, x + size * 0.09, y - size * 0.62), ribbon)
    for side in (-1, 1):
        canvas.ellipse((x + side * size * 0.17, y - size * 0.93), size * 0.18, size * 0.1, ribbon, turn=side * -25)
    canvas.circle((x, y - size * 0.88), size * 0.08, mix(ribbon, "#000000", 0.12))
