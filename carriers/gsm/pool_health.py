"""How well a modem does, and when it is left alone: a window of outcomes, quarantine, the ladder of cures. Pure.

`now` is monotonic seconds. Three failures in a row (a message without an answer counts twice) put a modem into
quarantine: first a look at it, the second time its radio is switched off and on, after that its port is opened anew;
each pause is twice the one before. What follows is a trial with one message: taken, it is well again; else the next
quarantine begins at once.

What ails all modems of a pool at once is mostly the network, and passes: then one after the other is let out early.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Outcomes that are remembered, and for how long.
WINDOW: Final = 20
WINDOW_S: Final = 3600.0
#: A network that takes this long for an answer is about to take none.
SLOW_S: Final = 20.0
FAILURES: Final = 3
_WEIGHT_SLOW: Final = 0.7
#: So long at most until the next one is tried while none of a pool is well.
LAST_RESORT_S: Final = 300.0
#: What a modem without history is taken for: as many successes.
_PRIOR: Final = 2.0


class Result(enum.StrEnum):
    """How an attempt to send ended, as far as it tells of the modem."""

    TAKEN = "taken"
    REFUSED = "refused"  # for a reason that is the modem's, the SIM's or the network's
    SILENT = "silent"  # no answer came
    LOST = "lost"  # the modem vanished meanwhile: a cable, or too little power to send


class Cure(enum.StrEnum):
    """What is done to a modem that goes into quarantine."""

    LOOK = "look"
    RESET = "reset"
    REOPEN = "reopen"


_LADDER: Final = (Cure.LOOK, Cure.RESET, Cure.REOPEN)


@dataclass(frozen=True, slots=True)
class HealthRules:
    """How patient a pool is with its modems, seconds."""

    first_pause_s: float = 30.0
    longest_pause_s: float = 3600.0


class ModemHealth:
    """The health of one modem with its SIM."""

    def __init__(self, rules: HealthRules | None = None) -> None:
        self._rules = rules or HealthRules()
        self._past: deque[tuple[float, float]] = deque(maxlen=WINDOW)  # when, weight
        self._row = 0  # failures since the last success
        self.quarantines = 0  # since the last success
        self.since = 0.0
        self.until = 0.0

    def note(self, result: Result, now: float, took_s: float = 0.0) -> Cure | None:
        """An attempt ended; what is to be done when that puts the modem into quarantine."""
        if result is Result.TAKEN:
            self._past.append((now, _WEIGHT_SLOW if took_s > SLOW_S else 1.0))
            self._row = self.quarantines = 0
            return None
        self._past.append((now, 0.0))
        self._row += 2 if result is Result.SILENT else 1
        if self.is_quarantined(now) or (self._row < FAILURES and not self.quarantines):
            return None
        self._row = 0
        cure = _LADDER[min(self.quarantines, len(_LADDER) - 1)]
        pause_s = min(self._rules.first_pause_s * 2**self.quarantines, self._rules.longest_pause_s)
        self.quarantines = min(self.quarantines + 1, 32)
        self.since, self.until = now, now + pause_s
        return cure

    def let_out(self, now: float) -> None:
        """End the quarantine: the trial is now."""
        self.until = min(self.until, now)

    def is_quarantined(self, now: float) -> bool:
        """Is it left alone?"""
        return now < self.until

    def is_on_trial(self, now: float) -> bool:
        """May it take one message, to show that it is well again?"""
        return bool(self.quarantines) and now >= self.until

    def score(self, now: float) -> float:
        """From 0 to 1: the share of successes of late."""
        weights = [weight for at, weight in self._past if now - at < WINDOW_S]
        return (sum(weights) + _PRIOR) / (len(weights) + _PRIOR)


class LastResort:
    """Which modem of a pool is let out of its quarantine early, because none is well."""

    def __init__(self, rules: HealthRules | None = None) -> None:
        self._first_s = (rules or HealthRules()).first_pause_s
        self._together: set[str] = set()  # those that were ill when nobody was well, and were not tried since
        self._pause_s = self._first_s
        self._due = 0.0

    def pick(self, ill: Mapping[str, ModemHealth], *, well: int, on_trial: int, now: float) -> str:
        """The key of the one to let out now, out of those in quarantine; "" for none.

        One trial at a time, the one first that has been left alone longest, with pauses that double up to
        LAST_RESORT_S. Once one is well again, the others that were ill with it follow after the shortest pause each.
        """
        if well:
            self._together &= ill.keys()
            self._pause_s = self._first_s
            self._due = min(self._due, now + self._first_s)
        elif ill:
            if not self._together:
                self._due = now + self._pause_s
            self._together = set(ill)
        if not self._together or on_trial or now < self._due:
            return ""
        key = min(self._together, key=lambda it: (ill[it].since, it))
        if well:
            self._together.discard(key)
        else:
            self._pause_s = min(2 * self._pause_s, LAST_RESORT_S)
        self._due = now + self._pause_s
        return key
