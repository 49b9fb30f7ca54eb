"""Pages of what was sent, received and used, newest first, and counts for limits. Only questions, nothing is written.

A page names the id its successor begins below. Where no index serves a question, a page looks at a bounded number of
rows and may be short, or empty, although others follow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.core.ids import first_id_at
from gateway.store.database import Transaction
from gateway.store.schema import accounts, inbox, ledger, outbox, phones, rules

#: Rows a page looks at where only the id orders them.
WINDOW = 20_000
#: Newest messages among which failures are looked for.
RECENT = 5_000

_SENT_TO = (
    sa.select(outbox.c.account_id, outbox.c.recipient, sa.func.count().label("n"))
    .where(outbox.c.recipient.in_(sa.bindparam("numbers", expanding=True)), outbox.c.id >= sa.bindparam("since_id"))
    .group_by(outbox.c.account_id, outbox.c.recipient)
)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, and where the next page begins; None after the last."""

    rows: list[dict[str, Any]]
    before: int | None


class Listings:
    """Pages and counts within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def sent_to(self, numbers: Collection[str], since_ms: int) -> dict[tuple[int, str], int]:
        """Messages put in for these numbers since a moment: (account, number) -> count."""
        rows = self._tx.ask_among(_SENT_TO, "numbers", list(numbers), since_id=first_id_at(since_ms))
        return {(row.account_id, row.recipient): row.n for row in rows}

    def messages(
        self,
        account_id: int | None,
        *,
        domain_id: int | None = None,
        number: str = "",
        since_ms: int = 0,
        state: str = "",
        link: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Messages of an account (None: of all), or of a domain's accounts; of one number, state, link, since when."""
        statement = sa.select(outbox)
        if account_id is not None:
            statement = statement.where(outbox.c.account_id == account_id)
        if domain_id is not None:
            members = sa.select(accounts.c.id).where(accounts.c.domain_id == domain_id)
            statement = statement.where(outbox.c.account_id.in_(members))
        if link:
            statement = statement.where(outbox.c.link == link)
        if number:
            statement = statement.where(outbox.c.recipient == number)
        if state:
            statement = statement.where(outbox.c.state == state)
        return self._page(outbox, statement, since_ms, before, limit, indexed=bool(number))

    def incoming(
        self,
        numbers: Sequence[str] | None,
        *,
        since_ms: int = 0,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """Whole SMS from these numbers (None: from all)."""
        statement = sa.select(inbox).where(inbox.c.state.in_(("whole", "joined")))
        if numbers is not None:
            statement = statement.where(inbox.c.sender.in_(list(numbers)))
        return self._page(inbox, statement, since_ms, before, limit, indexed=numbers is not None)

    def _page(
        self,
        table: sa.Table,
        statement: sa.Select[tuple[object, ...]],
        since_ms: int,
        before: int | None,
        limit: int,
        *,
        indexed: bool,
    ) -> Page:
        floor = first_id_at(since_ms) if since_ms else 0
        window_ends = None
        if before is not None:
            statement = statement.where(table.c.id < before)
        if not indexed:
            edge = sa.select(table.c.id).order_by(table.c.id.desc()).offset(WINDOW).limit(1)
            if before is not None:
                edge = edge.where(table.c.id < before)
            window_ends = self._tx.read(edge).scalar()
            if window_ends is not None and window_ends > floor:
                floor = window_ends
            else:
                window_ends = None
        rows = self._rows(statement.where(table.c.id >= floor).order_by(table.c.id.desc()).limit(limit))
        return Page(rows, rows[-1]["id"] if len(rows) == limit else window_ends)

    def ledger_lines(
        self, account_id: int | None, *, since_ms: int, until_ms: int, after: int = 0, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """Detail records of an account (None: of all) in order of time, those after an id."""
        statement = sa.select(ledger).where(
            ledger.c.id > max(after, first_id_at(since_ms) - 1), ledger.c.at_ms >= since_ms, ledger.c.at_ms < until_ms
        )
        if account_id is not None:
            statement = statement.where(ledger.c.account_id == account_id)
        return self._rows(statement.order_by(ledger.c.id).limit(limit))

    def failures(self, limit: int = 10) -> list[dict[str, Any]]:
        """Messages that failed or expired among the most recent ones."""
        recent = sa.select(outbox).order_by(outbox.c.id.desc()).limit(RECENT).subquery()
        return self._rows(
            sa.select(recent).where(recent.c.state.in_(("failed", "expired"))).order_by(recent.c.id.desc()).limit(limit)
        )

    def phones_of(self, account_id: int) -> list[dict[str, Any]]:
        """Numbers an account has named, with the moment each was proved."""
        return self._rows(
            sa.select(phones.c.number, phones.c.proved_ms).where(phones.c.account_id == account_id).limit(1000)
        )

    def rules_of(self, account_id: int) -> list[dict[str, Any]]:
        """Every rule of an account, in order."""
        return self._rows(
            sa.select(rules.c.id, rules.c.kind, rules.c.enabled, rules.c.position, rules.c.settings)
            .where(rules.c.account_id == account_id)
            .order_by(rules.c.kind, rules.c.position, rules.c.id)
            .limit(1000)
        )

    def _rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in self._tx.read(statement).mappings()]

    def probe(self) -> None:
        """Ask the database for anything at all."""
        self._tx.read(sa.select(accounts.c.id).limit(1)).first()
