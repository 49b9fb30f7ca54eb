"""How fast a link may send: a rate, and rest when the provider says "too fast". Pure; `now` is monotonic seconds."""

from __future__ import annotations

from carriers.link import Timing

#: A rate saves up at most this many seconds' worth of unused requests: providers that count by the second would refuse
#: a whole second's worth at once.
BURST_S = 0.1


class Pace:
    """The allowance of one link."""

    def __init__(self, rate_per_s: float, timing: Timing) -> None:
        self._rate = rate_per_s  # 0 = no limit
        self._timing = timing
        self._most_saved = 1.0 + rate_per_s * BURST_S
        self._allowance = self._most_saved
        self._counted_at = 0.0
        self._pause_s = timing.throttle_pause_s
        self.resting_until = 0.0

    @property
    def is_watched(self) -> bool:
        """Whether room comes with time alone, so that somebody has to look."""
        return bool(self._rate) or bool(self.resting_until)

    def allows(self, wanted: int, now: float) -> int:
        """How many of these may go now."""
        if now < self.resting_until:
            return 0
        self.resting_until = 0.0
        if not self._rate:
            return wanted
        self._allowance = min(self._allowance + (now - self._counted_at) * self._rate, self._most_saved)
        self._counted_at = now
        return min(wanted, int(self._allowance))

    def spend(self) -> None:
        """One goes."""
        if self._rate:
            self._allowance -= 1

    def rest(self, now: float, asked_s: float | None) -> float | None:
        """The provider said "too fast"; the pause, or None when the link rests already.

        Without a time from the provider the pause doubles each time, until it takes something again.
        """
        if now < self.resting_until:
            return None
        pause_s = self._pause_s if asked_s is None else max(asked_s, self._timing.throttle_pause_s)
        self._pause_s = min(self._pause_s * 2, self._timing.longest_throttle_pause_s)
        self.resting_until = now + pause_s
        return pause_s

    def taken(self, now: float) -> None:
        """The provider took something."""
        if now >= self.resting_until:
            self._pause_s = self._timing.throttle_pause_s
