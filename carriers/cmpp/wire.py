"""A PDU as a JSON object for people, and back without a bit lost.

The keys are the field names of the specification. Msg_Id is 16 hexadecimal digits, other numbers are numbers,
text fields are strings or, where they hold anything but printable ASCII, {"hex": …}; digests and Msg_Content
are hexadecimal. "Reading" explains the rest; `encode_line` does not look at it, nor at lengths and counts.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from carriers.cmpp import status
from carriers.cmpp.codec import decode, encode
from carriers.cmpp.message_id import MessageId, hex_form
from carriers.cmpp.pdu import (
    ActiveTestResp,
    CancelResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Fwd,
    FwdResp,
    Pdu,
    Route,
    Submit,
    SubmitResp,
    Version,
    field_text,
)
from carriers.cmpp.reports import LEAST_OCTETS, Report
from carriers.cmpp.tables import BY_KIND, ROUTE_NAMES
from carriers.line_fields import octets, shown_text, taken, text_octets
from carriers.message_format import content_reading
from gateway.core.errors import BadRequest, LocalProtocolError, MalformedPdu
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.cmpp.layout import Field, Layout

_HEADER = struct.Struct(">LLL")


def decode_line(data: bytes, version: Version) -> dict[str, Any]:
    """Everything in one whole frame; raises MalformedPdu, which says where and why."""
    sequence_id, pdu = decode(data, version)
    total, command_id, _ = _HEADER.unpack_from(data)
    line: dict[str, Any] = {
        "PDU": _name(pdu, version),
        "Total_Length": total,
        "Command_Id": f"0x{command_id:08x}",
        "Sequence_Id": sequence_id,
    }
    if isinstance(pdu, Route):
        line["Body"] = pdu.body.hex()
        return line
    layout = BY_KIND[version][type(pdu)]
    line |= {field.name: _shown(field, pdu) for field in layout.head}
    content = layout.content
    if content is not None:
        if content.destinations is not None:
            numbers: tuple[bytes, ...] = getattr(pdu, content.destinations.attribute)
            line["DestUsr_tl"] = len(numbers)
            line[content.destinations.name] = [shown_text(number) for number in numbers]
        line |= {field.name: _shown(field, pdu) for field in content.between}
        text: bytes = pdu.msg_content  # type: ignore[union-attr]
        line["Msg_Length"] = len(text)
        line["Msg_Content"] = text.hex()
        line[content.tail.name] = _shown(content.tail, pdu)
    if isinstance(pdu, ActiveTestResp) and pdu.reserved is None:
        line["Reserved"] = None
    reading = _reading(pdu, version)
    if reading:
        line["Reading"] = reading
    return line


def encode_line(line: dict[str, Any], version: Version) -> bytes:
    """The frame that `decode_line` showed; raises BadRequest, which names the field that cannot be used."""
    name = taken(line, "PDU", str)
    sequence_id = taken(line, "Sequence_Id", int)
    try:
        return encode(_pdu_of(name, line, version), sequence_id, version)
    except LocalProtocolError as error:
        raise BadRequest(str(error)) from error


def _pdu_of(name: str, line: dict[str, Any], version: Version) -> Pdu:
    for command_id, route in ROUTE_NAMES.items():
        if route == name:
            return Route(command_id, octets(line, "Body"))
    layout = next((layout for layout in BY_KIND[version].values() if layout.name == name), None)
    if layout is None:
        raise BadRequest(f"PDU: there is no {name!r}")
    if layout.kind is ActiveTestResp and line.get("Reserved") is None:
        return ActiveTestResp(None)
    return layout.kind(**_values(layout, line))


def _values(layout: Layout, line: dict[str, Any]) -> dict[str, Any]:
    content = layout.content
    fields = layout.head if content is None else (*layout.head, *content.between, content.tail)
    values = {field.attribute: _read(field, line) for field in fields}
    if content is not None:
        values["msg_content"] = octets(line, "Msg_Content")
        if content.destinations is not None:
            numbers = taken(line, content.destinations.name, list)
            values[content.destinations.attribute] = tuple(
                text_octets(content.destinations.name, number) for number in numbers
            )
    return values


def _name(pdu: Pdu, version: Version) -> str:
    return ROUTE_NAMES[pdu.command_id] if isinstance(pdu, Route) else BY_KIND[version][type(pdu)].name


def _shown(field: Field, pdu: Pdu) -> Any:
    value = getattr(pdu, field.attribute)
    if field.raw:
        return value.hex()
    if field.is_text:
        return shown_text(value)
    return hex_form(value) if field.code == "Q" else value


def _read(field: Field, line: dict[str, Any]) -> Any:
    if field.raw:
        return octets(line, field.name)
    if field.is_text:
        return text_octets(field.name, line.get(field.name))
    if field.code == "Q":
        value = octets(line, field.name)
        if len(value) != field.octets:
            raise BadRequest(f"{field.name}: must be {field.octets * 2} hexadecimal digits")
        return int.from_bytes(value, "big")
    return taken(line, field.name, int)


def _reading(pdu: Pdu, version: Version) -> dict[str, Any]:
    """What the numbers mean."""
    reading: dict[str, Any] = {}
    msg_id = getattr(pdu, "msg_id", 0)
    if msg_id:
        reading["Msg_Id in parts"] = _parts(msg_id)
    match pdu:
        case Connect(version=octet, timestamp=timestamp):
            reading["Version"] = f"0x{octet:02x}"
            reading["Timestamp"] = f"{timestamp:010}"
        case ConnectResp(status=number, version=octet):
            reading["Status"] = status.connect_status(number).meaning
            reading["Version"] = f"0x{octet:02x}"
        case SubmitResp(result=number) | FwdResp(result=number):
            reading["Result"] = status.submit_result(number, version).meaning
        case DeliverResp(result=number):
            reading["Result"] = status.deliver_result(number).meaning
        case CancelResp(success_id=number):
            reading["Success_Id"] = "taken back" if number == 0 else "not taken back"
        case Deliver(registered_delivery=1):
            reading["Report"] = _report_reading(pdu.msg_content)
        case Submit() | Deliver() | Fwd():
            reading |= _content_reading(pdu)
        case _:
            pass
    return reading


def _parts(msg_id: int) -> str:
    return f"{MessageId.unpack(msg_id)}, decimal {msg_id}"


def _report_reading(content: bytes) -> dict[str, Any]:
    try:
        report = Report.decode(content)
    except MalformedPdu as error:
        return {"wrong": str(error)}
    return {
        "Msg_Id": hex_form(report.msg_id),
        "Msg_Id in parts": _parts(report.msg_id),
        "Stat": report.word,
        "meaning": status.stat(report.word).meaning,
        "Submit_time": field_text(report.submit_time),
        "Done_time": field_text(report.done_time),
        "Dest_terminal_Id": field_text(report.dest_terminal_id),
        "width": len(content) - LEAST_OCTETS,
        "SMSC_sequence": report.smsc_sequence,
    }


def _content_reading(pdu: Submit | Deliver | Fwd) -> dict[str, Any]:
    return content_reading(pdu.msg_content, pdu.msg_fmt, Alphabet.GSM7, has_header=bool(pdu.tp_udhi & 1))
