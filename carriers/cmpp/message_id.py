"""Msg_Id: the 64 bits by which a gateway names a message, unsigned and without a year.

4 bits month, 5 day, 5 hour, 6 minute, 6 second, 22 gateway code, 16 sequence; from August on the top bit is
set (CMPP 2.0/3.0, SUBMIT_RESP).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from datetime import datetime

_LIMITS = (("month", 15), ("day", 31), ("hour", 31), ("minute", 63), ("second", 63))


@dataclass(frozen=True, slots=True)
class MessageId:
    """The parts of a Msg_Id; a decoded one may hold any bits, so month 13 or hour 31 are possible."""

    month: int
    day: int
    hour: int
    minute: int
    second: int
    gateway: int  # 22 bits: 079101 is 79101
    sequence: int  # 16 bits

    @classmethod
    def unpack(cls, value: int) -> MessageId:
        """The parts of the 64-bit number."""
        return cls(
            month=value >> 60 & 0xF,
            day=value >> 55 & 0x1F,
            hour=value >> 50 & 0x1F,
            minute=value >> 44 & 0x3F,
            second=value >> 38 & 0x3F,
            gateway=value >> 16 & 0x3FFFFF,
            sequence=value & 0xFFFF,
        )

    def pack(self) -> int:
        """The 64-bit number, 0 to 2**64 - 1; raises LocalProtocolError when a part is beyond its bits."""
        for name, most in (*_LIMITS, ("gateway", 0x3FFFFF), ("sequence", 0xFFFF)):
            if not 0 <= getattr(self, name) <= most:
                raise LocalProtocolError(f"{name} of a Msg_Id must be 0 to {most}")
        return (
            self.month << 60
            | self.day << 55
            | self.hour << 50
            | self.minute << 44
            | self.second << 38
            | self.gateway << 16
            | self.sequence
        )

    def __str__(self) -> str:
        return (
            f"month {self.month} day {self.day} {self.hour:02}:{self.minute:02}:{self.second:02}"
            f" gateway {self.gateway} seq {self.sequence}"
        )


def hex_form(value: int) -> str:
    """The one form under which the hub keeps a Msg_Id: 16 hexadecimal digits, small letters."""
    return f"{value:016x}"


def readable(value: int) -> str:
    """Both forms, for people."""
    return f"{value:016x} ({MessageId.unpack(value)})"


def group_ids(first: int, count: int) -> tuple[int, ...]:
    """The ids of a submit to several destinations, in their order.

    The answer carries the first; only the 16-bit sequence counts on and it wraps within its bits (CMPP 3.0,
    appendix 1).
    """
    base = first & ~0xFFFF
    return tuple(base | (first + index) & 0xFFFF for index in range(count))


class MessageIdSource:
    """Fresh Msg_Ids of one gateway.

    A second has room for 65536; when they are used up the ids of the next second are borrowed, for an id must
    not come twice while its report is awaited.
    """

    def __init__(self, gateway: int) -> None:
        self._gateway = gateway
        self._second: datetime | None = None
        self._sequence = 0

    def next(self, moment: datetime) -> int:
        """One more id; `moment` is the wall clock of the gateway."""
        moment = moment.replace(microsecond=0)
        if self._second is None or moment > self._second:
            self._second, self._sequence = moment, 0
        elif self._sequence > 0xFFFF:
            self._second, self._sequence = self._second + timedelta(seconds=1), 0
        at = self._second
        sequence = self._sequence
        self._sequence += 1
        return MessageId(at.month, at.day, at.hour, at.minute, at.second, self._gateway, sequence).pack()
