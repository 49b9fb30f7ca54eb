"""Alarms as every process sees them, and the calls to the operators' own program that are still to be made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.core.alarms import DETAIL_LENGTH, SUBJECT_LENGTH, Alarm, AlarmState, Kind, key_of
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import alarm_calls, alarms, link_health

#: Days an alarm that is over can be looked at.
KEPT_DAYS = 30

_KEEP = sa.text(
    "INSERT INTO alarms (key, kind, subject, detail, state, by_name, since_ms) "
    "VALUES (:key, :kind, :subject, :detail, :state, :by_name, :now) ON CONFLICT (key) DO NOTHING"
)
_WAITING = sa.text(
    "SELECT link, count(*) AS messages, min(due_ms) AS oldest_ms FROM outbox "
    "WHERE state = 'queued' AND due_ms <= :now GROUP BY link"
)


@dataclass(frozen=True, slots=True)
class AlarmCall:
    """A call to make: POST `body`."""

    id: int
    body: str
    attempt: int  # from 1
    created_ms: int


class Alarms:
    """Alarms within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def raise_(self, kind: Kind, subject: str, detail: str = "") -> None:
        """Something is wrong, until `clear` says that it is over. Told once however often it is raised."""
        self._keep(kind, subject, detail, by_name=True)

    def test(self, subject: str) -> None:
        """An alarm about nothing, to see where alarms arrive."""
        self._tx.execute(sa.delete(alarms).where(alarms.c.key == key_of(Kind.TEST, subject)))
        self._keep(Kind.TEST, subject, "", by_name=False)

    def _keep(self, kind: Kind, subject: str, detail: str, *, by_name: bool) -> None:
        key, detail = key_of(kind, subject), fitting(detail, DETAIL_LENGTH)
        row = {
            "key": key,
            "kind": kind.value,
            "subject": fitting(subject, SUBJECT_LENGTH),
            "detail": detail,
            "state": AlarmState.OPEN.value,
            "by_name": by_name,
            "now": self._now_ms,
        }
        if self._tx.execute(_KEEP, row).rowcount:
            return
        again = sa.update(alarms).where(alarms.c.key == key)
        self._tx.execute(again.values(detail=detail, by_name=by_name))
        self._tx.execute(
            again.where(alarms.c.state != AlarmState.OPEN.value).values(
                state=AlarmState.OPEN.value, since_ms=self._now_ms, well_ms=0, tellings=0
            )
        )

    def clear(self, kind: Kind, subject: str) -> None:
        """What was raised by name is over."""
        self._tx.execute(
            sa.update(alarms)
            .where(alarms.c.key == key_of(kind, subject), alarms.c.state != AlarmState.CLEARED.value)
            .values(state=AlarmState.CLEARED.value, well_ms=self._now_ms)
        )

    def known(self) -> dict[str, Alarm]:
        """Every alarm that is remembered, by key, the newest first."""
        rows = self._tx.read(sa.select(alarms).order_by(alarms.c.since_ms.desc(), alarms.c.key))
        return {row.key: _alarm(row) for row in rows}

    def save(self, before: Alarm | None, after: Alarm) -> bool:
        """Keep how an alarm stands now; False when another process has done so in the meantime."""
        if before is None:
            self._tx.execute(
                _KEEP,
                {
                    "key": after.key,
                    "kind": after.kind.value,
                    "subject": fitting(after.subject),
                    "detail": "",
                    "state": "",
                    "by_name": after.by_name,
                    "now": after.since_ms,
                },
            )
            states, told_ms = [""], 0
        else:
            states, told_ms = [before.state.value], before.told_ms
        return bool(
            self._tx.execute(
                sa.update(alarms)
                .where(alarms.c.key == after.key, alarms.c.state.in_(states), alarms.c.told_ms == told_ms)
                .values(
                    state=after.state.value,
                    by_name=after.by_name,
                    detail=fitting(after.detail, DETAIL_LENGTH),
                    since_ms=after.since_ms,
                    well_ms=after.well_ms,
                    told_ms=after.told_ms,
                    tellings=after.tellings,
                )
            ).rowcount
        )

    def forget(self, keys: Iterable[str] = ()) -> None:
        """Forget these, and those that have been over for long."""
        old_ms = self._now_ms - KEPT_DAYS * 86_400_000
        self._tx.execute(
            sa.delete(alarms).where(
                sa.or_(
                    alarms.c.key.in_(list(keys)),
                    sa.and_(alarms.c.state == AlarmState.CLEARED.value, alarms.c.well_ms < old_ms),
                )
            )
        )

    # --- what the watch looks at --------------------------------------------------------------------------------

    def waiting(self) -> dict[str, tuple[int, int]]:
        """Messages that are due and not claimed: link -> how many, and since when the oldest is due (ms)."""
        return {row.link: (row.messages, row.oldest_ms) for row in self._tx.read(_WAITING, {"now": self._now_ms})}

    def breakers(self) -> dict[str, list[str]]:
        """Links that fail too often to be used: link -> the operators that is so for ("" = all)."""
        found: dict[str, list[str]] = {}
        for row in self._tx.read(sa.select(link_health.c.link, link_health.c.operator, link_health.c.breaker)):
            if row.breaker == "open":
                found.setdefault(row.link, []).append(row.operator)
        return found

    # --- calls --------------------------------------------------------------------------------------------------

    def call(self, body: Mapping[str, Any]) -> None:
        """Queue a call; its id goes into the body, so that the receiver can tell a repetition."""
        call_id = self._new_id()
        text = json.dumps({"event_id": str(call_id), **body}, ensure_ascii=False)
        row = {"id": call_id, "body": text, "due_ms": self._now_ms, "created_ms": self._now_ms}
        self._tx.execute(sa.insert(alarm_calls), row)

    def has_calls(self) -> bool:
        """Whether a call is due."""
        due = sa.select(alarm_calls.c.id).where(alarm_calls.c.due_ms <= self._now_ms).limit(1)
        return self._tx.read(due).first() is not None

    def due_calls(self, limit: int, lease_s: float) -> list[AlarmCall]:
        """Take calls that are due, oldest first; one that nobody settles is due again after `lease_s`."""
        rows = self._tx.read(
            sa.select(alarm_calls)
            .where(alarm_calls.c.due_ms <= self._now_ms)
            .order_by(alarm_calls.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            self._tx.execute(
                sa.update(alarm_calls)
                .where(alarm_calls.c.id == row.id)
                .values(due_ms=self._now_ms + int(lease_s * 1000), attempt=row.attempt + 1)
            )
        return [AlarmCall(row.id, row.body, row.attempt + 1, row.created_ms) for row in rows]

    def settle_call(self, call_id: int, again_ms: int | None) -> None:
        """A call was taken or is given up (None), or is to be made again."""
        if again_ms is None:
            self._tx.execute(sa.delete(alarm_calls).where(alarm_calls.c.id == call_id))
        else:
            self._tx.execute(sa.update(alarm_calls).where(alarm_calls.c.id == call_id).values(due_ms=again_ms))


def _alarm(row: Any) -> Alarm:
    return Alarm(
        Kind(row.kind),
        row.subject,
        row.detail,
        AlarmState(row.state) if row.state else AlarmState.PENDING,
        row.since_ms,
        bool(row.by_name),
        row.well_ms,
        row.told_ms,
        row.tellings,
    )
