"""A sheet to draw on: shapes, gradients and lights in pixels of the finished picture, smoothed when it is finished.

Everything is drawn two to four times as large and brought down with LANCZOS; letters are set afterwards, at their
size, because brought down they blur. Coordinates are floats, left to right and top to bottom.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageColor, ImageDraw

Point = tuple[float, float]
Rgb = tuple[int, int, int]

MAX_SIDE: Final = 2160  # pixels
MIN_SIDE: Final = 16
_WIDE_ENOUGH: Final = 500  # from here twice as large is smooth enough


def rgb(colour: str) -> Rgb:
    """The colour written as "#rrggbb"."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def mix(first: str, second: str, share: float) -> str:
    """A colour between two: `share` 0 gives the first, 1 the second."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * min(max(share, 0.0), 1.0)):02x}" for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Fade:
    """A fill that goes from one colour to another, from the top down, or from left to right."""

    first: str
    last: str
    sideways: bool = False


Fill = str | Fade


def turned(points: Iterable[Point], centre: Point, degrees: float) -> list[Point]:
    """The points turned clockwise about a centre."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    x0, y0 = centre
    return [(x0 + (x - x0) * cosine - (y - y0) * sine, y0 + (x - x0) * sine + (y - y0) * cosine) for x, y in points]


def moved(points: Iterable[Point], to: Point, scale: float = 1.0) -> list[Point]:
    """A shape drawn about (0, 0) at unit size, put to a place."""
    return [(to[0] + x * scale, to[1] + y * scale) for x, y in points]


def curve(points: Sequence[Point], *, closed: bool = False, steps: int = 10) -> list[Point]:
    """A smooth line through the points (Catmull-Rom)."""
    count = len(points)
    line: list[Point] = []
    for place in range(count if closed else count - 1):
        around = [place - 1, place, place + 1, place + 2]
        a, b, c, d = (points[at % count] if closed else points[min(max(at, 0), count - 1)] for at in around)
        shares = [step / steps for step in range(steps)]
        line += [(_through(a[0], b[0], c[0], d[0], at), _through(a[1], b[1], c[1], d[1], at)) for at in shares]
    if not closed:
        line.append(points[-1])
    return line


def _through(before: float, start: float, end: float, after: float, share: float) -> float:
    """The Catmull-Rom spline from `start` (share 0) to `end` (1) in one coordinate."""
    return 0.5 * (
        2 * start
        + (end - before) * share
        + (2 * before - 5 * start + 4 * end - after) * share**2
        + (3 * start - before - 3 * end + after) * share**3
    )


class Canvas:
    """A picture being drawn; `u` is a hundredth of its shorter side."""

    def __init__(self, width: int, height: int, ground: Fill = "#ffffff") -> None:
        """Raises ValueError for a side below MIN_SIDE or above MAX_SIDE."""
        if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
            raise ValueError(f"a card has sides of {MIN_SIDE} to {MAX_SIDE} pixels, not {width} x {height}")
        self.width, self.height = width, height
        self.u = min(width, height) / 100
        self._times = 2 if max(width, height) >= _WIDE_ENOUGH else 4 if max(width, height) <= 200 else 3
        self._image = Image.new("RGB", (width * self._times, height * self._times))
        self._pen = ImageDraw.Draw(self._image, "RGBA")
        self.rectangle((0, 0, width, height), ground)

    def finish(self) -> Image.Image:
        """The picture at its size (mode RGB)."""
        return self._image.resize((self.width, self.height), Image.Resampling.LANCZOS, reducing_gap=None)

    def polygon(self, points: Iterable[Point], fill: Fill, opacity: float = 1.0) -> None:
        """A filled shape."""
        corners = [(x * self._times, y * self._times) for x, y in points]
        if len(corners) < 3:
            return
        if isinstance(fill, str):
            self._pen.polygon(corners, fill=(*rgb(fill), round(opacity * 255)))
            return
        self._faded(corners, fill, opacity)

    def rectangle(self, box: tuple[float, float, float, float], fill: Fill, *, radius: float = 0.0,
                  opacity: float = 1.0) -> None:  # fmt: skip
        """A rectangle (left, top, right, bottom), its corners rounded by `radius`."""
        left, top, right, bottom = box
        if not radius:
            self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, opacity)
            return
        corners: list[Point] = []
        middles = ((right - radius, top + radius), (right - radius, bottom - radius), (left + radius, bottom - radius),
                   (left + radius, top + radius))  # fmt: skip
        for quarter, (x, y) in enumerate(middles):
            for step in range(13):
                angle = math.radians(-90 + quarter * 90 + step * 7.5)
                corners.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
        self.polygon(corners, fill, opacity)

    def ellipse(self, centre: Point, across: float, down: float, fill: Fill, opacity: float = 1.0,
                turn: float = 0.0) -> None:  # fmt: skip
        """An ellipse by its half-axes, turned clockwise by degrees."""
        x0, y0 = centre
        count = 28 if max(across, down) < 8 else 72
        steps = [math.tau * step / count for step in range(count)]
        points = [(x0 + across * math.cos(angle), y0 + down * math.sin(angle)) for angle in steps]
        self.polygon(turned(points, centre, turn) if turn else points, fill, opacity)

    def circle(self, centre: Point, radius: float, fill: Fill, opacity: float = 1.0) -> None:
        """A disc."""
        self.ellipse(centre, radius, radius, fill, opacity)

    def ring(self, centre: Point, radius: float, width: float, fill: str, opacity: float = 1.0) -> None:
        """A circle's line."""
        steps = range(97)
        self.line(
            [(centre[0] + radius * math.cos(math.tau * s / 96), centre[1] + radius * math.sin(math.tau * s / 96))
             for s in steps], width, fill, opacity)  # fmt: skip

    def line(self, points: Sequence[Point], width: float, fill: str, opacity: float = 1.0) -> None:
        """A line through the points with round ends."""
        thick = max(1.0, width * self._times)
        corners = [(x * self._times, y * self._times) for x, y in points]
        if opacity >= 1:
            self._pen.line(corners, fill=rgb(fill), width=round(thick), joint="curve")
            for x, y in (corners[0], corners[-1]):
                half = thick / 2
                self._pen.ellipse((x - half, y - half, x + half, y + half), fill=rgb(fill))
            return
        # Overlapping joints of a translucent line would show: it is laid on as one mask.
        left = math.floor(min(x for x, _ in corners) - thick)
        top = math.floor(min(y for _, y in corners) - thick)
        right = math.ceil(max(x for x, _ in corners) + thick)
        bottom = math.ceil(max(y for _, y in corners) + thick)
        mask = Image.new("L", (right - left, bottom - top))
        inside = [(x - left, y - top) for x, y in corners]
        ImageDraw.Draw(mask).line(inside, fill=round(opacity * 255), width=round(thick), joint="curve")
        self._image.paste(rgb(fill), (left, top), mask)

    def glow(self, centre: Point, radius: float, colour: str, strength: float = 1.0) -> None:
        """A light that fades to nothing at `radius`."""
        side = max(2, round(radius * 2 * self._times))
        mask = _light().resize((side, side), Image.Resampling.BILINEAR)
        if strength < 1:
            mask = mask.point(lambda value: value * strength)
        corner = (round(centre[0] * self._times - side / 2), round(centre[1] * self._times - side / 2))
        self._image.paste(rgb(colour), corner, mask)

    def paste(self, picture: Image.Image, box: tuple[float, float, float, float], radius: float = 0.0) -> None:
        """A picture filling the box, its overhang cut off at both sides alike, corners rounded by `radius`."""
        left, top, right, bottom = (round(edge * self._times) for edge in box)
        width, height = max(1, right - left), max(1, bottom - top)
        scale = max(width / picture.width, height / picture.height)
        cut_x, cut_y = (picture.width - width / scale) / 2, (picture.height - height / scale) / 2
        piece = picture.convert("RGB").resize(
            (width, height),
            Image.Resampling.LANCZOS,
            box=(cut_x, cut_y, cut_x + width / scale, cut_y + height / scale),
        )
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), round(radius * self._times), fill=255)
        self._image.paste(piece, (left, top), mask)

    def stencil(self, mask: Image.Image, centre: Point, height: float, fill: Fill, *, opacity: float = 1.0,
                turn: float = 0.0) -> None:  # fmt: skip
        """A shape given as coverage (mode L), such as a letter, `height` pixels high about a centre."""
        scale = height * self._times / mask.height
        size = max(1, round(mask.width * scale)), max(1, round(height * self._times))
        stamp = mask.resize(size, Image.Resampling.LANCZOS)
        if turn:
            stamp = stamp.rotate(-turn, Image.Resampling.BICUBIC, expand=True)
        if opacity < 1:
            stamp = stamp.point(lambda value: value * opacity)
        corner = (round(centre[0] * self._times - stamp.width / 2), round(centre[1] * self._times - stamp.height / 2))
        self._image.paste(
            rgb(fill) if isinstance(fill, str) else _ramp(fill, stamp.size),
            (*corner, corner[0] + stamp.width, corner[1] + stamp.height),
            stamp,
        )

    def _faded(self, corners: list[Point], fill: Fade, opacity: float) -> None:
        wide, high = self._image.size
        left = max(0, math.floor(min(x for x, _ in corners)))
        top = max(0, math.floor(min(y for _, y in corners)))
        right = min(wide, math.ceil(max(x for x, _ in corners)) + 1)
        bottom = min(high, math.ceil(max(y for _, y in corners)) + 1)
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in corners], fill=round(opacity * 255))
        self._image.paste(_ramp(fill, mask.size), (left, top), mask)


def _ramp(fade: Fade, size: tuple[int, int]) -> Image.Image:
    first, last = rgb(fade.first), rgb(fade.last)
    steps = Image.linear_gradient("L")
    if fade.sideways:
        steps = steps.transpose(Image.Transpose.ROTATE_90)
    share = steps.resize(size, Image.Resampling.BILINEAR)
    return Image.merge(
        "RGB",
        [
            share.point([round(a + (b - a) * value / 255) for value in range(256)])
            for a, b in zip(first, last, strict=True)
        ],
    )


@functools.cache
def _light() -> Image.Image:
    # 255 in Pillow's gradient is the corner, 180 the middle of an edge, where the light must have ended. It falls off
    # as a smooth step: a straight ramp shows a rim.
    steps = [min(1.0, value / 180) for value in range(256)]
    return Image.radial_gradient("L").point([round(255 * (1 - s) ** 2 * (1 + s / 2)) for s in steps])
