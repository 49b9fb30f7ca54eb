"""The log of administrative acts: written in the transaction of the act, never changed, read page by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.audit import Act, Actor, Entry, changed
from gateway.core.ids import first_id_at
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import audit

PAGE: Final = 50
_ACTS: Final = {act.value: act for act in Act}


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What is looked for; "" and 0 ask for nothing."""

    domain_id: int | None = None  # None = every domain, and what belongs to none
    actor: str = ""
    subject: str = ""
    act: str = ""
    since_ms: int = 0
    until_ms: int = 0
    before: int = 0  # entries older than this id


class Audit:
    """Acts within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def note(
        self,
        by: Actor,
        act: Act,
        subject: str,
        *,
        domain_id: int = 0,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an act down; of `before` and `after` is kept what differs. No secret may stand in them."""
        self._tx.execute(
            sa.insert(audit),
            {
                "id": self._new_id(),
                "at_ms": self._now_ms,
                "actor_id": by.account_id,
                "actor": fitting(by.name, 320),
                "address": by.address[:64],
                "act": act.value,
                "domain_id": domain_id,
                "subject": fitting(subject, 320),
                "changes": json.dumps(changed(before or {}, after or {}), ensure_ascii=False),
            },
        )

    def page(self, wanted: AuditQuery, limit: int = PAGE) -> list[Entry]:
        """Acts that fit, newest first."""
        table, conditions = audit.c, []
        if wanted.domain_id is not None:
            conditions.append(table.domain_id == wanted.domain_id)
        for column, value in ((table.actor, wanted.actor), (table.subject, wanted.subject), (table.act, wanted.act)):
            if value:
                conditions.append(column == value)
        if wanted.since_ms:
            conditions.append(table.id >= first_id_at(wanted.since_ms))
        if wanted.until_ms:
            conditions.append(table.id < first_id_at(wanted.until_ms))
        if wanted.before:
            conditions.append(table.id < wanted.before)
        rows = self._tx.read(sa.select(audit).where(*conditions).order_by(table.id.desc()).limit(limit))
        return [_entry(row) for row in rows]


def _entry(row: Any) -> Entry:
    act: Act | str = _ACTS.get(row.act, row.act)
    changes = {name: (pair[0], pair[1]) for name, pair in json.loads(row.changes).items()}
    return Entry(
        row.id, row.at_ms, Actor(row.actor_id, row.actor, row.address), act, row.domain_id, row.subject, changes
    )
