"""Numbers somebody is to be asked about: each once until its answer is old, and never more than fit. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

#: Numbers that wait to be asked about; more are not noted, they come again with their next message.
MAX_WAITING: Final = 10_000
#: Numbers remembered as asked; more are forgotten all at once, and so asked about again.
MAX_ASKED: Final = 200_000


class Lookups:
    """What the router wants to know, for whoever asks."""

    def __init__(self, max_age_s: float) -> None:
        self._max_age_ms = max_age_s * 1000
        self._asked: dict[str, int] = {}
        self._waiting: deque[str] = deque()

    def want(self, number: str, now_ms: int) -> None:
        """Note a number, unless it was asked about of late; returns at once, whatever comes of it."""
        asked_ms = self._asked.get(number)
        if asked_ms is not None and now_ms - asked_ms < self._max_age_ms:
            return
        if len(self._waiting) >= MAX_WAITING:
            return
        if len(self._asked) >= MAX_ASKED:
            self._asked.clear()
        self._asked[number] = now_ms
        self._waiting.append(number)

    def take(self, count: int) -> list[str]:
        """Up to so many numbers, oldest first."""
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    def missed(self, number: str) -> None:
        """Nobody answered: its next message asks again."""
        self._asked.pop(number, None)
