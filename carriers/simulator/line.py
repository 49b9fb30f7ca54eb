"""What the operator's side of a connection does whatever the protocol: how answers are spoilt, when it breaks.

A line has no socket: `receive` what came, write `data_to_send()`, and break the connection once `is_over`.
"""

from __future__ import annotations

import abc
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from carriers.simulator.config import Account
    from carriers.simulator.operator import Operator
    from carriers.simulator.traffic import Delivery

#: No PDU begins so: as a length it is 3.7 thousand millions.
GARBAGE = bytes.fromhex("deadbeef00ff00ff0badc0de55")

_names = itertools.count(1)


class SimulatedLine(abc.ABC):
    """One connection of an account."""

    def __init__(self, operator: Operator, peer: str) -> None:
        self.operator = operator
        self.account: Account | None = None
        self.name = f"{peer}#{next(_names)}"
        self.reason = ""
        self.is_over = False
        self.is_dropped = False  # over without a word
        self.is_deaf = False  # nothing is read or said any more, but the connection stands
        self._extra: list[bytes] = []  # octets that are none of the protocol's business
        self._requests = 0
        self._answers = 0

    def receive(self, data: bytes, now: float) -> None:
        """Take octets as they came."""
        if self.operator.faults.silent or (self.operator.faults.half_open and self.account is not None):
            self.is_deaf = True
        if not self.is_deaf and not self.is_over:
            self._receive(data, now)

    def tick(self, now: float) -> None:
        """Let time pass."""
        if not self.is_deaf and not self.is_over:
            self._tick(now)

    def data_to_send(self) -> bytes:
        """Octets to write now, taken out."""
        if self.is_deaf:
            return b""
        if not self._extra:
            return b"" if self.is_dropped else self._protocol_data()
        self._gather()
        data = b"".join(self._extra)
        self._extra.clear()
        return data

    def drop(self) -> None:
        """Break the connection without a word."""
        if not self.is_over:
            self.operator.counters.lines_dropped += 1
            self.reason = "dropped"
            self.is_over = self.is_dropped = True
            self.operator.touched.add(self)

    def closed(self, reason: str, now: float) -> None:
        """The connection is gone: what was not acknowledged waits for another."""
        self.is_over = True
        self.operator.leave(self, self.reason or reason)
        # After leaving, or it would be sent on this line again.
        self.operator.lost(self._lose(), now)

    @property
    @abc.abstractmethod
    def room(self) -> int:
        """How many deliveries may be sent now."""

    @abc.abstractmethod
    def deliver(self, delivery: Delivery, now: float) -> None:
        """Queue a delivery."""

    @abc.abstractmethod
    def leave(self, now: float) -> None:
        """Take leave in order."""

    @abc.abstractmethod
    def _receive(self, data: bytes, now: float) -> None: ...

    @abc.abstractmethod
    def _tick(self, now: float) -> None: ...

    @abc.abstractmethod
    def _protocol_data(self) -> bytes: ...

    @abc.abstractmethod
    def _lose(self) -> list[Delivery]: ...

    def _peer_erred(self, reason: str) -> None:
        self.operator.counters.peer_errors += 1
        self.operator.tell("erred", line=self.name, reason=reason)

    def _ended(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.is_over = True

    def _counts_as_last(self) -> bool:
        """Count a request; whether the line breaks at it."""
        self._requests += 1
        most = self.operator.faults.drop_line_after_n_pdus
        return 0 < most <= self._requests

    def _break_at_answer(self, answer: bytes) -> None:
        """The line breaks now, before the answer or in the middle of it."""
        self._gather()
        if self.operator.faults.drop_line_mid_pdu:
            self._extra.append(answer[: len(answer) // 2])
        self.drop()

    def _answer_on_paper(self, respond: Callable[[], None], now: float, *, taken: bool) -> None:
        """Answer a submit as the faults have it.

        The protocol answers at once, for a word of leave waits until nothing is owed; what it wrote is taken away.
        """
        before = self._protocol_data()
        respond()
        answer = self._protocol_data()
        if before:
            self._extra.append(before)
        self._answer_spoilt(answer, now, taken=taken)

    def _answer_spoilt(self, answer: bytes, now: float, *, taken: bool) -> None:
        """Send the answer to a submit as the faults have it."""
        faults = self.operator.faults
        self._answers += 1
        if taken and faults.never_answer_every_n and self._answers % faults.never_answer_every_n == 0:
            self.operator.counters.unanswered += 1
        elif faults.drop_line_mid_pdu:
            self._break_at_answer(answer)
        elif faults.answer_delay_s:
            self.operator.later(now + faults.answer_delay_s, self._answer_late, answer, self._answers)
        else:
            self._write_answer(answer, self._answers)

    def _answer_late(self, answer: bytes, number: int, now: float) -> None:
        if not self.is_over:
            self._write_answer(answer, number)
            self.operator.touched.add(self)

    def _write_answer(self, answer: bytes, number: int) -> None:
        faults = self.operator.faults
        self._gather()
        self._extra += [answer, answer] if faults.answer_twice else [answer]
        if faults.garbage_bytes_every_n and number % faults.garbage_bytes_every_n == 0:
            self._extra.append(GARBAGE)

    def _gather(self) -> None:
        """What the protocol wrote so far comes before what is added now."""
        if not self.is_dropped:
            self._extra.append(self._protocol_data())
