"""What an SMGP connection tells the code around it."""

from __future__ import annotations

from dataclasses import dataclass

from carriers.connection_events import Ended, PeerMisbehaved, RequestExpired, ResponseReceived
from carriers.smgp.pdu import Login, LoginResp, Pdu

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
    """Gateway side: a Login came; answer with `accept_login` or `refuse_login`."""

    login: Login


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Service provider side: the gateway let us in."""

    answer: LoginResp
    is_genuine: bool  # the gateway proved that it knows the secret; many do not care to


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """Service provider side: the gateway did not; `Ended` follows."""

    status: int
    highest_version: int  # the octet the gateway named


@dataclass(frozen=True, slots=True)
class RequestReceived:
    """The peer asks something; it waits for `respond(sequence_id, …)`."""

    sequence_id: int
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
