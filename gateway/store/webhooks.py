"""Webhooks of members, and the calls still to be made."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import webhook_calls, webhooks

_INSERT_CALL = sa.insert(webhook_calls)
_WANTED = sa.select(webhooks.c.id, webhooks.c.account_id, webhooks.c.events).where(
    webhooks.c.account_id.in_(sa.bindparam("ids", expanding=True)), webhooks.c.enabled
)
_DUE = sa.text(
    "SELECT c.id, c.webhook_id, w.url, w.secret, c.body, c.attempt, c.created_ms FROM webhook_calls c "
    "JOIN webhooks w ON w.id = c.webhook_id "
    "WHERE c.state = 'queued' AND c.due_ms <= :now AND c.webhook_id NOT IN :full ORDER BY c.due_ms LIMIT :limit"
).bindparams(sa.bindparam("full", expanding=True))
_DUE_SHARED = sa.text(_DUE.text + " FOR UPDATE OF c SKIP LOCKED").bindparams(sa.bindparam("full", expanding=True))
_CLAIM = (
    sa.update(webhook_calls)
    .where(webhook_calls.c.id == sa.bindparam("b_id"))
    .values(due_ms=sa.bindparam("b_due"), attempt=sa.bindparam("b_attempt"))
)
_SETTLE = (
    sa.update(webhook_calls)
    .where(webhook_calls.c.id == sa.bindparam("b_id"))
    .values(state=sa.bindparam("b_state"), answer=sa.bindparam("b_answer"), due_ms=sa.bindparam("b_due"))
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call to make: POST `body` to `url`, signed with `secret`."""

    id: int
    webhook_id: int
    url: str
    secret: str
    body: str
    attempt: int  # from 1
    created_ms: int


class Webhooks:
    """Webhooks within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(self, account_id: int, url: str, secret: str, events: str = "state mo") -> int:
        """Register a webhook of an account for events ("state", "mo", "read")."""
        webhook_id = self._new_id()
        self._tx.execute(
            sa.insert(webhooks),
            {
                "id": webhook_id,
                "account_id": account_id,
                "url": url,
                "secret": secret,
                "events": events,
                "created_ms": self._now_ms,
            },
        )
        return webhook_id

    def of(self, account_id: int) -> list[sa.RowMapping]:
        """The webhooks of an account, without their secrets."""
        return list(
            self._tx.read(
                sa.select(webhooks.c.id, webhooks.c.url, webhooks.c.events, webhooks.c.enabled).where(
                    webhooks.c.account_id == account_id
                )
            ).mappings()
        )

    def remove(self, account_id: int, webhook_id: int) -> bool:
        """Forget a webhook and what it was still to be told; False when it is not the account's."""
        owned = self._tx.read(
            sa.select(webhooks.c.id).where(webhooks.c.id == webhook_id, webhooks.c.account_id == account_id)
        ).first()
        if owned is None:
            return False
        self._tx.execute(sa.delete(webhook_calls).where(webhook_calls.c.webhook_id == webhook_id))
        self._tx.execute(sa.delete(webhooks).where(webhooks.c.id == webhook_id))
        return True

    def wanted_by(self, account_ids: Collection[int], event: str) -> dict[int, list[int]]:
        """Webhooks of these accounts that want an event: account -> webhook ids."""
        found: dict[int, list[int]] = {}
        for row in self._tx.ask_among(_WANTED, "ids", list(account_ids)):
            if event in row.events.split():
                found.setdefault(row.account_id, []).append(row.id)
        return found

    def call(self, webhook_id: int, body: Mapping[str, Any]) -> None:
        """Queue a call; its id goes into the body, so that the receiver can tell a repetition."""
        call_id = self._new_id()
        self._tx.defer(
            _INSERT_CALL,
            {
                "id": call_id,
                "webhook_id": webhook_id,
                "body": json.dumps({"event_id": str(call_id), **body}, ensure_ascii=False),
                "state": "queued",
                "due_ms": self._now_ms,
                "created_ms": self._now_ms,
            },
        )

    def claim(self, limit: int, *, lease_s: int, each: int, busy: Mapping[int, int]) -> list[Call]:
        """Take calls that are due, oldest first, at most `each` per webhook less those it is `busy` with.

        A claimed call is due again when the lease is over, so one that nobody settles (a crash) is made again.
        """
        full = [webhook_id for webhook_id, calls in busy.items() if calls >= each]
        rows = self._tx.read(
            _DUE if self._tx.dialect == "sqlite" else _DUE_SHARED,
            {"now": self._now_ms, "limit": limit, "full": full or [0]},
        ).all()
        taken = dict(busy)
        calls: list[Call] = []
        for row in rows:
            if taken.get(row.webhook_id, 0) >= each:
                continue
            taken[row.webhook_id] = taken.get(row.webhook_id, 0) + 1
            attempt = row.attempt + 1
            self._tx.defer(_CLAIM, {"b_id": row.id, "b_due": self._now_ms + lease_s * 1000, "b_attempt": attempt})
            calls.append(Call(row.id, row.webhook_id, row.url, row.secret, row.body, attempt, row.created_ms))
        return calls

    def settle(self, call_id: int, state: str, answer: str, due_ms: int = 0) -> None:
        """What became of a call: delivered, failed, or queued again for `due_ms`."""
        self._tx.defer(_SETTLE, {"b_id": call_id, "b_state": state, "b_answer": fitting(answer, 255), "b_due": due_ms})

    def next_due_ms(self) -> int | None:
        """When the next call that waits is due; None when none waits."""
        return self._tx.read(sa.text("SELECT min(due_ms) FROM webhook_calls WHERE state = 'queued'")).scalar()

    def depth(self) -> int:
        """Calls that wait."""
        return int(self._tx.read(sa.text("SELECT count(*) FROM webhook_calls WHERE state = 'queued'")).scalar_one())
