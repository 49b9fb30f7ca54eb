"""Many who each want something written: all that wait go in together, and each is answered when it is on disk.

One work takes everything that waits at the moment the writer comes to it, so that the questions each one needs are
asked once for hundreds.
"""

from __future__ import annotations

import abc
import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from gateway.store.desk import BooksOfStore, Desk

#: Handed in to one work; 500 messages take the writer about ten milliseconds.
MAX_TOGETHER: Final = 500

W = TypeVar("W")  # what is handed in, with whom to answer
A = TypeVar("A")  # what became of it


class Gathering(abc.ABC, Generic[W, A]):
    """What is on its way into the store of this process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: deque[W] = deque()
        self._asked = False  # a work is on its way to the writer and has not taken yet
        self._tasks: set[asyncio.Task[None]] = set()

    @abc.abstractmethod
    def enter(self, books: BooksOfStore, taken: Sequence[W]) -> Sequence[A]:
        """Write them; one answer each, in order. May run twice for the same ones."""

    @abc.abstractmethod
    async def written(self, taken: Sequence[W], answers: Sequence[A]) -> None:
        """They are on disk: answer each."""

    @abc.abstractmethod
    async def failed(self, taken: Sequence[W], error: Exception) -> None:
        """Nothing of them was written: answer each."""

    def hand_in(self, waiting: W) -> None:
        """Let it go with the next work."""
        self._waiting.append(waiting)
        if not self._asked:
            self._ask()

    async def drain(self) -> None:
        """Wait until everything handed in is answered."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _ask(self) -> None:
        self._asked = True
        task = asyncio.get_running_loop().create_task(self._commit())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _commit(self) -> None:
        taken: list[W] = []

        def work(books: BooksOfStore) -> Sequence[A]:
            # The work may run again after a rollback: then for the same ones. It runs in a thread on PostgreSQL; the
            # order (lower the flag, then take) leaves none behind.
            if not taken:
                self._take(taken)
            return self.enter(books, taken)

        try:
            answers = await self._desk.commit(work)
        except Exception as error:
            if not taken:
                self._take(taken)
            await self.failed(taken, error)
        else:
            await self.written(taken, answers)
        if self._waiting and not self._asked:
            self._ask()

    def _take(self, taken: list[W]) -> None:
        self._asked = False
        waiting = self._waiting
        while waiting and len(taken) < MAX_TOGETHER:
            taken.append(waiting.popleft())
