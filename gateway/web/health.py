"""Whether the hub can take anything, and the figures of its state. Asked of the store at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.core.errors import CaiyouError
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.listings import Listings

#: Seconds an answer stands.
LIFE_S: Final = 1.0
#: Seconds the store may take for a commit before it counts as away.
PATIENCE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The state of the hub at a moment, as its books show it."""

    at_ms: int = 0
    links: tuple[Mapping[str, Any], ...] = ()
    depth: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (link, state) -> messages
    relay: int = 0  # mails that wait for other servers
    webhooks: int = 0  # calls that wait
    failures: tuple[Mapping[str, Any], ...] = ()  # messages that failed last, newest first


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
        return Figures(
            books.now_ms,
            tuple(dict(row) for row in books.links.all()),
            books.outbox.depth(),
            books.relay.depth(),
            books.webhooks.depth(),
            tuple(Listings(books.tx).failures()),
        )
