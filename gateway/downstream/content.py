"""What a submit says: its text or data and its place in a longer one, from octets of any protocol. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.core import data_sms
from gateway.core import text as sms_text
from gateway.core.errors import CaiyouError, NotEncodable
from gateway.core.messages import Concat
from gateway.core.peers import Refusal
from gateway.core.text import Alphabet

#: Elements of a user data header that change what the octets behind it mean: application ports (a program reads them,
#: not a person) and national shift tables (3GPP TS 23.040 section 9.2.3.24). Others add looks and may be left out.
_MEANINGFUL: Final = frozenset({0x04, 0x05, 0x24, 0x25})
_PORTS: Final = 0x05


class NotTaken(CaiyouError):
    """The hub does not take this submit; the peer is told why in the code of its protocol."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Content(NamedTuple):
    """A text or data, or one part of it."""

    text: str
    concat: Concat | None
    data: bytes = b""  # without header
    port: int | None = None
    source_port: int | None = None


def read(octets: bytes, alphabet: Alphabet, *, has_header: bool, max_segments: int) -> Content:
    """The text or the data of a submit's octets; raises NotTaken for what is neither, or too long.

    Text that does not fit its alphabet is shown as U+FFFD: a lost text is worse than a stray sign.
    """
    concat: Concat | None = None
    header = b""
    if has_header:
        if not octets or octets[0] >= len(octets):
            raise NotTaken(Refusal.STRUCTURE)
        header, octets = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
    if alphabet is Alphabet.BINARY:
        return _data(octets, header, max_segments)
    if header:
        concat = _concat_in(header)
    text = sms_text.decode(octets, alphabet)
    if len(octets) > 160 and len(sms_text.split(text, sms_text.choose(text))) > max_segments:
        raise NotTaken(Refusal.LENGTH)
    if concat is not None and concat.total > max_segments:
        raise NotTaken(Refusal.LENGTH)
    return Content(text, concat)


def _data(octets: bytes, header: bytes, max_segments: int) -> Content:
    """The data of a submit. Raises NotTaken for a header that says more than ports and a place.

    In front of data every other element means something to a program (3GPP TS 23.040 section 9.2.3.24), and the
    outbox has no room for it.
    """
    concat: Concat | None = None
    ports: tuple[int | None, int | None] = (None, None)
    at = 0
    while at + 2 <= len(header):
        end = at + 2 + header[at + 1]
        found = _concat_in(header[at:end]) if header[at] != _PORTS else None
        if header[at] == _PORTS and end == at + 6 <= len(header):
            ports = int.from_bytes(header[at + 2 : at + 4], "big"), int.from_bytes(header[at + 4 : end], "big")
        elif found is None:
            raise NotTaken(Refusal.CONTENT)
        concat = found or concat
        at = end
    if at != len(header) or not octets:
        raise NotTaken(Refusal.CONTENT)
    segments = data_sms.count(len(octets), has_port=ports[0] is not None)
    if segments > max_segments or (concat is not None and concat.total > max_segments):
        raise NotTaken(Refusal.LENGTH)
    return Content("", concat, octets, *ports)


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
