"""The sequence number of SGIP: 12 octets that name a command, and the message that a SUBMIT carries.

Three unsigned numbers of 4 octets: node, time (MMDDhhmmss read as a decimal number), counter (SGIP 1.2, message
header). What came from elsewhere is kept as the 12 octets it is: its time may be no time.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

OCTETS = 12
_PARTS = struct.Struct(">LLL")


def pack(node: int, time: int, counter: int) -> bytes:
    """The 12 octets; raises LocalProtocolError for a number beyond 32 bits."""
    try:
        return _PARTS.pack(node, time, counter)
    except struct.error as error:
        raise LocalProtocolError(f"no sequence number: {error}") from None


def parts(sequence: bytes) -> tuple[int, int, int]:
    """Node, time and counter of 12 octets."""
    node, time, counter = _PARTS.unpack(sequence)
    return node, time, counter


def hex_form(sequence: bytes) -> str:
    """The one form under which the hub keeps a sequence number: 24 hexadecimal digits, small letters."""
    return sequence.hex()


def readable(sequence: bytes) -> str:
    """For people: the three numbers, the time with its ten digits."""
    node, time, counter = parts(sequence)
    return f"{node} {time:010} {counter}"


class SequenceSource:
    """Fresh sequence numbers of one node.

    The counter never starts anew: the clock may be set back, and many commands share a second. `first` should differ
    between sources of one node (several links, a process started again), or two of them may give the same number in
    the same second. `wall_clock` gives the node's local time.
    """

    def __init__(self, node: int, wall_clock: Callable[[], datetime], first: int = 0) -> None:
        self._node = node
        self._wall_clock = wall_clock
        self._counter = first - 1

    def __call__(self) -> bytes:
        """One more."""
        self._counter = (self._counter + 1) & 0xFFFFFFFF
        at = self._wall_clock()
        time = ((((at.month * 100) + at.day) * 100 + at.hour) * 100 + at.minute) * 100 + at.second
        return _PARTS.pack(self._node, time, self._counter)
