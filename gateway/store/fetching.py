"""Mailboxes of members elsewhere within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import Conflict
from gateway.core.fetching import Protocol, Security, Server, Source, Trouble
from gateway.store.database import Transaction
from gateway.store.schema import fetch_sources, fetched_mails

#: Mailboxes of one member.
MAX_SOURCES: Final = 5
_AT_ONCE: Final = 500


class Fetching:
    """Sources, and what came from them."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(self, account_id: int, server: Server, secret: str, *, is_deleted_there: bool, only_new: bool) -> int:
        """Keep a mailbox, to be visited at once. Raises Conflict for too many of them."""
        if len(self.of(account_id)) >= MAX_SOURCES:
            raise Conflict("There are too many mailboxes.")
        source_id = self._new_id()
        self._tx.execute(
            sa.insert(fetch_sources),
            {
                "id": source_id,
                "account_id": account_id,
                "protocol": server.protocol.value,
                "host": server.host,
                "port": server.port,
                "security": server.security.value,
                "user": server.user,
                "secret": secret,
                "is_deleted_there": is_deleted_there,
                "only_new": only_new,
                "is_on": True,
                "next_ms": self._now_ms,
                "fetched_ms": 0,
                "count": 0,
                "failures": 0,
                "trouble": "",
            },
        )
        return source_id

    def of(self, account_id: int) -> list[Source]:
        """The mailboxes of a member."""
        return self._select(
            sa.select(fetch_sources).where(fetch_sources.c.account_id == account_id).order_by(fetch_sources.c.id)
        )

    def remove(self, account_id: int, source_id: int) -> bool:
        """Forget a mailbox; its mail stays. False when it is not the member's."""
        if not any(source.id == source_id for source in self.of(account_id)):
            return False
        self._tx.execute(sa.delete(fetched_mails).where(fetched_mails.c.source_id == source_id))
        self._tx.execute(sa.delete(fetch_sources).where(fetch_sources.c.id == source_id))
        return True

    def switch(self, account_id: int, source_id: int, *, is_on: bool) -> None:
        """Visit it from now on, at once, or no more."""
        self._tx.execute(
            sa.update(fetch_sources)
            .where(fetch_sources.c.id == source_id, fetch_sources.c.account_id == account_id)
            .values(is_on=is_on, next_ms=self._now_ms, failures=0)
        )

    # --- visits ---------------------------------------------------------------------------------------------

    def due(self, limit: int) -> list[Source]:
        """Mailboxes whose time has come, of all members."""
        return self._select(
            sa.select(fetch_sources)
            .where(fetch_sources.c.is_on, fetch_sources.c.next_ms <= self._now_ms)
            .order_by(fetch_sources.c.next_ms)
            .limit(limit)
        )

    def claim(self, source_ids: Sequence[int], lease_ms: int) -> frozenset[int]:
        """Which of these are this process's to visit now; each is due again after the lease, whatever happens."""
        return frozenset(
            source_id
            for source_id in source_ids
            if self._tx.execute(
                sa.update(fetch_sources)
                .where(fetch_sources.c.id == source_id, fetch_sources.c.next_ms <= self._now_ms)
                .values(next_ms=self._now_ms + lease_ms)
            ).rowcount
        )

    def visited(
        self, source_id: int, *, pause_ms: int, count: int, trouble: Trouble, failures: int, stops: bool
    ) -> None:
        """Note what a visit came to."""
        values: dict[str, Any] = {
            "next_ms": self._now_ms + pause_ms,
            "count": fetch_sources.c.count + count,
            "trouble": trouble.value,
            "failures": failures,
        }
        if not trouble:
            values["fetched_ms"] = self._now_ms
        if stops:
            values["is_on"] = False
        self._tx.execute(sa.update(fetch_sources).where(fetch_sources.c.id == source_id).values(values))

    def known(self, source_id: int, listed: Sequence[str]) -> frozenset[str]:
        """Which of the mails that are there have come; what is there no more is forgotten."""
        asked = sa.select(fetched_mails.c.uid).where(fetched_mails.c.source_id == source_id)
        known = frozenset(self._tx.read(asked).scalars())
        gone = sorted(known - frozenset(listed))
        for start in range(0, len(gone), _AT_ONCE):
            self._tx.execute(
                sa.delete(fetched_mails).where(
                    fetched_mails.c.source_id == source_id, fetched_mails.c.uid.in_(gone[start : start + _AT_ONCE])
                )
            )
        return known - frozenset(gone)

    def note(self, source_id: int, uids: Sequence[str]) -> None:
        """These have come."""
        for uid in uids:
            self._tx.execute(sa.insert(fetched_mails), {"id": self._new_id(), "source_id": source_id, "uid": uid})

    def _select(self, statement: sa.Select[Any]) -> list[Source]:
        return [_source(row) for row in self._tx.read(statement).mappings()]


def _source(row: sa.RowMapping) -> Source:
    server = Server(Protocol(row["protocol"]), row["host"], row["port"], Security(row["security"]), row["user"])
    return Source(
        id=row["id"],
        account_id=row["account_id"],
        server=server,
        secret=row["secret"],
        is_deleted_there=bool(row["is_deleted_there"]),
        only_new=bool(row["only_new"]),
        is_on=bool(row["is_on"]),
        next_ms=row["next_ms"],
        fetched_ms=row["fetched_ms"],
        count=row["count"],
        failures=row["failures"],
        trouble=Trouble(row["trouble"]),
    )
