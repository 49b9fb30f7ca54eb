"""Whom automatic answers of members went to."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from gateway.store.database import Transaction
from gateway.store.schema import away_answers


class AwayAnswers:
    """Automatic answers within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def answers(self, account_id: int, address: str, apart_ms: int) -> bool:
        """Note that this address is answered now; False when it was within that time."""
        row = self._tx.read(
            sa.select(away_answers.c.id, away_answers.c.answered_ms).where(
                away_answers.c.account_id == account_id, away_answers.c.address == address
            )
        ).first()
        if row is None:
            self._tx.execute(
                sa.insert(away_answers),
                {
                    "id": self._new_id(),
                    "account_id": account_id,
                    "address": address,
                    "answered_ms": self._now_ms,
                },
            )
            return True
        if row.answered_ms > self._now_ms - apart_ms:
            return False
        self._tx.execute(sa.update(away_answers).where(away_answers.c.id == row.id).values(answered_ms=self._now_ms))
        return True

    def forget(self, account_id: int) -> None:
        """Everybody is answered again: the answer has changed."""
        self._tx.execute(sa.delete(away_answers).where(away_answers.c.account_id == account_id))
