"""Emulated modems on a loop of their own, for programs that drive them from outside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

from carriers.simulator.modem_rack import Rack, RackConfig

PATIENCE_S = 20.0


class Emulated:
    """The rack, used from another thread."""

    def __init__(self, rack: Rack, loop: asyncio.AbstractEventLoop) -> None:
        self.rack = rack
        self._loop = loop

    @property
    def path(self) -> str:
        """Of the first modem."""
        return self.rack.paths[0]

    def call(self, action: Callable[[Any, float], Any], place: int = 0) -> Any:
        """Do something with one modem on its own loop: `action(modem, now)`."""

        async def act() -> Any:
            pty = self.rack.modems[place]
            result = action(pty.modem, self._loop.time())
            pty.touch()
            return result

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(PATIENCE_S)

    def texts(self, place: int = 0) -> list[tuple[str, str]]:
        """What one modem has sent: number and text."""
        return self.call(lambda modem, _: [(sent.recipient, sent.text) for sent in modem.sent], place)


@contextlib.contextmanager
def emulated_modems(*dialects: str) -> Iterator[Emulated]:
    """One modem of each make; nothing of them is left behind."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    rack = Rack(RackConfig(len(dialects), dialects, send_s=0.2))

    async def start() -> None:
        rack.start()

    asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE_S)
    try:
        yield Emulated(rack, loop)
    finally:
        asyncio.run_coroutine_threadsafe(rack.stop(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
