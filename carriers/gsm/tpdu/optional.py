"""What may end a report: TP-PI and the fields it announces (3GPP TS 23.040 9.2.3.27)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from carriers.gsm.tpdu.cursor import checked_octet
from carriers.gsm.tpdu.user_data import MOST_REPORT_OCTETS, UserData
from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from carriers.gsm.tpdu.cursor import Cursor

_PROTOCOL: Final = 0x01
_DCS: Final = 0x02
_USER_DATA: Final = 0x04
_RESERVED: Final = 0x78
_MORE: Final = 0x80


@dataclass(frozen=True, slots=True)
class Optional:
    """TP-PI and what follows it."""

    protocol: int | None = None  # TP-PID
    dcs: int | None = None  # TP-DCS; user data without it are in the default alphabet
    user_data: UserData | None = None  # TP-UDL, TP-UD
    reserved: int = 0  # bits 3 to 6 of TP-PI
    more_indicators: bytes = b""  # TP-PI goes on; nothing is defined for it yet
    rest: bytes = b""  # what a reserved bit announced: behind the user data, to be passed over

    def encode(self) -> bytes:
        """The octets; raises LocalProtocolError for a value that has no room or no announcement."""
        for place, octet in enumerate(self.more_indicators, 1):
            if bool(octet & _MORE) != (place < len(self.more_indicators)):
                raise LocalProtocolError("TP-PI does not end where its extension bits say")
        parts = [self.indicators()]
        if self.protocol is not None:
            parts.append(bytes((checked_octet(self.protocol, "TP-PID"),)))
        if self.dcs is not None:
            parts.append(bytes((checked_octet(self.dcs, "TP-DCS"),)))
        if self.user_data is not None:
            parts.append(self.user_data.encode(self.dcs or 0, MOST_REPORT_OCTETS))
        if self.rest and not _is_announced(self.reserved, self.more_indicators):
            raise LocalProtocolError("octets behind the user data that no bit of TP-PI announces")
        return b"".join((*parts, self.rest))

    def indicators(self) -> bytes:
        """TP-PI, which follows from what is there."""
        indicator = self.reserved & _RESERVED
        if self.protocol is not None:
            indicator |= _PROTOCOL
        if self.dcs is not None:
            indicator |= _DCS
        if self.user_data is not None:
            indicator |= _USER_DATA
        if self.more_indicators:
            indicator |= _MORE
        return bytes((indicator,)) + self.more_indicators

    @classmethod
    def read(cls, cursor: Cursor, *, has_header: bool) -> Self:
        """TP-PI and all behind it; raises MalformedPdu."""
        return cls.read_fields(cursor, cls.read_indicators(cursor), has_header=has_header)

    @staticmethod
    def read_indicators(cursor: Cursor) -> bytes:
        """The octets of TP-PI alone; raises MalformedPdu."""
        start, goes_on = cursor.at, True
        while goes_on:
            goes_on = bool(cursor.octet("TP-PI") & _MORE)
        return cursor.data[start : cursor.at]

    @classmethod
    def read_fields(cls, cursor: Cursor, indicators: bytes, *, has_header: bool) -> Self:
        """What these octets of TP-PI announce, to the end of the TPDU; raises MalformedPdu."""
        indicator, more_indicators = indicators[0], indicators[1:]
        protocol = cursor.octet("TP-PID") if indicator & _PROTOCOL else None
        dcs = cursor.octet("TP-DCS") if indicator & _DCS else None
        user_data = None
        if indicator & _USER_DATA:
            user_data = UserData.read(cursor, dcs or 0, has_header=has_header, most_octets=MOST_REPORT_OCTETS)
        reserved = indicator & _RESERVED
        rest = cursor.take(cursor.left, "TP-UD") if _is_announced(reserved, more_indicators) else b""
        cursor.end()
        return cls(protocol, dcs, user_data, reserved, more_indicators, rest)


NOTHING: Final = Optional()


def _is_announced(reserved: int, more_indicators: bytes) -> bool:
    return bool(reserved) or any(octet & ~_MORE for octet in more_indicators)
