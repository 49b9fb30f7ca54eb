"""From a DELIVER to what the hub understands: a short message or a delivery report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.cmpp import status
from carriers.cmpp.message_id import hex_form
from carriers.cmpp.pdu import field_text
from carriers.cmpp.reports import Report
from carriers.message_format import alphabet_of
from carriers.user_data import concat_of, split_header
from gateway.core.messages import DeliveryReport, IncomingSms
from gateway.core.text import Alphabet, decode

if TYPE_CHECKING:
    from carriers.cmpp.pdu import Deliver

__all__ = ["report_of", "sms_of"]


def sms_of(deliver: Deliver, ascii_as: Alphabet) -> IncomingSms:
    """The short message in a DELIVER; never raises, what cannot be read is shown as U+FFFD."""
    content = deliver.msg_content
    elements, data = split_header(content) if deliver.tp_udhi & 1 else ([], content)
    alphabet = alphabet_of(deliver.msg_fmt, ascii_as)
    return IncomingSms(
        carrier_id=hex_form(deliver.msg_id),
        sender=field_text(deliver.src_terminal_id),
        recipient=field_text(deliver.dest_id),
        text="" if alphabet is Alphabet.BINARY else decode(data, alphabet),
        alphabet=alphabet,
        concat=concat_of(elements),
        data=data,
        link_token=field_text(deliver.link_id),
    )


def report_of(deliver: Deliver) -> DeliveryReport:
    """The delivery report in a DELIVER; raises MalformedPdu when its content is too short for one."""
    report = Report.decode(deliver.msg_content)
    return DeliveryReport(
        carrier_id=hex_form(report.msg_id),
        state=status.stat(report.word).state,
        code=report.word,
        recipient=field_text(report.dest_terminal_id) or field_text(deliver.src_terminal_id),
        done_at=field_text(report.done_time),
        text=str(report),
    )
