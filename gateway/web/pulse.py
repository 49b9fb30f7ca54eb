"""The pulse of the process: once a second, how late the event loop is."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final

EVERY_S: Final = 1.0
#: Beats remembered: the worst lag is over this many seconds.
BEATS: Final = 15


class Pulse:
    """Samples of the loop's lag."""

    def __init__(self) -> None:
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

    @property
    def lag_s(self) -> float:
        """The worst lateness of the loop of late, seconds."""
        return max(self._lags, default=0.0)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(EVERY_S)
            self._lags.append(max(0.0, loop.time() - before - EVERY_S))
