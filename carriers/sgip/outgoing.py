"""From a segment of the hub to a SUBMIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.message_format import content_of
from carriers.numbers import ascii_octets, source_of, written_number
from carriers.sgip.config import PHONE_PAYS
from carriers.sgip.pdu import Submit
from carriers.validity import expiry_time
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.sgip.config import SgipConfig
    from gateway.core.messages import Segment

REPORT_ALWAYS = 1
REPORT_NEVER = 2


def submit_of(segment: Segment, config: SgipConfig, wall_clock: datetime) -> Submit:
    """The SUBMIT that carries the segment; `wall_clock` (aware) is only used for the validity.

    Raises NotEncodable when the text fits no MessageCoding, or not into one message.
    """
    content = content_of(segment, Alphabet(config.ascii_as), Alphabet(config.chinese_alphabet))
    recipient = ascii_octets(written_number(segment.recipient, config.number_form))
    return Submit(
        sp_number=ascii_octets(source_of(segment.sender, config.access_number)),
        charge_number=recipient if config.charge_number == PHONE_PAYS else ascii_octets(config.charge_number),
        user_numbers=(recipient,),
        corp_id=ascii_octets(config.enterprise),
        service_type=ascii_octets(segment.service or config.service_type),
        fee_type=config.fee_type,
        fee_value=ascii_octets(config.fee_value),
        given_value=ascii_octets(config.given_value),
        agent_flag=config.agent_flag,
        more_late_to_mt_flag=config.more_late_to_mt_flag,
        priority=config.priority,
        expire_time=expiry_time(segment.validity_s, wall_clock, config.zone),
        report_flag=REPORT_ALWAYS if segment.want_report else REPORT_NEVER,
        tp_udhi=1 if content.has_header else 0,
        message_coding=content.message_format,
        message_content=content.octets,
    )
