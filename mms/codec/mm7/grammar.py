"""The elements of every message in the order of the schema. Pure.

Read in any order by local names, written in this order. Element names that came wrong from known senders are read as
what they mean (`Slot.also`). Elements nobody knows are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gateway.core.errors import MalformedPdu, NotEncodable
from mms.codec.mm7 import elements, messages
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.elements import Read, Write, Writer
from mms.codec.mm7.markup import Element
from mms.codec.mm7.messages import Message
from mms.codec.mm7.values import Recipients


@dataclass(frozen=True, slots=True)
class Slot:
    """One element of a message, and the field it is."""

    element: str
    field: str
    read: Read
    write: Write
    #: Must be written, whatever its value.
    required: bool = False
    also: tuple[str, ...] = ()


def _text(element: str, field: str, *, required: bool = False, also: tuple[str, ...] = ()) -> Slot:
    return Slot(element, field, elements.read_text, elements.write_text, required, also)


def _flag(element: str, field: str) -> Slot:
    return Slot(element, field, elements.read_flag, elements.write_flag)


def _time(element: str, field: str, *also: str) -> Slot:
    return Slot(element, field, elements.read_time, elements.write_time, also=also)


def _words(element: str, field: str, *words: str, required: bool = False) -> Slot:
    return Slot(element, field, elements.choice(*words), elements.write_text, required)


_VERSION = _text("MM7Version", "version", required=True)
_SERVER = _text("MMSRelayServerID", "server_id")
_IDENTIFICATION = Slot(
    "SenderIdentification", "sender", elements.read_identification, elements.write_identification, required=True
)
_RECIPIENTS = Slot("Recipients", "recipients", elements.read_recipients, elements.write_recipients)
_STATUS = Slot("Status", "status", elements.read_status, elements.write_status, required=True)
_MESSAGE_ID = _text("MessageID", "message_id", required=True)
_PRIORITY = _words("Priority", "priority", "Normal", "High", "Low")
_CLASS = _words(
    "ContentClass", "content_class", "text", "image-basic", "image-rich", "video-basic", "video-rich", "megapixel",
    "content-basic", "content-rich",
)  # fmt: skip
_APPLICATION = (
    _text("ApplicID", "applic_id"),
    _text("ReplyApplicID", "reply_applic_id"),
    _text("AuxApplicInfo", "aux_applic_info", also=("AuxApplicId",)),
)
_EARLIEST = _time("EarliestDeliveryTime", "earliest", "EarlistDeliveryTime")
_CAPABILITIES = Slot("UACapabilities", "capabilities", elements.read_capabilities, elements.write_capabilities)
_CONTENT = Slot("Content", "content", elements.read_content, elements.write_content)
_RECIPIENT = Slot("Recipient", "recipient", elements.read_address, elements.write_address)
_SENDER = Slot("Sender", "sender", elements.read_address, elements.write_sender)

SLOTS: Final[dict[type[Message], tuple[Slot, ...]]] = {
    messages.SubmitReq: (
        _VERSION,
        _IDENTIFICATION,
        Slot("Recipients", "recipients", elements.read_recipients, elements.write_recipients, required=True),
        _text("ServiceCode", "service_code"),
        _text("LinkedID", "linked_id"),
        _words("MessageClass", "message_class", "Personal", "Informational", "Advertisement", "Auto"),
        _time("TimeStamp", "timestamp"),
        Slot("ReplyCharging", "reply_charging", elements.read_charging, elements.write_charging),
        _EARLIEST,
        _time("ExpiryDate", "expiry"),
        _flag("DeliveryReport", "delivery_report"),
        _flag("ReadReply", "read_reply"),
        _PRIORITY,
        _text("Subject", "subject"),
        _words("ChargedParty", "charged_party", "Sender", "Recipient", "Both", "Neither", "ThirdParty"),
        _text("ChargedPartyID", "charged_party_id"),
        _flag("DistributionIndicator", "distribution"),
        Slot("DeliveryCondition", "delivery_conditions", elements.read_conditions, elements.write_conditions),
        *_APPLICATION,
        _CLASS,
        _flag("DRMContent", "drm_content"),
        _CONTENT,
    ),
    messages.SubmitRsp: (_VERSION, _STATUS, _MESSAGE_ID),
    messages.DeliverReq: (
        _VERSION,
        _SERVER,
        _text("VASPID", "vasp_id"),
        _text("VASID", "vas_id"),
        _text("LinkedID", "linked_id"),
        _SENDER,
        _RECIPIENTS,
        _text("SenderSPI", "sender_spi"),
        _text("RecipientSPI", "recipient_spi"),
        _time("TimeStamp", "timestamp"),
        _text("ReplyChargingID", "reply_charging_id"),
        _PRIORITY,
        _text("Subject", "subject"),
        *_APPLICATION,
        _CAPABILITIES,
        _CONTENT,
    ),
    messages.DeliverRsp: (_VERSION, _STATUS, _text("ServiceCode", "service_code")),
    messages.CancelReq: (_VERSION, _IDENTIFICATION, _MESSAGE_ID, _RECIPIENTS, *_APPLICATION),
    messages.CancelRsp: (_VERSION, _STATUS),
    messages.ReplaceReq: (
        _VERSION,
        _IDENTIFICATION,
        _MESSAGE_ID,
        _text("ServiceCode", "service_code"),
        _time("TimeStamp", "timestamp"),
        _flag("ReadReply", "read_reply"),
        _EARLIEST,
        _flag("DistributionIndicator", "distribution"),
        _CLASS,
        _flag("DRMContent", "drm_content"),
        *_APPLICATION,
        _CONTENT,
    ),
    messages.ReplaceRsp: (_VERSION, _STATUS),
    messages.DeliveryReportReq: (
        _VERSION,
        _SERVER,
        _MESSAGE_ID,
        _RECIPIENT,
        _SENDER,
        Slot("Date", "date", elements.read_time, elements.write_report_time, also=("TimeStamp",)),
        _words(
            "MMStatus", "mm_status", "Expired", "Retrieved", "Rejected", "Indeterminate", "Forwarded", "Unrecognised",
            "Deferred", "DeliveryConditionNotMet", required=True,
        ),
        _text("MMStatusErrorCode", "error_code"),
        _words("MMStatusExtension", "mm_status_extension", "RejectionByMMSRecipient", "RejectionByOtherRS"),
        _text("StatusText", "status_text"),
        *_APPLICATION,
        _CAPABILITIES,
    ),
    messages.DeliveryReportRsp: (_VERSION, _STATUS),
    messages.ReadReplyReq: (
        _VERSION,
        _SERVER,
        _MESSAGE_ID,
        _RECIPIENT,
        _SENDER,
        _time("TimeStamp", "timestamp", "Date"),
        _words("MMStatus", "mm_status", "Indeterminate", "Read", "Deleted", required=True),
        _text("StatusText", "status_text"),
        *_APPLICATION,
    ),
    messages.ReadReplyRsp: (_VERSION, _STATUS),
    messages.Fault: (_VERSION, _STATUS),
}  # fmt: skip

_BY_NAME: Final = {kind.__name__: kind for kind in SLOTS if kind is not messages.Fault}


def message_names() -> list[str]:
    """The local names of all elements that are messages."""
    return list(_BY_NAME)


def read_message(element: Element, dialect: Dialect) -> Message:
    """The message an element is. Raises MalformedPdu when it is none."""
    kind = _BY_NAME.get(element.name)
    if kind is None:
        raise MalformedPdu("no message of MM7", field=element.name[:80])
    return kind(**read_fields(element, kind, dialect))


def read_fields(element: Element, kind: type[Message], dialect: Dialect) -> dict[str, Any]:
    """The fields of a message that are there."""
    slots = SLOTS[kind]
    values: dict[str, Any] = {}
    for names in ([(slot, (slot.element,)) for slot in slots], [(slot, slot.also) for slot in slots]):
        for slot, spellings in names:
            found = element.child(*spellings) if slot.field not in values else None
            value = slot.read(found, dialect) if found is not None else None
            if value is not None:
                values[slot.field] = value
    if kind is messages.DeliverReq:
        _mend_deliver(element, dialect, values)
    return values


def _mend_deliver(element: Element, dialect: Dialect, values: dict[str, Any]) -> None:
    """China Mobile's and Huawei's centres put a SenderIdentification into DeliverReq."""
    found = element.child("SenderIdentification")
    if found is None:
        return
    sender = elements.read_identification(found, dialect)
    for name, value in (("vasp_id", sender.vasp_id), ("vas_id", sender.vas_id), ("sender", sender.address)):
        if value:
            values.setdefault(name, value)


def write_fields(out: Writer, message: Message) -> None:
    """The elements of a message in the order of the schema. Raises NotEncodable for one that must have a value."""
    for slot in SLOTS[type(message)]:
        value = getattr(message, slot.field)
        if slot is _VERSION and not value:
            value = out.dialect.version
        if value is None or value == "" or value == () or (value == Recipients() and not slot.required):
            if slot.element in out.dialect.required and isinstance(message, messages.SubmitReq):
                raise NotEncodable(f"{out.dialect.title} wants a {slot.element}.")
            if not slot.required:
                continue
            value = "" if value is None else value
        slot.write(out, slot.element, value)
