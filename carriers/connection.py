"""What every connection of CMPP, SGIP and SMGP does: cut frames, collect what is to be written and told, end.

`S` is what numbers its requests, `P` any of its PDUs, `E` what it tells besides.
"""

from __future__ import annotations

import abc
import enum
from typing import Generic, TypeVar

from carriers.connection_events import Ended, PeerMisbehaved
from carriers.framing import FrameSplitter
from gateway.core.errors import MalformedPdu

S = TypeVar("S")
P = TypeVar("P")
E = TypeVar("E")

_SHOWN_OCTETS = 256


class State(enum.Enum):
    """Where the connection stands."""

    NEW = "new"  # nothing said yet
    LOGIN = "login"  # the login is sent or received, and not answered
    OPEN = "open"
    LEAVING = "leaving"  # our word of leave is out
    CLOSED = "closed"


class Connection(abc.ABC, Generic[S, P, E]):
    """One connection without socket and clock. `now` is monotonic seconds.

    Bytes that came go into `receive`, bytes to write come out of `data_to_send`, and what happened out of `events`.
    Hostile bytes never raise; wrong calls raise LocalProtocolError.
    """

    def __init__(self, frames: FrameSplitter) -> None:
        self.state = State.NEW
        self._frames = frames
        self._output: list[bytes] = []
        self._events: list[E | PeerMisbehaved | Ended] = []
        self._deadline: float | None = None  # of the login or of the leave

    @property
    def is_closed(self) -> bool:
        """Is the connection over?"""
        return self.state is State.CLOSED

    def data_to_send(self) -> bytes:
        """The bytes to write now, taken out."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def events(self) -> list[E | PeerMisbehaved | Ended]:
        """What happened since the last call, taken out."""
        events, self._events = self._events, []
        return events

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came; never raises. A frame of impossible length ends the connection."""
        if self.is_closed or not data:
            return
        self._heard(now)
        self._frames.feed(data)
        try:
            for frame in self._frames:
                self._take(frame, now)
                if self.is_closed:
                    return
        except MalformedPdu as error:
            self._misbehaved(str(error), data)
            self._end(f"the stream is lost: {error}")

    def connection_lost(self, reason: str = "connection lost") -> None:
        """The socket is gone: every request without an answer is given up."""
        self._end(reason)

    @abc.abstractmethod
    def tick(self, now: float) -> None:
        """Let time pass."""

    @abc.abstractmethod
    def _heard(self, now: float) -> None:
        """Octets came, whatever they are."""

    @abc.abstractmethod
    def _encode(self, pdu: P, sequence_id: S) -> bytes:
        """One whole frame, in the version of the connection."""

    @abc.abstractmethod
    def _decode(self, frame: bytes) -> tuple[S, P]:
        """What one whole frame holds; raises MalformedPdu, and nothing else."""

    @abc.abstractmethod
    def _take_pdu(self, sequence_id: S, pdu: P, frame: bytes, now: float) -> None: ...

    @abc.abstractmethod
    def _take_malformed(self, frame: bytes, error: MalformedPdu) -> None:
        """A frame whose borders are right and whose inside is not: the stream can be trusted further."""

    @abc.abstractmethod
    def _let_go(self, reason: str) -> None:
        """The connection ends: nothing more is owed or awaited."""

    def _take(self, frame: bytes, now: float) -> None:
        try:
            sequence_id, pdu = self._decode(frame)
        except MalformedPdu as error:
            self._misbehaved(str(error), frame)
            self._take_malformed(frame, error)
        else:
            self._take_pdu(sequence_id, pdu, frame, now)

    def _send(self, pdu: P, sequence_id: S) -> None:
        self._output.append(self._encode(pdu, sequence_id))

    def _misbehaved(self, reason: str, frame: bytes) -> None:
        self._events.append(PeerMisbehaved(reason, bytes(frame[:_SHOWN_OCTETS])))

    def _end(self, reason: str) -> None:
        if self.is_closed:
            return
        self.state = State.CLOSED
        self._let_go(reason)
        self._events.append(Ended(reason))
