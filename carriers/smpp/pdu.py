"""Every PDU of SMPP 3.4 as a frozen value with `encode`, and `decode` for whatever came.

5.0 left the layouts of the 3.4 PDUs unchanged, so this one codec serves both. Fields carry the names of the
specification; those of the header and the optional parameters are given by keyword. What `decode` takes, `encode`
writes again to the same octets, so odd but readable PDUs keep their oddities: `trailing` holds octets behind the
last optional parameter, `has_body` tells whether a response had a body at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from carriers.smpp import tlv
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
from carriers.smpp.tlv import Tlv
from gateway.core.errors import LocalProtocolError, MalformedPdu

_SOURCE: Layout = (Number("source_addr_ton"), Number("source_addr_npi"), CString("source_addr", 21))
_LONG_SOURCE: Layout = (*_SOURCE[:2], CString("source_addr", 65))  # data_sm and alert_notification
_DEST: Layout = (Number("dest_addr_ton"), Number("dest_addr_npi"), CString("destination_addr", 21))
_MESSAGE_ID = CString("message_id", 65)
# Nine octets by the specification, but carriers give out longer passwords and their clients send them.
_PASSWORD = CString("password", 65)
_MESSAGE: Layout = (
    Number("esm_class"),
    Number("protocol_id"),
    Number("priority_flag"),
    CString("schedule_delivery_time", 17),
    CString("validity_period", 17),
    Number("registered_delivery"),
    Number("replace_if_present_flag"),
    Number("data_coding"),
    Number("sm_default_msg_id"),
    Text("short_message"),
)


@dataclass(frozen=True, slots=True)
class Pdu:
    """What every PDU has: the header's numbers and the optional parameters in the order they came."""

    name: ClassVar[str]
    command_id: ClassVar[int]
    layout: ClassVar[Layout] = ()

    sequence_number: int = field(default=0, kw_only=True)
    command_status: int = field(default=0, kw_only=True)
    tlvs: tuple[Tlv, ...] = field(default=(), kw_only=True)
    trailing: bytes = field(default=b"", kw_only=True)

    def encode(self, sequence_number: int | None = None) -> bytes:
        """The octets of the PDU, with that sequence number instead of its own when one is given.

        Raises LocalProtocolError, naming the field, for a string over its maximum or a number out of its range.
        """
        return self._with_header(self._body(), sequence_number)

    def _body(self) -> bytes:
        return b"".join([it.write(getattr(self, it.name)) for it in self.layout])

    def _with_header(self, body: bytes, sequence_number: int | None) -> bytes:
        if self.tlvs:
            body += tlv.encode(self.tlvs)
        body += self.trailing
        if sequence_number is None:
            sequence_number = self.sequence_number
        try:
            head = HEADER.pack(
                HEADER_OCTETS + len(body), self.command_id, self.command_status, sequence_number
            )
        except Exception as error:
            raise LocalProtocolError("a number of the header takes more than 32 bits") from error
        return head + body

    @classmethod
    def read(cls, data: bytes, command_status: int, sequence_number: int) -> Self:
        """The PDU whose whole octets these are, the header already judged. Raises MalformedPdu."""
        at = HEADER_OCTETS
        values: dict[str, Any] = {}
        for it in cls.layout:
            values[it.name], at = it.read(data, at)
        tlvs, at = tlv.decode(data, at)
        return cls(
            sequence_number=sequence_number,
            command_status=command_status,
            tlvs=tlvs,
            trailing=data[at:],
            **values,
        )


@dataclass(frozen=True, slots=True)
class Response(Pdu):
    """What every response has. Its body may be missing, and mostly is when it brings an error."""

    has_body: bool = field(default=True, kw_only=True)

    def _body(self) -> bytes:
        if self.has_body:
            return b"".join([it.write(getattr(self, it.name)) for it in self.layout])
        if self.tlvs:
            raise LocalProtocolError("a response without body has no optional parameters")
        return b""

    @classmethod
    def read(cls, data: bytes, command_status: int, sequence_number: int) -> Self:
        """The response; one that brings an error is taken whatever its body, which then is in `trailing`."""
        # super() without arguments does not survive the second class that slots=True makes.
        parent: Any = super(Response, cls)
        if cls.layout and len(data) == HEADER_OCTETS:
            return cls(sequence_number=sequence_number, command_status=command_status, has_body=False)
        try:
            return parent.read(data, command_status, sequence_number)  # type: ignore[no-any-return]
        except MalformedPdu:
            if not command_status:
                raise
            return cls(
                sequence_number=sequence_number,
                command_status=command_status,
                has_body=False,
                trailing=data[HEADER_OCTETS:],
            )


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


@dataclass(frozen=True, slots=True)
class ShortMessage(Pdu):
    """The fields that submit_sm and deliver_sm share, and their fast way through the codec."""

    layout = (CString("service_type", 6), *_SOURCE, *_DEST, *_MESSAGE)
    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
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

    def encode(self, sequence_number: int | None = None) -> bytes:
        """As `Pdu.encode`: the whole body but its text is one string, packed at once."""
        service_type = self.service_type
        source = self.source_addr
        destination = self.destination_addr
        schedule = self.schedule_delivery_time
        validity = self.validity_period
        text = self.short_message
        strings = f"{service_type}{source}{destination}{schedule}{validity}"
        try:
            if (
                len(service_type) > 5
                or len(source) > 20
                or len(destination) > 20
                or len(schedule) > 16
                or len(validity) > 16
                or "\0" in strings
            ):
                raise ValueError
            body = (
                f"{service_type}\0{chr(self.source_addr_ton)}{chr(self.source_addr_npi)}{source}\0"
                f"{chr(self.dest_addr_ton)}{chr(self.dest_addr_npi)}{destination}\0"
                f"{chr(self.esm_class)}{chr(self.protocol_id)}{chr(self.priority_flag)}{schedule}\0{validity}\0"
                f"{chr(self.registered_delivery)}{chr(self.replace_if_present_flag)}{chr(self.data_coding)}"
                f"{chr(self.sm_default_msg_id)}{chr(len(text))}"
            ).encode("latin-1")
            if not self.tlvs and not self.trailing:
                return HEADER.pack(
                    HEADER_OCTETS + len(body) + len(text),
                    self.command_id,
                    self.command_status,
                    self.sequence_number if sequence_number is None else sequence_number,
                ) + body + text
        except (ValueError, OverflowError):
            # Something is out of its bounds: the slow way finds out what and says so.
            body, text = b"".join([it.write(getattr(self, it.name)) for it in self.layout]), b""
        except Exception as error:
            raise LocalProtocolError("a number of the header takes more than 32 bits") from error
        return self._with_header(body + text, sequence_number)

    @classmethod
    def read(cls, data: bytes, command_status: int, sequence_number: int) -> Self:
        """As `Pdu.read`, with the layout written out."""
        # A frozen dataclass pays a method call for every field it is made with, two microseconds for these. The
        # draft has the same slots, takes plain assignments, and becomes the frozen class when all is in place.
        pdu: Any = _new(_Draft)
        at = HEADER_OCTETS
        name = "service_type"
        try:
            end = data.index(0, at)
            if end - at > 5:
                raise MalformedPdu("string longer than 5", offset=at, field=name)
            pdu.service_type = str(data[at:end], "latin-1") if end > at else ""
            name = "source_addr"
            at = end + 3
            end = data.index(0, at)
            if end - at > 20:
                raise MalformedPdu("string longer than 20", offset=at, field=name)
            pdu.source_addr_ton = data[at - 2]
            pdu.source_addr_npi = data[at - 1]
            pdu.source_addr = str(data[at:end], "latin-1")
            name = "destination_addr"
            at = end + 3
            end = data.index(0, at)
            if end - at > 20:
                raise MalformedPdu("string longer than 20", offset=at, field=name)
            pdu.dest_addr_ton = data[at - 2]
            pdu.dest_addr_npi = data[at - 1]
            pdu.destination_addr = str(data[at:end], "latin-1")
            name = "schedule_delivery_time"
            at = end + 4
            end = data.index(0, at)
            if end - at > 16:
                raise MalformedPdu("string longer than 16", offset=at, field=name)
            pdu.esm_class = data[at - 3]
            pdu.protocol_id = data[at - 2]
            pdu.priority_flag = data[at - 1]
            pdu.schedule_delivery_time = str(data[at:end], "latin-1") if end > at else ""
            name = "validity_period"
            at = end + 1
            end = data.index(0, at)
            if end - at > 16:
                raise MalformedPdu("string longer than 16", offset=at, field=name)
            pdu.validity_period = str(data[at:end], "latin-1") if end > at else ""
            name = "sm_length"
            at = end + 6
            end = at + data[at - 1]
        except (ValueError, IndexError) as error:
            raise MalformedPdu("PDU ends too early", offset=min(at, len(data)), field=name) from error
        size = len(data)
        if end > size:
            raise MalformedPdu("sm_length runs past the end", offset=at - 1, field="short_message")
        pdu.registered_delivery = data[at - 5]
        pdu.replace_if_present_flag = data[at - 4]
        pdu.data_coding = data[at - 3]
        pdu.sm_default_msg_id = data[at - 2]
        pdu.short_message = data[at:end]
        if end == size:
            pdu.tlvs = ()
            pdu.trailing = b""
        else:
            pdu.tlvs, end = tlv.decode(data, end)
            pdu.trailing = data[end:]
        pdu.command_status = command_status
        pdu.sequence_number = sequence_number
        pdu.__class__ = cls
        return pdu  # type: ignore[no-any-return]


class _Draft(ShortMessage):
    """A ShortMessage being made."""

    __slots__ = ()
    # Both, or the interpreter goes through the frozen class's methods all the same: they share one slot.
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


_new = object.__new__


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
        *_DEST[:2],
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
    layout = (CString("service_type", 6), *_SOURCE, Destinations("dest_addresses"), *_MESSAGE)
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
    layout = (_MESSAGE_ID, *_SOURCE)
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
    layout = (CString("service_type", 6), _MESSAGE_ID, *_SOURCE, *_DEST)
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
        *_SOURCE,
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
        BindReceiver, BindTransmitter, BindTransceiver, BindReceiverResp, BindTransmitterResp, BindTransceiverResp,
        Outbind, Unbind, UnbindResp, EnquireLink, EnquireLinkResp, GenericNack, SubmitSm, SubmitSmResp, DeliverSm,
        DeliverSmResp, DataSm, DataSmResp, SubmitMulti, SubmitMultiResp, QuerySm, QuerySmResp, CancelSm,
        CancelSmResp, ReplaceSm, ReplaceSmResp, AlertNotification,
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
