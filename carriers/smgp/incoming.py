"""From a Deliver to what the hub understands: a short message or a delivery report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.message_format import alphabet_of
from carriers.smgp import status
from carriers.smgp.message_id import hex_form
from carriers.smgp.pdu import field_text
from carriers.smgp.reports import Report
from carriers.smgp.tlv import Tag, number_of, text_of
from carriers.user_data import concat_of, split_header
from gateway.core.messages import DeliveryReport, IncomingSms
from gateway.core.text import Alphabet, decode

if TYPE_CHECKING:
    from carriers.smgp.pdu import Deliver


def sms_of(deliver: Deliver, ascii_as: Alphabet) -> IncomingSms:
    """The short message in a Deliver; never raises, what cannot be read is shown as U+FFFD."""
    content = deliver.msg_content
    elements, data = split_header(content) if number_of(deliver.tlvs, Tag.TP_UDHI) & 1 else ([], content)
    alphabet = alphabet_of(deliver.msg_format, ascii_as)
    # Behind a pseudonym the number itself is not told.
    sender = field_text(deliver.src_term_id) or text_of(deliver.tlvs, Tag.SRC_TERM_PSEUDO)
    return IncomingSms(
        carrier_id=hex_form(deliver.msg_id),
        sender=sender,
        recipient=field_text(deliver.dest_term_id),
        text="" if alphabet is Alphabet.BINARY else decode(data, alphabet),
        alphabet=alphabet,
        concat=concat_of(elements),
        data=data,
        link_token=text_of(deliver.tlvs, Tag.LINK_ID),
    )


def report_of(deliver: Deliver) -> DeliveryReport:
    """The delivery report in a Deliver; raises MalformedPdu when its content is none."""
    report = Report.decode(deliver.msg_content)
    return DeliveryReport(
        carrier_id=hex_form(report.msg_id),
        state=status.stat(report.word).state,
        code=report.word,
        recipient=field_text(deliver.src_term_id),
        done_at=field_text(report.done_date),
        text=str(report),
    )
