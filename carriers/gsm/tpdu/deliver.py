"""SMS-DELIVER: a short message that came from the message centre (3GPP TS 23.040 9.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.cursor import Cursor, checked_octet
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import NO_DATA, UserData
from gateway.core.errors import LocalProtocolError, MalformedPdu

MTI: Final = 0x00
#: A reserved message type, to be taken for an SMS-DELIVER by whoever receives it (9.2.3.1).
MTI_RESERVED: Final = 0x03
MTI_MASK: Final = 0x03
_NO_MORE: Final = 0x04
_LOOP_PREVENTION: Final = 0x08
_UNUSED: Final = 0x10
_STATUS_REPORT: Final = 0x20
_HEADER: Final = 0x40
_REPLY_PATH: Final = 0x80

_SILENT: Final = 0x40  # TP-PID "short message type 0": to be acknowledged and thrown away (9.2.3.9)


@dataclass(frozen=True, slots=True)
class Deliver:
    """One SMS-DELIVER."""

    origin: Address  # TP-OA
    sent_at: Timestamp  # TP-SCTS
    user_data: UserData = NO_DATA  # TP-UDHI, TP-UDL, TP-UD
    dcs: int = 0  # TP-DCS
    protocol: int = 0  # TP-PID
    more_waiting: bool = False  # TP-MMS, which on the air says the opposite
    loop_prevention: bool = False  # TP-LP
    reports_back: bool = False  # TP-SRI
    reply_path: bool = False  # TP-RP
    spare: int = 0  # bits of the first octet that mean nothing, as they came

    @property
    def is_silent(self) -> bool:
        """Is it of the kind that no owner of a phone may see?"""
        return self.protocol == _SILENT

    def encode(self) -> bytes:
        """The TPDU; raises LocalProtocolError for a value that has no room."""
        first = self.spare & (_UNUSED | MTI_MASK)
        if first & MTI_MASK not in (MTI, MTI_RESERVED):
            raise LocalProtocolError(f"message type {first & MTI_MASK} is no SMS-DELIVER")
        if not self.more_waiting:
            first |= _NO_MORE
        if self.loop_prevention:
            first |= _LOOP_PREVENTION
        if self.reports_back:
            first |= _STATUS_REPORT
        if self.user_data.has_header:
            first |= _HEADER
        if self.reply_path:
            first |= _REPLY_PATH
        dcs = checked_octet(self.dcs, "TP-DCS")
        return b"".join((
            bytes((first,)),
            self.origin.encode(),
            bytes((checked_octet(self.protocol, "TP-PID"), dcs)),
            self.sent_at.encode(),
            self.user_data.encode(dcs),
        ))  # fmt: skip

    @classmethod
    def decode(cls, data: bytes, at: int = 0) -> Self:
        """The SMS-DELIVER from `at` to the end of the octets; raises MalformedPdu."""
        cursor = Cursor(data, at)
        first = cursor.octet("TP-MTI")
        if first & MTI_MASK not in (MTI, MTI_RESERVED):
            raise MalformedPdu(f"message type {first & MTI_MASK} is no SMS-DELIVER", offset=at, field="TP-MTI")
        origin = Address.read(cursor, "TP-OA")
        protocol = cursor.octet("TP-PID")
        dcs = cursor.octet("TP-DCS")
        sent_at = Timestamp.read(cursor, "TP-SCTS")
        user_data = UserData.read(cursor, dcs, has_header=bool(first & _HEADER))
        cursor.end()
        return cls(
            origin,
            sent_at,
            user_data,
            dcs,
            protocol,
            more_waiting=not first & _NO_MORE,
            loop_prevention=bool(first & _LOOP_PREVENTION),
            reports_back=bool(first & _STATUS_REPORT),
            reply_path=bool(first & _REPLY_PATH),
            spare=first & (_UNUSED | MTI_MASK),
        )
