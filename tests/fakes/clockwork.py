"""An event loop whose clock jumps: whoever sleeps wakes at once, and the loop's time says that they slept.

For tests of timers without waiting and without sockets.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Waits for nothing: the time that would be waited is added to the clock."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise AssertionError("everybody waits and no timer is set: this would hang for ever")
            self.now += max(0.0, timeout)
        return ready


class ClockworkLoop(asyncio.SelectorEventLoop):
    """The loop; `connector` answers `create_connection`."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self.connector: Any = None

    def time(self) -> float:
        return self._jumping.now

    async def create_connection(self, factory: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.connector(factory)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of its own."""
    with asyncio.Runner(loop_factory=ClockworkLoop) as runner:
        return runner.run(work)
