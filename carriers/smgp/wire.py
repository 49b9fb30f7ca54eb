"""A PDU as a JSON object for people, and back without a bit lost.

The keys are the field names of the specification. MsgID is 20 hexadecimal digits, other numbers are numbers, text
fields are strings or, where they hold anything but printable ASCII, {"hex": …}; digests and MsgContent are
hexadecimal. Optional parameters are a list, in their order. "Reading" explains the rest; `encode_line` does not look
at it, nor at lengths and counts.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from carriers.line_fields import octets, shown_text, taken, text_octets
from carriers.message_format import content_reading
from carriers.smgp import status
from carriers.smgp.codec import decode, encode
from carriers.smgp.message_id import MessageId, hex_form
from carriers.smgp.pdu import (
    NO_MSG_ID,
    ActiveTestResp,
    Deliver,
    DeliverResp,
    Forward,
    ForwardResp,
    Login,
    LoginMode,
    LoginResp,
    Pdu,
    Route,
    Submit,
    SubmitResp,
    Unread,
    field_text,
    version_text,
)
from carriers.smgp.reports import Report
from carriers.smgp.tables import BY_KIND, ROUTES, UNREAD
from carriers.smgp.tlv import NAMES, TEXTS, Tag, Tlv, number_of
from gateway.core.errors import BadRequest, LocalProtocolError, MalformedPdu
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.smgp.layout import Field, Layout

_HEADER = struct.Struct(">LLL")
_TAGS = {name: tag for tag, name in NAMES.items()}
_MODES: dict[int, str] = {LoginMode.SEND: "send", LoginMode.RECEIVE: "receive", LoginMode.BOTH: "send and receive"}


def decode_line(data: bytes, *, fixed_fee: bool = True) -> dict[str, Any]:
    """Everything in one whole frame; raises MalformedPdu, which says where and why."""
    sequence_id, pdu = decode(data, fixed_fee=fixed_fee)
    total, request_id, _ = _HEADER.unpack_from(data)
    line: dict[str, Any] = {
        "PDU": "",
        "PacketLength": total,
        "RequestID": f"0x{request_id:08x}",
        "SequenceID": sequence_id,
    }
    if isinstance(pdu, Unread):
        return line | {"PDU": UNREAD[request_id], "Body": pdu.body.hex()}
    layout = ROUTES[request_id] if isinstance(pdu, Route) else BY_KIND[fixed_fee][type(pdu)]
    line["PDU"] = layout.name
    line |= _fields(layout, pdu)
    if layout.content is not None and isinstance(pdu, Submit | Deliver | Forward):
        if layout.content.destinations is not None:
            numbers: tuple[bytes, ...] = getattr(pdu, layout.content.destinations.attribute)
            line["DestTermIDCount"] = len(numbers)
            line["DestTermID"] = [shown_text(number) for number in numbers]
        line["MsgLength"] = len(pdu.msg_content)
        line["MsgContent"] = pdu.msg_content.hex()
        line["Reserve"] = shown_text(pdu.reserve)
    if isinstance(pdu, Submit | Deliver | Forward | ForwardResp):
        line["TLVs"] = [_shown_tlv(tlv) for tlv in pdu.tlvs]
    reading = _reading(pdu)
    if reading:
        line["Reading"] = reading
    return line


def encode_line(line: dict[str, Any], *, fixed_fee: bool = True) -> bytes:
    """The frame that `decode_line` showed; raises BadRequest, which names the field that cannot be used."""
    name = taken(line, "PDU", str)
    sequence_id = taken(line, "SequenceID", int)
    try:
        return encode(_pdu_of(name, line, fixed_fee=fixed_fee), sequence_id, fixed_fee=fixed_fee)
    except LocalProtocolError as error:
        raise BadRequest(str(error)) from error


def _pdu_of(name: str, line: dict[str, Any], *, fixed_fee: bool) -> Pdu:
    for request_id, unread in UNREAD.items():
        if unread == name:
            return Unread(request_id, octets(line, "Body"))
    for request_id, route in ROUTES.items():
        if route.name == name:
            return Route(request_id, tuple(_read(field, line) for field in route.fields))
    found = next(((kind, it) for kind, it in BY_KIND[fixed_fee].items() if it.name == name), None)
    if found is None:
        raise BadRequest(f"PDU: there is no {name!r}")
    kind, layout = found
    if kind is ActiveTestResp and line.get("Reserved") is None:
        return ActiveTestResp()
    values = {field.attribute: _read(field, line) for field in layout.fields}
    if layout.content is not None:
        if layout.content.destinations is not None:
            numbers = taken(line, "DestTermID", list)
            values["dest_term_id"] = tuple(text_octets("DestTermID", number) for number in numbers)
        values["msg_content"] = octets(line, "MsgContent")
        values["reserve"] = text_octets("Reserve", line.get("Reserve"))
    if layout.has_tlvs:
        values["tlvs"] = tuple(_read_tlv(tlv) for tlv in taken(line, "TLVs", list))
    return kind(**values)


def _fields(layout: Layout, pdu: Pdu) -> dict[str, Any]:
    if isinstance(pdu, Route):
        return {field.name: _shown(field, value) for field, value in zip(layout.fields, pdu.values, strict=True)}
    return {field.name: _shown(field, getattr(pdu, field.attribute)) for field in layout.fields}


def _shown(field: Field, value: Any) -> Any:
    if field.raw:
        return value.hex()
    return shown_text(value) if field.is_text else value


def _shown_tlv(tlv: Tlv) -> dict[str, Any]:
    """Its name, and its value as a number where it is an octet by the specification and here, else in hexadecimal."""
    shown: dict[str, Any] = {"Tag": NAMES.get(tlv.tag) or f"0x{tlv.tag:04x}"}
    if tlv.tag in NAMES and tlv.tag not in TEXTS and len(tlv.value) == 1:
        return shown | {"Value": tlv.value[0]}
    return shown | {"Value": shown_text(tlv.value) if tlv.tag in TEXTS else {"hex": tlv.value.hex()}}


def _read_tlv(shown: object) -> Tlv:
    if not isinstance(shown, dict):
        raise BadRequest("TLVs: must be objects with Tag and Value")
    name = taken(shown, "Tag", str)
    try:
        tag = _TAGS[name] if name in _TAGS else int(name, 16)
    except ValueError:
        raise BadRequest(f"Tag: there is no {name!r}") from None
    value = shown.get("Value")
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= 255:
            raise BadRequest(f"{name}: must be 0 to 255")
        return Tlv(tag, bytes((value,)))
    return Tlv(tag, text_octets(name, value))


def _read(field: Field, line: dict[str, Any]) -> Any:
    if field.raw:
        return octets(line, field.name)
    return text_octets(field.name, line.get(field.name)) if field.is_text else taken(line, field.name, int)


def _reading(pdu: Pdu) -> dict[str, Any]:
    """What the numbers mean."""
    reading: dict[str, Any] = {}
    msg_id = getattr(pdu, "msg_id", NO_MSG_ID)
    parts = MessageId.unpack(msg_id) if msg_id != NO_MSG_ID else None
    if parts is not None:
        reading["MsgID in parts"] = str(parts)
    match pdu:
        case Login():
            reading["LoginMode"] = _MODES.get(pdu.login_mode, "unknown")
            reading["TimeStamp"] = f"{pdu.timestamp:010}"
            reading["ClientVersion"] = version_text(pdu.client_version)
        case LoginResp():
            reading["Status"] = status.login_result(pdu.status).meaning
            reading["ServerVersion"] = version_text(pdu.server_version)
        case SubmitResp(status=number) | DeliverResp(status=number) | ForwardResp(status=number):
            reading["Status"] = status.result(number).meaning
        case Deliver(is_report=1):
            reading["Report"] = _report_reading(pdu.msg_content)
        case Submit() | Deliver() | Forward():
            reading |= _content_reading(pdu)
        case _:
            pass
    return reading


def _report_reading(content: bytes) -> dict[str, Any]:
    try:
        report = Report.decode(content)
    except MalformedPdu as error:
        return {"wrong": str(error)}
    parts = MessageId.unpack(report.msg_id)
    reading: dict[str, Any] = {"id": hex_form(report.msg_id)}
    if parts is not None:
        reading["id in parts"] = str(parts)
    return reading | {
        "sub": field_text(report.sub),
        "dlvrd": field_text(report.dlvrd),
        "submit date": field_text(report.submit_date),
        "done date": field_text(report.done_date),
        "stat": report.word,
        "err": field_text(report.err),
        "text": field_text(report.text),
        "meaning": status.stat(report.word, field_text(report.err)).meaning,
    }


def _content_reading(pdu: Submit | Deliver | Forward) -> dict[str, Any]:
    has_header = bool(number_of(pdu.tlvs, Tag.TP_UDHI) & 1)
    return content_reading(pdu.msg_content, pdu.msg_format, Alphabet.ASCII, has_header=has_header)
