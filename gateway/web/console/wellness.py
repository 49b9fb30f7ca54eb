"""What the figures of the hub say: what is well, what waits, what is to be looked at. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.alarms import Alarm
from gateway.core.link_figures import TIMES_S, LinkReading
from gateway.core.messages import Outcome
from gateway.web.health import Figures

#: Links that are as they should be, and those that somebody wants so.
_WELL: Final = frozenset({"up"})
_WANTED: Final = frozenset({"paused", "draining"})


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as pages show it. Times are seconds, None where nothing is known."""

    name: str
    protocol: str
    group: str
    state: str  # as gateway.web.health.LINK_STATES
    look: str  # good | wait | bad
    since_ms: int
    owner: str
    last_error: str
    waiting: int
    oldest_s: float
    under_way: int
    reading: LinkReading
    middle_s: float | None
    slow_s: float | None  # 95 of 100 answers are quicker
    left_alone_for: tuple[str, ...] | None  # operators; () = for all, None = for none

    @property
    def accepted(self) -> int:
        """Segments the carrier took since the link is served by its process."""
        return self.reading.answers.get(Outcome.ACCEPTED.value, 0)

    @property
    def refused(self) -> int:
        """Segments it did not take."""
        return sum(count for outcome, count in self.reading.answers.items() if outcome != Outcome.ACCEPTED.value)

    @property
    def reported_percent(self) -> float | None:
        """How many of the SMS accepted in the last hour were reported as delivered."""
        reading = self.reading
        return 100 * reading.hour_delivered / reading.hour_accepted if reading.hour_accepted else None


@dataclass(frozen=True, slots=True)
class Wellness:
    """The hub at a moment."""

    trouble: str  # why the store takes nothing; "" = it does
    links: tuple[LinkView, ...]
    alarms: tuple[Alarm, ...]
    waiting: int  # messages that wait for links
    unrouted: int  # of these, those no route fits
    under_way: int
    relay: int  # mails that wait for other servers
    webhooks: int  # calls that wait
    rate: float  # segments a second
    failures: tuple[Mapping[str, Any], ...]

    @property
    def look(self) -> str:
        """Well, or not."""
        is_well = not self.trouble and not self.alarms and all(link.look != "bad" for link in self.links)
        return "good" if is_well else "bad"

    @property
    def down(self) -> int:
        """Links that are not as they should be."""
        return sum(link.look == "bad" for link in self.links)


def wellness(figures: Figures, trouble: str = "") -> Wellness:
    """What the figures say."""
    links = tuple(link_view(row, figures) for row in figures.links)
    depth = figures.depth
    return Wellness(
        trouble,
        links,
        figures.alarms,
        sum(count for (_, state), count in depth.items() if state == "queued"),
        depth.get(("", "queued"), 0),
        sum(count for (_, state), count in depth.items() if state != "queued"),
        figures.relay,
        figures.webhooks,
        sum(reading.rate for reading in figures.readings.values()),
        figures.failures,
    )


def link_view(row: Mapping[str, Any], figures: Figures) -> LinkView:
    """One link."""
    name, state, depth = row["name"], row["state"], figures.depth
    reading = figures.readings.get(name, LinkReading())
    return LinkView(
        name=name,
        protocol=row["protocol"],
        group=row["link_group"],
        state=state,
        look="good" if state in _WELL else "wait" if state in _WANTED or state == "connecting" else "bad",
        since_ms=row["since_ms"],
        owner=row["lease_by"],
        last_error=row["last_error"] if state != "up" else "",
        waiting=depth.get((name, "queued"), 0),
        oldest_s=figures.queue_age_s(name),
        under_way=depth.get((name, "sending"), 0) + depth.get((name, "uncertain"), 0),
        reading=reading,
        middle_s=quantile(reading.times, 0.5),
        slow_s=quantile(reading.times, 0.95),
        left_alone_for=tuple(filter(None, figures.breakers[name])) if name in figures.breakers else None,
    )


def quantile(times: tuple[int, ...], share: float) -> float | None:
    """The time within which a share of the answers came, by the classes of TIMES_S; inf in the last, None of none."""
    total = sum(times)
    if not total:
        return None
    for upper_s, seen in zip((*TIMES_S, float("inf")), itertools.accumulate(times), strict=True):
        if seen >= total * share:
            return upper_s
    raise AssertionError("the last class holds all")
