"""Detail records: what was used, by whom, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from gateway.core.billing import Fact, LedgerLine
from gateway.store.database import Transaction
from gateway.store.schema import ledger

_INSERT = sa.insert(ledger)


class Ledger:
    """The ledger; lines are only ever added."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(self, line: LedgerLine) -> None:
        """Add a line."""
        self._tx.defer(
            _INSERT,
            {
                "id": self._new_id(),
                "at_ms": self._now_ms,
                "account_id": line.account_id,
                "fact": line.fact.value,
                "message_id": line.message_id,
                "segment": line.segment,
                "link": line.link,
                "party": line.party,
                "units": line.units,
                "price": line.price,
            },
        )

    def export(self, *, since_ms: int, until_ms: int, account_id: int | None = None) -> Iterator[dict[str, object]]:
        """Lines of a time span in order of time, for the operator's billing system."""
        statement = sa.select(ledger).where(ledger.c.at_ms >= since_ms, ledger.c.at_ms < until_ms)
        if account_id is not None:
            statement = statement.where(ledger.c.account_id == account_id)
        for row in self._tx.read(statement.order_by(ledger.c.id)).mappings():
            yield dict(row)

    def sms_sent_since(self, account_id: int, since_ms: int) -> int:
        """Segments that carriers accepted for an account since a moment."""
        return int(
            self._tx.read(
                sa.select(sa.func.count())
                .select_from(ledger)
                .where(
                    ledger.c.account_id == account_id,
                    ledger.c.at_ms >= since_ms,
                    ledger.c.fact == Fact.SMS_SENT.value,
                )
            ).scalar_one()
        )
