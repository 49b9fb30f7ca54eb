"""The contract between the link shell and a protocol: bytes in, neutral events out, no socket and no clock.

A `CarrierSession` is our side of one connection to a carrier. Every protocol folder has one in `carrier.py`,
built on that folder's `protocol.py` (which knows both roles) and `pdu.py`. `now` is monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gateway.core.messages import DeliveryReport, IncomingSms, Outcome, Segment
from mms.incoming import IncomingMms, ReadReport


@dataclass(frozen=True, slots=True)
class Bound:
    """The carrier let us in; segments may be submitted."""

    peer: str = ""  # what the carrier calls itself
    version: str = ""


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """The carrier refused the login; `permanent` means that trying again soon cannot help."""

    code: int
    reason: str
    permanent: bool


class SubmitAnswered(NamedTuple):
    """The carrier answered a submit, or the session knows that no answer will come (outcome UNCERTAIN)."""

    segment: Segment
    outcome: Outcome
    carrier_ids: tuple[str, ...] = ()  # every form under which a report may name it; the first is the one to show
    code: int = 0
    reason: str = ""


class SmsArrived(NamedTuple):
    """A phone wrote to us. The carrier waits for `acknowledge(receipt, …)`."""

    sms: IncomingSms
    receipt: object


class ReportArrived(NamedTuple):
    """A delivery report came. The carrier waits for `acknowledge(receipt, …)`."""

    report: DeliveryReport
    receipt: object


class MmsArrived(NamedTuple):
    """A phone sent us an MMS. The carrier waits for `acknowledge(receipt, …)`."""

    mms: IncomingMms
    receipt: object


class ReadArrived(NamedTuple):
    """An MMS of ours was read, or deleted unread. The carrier waits for `acknowledge(receipt, …)`."""

    report: ReadReport
    receipt: object


@dataclass(frozen=True, slots=True)
class Misbehaved:
    """The peer sent something wrong that was answered or skipped; worth a line in the journal."""

    reason: str
    pdu: bytes = field(default=b"", repr=False)  # at most the first 256 octets


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over; the shell must close the socket after writing `data_to_send()`."""

    reason: str


SessionEvent = (
    Bound | LoginRefused | SubmitAnswered | SmsArrived | ReportArrived | MmsArrived | ReadArrived | Misbehaved | Closed
)


class CarrierSession(Protocol):
    """Our side of one connection to a carrier."""

    def start(self, now: float) -> None:
        """Queue the login; the TCP (or TLS) connection stands."""

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came. Never raises: hostile bytes become `Misbehaved` or `Closed` events."""

    def submit(self, segment: Segment, now: float) -> None:
        """Queue one segment. Raises LocalProtocolError when not bound or the window is full."""

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a delivery after it is on disk; `accepted=False` asks the carrier to send it again later.

        Does nothing once the session is closed.
        """

    def tick(self, now: float) -> None:
        """Let time pass: heartbeats, time-outs, resends. Call at least once a second."""

    def close(self, now: float) -> None:
        """Take leave in order (unbind, terminate); `Closed` follows when the peer answers or in 5 s."""

    def connection_lost(self) -> None:
        """The socket is gone: every unanswered submit becomes `SubmitAnswered(… UNCERTAIN)`."""

    def data_to_send(self) -> bytes:
        """Bytes to write now, taken out of the session."""

    def events(self) -> list[SessionEvent]:
        """What happened since the last call, taken out of the session."""

    @property
    def free_window(self) -> int:
        """How many segments may be submitted now; 0 when not bound."""
