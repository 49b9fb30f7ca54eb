"""What scenes are made of: lanterns, blossoms, clouds, fireworks, hearts, snow; each put to a place at a size."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mms.cards.canvas import Canvas, Fade, Fill, Point, curve, mix, moved, turned
from mms.preview.fonts import Face, set_in

# Of the plastic number: points so strewn look random and never clump.
_STEP_X, _STEP_Y = 0.7548776662466927, 0.5698402909980532


def strewn(count: int, start: int = 0) -> Iterator[tuple[float, float, float]]:
    """Places in the unit square, evenly strewn, each with a number from 0 to 1 of its own."""
    for number in range(start + 1, start + count + 1):
        yield number * _STEP_X % 1, number * _STEP_Y % 1, number * 0.6180339887 % 1


def lantern(canvas: Canvas, top: Point, size: float, sway: float = 0.0, *, red: str = "#d8261c",
            gold: str = "#ffcf5a", light: float = 0.6) -> None:  # fmt: skip
    """A round lantern hanging from `top` on its cord, `size` wide, swung by degrees."""

    def at(points: list[Point]) -> list[Point]:
        return turned(moved(points, top, size), top, sway)

    middle = at([(0, 0.95)])[0]
    canvas.line(at([(0, 0), (0, 0.55)]), max(0.7, size * 0.03), gold)
    canvas.glow(middle, size * 1.15, mix(red, "#ffb040", 0.6), light)
    canvas.polygon(at(curve([(-0.5, 0.95), (-0.36, 0.66), (0, 0.57), (0.36, 0.66), (0.5, 0.95), (0.36, 1.24),
                             (0, 1.33), (-0.36, 1.24)], closed=True)),
                   Fade(mix(red, "#ff7a3c", 0.55), mix(red, "#600010", 0.15)))  # fmt: skip
    canvas.ellipse(middle, size * 0.2, size * 0.33, "#ffd890", 0.45 * light + 0.1, turn=sway)
    for bulge in (-0.33, -0.13, 0.13, 0.33):
        rib = curve([(bulge * 0.45, 0.6), (bulge, 0.95), (bulge * 0.45, 1.3)])
        canvas.line(at(rib), max(0.5, size * 0.018), mix(red, "#500008", 0.35), 0.7)
    for edge in (0.53, 1.29):
        canvas.polygon(at([(-0.2, edge), (0.2, edge), (0.2, edge + 0.09), (-0.2, edge + 0.09)]), gold)
    canvas.line(at([(0, 1.38), (0, 1.55)]), max(0.7, size * 0.03), gold)
    tassel = at([(-0.05, 1.52), (0.05, 1.52), (0.09, 2.0), (-0.09, 2.0)])
    canvas.polygon(tassel, Fade(gold, mix(gold, red, 0.7)))


def blossom(canvas: Canvas, centre: Point, radius: float, petal: str, heart: str, turn: float = 0.0,
            petals: int = 5) -> None:  # fmt: skip
    """A flower seen from above."""
    x, y = centre
    reach = radius * 0.56
    for number in range(petals):
        angle = math.radians(turn + 360 / petals * number)
        place = (x + reach * math.cos(angle), y + reach * math.sin(angle))
        canvas.circle(place, radius * 0.46, mix(petal, heart, 0.12))
        canvas.circle((place[0] - radius * 0.05, place[1] - radius * 0.06), radius * 0.4, petal)
    canvas.circle(centre, radius * 0.24, mix(petal, heart, 0.6))
    for number in range(petals * 2):
        angle = math.radians(turn + 180 / petals * number)
        tip = (x + radius * 0.42 * math.cos(angle), y + radius * 0.42 * math.sin(angle))
        canvas.line([centre, tip], max(0.5, radius * 0.035), heart)
        canvas.circle(tip, max(0.5, radius * 0.06), heart)


def leaf(canvas: Canvas, stem: Point, length: float, turn: float, fill: Fill, breadth: float = 0.26) -> None:
    """A pointed leaf growing from its stem, to the right when not turned."""
    shape = curve([(0, 0), (0.3, -breadth), (0.7, -breadth * 0.7), (1, 0), (0.7, breadth * 0.7), (0.3, breadth)],
                  closed=True)  # fmt: skip
    canvas.polygon(turned(moved(shape, stem, length), stem, turn), fill)


def cloud(canvas: Canvas, centre: Point, size: float, colour: str, opacity: float = 1.0) -> None:
    """A flat-bottomed cloud, `size` wide."""
    outline = curve(
        [(-0.5, 0.1), (-0.44, -0.04), (-0.3, -0.05), (-0.22, -0.2), (-0.04, -0.22), (0.06, -0.1), (0.2, -0.15),
         (0.32, -0.05), (0.44, -0.02), (0.5, 0.1)])  # fmt: skip
    canvas.polygon(moved([*outline, (0.46, 0.14), (-0.46, 0.14)], centre, size), colour, opacity)


def scroll_cloud(canvas: Canvas, centre: Point, size: float, colour: str, line: str, flip: int = 1) -> None:
    """A cloud as it is embroidered on silk: heaps with a spiral in each."""
    for dx, dy, radius in ((0.0, 0.0, 0.3), (0.36, 0.1, 0.22), (-0.36, 0.1, 0.22), (0.66, 0.18, 0.14),
                           (-0.66, 0.18, 0.14)):  # fmt: skip
        at = (centre[0] + flip * dx * size, centre[1] + dy * size)
        canvas.circle(at, radius * size, colour)
        canvas.ring(at, radius * size * 0.98, max(0.6, size * 0.022), line)
        spiral = [
            (at[0] + flip * radius * size * (0.72 - step * 0.028) * math.cos(2.4 + step * 0.36),
             at[1] + radius * size * (0.72 - step * 0.028) * math.sin(2.4 + step * 0.36))
            for step in range(20)
        ]  # fmt: skip
        canvas.line(spiral, max(0.6, size * 0.022), line)


def firework(canvas: Canvas, centre: Point, radius: float, colours: tuple[str, str], age: float) -> None:
    """A burst at an age from 0 (a spark) over 0.5 (full) to 1 (gone)."""
    if not 0 < age < 1:
        return
    spread = radius * (1 - (1 - age) ** 2.2)
    alive = min(1.0, (1 - age) * 1.9)
    canvas.glow(centre, spread * 1.1 + 1, colours[0], 0.5 * alive)
    for ring, share, rays in ((0, 1.0, 16), (1, 0.62, 10)):
        colour = colours[ring]
        for ray in range(rays):
            angle = math.tau * (ray + 0.5 * ring) / rays
            reach = spread * share * (0.9 + 0.1 * math.cos(ray * 2.4))
            sag = radius * 0.16 * age**2
            tip = (centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle) + sag)
            root = (
                centre[0] + reach * (0.35 + age * 0.4) * math.cos(angle),
                centre[1] + reach * (0.35 + age * 0.4) * math.sin(angle) + sag * 0.5,
            )
            width = max(0.7, radius * 0.03 * alive)
            canvas.line([root, tip], width, mix("#301040", colour, 0.3 + 0.7 * alive))
            canvas.circle(tip, width * 1.05, mix(colour, "#ffffff", 0.5 * alive))
    canvas.glow(centre, spread * 0.35 + 1, "#ffffff", 0.7 * max(0.0, 1 - age * 1.6))


def star(canvas: Canvas, centre: Point, radius: float, fill: Fill, points: int = 5, waist: float = 0.42,
         turn: float = 0.0) -> None:  # fmt: skip
    """A star."""
    corners = []
    for corner in range(points * 2):
        angle = math.radians(turn - 90 + 180 / points * corner)
        reach = radius if corner % 2 == 0 else radius * waist
        corners.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    canvas.polygon(corners, fill)


def heart(canvas: Canvas, centre: Point, size: float, fill: Fill, turn: float = 0.0, opacity: float = 1.0) -> None:
    """A heart, `size` wide."""
    outline = []
    for step in range(64):
        angle = math.tau * step / 64
        x = 16 * math.sin(angle) ** 3
        y = 13 * math.cos(angle) - 5 * math.cos(2 * angle) - 2 * math.cos(3 * angle) - math.cos(4 * angle)
        outline.append((x / 32, -y / 32))
    canvas.polygon(turned(moved(outline, centre, size), centre, turn), fill, opacity)


def snowflake(canvas: Canvas, centre: Point, radius: float, colour: str, opacity: float = 1.0) -> None:
    """A snow crystal; a dot where it is too small for one."""
    if radius < 3.5:
        canvas.circle(centre, max(0.7, radius * 0.55), colour, opacity)
        return
    width = max(0.7, radius * 0.1)
    for arm in range(6):
        spine = turned([(centre[0], centre[1]), (centre[0] + radius, centre[1])], centre, arm * 60)
        canvas.line(spine, width, mix("#203050", colour, 0.4 + 0.6 * opacity))
        for at, reach in ((0.5, 0.34), (0.75, 0.2)):
            for side in (-1, 1):
                barb = [(centre[0] + radius * at, centre[1]),
                        (centre[0] + radius * (at + reach * 0.6), centre[1] + side * radius * reach)]  # fmt: skip
                canvas.line(turned(barb, centre, arm * 60), width * 0.8, mix("#203050", colour, 0.4 + 0.6 * opacity))


def mountains(canvas: Canvas, base: float, height: float, fill: Fill, start: int = 0, peaks: int = 5,
              opacity: float = 1.0) -> None:  # fmt: skip
    """A ridge across the picture, its foot at `base`, its peaks up to `height` above."""
    points: list[Point] = []
    for place in range(peaks * 2 + 1):
        number = (start + place) * 0.6180339887 % 1
        high = height * (0.45 + 0.55 * number) if place % 2 else height * 0.25 * number
        points.append((canvas.width * place / (peaks * 2), base - high))
    ridge = curve([(-canvas.width * 0.1, base), *points, (canvas.width * 1.1, base)])
    canvas.polygon([*ridge, (canvas.width * 1.1, canvas.height + 2), (-canvas.width * 0.1, canvas.height + 2)], fill,
                   opacity)  # fmt: skip


def hill(canvas: Canvas, left: float, right: float, fill: Fill, swell: float) -> None:
    """A hill across the picture, from height `left` to height `right`, swelling by pixels between them."""
    w, h = canvas.width, canvas.height
    top = curve([(-0.05 * w, left), (0.3 * w, (left * 2 + right) / 3 - swell), (0.7 * w, (left + right * 2) / 3),
                 (1.05 * w, right)])  # fmt: skip
    canvas.polygon([*top, (1.05 * w, h + 2), (-0.05 * w, h + 2)], fill)


def fret(canvas: Canvas, inset: float, size: float, colour: str) -> None:
    """A double frame with a key at each corner."""
    w, h = canvas.width, canvas.height
    width = max(0.8, size * 0.12)
    for gap in (0.0, size * 0.34):
        near, right, bottom = inset + gap, w - inset - gap, h - inset - gap
        canvas.line([(near, near), (right, near), (right, bottom), (near, bottom), (near, near)],
                    width if not gap else width * 0.6, colour)  # fmt: skip
    key = [(0, 0.9), (0.6, 0.9), (0.6, 0.3), (0.3, 0.3), (0.3, 0.6), (0.9, 0.6), (0.9, 0)]
    for fx, fy in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        corner = (inset if fx > 0 else w - inset, inset if fy > 0 else h - inset)
        canvas.line([(corner[0] + fx * x * size * 1.4, corner[1] + fy * y * size * 1.4) for x, y in key], width,
                    colour)  # fmt: skip


def great_letter(canvas: Canvas, letter: str, centre: Point, height: float, fill: Fill, *, opacity: float = 1.0,
                 turn: float = 0.0) -> None:  # fmt: skip
    """One character as artwork, its ink `height` high."""
    mask = set_in(Face.SERIF_BOLD, 240).mask(letter)
    box = mask.getbbox()
    if box is not None:
        canvas.stencil(mask.crop(box), centre, height, fill, opacity=opacity, turn=turn)
