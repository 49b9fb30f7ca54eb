"""What the octets of a message content are, in the numbers that CMPP, SGIP and SMGP share.

Their fields are called Msg_Fmt, MessageCoding and MsgFormat. What 0 stands for is a matter of the gateway: ASCII, or
the GSM 7-bit alphabet with one character an octet.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from carriers.user_data import concat_of, elements_of, split_header, with_header
from gateway.core.errors import NotEncodable
from gateway.core.text import Alphabet, decode, encode

if TYPE_CHECKING:
    from typing import Any

    from gateway.core.messages import Segment

#: What format 0 may stand for, and what Chinese text may go as.
PLAIN_ALPHABETS = (Alphabet.GSM7, Alphabet.ASCII)
CHINESE_ALPHABETS = (Alphabet.UCS2, Alphabet.GBK)

TEXT = 0
BINARY = 4
UCS2 = 8
GBK = 15

#: Octets of one message of format 0: characters, which go on the air in seven bits (CMPP says "below 160", gateways
#: take 160).
MOST_TEXT_OCTETS = 160
#: Octets of one message of any other format, its header included; they go on the air as they are.
MOST_OCTETS = 140

# 9 and 25 are UCS-2 without, 24 UCS-2 with flash display (vendors); 3 is written to the SIM.
_ALPHABETS = {
    BINARY: Alphabet.BINARY,
    UCS2: Alphabet.UCS2,
    9: Alphabet.UCS2,
    GBK: Alphabet.GBK,
    24: Alphabet.UCS2,
    25: Alphabet.UCS2,
}
_PLAIN = (TEXT, 3)

_LIKENESSES = {
    "€": "E", "£": "L", "¥": "Y", "¤": "*", "§": "S", "¡": "!", "¿": "?", "ß": "s", "Æ": "A", "æ": "a",
    "Ø": "O", "ø": "o", "`": "'",
}  # fmt: skip


def alphabet_of(message_format: int, plain: Alphabet) -> Alphabet:
    """The alphabet of a format; an unknown one is taken for octets that mean nothing to us."""
    return plain if message_format in _PLAIN else _ALPHABETS.get(message_format, Alphabet.BINARY)


class Content(NamedTuple):
    """What a submit carries."""

    message_format: int
    octets: bytes
    has_header: bool


def content_of(
    segment: Segment, plain: Alphabet, chinese: Alphabet, most_text_octets: int = MOST_TEXT_OCTETS
) -> Content:
    """The content that carries a segment, with its header.

    `plain` is what the gateway takes format 0 for, `chinese` the alphabet of single messages with Chinese text. Raises
    NotEncodable when the text has no format, or does not fit into one message.
    """
    message_format, data = _format_of(segment, plain, chinese)
    elements = elements_of(segment)
    octets = with_header(elements, data)
    most = most_text_octets if message_format == TEXT else MOST_OCTETS
    if len(octets) > most:
        raise NotEncodable(
            f"{len(octets)} octets do not fit into one message of format {message_format}, which takes {most}."
        )
    return Content(message_format, octets, bool(elements))


def _format_of(segment: Segment, plain: Alphabet, chinese: Alphabet) -> tuple[int, bytes]:
    if segment.alphabet is Alphabet.BINARY:
        return BINARY, segment.data
    if segment.alphabet in (Alphabet.GSM7, Alphabet.ASCII):
        return _plain_content(segment, plain)
    wants_gbk = segment.alphabet is Alphabet.GBK or (
        # The other parts of a long message are not seen here, and all must be in one alphabet.
        segment.alphabet is Alphabet.UCS2 and chinese is Alphabet.GBK and segment.total == 1
    )
    if wants_gbk:
        try:
            return GBK, encode(segment.text, Alphabet.GBK)
        except NotEncodable:
            pass
    return UCS2, encode(segment.text, Alphabet.UCS2)


def _plain_content(segment: Segment, plain: Alphabet) -> tuple[int, bytes]:
    try:
        return TEXT, encode(segment.text, plain)
    except NotEncodable:
        octets = encode(segment.text, Alphabet.UCS2)
    if segment.total == 1 and len(octets) + len(segment.udh) + bool(segment.udh) <= MOST_OCTETS:
        return UCS2, octets
    # It was measured for the GSM alphabet, of which ASCII lacks some signs, and is too long for UCS-2. A text without
    # its accents is worth more than none; and the parts of a long message must be in one alphabet.
    return TEXT, encode(nearest_ascii(segment.text), plain)


def nearest_ascii(text: str) -> str:
    """The text in ASCII, character for character: letters without their marks, "?" for what has no likeness."""
    likeness = "".join(_LIKENESSES.get(char) or unicodedata.normalize("NFKD", char)[0] for char in text)
    return likeness.encode("ascii", "replace").decode()


def content_reading(content: bytes, message_format: int, plain: Alphabet, *, has_header: bool) -> dict[str, Any]:
    """What a content says, for people: `user_data_header` and `part` where it has them, `alphabet`, and `text`."""
    reading: dict[str, Any] = {}
    if has_header:
        elements, content = split_header(content)
        reading["user_data_header"] = [
            {"element": f"0x{identifier:02x}", "octets": octets.hex()} for identifier, octets in elements
        ]
        concat = concat_of(elements)
        if concat is not None:
            reading["part"] = f"{concat.number} of {concat.total}, reference {concat.reference}"
    alphabet = alphabet_of(message_format, plain)
    reading["alphabet"] = alphabet.value
    if alphabet is not Alphabet.BINARY:
        reading["text"] = decode(content, alphabet)
    return reading
