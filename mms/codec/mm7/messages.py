"""The messages of MM7 (3GPP TS 23.140 8.7, annex L): a dataclass each, with fields in the order of the schema.

What is not said is "" or None. Enumerated words are texts: in the schema's spelling when it knows them, else as they
came. `version` is the MM7Version. The content travels beside the message (`envelope.Envelope.body`).
"""

from __future__ import annotations

from dataclasses import dataclass

from mms.codec.mm7.values import (
    Address,
    Capabilities,
    ContentReference,
    Recipients,
    ReplyCharging,
    SenderIdentification,
    Status,
    When,
)

_NO_SENDER = SenderIdentification()
_NO_RECIPIENTS = Recipients()
_NO_STATUS = Status(0)


@dataclass(frozen=True, slots=True)
class SubmitReq:
    """A service provider wants an MMS sent."""

    version: str = ""
    sender: SenderIdentification = _NO_SENDER
    recipients: Recipients = _NO_RECIPIENTS
    service_code: str = ""
    linked_id: str = ""
    message_class: str = ""
    timestamp: When | None = None
    reply_charging: ReplyCharging | None = None
    earliest: When | None = None
    expiry: When | None = None
    delivery_report: bool | None = None
    read_reply: bool | None = None
    priority: str = ""
    subject: str = ""
    charged_party: str = ""
    charged_party_id: str = ""
    #: False: the content must not be passed on.
    distribution: bool | None = None
    delivery_conditions: tuple[str, ...] = ()
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""
    content_class: str = ""
    drm_content: bool | None = None
    content: ContentReference | None = None


@dataclass(frozen=True, slots=True)
class SubmitRsp:
    """The centre answers; reports name the message id."""

    version: str = ""
    status: Status = _NO_STATUS
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class DeliverReq:
    """The centre brings an MMS that a phone wrote."""

    version: str = ""
    server_id: str = ""
    vasp_id: str = ""
    vas_id: str = ""
    linked_id: str = ""
    sender: Address | None = None
    recipients: Recipients = _NO_RECIPIENTS
    sender_spi: str = ""
    recipient_spi: str = ""
    timestamp: When | None = None
    reply_charging_id: str = ""
    priority: str = ""
    subject: str = ""
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""
    capabilities: Capabilities | None = None
    content: ContentReference | None = None


@dataclass(frozen=True, slots=True)
class DeliverRsp:
    """The service provider has it, or not."""

    version: str = ""
    status: Status = _NO_STATUS
    service_code: str = ""


@dataclass(frozen=True, slots=True)
class CancelReq:
    """The service provider wants a message that was not delivered yet taken back."""

    version: str = ""
    sender: SenderIdentification = _NO_SENDER
    message_id: str = ""
    recipients: Recipients | None = None
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""


@dataclass(frozen=True, slots=True)
class CancelRsp:
    """The centre answers."""

    version: str = ""
    status: Status = _NO_STATUS


@dataclass(frozen=True, slots=True)
class ReplaceReq:
    """The service provider wants another content in the place of one that was not delivered yet."""

    version: str = ""
    sender: SenderIdentification = _NO_SENDER
    message_id: str = ""
    service_code: str = ""
    timestamp: When | None = None
    read_reply: bool | None = None
    earliest: When | None = None
    distribution: bool | None = None
    content_class: str = ""
    drm_content: bool | None = None
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""
    content: ContentReference | None = None


@dataclass(frozen=True, slots=True)
class ReplaceRsp:
    """The centre answers."""

    version: str = ""
    status: Status = _NO_STATUS


@dataclass(frozen=True, slots=True)
class DeliveryReportReq:
    """The centre tells what became of a message at one phone."""

    version: str = ""
    server_id: str = ""
    message_id: str = ""
    recipient: Address | None = None
    sender: Address | None = None
    date: When | None = None
    mm_status: str = ""
    mm_status_extension: str = ""
    #: China Mobile's own code beside the status.
    error_code: str = ""
    status_text: str = ""
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""
    capabilities: Capabilities | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReportRsp:
    """The service provider has it, or not."""

    version: str = ""
    status: Status = _NO_STATUS


@dataclass(frozen=True, slots=True)
class ReadReplyReq:
    """The centre tells what somebody did with a message."""

    version: str = ""
    server_id: str = ""
    message_id: str = ""
    recipient: Address | None = None
    sender: Address | None = None
    timestamp: When | None = None
    mm_status: str = ""
    status_text: str = ""
    applic_id: str = ""
    reply_applic_id: str = ""
    aux_applic_info: str = ""


@dataclass(frozen=True, slots=True)
class ReadReplyRsp:
    """The service provider has it, or not."""

    version: str = ""
    status: Status = _NO_STATUS


@dataclass(frozen=True, slots=True)
class Fault:
    """A request that was not even understood; an answer to any of them."""

    version: str = ""
    status: Status = _NO_STATUS
    #: "Client" or "Server", without prefix.
    fault_code: str = "Client"
    fault_text: str = ""
    #: A service provider says so (VASPErrorRsp), not a centre (RSErrorRsp).
    by_vasp: bool = False


Request = SubmitReq | DeliverReq | CancelReq | ReplaceReq | DeliveryReportReq | ReadReplyReq
Response = SubmitRsp | DeliverRsp | CancelRsp | ReplaceRsp | DeliveryReportRsp | ReadReplyRsp
Message = Request | Response | Fault

#: Each request and what it is answered with.
ANSWERS: dict[type[Request], type[Response]] = {
    SubmitReq: SubmitRsp,
    DeliverReq: DeliverRsp,
    CancelReq: CancelRsp,
    ReplaceReq: ReplaceRsp,
    DeliveryReportReq: DeliveryReportRsp,
    ReadReplyReq: ReadReplyRsp,
}
