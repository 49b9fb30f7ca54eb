"""Reminders within one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from gateway.core.reminders import Reminder
from gateway.store.database import Transaction
from gateway.store.schema import reminders

#: A reminder worked out so far in the future was worked out by a clock that has been set back since.
CLOCK_SKEW_MS = 60_000

_IS_ACTIVE = sa.text("reminders.state = 'active'")


class Reminders:
    """Reminders of members."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(
        self, *, account_id: int, number: str, text: str, start: str, rule: str, zone: str, next_ms: int
    ) -> Reminder:
        """Keep a reminder that comes first at `next_ms`."""
        reminder = Reminder(
            self._new_id(), account_id, number, text, start, rule, zone, next_ms, self._now_ms, "active", "",
            self._now_ms,
        )  # fmt: skip
        self._tx.execute(sa.insert(reminders), dataclasses.asdict(reminder))
        return reminder

    def due(self, limit: int = 100) -> list[Reminder]:
        """Those whose time has come, and those worked out when the clock stood later than now; the oldest first."""
        return self._select(
            sa.select(reminders)
            .where(
                _IS_ACTIVE,
                sa.or_(reminders.c.next_ms <= self._now_ms, reminders.c.handled_ms > self._now_ms + CLOCK_SKEW_MS),
            )
            .order_by(reminders.c.next_ms, reminders.c.id)
            .limit(limit)
        )

    def go_on(self, reminder_id: int, next_ms: int | None) -> None:
        """It has been handled; it comes next at `next_ms`, or never again."""
        values: dict[str, Any] = {"next_ms": next_ms or 0, "handled_ms": self._now_ms}
        if next_ms is None:
            values["state"] = "ended"
        self._tx.execute(sa.update(reminders).where(reminders.c.id == reminder_id).values(values))

    def stop(self, reminder_id: int, reason: str) -> None:
        """It cannot be sent any more."""
        self._tx.execute(
            sa.update(reminders)
            .where(reminders.c.id == reminder_id)
            .values(state="stopped", reason=reason, handled_ms=self._now_ms)
        )

    def of(self, account_id: int) -> list[Reminder]:
        """The reminders of an account, the next one first, those that have ended last."""
        return self._select(
            sa.select(reminders)
            .where(reminders.c.account_id == account_id)
            .order_by(reminders.c.state, reminders.c.next_ms, reminders.c.id)
        )

    def count(self, account_id: int) -> int:
        """Active reminders of an account."""
        return int(
            self._tx.read(
                sa.select(sa.func.count())
                .select_from(reminders)
                .where(_IS_ACTIVE, reminders.c.account_id == account_id)
            ).scalar_one()
        )

    def remove(self, account_id: int, reminder_id: int) -> bool:
        """Forget a reminder; False when it is not the account's."""
        return bool(
            self._tx.execute(
                sa.delete(reminders).where(reminders.c.id == reminder_id, reminders.c.account_id == account_id)
            ).rowcount
        )

    def _select(self, statement: sa.Select[Any]) -> list[Reminder]:
        return [Reminder(**row) for row in self._tx.read(statement).mappings()]
