"""Carrier links (who owns them, how they are) and the routing table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from gateway.core.routing import Route
from gateway.store.database import Transaction
from gateway.store.schema import links, routes

#: A lease that is not renewed for this long is free for another process.
LEASE_S = 10


class Links:
    """Links and routes within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def lease(
        self, name: str, group: str, protocol: str, owner: str, is_gone: Callable[[str], bool] = lambda owner: False
    ) -> bool:
        """Take or renew the lease of a link; False while another process holds it.

        `is_gone(other)` may say that the other one is known to have died, so that its lease need not run out.
        """
        row = self._tx.read(sa.select(links).where(links.c.name == name)).first()
        until = self._now_ms + LEASE_S * 1000
        if row is None:
            self._tx.execute(
                sa.insert(links),
                {
                    "name": name,
                    "link_group": group,
                    "protocol": protocol,
                    "state": "down",
                    "lease_by": owner,
                    "lease_until_ms": until,
                    "since_ms": self._now_ms,
                },
            )
            return True
        free = row.lease_by in ("", owner) or row.lease_until_ms < self._now_ms or is_gone(row.lease_by)
        if not free:
            return False
        taken = self._tx.execute(
            sa.update(links)
            .where(
                links.c.name == name,
                links.c.lease_by == row.lease_by,
                links.c.lease_until_ms == row.lease_until_ms,  # or a late renewal and a taking would both succeed
            )
            .values(lease_by=owner, lease_until_ms=until, link_group=group, protocol=protocol)
        ).rowcount
        return bool(taken)

    def let_go(self, name: str, owner: str) -> None:
        """Give the lease back at an orderly stop, so that another process need not wait."""
        self._tx.execute(
            sa.update(links)
            .where(links.c.name == name, links.c.lease_by == owner)
            .values(lease_by="", lease_until_ms=0, state="down", since_ms=self._now_ms)
        )

    def set_state(self, name: str, state: str, last_error: str | None = None) -> None:
        """Note how a link is: down, connecting, up or paused."""
        values: dict[str, object] = {"state": state, "since_ms": self._now_ms}
        if last_error is not None:
            values["last_error"] = last_error[:255]
        self._tx.execute(sa.update(links).where(links.c.name == name).values(values))

    def all(self) -> list[sa.RowMapping]:
        """Every link ever seen, by name."""
        return list(self._tx.read(sa.select(links).order_by(links.c.name)).mappings())

    # --- routes -------------------------------------------------------------------------------------------------

    def routes(self) -> list[Route]:
        """The routing table."""
        return [
            Route(row.prefix, row.link, row.cost, row.preference, row.weight)
            for row in self._tx.read(sa.select(routes).order_by(routes.c.prefix, routes.c.preference))
        ]

    def set_routes(self, wanted: Iterable[Route]) -> None:
        """Replace the routing table."""
        self._tx.execute(sa.delete(routes))
        for route in wanted:
            self.add_route(route)

    def add_route(self, route: Route) -> None:
        """Add a line to the routing table."""
        self._tx.execute(
            sa.insert(routes),
            {
                "id": self._new_id(),
                "prefix": route.prefix,
                "link": route.link,
                "cost": route.cost,
                "preference": route.preference,
                "weight": route.weight,
            },
        )
