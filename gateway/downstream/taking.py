"""The way of peers' submits onto the disk: all that wait go in together, and each is answered when it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.core.errors import StoreUnavailable
from gateway.core.peers import Refusal, Submitted
from gateway.downstream.line import Answers
from gateway.journal import Journal
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.gathering import Gathering

_Waiting = tuple[Submitted, Callable[[Answers], None]]


class Taking(Gathering[_Waiting, Answers]):
    """Submits on their way into the outbox of this process."""

    def __init__(self, desk: Desk, journal: Journal, answered: Callable[[], None]) -> None:
        super().__init__(desk)
        self._journal = journal
        self._answered = answered  # called after a batch of answers, so that they can be written
        self.unanswered = 0

    def put(self, submitted: Submitted, answer: Callable[[Answers], None]) -> None:
        """Hand in a submit; `answer` is called once it is on disk, or could not be put there."""
        self.unanswered += 1
        self.hand_in((submitted, answer))

    def enter(self, books: BooksOfStore, taken: Sequence[_Waiting]) -> Sequence[Answers]:
        """Put them into the outbox, or among the parts that wait."""
        return books.peer_submits.take([submitted for submitted, _ in taken])

    async def written(self, taken: Sequence[_Waiting], answers: Sequence[Answers]) -> None:
        """Answer each."""
        self.unanswered -= len(taken)
        for (_, answer), found in zip(taken, answers, strict=True):
            answer(found)
        self._answered()

    async def failed(self, taken: Sequence[_Waiting], error: Exception) -> None:
        """Try one by one: the good ones must not fail with the one at fault.

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
        await self.written(taken, answers)
