"""Peers: platforms that send through the hub; who serves them, and what is left of what they paid.

Secrets are kept in clear, for CMPP proves one by a digest of it: whoever reads the database can log in as any peer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.errors import Conflict, NotFound
from gateway.core.peers import Peer, check
from gateway.core.text import Alphabet
from gateway.store.database import Transaction
from gateway.store.schema import accounts, peer_deliveries, peer_submits, peers

#: How long a process may deliver to a peer without saying so again.
LEASE_MS = 10_000

_PLAIN = (
    "account_id", "name", "secret", "binds", "window", "rate_per_s", "balance", "refund", "forced_sender", "callback",
)  # fmt: skip
_LISTS = ("protocols", "networks", "senders", "prefixes", "numbers")
_ALL = sa.select(peers).order_by(peers.c.name)
_SERVED = (
    sa.select(peers)
    .join(accounts, accounts.c.id == peers.c.account_id)
    .where(accounts.c.state == sa.literal_column("'active'"))
)
_ACCOUNTS = sa.select(peers.c.account_id).distinct()
_LISTENING = sa.select(peers).where(peers.c.numbers != sa.literal_column("''"), peers.c.enabled)
_BALANCES = sa.text("SELECT id, balance FROM peers WHERE id IN :ids ORDER BY id").bindparams(
    bindparam("ids", expanding=True)
)
_BALANCES_LOCKED = sa.text(_BALANCES.text + " FOR UPDATE").bindparams(bindparam("ids", expanding=True))
_CHANGE_BALANCE = (
    sa.update(peers)
    .where(peers.c.id == bindparam("b_id"), peers.c.balance.is_not(None))
    .values(balance=peers.c.balance + bindparam("b_change"))
)


class Peers:
    """Peers within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(self, peer: Peer) -> Peer:
        """Keep a new peer; returns it with its id. Raises BadRequest, Conflict for a name in use, NotFound."""
        check(peer)
        if self._tx.read(sa.select(peers.c.id).where(peers.c.name == peer.name)).first():
            raise Conflict(f"there is a peer {peer.name} already")
        if self._tx.read(sa.select(accounts.c.id).where(accounts.c.id == peer.account_id)).first() is None:
            raise NotFound(f"there is no account {peer.account_id}")
        peer = replace(peer, id=self._new_id())
        self._tx.execute(sa.insert(peers), {"id": peer.id, "created_ms": self._now_ms, **_row(peer)})
        return peer

    def change(self, name: str, changes: Mapping[str, Any]) -> Peer:
        """Change fields of a peer; returns it as it is now. Raises NotFound, BadRequest."""
        peer = check(replace(self.by_name(name), **changes))
        row = _row(peer)
        # Only what was asked for: the balance moves while a message is on its way.
        columns = {_COLUMNS.get(key, key) for key in changes}
        self._tx.execute(
            sa.update(peers).where(peers.c.id == peer.id).values({key: row[key] for key in row if key in columns})
        )
        return peer

    def top_up(self, name: str, units: int) -> Peer:
        """Add to the balance of a peer (or take away); one that was not counted is from now on."""
        peer = self.by_name(name)
        balance = sa.func.coalesce(peers.c.balance, 0) + units
        self._tx.execute(sa.update(peers).where(peers.c.id == peer.id).values(balance=balance))
        return self.by_name(name)

    def remove(self, name: str) -> None:
        """Forget a peer, and what it was still to be told. Its messages stay. Raises NotFound."""
        peer = self.by_name(name)
        for table in (peer_deliveries, peer_submits):
            self._tx.execute(sa.delete(table).where(table.c.peer_id == peer.id))
        self._tx.execute(sa.delete(peers).where(peers.c.id == peer.id))

    def by_name(self, name: str) -> Peer:
        """The peer of that name. Raises NotFound."""
        row = self._tx.read(sa.select(peers).where(peers.c.name == name)).first()
        if row is None:
            raise NotFound(f"there is no peer {name}")
        return _peer(row)

    def all(self) -> list[Peer]:
        """Every peer, by name."""
        return [_peer(row) for row in self._tx.ask(_ALL, {})]

    def served(self) -> list[Peer]:
        """The peers of accounts that are not suspended."""
        return [_peer(row) for row in self._tx.ask(_SERVED, {})]

    def account_ids(self) -> set[int]:
        """The accounts that have a peer."""
        return set(self._tx.ask(_ACCOUNTS, {}).scalars())

    def listening(self) -> list[Peer]:
        """The enabled peers to whom goes what phones write to some numbers."""
        return [_peer(row) for row in self._tx.ask(_LISTENING, {})]

    def figures(self, peer_id: int) -> dict[str, int]:
        """What is open of a peer: parts that wait, messages on their way, deliveries that wait for it."""
        found = {}
        for name, table, condition in (
            ("parts", peer_submits, peer_submits.c.message_id.is_(None)),
            ("messages", peer_submits, peer_submits.c.message_id.is_not(None)),
            ("deliveries", peer_deliveries, sa.true()),
        ):
            found[name] = int(
                self._tx.read(
                    sa.select(sa.func.count()).select_from(table).where(table.c.peer_id == peer_id, condition)
                ).scalar_one()
            )
        return found

    # --- balance --------------------------------------------------------------------------------------------

    def balances(self, peer_ids: Collection[int]) -> dict[int, int]:
        """What is left of peers that are counted; locked until the end of the transaction."""
        if not peer_ids:
            return {}
        self._tx.flush_for(_CHANGE_BALANCE)
        question = _BALANCES if self._tx.dialect == "sqlite" else _BALANCES_LOCKED
        rows = self._tx.read(question, {"ids": list(peer_ids)})
        return {row.id: row.balance for row in rows if row.balance is not None}

    def change_balance(self, peer_id: int, units: int) -> None:
        """Take units from a balance (below 0) or give them back; nothing happens to one that is not counted."""
        self._tx.defer(_CHANGE_BALANCE, {"b_id": peer_id, "b_change": units})

    # --- who delivers -----------------------------------------------------------------------------------------

    def lease(self, peer_ids: Collection[int], owner: str, is_gone: Callable[[str], bool]) -> set[int]:
        """Take or keep the right to deliver to these peers; returns those that this process has now."""
        if not peer_ids:
            return set()
        ids = list(peer_ids)
        held = self._tx.read(sa.select(peers.c.id, peers.c.lease_by).where(peers.c.id.in_(ids))).all()
        for row in held:
            free = [peers.c.lease_ms < self._now_ms - LEASE_MS, peers.c.lease_by.in_(["", owner])]
            if row.lease_by and is_gone(row.lease_by):
                free.append(peers.c.lease_by == row.lease_by)
            self._tx.execute(
                sa.update(peers)
                .where(peers.c.id == row.id, sa.or_(*free))
                .values(lease_by=owner, lease_ms=self._now_ms)
            )
        rows = self._tx.read(sa.select(peers.c.id).where(peers.c.id.in_(ids), peers.c.lease_by == owner))
        return set(rows.scalars())

    def let_go(self, owner: str) -> None:
        """Give the right to deliver back, of every peer."""
        self._tx.execute(sa.update(peers).where(peers.c.lease_by == owner).values(lease_by="", lease_ms=0))


#: Field -> column, where they differ: "window" is a word of SQL.
_COLUMNS = {"window": "window_size"}


def _row(peer: Peer) -> dict[str, Any]:
    row = {_COLUMNS.get(name, name): getattr(peer, name) for name in _PLAIN}
    row |= {name: " ".join(getattr(peer, name)) for name in _LISTS}
    return row | {"alphabet": peer.alphabet.value, "enabled": peer.enabled}


def _peer(row: Any) -> Peer:
    lists = {name: tuple(getattr(row, name).split()) for name in _LISTS}
    return Peer(
        id=row.id,
        name=row.name,
        account_id=row.account_id,
        secret=row.secret,
        binds=row.binds,
        window=row.window_size,
        rate_per_s=row.rate_per_s,
        balance=row.balance,
        refund=bool(row.refund),
        forced_sender=row.forced_sender,
        callback=row.callback,
        alphabet=Alphabet(row.alphabet),
        enabled=bool(row.enabled),
        **lists,
    )
