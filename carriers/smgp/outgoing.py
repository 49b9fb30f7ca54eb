"""From a segment of the hub to a Submit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.message_format import content_of
from carriers.numbers import ascii_octets, source_of, written_number
from carriers.smgp.pdu import Submit
from carriers.smgp.tlv import Tag, Tlv
from carriers.validity import expiry_time
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.smgp.config import SmgpConfig
    from gateway.core.messages import Segment

_MSG_TYPE_MT = 6


def submit_of(segment: Segment, config: SmgpConfig, wall_clock: datetime) -> Submit:
    """The Submit that carries the segment; `wall_clock` (aware) is only used for the validity.

    Raises NotEncodable when the text fits no MsgFormat, or not into one message.
    """
    content = content_of(segment, Alphabet(config.ascii_as), Alphabet(config.chinese_alphabet), config.most_text_octets)
    return Submit(
        msg_type=_MSG_TYPE_MT,
        need_report=1 if segment.want_report else 0,
        priority=config.priority,
        service_id=ascii_octets(segment.service or config.service_id),
        fee_type=ascii_octets(config.fee_type),
        fee_code=ascii_octets(config.fee_code),
        fixed_fee=ascii_octets(config.fixed_fee),
        msg_format=content.message_format,
        valid_time=expiry_time(segment.validity_s, wall_clock, config.zone),
        src_term_id=ascii_octets(source_of(segment.sender, config.access_number)),
        charge_term_id=ascii_octets(config.charge_terminal),
        dest_term_id=(ascii_octets(written_number(segment.recipient, config.number_form)),),
        msg_content=content.octets,
        tlvs=_tlvs(segment, config, has_header=content.has_header),
    )


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
