"""Steps of stories."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from gateway.core.stories import Step
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import timeline

_INSERT = sa.insert(timeline)


class Timeline:
    """The steps of messages, mails and whatever else has an id."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def step(self, subject_id: int, step: str, detail: str = "") -> None:
        """Add a step; `detail` is for people and holds no text of a message."""
        self._tx.defer(
            _INSERT,
            {
                "subject_id": subject_id,
                "id": self._new_id(),
                "at_ms": self._now_ms,
                "step": step,
                "detail": fitting(detail),
            },
        )

    def of(self, subject_ids: Sequence[int]) -> dict[int, tuple[Step, ...]]:
        """The steps of each subject, in order."""
        found: dict[int, list[Step]] = {subject_id: [] for subject_id in subject_ids}
        rows = self._tx.read(
            sa.select(timeline).where(timeline.c.subject_id.in_(list(subject_ids))).order_by(timeline.c.id)
        )
        for row in rows:
            found[row.subject_id].append(Step(row.at_ms, row.step, row.detail))
        return {subject_id: tuple(steps) for subject_id, steps in found.items()}
