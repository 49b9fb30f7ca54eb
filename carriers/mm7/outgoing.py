"""An MMS of the hub as a submit of MM7. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from carriers.mm7.config import Mm7Config
from gateway.core.errors import BadRequest
from gateway.core.messages import Segment
from mms.codec import pdu
from mms.codec.codes import Priority
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import SubmitReq
from mms.codec.mm7.values import Address, AddressKind, Recipients, SenderIdentification, When

#: Longest subject; phones show less (OMA MMS conformance 1.2, 40 characters guaranteed).
MAX_SUBJECT: Final = 255
#: Longest number of a phone; what is shorter than 7 digits is a short code.
_SHORT_CODE_DIGITS: Final = 6

_PRIORITIES: Final = {Priority.LOW: "Low", Priority.NORMAL: "Normal", Priority.HIGH: "High"}
_CLASSES: Final = {it.lower(): it for it in ("Personal", "Informational", "Advertisement", "Auto")}


def transaction_id(segment: Segment) -> str:
    """The same each time a message is sent, so that the centre knows it again."""
    return f"{segment.message_id}.{segment.number}"


def address_of(text: str) -> Address:
    """A number, short code or mail address of the hub."""
    if "@" in text:
        return Address(text, AddressKind.MAIL)
    digits = text.lstrip("+")
    is_phone = digits.isdigit() and (text.startswith("+") or len(digits) > _SHORT_CODE_DIGITS)
    return Address(text, AddressKind.NUMBER if is_phone else AddressKind.SHORT_CODE)


def submit_of(segment: Segment, config: Mm7Config, dialect: Dialect, now: datetime) -> Envelope:
    """The submit of an MMS as its phone would get it. Raises MalformedPdu, BadRequest for what is no MMS."""
    retrieved = pdu.decode(segment.mms)
    if not isinstance(retrieved, pdu.RetrieveConf) or retrieved.body is None:
        raise BadRequest("mms: an m-retrieve.conf with a body is wanted")
    sender = segment.sender or config.access_number
    expiry: When | None = None
    if segment.validity_s:
        duration = timedelta(seconds=segment.validity_s)
        expiry = duration if dialect.expiry == "relative" else now + duration
    request = SubmitReq(
        sender=SenderIdentification(config.vasp_id, config.vas_id, address_of(sender) if sender else None),
        recipients=Recipients((address_of(segment.recipient),)),
        service_code=segment.service or config.service_code,
        message_class=_CLASSES.get(retrieved.message_class.lower(), ""),
        timestamp=now,
        expiry=expiry,
        delivery_report=segment.want_report,
        read_reply=bool(retrieved.read_report),
        priority=_PRIORITIES.get(retrieved.priority, "") if retrieved.priority is not None else "",
        subject=segment.text[:MAX_SUBJECT],
        charged_party=config.charged_party,
        charged_party_id=segment.recipient.lstrip("+") if config.charged_party == "Recipient" else "",
        distribution=retrieved.may_be_distributed,
    )
    return Envelope(transaction_id(segment), request, retrieved.body)
