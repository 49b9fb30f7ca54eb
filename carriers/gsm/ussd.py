"""USSD: the codes a member types as *100#, and what the network answers (3GPP TS 27.007 7.15, TS 23.038 5 and 6.1.2.3).

The string of +CUSD comes in three forms and nothing in it says which: characters as they are, hexadecimal of packed
septets (Huawei), or hexadecimal of UCS-2. The coding scheme behind it and a look at the string decide.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from carriers.gsm import at
from carriers.gsm.tpdu import septets
from gateway.core.errors import BadRequest
from gateway.core.text import Alphabet, decode, encode

#: TS 22.090: 160 octets, which is 182 septets.
MAX_SEPTETS: Final = 182
#: GSM 7-bit, language unspecified.
DEFAULT_SCHEME: Final = 15

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class Form(enum.StrEnum):
    """How a modem wants the string."""

    PLAIN = "plain"
    PACKED = "packed"
    UCS2 = "ucs2"


class Step(enum.IntEnum):
    """The first value of +CUSD: what the network does next."""

    DONE = 0
    ASKS = 1  # the session stays open for an answer
    ENDED = 2  # by the network
    ELSEWHERE = 3  # another client of the modem answered
    UNSUPPORTED = 4
    TIMED_OUT = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What came in +CUSD."""

    step: Step
    text: str


def command(code: str, form: Form) -> str:
    """The AT command that says `code` to the network. Raises BadRequest for what no phone could send."""
    if not code or len(code) > MAX_SEPTETS or not code.isascii() or not code.isprintable() or '"' in code:
        raise BadRequest("a USSD code is 1 to 182 digits, letters and signs like *100#, without quotation marks")
    if form is Form.PACKED:
        written = packed(code).hex().upper()
    elif form is Form.UCS2:
        written = encode(code, Alphabet.UCS2).hex().upper()
    else:
        written = code
    return f'AT+CUSD=1,"{written}",{DEFAULT_SCHEME}'


def reply_of(line: str, form: Form) -> Reply:
    """The answer in a +CUSD line of a modem that takes codes in this form. Never raises."""
    values = at.fields(line)
    number = at.number(values[0])
    step = Step(number) if number is not None and number <= max(Step) else Step.DONE
    if len(values) < 2:
        return Reply(step, "")
    scheme = at.number(values[2]) if len(values) > 2 else None
    return Reply(step, _text(values[1], DEFAULT_SCHEME if scheme is None else scheme, form))


def _text(written: str, scheme: int, form: Form) -> str:
    octets = bytes.fromhex(written) if _HEX.fullmatch(written) else None
    if octets is None:
        return written
    alphabet = alphabet_of(scheme)
    if alphabet is Alphabet.UCS2 or form is Form.UCS2:
        # A modem that was told +CSCS="UCS2" writes everything so, whatever the scheme says.
        return decode(octets, Alphabet.UCS2) if len(octets) % 2 == 0 else written
    if alphabet is Alphabet.BINARY:
        return decode(octets, Alphabet.LATIN1)
    if form is Form.PACKED:
        return unpacked(octets)
    # A plain form whose characters all happen to be hexadecimal: mostly an amount or a date. Letters among them
    # and a packing that gives nothing but characters of a text are what a packed answer looks like.
    text = unpacked(octets)
    if not written.isdigit() and len(octets) >= 4 and all(char.isprintable() or char in "\r\n" for char in text):
        return text
    return written


def alphabet_of(scheme: int) -> Alphabet:
    """The alphabet of a cell broadcast data coding scheme (TS 23.038 5); reserved ones are GSM 7-bit."""
    if scheme == 0x11:
        return Alphabet.UCS2
    if 0x40 <= scheme <= 0x7F or 0x90 <= scheme <= 0x9F:
        return (Alphabet.GSM7, Alphabet.BINARY, Alphabet.UCS2, Alphabet.GSM7)[scheme >> 2 & 3]
    if scheme >= 0xF0 and scheme & 4:
        return Alphabet.BINARY
    return Alphabet.GSM7


def packed(text: str) -> bytes:
    """The text as packed septets. Raises NotEncodable."""
    letters = encode(text, Alphabet.GSM7)
    # Seven spare bits would read as one more "@": a CR fills them (TS 23.038 6.1.2.3.1).
    if len(letters) % 8 == 7:
        letters += b"\r"
    return septets.pack(letters)


def unpacked(octets: bytes) -> str:
    """The text of packed septets of unknown number, as USSD has them, without the CR that fills the last octet."""
    octets = octets[: septets.octets_of(septets.MOST_SEPTETS)]
    count = len(octets) * 8 // 7
    text = septets.unpack(octets, count)
    # A CR on an octet's edge is a filler.
    if count % 8 == 0 and text.endswith(b"\r"):
        text = text[:-1]
    return decode(text, Alphabet.GSM7)
