"""What an operator counts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields

_RATE_WINDOW_S = 3.0


@dataclass(slots=True)
class Counters:
    """Since the start; a submit to n phones counts n times."""

    submits: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0
    unanswered: int = 0  # taken, and the answer held back by a fault
    repeated: int = 0  # the same sender, recipient, octets and place in a long message as one before
    reports_made: int = 0
    reports_sent: int = 0
    reports_acknowledged: int = 0
    messages_written: int = 0  # segments that phones wrote
    messages_sent: int = 0
    messages_acknowledged: int = 0
    deliveries_refused: int = 0
    deliveries_given_up: int = 0
    logins: int = 0
    logins_refused: int = 0
    lines_lost: int = 0
    lines_dropped: int = 0  # by us
    peer_errors: int = 0

    def values(self) -> dict[str, int]:
        """All by name."""
        return {it.name: getattr(self, it.name) for it in fields(self)}


@dataclass(slots=True)
class Rate:
    """How many per second, over the last seconds."""

    samples: deque[tuple[float, int]] = field(default_factory=deque)

    def sample(self, count: int, now: float) -> None:
        """Note the count; call about once a second."""
        self.samples.append((now, count))
        while now - self.samples[0][0] > _RATE_WINDOW_S and len(self.samples) > 2:
            self.samples.popleft()

    def per_second(self) -> float:
        """0.0 until two samples were taken."""
        if len(self.samples) < 2:
            return 0.0
        (then, before), (now, count) = self.samples[0], self.samples[-1]
        return (count - before) / (now - then) if now > then else 0.0
