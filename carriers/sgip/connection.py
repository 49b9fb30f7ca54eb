"""What both sides of an SGIP connection do: cut frames, collect what is to be written and told, end."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from carriers.framing import FrameSplitter
from carriers.sgip.codec import decode, encode
from carriers.sgip.events import Ended, Event, PeerMisbehaved
from carriers.sgip.pdu import HEADER_OCTETS, MAX_OCTETS, RESPONSE, Pdu
from carriers.sgip.rules import State
from gateway.core.errors import MalformedPdu

if TYPE_CHECKING:
    from carriers.sgip.rules import LoginType

_SHOWN_OCTETS = 256


class SgipConnection(abc.ABC):
    """One connection without socket and clock. `now` is monotonic seconds.

    Bytes that came go into `receive`, bytes to write come out of `data_to_send`, and what happened out of `events`.
    Hostile bytes never raise; wrong calls raise LocalProtocolError.
    """

    def __init__(self) -> None:
        self.state = State.NEW
        self.login_type: LoginType | None = None
        self._frames = FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS)
        self._output: list[bytes] = []
        self._events: list[Event] = []

    @property
    def is_closed(self) -> bool:
        """Is the connection over?"""
        return self.state is State.CLOSED

    def data_to_send(self) -> bytes:
        """The bytes to write now, taken out."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def events(self) -> list[Event]:
        """What happened since the last call, taken out."""
        events, self._events = self._events, []
        return events

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came; never raises. A frame of impossible length ends the connection."""
        if self.is_closed or not data:
            return
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
        """The socket is gone."""
        self._end(reason)

    @abc.abstractmethod
    def tick(self, now: float) -> None:
        """Let time pass."""

    @abc.abstractmethod
    def _take_pdu(self, sequence: bytes, pdu: Pdu, frame: bytes, now: float) -> None: ...

    @abc.abstractmethod
    def _take_malformed(self, frame: bytes, error: MalformedPdu) -> None:
        """A frame whose borders are right and whose inside is not."""

    @abc.abstractmethod
    def _let_go(self, reason: str) -> None:
        """The connection ends: nothing more is owed or awaited."""

    def _take(self, frame: bytes, now: float) -> None:
        try:
            sequence, pdu = decode(frame)
        except MalformedPdu as error:
            self._misbehaved(str(error), frame)
            self._take_malformed(frame, error)
        else:
            self._take_pdu(sequence, pdu, frame, now)

    def _send(self, pdu: Pdu, sequence: bytes) -> None:
        self._output.append(encode(pdu, sequence))

    def _misbehaved(self, reason: str, frame: bytes) -> None:
        self._events.append(PeerMisbehaved(reason, bytes(frame[:_SHOWN_OCTETS])))

    def _end(self, reason: str) -> None:
        if self.is_closed:
            return
        self.state = State.CLOSED
        self._let_go(reason)
        self._events.append(Ended(reason))


def is_response(frame: bytes) -> bool:
    """Does a whole frame answer something?"""
    return int.from_bytes(frame[4:8], "big") & RESPONSE != 0
