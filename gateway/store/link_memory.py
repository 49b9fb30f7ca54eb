"""What a link remembers over restarts: texts by key, in the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from gateway.store.database import Store, Transaction
from gateway.store.schema import link_memory

_VALUE = sa.select(link_memory.c.value).where(
    link_memory.c.link == sa.bindparam("link"), link_memory.c.key == sa.bindparam("key")
)
_SAVE = sa.text(
    "INSERT INTO link_memory (link, key, value, changed_ms) VALUES (:link, :key, :value, :now) "
    "ON CONFLICT (link, key) DO UPDATE SET value = excluded.value, changed_ms = excluded.changed_ms"
)


class StoredMemory:
    """The memory of one link, a `carriers.link_memory.LinkMemory`."""

    def __init__(self, store: Store, link: str, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._link = link
        self._now_ms = now_ms

    async def load(self, key: str) -> str:
        """What was saved under the key; "" when there is nothing. Raises StoreUnavailable."""

        def work(tx: Transaction) -> str:
            return str(tx.ask(_VALUE, {"link": self._link, "key": key}).scalar() or "")

        return await self._store.read(work)

    async def save(self, values: Mapping[str, str]) -> None:
        """Keep these in the place of what was there; they are on disk when it returns. Raises StoreUnavailable."""
        now_ms = self._now_ms()
        rows = [{"link": self._link, "key": key, "value": value, "now": now_ms} for key, value in values.items()]

        def work(tx: Transaction) -> None:
            for row in rows:
                tx.defer(_SAVE, row)

        if rows:
            await self._store.commit_with_others(work)
