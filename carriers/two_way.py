"""What a connection does on which both sides ask: CMPP and SMGP, either side of them.

`P` is any PDU of the protocol, `E` what it tells besides.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from carriers.connection import Connection, State
from carriers.connection_events import RequestExpired, ResponseReceived
from carriers.window import Heartbeat, Outstanding, Pulse, Repeat, Served, Window
from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carriers.framing import FrameSplitter

P = TypeVar("P")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Words(Generic[P]):
    """The PDUs of a protocol that keep a connection."""

    #: The answer to every request, by their classes.
    answer_of: Mapping[type[P], type[P]]
    test: P
    leave: P
    leave_answer: P


class Numbers(Protocol):
    """What was agreed with the peer."""

    @property
    def window(self) -> int:
        """Our requests without an answer."""

    @property
    def response_timeout_s(self) -> float:
        """How long an answer is waited for."""

    @property
    def active_test_s(self) -> float:
        """Silence before the peer is asked whether it is there."""

    @property
    def active_test_failures(self) -> int:
        """Unanswered questions that end the connection."""

    @property
    def leave_timeout_s(self) -> float:
        """How long leave is waited for."""


class TwoWayConnection(Connection[int, P, E | RequestExpired[P] | ResponseReceived[P]], abc.ABC, Generic[P, E]):
    """Window, numbers, time-outs, repeats, heartbeat, leave."""

    def __init__(self, frames: FrameSplitter, words: Words[P], numbers: Numbers) -> None:
        super().__init__(frames)
        self.stray_responses = 0  # late, repeated, or to nothing we asked
        self.repeated_requests = 0
        self._words = words
        self._request_of = {answer: request for request, answer in words.answer_of.items()}
        self._numbers = numbers
        self._sequence_id = 0
        self._window: Window[int, P] = Window()
        self._served: Served[int, P] = Served()
        self._leave_asked: int | None = None  # number of the peer's request for leave
        self._tests: set[int] = set()
        self._heartbeat = Heartbeat(numbers.active_test_s, numbers.response_timeout_s, numbers.active_test_failures)

    def respond(self, sequence_id: int, response: P) -> None:
        """Answer a request of the peer; does nothing once the connection is closed.

        Answers may be given in any order. Raises LocalProtocolError when no such request waits.
        """
        if self.is_closed:
            return
        kind = self._served.kind(sequence_id)
        if kind is None or type(response) is not self._words.answer_of[kind]:
            raise LocalProtocolError(f"no request {sequence_id} waits for a {type(response).__name__}")
        answer = self._encode(response, sequence_id)
        self._served.answered(sequence_id, answer, taken=self._takes(response))
        self._output.append(answer)
        self._grant_leave()

    def leave(self, now: float) -> None:
        """Ask for leave; `Ended` follows when the peer answers or after `leave_timeout_s`."""
        if self.state is not State.OPEN:
            if self.state is not State.LEAVING:
                self._end("left before the login")
            return
        self.state = State.LEAVING
        self._deadline = now + self._numbers.leave_timeout_s
        self._send(self._words.leave, self._next_sequence_id())

    def tick(self, now: float) -> None:
        """Let time pass: time-outs, resends, heartbeat."""
        if self.is_closed:
            return
        if self._deadline is not None and now >= self._deadline:
            self._give_up_waiting()
            return
        if self._leave_asked is not None and self._deadline is None:
            self._deadline = now + self._numbers.leave_timeout_s
        for due in self._window.due(now, self._numbers.response_timeout_s):
            if isinstance(due, bytes):
                self._output.append(due)
            else:
                self._events.append(RequestExpired(due.pdu, due.tag, "no answer in time"))
        if self.state is State.OPEN:
            self._test(now)

    @abc.abstractmethod
    def _takes(self, response: P) -> bool:
        """Does the answer say that the request was taken?"""

    @abc.abstractmethod
    def _refuse_for_now(self, sequence_id: int, pdu: P, frame: bytes) -> None:
        """The peer asks more than was agreed."""

    @property
    def _room(self) -> int:
        if self.state is not State.OPEN or self._leave_asked is not None:
            return 0
        return max(0, self._numbers.window - len(self._window))

    def _ask(self, pdu: P, now: float, tag: object, resends: int) -> int:
        """Send a request whose sender has looked whether it may; its number."""
        sequence_id = self._next_sequence_id()
        frame = self._encode(pdu, sequence_id)
        deadline = now + self._numbers.response_timeout_s
        self._window.add(sequence_id, Outstanding(pdu, frame, tag, now, deadline, resends))
        self._output.append(frame)
        return sequence_id

    def _is_new(self, sequence_id: int, frame: bytes, most: int, pdu: P) -> bool:
        """Is it a request to serve? One that came before is answered as it was, one too many refused."""
        repeat = self._served.look(sequence_id, frame)
        if repeat is Repeat.NEW:
            if len(self._served) < most:
                return True
            self._refuse_for_now(sequence_id, pdu, frame)
            return False
        self.repeated_requests += 1
        if repeat is Repeat.REUSED:
            self._misbehaved(f"the number {sequence_id} was used again before it was answered", frame)
        elif repeat is Repeat.ANSWERED:
            self._output.append(self._served.answer_of(sequence_id))
        return False

    def _take_answer(self, sequence_id: int, answer: P) -> None:
        request = self._window.take(sequence_id, self._request_of.get(type(answer)))
        if request is None:
            self.stray_responses += 1
        else:
            self._events.append(ResponseReceived(request.pdu, answer, request.tag))

    def _heard(self, now: float) -> None:
        self._heartbeat.heard(now)

    def _test(self, now: float) -> None:
        is_first = self._heartbeat.unanswered == 0
        pulse = self._heartbeat.feel(now)
        if pulse is Pulse.DEAD:
            self._end(f"the peer left {self._heartbeat.unanswered} active tests unanswered")
        elif pulse is Pulse.ASK:
            if is_first:
                self._tests.clear()
            sequence_id = self._next_sequence_id()
            self._tests.add(sequence_id)
            self._send(self._words.test, sequence_id)

    def _give_up_waiting(self) -> None:
        if self._leave_asked is not None:
            self._served.forget()
            self._grant_leave()
        else:
            self._end("no leave granted in time" if self.state is State.LEAVING else "no login in time")

    def _grant_leave(self) -> None:
        """Answer the peer's request for leave once nothing it asked before is open, as the specifications want it."""
        if self._leave_asked is not None and not self._served:
            self._send(self._words.leave_answer, self._leave_asked)
            self._end("the peer took leave")

    def _next_sequence_id(self) -> int:
        while True:
            self._sequence_id = (self._sequence_id + 1) & 0xFFFFFFFF
            if self._sequence_id not in self._window:
                return self._sequence_id

    def _let_go(self, reason: str) -> None:
        self._events += [RequestExpired(lost.pdu, lost.tag, reason) for lost in self._window.drain()]
        self._served.forget()
