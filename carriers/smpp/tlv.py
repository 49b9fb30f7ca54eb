"""Optional parameters (TLVs): kept as they came, read by their type when asked."""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, NamedTuple

from gateway.core.errors import LocalProtocolError, MalformedPdu

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = struct.Struct(">HH")


class Tlv(NamedTuple):
    """One optional parameter: tag, then the octets of its value as they came."""

    tag: int
    value: bytes


class Kind(enum.Enum):
    """How the value of a known tag reads."""

    INTEGER = "integer"
    TEXT = "text"  # C-octet string; the final 0x00 is written, and may be missing when read
    OCTETS = "octets"


class Parameter(NamedTuple):
    """What the specification says of one tag: name, kind, least and most octets of the value."""

    name: str
    kind: Kind
    least: int
    most: int


def _integer(name: str, octets: int) -> Parameter:
    return Parameter(name, Kind.INTEGER, octets, octets)


def _text(name: str, least: int, most: int) -> Parameter:
    return Parameter(name, Kind.TEXT, least, most)


def _octets(name: str, least: int, most: int) -> Parameter:
    return Parameter(name, Kind.OCTETS, least, most)


#: SMPP 3.4 section 5.3.2, then what 5.0 adds from 0x0428 on.
PARAMETERS: dict[int, Parameter] = {
    0x0005: _integer("dest_addr_subunit", 1),
    0x0006: _integer("dest_network_type", 1),
    0x0007: _integer("dest_bearer_type", 1),
    0x0008: _integer("dest_telematics_id", 2),
    0x000D: _integer("source_addr_subunit", 1),
    0x000E: _integer("source_network_type", 1),
    0x000F: _integer("source_bearer_type", 1),
    0x0010: _integer("source_telematics_id", 1),  # one octet, unlike 0x0008
    0x0017: _integer("qos_time_to_live", 4),
    0x0019: _integer("payload_type", 1),
    0x001D: _text("additional_status_info_text", 1, 256),
    0x001E: _text("receipted_message_id", 1, 65),
    0x0030: _integer("ms_msg_wait_facilities", 1),
    0x0201: _integer("privacy_indicator", 1),
    0x0202: _octets("source_subaddress", 2, 23),
    0x0203: _octets("dest_subaddress", 2, 23),
    0x0204: _integer("user_message_reference", 2),
    0x0205: _integer("user_response_code", 1),
    0x020A: _integer("source_port", 2),
    0x020B: _integer("destination_port", 2),
    0x020C: _integer("sar_msg_ref_num", 2),
    0x020D: _integer("language_indicator", 1),
    0x020E: _integer("sar_total_segments", 1),
    0x020F: _integer("sar_segment_seqnum", 1),
    0x0210: _integer("sc_interface_version", 1),
    0x0302: _integer("callback_num_pres_ind", 1),
    0x0303: _octets("callback_num_atag", 0, 65),
    0x0304: _integer("number_of_messages", 1),
    0x0381: _octets("callback_num", 4, 19),
    0x0420: _integer("dpf_result", 1),
    0x0421: _integer("set_dpf", 1),
    0x0422: _integer("ms_availability_status", 1),
    0x0423: _octets("network_error_code", 3, 3),
    0x0424: _octets("message_payload", 0, 65535),
    0x0425: _integer("delivery_failure_reason", 1),
    0x0426: _integer("more_messages_to_send", 1),
    0x0427: _integer("message_state", 1),
    0x0428: _integer("congestion_state", 1),
    0x0501: _integer("ussd_service_op", 1),
    0x0600: _integer("broadcast_channel_indicator", 1),
    0x0601: _octets("broadcast_content_type", 3, 3),
    0x0602: _octets("broadcast_content_type_info", 1, 255),
    0x0603: _integer("broadcast_message_class", 1),
    0x0604: _integer("broadcast_rep_num", 2),
    0x0605: _octets("broadcast_frequency_interval", 3, 3),
    0x0606: _octets("broadcast_area_identifier", 0, 65535),
    0x0607: _integer("broadcast_error_status", 4),
    0x0608: _integer("broadcast_area_success", 1),
    0x0609: _text("broadcast_end_time", 16, 17),
    0x060A: _octets("broadcast_service_group", 1, 255),
    0x060B: _octets("billing_identification", 1, 1024),
    0x060D: _text("source_network_id", 7, 65),
    0x060E: _text("dest_network_id", 7, 65),
    0x060F: _octets("source_node_id", 6, 6),
    0x0610: _octets("dest_node_id", 6, 6),
    0x0611: _integer("dest_addr_np_resolution", 1),
    0x0612: _octets("dest_addr_np_information", 10, 10),
    0x0613: _octets("dest_addr_np_country", 1, 5),
    0x1201: _integer("display_time", 1),
    0x1203: _integer("sms_signal", 2),
    0x1204: _integer("ms_validity", 1),
    0x130C: _octets("alert_on_message_delivery", 0, 1),
    0x1380: _integer("its_reply_type", 1),
    0x1383: _octets("its_session_info", 2, 2),
}

TAGS: dict[str, int] = {parameter.name: tag for tag, parameter in PARAMETERS.items()}

RECEIPTED_MESSAGE_ID = TAGS["receipted_message_id"]
SOURCE_PORT = TAGS["source_port"]
DESTINATION_PORT = TAGS["destination_port"]
SAR_MSG_REF_NUM = TAGS["sar_msg_ref_num"]
SAR_TOTAL_SEGMENTS = TAGS["sar_total_segments"]
SAR_SEGMENT_SEQNUM = TAGS["sar_segment_seqnum"]
SC_INTERFACE_VERSION = TAGS["sc_interface_version"]
NETWORK_ERROR_CODE = TAGS["network_error_code"]
MESSAGE_PAYLOAD = TAGS["message_payload"]
MESSAGE_STATE = TAGS["message_state"]


def make(name: str, value: int | str | bytes) -> Tlv:
    """The parameter of that name with that value, in the octets the specification gives it.

    Raises LocalProtocolError for an unknown name, a value of the wrong type or one of the wrong size.
    """
    tag = TAGS.get(name)
    if tag is None:
        raise LocalProtocolError(f"there is no optional parameter {name!r}")
    _, kind, least, most = PARAMETERS[tag]
    try:
        if kind is Kind.INTEGER and isinstance(value, int):
            octets = value.to_bytes(least, "big")
        elif kind is Kind.TEXT and isinstance(value, str):
            octets = value.encode("latin-1") + b"\0"
        elif kind is Kind.OCTETS and isinstance(value, bytes):
            octets = value
        else:
            raise LocalProtocolError(f"{name} takes {kind.value}, not {type(value).__name__}")
    except (OverflowError, UnicodeEncodeError) as error:
        raise LocalProtocolError(f"{name} cannot hold {value!r}") from error
    if not least <= len(octets) <= most:
        raise LocalProtocolError(f"{name} takes {least} to {most} octets, not {len(octets)}")
    return Tlv(tag, octets)


def value_of(tlv: Tlv) -> int | str | bytes:
    """The value by its type; the octets themselves for unknown tags and for values of the wrong size."""
    parameter = PARAMETERS.get(tlv.tag)
    if parameter is not None:
        if parameter.kind is Kind.INTEGER and len(tlv.value) == parameter.least:
            return int.from_bytes(tlv.value, "big")
        if parameter.kind is Kind.TEXT:
            return tlv.value.split(b"\0", 1)[0].decode("latin-1")
    return tlv.value


def find(tlvs: Iterable[Tlv], tag: int) -> bytes | None:
    """The octets of the first parameter with that tag."""
    for tlv in tlvs:
        if tlv.tag == tag:
            return tlv.value
    return None


def integer(tlvs: Iterable[Tlv], tag: int) -> int | None:
    """The number in the first parameter with that tag; None when it is absent or empty.

    The size is not judged: some peers write numbers in more octets than the table says.
    """
    value = find(tlvs, tag)
    return int.from_bytes(value, "big") if value else None


def text(tlvs: Iterable[Tlv], tag: int) -> str | None:
    """The C-octet string in the first parameter with that tag, with or without its final 0x00."""
    value = find(tlvs, tag)
    return None if value is None else value.split(b"\0", 1)[0].decode("latin-1")


def encode(tlvs: Iterable[Tlv]) -> bytes:
    """All parameters in their order. Raises LocalProtocolError for a tag or a value beyond 16 bits."""
    try:
        return b"".join([_HEAD.pack(tag, len(value)) + value for tag, value in tlvs])
    except struct.error as error:
        raise LocalProtocolError("an optional parameter has a tag or a length beyond 65535") from error


def decode(data: bytes, at: int) -> tuple[tuple[Tlv, ...], int]:
    """The parameters from `at` on, and where they end.

    Fewer than four octets may stay behind the end: peers append a stray 0x00 to short_message. Raises
    MalformedPdu when a parameter claims more octets than there are.
    """
    size = len(data)
    found = []
    while size - at >= 4:
        tag, length = _HEAD.unpack_from(data, at)
        end = at + 4 + length
        if end > size:
            raise MalformedPdu("optional parameter runs past the end", offset=at, field="tlvs")
        found.append(Tlv(tag, data[at + 4 : end]))
        at = end
    return tuple(found), at
