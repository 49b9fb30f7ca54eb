"""Ids that sort by time and need no database to be made."""

from __future__ import annotations

from collections.abc import Callable

#: 2024-01-01T00:00:00Z in milliseconds; ids count from here, 41 bits last until 2093.
EPOCH_MS = 1_704_067_200_000

#: The largest id there can be: ids have 63 bits.
LAST_ID = (1 << 63) - 1

_NODE_BITS = 10
_COUNT_BITS = 12
_COUNT_LIMIT = 1 << _COUNT_BITS


class IdSource:
    """Makes ids of 63 bits: 41 of milliseconds, 10 of node, 12 of count; each is larger than the one before.

    `clock_ms` gives Unix milliseconds. A clock that is set back does not repeat ids: the source goes on from
    its last millisecond. More than 4 096 ids in a millisecond borrow from the next one.
    """

    def __init__(self, clock_ms: Callable[[], int], node: int = 0) -> None:
        if not 0 <= node < 1 << _NODE_BITS:
            raise ValueError(f"node {node} is not in 0..{(1 << _NODE_BITS) - 1}")
        self._clock_ms = clock_ms
        self._node = node << _COUNT_BITS
        self._last_ms = 0
        self._count = 0

    def __call__(self) -> int:
        """The next id."""
        now = self._clock_ms()
        if now > self._last_ms:
            self._last_ms = now
            self._count = 0
        else:
            self._count += 1
            if self._count == _COUNT_LIMIT:
                self._last_ms += 1
                self._count = 0
        return (self._last_ms - EPOCH_MS) << (_NODE_BITS + _COUNT_BITS) | self._node | self._count


def made_at_ms(an_id: int) -> int:
    """When an id was made, in Unix milliseconds."""
    return (an_id >> (_NODE_BITS + _COUNT_BITS)) + EPOCH_MS


def first_id_at(moment_ms: int) -> int:
    """The smallest id that can have been made at a moment; the largest there is for one beyond the time of ids."""
    return min(max(moment_ms - EPOCH_MS, 0) << (_NODE_BITS + _COUNT_BITS), LAST_ID)
