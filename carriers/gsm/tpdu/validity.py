"""How long a message centre keeps trying: TP-VP (3GPP TS 23.040 9.2.3.12) in its three forms."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from carriers.gsm.tpdu.cursor import checked_octet
from carriers.gsm.tpdu.semi_octets import SWAP
from carriers.gsm.tpdu.timestamp import Timestamp
from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from carriers.gsm.tpdu.cursor import Cursor

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_WEEK_S: Final = 604_800

# Values of TP-VP-Format, where they stand in the first octet of an SMS-SUBMIT.
_NONE: Final = 0x00
_ENHANCED: Final = 0x08
_RELATIVE: Final = 0x10
_ABSOLUTE: Final = 0x18
FORMAT_MASK: Final = 0x18


def _seconds(octet: int) -> int:
    if octet <= 143:
        return (octet + 1) * 5 * _MINUTE_S
    if octet <= 167:
        return 12 * _HOUR_S + (octet - 143) * 30 * _MINUTE_S
    if octet <= 196:
        return (octet - 166) * _DAY_S
    return (octet - 192) * _WEEK_S


_SECONDS: Final = tuple(map(_seconds, range(256)))


@dataclass(frozen=True, slots=True)
class Relative:
    """From five minutes to 63 weeks after the message centre has it."""

    octet: int

    @classmethod
    def of(cls, seconds: int) -> Self:
        """The shortest that is not below so many seconds; the longest beyond it."""
        return cls(min(bisect_left(_SECONDS, seconds), 255))

    @property
    def seconds(self) -> int:
        """Seconds."""
        return _SECONDS[self.octet]

    def encode(self) -> bytes:
        """One octet; raises LocalProtocolError."""
        return bytes((checked_octet(self.octet, "TP-VP"),))


@dataclass(frozen=True, slots=True)
class Enhanced:
    """To the second, or with one attempt only (9.2.3.12.3)."""

    octets: bytes  # functionality indicator, then six whose meaning it says

    @classmethod
    def of(cls, seconds: int, *, single_shot: bool = False) -> Self:
        """So many seconds, 1 to 359 999; raises LocalProtocolError for others."""
        if not 1 <= seconds < 100 * _HOUR_S:
            raise LocalProtocolError(f"{seconds} s are no enhanced validity: 1 s to 99:59:59 h")
        shot = 0x40 if single_shot else 0
        if seconds <= 255:
            value = bytes((shot | 2, seconds))
        else:
            hours, rest = divmod(seconds, _HOUR_S)
            clock = bytes.fromhex(f"{hours:02}{rest // 60:02}{rest % 60:02}").translate(SWAP)
            value = bytes((shot | 3,)) + clock
        return cls(value.ljust(7, b"\0"))

    @property
    def single_shot(self) -> bool:
        """Does the message centre try only once?"""
        return bool(self.octets[0] & 0x40)

    @property
    def seconds(self) -> int | None:
        """Seconds; None where none are given, or in a form that is reserved."""
        kind, first = self.octets[0], self.octets[1]
        if kind & 0x80:  # the indicator goes on in the next octet, for which nothing is defined
            return None
        match kind & 0x07:
            case 1:
                return _SECONDS[first]
            case 2:
                return first
            case 3:
                clock = self.octets[1:4].translate(SWAP).hex()
                if clock.isdecimal():
                    return int(clock[:2]) * _HOUR_S + int(clock[2:4]) * _MINUTE_S + int(clock[4:])
        return None

    def encode(self) -> bytes:
        """Seven octets; raises LocalProtocolError when there are others."""
        if len(self.octets) != 7:
            raise LocalProtocolError(f"an enhanced validity has 7 octets, not {len(self.octets)}")
        return self.octets


#: A `Timestamp` is the absolute form; None leaves it to the message centre.
Validity = Relative | Timestamp | Enhanced | None


def format_bits(validity: Validity) -> int:
    """TP-VPF as it stands in the first octet."""
    match validity:
        case None:
            return _NONE
        case Relative():
            return _RELATIVE
        case Enhanced():
            return _ENHANCED
        case Timestamp():
            return _ABSOLUTE


def read(cursor: Cursor, first_octet: int) -> Validity:
    """The validity that comes next in the form the first octet names; raises MalformedPdu."""
    match first_octet & FORMAT_MASK:
        case 0x10:
            return Relative(cursor.octet("TP-VP"))
        case 0x18:
            return Timestamp.read(cursor, "TP-VP")
        case 0x08:
            return Enhanced(cursor.take(7, "TP-VP"))
    return None
