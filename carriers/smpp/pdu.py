"""Every PDU of SMPP 3.4 as a frozen value with `encode`, and `decode` for whatever came.

5.0 left the layouts of the 3.4 PDUs unchanged, so this one codec serves both. Fields carry the names of the
specification; those of the header and the optional parameters are given by keyword.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from carriers.smpp.base import Pdu, Response
from carriers.smpp.constants import HEADER_OCTETS
from carriers.smpp.layout import (
    HEADER,
    CString,
    DestinationAddress,
    Destinations,
    DistributionList,
    Layout,
    Number,
    Text,
    Unsuccessful,
    UnsuccessfulDelivery,
)
from carriers.smpp.short_message import DEST, MESSAGE, SOURCE, ShortMessage
from gateway.core.errors import MalformedPdu

_LONG_SOURCE: Layout = (*SOURCE[:2], CString("source_addr", 65))  # data_sm and alert_notification
_MESSAGE_ID = CString("message_id", 65)
# Nine octets by the specification, but carriers give out longer passwords and their clients send them.
_PASSWORD = CString("password", 65)


@dataclass(frozen=True, slots=True)
class Bind(Pdu):
    """The fields of the three binds (section 4.1). The password never shows in a repr."""

    layout = (
        CString("system_id", 16),
        _PASSWORD,
        CString("system_type", 13),
        Number("interface_version"),
        Number("addr_ton"),
        Number("addr_npi"),
        CString("address_range", 41),
    )
    system_id: str = ""
    password: str = field(default="", repr=False)
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""


class BindReceiver(Bind):
    """Asks for a session that receives."""

    __slots__ = ()
    name = "bind_receiver"
    command_id = 0x00000001


class BindTransmitter(Bind):
    """Asks for a session that submits."""

    __slots__ = ()
    name = "bind_transmitter"
    command_id = 0x00000002


class BindTransceiver(Bind):
    """Asks for a session that does both."""

    __slots__ = ()
    name = "bind_transceiver"
    command_id = 0x00000009


@dataclass(frozen=True, slots=True)
class BindResponse(Response):
    """The field of the three bind responses: what the SMSC calls itself."""

    layout = (CString("system_id", 16),)
    system_id: str = ""


class BindReceiverResp(BindResponse):
    """Answers bind_receiver."""

    __slots__ = ()
    name = "bind_receiver_resp"
    command_id = 0x80000001


class BindTransmitterResp(BindResponse):
    """Answers bind_transmitter."""

    __slots__ = ()
    name = "bind_transmitter_resp"
    command_id = 0x80000002


class BindTransceiverResp(BindResponse):
    """Answers bind_transceiver."""

    __slots__ = ()
    name = "bind_transceiver_resp"
    command_id = 0x80000009


@dataclass(frozen=True, slots=True)
class Outbind(Pdu):
    """The SMSC asks an ESME that listens to bind (section 4.1.7). Has no response."""

    name = "outbind"
    command_id = 0x0000000B
    layout = (CString("system_id", 16), _PASSWORD)
    system_id: str = ""
    password: str = field(default="", repr=False)


class Unbind(Pdu):
    """Takes leave; both sides send it."""

    __slots__ = ()
    name = "unbind"
    command_id = 0x00000006


class UnbindResp(Response):
    """Answers unbind; the line is closed next."""

    __slots__ = ()
    name = "unbind_resp"
    command_id = 0x80000006


class EnquireLink(Pdu):
    """Asks whether the peer is alive."""

    __slots__ = ()
    name = "enquire_link"
    command_id = 0x00000015


class EnquireLinkResp(Response):
    """Says that we are alive."""

    __slots__ = ()
    name = "enquire_link_resp"
    command_id = 0x80000015


class GenericNack(Response):
    """Answers a PDU whose header is wrong (section 4.3)."""

    __slots__ = ()
    name = "generic_nack"
    command_id = 0x80000000


class SubmitSm(ShortMessage):
    """One message from an ESME (section 4.4.1)."""

    __slots__ = ()
    name = "submit_sm"
    command_id = 0x00000004


class DeliverSm(ShortMessage):
    """One message or delivery receipt from an SMSC (section 4.6.1)."""

    __slots__ = ()
    name = "deliver_sm"
    command_id = 0x00000005


@dataclass(frozen=True, slots=True)
class MessageResponse(Response):
    """The field of the responses that name a message."""

    layout = (_MESSAGE_ID,)
    message_id: str = ""


class SubmitSmResp(MessageResponse):
    """Answers submit_sm; `message_id` is the SMSC's name for the message."""

    __slots__ = ()
    name = "submit_sm_resp"
    command_id = 0x80000004


class DeliverSmResp(MessageResponse):
    """Answers deliver_sm; `message_id` is unused and empty."""

    __slots__ = ()
    name = "deliver_sm_resp"
    command_id = 0x80000005


@dataclass(frozen=True, slots=True)
class DataSm(Pdu):
    """One message either way, its text in the optional parameter message_payload (section 4.7.1)."""

    name = "data_sm"
    command_id = 0x00000103
    layout = (
        CString("service_type", 6),
        *_LONG_SOURCE,
        *DEST[:2],
        CString("destination_addr", 65),
        Number("esm_class"),
        Number("registered_delivery"),
        Number("data_coding"),
    )
    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0


class DataSmResp(MessageResponse):
    """Answers data_sm."""

    __slots__ = ()
    name = "data_sm_resp"
    command_id = 0x80000103


@dataclass(frozen=True, slots=True)
class SubmitMulti(Pdu):
    """One message to at most 255 phones and lists (section 4.5.1)."""

    name = "submit_multi"
    command_id = 0x00000021
    layout = (CString("service_type", 6), *SOURCE, Destinations("dest_addresses"), *MESSAGE)
    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addresses: tuple[DestinationAddress | DistributionList, ...] = ()
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


@dataclass(frozen=True, slots=True)
class SubmitMultiResp(Response):
    """Answers submit_multi; `unsuccess_sme` are the phones it was not taken for."""

    name = "submit_multi_resp"
    command_id = 0x80000021
    layout = (_MESSAGE_ID, Unsuccessful("unsuccess_sme"))
    message_id: str = ""
    unsuccess_sme: tuple[UnsuccessfulDelivery, ...] = ()


@dataclass(frozen=True, slots=True)
class QuerySm(Pdu):
    """Asks what became of a message (section 4.8.1)."""

    name = "query_sm"
    command_id = 0x00000003
    layout = (_MESSAGE_ID, *SOURCE)
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""


@dataclass(frozen=True, slots=True)
class QuerySmResp(Response):
    """Says what became of a message; `final_date` comes in 12 or 16 characters, or empty."""

    name = "query_sm_resp"
    command_id = 0x80000003
    layout = (_MESSAGE_ID, CString("final_date", 17), Number("message_state"), Number("error_code"))
    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0


@dataclass(frozen=True, slots=True)
class CancelSm(Pdu):
    """Takes a pending message back; without `message_id` all of this source and destination (section 4.9.1)."""

    name = "cancel_sm"
    command_id = 0x00000008
    layout = (CString("service_type", 6), _MESSAGE_ID, *SOURCE, *DEST)
    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""


class CancelSmResp(Response):
    """Answers cancel_sm."""

    __slots__ = ()
    name = "cancel_sm_resp"
    command_id = 0x80000008


@dataclass(frozen=True, slots=True)
class ReplaceSm(Pdu):
    """Puts another text in the place of a pending message (section 4.10.1)."""

    name = "replace_sm"
    command_id = 0x00000007
    layout = (
        _MESSAGE_ID,
        *SOURCE,
        CString("schedule_delivery_time", 17),
        CString("validity_period", 17),
        Number("registered_delivery"),
        Number("sm_default_msg_id"),
        Text("short_message"),
    )
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


class ReplaceSmResp(Response):
    """Answers replace_sm."""

    __slots__ = ()
    name = "replace_sm_resp"
    command_id = 0x80000007


@dataclass(frozen=True, slots=True)
class AlertNotification(Pdu):
    """Tells that a phone can be reached again (section 4.12.1). Has no response."""

    name = "alert_notification"
    command_id = 0x00000102
    layout = (
        *_LONG_SOURCE,
        Number("esme_addr_ton"),
        Number("esme_addr_npi"),
        CString("esme_addr", 65),
    )
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""


PDUS: dict[int, type[Pdu]] = {
    it.command_id: it
    for it in (
        BindReceiver, BindTransmitter, BindTransceiver, BindReceiverResp, BindTransmitterResp,
        BindTransceiverResp, Outbind, Unbind, UnbindResp, EnquireLink, EnquireLinkResp, GenericNack, SubmitSm,
        SubmitSmResp, DeliverSm, DeliverSmResp, DataSm, DataSmResp, SubmitMulti, SubmitMultiResp, QuerySm,
        QuerySmResp, CancelSm, CancelSmResp, ReplaceSm, ReplaceSmResp, AlertNotification,
    )
}  # fmt: skip

_header = HEADER.unpack_from


def decode(data: bytes) -> Pdu:
    """The PDU whose octets these are, all of them.

    Raises MalformedPdu, with offset and field, when they are not exactly one PDU of a known command.
    """
    if len(data) < HEADER_OCTETS:
        raise MalformedPdu(f"{len(data)} octets are no header", field="command_length")
    length, command_id, command_status, sequence_number = _header(data)
    if length != len(data):
        raise MalformedPdu(f"command_length {length} of {len(data)} octets", field="command_length")
    kind = PDUS.get(command_id)
    if kind is None:
        raise MalformedPdu(f"unknown command 0x{command_id:08x}", offset=4, field="command_id")
    return kind.read(data, command_status, sequence_number)
