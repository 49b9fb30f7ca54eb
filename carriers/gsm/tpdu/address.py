"""Addresses: of phones (TP-OA, TP-DA, TP-RA) and of message centres.

3GPP TS 23.040 9.1.2.5: an octet that counts the useful semi-octets, the type-of-address, the semi-octets. The
address of the message centre in front of a TPDU (3GPP TS 24.011 8.2.5.1) counts octets instead, the type included.
Both are kept as they came and read on demand, so that nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from carriers.gsm.tpdu import semi_octets, septets
from gateway.core import text as texts
from gateway.core.errors import LocalProtocolError, MalformedPdu, NotEncodable
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.gsm.tpdu.cursor import Cursor

INTERNATIONAL: Final = 0x91  # number of ISDN plan with its country code
NATIONAL: Final = 0xA1
UNKNOWN: Final = 0x81
ALPHANUMERIC: Final = 0xD0

MAX_DIGITS: Final = 20  # 10 octets of address (9.1.2.5)
MAX_LETTERS: Final = 11  # septets in 10 octets
_MAX_SMSC_OCTETS: Final = 11  # type and 10 octets of digits

_TON_MASK: Final = 0x70
_TON_INTERNATIONAL: Final = 0x10
_TON_ALPHANUMERIC: Final = 0x50


@dataclass(frozen=True, slots=True)
class Address:
    """One address as it is on the air."""

    type_of_address: int  # 1, type of number (3 bits), numbering plan (4 bits)
    length: int  # useful semi-octets
    octets: bytes

    @classmethod
    def of(cls, text: str, *, bare_type: int = UNKNOWN) -> Self:
        """The address that reads as the text: "+" and digits, digits (of `bare_type`), or a name.

        Digits are 0-9, *, #, a, b, c; without "+" the letters cannot come first, for "abc" is a name. Raises
        NotEncodable for more than 20 digits, a name of more than 11 septets or outside the GSM 7-bit alphabet.
        """
        digits = text.removeprefix("+")
        if digits and semi_octets.are_digits(digits) and (text[0] == "+" or text[0] not in "abc"):
            if len(digits) > MAX_DIGITS:
                raise NotEncodable(f"A number has at most {MAX_DIGITS} digits, {text!r} has {len(digits)}.")
            kind = bare_type if len(digits) == len(text) else INTERNATIONAL
            return cls(kind, len(digits), semi_octets.octets_of(digits))
        letters = texts.encode(text, Alphabet.GSM7)
        if len(letters) > MAX_LETTERS:
            raise NotEncodable(f"A name as address has at most {MAX_LETTERS} septets, {text!r} has {len(letters)}.")
        return cls(ALPHANUMERIC, (len(letters) * 7 + 3) // 4, septets.pack(letters))

    @property
    def is_name(self) -> bool:
        """Is it text instead of a number?"""
        return self.type_of_address & _TON_MASK == _TON_ALPHANUMERIC

    @property
    def text(self) -> str:
        """The name, or the digits, with "+" when they are international."""
        if self.is_name:
            # 4 bits a semi-octet: a count that is no multiple of 7 bits has filling, never one more letter.
            letters = septets.unpack(self.octets, self.length * 4 // 7)
            return texts.decode(letters, Alphabet.GSM7)
        digits = semi_octets.digits_of(self.octets, self.length)
        return "+" + digits if digits and self.type_of_address & _TON_MASK == _TON_INTERNATIONAL else digits

    def encode(self) -> bytes:
        """The whole field; raises LocalProtocolError for one that has no place on the air."""
        if not 0 <= self.length <= MAX_DIGITS or len(self.octets) != (self.length + 1) // 2:
            raise LocalProtocolError(f"{len(self.octets)} octets are no address of {self.length} semi-octets")
        if not 0 <= self.type_of_address <= 0xFF:
            raise LocalProtocolError(f"type-of-address {self.type_of_address} does not fit into an octet")
        return bytes((self.length, self.type_of_address)) + self.octets

    @classmethod
    def read(cls, cursor: Cursor, field: str) -> Self:
        """The address that comes next; raises MalformedPdu for more than 20 semi-octets."""
        at = cursor.at
        length = cursor.octet(field)
        if length > MAX_DIGITS:
            raise MalformedPdu(f"an address has at most {MAX_DIGITS} semi-octets, not {length}", offset=at, field=field)
        return cls(cursor.octet(field), length, cursor.take((length + 1) // 2, field))


@dataclass(frozen=True, slots=True)
class Smsc:
    """The message centre in front of a TPDU; without octets the modem uses the one it knows."""

    octets: bytes = b""  # type-of-address and digits

    @classmethod
    def of(cls, number: str) -> Self:
        """The message centre of a number, "" for the modem's own; raises NotEncodable."""
        if not number:
            return cls()
        digits = number.removeprefix("+")
        if not 0 < len(digits) <= MAX_DIGITS:
            raise NotEncodable(f"{number!r} is no number of a message centre: 1 to {MAX_DIGITS} digits.")
        kind = UNKNOWN if len(digits) == len(number) else INTERNATIONAL
        return cls(bytes((kind,)) + semi_octets.octets_of(digits))

    @property
    def text(self) -> str:
        """The number, with "+" when it is international; "" for the modem's own."""
        digits = semi_octets.digits_of(self.octets[1:], MAX_DIGITS)
        return "+" + digits if digits and self.octets[0] & _TON_MASK == _TON_INTERNATIONAL else digits

    def encode(self) -> bytes:
        """The field with its length; raises LocalProtocolError beyond 11 octets."""
        if len(self.octets) > _MAX_SMSC_OCTETS:
            raise LocalProtocolError(f"the address of a message centre has at most {_MAX_SMSC_OCTETS} octets")
        return bytes((len(self.octets),)) + self.octets

    @classmethod
    def read(cls, data: bytes) -> tuple[Self, int]:
        """The message centre at the beginning of the octets, and where the TPDU starts; raises MalformedPdu."""
        if not data:
            raise MalformedPdu("there is nothing", field="SMSC")
        end = data[0] + 1
        if end > _MAX_SMSC_OCTETS + 1 or end > len(data):
            raise MalformedPdu(f"{data[0]} octets are no address of a message centre", field="SMSC")
        return cls(data[1:end]), end


MODEMS_OWN: Final = Smsc()
