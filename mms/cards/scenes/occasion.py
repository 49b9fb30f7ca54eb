"""Birthday, wedding, thanks, invitation, love, and a postcard for any day."""

from __future__ import annotations

import math

from mms.cards.canvas import Canvas, Fade, Point, curve, mix, moved
from mms.cards.ornaments import blossom, cloud, fret, great_letter, heart, leaf, star, strewn

# Of a cake: lower and upper edge, half its width, colours of sponge and icing.
_TIERS = ((0.04, 0.34, 0.47, "#c97b4a", "#fff4f0"), (0.32, 0.58, 0.33, "#ff9db0", "#ffffff"))
_PARTY = ("#ff6b8b", "#ffc145", "#4fc3f7", "#7ed957", "#b388ff")


def birthday(canvas: Canvas, phase: float) -> None:
    """A cake with candles under bunting, confetti falling."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#fff1dc", "#ffc9c9"))
    canvas.glow((w * 0.5, h * 0.62), max(w, h) * 0.5, "#ffffff", 0.7)
    for x, y, own in strewn(44, 3):
        fall = (y + phase) % 1
        at = (x * w, fall * h * 1.04 - h * 0.02)
        colour = _PARTY[int(own * 5)]
        if own > 0.5:
            canvas.ellipse(at, u * 1.3, u * 0.55, colour, 0.9, turn=own * 720 + phase * 360)
        else:
            canvas.circle(at, u * (0.6 + own), colour, 0.85)
    for start, end, dip in ((-0.02, 0.52, 0.1), (0.48, 1.02, 0.1)):
        cord = curve([(w * start, h * 0.015), (w * (start + end) / 2, h * dip), (w * end, h * 0.015)], steps=24)
        canvas.line(cord, max(0.7, u * 0.5), "#b07a5a")
        for number in range(6):
            x, y = cord[4 + number * 8]
            canvas.polygon([(x - u * 3.2, y), (x + u * 3.2, y), (x, y + u * 7)], _PARTY[(number + int(start > 0)) % 5])
    _cake(canvas, (w * 0.5, h * 0.965), min(w * 0.62, h * 0.5), phase)


def _cake(canvas: Canvas, foot: Point, wide: float, phase: float) -> None:
    x, y = foot
    canvas.ellipse((x, y - wide * 0.01), wide * 0.6, wide * 0.06, "#e8b8a8", 0.6)
    canvas.ellipse((x, y - wide * 0.03), wide * 0.58, wide * 0.055, Fade("#ffffff", "#e6e0ee"))
    for low, high, half, body, icing in _TIERS:
        canvas.rectangle((x - wide * half, y - wide * high, x + wide * half, y - wide * low),
                         Fade(mix(body, "#ffffff", 0.3), body, True), radius=wide * 0.03)  # fmt: skip
        drops = [(x - wide * half, y - wide * high)]
        for number in range(13):
            reach = 0.1 + 0.05 * math.sin(number * 2.3) if number % 2 else 0.045
            drops.append((x - wide * half + wide * half * 2 * number / 12, y - wide * (high - reach)))
        canvas.polygon([*curve(drops, steps=6), (x + wide * half, y - wide * high)], icing)
        canvas.rectangle((x - wide * half, y - wide * (high + 0.02), x + wide * half, y - wide * (high - 0.035)), icing,
                         radius=wide * 0.025)  # fmt: skip
    for number in range(5):
        canvas.circle((x + wide * (number - 2) * 0.19, y - wide * 0.09), wide * 0.02, _PARTY[number])
    for number in range(5):
        at = x + wide * (number - 2) * 0.125
        high = 0.8 + (0.03 if number % 2 else 0)
        canvas.rectangle((at - wide * 0.016, y - wide * high, at + wide * 0.016, y - wide * 0.6), _PARTY[number],
                         radius=wide * 0.006)  # fmt: skip
        lean = 0.012 * math.sin(math.tau * (phase + number * 0.27))
        flame = (at + wide * lean, y - wide * (high + 0.055))
        canvas.glow(flame, wide * 0.13, "#ffc04a", 0.75 + 0.2 * math.sin(math.tau * (phase * 2 + number * 0.4)))
        shape = curve([(0, 0.05), (0.024, 0.02), (lean, -0.055), (-0.024, 0.02)], closed=True)
        canvas.polygon(moved(shape, flame, wide), Fade("#ffe98a", "#ff8a2a"))


def wedding(canvas: Canvas, phase: float) -> None:
    """Double happiness in gold on red, peonies, a frame."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#c01527", "#8c0a1c"))
    canvas.glow((w * 0.5, h * 0.36), max(w, h) * 0.55, "#f0543c", 0.7)
    fret(canvas, u * 4, u * 7, "#e8b85a")
    middle, radius = (w * 0.5, h * 0.34), min(w * 0.3, h * 0.235)
    for number in range(24):
        angle = math.tau * number / 24
        at = (middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle))
        canvas.circle(at, radius * 0.13, "#ffdf96")
    canvas.circle(middle, radius, Fade("#ffe9b4", "#f0b850"))
    canvas.circle(middle, radius * 0.92, Fade("#d01c2c", "#a80e20"))
    canvas.ring(middle, radius * 0.84, max(0.7, u * 0.5), "#ffdf96", 0.8)
    great_letter(canvas, "囍", middle, radius * 1.02, Fade("#fff0c0", "#f5bd52"))
    for x, y, size, turn in ((0.12, 0.92, 11, 0), (0.25, 0.96, 8, 30), (0.88, 0.92, 11, 10), (0.75, 0.96, 8, 60)):
        _peony(canvas, (w * x, h * y), u * size, turn)
    for x, y, own in strewn(12, 6):
        glint = 0.5 + 0.5 * math.sin(math.tau * (phase + own))
        if abs(x - 0.5) > 0.18:
            star(canvas, (w * x, h * (0.1 + 0.65 * y)), u * (0.8 + 1.6 * glint), "#ffe6a8", 4, 0.22)


def _peony(canvas: Canvas, centre: Point, radius: float, turn: float) -> None:
    for angle in (turn + 20, turn + 150, turn + 265):
        leaf(canvas, centre, radius * 1.5, angle, Fade("#3f8a5a", "#1f5a3c"), 0.3)
    for ring, (count, colour) in enumerate(((9, "#ff9db4"), (8, "#ffb4c6"), (6, "#ffc9d6"), (4, "#ffe0e8"))):
        reach = radius * (0.68 - ring * 0.19)
        for number in range(count):
            angle = math.radians(turn + ring * 21 + 360 * number / count)
            at = (centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle))
            size = radius * (0.4 - ring * 0.06)
            canvas.circle(at, size, mix(colour, "#d8486e", 0.35))
            canvas.circle((at[0], at[1] - size * 0.08), size * 0.9, colour)
    canvas.circle(centre, radius * 0.14, "#ffd25e")


def thank_you(canvas: Canvas, phase: float) -> None:
    """A bunch of flowers at the foot of a pale sheet."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#fffaf0", "#f3ead6"))
    canvas.rectangle((u * 4, u * 4, w - u * 4, h - u * 4), "#ffffff", radius=u * 3)
    canvas.rectangle((u * 5, u * 5, w - u * 5, h - u * 5), Fade("#fdf7ea", "#fbeee2"), radius=u * 2.4)
    breeze = 3 * math.sin(math.tau * phase)
    for x, y, turn, size in ((0.5, 1.0, 205, 44), (0.5, 1.0, 335, 44), (0.3, 1.02, 230, 36), (0.7, 1.02, 310, 36),
                             (0.12, 1.0, 280, 26), (0.88, 1.0, 262, 26), (0.42, 1.02, 262, 34), (0.58, 1.02, 282, 34),
                             (0.2, 1.02, 250, 30), (0.8, 1.02, 290, 30)):  # fmt: skip
        leaf(canvas, (w * x, h * y), u * size, turn + breeze, Fade("#9cc78a", "#4f8f5c"), 0.2)
    flowers = (
        (0.14, 0.86, 11, "#ffc4a8", "#e8703c"), (0.86, 0.86, 11, "#f7b6d2", "#d8407a"),
        (0.32, 0.8, 12, "#ff9e9e", "#c8283c"),
        (0.68, 0.8, 12, "#ffd98a", "#e08a1c"), (0.5, 0.86, 15, "#ffb0c4", "#d03a6a"),
        (0.24, 0.95, 11, "#c9b8f5", "#6a4ac0"),
        (0.76, 0.95, 11, "#a8d8f0", "#2a7ab0"), (0.04, 0.95, 9, "#f7b6d2", "#d8407a"),
        (0.96, 0.95, 9, "#ffc4a8", "#e8703c"),
    )  # fmt: skip
    for number, (x, y, size, petal, centre) in enumerate(flowers):
        swing = number * 25 + breeze * (1 if number % 2 else -1)
        blossom(canvas, (w * x + breeze * u * 0.1, h * y), u * size, petal, centre, swing, 6 if number % 2 else 5)
    for x, y, own in strewn(12, 8):
        canvas.circle((w * x, h * (0.74 + 0.2 * y)), u * (0.7 + own * 0.7), "#fff2b8")


def invitation(canvas: Canvas, phase: float) -> None:
    """An opened envelope on dark green, a letter coming out of it."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#123c36", "#0a2622"))
    canvas.glow((w * 0.5, h * 0.4), max(w, h) * 0.6, "#2f7a66", 0.7)
    for x, y, own in strewn(26, 2):
        glint = 0.5 + 0.5 * math.sin(math.tau * (phase + own))
        canvas.circle((w * x, h * y), u * (0.3 + 0.6 * own * glint), "#e8c878", 0.8)
    left, right, bottom, fold = w * 0.06, w * 0.94, h * 0.97, h * 0.66
    back = h * 0.6
    canvas.polygon([(left, back), (w * 0.5, h * 0.36), (right, back)], "#c9a869")
    canvas.rectangle((left, back, right, bottom), "#b89455")
    canvas.rectangle((w * 0.11, h * 0.05, w * 0.89, h * 0.86), Fade("#fffdf6", "#f2e6cc"), radius=u * 1.4)
    canvas.rectangle((w * 0.11 + u * 2.4, h * 0.05 + u * 2.4, w * 0.89 - u * 2.4, h * 0.84), "#d8b46a",
                     radius=u)  # fmt: skip
    canvas.rectangle((w * 0.11 + u * 3, h * 0.05 + u * 3, w * 0.89 - u * 3, h * 0.84), Fade("#fffdf6", "#f2e6cc"),
                     radius=u * 0.8)  # fmt: skip
    seam = (w * 0.5, h * 0.83)
    canvas.polygon([(left, fold), seam, (left, bottom)], Fade("#ecd3a0", "#dcbc80"))
    canvas.polygon([(right, fold), seam, (right, bottom)], Fade("#ecd3a0", "#dcbc80"))
    canvas.polygon([(left, bottom), (w * 0.5, h * 0.78), (right, bottom)], Fade("#f7e4b8", "#e3c486"))
    canvas.line([(left, bottom), (w * 0.5, h * 0.78), (right, bottom)], max(0.6, u * 0.35), "#c9a869")
    seal = (w * 0.5, h * 0.845)
    for number in range(11):
        angle = math.tau * number / 11
        canvas.circle((seal[0] + u * 4.7 * math.cos(angle), seal[1] + u * 4.7 * math.sin(angle)), u * 2.4, "#a81c2c")
    canvas.circle(seal, u * 6, Fade("#cf3142", "#a81c2c"))
    canvas.ring(seal, u * 4.6, max(0.6, u * 0.5), "#e8707c", 0.9)
    heart(canvas, (seal[0], seal[1] + u * 0.4), u * 4.6, "#f3a0a8")


def love(canvas: Canvas, phase: float) -> None:
    """A great heart that beats, small ones rising."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#ffd9e4", "#ff9fb8"))
    canvas.glow((w * 0.5, h * 0.45), max(w, h) * 0.55, "#ffffff", 0.65)
    for x, y, own in strewn(26, 7):
        rise = (y - phase) % 1
        lean = 25 * math.sin(math.tau * (own + phase))
        heart(canvas, (w * x, h * (rise * 1.16 - 0.08)), u * (3 + own * 7), mix("#ff7f9f", "#ffffff", own), lean, 0.85)
    beat = 1 + 0.05 * (math.sin(math.tau * phase * 2) if phase else 0.0)
    middle, size = (w * 0.5, h * 0.48), min(w * 0.86, h * 0.86) * beat
    canvas.glow((middle[0], middle[1] + size * 0.04), size * 0.72, "#d81b50", 0.45)
    heart(canvas, middle, size * 1.03, "#ffffff")
    heart(canvas, middle, size * 0.97, Fade("#ff5d7f", "#d0103f"))
    canvas.ellipse(
        (middle[0] - size * 0.26, middle[1] - size * 0.24), size * 0.11, size * 0.055, "#ffffff", 0.4, turn=-35
    )


def postcard(canvas: Canvas, phase: float) -> None:
    """Sea, sun and a sail: the front of a postcard."""
    w, h, u = canvas.width, canvas.height, canvas.u
    canvas.rectangle((0, 0, w, h), Fade("#4aa8e0", "#cfeefa"))
    canvas.glow((w * 0.78, h * 0.2), u * 40, "#fff6c8", 0.95)
    canvas.circle((w * 0.78, h * 0.2), u * 9, "#fff0a8")
    drift = math.sin(math.tau * phase) * u * 2
    for x, y, wide, opacity in ((0.2, 0.2, 36, 0.95), (0.52, 0.34, 24, 0.8), (0.9, 0.4, 26, 0.75)):
        cloud(canvas, (w * x + drift * wide / 30, h * y), u * wide, "#ffffff", opacity)
    canvas.rectangle((0, h * 0.6, w, h + 1), Fade("#2f9fd0", "#0f5f96"))
    for row in range(5):
        y = h * (0.63 + row * 0.055)
        points = [
            (w * step / 24, y + u * 0.7 * math.sin(step * 1.3 + row * 2 + phase * math.tau)) for step in range(25)
        ]
        canvas.line(points, max(0.7, u * 0.5), mix("#a8e0f5", "#4fb0d8", row / 5), 0.7)
    bob = u * 0.8 * math.sin(math.tau * phase)
    x, y, size = w * 0.36, h * 0.67 + bob, u * 26
    canvas.polygon(moved([(0.02, -0.86), (0.02, -0.12), (0.42, -0.12)], (x, y), size), Fade("#ffffff", "#ffe9dc"))
    canvas.polygon(moved([(-0.02, -0.72), (-0.02, -0.12), (-0.28, -0.12)], (x, y), size), Fade("#ff8a6a", "#e8503c"))
    canvas.polygon(moved(curve([(-0.42, -0.07), (-0.28, 0.09), (0.3, 0.09), (0.5, -0.07)]), (x, y), size), "#8a3b22")
    canvas.line([(x, y - size * 0.9), (x, y - size * 0.05)], max(0.7, size * 0.025), "#5a2a1a")
    beach = curve([(-0.05 * w, h * 0.95), (0.3 * w, h * 0.9), (0.65 * w, h * 0.93), (1.05 * w, h * 0.86)])
    canvas.polygon([*[(px, py - u * 1.6) for px, py in beach], (1.05 * w, h + 2), (-0.05 * w, h + 2)], "#e4f6fc", 0.9)
    canvas.polygon([*beach, (1.05 * w, h + 2), (-0.05 * w, h + 2)], Fade("#ffe6b0", "#f2c983"))
    star(canvas, (w * 0.82, h * 0.94), u * 4, "#ff8a5c", 5, 0.5, 12)
