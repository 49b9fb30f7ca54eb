"""Carrier links (who owns them, how they are)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa

from gateway.store.database import Transaction
from gateway.store.schema import links

#: A lease that is not renewed for this long is free for another process.
LEASE_S = 10

_HELD = sa.select(links.c.name, links.c.state, links.c.lease_until_ms).where(links.c.lease_by != sa.literal(""))
_SET_FIGURES = (
    sa.update(links)
    .where(links.c.name == sa.bindparam("b_name"), links.c.lease_by == sa.bindparam("b_owner"))
    .values(figures=sa.bindparam("b_figures"))
)


class Lease(NamedTuple):
    """What came of asking for a lease."""

    taken: bool
    by: str  # who holds it now; "" = nobody
    until_ms: int


class Links:
    """Links within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def lease(
        self,
        name: str,
        group: str,
        protocol: str,
        owner: str,
        is_over: Callable[[str, int], bool] = lambda owner, until_ms: not owner,
    ) -> Lease:
        """Take or renew the lease of a link; not taken while another process holds it.

        `is_over(other, until_ms)` says whether the lease the row shows need not be respected: nobody holds it (other
        is ""), its holder is known to have died, or has not renewed it for long. The row's time alone says nothing:
        clocks jump.
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
            return Lease(True, owner, until)
        free = row.lease_by == owner or is_over(row.lease_by, row.lease_until_ms)
        if not free:
            return Lease(False, row.lease_by, row.lease_until_ms)
        if until == row.lease_until_ms:
            until += 1  # whoever watches has to see that it was renewed, even by a clock that stands still
        taken = self._tx.execute(
            sa.update(links)
            .where(
                links.c.name == name,
                links.c.lease_by == row.lease_by,
                links.c.lease_until_ms == row.lease_until_ms,  # or a late renewal and a taking would both succeed
            )
            .values(lease_by=owner, lease_until_ms=until, link_group=group, protocol=protocol)
        ).rowcount
        return Lease(True, owner, until) if taken else Lease(False, row.lease_by, row.lease_until_ms)

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

    def set_figures(self, name: str, owner: str, figures: str) -> None:
        """Note what a link has done (`gateway.core.link_figures.LinkReading` as text); its owner alone knows."""
        self._tx.defer(_SET_FIGURES, {"b_name": name, "b_owner": owner, "b_figures": figures})

    def all(self) -> list[sa.RowMapping]:
        """Every link ever seen, by name."""
        return list(self._tx.read(sa.select(links).order_by(links.c.name)).mappings())

    def up(self) -> set[str]:
        """Links that are logged in, as far as their owners have said so of late."""
        recent_ms = self._now_ms - LEASE_S * 1000
        return {row.name for row in self._tx.ask(_HELD, {}) if row.state == "up" and row.lease_until_ms >= recent_ms}
