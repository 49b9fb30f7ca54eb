"""From a DELIVER or a REPORT to what the hub understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.sgip import status
from carriers.sgip.pdu import field_text
from carriers.sgip.sequence import hex_form, readable
from carriers.sgip.user_data import split_content
from gateway.core.messages import DeliveryReport, IncomingSms
from gateway.core.text import Alphabet, decode

if TYPE_CHECKING:
    from carriers.sgip.pdu import Deliver, Report

# 9 and 25 are UCS-2 without, 24 UCS-2 with flash display (vendors); 3 is written to the SIM.
_ALPHABETS = {
    4: Alphabet.BINARY,
    8: Alphabet.UCS2,
    9: Alphabet.UCS2,
    15: Alphabet.GBK,
    24: Alphabet.UCS2,
    25: Alphabet.UCS2,
}
_PLAIN = (0, 3)


def alphabet_of(message_coding: int, ascii_as: Alphabet) -> Alphabet:
    """The alphabet of a MessageCoding; an unknown one is taken for octets that mean nothing to us."""
    return ascii_as if message_coding in _PLAIN else _ALPHABETS.get(message_coding, Alphabet.BINARY)


def sms_of(sequence: bytes, deliver: Deliver, ascii_as: Alphabet) -> IncomingSms:
    """The short message in a DELIVER; never raises, what cannot be read is shown as U+FFFD."""
    concat, data = split_content(deliver.message_content) if deliver.tp_udhi & 1 else (None, deliver.message_content)
    alphabet = alphabet_of(deliver.message_coding, ascii_as)
    return IncomingSms(
        carrier_id=hex_form(sequence),
        sender=field_text(deliver.user_number),
        recipient=field_text(deliver.sp_number),
        text="" if alphabet is Alphabet.BINARY else decode(data, alphabet),
        alphabet=alphabet,
        concat=concat,
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
