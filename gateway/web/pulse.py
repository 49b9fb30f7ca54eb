"""The pulse of the process: once a second, how late the event loop is and how fast things are counted."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Mapping
from typing import Final

from gateway.journal import Journal

EVERY_S: Final = 1.0
#: Beats remembered: rates and the worst lag are over this many seconds.
BEATS: Final = 15


class Pulse:
    """Samples of the journal's counters and of the loop's lag."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._beats: deque[tuple[float, Counter[tuple[str, str]]]] = deque(maxlen=BEATS)
        self._lags: deque[float] = deque(maxlen=BEATS)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to beat."""
        self._task = asyncio.create_task(self._beat(), name="pulse")

    async def stop(self) -> None:
        """Stop beating."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def sample(self, at_s: float, lag_s: float = 0.0) -> None:
        """Note the counters at a moment, and how late the beat was."""
        self._beats.append((at_s, self._journal.counts.copy()))
        self._lags.append(lag_s)

    def rates(self) -> Mapping[tuple[str, str], float]:
        """How often a second each fact was counted of late: (fact, where) -> rate."""
        if len(self._beats) < 2:
            return {}
        (first_s, first), (last_s, last) = self._beats[0], self._beats[-1]
        span_s = last_s - first_s
        return {key: (count - first[key]) / span_s for key, count in last.items()} if span_s > 0 else {}

    @property
    def lag_s(self) -> float:
        """The worst lateness of the loop of late, seconds."""
        return max(self._lags, default=0.0)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(EVERY_S)
            now = loop.time()
            self.sample(now, max(0.0, now - before - EVERY_S))
