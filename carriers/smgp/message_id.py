"""MsgID: the ten octets by which a gateway names a message.

By the specification binary-coded decimal: three octets gateway (area code, 06, serial), four octets MMDDHHMM, three
octets sequence, 000000 to 999999 (SMGP 3.0.3, appendix B). Gateways send anything: to the hub they are ten octets
that may contain NUL, compared as octets.
"""

from __future__ import annotations

from dataclasses import dataclass

from carriers.smgp.pdu import MSG_ID_OCTETS
from gateway.core.errors import LocalProtocolError

_SEQUENCES = 1_000_000
_DIGITS = {"gateway": 6, "minute": 8, "sequence": 6}


@dataclass(frozen=True, slots=True)
class MessageId:
    """The parts of a MsgID as the specification has it, in decimal digits."""

    gateway: str  # six: area code with leading 0, 06, serial
    minute: str  # eight: MMDDHHMM
    sequence: str  # six

    @classmethod
    def unpack(cls, octets: bytes) -> MessageId | None:
        """The parts, or None when the octets are not decimal digits."""
        digits = octets.hex()
        if len(octets) != MSG_ID_OCTETS or not digits.isdecimal():
            return None
        return cls(digits[:6], digits[6:14], digits[14:])

    def pack(self) -> bytes:
        """The ten octets; raises LocalProtocolError for parts of another width, or that are no digits."""
        for name, width in _DIGITS.items():
            part = getattr(self, name)
            if len(part) != width or not (part.isascii() and part.isdecimal()):
                raise LocalProtocolError(f"{name} of a MsgID must be {width} digits")
        return bytes.fromhex(self.gateway + self.minute + self.sequence)

    def __str__(self) -> str:
        minute = self.minute
        return f"{minute[:2]}-{minute[2:4]} {minute[4:6]}:{minute[6:]} gateway {self.gateway} seq {self.sequence}"


def hex_form(octets: bytes) -> str:
    """The one form under which the hub keeps a MsgID: 20 hexadecimal digits, small letters."""
    return octets.hex()


def group_ids(first: bytes, count: int) -> tuple[bytes, ...]:
    """The ids of a submit to several destinations, in their order.

    The answer carries the first; only the decimal sequence counts on, and wraps from 999999 to 0 (SMGP 3.0.3,
    appendix B). Raises LocalProtocolError when the first of several is not decimal, for then there is no next.
    """
    if count == 1:
        return (first,)
    parts = MessageId.unpack(first)
    if parts is None:
        raise LocalProtocolError(f"no ids follow {hex_form(first)}")
    start = int(parts.sequence)
    return tuple(
        MessageId(parts.gateway, parts.minute, f"{(start + index) % _SEQUENCES:06}").pack() for index in range(count)
    )
