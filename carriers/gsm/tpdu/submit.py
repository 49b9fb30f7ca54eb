"""SMS-SUBMIT: a short message on its way to the message centre (3GPP TS 23.040 9.2.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from carriers.gsm.tpdu import validity as validities
from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.cursor import Cursor, checked_octet
from carriers.gsm.tpdu.user_data import NO_DATA, UserData
from carriers.gsm.tpdu.validity import Validity
from gateway.core.errors import MalformedPdu

MTI: Final = 0x01
MTI_MASK: Final = 0x03
_REJECT_DUPLICATES: Final = 0x04
_STATUS_REPORT: Final = 0x20
_HEADER: Final = 0x40
_REPLY_PATH: Final = 0x80


@dataclass(frozen=True, slots=True)
class Submit:
    """One SMS-SUBMIT."""

    destination: Address  # TP-DA
    user_data: UserData = NO_DATA  # TP-UDHI, TP-UDL, TP-UD
    dcs: int = 0  # TP-DCS
    reference: int = 0  # TP-MR; a modem puts its own in and tells it in +CMGS
    protocol: int = 0  # TP-PID
    validity: Validity = None  # TP-VPF, TP-VP
    wants_report: bool = False  # TP-SRR
    rejects_duplicates: bool = False  # TP-RD
    reply_path: bool = False  # TP-RP

    def encode(self) -> bytes:
        """The TPDU; raises LocalProtocolError for a value that has no room."""
        first = MTI | validities.format_bits(self.validity)
        if self.rejects_duplicates:
            first |= _REJECT_DUPLICATES
        if self.wants_report:
            first |= _STATUS_REPORT
        if self.user_data.has_header:
            first |= _HEADER
        if self.reply_path:
            first |= _REPLY_PATH
        dcs = checked_octet(self.dcs, "TP-DCS")
        return b"".join((
            bytes((first, checked_octet(self.reference, "TP-MR"))),
            self.destination.encode(),
            bytes((checked_octet(self.protocol, "TP-PID"), dcs)),
            self.validity.encode() if self.validity is not None else b"",
            self.user_data.encode(dcs),
        ))  # fmt: skip

    @classmethod
    def decode(cls, data: bytes, at: int = 0) -> Self:
        """The SMS-SUBMIT from `at` to the end of the octets; raises MalformedPdu."""
        cursor = Cursor(data, at)
        first = cursor.octet("TP-MTI")
        if first & MTI_MASK != MTI:
            raise MalformedPdu(f"message type {first & MTI_MASK} is no SMS-SUBMIT", offset=at, field="TP-MTI")
        reference = cursor.octet("TP-MR")
        destination = Address.read(cursor, "TP-DA")
        protocol = cursor.octet("TP-PID")
        dcs = cursor.octet("TP-DCS")
        validity = validities.read(cursor, first)
        user_data = UserData.read(cursor, dcs, has_header=bool(first & _HEADER))
        cursor.end()
        return cls(
            destination,
            user_data,
            dcs,
            reference,
            protocol,
            validity,
            wants_report=bool(first & _STATUS_REPORT),
            rejects_duplicates=bool(first & _REJECT_DUPLICATES),
            reply_path=bool(first & _REPLY_PATH),
        )
