"""How fast and how often a client may ask. Pure: time comes in as an argument.

Every table is bounded; the key that was seen longest ago makes room.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import Hashable
from typing import Final

#: Keys remembered in one table.
MAX_KEYS: Final = 50_000


class Buckets:
    """Token buckets by key. A bucket holds one second's worth, at least `burst`, and may be overdrawn by one request.

    So a batch of a thousand passes at any rate, and the next request waits until its debt is paid.
    """

    __slots__ = ("_buckets", "_burst", "_max_keys")

    def __init__(self, burst: float = 1.0, max_keys: int = MAX_KEYS) -> None:
        self._burst = burst
        self._max_keys = max_keys
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # key -> (left, at)

    def take(self, key: Hashable, rate_per_s: float, now: float, times: int = 1) -> int:
        """Use the bucket of a key; 0 when it was not empty, else nothing is used: the seconds to wait (from 1)."""
        if rate_per_s <= 0:
            return 0
        size = max(rate_per_s, self._burst)
        left, at = self._buckets.get(key, (size, now))
        left = min(size, left + max(0.0, now - at) * rate_per_s)
        if left < 1:
            return max(1, math.ceil((1 - left) / rate_per_s))
        self._buckets[key] = (left - times, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return 0


class Lines:
    """How many connections each network address holds; IPv6 is counted by /64, which is one customer."""

    __slots__ = ("_in_all", "_limit", "_per_address", "_present")

    def __init__(self, limit: int, per_address: int) -> None:
        self._limit = limit
        self._per_address = per_address
        self._in_all = 0
        self._present: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more; False, and not counted, when it is too many."""
        key = network(address)
        if self._in_all >= self._limit or self._present[key] >= self._per_address:
            return False
        self._present[key] += 1
        self._in_all += 1
        return True

    def leave(self, address: str) -> None:
        """One that had entered is gone."""
        key = network(address)
        self._in_all -= 1
        self._present[key] -= 1
        if self._present[key] <= 0:
            del self._present[key]


def network(address: str) -> str:
    """The network an address is counted in; what is no IP address is its own."""
    if ":" not in address:
        return address
    try:
        ip = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return f"{int(ip) >> 64:x}/64"
