"""A door that notes what lines ask of it and answers as it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.core.peers import Denial, Peer, Refusal, Submitted
from gateway.downstream.line import Answers, Line
from gateway.store.peer_deliveries import Delivery

#: 2026-03-01T00:00:00Z.
NOW_MS = 1_772_323_200_000


@dataclass
class NotingDoor:
    """Fits `gateway.downstream.line.Door`; submits are answered by `answer_all`."""

    peers: Iterable[Peer] = ()
    region: str = "CN"
    max_segments: int = 20
    refuse_with: Refusal | None = None
    denial: Denial | None = None
    submits: list[Submitted] = field(default_factory=list)
    waiting: list[tuple[Submitted, Callable[[Answers], None]]] = field(default_factory=list)
    notes: list[tuple[str, Any]] = field(default_factory=list)
    message: Mapping[Any, Any] | None = None
    asked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.new_id = itertools.count(5_000_000_000).__next__

    def now_ms(self) -> int:
        return NOW_MS

    def admit(self, line: Line, name: str, proves: Callable[[Peer], bool]) -> Peer | Denial:
        if self.denial is not None:
            return self.denial
        for peer in self.peers:
            if peer.name == name:
                return peer if proves(peer) else Denial.SECRET
        return Denial.UNKNOWN

    def joined(self, line: Line) -> None:
        self.notes.append(("joined", line.receives))

    def refusal(self, peer: Peer, messages: int) -> Refusal | None:
        return self.refuse_with

    def take(self, line: Line, submitted: Submitted, answer: Callable[[Answers], None]) -> None:
        self.submits.append(submitted)
        self.waiting.append((submitted, answer))

    def answer_all(self, refusal: Refusal | None = None) -> None:
        waiting, self.waiting = self.waiting, []
        for submitted, answer in waiting:
            answer([refusal] * len(submitted.destinations))

    def look_up(self, line: Line, submit_id: int, answer: Callable[[Mapping[Any, Any] | None], None]) -> None:
        self.asked.append(submit_id)
        answer(self.message)

    def cancel(self, line: Line, submit_id: int, answer: Callable[[bool], None]) -> None:
        self.asked.append(submit_id)
        answer(self.message is not None)

    def delivered(self, line: Line, delivery: Delivery) -> None:
        self.notes.append(("delivered", delivery.id))

    def declined(self, line: Line, delivery: Delivery, code: int) -> None:
        self.notes.append(("declined", (delivery.id, code)))

    def returned(self, line: Line, deliveries: Iterable[Delivery]) -> None:
        self.notes += [("returned", one.id) for one in deliveries]

    def misbehaved(self, line: Line, reason: str) -> None:
        self.notes.append(("misbehaved", reason))

    def refused(self, line: Line, refusal: Refusal) -> None:
        self.notes.append(("refused", refusal))


def report(delivery_id: int = 1, state: str = "delivered", code: str = "DELIVRD", **terms: Any) -> Delivery:
    return Delivery(
        delivery_id,
        {
            "kind": "report",
            "handed": "14695981039346656037",
            "state": state,
            "code": code,
            "recipient": "+8613800138000",
            "text": "你好 hello",
            "submitted_ms": NOW_MS,
            "done_ms": NOW_MS + 61_000,
            "terms": {"source": "1065", "dest": "8613800138000", **terms},
        },
        0,
    )


def sms(delivery_id: int = 2, text: str = "hi", alphabet: str = "gsm7", **fields: Any) -> Delivery:
    body = {"kind": "sms", "sender": "+8613800138000", "recipient": "106588", "text": text, "alphabet": alphabet}
    return Delivery(delivery_id, body | {"reference": 9, "total": 1, "number": 1} | fields, 0)
