"""The PDUs of MMS 1.0 to 1.3 between phone and centre (OMA-TS-MMS_ENC-V1_3, section 6): values, octets and back.

A text that is "" and a field that is None stand for a header that is not there. Times are seconds since 1970 in UTC.
Written strictly, in the order of the specification; read leniently, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from mms.codec import headers as h
from mms.codec import wsp
from mms.codec.codes import (
    PERSONAL,
    CancelStatus,
    ContentClass,
    PduType,
    Priority,
    ReadStatus,
    ReplyCharging,
    ResponseStatus,
    RetrievalMode,
    RetrieveStatus,
    Status,
    Version,
)
from mms.codec.errors import MmsFormatError, UnsupportedPdu
from mms.codec.headers import Moment, Numbered
from mms.codec.layout import MAX_OCTETS, Pdu, Place, scan
from mms.content import Body

_TRANSACTION: Final = Place(h.TRANSACTION_ID, "transaction_id", needed=True)
_VERSION: Final = Place(h.MMS_VERSION, "version", needed=True)
_FROM_PHONE: Final = Place(h.FROM_PHONE, "sender")
_FROM: Final = Place(h.FROM, "sender")
_RECIPIENTS: Final = (
    Place(h.TO, "to", many=True),
    Place(h.CC, "cc", many=True),
    Place(h.BCC, "bcc", many=True),
)
_DATE: Final = Place(h.DATE, "date_s")
_SUBJECT: Final = Place(h.SUBJECT, "subject")
_CLASS: Final = Place(h.MESSAGE_CLASS, "message_class")
_EXPIRY: Final = Place(h.EXPIRY, "expiry")
_DELIVERY_TIME: Final = Place(h.DELIVERY_TIME, "delivery_time")
_PRIORITY: Final = Place(h.PRIORITY, "priority")
_DELIVERY_REPORT: Final = Place(h.DELIVERY_REPORT, "delivery_report")
_READ_REPORT: Final = Place(h.READ_REPORT, "read_report")
_REPORT_ALLOWED: Final = Place(h.REPORT_ALLOWED, "report_allowed")
_MESSAGE_ID: Final = Place(h.MESSAGE_ID, "message_id")
_MESSAGE_ID_NEEDED: Final = Place(h.MESSAGE_ID, "message_id", needed=True)
_LOCATION: Final = Place(h.CONTENT_LOCATION, "content_location", needed=True)
_RESPONSE: Final = (
    Place(h.RESPONSE_STATUS, "response_status", needed=True),
    Place(h.RESPONSE_TEXT, "response_text"),
)
_CHARGING: Final = (
    Place(h.REPLY_CHARGING, "reply_charging"),
    Place(h.REPLY_CHARGING_DEADLINE, "reply_charging_deadline"),
    Place(h.REPLY_CHARGING_SIZE, "reply_charging_size"),
    Place(h.REPLY_CHARGING_ID, "reply_charging_id"),
)
_APPLICATION: Final = (
    Place(h.APPLIC_ID, "applic_id"),
    Place(h.REPLY_APPLIC_ID, "reply_applic_id"),
    Place(h.AUX_APPLIC_INFO, "aux_applic_info"),
)
_CONTENT: Final = (Place(h.CONTENT_CLASS, "content_class"), Place(h.DRM_CONTENT, "drm_content"))
_REPLACES: Final = Place(h.REPLACE_ID, "replace_id")
_DISTRIBUTION: Final = Place(h.DISTRIBUTION_INDICATOR, "may_be_distributed")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charged(Pdu):
    """A PDU that may say who pays the answer."""

    reply_charging: ReplyCharging | None = None
    reply_charging_deadline: Moment | None = None
    reply_charging_size: int | None = None
    reply_charging_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applied(_Charged):
    """A PDU that may say which program of the phone it is for."""

    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""


def _check_recipients(to: tuple[str, ...], cc: tuple[str, ...], bcc: tuple[str, ...]) -> None:
    if not (to or cc or bcc):
        raise MmsFormatError("it is missing, and Cc and Bcc are", field="To")


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReq(_Applied):
    """m-send-req: a phone hands in a message."""

    TYPE: ClassVar = PduType.SEND_REQ
    LAYOUT: ClassVar = (
        _TRANSACTION, _VERSION, _DATE, _FROM_PHONE, *_RECIPIENTS, _SUBJECT, _CLASS, _EXPIRY, _DELIVERY_TIME, _PRIORITY,
        Place(h.SENDER_HIDDEN, "sender_hidden"), _DELIVERY_REPORT, _READ_REPORT, *_CHARGING, *_APPLICATION, *_CONTENT,
        Place(h.ADAPTATION_ALLOWED, "adaptation_allowed"), _REPLACES,
    )  # fmt: skip
    HAS_BODY: ClassVar = True
    NEEDS_BODY: ClassVar = True

    transaction_id: str
    body: Body
    #: "" = the phone leaves it to the centre.
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    date_s: int | None = None
    subject: str = ""
    message_class: str = ""
    expiry: Moment | None = None
    delivery_time: Moment | None = None
    priority: Priority | None = None
    sender_hidden: bool | None = None
    delivery_report: bool | None = None
    read_report: bool | None = None
    content_class: ContentClass | None = None
    drm_content: bool | None = None
    adaptation_allowed: bool | None = None
    replace_id: str = ""

    def _check(self) -> None:
        _check_recipients(self.to, self.cc, self.bcc)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendConf(Pdu):
    """m-send-conf: what the centre says to it."""

    TYPE: ClassVar = PduType.SEND_CONF
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, *_RESPONSE, _MESSAGE_ID)

    transaction_id: str
    response_status: ResponseStatus
    response_text: str = ""
    #: Needed with OK.
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationInd(_Applied):
    """m-notification-ind: there is a message to be fetched."""

    TYPE: ClassVar = PduType.NOTIFICATION_IND
    LAYOUT: ClassVar = (
        _TRANSACTION, _VERSION, _FROM, _SUBJECT, _DELIVERY_REPORT, Place(h.MESSAGE_CLASS, "message_class", needed=True),
        _PRIORITY, Place(h.MESSAGE_SIZE, "size_octets", needed=True), Place(h.EXPIRY, "expiry", needed=True),
        _LOCATION, *_CHARGING, *_APPLICATION, *_CONTENT, _DISTRIBUTION, _REPLACES,
        Place(h.RETRIEVAL_MODE, "retrieval_mode"), Place(h.RETRIEVAL_MODE_TEXT, "retrieval_mode_text"),
    )  # fmt: skip

    transaction_id: str
    content_location: str
    size_octets: int
    expiry: Moment
    message_class: str = PERSONAL
    sender: str = ""
    subject: str = ""
    delivery_report: bool | None = None
    priority: Priority | None = None
    content_class: ContentClass | None = None
    drm_content: bool | None = None
    may_be_distributed: bool | None = None
    replace_id: str = ""
    retrieval_mode: RetrievalMode | None = None
    retrieval_mode_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRespInd(Pdu):
    """m-notifyresp-ind: what the phone did about a notification."""

    TYPE: ClassVar = PduType.NOTIFYRESP_IND
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, Place(h.STATUS, "status", needed=True), _REPORT_ALLOWED)

    #: Of the notification.
    transaction_id: str
    status: Status
    report_allowed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveConf(_Applied):
    """m-retrieve-conf: the message that was fetched, or why there is none."""

    TYPE: ClassVar = PduType.RETRIEVE_CONF
    LAYOUT: ClassVar = (
        Place(h.TRANSACTION_ID, "transaction_id"), _VERSION, _DATE, _SUBJECT, _FROM, *_RECIPIENTS[:2], _MESSAGE_ID,
        _CLASS, _PRIORITY, _DELIVERY_REPORT, _READ_REPORT, Place(h.RETRIEVE_STATUS, "retrieve_status"),
        Place(h.RETRIEVE_TEXT, "retrieve_text"), Place(h.PREVIOUSLY_SENT_BY, "previously_sent_by", many=True),
        Place(h.PREVIOUSLY_SENT_DATE, "previously_sent_dates", many=True), *_CHARGING, *_APPLICATION, *_CONTENT,
        _DISTRIBUTION, _REPLACES,
    )  # fmt: skip
    HAS_BODY: ClassVar = True

    #: "" where no m-acknowledge-ind is wanted.
    transaction_id: str = ""
    #: None only with a status that says why.
    body: Body | None = None
    #: Mandatory by the specification; some centres leave it out.
    date_s: int | None = None
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    message_class: str = ""
    priority: Priority | None = None
    delivery_report: bool | None = None
    read_report: bool | None = None
    retrieve_status: RetrieveStatus | None = None
    retrieve_text: str = ""
    previously_sent_by: tuple[Numbered, ...] = ()
    previously_sent_dates: tuple[Numbered, ...] = ()
    content_class: ContentClass | None = None
    drm_content: bool | None = None
    may_be_distributed: bool | None = None
    replace_id: str = ""

    def _check(self) -> None:
        if self.body is None and self.retrieve_status in (None, RetrieveStatus.OK):
            raise MmsFormatError("it is missing, and no status says why", field="Content-Type")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeInd(Pdu):
    """m-acknowledge-ind: the phone has fetched the message."""

    TYPE: ClassVar = PduType.ACKNOWLEDGE_IND
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, _REPORT_ALLOWED)

    #: Of the m-retrieve-conf.
    transaction_id: str
    report_allowed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryInd(Pdu):
    """m-delivery-ind: what became of a message at one recipient."""

    TYPE: ClassVar = PduType.DELIVERY_IND
    LAYOUT: ClassVar = (
        _VERSION, _MESSAGE_ID_NEEDED, Place(h.TO, "to", needed=True), Place(h.DATE, "date_s", needed=True),
        Place(h.STATUS, "status", needed=True), Place(h.STATUS_TEXT, "status_text"), *_APPLICATION,
    )  # fmt: skip

    message_id: str
    to: str
    date_s: int
    status: Status
    status_text: str = ""
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecInd(Pdu):
    """m-read-rec-ind: the phone says whether a message was read."""

    TYPE: ClassVar = PduType.READ_REC_IND
    LAYOUT: ClassVar = (
        _VERSION, _MESSAGE_ID_NEEDED, Place(h.TO, "to", needed=True), _FROM_PHONE, _DATE,
        Place(h.READ_STATUS, "read_status", needed=True), *_APPLICATION,
    )  # fmt: skip

    message_id: str
    #: Who sent the message.
    to: str
    read_status: ReadStatus
    #: "" = the phone leaves it to the centre.
    sender: str = ""
    date_s: int | None = None
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrigInd(Pdu):
    """m-read-orig-ind: the centre tells whoever sent a message whether it was read."""

    TYPE: ClassVar = PduType.READ_ORIG_IND
    LAYOUT: ClassVar = (
        _VERSION, Place(h.TO, "to", needed=True), _FROM, Place(h.READ_STATUS, "read_status", needed=True),
        _MESSAGE_ID_NEEDED, Place(h.DATE, "date_s", needed=True), *_APPLICATION,
    )  # fmt: skip

    message_id: str
    #: Who sent the message.
    to: str
    read_status: ReadStatus
    date_s: int
    #: Who read it.
    sender: str = ""
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardReq(_Charged):
    """m-forward-req: the centre is to send on a message that was not fetched."""

    TYPE: ClassVar = PduType.FORWARD_REQ
    LAYOUT: ClassVar = (
        _TRANSACTION, _VERSION, _FROM_PHONE, *_RECIPIENTS, _EXPIRY, _DELIVERY_TIME, _REPORT_ALLOWED, _DELIVERY_REPORT,
        _READ_REPORT, _LOCATION, _DATE, *_CHARGING,
    )  # fmt: skip

    transaction_id: str
    #: Of the message that is sent on.
    content_location: str
    #: "" = the phone leaves it to the centre.
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    date_s: int | None = None
    expiry: Moment | None = None
    delivery_time: Moment | None = None
    report_allowed: bool | None = None
    delivery_report: bool | None = None
    read_report: bool | None = None

    def _check(self) -> None:
        _check_recipients(self.to, self.cc, self.bcc)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardConf(Pdu):
    """m-forward-conf: what the centre says to it."""

    TYPE: ClassVar = PduType.FORWARD_CONF
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, *_RESPONSE, _MESSAGE_ID)

    transaction_id: str
    response_status: ResponseStatus
    response_text: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReq(Pdu):
    """m-delete-req: the phone will not fetch these messages."""

    TYPE: ClassVar = PduType.DELETE_REQ
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, Place(h.CONTENT_LOCATION, "locations", needed=True, many=True))

    transaction_id: str
    locations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteConf(Pdu):
    """m-delete-conf: what the centre says to it; locations are those that could not be deleted."""

    TYPE: ClassVar = PduType.DELETE_CONF
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, Place(h.CONTENT_LOCATION, "locations", many=True), *_RESPONSE)

    transaction_id: str
    response_status: ResponseStatus
    response_text: str = ""
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReq(Pdu):
    """m-cancel-req: the centre takes back a message that the phone has fetched (1.3)."""

    TYPE: ClassVar = PduType.CANCEL_REQ
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, Place(h.CANCEL_ID, "cancel_id", needed=True))

    transaction_id: str
    cancel_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelConf(Pdu):
    """m-cancel-conf: what the phone says to it (1.3)."""

    TYPE: ClassVar = PduType.CANCEL_CONF
    LAYOUT: ClassVar = (_TRANSACTION, _VERSION, Place(h.CANCEL_STATUS, "cancel_status", needed=True))

    transaction_id: str
    cancel_status: CancelStatus


PDUS: Final[dict[int, type[Pdu]]] = {
    kind.TYPE: kind
    for kind in (
        SendReq, SendConf, NotificationInd, NotifyRespInd, RetrieveConf, AcknowledgeInd, DeliveryInd, ReadRecInd,
        ReadOrigInd, ForwardReq, ForwardConf, DeleteReq, DeleteConf, CancelReq, CancelConf,
    )
}  # fmt: skip


def decode(data: bytes) -> Pdu:
    """The PDU of these octets, one of those in PDUS.

    Raises UnsupportedPdu for one of the network mailbox or of an unknown type, MmsFormatError for everything else.
    """
    if len(data) > MAX_OCTETS:
        raise MmsFormatError(f"{len(data)} octets are more than a PDU has")
    reader = wsp.Reader(data)
    kind = PDUS.get(_type_of(reader))
    if kind is None:
        raise UnsupportedPdu(_refusal(data[1]), offset=1, field="X-Mms-Message-Type")
    pdu: Pdu = kind.read(scan(reader), reader)
    return pdu


class Glimpse(NamedTuple):
    """What an answer to a PDU needs that could not be read."""

    type: PduType | None
    transaction_id: str
    version: Version | None


def glimpse(data: bytes) -> Glimpse:
    """What can be seen of a PDU, broken or unsupported as it may be. Never raises."""
    reader = wsp.Reader(data, 0, min(len(data), MAX_OCTETS))
    kind, transaction_id, version = None, "", None
    try:
        kind = PduType(_type_of(reader))
        for _ in range(4):
            code = reader.octet("header")
            value = reader.value("header")
            if code == h.TRANSACTION_ID.code:
                transaction_id = h.TRANSACTION_ID.form.read(value, "")
            elif code == h.MMS_VERSION.code:
                version = h.MMS_VERSION.form.read(value, "")
    except (ValueError, MmsFormatError):
        pass  # what was seen so far is the answer
    return Glimpse(kind, transaction_id, version)


def _type_of(reader: wsp.Reader) -> int:
    if reader.octet("X-Mms-Message-Type") != h.MESSAGE_TYPE_CODE:
        raise MmsFormatError(
            "this is no MMS PDU: the header that says its type is not the first", field="X-Mms-Message-Type"
        )
    return reader.octet("X-Mms-Message-Type")


def _refusal(value: int) -> str:
    try:
        return f"{PduType(value).title} belongs to the network mailbox (MMBox), which is not supported"
    except ValueError:
        return f"no PDU up to version 1.3 has the type {value:02X}"
