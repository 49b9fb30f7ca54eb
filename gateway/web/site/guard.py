"""Who has failed to sign in too often: by network address, and by account. Pure: time comes in as an argument.

An address that fails ten times within a minute waits. An account is not locked by strangers: after five failures in a
row each further try has to wait twice as long, up to five minutes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from gateway.web.limits import MAX_KEYS, Buckets, network

#: Failures a second of one network address, and at once.
RATE: Final = 10 / 60
BURST: Final = 10.0
FREE: Final = 5
LONGEST_S: Final = 300.0
FORGET_S: Final = 3600.0


class Guard:
    """Counts failures; `wait_s` says how long somebody has to wait before the next try."""

    def __init__(self) -> None:
        self._networks = Buckets(BURST)
        self._accounts: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()  # failures in a row, the last
        self._barred: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, address: str, account: str, now: float) -> float:
        """Seconds until a try may be made; 0 = now."""
        return max(self._barred.get(network(address), 0.0) - now, self._left(account, now), 0.0)

    def failed(self, address: str, account: str, now: float) -> None:
        """A password, or a code, was wrong."""
        key = network(address)
        wait_s = self._networks.take(key, RATE, now)
        if wait_s:
            self._barred[key] = now + wait_s
            if len(self._barred) > MAX_KEYS:
                self._barred.popitem(last=False)
        count, at = self._accounts.get(account, (0, now))
        self._accounts[account] = (1 if now - at > FORGET_S else count + 1, now)
        self._accounts.move_to_end(account)
        if len(self._accounts) > MAX_KEYS:
            self._accounts.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """The row of failures is over."""
        self._accounts.pop(account, None)

    def _left(self, account: str, now: float) -> float:
        count, at = self._accounts.get(account, (0, 0.0))
        if count < FREE or now - at > FORGET_S:
            return 0.0
        return at + min(2.0 ** (count - FREE + 1), LONGEST_S) - now
