"""Requests that wait for their answer: matched by transaction id, sent again when none comes. Pure; times in s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.messages import Outcome, Segment

_NEVER: Final = float("inf")


@dataclass(slots=True)
class Waiting:
    """One request, and the mail it is."""

    transaction_id: str
    segment: Segment
    mail: bytes
    resends_left: int
    due: float = _NEVER  # when it is sent again or given up; never while it is on its way


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request."""

    segment: Segment
    outcome: Outcome
    reason: str = ""
    code: int = 0


class Exchange:
    """The requests of one link that the other centre has not answered."""

    def __init__(self, answer_timeout_s: float, resends: int) -> None:
        self._timeout_s = answer_timeout_s
        self._resends = resends
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, transaction_id: str, segment: Segment, mail: bytes) -> Waiting:
        """A request is about to leave; its answer may be faster than the reply of the mail server."""
        waiting = Waiting(transaction_id, segment, mail, self._resends)
        self._waiting[transaction_id] = waiting
        return waiting

    def left(self, waiting: Waiting, now: float) -> None:
        """The other mail server has it."""
        waiting.due = now + self._timeout_s

    def is_open(self, waiting: Waiting) -> bool:
        """Whether the request still has no answer."""
        return self._waiting.get(waiting.transaction_id) is waiting

    def end(self, transaction_id: str) -> Waiting | None:
        """An answer came, or it will not be waited for; None for an answer to nothing, or a second one."""
        return self._waiting.pop(transaction_id, None)

    def overdue(self, now: float) -> list[Waiting]:
        """Requests to be sent again; each is on its way again from here on."""
        found = [waiting for waiting in self._waiting.values() if waiting.due <= now and waiting.resends_left > 0]
        for waiting in found:
            waiting.resends_left -= 1
            waiting.due = _NEVER
        return found

    def unanswered(self, now: float) -> list[Waiting]:
        """Requests that were sent as often as they may be, taken out."""
        found = [waiting for waiting in self._waiting.values() if waiting.due <= now and waiting.resends_left == 0]
        for waiting in found:
            del self._waiting[waiting.transaction_id]
        return found

    def clear(self) -> list[Waiting]:
        """All of them, taken out."""
        found = list(self._waiting.values())
        self._waiting.clear()
        return found
