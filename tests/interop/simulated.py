"""The simulator on a loop of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from carriers.simulator.config import SimulatorConfig
from carriers.simulator.handsets import Text
from carriers.simulator.server import Simulator

T = TypeVar("T")
PATIENCE_S = 20.0


class Simulated:
    """`with Simulated(report_delay_s=0.0) as operator:` on free ports; nothing of it is left behind."""

    def __init__(self, **options: Any) -> None:
        ports = {"smpp_port": 0, "cmpp_port": 0, "web_port": -1}
        self.simulator = Simulator(SimulatorConfig(**(ports | options)))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._await(self.simulator.start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._await(self.simulator.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, action: Callable[[], T]) -> T:
        """Do something on the simulator's thread."""

        async def act() -> T:
            result = action()
            self.simulator.touch()
            return result

        return self._await(act())

    def say(self, number: str, text: str, to: str | None = None) -> None:
        """A phone writes."""
        self.call(lambda: self.simulator.operator.say(number, text, to, self._loop.time()))

    def faults(self, **changes: Any) -> None:
        """Change faults."""
        self.call(lambda: self.simulator.operator.change_faults(changes, self._loop.time()))

    def texts(self, number: str) -> list[Text]:
        """The conversation of a phone."""
        operator = self.simulator.operator
        return self.call(lambda: list(operator.handset(number).texts))

    def tally(self) -> dict[str, Any]:
        """What the operator counted."""
        return self.call(self.simulator.operator.tally)

    def wait_for(self, **counted: int) -> dict[str, Any]:
        """Until the counters have these values; fails with what they are after a while."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            tally = self.tally()
            if all(tally[name] == value for name, value in counted.items()):
                return tally
            assert time.monotonic() < deadline, f"waited for {counted}, have {tally}"
            time.sleep(0.02)

    def _await(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_S)


def eventually(look: Callable[[], T], what: str, patience_s: float = PATIENCE_S) -> T:
    """The first true value of `look()`."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)
    return found
