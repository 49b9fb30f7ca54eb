"""What waits on a connection: our requests for their answers, the peer's requests for ours, and silence for a word.

`S` is what numbers requests, `P` any PDU of the protocol.
"""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")
P = TypeVar("P")

_REMEMBERED_ANSWERS = 64


@dataclass(slots=True)
class Outstanding(Generic[P]):
    """A request of ours that waits for its answer."""

    pdu: P
    frame: bytes
    tag: object
    sent_at: float  # for the first time
    deadline: float
    resends: int


class Window(Generic[S, P]):
    """Our requests without an answer, by their numbers.

    They lie in the order of their deadlines: all wait equally long, and what is sent again goes to the end.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[S, Outstanding[P]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, sequence_id: S) -> bool:
        return sequence_id in self._waiting

    def add(self, sequence_id: S, request: Outstanding[P]) -> None:
        """It was sent."""
        self._waiting[sequence_id] = request

    def take(self, sequence_id: S, kind: type[P] | None) -> Outstanding[P] | None:
        """The request of that class with that number, no longer waiting; None when there is none."""
        found = self._waiting.get(sequence_id)
        return self._waiting.pop(sequence_id) if found is not None and type(found.pdu) is kind else None

    def due(self, now: float, timeout_s: float) -> Iterator[Outstanding[P] | bytes]:
        """What is out of time: frames to send again, and requests that were sent often enough and are given up."""
        while self._waiting:
            sequence_id, oldest = next(iter(self._waiting.items()))
            if oldest.deadline > now:
                return
            if oldest.resends > 0:
                oldest.resends -= 1
                oldest.deadline = now + timeout_s
                self._waiting.move_to_end(sequence_id)
                yield oldest.frame
            else:
                yield self._waiting.pop(sequence_id)

    def drain(self) -> list[Outstanding[P]]:
        """All that waited, none of them any more."""
        drained = list(self._waiting.values())
        self._waiting.clear()
        return drained


class Repeat(enum.Enum):
    """What a request of the peer is."""

    NEW = "new"
    PENDING = "pending"  # the same again, before it was answered
    REUSED = "reused"  # another one under a number that waits
    ANSWERED = "answered"  # the same again, after it was answered


class Served(Generic[S, P]):
    """The peer's requests: those that wait for an answer, and the answers to the last ones."""

    def __init__(self) -> None:
        self._pending: dict[S, tuple[P, bytes]] = {}
        self._answers: OrderedDict[S, tuple[bytes, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pending)

    def look(self, sequence_id: S, frame: bytes) -> Repeat:
        """Has it come before?"""
        if sequence_id in self._pending:
            return Repeat.PENDING if self._pending[sequence_id][1] == frame else Repeat.REUSED
        answered = self._answers.get(sequence_id)
        return Repeat.ANSWERED if answered is not None and answered[0] == frame else Repeat.NEW

    def add(self, sequence_id: S, pdu: P, frame: bytes) -> None:
        """It waits."""
        self._pending[sequence_id] = (pdu, frame)

    def kind(self, sequence_id: S) -> type[P] | None:
        """The class of the request that waits under that number."""
        pending = self._pending.get(sequence_id)
        return None if pending is None else type(pending[0])

    def answered(self, sequence_id: S, answer: bytes, *, taken: bool) -> None:
        """It no longer waits; `taken` is for the memory: what was refused must be looked at when it comes again."""
        _, frame = self._pending.pop(sequence_id)
        if taken:
            self._answers[sequence_id] = (frame, answer)
            self._answers.move_to_end(sequence_id)
            if len(self._answers) > _REMEMBERED_ANSWERS:
                self._answers.popitem(last=False)

    def has_answered(self, sequence_id: S) -> bool:
        """Is there an answer to a request, this one or another, with that number?"""
        return sequence_id in self._answers

    def answer_of(self, sequence_id: S) -> bytes:
        """The answer it had."""
        return self._answers[sequence_id][1]

    def forget(self) -> None:
        """Nothing waits any more."""
        self._pending.clear()


class Pulse(enum.Enum):
    """What silence asks for."""

    FINE = "fine"
    ASK = "ask"
    DEAD = "dead"


class Heartbeat:
    """When to ask whether the peer is there, and when to stop asking."""

    def __init__(self, silence_s: float, answer_s: float, most: int) -> None:
        self._silence_s = silence_s
        self._answer_s = answer_s
        self._most = most
        self._last_heard = 0.0
        self._due = 0.0
        self.unanswered = 0

    def heard(self, now: float) -> None:
        """Any octet shows that the peer is there, a late answer to another question too."""
        self._last_heard = now
        self.unanswered = 0

    def feel(self, now: float) -> Pulse:
        """What to do now; ASK counts as asked."""
        if self.unanswered == 0:
            if now - self._last_heard < self._silence_s:
                return Pulse.FINE
        elif now < self._due:
            return Pulse.FINE
        elif self.unanswered >= self._most:
            return Pulse.DEAD
        self.unanswered += 1
        self._due = now + self._answer_s
        return Pulse.ASK
