"""TP-UDL and TP-UD: the header and the text, packed as TP-DCS wants them (3GPP TS 23.040 9.2.3.16, 9.2.3.24)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from carriers.gsm.tpdu import header, national, septets
from carriers.gsm.tpdu.coding import coding_of
from carriers.gsm.tpdu.header import LOCKING_SHIFT, SINGLE_SHIFT, Element
from gateway.core import text as texts
from gateway.core.errors import LocalProtocolError, MalformedPdu, NotEncodable
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.gsm.tpdu.cursor import Cursor

#: Octets in SMS-SUBMIT and SMS-DELIVER; reports leave as many as their TPDU of 164 has room for.
MOST_OCTETS: Final = 140
MOST_REPORT_OCTETS: Final = 159


class Content(NamedTuple):
    """What user data say."""

    elements: tuple[Element, ...]
    alphabet: Alphabet  # BINARY for compressed text too
    text: str  # "" for BINARY
    data: bytes  # behind the header: septets one per octet, UTF-16-BE or octets


@dataclass(frozen=True, slots=True)
class UserData:
    """User data as they are on the air; `content` reads them."""

    length: int = 0  # TP-UDL: septets or octets, header included
    octets: bytes = b""
    has_header: bool = False  # TP-UDHI

    @classmethod
    def of_text(cls, text: str, alphabet: Alphabet, elements: Sequence[Element] = ()) -> Self:
        """The text as GSM7 or UCS2 behind the elements; of these, shift elements choose the national tables.

        Raises NotEncodable for a character that the alphabet lacks and for what does not fit into one message.
        """
        if alphabet is Alphabet.GSM7:
            locking = header.language_of(elements, LOCKING_SHIFT)
            single = header.language_of(elements, SINGLE_SHIFT)
            plain = not locking and not single
            letters = texts.encode(text, Alphabet.GSM7) if plain else national.encode(text, locking, single)
            return cls._of_septets(letters, header.write(elements))
        if alphabet is not Alphabet.UCS2:
            raise NotEncodable(f"Text goes over the air as gsm7 or ucs2, not as {alphabet.value}.")
        return cls.of_octets(texts.encode(text, Alphabet.UCS2), elements)

    @classmethod
    def of_octets(cls, data: bytes, elements: Sequence[Element] = ()) -> Self:
        """Octets behind the elements; raises NotEncodable for what does not fit into one message."""
        octets = header.write(elements) + data
        if len(octets) > MOST_OCTETS:
            raise NotEncodable(f"{len(octets)} octets do not fit into one message of {MOST_OCTETS}.")
        return cls(len(octets), octets, bool(elements))

    @classmethod
    def _of_septets(cls, letters: bytes, head: bytes) -> Self:
        # As many empty septets as the header begins: packed, they are room for it and for its fill bits.
        reserved = septets.septets_of(len(head))
        length = reserved + len(letters)
        if septets.octets_of(length) > MOST_OCTETS:
            raise NotEncodable(f"{length} septets do not fit into one message of {MOST_OCTETS} octets.")
        packed = septets.pack(bytes(reserved) + letters) if reserved else septets.pack(letters)
        return cls(length, head + packed[len(head) :], bool(head))

    def content(self, dcs: int) -> Content:
        """What the data say under this TP-DCS; never raises, what cannot be read is shown as U+FFFD.

        A header that claims more than there is is none: its octets are shown as text, which is better than losing it.
        """
        coding = coding_of(dcs)
        behind = 0
        elements: tuple[Element, ...] = ()
        octets = self.octets
        if self.has_header and octets and octets[0] < len(octets):
            behind = octets[0] + 1
            elements = header.read(octets[1:behind])
        if not coding.in_septets:
            data = octets[behind:]
            if coding.compressed or coding.alphabet is Alphabet.BINARY:
                return Content(elements, Alphabet.BINARY, "", data)
            return Content(elements, Alphabet.UCS2, texts.decode(data, Alphabet.UCS2), data)
        data = septets.unpack(octets, self.length)[septets.septets_of(behind) :]
        locking = header.language_of(elements, LOCKING_SHIFT)
        single = header.language_of(elements, SINGLE_SHIFT)
        if locking or single:
            return Content(elements, Alphabet.GSM7, national.decode(data, locking, single), data)
        return Content(elements, Alphabet.GSM7, texts.decode(data, Alphabet.GSM7), data)

    def encode(self, dcs: int, most_octets: int = MOST_OCTETS) -> bytes:
        """TP-UDL and TP-UD; raises LocalProtocolError when they do not fit each other or the message."""
        wanted = septets.octets_of(self.length) if coding_of(dcs).in_septets else self.length
        if wanted != len(self.octets) or wanted > most_octets:
            raise LocalProtocolError(f"TP-UDL {self.length} does not fit {len(self.octets)} octets under TP-DCS {dcs}")
        return bytes((self.length,)) + self.octets

    @classmethod
    def read(cls, cursor: Cursor, dcs: int, *, has_header: bool, most_octets: int = MOST_OCTETS) -> Self:
        """The user data that come next; raises MalformedPdu when TP-UDL says more than there is or may be."""
        at = cursor.at
        length = cursor.octet("TP-UDL")
        wanted = septets.octets_of(length) if coding_of(dcs).in_septets else length
        if wanted > most_octets:
            raise MalformedPdu(f"{wanted} octets are more than {most_octets}", offset=at, field="TP-UDL")
        if wanted > cursor.left:
            raise MalformedPdu(f"{wanted} octets are promised, {cursor.left} follow", offset=at, field="TP-UDL")
        return cls(length, cursor.take(wanted, "TP-UD"), has_header)


NO_DATA: Final = UserData()
