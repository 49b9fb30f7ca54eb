"""What one MMS centre says to another: MM4 of 3GPP TS 23.140 (6.8, annex on MM4), as values. Pure.

`mms.codec.mm4_mail` writes them as the mails they travel in and reads them. Addresses are numbers or mail addresses;
which host they are shown at is said when they are written.
"""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass
from typing import Final

from gateway.mail.mime.headers import Priority
from mms.content import Body
from mms.terms import MessageClass

#: The version of the specification that is written; others answer by what they know of it.
VERSION: Final = "6.10.0"
NO_BODY: Final = Body(())


class Topic(enum.StrEnum):
    """What a request and its answer are about."""

    FORWARD = "MM4_forward"
    DELIVERY_REPORT = "MM4_delivery_report"
    READ_REPORT = "MM4_read_reply_report"


class RequestStatus(enum.StrEnum):
    """What became of a request (X-Mms-Request-Status-Code)."""

    OK = "Ok"
    UNSPECIFIED = "Error-unspecified"
    SERVICE_DENIED = "Error-service-denied"
    FORMAT_CORRUPT = "Error-message-format-corrupt"
    ADDRESS_UNRESOLVED = "Error-sending-address-unresolved"
    NETWORK_PROBLEM = "Error-network-problem"
    CONTENT_NOT_ACCEPTED = "Error-content-not-accepted"
    UNSUPPORTED_MESSAGE = "Error-unsupported-message"


class MmStatus(enum.StrEnum):
    """What became of an MMS (X-Mms-MM-Status-Code)."""

    EXPIRED = "Expired"
    RETRIEVED = "Retrieved"
    REJECTED = "Rejected"
    DEFERRED = "Deferred"
    INDETERMINATE = "Indeterminate"
    FORWARDED = "Forwarded"
    UNRECOGNISED = "Unrecognised"


class ReadStatus(enum.StrEnum):
    """What a person did with an MMS (X-Mms-Read-Status)."""

    READ = "Read"
    DELETED = "Deleted without being read"


@dataclass(frozen=True, slots=True)
class PreviouslySent:
    """Who sent an MMS before it was forwarded; the first is 0."""

    number: int
    sender: str
    date: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What all requests have."""

    #: Named again by the answer.
    transaction_id: str
    #: The MMS, as its sender's centre named it.
    mms_id: str
    sender: str
    recipients: tuple[str, ...]
    date: datetime.datetime | None = None
    #: The mail address answers go to; "" = unknown, then none can be sent.
    originator_system: str = ""
    ack_request: bool = True
    version: str = VERSION


@dataclass(frozen=True, slots=True)
class Forward(Request):
    """MM4_forward.REQ: an MMS for phones of the other centre."""

    body: Body = NO_BODY
    cc: tuple[str, ...] = ()
    subject: str = ""
    message_class: MessageClass = MessageClass.PERSONAL
    priority: Priority = Priority.NORMAL
    #: A moment, or a time from `date` on.
    expiry: datetime.datetime | datetime.timedelta | None = None
    delivery_report: bool = False
    read_reply: bool = False
    sender_visible: bool = True
    #: The sender's centre wants delivery reports itself, whatever the sender wants.
    centre_report: bool = False
    forward_counter: int = 0
    previously_sent: tuple[PreviouslySent, ...] = ()
    #: Message-ID of the mail, with angle brackets; "" = made of the transaction's.
    message_id: str = ""
    #: X-Mms fields of later releases and of operators (X-Mms-Content-Class, VASP-ID …), as they stand.
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryReport(Request):
    """MM4_delivery_report.REQ: `sender` is whose phone got the MMS, the recipient is who had sent it."""

    status: MmStatus = MmStatus.RETRIEVED
    extension: str = ""
    text: str = ""
    #: The other centre is to hand it on to its sender's phone; None = not said.
    for_phone: bool | None = None


@dataclass(frozen=True, slots=True)
class ReadReport(Request):
    """MM4_read_reply_report.REQ: `sender` is who read it, the recipient is who had sent it."""

    status: ReadStatus = ReadStatus.READ


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request: MM4_….RES. Addresses are those of the centres."""

    topic: Topic
    transaction_id: str
    mms_id: str
    #: One of RequestStatus, or any word the other centre uses.
    status: str
    text: str = ""
    sender: str = ""
    recipient: str = ""
    version: str = VERSION

    @property
    def is_ok(self) -> bool:
        """Whether the request was taken."""
        return self.status.lower() == "ok"


Message = Forward | DeliveryReport | ReadReport | Response


def topic_of(message: Message) -> Topic:
    """What a message is about."""
    match message:
        case Forward():
            return Topic.FORWARD
        case DeliveryReport():
            return Topic.DELIVERY_REPORT
        case ReadReport():
            return Topic.READ_REPORT
    return message.topic


def response_to(request: Request, status: RequestStatus, sender: str, text: str = "") -> Response:
    """The answer to a request, in the version it came in."""
    assert isinstance(request, Forward | DeliveryReport | ReadReport)
    return Response(
        topic_of(request),
        request.transaction_id,
        request.mms_id,
        status.value,
        text,
        sender,
        request.originator_system,
        request.version,
    )
