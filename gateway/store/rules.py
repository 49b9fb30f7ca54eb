"""Members' notice rules; what is in their settings is known to `mail2sms.rules` alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.core.notices import StoredRule
from gateway.store.database import Transaction
from gateway.store.schema import rules

_OF = (
    sa.select(rules.c.id, rules.c.kind, rules.c.settings)
    .where(rules.c.account_id == sa.bindparam("account_id"), rules.c.enabled)
    .order_by(rules.c.position, rules.c.id)
)


class Rules:
    """Rules within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int]) -> None:
        self._tx = tx
        self._new_id = new_id
        self._enabled: dict[int, list[Any]] = {}  # by account: a mail that is filed has several kinds asked for

    def add(self, account_id: int, kind: str, settings: Mapping[str, Any], position: int = 0) -> int:
        """Keep a rule; `kind` is "arrival", "send", "filter", "away" or "forward"."""
        rule_id = self._new_id()
        self._enabled.pop(account_id, None)
        self._tx.execute(
            sa.insert(rules),
            {
                "id": rule_id,
                "account_id": account_id,
                "kind": kind,
                "position": position,
                "settings": json.dumps(settings, ensure_ascii=False),
            },
        )
        return rule_id

    def of(self, account_id: int, kind: str) -> list[StoredRule]:
        """The enabled rules of an account, in order."""
        rows = self._enabled.get(account_id)
        if rows is None:
            rows = self._enabled[account_id] = list(self._tx.ask(_OF, {"account_id": account_id}))
        return [StoredRule(row.id, json.loads(row.settings)) for row in rows if row.kind == kind]

    def replace(self, account_id: int, kind: str, all_of_them: Sequence[tuple[Mapping[str, Any], bool]]) -> None:
        """These are the rules of a kind from now on, in this order: (settings, whether it is on)."""
        self._enabled.pop(account_id, None)
        self._tx.execute(sa.delete(rules).where(rules.c.account_id == account_id, rules.c.kind == kind))
        for position, (settings, enabled) in enumerate(all_of_them):
            self._tx.execute(
                sa.insert(rules),
                {
                    "id": self._new_id(),
                    "account_id": account_id,
                    "kind": kind,
                    "position": position,
                    "enabled": enabled,
                    "settings": json.dumps(settings, ensure_ascii=False),
                },
            )

    def all_of(self, account_id: int, kind: str) -> list[tuple[StoredRule, bool]]:
        """The rules of an account, in order, and whether each is on."""
        rows = self._tx.read(
            sa.select(rules.c.id, rules.c.settings, rules.c.enabled)
            .where(rules.c.account_id == account_id, rules.c.kind == kind)
            .order_by(rules.c.position, rules.c.id)
        )
        return [(StoredRule(row.id, json.loads(row.settings)), bool(row.enabled)) for row in rows]

    def remove(self, account_id: int, rule_id: int) -> bool:
        """Forget a rule; False when it is not the account's."""
        self._enabled.pop(account_id, None)
        return bool(
            self._tx.execute(sa.delete(rules).where(rules.c.id == rule_id, rules.c.account_id == account_id)).rowcount
        )
