"""What passes through the operator: messages taken from accounts, and deliveries to them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.simulator.config import Account
    from carriers.simulator.handsets import ReceivedSegment, Text
    from carriers.user_data import Ports
    from gateway.core.messages import Concat
    from gateway.core.text import Alphabet


class Wants(enum.IntEnum):
    """When a submit wants its report (SMPP registered_delivery; CMPP knows the first two)."""

    NEVER = 0
    ALWAYS = 1
    ON_FAILURE = 2
    ON_SUCCESS = 3


@dataclass(slots=True, eq=False)
class Submission:
    """One message to one phone, as a line read it."""

    sender: str
    recipient: str  # as the account wrote it
    data: bytes  # behind the header
    alphabet: Alphabet
    concat: Concat | None
    wants: int
    carrier_id: str  # as the answer names it
    report_id: Any  # as the report names it: text for SMPP, a number for CMPP
    address: tuple[Any, ...]  # what the line needs for the report
    ports: Ports | None = None  # of a data SMS


@dataclass(slots=True, eq=False)
class Message:
    """A submission that was taken."""

    submission: Submission
    account: str
    number: str  # of the handset
    submitted: datetime
    line: Line | None  # it came on; None once that is gone
    word: str = "ENROUTE"
    done: datetime | None = None
    segment: ReceivedSegment | None = None


@dataclass(slots=True, eq=False)
class Report:
    """What became of a message, on its way to the account."""

    message: Message
    account: str
    sends: int = 0
    msg_id: int = 0  # SGIP: given when it is first sent, the same when it is sent again


@dataclass(slots=True, eq=False)
class Written:
    """One segment that a phone wrote, on its way to the account."""

    account: str
    number: str  # of the handset
    to: str
    data: bytes
    alphabet: Alphabet
    concat: Concat | None
    text: Text
    sends: int = 0
    msg_id: int = 0  # CMPP and SGIP: given when it is first sent, the same when it is sent again


Delivery = Report | Written


@dataclass(frozen=True, slots=True)
class Fact:
    """Something happened; `values` are JSON-serialisable."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


class Line(Protocol):
    """One connection, as the operator sees it."""

    account: Account | None
    name: str

    @property
    def room(self) -> int:
        """How many deliveries may be sent now; 0 when the line does not receive."""

    def deliver(self, delivery: Delivery, now: float) -> None:
        """Queue the delivery; its fate comes as `Operator.acknowledged`, `refused` or `lost`."""

    def drop(self) -> None:
        """Break the connection without a word."""
