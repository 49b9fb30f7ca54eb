"""From a segment of the hub to a SUBMIT."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from carriers.sgip.config import PHONE_PAYS
from carriers.sgip.pdu import Submit
from carriers.sgip.user_data import concat_element, with_header
from gateway.core.errors import NotEncodable
from gateway.core.messages import Concat
from gateway.core.text import Alphabet, encode

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.sgip.config import SgipConfig
    from gateway.core.messages import Segment

CODING_TEXT = 0
CODING_BINARY = 4
CODING_UCS2 = 8
CODING_GBK = 15

# MessageCoding 0 counts characters, which go on the air in seven bits; everything else is octets on the air.
_MOST_OCTETS = {CODING_TEXT: 160, CODING_BINARY: 140, CODING_UCS2: 140, CODING_GBK: 140}

REPORT_ALWAYS = 1
REPORT_NEVER = 2

_LIKENESSES = {
    "€": "E", "£": "L", "¥": "Y", "¤": "*", "§": "S", "¡": "!", "¿": "?", "ß": "s", "Æ": "A", "æ": "a",
    "Ø": "O", "ø": "o",
}  # fmt: skip

_WITH_CODE_DIGITS = 13
_YEAR_S = 366 * 86400


def submit_of(segment: Segment, config: SgipConfig, wall_clock: datetime) -> Submit:
    """The SUBMIT that carries the segment; `wall_clock` (aware) is only used for the validity.

    Raises NotEncodable when the text fits no MessageCoding, or not into one message.
    """
    coding, data = _content(segment, config)
    elements = segment.udh
    if not 1 <= segment.number <= segment.total <= 255 or not 0 <= segment.reference <= 0xFFFF:
        raise NotEncodable("That is no place in a long message: parts are 1 to 255, references 0 to 65535.")
    if segment.total > 1:
        elements = concat_element(Concat(segment.reference, segment.total, segment.number)) + elements
    size = len(data) + (len(elements) + 1 if elements else 0)
    if size > _MOST_OCTETS[coding]:
        raise NotEncodable(f"{size} octets do not fit into one message of MessageCoding {coding}.")
    recipient = _ascii(written_number(segment.recipient, config.number_form))
    return Submit(
        sp_number=_ascii(source_of(segment.sender, config.access_number)),
        charge_number=recipient if config.charge_number == PHONE_PAYS else _ascii(config.charge_number),
        user_numbers=(recipient,),
        corp_id=_ascii(config.enterprise),
        service_type=_ascii(segment.service or config.service_type),
        fee_type=config.fee_type,
        fee_value=_ascii(config.fee_value),
        given_value=_ascii(config.given_value),
        agent_flag=config.agent_flag,
        more_late_to_mt_flag=config.more_late_to_mt_flag,
        priority=config.priority,
        expire_time=_expire_time(segment.validity_s, config, wall_clock),
        report_flag=REPORT_ALWAYS if segment.want_report else REPORT_NEVER,
        tp_udhi=1 if elements else 0,
        message_coding=coding,
        message_content=with_header(elements, data),
    )


def source_of(sender: str, access_number: str) -> str:
    """SPNumber: the sender when it is the access number with an extension, else the access number alone."""
    if sender.isascii() and sender.isdigit() and sender.startswith(access_number):
        return sender
    return access_number


def written_number(number: str, form: str) -> str:
    """A number as the gateway wants it: "national" without 86, "86" or "+86" with it.

    Numbers without a plus are taken for Chinese ones. Those of other countries keep their country code, and with "+86"
    their plus.
    """
    has_code = number.startswith("+86") or (number.startswith("86") and len(number) >= _WITH_CODE_DIGITS)
    if number.startswith("+") and not has_code:
        return number if form == "+86" else number[1:]
    national = number.removeprefix("+").removeprefix("86") if has_code else number
    return {"national": national, "86": "86" + national, "+86": "+86" + national}[form]


def nearest_ascii(text: str) -> bytes:
    """The text in ASCII, character for character: letters without their marks, "?" for what has no likeness."""
    plain = (_LIKENESSES.get(char) or unicodedata.normalize("NFKD", char)[0] for char in text)
    return "".join(plain).encode("ascii", "replace")


def _content(segment: Segment, config: SgipConfig) -> tuple[int, bytes]:
    if segment.alphabet is Alphabet.BINARY:
        return CODING_BINARY, segment.data
    if segment.alphabet in (Alphabet.GSM7, Alphabet.ASCII):
        try:
            return CODING_TEXT, encode(segment.text, Alphabet(config.ascii_as))
        except NotEncodable:
            octets = encode(segment.text, Alphabet.UCS2)
        if segment.total == 1 and len(octets) <= _MOST_OCTETS[CODING_UCS2]:
            return CODING_UCS2, octets
        # It was measured for the GSM alphabet, of which ASCII lacks some signs, and is too long for UCS-2. A text
        # without its accents is worth more than none; and the parts of a long message must be in one alphabet.
        return CODING_TEXT, nearest_ascii(segment.text)
    wants_gbk = segment.alphabet is Alphabet.GBK or (
        # The other parts of a long message are not seen here, and all must be in one alphabet.
        segment.alphabet is Alphabet.UCS2 and config.chinese_alphabet == "gbk" and segment.total == 1
    )
    if wants_gbk:
        try:
            return CODING_GBK, encode(segment.text, Alphabet.GBK)
        except NotEncodable:
            pass
    return CODING_UCS2, encode(segment.text, Alphabet.UCS2)


def _expire_time(validity_s: int | None, config: SgipConfig, wall_clock: datetime) -> bytes:
    """yymmddhhmmsstnnp: moment of expiry, tenths, quarter hours from UTC (SMPP 3.3); empty = the carrier's default."""
    if validity_s is None:
        return b""
    expiry = (wall_clock + timedelta(seconds=max(0, min(validity_s, _YEAR_S)))).astimezone(config.zone)
    quarters = round(config.clock_offset_h * 4)
    sign = "-" if quarters < 0 else "+"
    return f"{expiry:%y%m%d%H%M%S}0{abs(quarters):02}{sign}".encode()


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise NotEncodable(f"{text!r} is not ASCII, as numbers and codes must be.") from None
