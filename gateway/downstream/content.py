"""What a submit says: its text and its place in a longer one, from octets of any protocol. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.core import text as sms_text
from gateway.core.errors import CaiyouError, NotEncodable
from gateway.core.messages import Concat
from gateway.core.peers import Refusal
from gateway.core.text import Alphabet

#: Elements of a user data header that change what the octets behind it mean: application ports (a program reads them,
#: not a person) and national shift tables (3GPP TS 23.040 section 9.2.3.24). Others add looks and may be left out.
_MEANINGFUL: Final = frozenset({0x04, 0x05, 0x24, 0x25})


class NotTaken(CaiyouError):
    """The hub does not take this submit; the peer is told why in the code of its protocol."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Content(NamedTuple):
    """A text, or one part of it."""

    text: str
    concat: Concat | None


def read(octets: bytes, alphabet: Alphabet, *, has_header: bool, max_segments: int) -> Content:
    """The text of a submit's octets; raises NotTaken for what is no text, or too long a one.

    Text that does not fit its alphabet is shown as U+FFFD: a lost text is worse than a stray sign.
    """
    concat: Concat | None = None
    if has_header:
        if not octets or octets[0] >= len(octets):
            raise NotTaken(Refusal.STRUCTURE)
        header, octets = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
        concat = _concat_in(header)
    if alphabet is Alphabet.BINARY:
        raise NotTaken(Refusal.CONTENT)
    text = sms_text.decode(octets, alphabet)
    if len(octets) > 160 and len(sms_text.split(text, sms_text.choose(text))) > max_segments:
        raise NotTaken(Refusal.LENGTH)
    if concat is not None and concat.total > max_segments:
        raise NotTaken(Refusal.LENGTH)
    return Content(text, concat)


def _concat_in(header: bytes) -> Concat | None:
    """The place in a long SMS that a header (without its length octet) tells. Raises NotTaken for one that means more.

    A place that cannot be is none (3GPP TS 23.040 section 9.2.3.24.1).
    """
    found: Concat | None = None
    at = 0
    while at + 2 <= len(header):
        element, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if element in _MEANINGFUL:
            raise NotTaken(Refusal.CONTENT)
        if (element, len(value)) in ((0x00, 3), (0x08, 4)):
            *reference, total, number = value
            if 1 <= number <= total:
                found = Concat(int.from_bytes(bytes(reference), "big"), total, number)
        at += 2 + length
    return found


def pieces(text: str, alphabet: Alphabet) -> tuple[Alphabet, list[str]]:
    """A text from a phone cut for a peer: in the alphabet that it takes for the default one, else in UCS-2."""
    try:
        sms_text.encode(text, alphabet)
    except NotEncodable:
        alphabet = Alphabet.UCS2
    return alphabet, sms_text.split(text, alphabet)
