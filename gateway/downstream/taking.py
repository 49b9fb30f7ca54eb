"""The way of peers' submits onto the disk: all that wait go in together, and each is answered when it is there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from gateway.core.errors import StoreUnavailable
from gateway.core.peers import Refusal, Submitted
from gateway.downstream.line import Answers
from gateway.journal import Journal
from gateway.store.desk import BooksOfStore, Desk

#: Submits in one work; 500 take the writer about ten milliseconds.
MAX_TOGETHER: Final = 500

_Waiting = tuple[Submitted, Callable[[Answers], None]]


class Taking:
    """Submits on their way into the outbox of this process."""

    def __init__(self, desk: Desk, journal: Journal, answered: Callable[[], None]) -> None:
        self._desk = desk
        self._journal = journal
        self._answered = answered  # called after a batch of answers, so that they can be written
        self._waiting: deque[_Waiting] = deque()
        self._asked = False  # a work is on its way to the writer and has not taken yet
        self._tasks: set[asyncio.Task[None]] = set()
        self.unanswered = 0

    def put(self, submitted: Submitted, answer: Callable[[Answers], None]) -> None:
        """Hand in a submit; `answer` is called once it is on disk, or could not be put there."""
        self.unanswered += 1
        self._waiting.append((submitted, answer))
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
        taken: list[_Waiting] = []

        def work(books: BooksOfStore) -> list[tuple[Refusal | None, ...]]:
            # The work may run again after a rollback: then for the same submits. It runs in a thread on PostgreSQL;
            # the order (lower the flag, then take) leaves none behind.
            if not taken:
                self._asked = False
                self._take(taken)
            return books.peer_submits.take([submitted for submitted, _ in taken])

        answers: Sequence[Answers]
        try:
            answers = await self._desk.commit(work)
        except Exception as error:
            if not taken:
                self._asked = False
                self._take(taken)
            answers = await self._one_by_one(taken, error)
        self.unanswered -= len(taken)
        for (_, answer), found in zip(taken, answers, strict=True):
            answer(found)
        self._answered()
        if self._waiting and not self._asked:
            self._ask()

    async def _one_by_one(self, taken: Sequence[_Waiting], error: Exception) -> list[Answers]:
        """What a failed batch comes to: the good ones must not fail with the one at fault.

        When the store takes nothing at all they are not tried: the peers are told to come again.
        """
        self._journal.task_failed("peer-submits", f"{type(error).__name__}: {error}")
        answers: list[Answers] = []
        for submitted, _ in taken:
            refused: Answers = (Refusal.UNAVAILABLE,) * len(submitted.destinations)
            if len(taken) == 1 or isinstance(error, StoreUnavailable):
                answers.append(refused)
                continue
            try:
                answers += await self._desk.commit(lambda books, one=submitted: books.peer_submits.take([one]))  # type: ignore[misc]
            except Exception as again:
                self._journal.task_failed("peer-submit", f"{type(again).__name__}: {again}")
                answers.append(refused)
        return answers

    def _take(self, taken: list[_Waiting]) -> None:
        waiting = self._waiting
        while waiting and len(taken) < MAX_TOGETHER:
            taken.append(waiting.popleft())
