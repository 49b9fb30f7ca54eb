"""A hub with its doors for peers on a loop of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from gateway.store.database import StoreConfig
from tests.fakes.downstream import Hub, open_hub

T = TypeVar("T")
PATIENCE_S = 20.0


class Peered:
    """`with Peered(tmp_path) as hub:` on free ports, with a simulated operator above and one peer to let in."""

    def __init__(self, folder: Path, **peer: Any) -> None:
        self._folder = folder
        self._peer = {"name": "caiyou"} | peer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.hub: Hub

    def __enter__(self) -> Self:
        self._thread.start()
        self._opened = open_hub(StoreConfig(data_dir=str(self._folder / "hub")))
        self.hub = self.wait(self._opened.__aenter__())
        self.wait(self.hub.add_peer(**self._peer))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.wait(self._opened.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, action: Callable[[], T]) -> T:
        """Do something on the hub's thread."""

        async def act() -> T:
            return action()

        return self.wait(act())

    def texts(self, number: str) -> list[str]:
        """What a handset shows."""
        return self.call(lambda: self.hub.texts(number))

    def say(self, number: str, text: str, to: str) -> None:
        """A phone writes."""
        self.call(lambda: self.hub.say(number, text, to))

    def faults(self, **changes: Any) -> None:
        """Change what the operator does wrong."""
        self.call(lambda: self.hub.simulator.operator.change_faults(changes, self._loop.time()))

    def connections(self) -> int:
        """How often the peer is in."""
        return self.call(lambda: self.hub.app.downstream.connected().get(self._peer["name"], 0))

    def count(self, fact: str) -> int:
        """What the journal has counted."""
        return self.call(lambda: self.hub.count(fact))

    def open(self) -> dict[str, int]:
        """What is open of the peer."""
        return self.wait(self.hub.open(self._peer["name"]))

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of something that takes time."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_S)
