"""From a segment of the hub to a Submit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carriers.smgp.pdu import Submit
from carriers.smgp.tlv import Tag, Tlv
from carriers.smgp.user_data import concat_element, with_header
from gateway.core.errors import NotEncodable
from gateway.core.messages import Concat
from gateway.core.text import Alphabet, encode

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.smgp.config import SmgpConfig
    from gateway.core.messages import Segment

FMT_TEXT = 0
FMT_BINARY = 4
FMT_UCS2 = 8
FMT_GBK = 15

MOST_OCTETS = 140  # of anything but MsgFormat 0, which `SmgpConfig.most_text_octets` bounds

_MSG_TYPE_MT = 6
_WITH_CODE_DIGITS = 13
_YEAR_S = 366 * 86400


def submit_of(segment: Segment, config: SmgpConfig, wall_clock: datetime) -> Submit:
    """The Submit that carries the segment; `wall_clock` (aware) is only used for the validity.

    Raises NotEncodable when the text fits no MsgFormat, or not into one message.
    """
    fmt, data = _content(segment, config)
    if not 1 <= segment.number <= segment.total <= 255 or not 0 <= segment.reference <= 0xFFFF:
        raise NotEncodable("That is no place in a long message: parts are 1 to 255, references 0 to 65535.")
    elements = segment.udh
    if segment.total > 1:
        elements = concat_element(Concat(segment.reference, segment.total, segment.number)) + elements
    size = len(data) + (len(elements) + 1 if elements else 0)
    most = config.most_text_octets if fmt == FMT_TEXT else MOST_OCTETS
    if size > most:
        raise NotEncodable(f"{size} octets do not fit into one message of MsgFormat {fmt}, which takes {most}.")
    return Submit(
        msg_type=_MSG_TYPE_MT,
        need_report=1 if segment.want_report else 0,
        priority=config.priority,
        service_id=_ascii(segment.service or config.service_id),
        fee_type=_ascii(config.fee_type),
        fee_code=_ascii(config.fee_code),
        fixed_fee=_ascii(config.fixed_fee),
        msg_format=fmt,
        valid_time=_valid_time(segment.validity_s, config, wall_clock),
        src_term_id=_ascii(source_of(segment.sender, config.access_number)),
        charge_term_id=_ascii(config.charge_terminal),
        dest_term_id=(_ascii(written_number(segment.recipient, config.number_form)),),
        msg_content=with_header(elements, data),
        tlvs=_tlvs(segment, config, has_header=bool(elements)),
    )


def source_of(sender: str, access_number: str) -> str:
    """SrcTermID: the sender when it is the access number with an extension, else the access number alone."""
    if sender.isascii() and sender.isdigit() and sender.startswith(access_number):
        return sender
    return access_number


def written_number(number: str, form: str) -> str:
    """A number as the gateway wants it: "national" without 86, "86" or "+86" with it.

    Numbers without a plus are taken for Chinese ones. Those of other countries keep their country code, and
    with "+86" their plus.
    """
    has_code = number.startswith("+86") or (number.startswith("86") and len(number) >= _WITH_CODE_DIGITS)
    if number.startswith("+") and not has_code:
        return number if form == "+86" else number[1:]
    national = number.removeprefix("+").removeprefix("86") if has_code else number
    return {"national": national, "86": "86" + national, "+86": "+86" + national}[form]


def _tlvs(segment: Segment, config: SmgpConfig, *, has_header: bool) -> tuple[Tlv, ...]:
    tlvs = []
    if has_header:
        tlvs.append(Tlv(Tag.TP_UDHI, b"\1"))
    if segment.total > 1:
        tlvs += [Tlv(Tag.PK_TOTAL, bytes((segment.total,))), Tlv(Tag.PK_NUMBER, bytes((segment.number,)))]
    if config.sp_code:
        tlvs.append(Tlv(Tag.MSG_SRC, config.sp_code.encode().ljust(8, b"\0")))
    if config.product_id:
        tlvs.append(Tlv(Tag.M_SERVICE_ID, config.product_id.encode().ljust(21, b"\0")))
    return tuple(tlvs)


def _content(segment: Segment, config: SmgpConfig) -> tuple[int, bytes]:
    if segment.alphabet is Alphabet.BINARY:
        return FMT_BINARY, segment.data
    if segment.alphabet in (Alphabet.GSM7, Alphabet.ASCII):
        try:
            return FMT_TEXT, encode(segment.text, Alphabet(config.ascii_as))
        except NotEncodable:
            return FMT_UCS2, encode(segment.text, Alphabet.UCS2)
    wants_gbk = segment.alphabet is Alphabet.GBK or (
        # The other parts of a long message are not seen here, and all must be in one alphabet.
        segment.alphabet is Alphabet.UCS2 and config.chinese_alphabet == "gbk" and segment.total == 1
    )
    if wants_gbk:
        try:
            return FMT_GBK, encode(segment.text, Alphabet.GBK)
        except NotEncodable:
            pass
    return FMT_UCS2, encode(segment.text, Alphabet.UCS2)


def _valid_time(validity_s: int | None, config: SmgpConfig, wall_clock: datetime) -> bytes:
    """YYMMDDhhmmsstnnp: moment of expiry, tenths, quarter hours from UTC (as in SMPP 3.3); empty = default."""
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
