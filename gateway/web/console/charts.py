"""Charts as numbers that a template draws as SVG: no script, no picture, right in light and dark. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Size of every chart in its own units; the page scales it.
WIDTH: Final = 640.0
HEIGHT: Final = 160.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One column."""

    label: str
    value: float
    x: float
    y: float
    width: float
    height: float


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
