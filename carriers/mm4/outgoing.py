"""An MMS of the hub as a request of MM4. Pure."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Final

from carriers.mm4.config import Mm4Config
from gateway.core.errors import BadRequest, MalformedPdu
from gateway.core.messages import Segment
from gateway.mail.mime.headers import Priority
from mms.codec import codes
from mms.codec.mm4 import Forward
from mms.codec.pdu import RetrieveConf, decode
from mms.content import Body
from mms.terms import MessageClass, MmsHeaders

#: Longest subject; phones show less (OMA MMS conformance 1.2, 40 characters guaranteed).
MAX_SUBJECT: Final = 255
_PRIORITIES: Final = {
    codes.Priority.LOW: Priority.LOW,
    codes.Priority.NORMAL: Priority.NORMAL,
    codes.Priority.HIGH: Priority.HIGH,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Unpacked:
    """What a phone is to get, out of the encoding of phones."""

    body: Body
    mms: MmsHeaders = dataclasses.field(default_factory=MmsHeaders)


def unpack(data: bytes) -> Unpacked:
    """An m-retrieve.conf, as `Segment.mms` holds it. Raises MalformedPdu for what is none, or has no body."""
    pdu = decode(data)
    if not isinstance(pdu, RetrieveConf) or pdu.body is None:
        raise MalformedPdu("it is no m-retrieve.conf with a body", field="X-Mms-Message-Type")
    word = pdu.message_class.lower()
    priority = _PRIORITIES.get(pdu.priority) if pdu.priority is not None else None
    return Unpacked(
        pdu.body,
        MmsHeaders(
            message_class=next((one for one in MessageClass if one.value.lower() == word), MessageClass.PERSONAL),
            priority=priority or Priority.NORMAL,
            delivery_report=bool(pdu.delivery_report),
            read_report=bool(pdu.read_report),
        ),
    )


def transaction_id(segment: Segment) -> str:
    """The same for each time a message is sent, so that the other centre knows it again."""
    return f"{segment.message_id}.{segment.number}"


def carrier_id(segment: Segment, config: Mm4Config) -> str:
    """X-Mms-Message-ID, which reports name."""
    return f"{transaction_id(segment)}@{config.own_domain}"


def forward_of(segment: Segment, unpacked: Unpacked, config: Mm4Config, now: datetime.datetime) -> Forward:
    """The request. Raises BadRequest when nobody is named as sender."""
    sender = segment.sender or config.access_number
    if not sender:
        raise BadRequest("sender: the message names none, and the link has no access_number")
    expiry = datetime.timedelta(seconds=segment.validity_s) if segment.validity_s else None
    return Forward(
        transaction_id=transaction_id(segment),
        mms_id=carrier_id(segment, config),
        sender=sender,
        recipients=(segment.recipient,),
        date=now,
        originator_system=config.system,
        ack_request=config.confirmed,
        version=config.version,
        body=unpacked.body,
        subject=segment.text[:MAX_SUBJECT],
        message_class=unpacked.mms.message_class,
        priority=unpacked.mms.priority,
        expiry=expiry,
        delivery_report=segment.want_report,
        read_reply=unpacked.mms.read_report,
        sender_visible=unpacked.mms.sender_visible,
        # Without it some centres report to their phones' senders alone, which we are not.
        centre_report=segment.want_report,
    )
