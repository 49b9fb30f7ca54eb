"""Between the hub's values and TPDUs: a segment to an SMS-SUBMIT, an SMS-DELIVER to an SMS, a report to a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.gsm.tpdu import header
from carriers.gsm.tpdu.address import UNKNOWN, Address
from carriers.gsm.tpdu.coding import octet_of
from carriers.gsm.tpdu.header import Element
from carriers.gsm.tpdu.status import status_of
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Relative
from gateway.core.errors import NotEncodable
from gateway.core.messages import DeliveryReport, IncomingSms
from gateway.core.text import Alphabet, choose

if TYPE_CHECKING:
    from carriers.gsm.tpdu.deliver import Deliver
    from carriers.gsm.tpdu.status_report import StatusReport
    from gateway.core.messages import Segment


def submit_of(
    segment: Segment, reference: int = 0, *, message_class: int | None = None, bare_type: int = UNKNOWN
) -> Submit:
    """The SMS-SUBMIT that carries the segment; `reference` is TP-MR, which most modems replace by their own.

    `bare_type` is the type-of-address of recipients without "+": some modems want NATIONAL for service numbers.
    Alphabets that the air does not know (ASCII, Latin-1, GBK) become GSM7 or UCS2, whichever holds the text.
    Raises NotEncodable for text, header or number without room in one message.
    """
    elements = _elements(segment)
    alphabet = segment.alphabet
    if alphabet is Alphabet.BINARY:
        user_data = UserData.of_octets(segment.data, elements)
    else:
        if alphabet not in (Alphabet.GSM7, Alphabet.UCS2):
            alphabet = choose(segment.text)
        user_data = UserData.of_text(segment.text, alphabet, elements)
    return Submit(
        Address.of(segment.recipient, bare_type=bare_type),
        user_data,
        octet_of(alphabet, message_class),
        reference,
        validity=None if segment.validity_s is None else Relative.of(segment.validity_s),
        wants_report=segment.want_report,
    )


def incoming_of(deliver: Deliver, *, recipient: str = "", carrier_id: str = "") -> IncomingSms:
    """The SMS in an SMS-DELIVER; never raises, what cannot be read is shown as U+FFFD.

    A TPDU names neither the number the phone wrote to nor itself: both come from who knows the modem. Whether it may
    be shown at all (`Deliver.is_silent`) and what only lights a lamp (`Coding.waiting`) is the caller's question.
    """
    content = deliver.user_data.content(deliver.dcs)
    return IncomingSms(
        carrier_id=carrier_id,
        sender=deliver.origin.text,
        recipient=recipient,
        text=content.text,
        alphabet=content.alphabet,
        concat=header.concat_of(content.elements),
        data=content.data,
    )


def report_of(report: StatusReport) -> DeliveryReport:
    """The delivery report in an SMS-STATUS-REPORT; `carrier_id` is TP-MR in decimal, as +CMGS tells it.

    TP-MR comes round after 256 messages: whoever keeps it must keep the recipient with it.
    """
    status = status_of(report.status)
    recipient = report.recipient.text
    done_at = report.discharged_at.text
    return DeliveryReport(
        carrier_id=str(report.reference),
        state=status.state,
        code=f"{report.status:02X}",
        recipient=recipient,
        done_at=done_at,
        text=f"reference {report.reference} to {recipient} sent {report.sent_at.text} done {done_at}"
        f" status {report.status:02X}: {status.meaning}",
    )


def _elements(segment: Segment) -> list[Element]:
    elements = []
    if segment.total != 1 or segment.number != 1:
        elements.append(header.concat_element(segment.reference, segment.total, segment.number))
    if segment.udh:
        others = header.read(segment.udh)
        if not others:
            raise NotEncodable("The header elements do not end where the header ends.")
        elements.extend(others)
    return elements
