"""What the console draws: quantiles, charts, modems, and lines put into another order."""

from __future__ import annotations

import math

import pytest

from gateway.core.link_figures import TIMES_S, LinkReading
from gateway.core.routes import Route
from gateway.web.console.charts import HEIGHT, WIDTH, bars
from gateway.web.console.modems import modem_view
from gateway.web.console.routes import reordered
from gateway.web.console.wellness import quantile, wellness
from gateway.web.health import Figures


def classes(**counts: int) -> tuple[int, ...]:
    found = [0] * (len(TIMES_S) + 1)
    for name, count in counts.items():
        found[int(name[1:])] = count
    return tuple(found)


@pytest.mark.parametrize(
    ("times", "share", "seconds"),
    [
        (classes(), 0.5, None),
        (classes(c0=1), 0.5, 0.01),
        (classes(c0=50, c3=50), 0.5, 0.01),
        (classes(c0=50, c3=50), 0.95, 0.1),
        (classes(c0=99, c11=1), 0.95, 0.01),
        (classes(c11=1), 0.95, math.inf),
    ],
)
def test_a_quantile_is_the_upper_end_of_its_class(times: tuple[int, ...], share: float, seconds: float | None) -> None:
    assert quantile(times, share) == seconds


def test_a_chart_of_nothing_is_empty() -> None:
    assert bars([]) == bars([("a", 0.0)]) == ()


def test_columns_fill_the_width_and_the_highest_the_height() -> None:
    made = bars([("a", 1), ("b", 4), ("c", 0)])
    assert [bar.height for bar in made] == [HEIGHT / 4, HEIGHT, 0]
    assert made[-1].x + made[-1].width <= WIDTH


@pytest.mark.parametrize(
    ("signal", "lit", "dbm"), [(-1, 0, None), (0, 0, -113), (2, 1, -109), (12, 3, -89), (31, 4, -51)]
)
def test_signal_is_drawn_in_four_bars(signal: int, lit: int, dbm: int | None) -> None:
    seen = modem_view("ttyUSB0", {"up": 1, "signal": signal, "left": 30, "sent_today": 70, "score": 0.5})
    assert (seen.bars, seen.dbm, seen.cap, seen.health_percent) == (lit, dbm, 100, 50)
    assert modem_view("x", {}).left is None


def test_what_is_down_is_not_well() -> None:
    row = {"name": "a", "protocol": "smpp", "link_group": "a", "since_ms": 0, "lease_by": "", "last_error": "refused"}
    up, paused, down = (row | {"state": state} for state in ("up", "paused", "down"))
    assert wellness(Figures(links=(up, paused))).look == "good"
    seen = wellness(Figures(links=(up, down), depth={("", "queued"): 3, ("a", "sending"): 1}))
    assert (seen.look, seen.down, seen.unrouted, seen.waiting, seen.under_way) == ("bad", 1, 3, 3, 1)
    assert wellness(Figures(), "no disk").look == "bad"
    assert seen.links[1].reading == LinkReading()


def test_lines_put_into_another_order() -> None:
    lines = [Route("+86", name, preference=n, id=n) for n, name in enumerate("abc", 1)]
    moved = reordered(lines, 3, -1)
    order = {line.id: line for line in lines} | {line.id: line for line in moved}
    assert [it.link for it in sorted(order.values(), key=lambda it: it.preference)] == ["a", "c", "b"]
    assert reordered(lines, 1, -1) == reordered(lines, 3, 1) == reordered(lines, 9, 1) == reordered(lines, 2, 0) == []
    spread = [Route("", "a", preference=10, id=1), Route("", "b", preference=20, id=2)]
    assert [(it.link, it.preference) for it in reordered(spread, 2, -1)] == [("b", 10), ("a", 20)]
