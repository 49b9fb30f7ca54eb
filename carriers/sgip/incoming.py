"""From a DELIVER or a REPORT to what the hub understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.message_format import alphabet_of
from carriers.sgip import status
from carriers.sgip.pdu import field_text
from carriers.sgip.sequence import hex_form, readable
from carriers.user_data import concat_of, split_header
from gateway.core.messages import DeliveryReport, IncomingSms
from gateway.core.text import Alphabet, decode

if TYPE_CHECKING:
    from carriers.sgip.pdu import Deliver, Report


def sms_of(sequence: bytes, deliver: Deliver, ascii_as: Alphabet) -> IncomingSms:
    """The short message in a DELIVER; never raises, what cannot be read is shown as U+FFFD."""
    content = deliver.message_content
    elements, data = split_header(content) if deliver.tp_udhi & 1 else ([], content)
    alphabet = alphabet_of(deliver.message_coding, ascii_as)
    return IncomingSms(
        carrier_id=hex_form(sequence),
        sender=field_text(deliver.user_number),
        recipient=field_text(deliver.sp_number),
        text="" if alphabet is Alphabet.BINARY else decode(data, alphabet),
        alphabet=alphabet,
        concat=concat_of(elements),
        data=data,
    )


def report_of(report: Report) -> DeliveryReport:
    """What a REPORT says of a submit; its code is ErrorCode, which is 0 unless the message failed."""
    meaning, state = status.state(report.state)
    error = f", error {report.error_code}: {status.result(report.error_code).meaning}" if report.error_code else ""
    return DeliveryReport(
        carrier_id=hex_form(report.submit_sequence),
        state=state,
        code=str(report.error_code),
        recipient=field_text(report.user_number),
        text=f"{readable(report.submit_sequence)} to {field_text(report.user_number)}: {meaning}{error}",
    )
