"""What operators want of links while the hub runs: links added, paused, moved, removed, traced.

The options of a link that was added here hold its password as it is: what protects it are the permissions of the
database, as those of the configuration file protect the links in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from gateway.core.link_orders import LinkOrder, TraceOrder, Wish
from gateway.store.database import Transaction
from gateway.store.schema import link_orders, links, outbox, segments
from gateway.store.timeline import Timeline

_ALL = sa.select(link_orders).order_by(link_orders.c.added_ms, link_orders.c.name)
_LEFT = sa.text("SELECT 1 FROM outbox WHERE state IN ('sending', 'uncertain') AND link = :link LIMIT 1")
_QUEUED_ON = sa.text("SELECT id, attempt FROM outbox WHERE state = 'queued' AND link = :link ORDER BY id LIMIT :limit")
_ENSURE = sa.text(
    "INSERT INTO link_orders (name, revision, added_ms) VALUES (:name, :id, :now) ON CONFLICT (name) DO NOTHING"
)
#: States of segments a carrier has taken: they are not sent again.
_TAKEN = ("accepted", "delivered", "failed", "expired")


class LinkOrders:
    """Orders about links within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, timeline: Timeline) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline

    def all(self) -> list[LinkOrder]:
        """Every order, in the order in which their links were added."""
        return [_order(row) for row in self._tx.ask(_ALL, {})]

    def get(self, name: str) -> LinkOrder | None:
        """What is wanted of one link."""
        row = self._tx.read(sa.select(link_orders).where(link_orders.c.name == name)).first()
        return None if row is None else _order(row)

    def set_options(self, name: str, options: str) -> None:
        """Add a link, or give it other options: its [[link]] table as JSON, read by the same code before."""
        self._set(name, options=options, revision=self._new_id())

    def set_wish(self, name: str, wish: Wish) -> None:
        """Say what a link is to do."""
        self._set(name, wish=wish.value)

    def move(self, name: str, node: int) -> None:
        """Ask the process that serves a link to give it to the process of this number."""
        self._set(name, move_to=node, moved_ms=self._now_ms)

    def set_trace(self, name: str, trace: TraceOrder | None) -> None:
        """Begin to write down the octets of a link's line, or stop."""
        order = trace or TraceOrder("", 0, 0, False)
        self._set(
            name,
            trace_file=order.file,
            trace_until_ms=order.until_ms,
            trace_octets=order.most_octets,
            trace_mask=order.mask,
        )

    def is_idle(self, name: str) -> bool:
        """Whether nothing of a link is on the wire or in doubt."""
        self._tx.flush()
        return self._tx.read(_LEFT, {"link": name}).first() is None

    def forget(self, name: str, limit: int = 500, *, for_good: bool = True) -> bool:
        """Take out what waits for a link that is to be removed, at most `limit` messages a time, and then the link.

        They wait without a link until a route fits. With `for_good`, True once nothing is left of the link but the
        stories it is named in.
        Of a message a part of which was accepted the other parts are sent by another carrier: better than never.
        """
        self._tx.flush()
        rows = self._tx.read(_QUEUED_ON, {"link": name, "limit": limit}).all()
        for row in rows:
            if row.attempt:
                self._tx.execute(
                    sa.delete(segments).where(segments.c.message_id == row.id, segments.c.state.not_in(_TAKEN))
                )
            self._tx.execute(sa.update(outbox).where(outbox.c.id == row.id).values(link=""))
            self._timeline.step(row.id, "routed", f"link {name} was removed; it waits for another one")
        if not for_good or len(rows) == limit or not self.is_idle(name):
            return False
        self._tx.execute(
            sa.delete(link_orders).where(link_orders.c.name == name, link_orders.c.wish == Wish.REMOVE.value)
        )
        self._tx.execute(sa.delete(links).where(links.c.name == name))
        return True

    def _set(self, name: str, **values: object) -> None:
        self._tx.execute(_ENSURE, {"name": name, "id": self._new_id(), "now": self._now_ms})
        self._tx.execute(sa.update(link_orders).where(link_orders.c.name == name).values(**values))


def _order(row: Any) -> LinkOrder:
    trace = None
    if row.trace_file:
        trace = TraceOrder(row.trace_file, row.trace_until_ms, row.trace_octets, bool(row.trace_mask))
    return LinkOrder(
        row.name, row.options, Wish(row.wish), row.revision, row.added_ms, row.move_to, row.moved_ms, trace
    )
