"""From a segment of the hub to a SUBMIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.cmpp.pdu import Submit
from carriers.message_format import content_of
from carriers.numbers import ascii_octets, source_of, written_number
from carriers.validity import expiry_time
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.cmpp.config import CmppConfig
    from gateway.core.messages import Segment


def submit_of(segment: Segment, config: CmppConfig, wall_clock: datetime) -> Submit:
    """The SUBMIT that carries the segment; `wall_clock` (aware) is only used for the validity.

    Raises NotEncodable when the text fits no Msg_Fmt, or not into one message.
    """
    content = content_of(segment, Alphabet(config.ascii_as), Alphabet(config.chinese_alphabet))
    return Submit(
        pk_total=segment.total,
        pk_number=segment.number,
        registered_delivery=1 if segment.want_report else 0,
        msg_level=config.msg_level,
        service_id=ascii_octets(segment.service or config.service_id),
        fee_user_type=config.fee_user_type,
        fee_terminal_id=ascii_octets(config.fee_terminal),
        tp_udhi=1 if content.has_header else 0,
        msg_fmt=content.message_format,
        msg_src=ascii_octets(config.sp_id),
        fee_type=ascii_octets(config.fee_type),
        fee_code=ascii_octets(config.fee_code),
        valid_time=expiry_time(segment.validity_s, wall_clock, config.zone),
        src_id=ascii_octets(source_of(segment.sender, config.access_number)),
        dest_terminal_id=(ascii_octets(written_number(segment.recipient, config.number_form)),),
        msg_content=content.octets,
    )
