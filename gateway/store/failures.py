"""Reactions that failed: undone, kept with their event, tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import failed_reactions

#: After this many tries a reaction is given up. It may have met an outage, so the last ones are hours apart.
MAX_TRIES = 8


@dataclass(frozen=True, slots=True)
class FailedReaction:
    """A reaction to try again."""

    id: int
    reaction: str
    event: str  # JSON
    attempt: int


class FailedReactions:
    """Failed reactions within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def keep(self, reaction: str, event: str, error: str) -> None:
        """Keep a reaction that failed for the first time."""
        self._tx.execute(
            sa.insert(failed_reactions),
            {
                "id": self._new_id(),
                "reaction": reaction,
                "event": event,
                "error": fitting(error, 512),
                "attempt": 1,
                "due_ms": self._now_ms + 5000,
                "made_ms": self._now_ms,
            },
        )

    def due(self, limit: int = 20) -> list[FailedReaction]:
        """Reactions to try again now."""
        rows = self._tx.read(
            sa.select(failed_reactions)
            .where(failed_reactions.c.due_ms <= self._now_ms, failed_reactions.c.due_ms > 0)
            .order_by(failed_reactions.c.due_ms)
            .limit(limit)
        )
        return [FailedReaction(row.id, row.reaction, row.event, row.attempt) for row in rows]

    def done(self, failure_id: int) -> None:
        """It worked now."""
        self._tx.execute(sa.delete(failed_reactions).where(failed_reactions.c.id == failure_id))

    def again(self, failure: FailedReaction, error: str) -> None:
        """It failed once more: later, or never when it was tried often enough."""
        attempt = failure.attempt + 1
        due_ms = 0 if attempt >= MAX_TRIES else self._now_ms + 5000 * 2**attempt
        self._tx.execute(
            sa.update(failed_reactions)
            .where(failed_reactions.c.id == failure.id)
            .values(attempt=attempt, error=fitting(error, 512), due_ms=due_ms)
        )

    def count(self) -> int:
        """How many are kept, given up or not."""
        return int(self._tx.read(sa.select(sa.func.count()).select_from(failed_reactions)).scalar_one())
