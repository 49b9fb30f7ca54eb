"""One connection of a peer, without socket and clock: what is the same in every protocol.

A line reads what came, asks its door, writes what is to be said. `receive` and `tick` take monotonic seconds; write
`data_to_send()` afterwards and hang up once `is_over`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from gateway.core.peers import Denial, Peer, Refusal, Submitted
from gateway.core.phone import is_mobile, normalise
from gateway.downstream.content import NotTaken
from gateway.store.peer_deliveries import Delivery

#: What became of a submit, for each of its destinations.
Answers = Sequence[Refusal | None]


class Door(Protocol):
    """What a line may ask of the hub."""

    region: str
    max_segments: int

    def admit(self, line: Line, name: str, proves: Callable[[Peer], bool]) -> Peer | Denial:
        """Decide on a login; `proves` says whether it knows the peer's secret."""

    def joined(self, line: Line) -> None:
        """A peer is in."""

    def refusal(self, peer: Peer, messages: int) -> Refusal | None:
        """Why so many messages more cannot be taken now; None when they can."""

    def take(self, line: Line, submitted: Submitted, answer: Callable[[Answers], None]) -> None:
        """Put a submit on disk, then call `answer`."""

    def look_up(self, line: Line, submit_id: int, answer: Callable[[Mapping[Any, Any] | None], None]) -> None:
        """Find the message of an id handed out, then call `answer` with its row."""

    def cancel(self, line: Line, submit_id: int, answer: Callable[[bool], None]) -> None:
        """Take a message back, then call `answer` with whether it was early enough."""

    def delivered(self, line: Line, delivery: Delivery) -> None:
        """The peer has something."""

    def declined(self, line: Line, delivery: Delivery, code: int) -> None:
        """The peer said no to something."""

    def returned(self, line: Line, deliveries: Iterable[Delivery]) -> None:
        """The peer was sent these and did not say whether it has them."""

    def misbehaved(self, line: Line, reason: str) -> None:
        """What came was wrong."""

    def refused(self, line: Line, refusal: Refusal) -> None:
        """A submit was not taken."""

    def new_id(self) -> int:
        """A fresh id."""

    def now_ms(self) -> int:
        """The time of day, Unix milliseconds."""


class Line(abc.ABC):
    """One connection of a peer, or of somebody who may become one."""

    protocol: ClassVar[str]

    def __init__(self, door: Door, address: str) -> None:
        self._door = door
        self.address = address
        self.peer: Peer | None = None
        self.receives = False  # whether deliveries may be sent on it
        self.is_over = False
        self.reason = ""
        self.unanswered = 0  # submits that wait for the disk

    @property
    def is_full(self) -> bool:
        """Whether the peer has asked as much as it may without having the answers: nothing more is read then."""
        return self.peer is not None and self.unanswered >= self.peer.window

    @property
    @abc.abstractmethod
    def room(self) -> int:
        """How many deliveries may be sent now."""

    @abc.abstractmethod
    def receive(self, data: bytes, now: float) -> None:
        """Take octets as they came; never raises for what a peer sends."""

    @abc.abstractmethod
    def tick(self, now: float) -> None:
        """Let time pass."""

    @abc.abstractmethod
    def data_to_send(self) -> bytes:
        """Octets to write now, taken out."""

    @abc.abstractmethod
    def deliver(self, delivery: Delivery, now: float) -> None:
        """Send a report or an SMS; only while there is `room`."""

    @abc.abstractmethod
    def leave(self, now: float) -> None:
        """Take leave in order."""

    @abc.abstractmethod
    def lose(self) -> list[Delivery]:
        """The connection is gone: what was delivered on it without an answer."""

    # --- for the protocols ------------------------------------------------------------------------------------

    def _may_take(self, messages: int) -> None:
        """Raises NotTaken when so many more are too many for this peer."""
        peer = self._inside
        # What was read in one piece with the last submit that fits the window is taken too.
        if self.unanswered >= 2 * peer.window:
            raise NotTaken(Refusal.THROTTLED)
        refusal = self._door.refusal(peer, messages)
        if refusal is not None:
            raise NotTaken(refusal)

    def _sender(self, asked: str) -> str:
        sender = self._inside.sender_for(asked)
        if sender is None:
            raise NotTaken(Refusal.SENDER)
        return sender

    def _recipient(self, written: str) -> str:
        """A phone number in the hub's form. Raises NotTaken for what is none or not for this peer."""
        number = normalise(written, self._door.region)
        if number is None or not is_mobile(number) or not self._inside.may_send_to(number):
            raise NotTaken(Refusal.RECIPIENT)
        return number

    def _hand_in(self, submitted: Submitted, answer: Callable[[Answers], None]) -> None:
        self.unanswered += 1

        def done(answers: Answers) -> None:
            self.unanswered -= 1
            for refusal in answers:
                if refusal is not None:
                    self._door.refused(self, refusal)
            if not self.is_over:
                answer(answers)

        self._door.take(self, submitted, done)

    @property
    def _inside(self) -> Peer:
        assert self.peer is not None
        return self.peer
