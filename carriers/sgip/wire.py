"""A PDU as a JSON object for people, and back without a bit lost.

The keys are the field names of the specification. Sequence numbers are their three numbers with spaces between, the
time with ten digits; other numbers are numbers, text fields are strings or, where they hold anything but printable
ASCII, {"hex": …}; MessageContent is hexadecimal. "Reading" explains the rest; `encode_line` does not look at it, nor
at lengths and counts.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from carriers.line_fields import octets, shown_text, taken, text_octets
from carriers.message_format import content_reading
from carriers.sgip import sequence as sequences
from carriers.sgip import status
from carriers.sgip.codec import decode, encode
from carriers.sgip.layout import RESERVE, MessageLayout, RowsLayout
from carriers.sgip.pdu import (
    Bind,
    BindResp,
    CheckUserResp,
    Deliver,
    DeliverResp,
    Pdu,
    Report,
    ReportResp,
    Route,
    Submit,
    SubmitResp,
    UserRpt,
    UserRptResp,
)
from carriers.sgip.rules import LoginType
from carriers.sgip.tables import BY_KIND, LAYOUTS, ROUTE_NAMES
from gateway.core.errors import BadRequest, LocalProtocolError
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.sgip.layout import Field, Fields, Layout

_HEADER = struct.Struct(">LL12s")
_SEQUENCE = re.compile(r"([0-9]{1,10}) ([0-9]{1,10}) ([0-9]{1,10})", re.ASCII)
_CONDITIONS = {0: "gone", 1: "stopped for debt", 2: "normal again"}


def decode_line(data: bytes) -> dict[str, Any]:
    """Everything in one whole frame; raises MalformedPdu, which says where and why."""
    sequence, pdu = decode(data)
    total, command_id, _ = _HEADER.unpack_from(data)
    line: dict[str, Any] = {
        "PDU": ROUTE_NAMES[pdu.command_id] if isinstance(pdu, Route) else BY_KIND[type(pdu)].name,
        "Message Length": total,
        "Command ID": f"0x{command_id:08x}",
        "Sequence Number": sequences.readable(sequence),
    }
    if isinstance(pdu, Route):
        return line | {"Body": pdu.body.hex()}
    layout = BY_KIND[type(pdu)]
    if isinstance(layout, RowsLayout):
        rows = getattr(pdu, layout.attribute)
        line |= {layout.head.fields[0].name: len(rows), "Rows": [_shown_fields(layout.rows, row) for row in rows]}
    elif isinstance(layout, MessageLayout):
        line |= _shown_message(layout, pdu)
    else:
        line |= _shown_fields(layout.head, pdu)
    reading = _reading(pdu)
    return line | {"Reading": reading} if reading else line


def encode_line(line: dict[str, Any]) -> bytes:
    """The frame that `decode_line` showed; raises BadRequest, which names the field that cannot be used."""
    name = taken(line, "PDU", str)
    try:
        return encode(_pdu_of(name, line), _sequence(line, "Sequence Number"))
    except LocalProtocolError as error:
        raise BadRequest(str(error)) from error


def _shown_fields(fields: Fields, value: object) -> dict[str, Any]:
    return {field.name: _shown(field, getattr(value, field.attribute)) for field in fields.fields}


def _shown_message(layout: MessageLayout, pdu: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for field in (*layout.head.fields, *layout.between.fields):
        value = getattr(pdu, field.attribute)
        if field.attribute == "user_numbers":
            shown |= {"UserCount": len(value), "UserNumber": [shown_text(number) for number in value]}
        elif field.attribute == "message_content":
            shown |= {"MessageLength": len(value), "MessageContent": value.hex()}
        else:
            shown[field.name] = _shown(field, value)
    shown[RESERVE.name] = shown_text(pdu.reserve)
    return shown


def _shown(field: Field, value: Any) -> Any:
    if field.raw:
        return sequences.readable(value)
    return shown_text(value) if field.is_text else value


def _pdu_of(name: str, line: dict[str, Any]) -> Pdu:
    for command_id, route in ROUTE_NAMES.items():
        if route == name:
            return Route(command_id, octets(line, "Body"))
    layout = next((layout for layout in LAYOUTS if layout.name == name), None)
    if layout is None:
        raise BadRequest(f"PDU: there is no {name!r}")
    if isinstance(layout, RowsLayout):
        rows = taken(line, "Rows", list)
        if not all(isinstance(row, dict) for row in rows):
            raise BadRequest("Rows: must be objects")
        values = {layout.attribute: tuple(layout.row(**_read_fields(layout.rows.fields, row)) for row in rows)}
    else:
        values = _values(layout, line)
    return layout.kind(**values)  # type: ignore[no-any-return]


def _values(layout: Layout, line: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(layout, MessageLayout):
        return _read_fields(layout.head.fields, line)
    counts = ("user_numbers", "message_content")
    fields = [field for field in (*layout.head.fields, *layout.between.fields) if field.attribute not in counts]
    values = _read_fields((*fields, RESERVE), line)
    if layout.has_numbers:
        numbers = taken(line, "UserNumber", list)
        values["user_numbers"] = tuple(text_octets("UserNumber", number) for number in numbers)
    values["message_content"] = octets(line, "MessageContent")
    return values


def _read_fields(fields: tuple[Field, ...], line: dict[str, Any]) -> dict[str, Any]:
    return {field.attribute: _read(field, line) for field in fields}


def _read(field: Field, line: dict[str, Any]) -> Any:
    if field.raw:
        return _sequence(line, field.name)
    return text_octets(field.name, line.get(field.name)) if field.is_text else taken(line, field.name, int)


def _sequence(line: dict[str, Any], name: str) -> bytes:
    match = _SEQUENCE.fullmatch(taken(line, name, str))
    if match is None:
        raise BadRequest(f"{name}: must be three numbers with spaces between: node, time, counter")
    return sequences.pack(*map(int, match.groups()))


def _reading(pdu: Pdu) -> dict[str, Any]:
    """What the numbers mean."""
    match pdu:
        case Bind(login_type=number):
            known = number in LoginType.__members__.values()
            return {"Login Type": LoginType(number).name if known else "unknown"}
        case BindResp(result=number) | SubmitResp(result=number) | DeliverResp(result=number):
            return {"Result": status.result(number).meaning}
        case ReportResp(result=number) | UserRptResp(result=number) | CheckUserResp(result=number):
            return {"Result": status.result(number).meaning}
        case Report(state=state, error_code=error):
            shown = {"id": sequences.hex_form(pdu.submit_sequence), "State": status.state(state)[0]}
            return shown | ({"ErrorCode": status.result(error).meaning} if error else {})
        case UserRpt(user_condition=condition):
            return {"UserCondition": _CONDITIONS.get(condition, "unknown")}
        case Submit() | Deliver():
            return _content_reading(pdu)
        case _:
            return {}


def _content_reading(pdu: Submit | Deliver) -> dict[str, Any]:
    return content_reading(pdu.message_content, pdu.message_coding, Alphabet.ASCII, has_header=bool(pdu.tp_udhi & 1))
