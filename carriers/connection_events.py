"""What a connection of CMPP, SGIP or SMGP tells the code around it, apart from its login and what the peer asks.

`P` is any PDU of the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class ResponseReceived(Generic[P]):
    """The answer to a request of ours."""

    request: P
    response: P
    tag: object  # what was given to send_request


@dataclass(frozen=True, slots=True)
class RequestExpired(Generic[P]):
    """No answer to a request of ours will come; nobody knows whether the peer acted on it."""

    request: P
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
