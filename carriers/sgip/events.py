"""What an SGIP connection tells the code around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carriers.sgip.pdu import Bind, Pdu


@dataclass(frozen=True, slots=True)
class LoginRequested:
    """Server: a BIND of a type we serve came; answer with `accept_login` or `refuse_login`."""

    bind: Bind


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Client: the server let us in."""


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """Client: the server did not; `Ended` follows."""

    result: int


@dataclass(frozen=True, slots=True)
class RequestReceived:
    """Server: the client asks something; it waits for `respond(sequence, …)`."""

    sequence: bytes
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """Client: the answer to a request of ours."""

    sequence: bytes
    request: Pdu
    response: Pdu
    tag: object  # what was given to send_request


@dataclass(frozen=True, slots=True)
class RequestExpired:
    """Client: no answer to a request of ours will come; nobody knows whether the server acted on it."""

    sequence: bytes
    request: Pdu
    tag: object
    reason: str


@dataclass(frozen=True, slots=True)
class PeerMisbehaved:
    """Something wrong came and was answered or skipped."""

    reason: str
    frame: bytes = field(default=b"", repr=False)  # at most its first 256 octets


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is over; write what is left, then close it."""

    reason: str


Event = (
    LoginRequested
    | LoggedIn
    | LoginFailed
    | RequestReceived
    | ResponseReceived
    | RequestExpired
    | PeerMisbehaved
    | Ended
)
