"""What an SGIP connection tells the code around it."""

from __future__ import annotations

from dataclasses import dataclass

from carriers.connection_events import Ended, PeerMisbehaved, RequestExpired, ResponseReceived
from carriers.sgip.pdu import Bind, Pdu

__all__ = [
    "Ended",
    "Event",
    "LoggedIn",
    "LoginFailed",
    "LoginRequested",
    "PeerMisbehaved",
    "RequestExpired",
    "RequestReceived",
    "ResponseReceived",
]


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
    """Server: the client asks something; it waits for `respond(sequence_id, …)`."""

    sequence_id: bytes
    pdu: Pdu


Event = (
    LoginRequested
    | LoggedIn
    | LoginFailed
    | RequestReceived
    | ResponseReceived[Pdu]
    | RequestExpired[Pdu]
    | PeerMisbehaved
    | Ended
)
