"""Our side of one connection of CMPP, SGIP or SMGP in the words of the hub: what the three sessions do alike."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from carriers.connection_events import Ended, PeerMisbehaved
from carriers.session import Closed, Misbehaved, SessionEvent, SubmitAnswered
from gateway.core.errors import CaiyouError, LocalProtocolError
from gateway.core.messages import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.core.messages import Segment

E_co = TypeVar("E_co", covariant=True)
E = TypeVar("E")


class AskingConnection(Protocol[E_co]):
    """What a session needs of its connection: one on which we ask."""

    @property
    def free_window(self) -> int:
        """How many requests may be sent now."""

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came."""

    def tick(self, now: float) -> None:
        """Let time pass."""

    def leave(self, now: float) -> None:
        """Take leave in order."""

    def connection_lost(self) -> None:
        """The socket is gone."""

    def data_to_send(self) -> bytes:
        """The bytes to write now, taken out."""

    def events(self) -> Sequence[E_co | PeerMisbehaved | Ended]:
        """What happened since the last call, taken out."""


class ConnectionSession(abc.ABC, Generic[E]):
    """A `carriers.session.CarrierSession` but for the login, the submit, answers and deliveries."""

    def __init__(self, connection: AskingConnection[E]) -> None:
        self._connection = connection
        self._events: list[SessionEvent] = []

    @property
    def free_window(self) -> int:
        """How many segments may be submitted now; 0 when not bound to submit."""
        return self._connection.free_window

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came."""
        self._connection.receive(data, now)
        self._translate()

    def submit(self, segment: Segment, now: float) -> None:
        """Queue one segment.

        A segment that the protocol cannot carry is answered at once as PERMANENT and takes no place in the window.
        Raises LocalProtocolError when not bound to submit or the window is full.
        """
        if self._connection.free_window == 0:
            raise LocalProtocolError("not bound to submit, or the window is full")
        try:
            self._send(segment, now)
        except CaiyouError as error:
            self._events.append(SubmitAnswered(segment, Outcome.PERMANENT, reason=str(error)))

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._connection.tick(now)
        self._translate()

    def close(self, now: float) -> None:
        """Take leave in order; `Closed` follows when the gateway answers or in 5 s."""
        self._connection.leave(now)
        self._translate()

    def connection_lost(self) -> None:
        """The socket is gone: every unanswered submit is uncertain now."""
        self._connection.connection_lost()
        self._translate()

    def data_to_send(self) -> bytes:
        """Bytes to write now, taken out of the session."""
        return self._connection.data_to_send()

    def events(self) -> list[SessionEvent]:
        """What happened since the last call, taken out of the session."""
        happened, self._events = self._events, []
        return happened

    @abc.abstractmethod
    def _send(self, segment: Segment, now: float) -> None:
        """Send the submit of a segment; raises CaiyouError when there is none."""

    @abc.abstractmethod
    def _take(self, event: E) -> None:
        """Something happened on the connection."""

    def _translate(self) -> None:
        for event in self._connection.events():
            if isinstance(event, PeerMisbehaved):
                self._events.append(Misbehaved(event.reason, event.frame))
            elif isinstance(event, Ended):
                self._events.append(Closed(event.reason))
            else:
                self._take(event)
