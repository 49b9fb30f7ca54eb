"""Webhooks of members, and the calls still to be made."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.store.database import Transaction
from gateway.store.schema import webhook_calls, webhooks

_INSERT_CALL = sa.insert(webhook_calls)
_WANTED = sa.select(webhooks.c.id, webhooks.c.account_id, webhooks.c.events).where(
    webhooks.c.account_id.in_(sa.bindparam("ids", expanding=True)), webhooks.c.enabled
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call to make: POST `body` to `url`, signed with `secret`."""

    id: int
    url: str
    secret: str
    body: str
    attempt: int  # from 1


class Webhooks:
    """Webhooks within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(self, account_id: int, url: str, secret: str, events: str = "state mo") -> int:
        """Register a webhook of an account for events ("state", "mo")."""
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
        for row in self._tx.read(_WANTED, {"ids": list(account_ids)}):
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

    def due(self, limit: int) -> list[Call]:
        """Calls to make now."""
        rows = self._tx.read(
            sa.text(
                "SELECT c.id, w.url, w.secret, c.body, c.attempt FROM webhook_calls c "
                "JOIN webhooks w ON w.id = c.webhook_id "
                "WHERE c.state = 'queued' AND c.due_ms <= :now ORDER BY c.due_ms LIMIT :limit"
            ),
            {"now": self._now_ms, "limit": limit},
        )
        return [Call(row.id, row.url, row.secret, row.body, row.attempt + 1) for row in rows]

    def settle(self, call_id: int, state: str, attempt: int, answer: str, due_ms: int = 0) -> None:
        """What became of a call: delivered, failed, or queued again for `due_ms`."""
        self._tx.execute(
            sa.update(webhook_calls)
            .where(webhook_calls.c.id == call_id)
            .values(state=state, attempt=attempt, answer=answer[:255], due_ms=due_ms)
        )

    def depth(self) -> int:
        """Calls that wait."""
        return int(self._tx.read(sa.text("SELECT count(*) FROM webhook_calls WHERE state = 'queued'")).scalar_one())
