"""What an SMGP connection tells the code around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carriers.smgp.pdu import Login, LoginResp, Pdu


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


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """The answer to a request of ours."""

    request: Pdu
    response: Pdu
    tag: object  # what was given to send_request


@dataclass(frozen=True, slots=True)
class RequestExpired:
    """No answer to a request of ours will come; nobody knows whether the peer acted on it."""

    request: Pdu
    tag: object
    reason: str


@dataclass(frozen=True, slots=True)
class PeerMisbehaved:
    """Something wrong came and was answered or skipped; the connection goes on."""

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
