"""SMS-STATUS-REPORT: what became of a short message (3GPP TS 23.040 9.2.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.cursor import Cursor, checked_octet
from carriers.gsm.tpdu.optional import Optional
from carriers.gsm.tpdu.timestamp import Timestamp
from gateway.core.errors import MalformedPdu

MTI: Final = 0x02
MTI_MASK: Final = 0x03
_NO_MORE: Final = 0x04
_LOOP_PREVENTION: Final = 0x08
_UNUSED: Final = 0x90
_OF_COMMAND: Final = 0x20
_HEADER: Final = 0x40


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One SMS-STATUS-REPORT."""

    reference: int  # TP-MR: what +CMGS told
    recipient: Address  # TP-RA
    sent_at: Timestamp  # TP-SCTS
    discharged_at: Timestamp  # TP-DT: when it was delivered, or last tried
    status: int  # TP-ST
    optional: Optional | None = None  # TP-PI and what it announces
    more_waiting: bool = False  # TP-MMS, which on the air says the opposite
    loop_prevention: bool = False  # TP-LP
    of_command: bool = False  # TP-SRQ: about an SMS-COMMAND, not an SMS-SUBMIT
    spare: int = 0  # bits of the first octet that mean nothing here, as they came

    def encode(self) -> bytes:
        """The TPDU; raises LocalProtocolError for a value that has no room."""
        user_data = self.optional.user_data if self.optional is not None else None
        first = MTI | self.spare & (_UNUSED if user_data is not None else _UNUSED | _HEADER)
        if not self.more_waiting:
            first |= _NO_MORE
        if self.loop_prevention:
            first |= _LOOP_PREVENTION
        if self.of_command:
            first |= _OF_COMMAND
        if user_data is not None and user_data.has_header:
            first |= _HEADER
        return b"".join((
            bytes((first, checked_octet(self.reference, "TP-MR"))),
            self.recipient.encode(),
            self.sent_at.encode(),
            self.discharged_at.encode(),
            bytes((checked_octet(self.status, "TP-ST"),)),
            self.optional.encode() if self.optional is not None else b"",
        ))  # fmt: skip

    @classmethod
    def decode(cls, data: bytes, at: int = 0, *, forgiving: bool = False) -> Self:
        """The SMS-STATUS-REPORT from `at` to the end of the octets; raises MalformedPdu.

        With `forgiving` optional fields that cannot be read are left out: message centres end reports with octets
        of no meaning, and what became of the message stands in front of them.
        """
        cursor = Cursor(data, at)
        first = cursor.octet("TP-MTI")
        if first & MTI_MASK != MTI:
            raise MalformedPdu(f"message type {first & MTI_MASK} is no SMS-STATUS-REPORT", offset=at, field="TP-MTI")
        reference = cursor.octet("TP-MR")
        recipient = Address.read(cursor, "TP-RA")
        sent_at = Timestamp.read(cursor, "TP-SCTS")
        discharged_at = Timestamp.read(cursor, "TP-DT")
        status = cursor.octet("TP-ST")
        optional = None
        if cursor.left:
            try:
                optional = Optional.read(cursor, has_header=bool(first & _HEADER))
            except MalformedPdu:
                if not forgiving:
                    raise
        has_text = optional is not None and optional.user_data is not None
        return cls(
            reference,
            recipient,
            sent_at,
            discharged_at,
            status,
            optional,
            more_waiting=not first & _NO_MORE,
            loop_prevention=bool(first & _LOOP_PREVENTION),
            of_command=bool(first & _OF_COMMAND),
            spare=first & (_UNUSED if has_text else _UNUSED | _HEADER),
        )
