"""How much one address may ask of the doors: connections, mails, failed logins. Pure: time comes in as an argument.

Addresses are counted by network, so that a neighbourhood of one attacker is one: IPv4 by /32, /26 and /21, IPv6 by
/64, /48 and /32. Every table is bounded; the key that was seen longest ago makes room.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from dataclasses import dataclass

#: Keys remembered in one table.
MAX_KEYS = 50_000

_PREFIXES = {4: (32, 26, 21), 6: (64, 48, 32)}
#: What a wider network may do, as a multiple of what one address may.
_WIDER = (1, 3, 9)


def networks(address: str) -> tuple[str, ...]:
    """The networks an address is counted in, narrowest first; a peer without an IP address is its own."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return (address,)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    number, bits = int(ip), ip.max_prefixlen
    return tuple(f"{ip.version}/{prefix}/{number >> bits - prefix:x}" for prefix in _PREFIXES[ip.version])


class Rate:
    """So many in a time, per key: a bucket that holds `limit` and fills again within `window_s` seconds."""

    __slots__ = ("_buckets", "_limit", "_window_s")

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> (left, at)

    def take(self, key: str, now: float, times: int = 1) -> bool:
        """Use the bucket of this key; False, and nothing is used, when it is empty. A limit of 0 never is."""
        if self._limit <= 0:
            return True
        left = self._left(key, now)
        if left < 1:
            return False
        self._buckets[key] = (left - times, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return True

    def is_empty(self, key: str, now: float) -> bool:
        """Whether the next `take` would be refused."""
        return self._limit > 0 and self._left(key, now) < 1

    def _left(self, key: str, now: float) -> float:
        left, at = self._buckets.get(key, (float(self._limit), now))
        return min(float(self._limit), left + max(0.0, now - at) * self._limit / self._window_s)


class Connections:
    """Who is connected now, in all and per address."""

    __slots__ = ("_limit", "_per_address", "_present")

    def __init__(self, limit: int, per_address: int) -> None:
        self._limit = limit
        self._per_address = per_address
        self._present: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more; False, and not counted, when it is too many."""
        key = networks(address)[0]
        if self._present.total() >= self._limit or self._present[key] >= self._per_address:
            return False
        self._present[key] += 1
        return True

    def leave(self, address: str) -> None:
        """One that entered is gone."""
        key = networks(address)[0]
        self._present[key] -= 1
        if self._present[key] <= 0:
            del self._present[key]

    def __len__(self) -> int:
        return self._present.total()


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """Failed logins allowed to one address; its wider networks get three and nine times as many."""

    per_minute: int = 10
    per_day: int = 50
    account_per_minute: int = 10


class FailedLogins:
    """Failed logins by network and by account."""

    def __init__(self, limits: LoginLimits) -> None:
        self._rates = [
            (level, Rate(count * factor, window_s))
            for level, factor in enumerate(_WIDER)
            for count, window_s in ((limits.per_minute, 60.0), (limits.per_day, 86_400.0))
        ]
        self._accounts = Rate(limits.account_per_minute, 60.0)

    def is_barred(self, address: str, now: float) -> bool:
        """Whether this address, or a network it is in, has failed too often."""
        keys = networks(address)
        return any(level < len(keys) and rate.is_empty(keys[level], now) for level, rate in self._rates)

    def is_slowed(self, account: str, now: float) -> bool:
        """Whether this account was tried too often: its next try is made to wait, never locked out."""
        return self._accounts.is_empty(account.lower(), now)

    def failed(self, address: str, account: str, now: float) -> None:
        """Count a failure."""
        keys = networks(address)
        for level, rate in self._rates:
            if level < len(keys):
                rate.take(keys[level], now)
        self._accounts.take(account.lower()[:320], now)
