"""Whether the hub can take anything, and the figures of its state. Asked of the store at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.core.alarms import Alarm, AlarmState
from gateway.core.errors import CaiyouError
from gateway.core.link_figures import LinkReading
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.links import LEASE_S
from gateway.store.listings import Listings

#: Seconds an answer stands.
LIFE_S: Final = 1.0
#: Seconds the store may take for a commit before it counts as away.
PATIENCE_S: Final = 3.0
#: What a link can be; "unserved": no process has it.
LINK_STATES: Final = ("down", "connecting", "up", "draining", "paused", "unserved")


@dataclass(frozen=True, slots=True)
class Figures:
    """The state of the hub at a moment, as its books show it."""

    at_ms: int = 0
    links: tuple[Mapping[str, Any], ...] = ()
    depth: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (link, state) -> messages
    relay: int = 0  # mails that wait for other servers
    webhooks: int = 0  # calls that wait
    failures: tuple[Mapping[str, Any], ...] = ()  # messages that failed last, newest first
    readings: Mapping[str, LinkReading] = field(default_factory=dict)  # link -> its figures
    waiting: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # link -> messages due, oldest since (ms)
    breakers: Mapping[str, list[str]] = field(default_factory=dict)  # links that are left alone, and for whom
    alarms: tuple[Alarm, ...] = ()  # that are open, newest first

    def queue_age_s(self, link: str) -> float:
        """How long the oldest message that is due has waited for a link, seconds."""
        messages, oldest_ms = self.waiting.get(link, (0, 0))
        return max(0, self.at_ms - oldest_ms) / 1000 if messages else 0.0


class Health:
    """The state of the hub, remembered for a second."""

    def __init__(self, desk: Desk, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._clock = clock
        self._trouble: str = ""
        self._probed = float("-inf")
        self._figures = Figures()
        self._asked = float("-inf")
        self._lock = asyncio.Lock()

    async def trouble(self) -> str:
        """What is wrong, in words; empty when the store takes commits."""
        async with self._lock:
            if self._clock() - self._probed >= LIFE_S:
                self._trouble = await self._probe()
                self._probed = self._clock()
            return self._trouble

    async def _probe(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._desk.commit(lambda books: Listings(books.tx).probe())
        except TimeoutError:
            return f"the store has not answered for {PATIENCE_S:.0f} s: look at the disk and at the load of the machine"
        except CaiyouError as error:
            return f"{error}: look at the disk (full? read-only?) or at the database server"
        return ""

    async def figures(self) -> Figures:
        """The figures, at most a second old. Raises what the store raises."""
        async with self._lock:
            if self._clock() - self._asked >= LIFE_S:
                self._figures = await self._desk.read(self._read)
                self._asked = self._clock()
            return self._figures

    def _read(self, books: BooksOfStore) -> Figures:
        rows = tuple(_seen(dict(row), books.now_ms) for row in books.links.all())
        alarms = books.alarms.known().values()
        return Figures(
            books.now_ms,
            rows,
            books.outbox.depth(),
            books.relay.depth(),
            books.webhooks.depth(),
            tuple(Listings(books.tx).failures()),
            {row["name"]: LinkReading.from_json(row["figures"]) for row in rows},
            books.alarms.waiting(),
            books.alarms.breakers(),
            tuple(alarm for alarm in alarms if alarm.state in (AlarmState.OPEN, AlarmState.CLEARING)),
        )


def _seen(row: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """A link as it is: what a process that died has said of it last is not how it is."""
    if not row["lease_by"] or row["lease_until_ms"] < now_ms - LEASE_S * 1000:
        row["state"] = "unserved"
    return row
