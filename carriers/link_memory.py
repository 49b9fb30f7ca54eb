"""What a link may remember over restarts, behind a port: the hub keeps it in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class LinkMemory(Protocol):
    """Texts by key; keys have at most 64 characters."""

    async def load(self, key: str) -> str:
        """What was saved under the key; "" when there is nothing. Raises StoreUnavailable."""

    async def save(self, values: Mapping[str, str]) -> None:
        """Keep these in the place of what was there; they are on disk when it returns. Raises StoreUnavailable."""


class PassingMemory:
    """A memory that lasts as long as the process."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    async def load(self, key: str) -> str:
        """What was saved under the key; "" when there is nothing."""
        return self._values.get(key, "")

    async def save(self, values: Mapping[str, str]) -> None:
        """Keep these in the place of what was there."""
        self._values.update(values)
