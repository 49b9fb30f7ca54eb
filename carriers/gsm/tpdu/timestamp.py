"""Moments: TP-SCTS, TP-DT and the absolute TP-VP (3GPP TS 23.040 9.2.3.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, Self

from carriers.gsm.tpdu.semi_octets import SWAP
from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from carriers.gsm.tpdu.cursor import Cursor

OCTETS: Final = 7
_MINUS: Final = 0x80  # in the octet of the zone, its halves exchanged
_FIRST_YEAR: Final = 1970  # two digits from 70 on are of the last century


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Year, month, day, hour, minute, second, zone in quarter hours, two digits each, as they came.

    Message centres write moments that are none (all zero, month 13); they are kept and have no `moment`.
    """

    octets: bytes

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """An aware moment from 1970 to 2069, to the second and the quarter hour of its zone, at most 19:45."""
        offset = moment.utcoffset()
        if offset is None or not _FIRST_YEAR <= moment.year < _FIRST_YEAR + 100:
            raise LocalProtocolError(f"{moment} is no aware moment from 1970 to 2069")
        quarters = round(offset / timedelta(minutes=15))
        if abs(quarters) > 79:
            raise LocalProtocolError(f"{moment} is in no zone of at most 79 quarter hours")
        zone = int(str(abs(quarters)), 16) | (_MINUS if quarters < 0 else 0)
        return cls((bytes.fromhex(f"{moment:%y%m%d%H%M%S}") + bytes((zone,))).translate(SWAP))

    @property
    def moment(self) -> datetime | None:
        """The aware moment; None when the digits are none."""
        digits = self.octets.translate(SWAP)
        zone = digits[-1]
        text = digits[:-1].hex() + f"{zone & ~_MINUS:02x}"
        if len(text) != 2 * OCTETS or not text.isdecimal():
            return None
        year, month, day, hour, minute, second, quarters = (int(text[at : at + 2]) for at in range(0, 2 * OCTETS, 2))
        offset = timedelta(minutes=15 * (-quarters if zone & _MINUS else quarters))
        century = 1900 if year >= _FIRST_YEAR % 100 else 2000
        try:
            return datetime(century + year, month, day, hour, minute, second, tzinfo=timezone(offset))
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """The moment as ISO 8601, or the digits in hexadecimal."""
        moment = self.moment
        return self.octets.hex() if moment is None else moment.isoformat()

    def encode(self) -> bytes:
        """The 7 octets; raises LocalProtocolError when there are others."""
        if len(self.octets) != OCTETS:
            raise LocalProtocolError(f"a moment has {OCTETS} octets, not {len(self.octets)}")
        return self.octets

    @classmethod
    def read(cls, cursor: Cursor, field: str) -> Self:
        """The moment that comes next; raises MalformedPdu when octets are missing."""
        return cls(cursor.take(OCTETS, field))
