"""What peers are still to be told: reports and SMS from phones, kept until the peer has said yes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.ids import first_id_at
from gateway.core.outbox import retry_pause_s
from gateway.store.database import Transaction
from gateway.store.schema import peer_deliveries

_INSERT = sa.insert(peer_deliveries)
_WAITING = sa.text(
    "SELECT id, body, attempt FROM peer_deliveries "
    "WHERE peer_id = :peer AND id > :after AND due_ms <= :now ORDER BY id LIMIT :limit"
)
_DONE = sa.delete(peer_deliveries).where(peer_deliveries.c.id == bindparam("b_id"))
_AGAIN = (
    sa.update(peer_deliveries)
    .where(peer_deliveries.c.id == bindparam("b_id"))
    .values(attempt=bindparam("b_attempt"), due_ms=bindparam("b_due"))
)
_OLD = sa.text("SELECT id FROM peer_deliveries WHERE id < :before ORDER BY id LIMIT :limit")


class Delivery(NamedTuple):
    """Something a peer is to be told; `body` is what `gateway.downstream` makes a request of its protocol from."""

    id: int
    body: Mapping[str, Any]
    attempt: int  # how often the peer has refused it


class PeerDeliveries:
    """Deliveries to peers within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, woken: set[int]) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._woken = woken  # peers that have something new, for whoever follows the commit

    def add(self, peer_id: int, body: Mapping[str, Any]) -> None:
        """Queue something for a peer."""
        self._woken.add(peer_id)
        self._tx.defer(
            _INSERT,
            {
                "id": self._new_id(),
                "peer_id": peer_id,
                "body": json.dumps(body, ensure_ascii=False),
                "due_ms": self._now_ms,
                "created_ms": self._now_ms,
            },
        )

    def waiting(self, peer_id: int, after: int, limit: int) -> list[Delivery]:
        """What is due for a peer behind an id, oldest first."""
        rows = self._tx.read(_WAITING, {"peer": peer_id, "after": after, "now": self._now_ms, "limit": limit})
        return [Delivery(row.id, json.loads(row.body), row.attempt) for row in rows]

    def done(self, ids: Sequence[int]) -> None:
        """The peer has these."""
        for delivery_id in ids:
            self._tx.defer(_DONE, {"b_id": delivery_id})

    def again(self, delivery_id: int, attempt: int) -> None:
        """The peer has refused one for the `attempt`-th time: after a pause it is tried again."""
        due_ms = self._now_ms + retry_pause_s(attempt) * 1000
        self._tx.defer(_AGAIN, {"b_id": delivery_id, "b_attempt": attempt, "b_due": due_ms})

    def forget(self, before_ms: int, limit: int = 1000) -> int:
        """Let go of what was queued before a moment and never taken; returns how many."""
        ids = list(self._tx.read(_OLD, {"before": first_id_at(before_ms), "limit": limit}).scalars())
        if ids:
            self._tx.execute(sa.delete(peer_deliveries).where(peer_deliveries.c.id.in_(ids)))
        return len(ids)
