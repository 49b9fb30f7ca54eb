"""Charts as numbers that a template draws as SVG: no script, no picture, right in light and dark. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Size of every chart in its own units; the page scales it.
WIDTH: Final = 640.0
HEIGHT: Final = 160.0
#: Room for the labels at the left and below.
LEFT: Final = 44.0
BELOW: Final = 18.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One column."""

    label: str
    value: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across, or a mark below, with its label."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: pieces of it, as there are gaps where nothing was measured."""

    name: str
    pieces: tuple[str, ...]  # each the `points` of a polyline
    last: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over time."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]  # values
    below: tuple[Tick, ...]  # times
    is_empty: bool


def bars(values: Sequence[tuple[str, float]]) -> tuple[Bar, ...]:
    """Columns side by side, the highest as high as the chart."""
    most = max((value for _, value in values), default=0.0)
    if not most:
        return ()
    step = WIDTH / len(values)
    return tuple(
        Bar(label, value, round(n * step + 2, 1), round(HEIGHT - HEIGHT * value / most, 1), round(step - 4, 1),
            round(HEIGHT * value / most, 1))
        for n, (label, value) in enumerate(values)
    )  # fmt: skip


def chart(
    lines: Sequence[tuple[str, Sequence[float | None]]], times: Sequence[tuple[int, str]], *, least_most: float = 1.0
) -> Chart:
    """Lines with a value (or None) for each place, over an axis that ends at a round number.

    `times` are the places that get a label below; `least_most` is the least the axis goes up to.
    """
    known = [value for _, values in lines for value in values if value is not None]
    most = round_up(max([*known, least_most]))
    count = max((len(values) for _, values in lines), default=0)

    def x(place: int) -> float:
        return round(LEFT + (WIDTH - LEFT) * place / max(1, count - 1), 1)

    def y(value: float) -> float:
        return round((HEIGHT - BELOW) * (1 - value / most), 1)

    drawn = []
    for name, values in lines:
        pieces = []
        for is_known, group in itertools.groupby(enumerate(values), key=lambda it: it[1] is not None):
            if is_known:
                points = [(x(place), y(value)) for place, value in group if value is not None]
                if len(points) == 1:  # a moment between two gaps is to be seen as well
                    points.append((points[0][0] + 1, points[0][1]))
                pieces.append(" ".join(f"{px:g},{py:g}" for px, py in points))
        drawn.append(Line(name, tuple(pieces), next((value for value in reversed(values) if value is not None), None)))
    across = tuple(Tick(y(most * part / 2), _label(most * part / 2)) for part in range(3))
    return Chart(tuple(drawn), across, tuple(Tick(x(place), label) for place, label in times), not known)


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 … that is not smaller."""
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value * (1 - 1e-9))


def _label(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:g}k"
    return f"{value:g}"
