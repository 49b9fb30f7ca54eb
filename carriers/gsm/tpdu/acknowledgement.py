"""SMS-SUBMIT-REPORT and SMS-DELIVER-REPORT: yes or no to a short message (3GPP TS 23.040 9.2.2.1a, 9.2.2.2a).

Whether it is a yes or a no is said outside, by RP-ACK and RP-ERROR; only a no has TP-FCS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from carriers.gsm.tpdu.cursor import Cursor, checked_octet
from carriers.gsm.tpdu.optional import NOTHING, Optional
from carriers.gsm.tpdu.timestamp import Timestamp
from gateway.core.errors import MalformedPdu

_MTI_MASK: Final = 0x03
_DELIVER_REPORT: Final = 0x00
_SUBMIT_REPORT: Final = 0x01
_HEADER: Final = 0x40


@dataclass(frozen=True, slots=True)
class SubmitReport:
    """The message centre's word on an SMS-SUBMIT; a modem may give it behind +CMGS."""

    sent_at: Timestamp  # TP-SCTS
    optional: Optional = NOTHING  # TP-PI and what it announces
    failure: int | None = None  # TP-FCS, with RP-ERROR
    spare: int = 0  # bits of the first octet that mean nothing here, as they came

    def encode(self) -> bytes:
        """The TPDU; raises LocalProtocolError for a value that has no room."""
        head = _head(_SUBMIT_REPORT, self.failure, self.optional, self.spare)
        # TP-SCTS stands between TP-PI and what TP-PI announces.
        tail = self.optional.encode()
        indicators = len(self.optional.indicators())
        return head + tail[:indicators] + self.sent_at.encode() + tail[indicators:]

    @classmethod
    def decode(cls, data: bytes, at: int = 0, *, failed: bool = False) -> Self:
        """The SMS-SUBMIT-REPORT from `at` on, of an RP-ERROR when `failed`; raises MalformedPdu."""
        cursor = Cursor(data, at)
        first = _first(cursor, _SUBMIT_REPORT, "SMS-SUBMIT-REPORT")
        failure = cursor.octet("TP-FCS") if failed else None
        indicators = Optional.read_indicators(cursor)
        sent_at = Timestamp.read(cursor, "TP-SCTS")
        optional = Optional.read_fields(cursor, indicators, has_header=bool(first & _HEADER))
        return cls(sent_at, optional, failure, first & _spare_mask(optional))


@dataclass(frozen=True, slots=True)
class DeliverReport:
    """The phone's word on an SMS-DELIVER; given to a modem with +CNMA."""

    optional: Optional = NOTHING  # TP-PI and what it announces
    failure: int | None = None  # TP-FCS, with RP-ERROR
    spare: int = 0  # bits of the first octet that mean nothing here, as they came

    def encode(self) -> bytes:
        """The TPDU; raises LocalProtocolError for a value that has no room."""
        return _head(_DELIVER_REPORT, self.failure, self.optional, self.spare) + self.optional.encode()

    @classmethod
    def decode(cls, data: bytes, at: int = 0, *, failed: bool = False) -> Self:
        """The SMS-DELIVER-REPORT from `at` on, of an RP-ERROR when `failed`; raises MalformedPdu."""
        cursor = Cursor(data, at)
        first = _first(cursor, _DELIVER_REPORT, "SMS-DELIVER-REPORT")
        failure = cursor.octet("TP-FCS") if failed else None
        optional = Optional.read(cursor, has_header=bool(first & _HEADER))
        return cls(optional, failure, first & _spare_mask(optional))


def _first(cursor: Cursor, kind: int, name: str) -> int:
    at = cursor.at
    first = cursor.octet("TP-MTI")
    if first & _MTI_MASK != kind:
        raise MalformedPdu(f"message type {first & _MTI_MASK} is no {name}", offset=at, field="TP-MTI")
    return first


def _head(kind: int, failure: int | None, optional: Optional, spare: int) -> bytes:
    first = kind | spare & _spare_mask(optional)
    if optional.user_data is not None and optional.user_data.has_header:
        first |= _HEADER
    return bytes((first,)) if failure is None else bytes((first, checked_octet(failure, "TP-FCS")))


def _spare_mask(optional: Optional) -> int:
    unused = ~(_MTI_MASK | _HEADER) & 0xFF
    return unused if optional.user_data is not None else unused | _HEADER
