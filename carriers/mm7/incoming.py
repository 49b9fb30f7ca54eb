"""What a centre brings, in the hub's own words. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from carriers.mm7.status import REPORT_STATES
from gateway.core.errors import BadRequest
from gateway.core.messages import DeliveryReport, ReportState
from gateway.mail.mime.headers import Priority
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import DeliverReq, DeliveryReportReq, ReadReplyReq
from mms.codec.mm7.values import Address, When
from mms.content import Body
from mms.incoming import IncomingMms, ReadReport, ReadState
from mms.terms import MmsHeaders

_READ: Final = {"read": ReadState.READ, "deleted": ReadState.DELETED}
_PRIORITIES: Final = {"high": Priority.HIGH, "low": Priority.LOW}


def mms_of(envelope: Envelope, request: DeliverReq, access_number: str) -> IncomingMms:
    """The MMS of a phone. Raises BadRequest when nobody is named as its sender.

    MM7 has no id for it: a repetition is known by its transaction, or where there is none by its content. LinkedID is
    none, as some centres give one to a whole conversation.
    """
    if request.sender is None:
        raise BadRequest("Sender: it names nobody")
    body = envelope.body if envelope.body is not None else Body(())
    named = tuple(dict.fromkeys(it.value for it in request.recipients.to + request.recipients.bcc))
    return IncomingMms(
        carrier_id=envelope.transaction_id or _digest(request, body),
        sender=request.sender.value,
        recipients=named or tuple(filter(None, (access_number,))),
        body=body,
        subject=request.subject,
        cc=tuple(dict.fromkeys(it.value for it in request.recipients.cc)),
        transaction_id=envelope.transaction_id,
        linked_id=request.linked_id,
        date_ms=_milliseconds(request.timestamp),
        mms=MmsHeaders(priority=_PRIORITIES.get(request.priority.lower(), Priority.NORMAL)),
    )


def report_of(request: DeliveryReportReq, access_number: str) -> DeliveryReport:
    """What became of an MMS of ours; a word nobody knows ends nothing."""
    return DeliveryReport(
        carrier_id=request.message_id,
        state=REPORT_STATES.get(request.mm_status.lower(), ReportState.ENROUTE),
        code=" ".join(filter(None, (request.mm_status, request.error_code))),
        recipient=_phone(request.recipient, request.sender, access_number),
        done_at=request.date.isoformat() if isinstance(request.date, datetime) else "",
        text=" ".join(filter(None, (request.mm_status_extension, request.status_text))),
    )


def read_report_of(request: ReadReplyReq, access_number: str) -> ReadReport:
    """Whether it was read."""
    return ReadReport(
        carrier_id=request.message_id,
        state=_READ.get(request.mm_status.lower(), ReadState.UNKNOWN),
        recipient=_phone(request.recipient, request.sender, access_number),
        text=" ".join(filter(None, (request.mm_status, request.status_text))),
    )


def _phone(recipient: Address | None, sender: Address | None, access_number: str) -> str:
    """Whose report it is: the recipient of the MMS. Mbuni writes that one as sender and us as recipient."""
    ours = access_number.lstrip("+")
    for address in (recipient, sender):
        if address is not None and (not ours or not address.value.lstrip("+").startswith(ours)):
            return address.value
    return ""


def _digest(request: DeliverReq, body: Body) -> str:
    whole = hashlib.blake2b(repr(request).encode("utf-8", "replace"), digest_size=16)
    for part in body.parts:
        whole.update(part.data)
    return whole.hexdigest()


def _milliseconds(when: When | None) -> int:
    if when is None or isinstance(when, timedelta):
        return 0
    return max(0, round(when.timestamp() * 1000))
