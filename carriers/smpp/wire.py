"""PDUs as plain values for people: every field under its name in the specification, JSON-serialisable both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from carriers.smpp import pdu, receipts, status, tlv
from carriers.smpp.base import Response
from carriers.smpp.constants import ESM_INTERMEDIATE, ESM_RECEIPT, ESM_TYPE_MASK, ESM_UDHI
from carriers.smpp.layout import (
    CString,
    DestinationAddress,
    Destinations,
    DistributionList,
    Number,
    Text,
    Unsuccessful,
    UnsuccessfulDelivery,
)
from carriers.smpp.translate import alphabet_of
from carriers.user_data import concat_of, split_header
from gateway.core import text as texts
from gateway.core.errors import BadRequest, LocalProtocolError
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.smpp.base import Pdu

_KINDS: Final[dict[str, type[Pdu]]] = {kind.name: kind for kind in pdu.PDUS.values()}
_ESM_TYPES: Final = {
    0x00: "message",
    0x04: "delivery receipt",
    0x08: "delivery acknowledgement",
    0x10: "manual acknowledgement",
    0x18: "conversation abort",
    0x20: "intermediate notification",
}


def decode_line(data: bytes) -> dict[str, Any]:
    """The PDU as names and values. Raises MalformedPdu.

    Octets are `{"hex": …, "text": …}` and, behind a user data header, `"udh"`; optional parameters are a list under
    "tlvs"; "receipt" holds the parts of a receipt and "meaning" says numbers in words. "meaning", "receipt", "text",
    "udh", "sm_length" and "command_length" only explain: `encode_line` gives the same octets without them.
    """
    message = pdu.decode(data)
    known = status.STATUSES.get(message.command_status)
    line: dict[str, Any] = {
        "command_length": len(data),
        "command_id": message.name,
        "command_status": known.name if known else message.command_status,
        "sequence_number": message.sequence_number,
    }
    coding = getattr(message, "data_coding", None)
    esm_class = getattr(message, "esm_class", 0)
    if isinstance(message, Response) and not message.has_body:
        line["has_body"] = False
    else:
        for field in message.layout:
            value = getattr(message, field.name)
            if isinstance(field, Text):
                line["sm_length"] = len(value)
                line[field.name] = _octets(value, coding, esm_class)
            elif isinstance(field, Destinations | Unsuccessful):
                line[field.name] = [{name: getattr(it, name) for name in it.__slots__} for it in value]
            else:
                line[field.name] = value
    if message.tlvs:
        line["tlvs"] = [_parameter(it, coding, esm_class) for it in message.tlvs]
    if message.trailing:
        line["trailing"] = {"hex": message.trailing.hex()}
    if esm_class & ESM_TYPE_MASK in (ESM_RECEIPT, ESM_INTERMEDIATE):
        line["receipt"] = _receipt(message, coding or 0)
    meaning = _meaning(line, message)
    if meaning:
        line["meaning"] = meaning
    return line


def encode_line(line: dict[str, Any]) -> bytes:
    """The octets of a PDU written as `decode_line` gives it; fields left out have their defaults.

    Raises BadRequest, naming the field, for what cannot be understood.
    """
    kind = _KINDS.get(str(line.get("command_id")))
    if kind is None:
        raise BadRequest(f"command_id: there is no {line.get('command_id')!r}")
    code = line.get("command_status", 0)
    values: dict[str, Any] = {
        "command_status": status.CODES.get(code, code) if isinstance(code, str) else code,
        "sequence_number": line.get("sequence_number", 0),
        "trailing": _from_hex(line.get("trailing", {}), "trailing"),
        "tlvs": tuple(_to_parameter(it) for it in _items(line.get("tlvs", []), "tlvs")),
    }
    if issubclass(kind, Response):
        values["has_body"] = line.get("has_body", True) is not False
    for name in ("command_status", "sequence_number"):
        _check(values[name], int, name)
    for field in kind.layout:
        if field.name not in line:
            continue
        value = line[field.name]
        if isinstance(field, CString | Number):
            values[field.name] = _check(value, str if isinstance(field, CString) else int, field.name)
        elif isinstance(field, Text):
            values[field.name] = _from_hex(value, field.name)
        elif isinstance(field, Destinations):
            values[field.name] = tuple(_to_destination(it) for it in _items(value, field.name))
        else:
            values[field.name] = tuple(
                UnsuccessfulDelivery(**_fields_of(UnsuccessfulDelivery, it)) for it in _items(value, field.name)
            )
    try:
        return kind(**values).encode()
    except LocalProtocolError as error:
        raise BadRequest(str(error)) from error


def _octets(value: bytes, coding: int | None, esm_class: int) -> dict[str, Any]:
    shown: dict[str, Any] = {"hex": value.hex()}
    if esm_class & ESM_UDHI and value and value[0] < len(value):
        elements, data = split_header(value)
        shown["udh"] = _header(value[1 : len(value) - len(data)], elements)
        value = data
    if coding is not None:
        alphabet = alphabet_of(coding, Alphabet.GSM7)
        if alphabet is not Alphabet.BINARY:
            shown["text"] = texts.decode(value, alphabet)
    return shown


def _header(header: bytes, elements: list[tuple[int, bytes]]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "hex": header.hex(),
        "elements": [{"element": identifier, "hex": octets.hex()} for identifier, octets in elements],
    }
    place = concat_of(elements)
    if place is not None:
        shown["concat"] = {"reference": place.reference, "total": place.total, "number": place.number}
    return shown


def _parameter(it: tlv.Tlv, coding: int | None, esm_class: int) -> dict[str, Any]:
    parameter = tlv.PARAMETERS.get(it.tag)
    shown: dict[str, Any] = {"tag": parameter.name if parameter else it.tag, "hex": it.value.hex()}
    if it.tag == tlv.MESSAGE_PAYLOAD:
        return shown | _octets(it.value, coding, esm_class)
    value = tlv.value_of(it)
    if not isinstance(value, bytes):
        shown["value"] = value
    if it.tag == tlv.NETWORK_ERROR_CODE and len(it.value) == 3:
        shown["value"] = {"type": it.value[0], "code": int.from_bytes(it.value[1:], "big")}
    if it.tag == tlv.MESSAGE_STATE and value in receipts.STATE_WORDS:
        shown["meaning"] = receipts.STATE_WORDS[int.from_bytes(it.value, "big")]
    return shown


def _receipt(message: Pdu, coding: int) -> dict[str, Any]:
    octets = getattr(message, "short_message", b"") or tlv.find(message.tlvs, tlv.MESSAGE_PAYLOAD) or b""
    if getattr(message, "esm_class", 0) & ESM_UDHI and octets:
        octets = octets[1 + octets[0] :]
    parts = receipts.parse(texts.decode(octets, alphabet_of(coding, Alphabet.GSM7)))
    return {name: value for name, value in parts._asdict().items() if value}


def _meaning(line: dict[str, Any], message: Pdu) -> dict[str, str]:
    meaning = {}
    if message.command_status not in status.STATUSES:
        meaning["command_status"] = status.look_up(message.command_status).name
    if "esm_class" in line:
        esm_class = line["esm_class"]
        words = [_ESM_TYPES.get(esm_class & ESM_TYPE_MASK, "reserved type")]
        words += [word for bit, word in ((0x40, "user data header"), (0x80, "reply path")) if esm_class & bit]
        meaning["esm_class"] = ", ".join(words)
    if "data_coding" in line:
        meaning["data_coding"] = str(alphabet_of(line["data_coding"], Alphabet.GSM7))
    if "message_state" in line and line["message_state"] in receipts.STATE_WORDS:
        meaning["message_state"] = receipts.STATE_WORDS[line["message_state"]]
    return meaning


def _check(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadRequest(f"{name}: {kind.__name__} wanted")
    return value


def _items(value: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(it, dict) for it in value):
        raise BadRequest(f"{name}: a list of objects wanted")
    return value


def _from_hex(value: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(value.get("hex", ""))
    except (AttributeError, TypeError, ValueError) as error:
        raise BadRequest(f'{name}: {{"hex": "…"}} wanted') from error


def _to_parameter(it: dict[str, Any]) -> tlv.Tlv:
    tag = it.get("tag")
    if "hex" in it:
        number = tlv.TAGS.get(tag, -1) if isinstance(tag, str) else tag
        if not isinstance(number, int) or number < 0:
            raise BadRequest(f"tlvs: there is no tag {tag!r}")
        return tlv.Tlv(number, _from_hex(it, f"tlvs {tag}"))
    try:
        return tlv.make(str(tag), it.get("value"))  # type: ignore[arg-type]
    except LocalProtocolError as error:
        raise BadRequest(f"tlvs: {error}") from error


def _fields_of(kind: type, it: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for name in kind.__slots__:  # type: ignore[attr-defined]
        if name in it:
            is_text = name in ("destination_addr", "dl_name")
            values[name] = _check(it[name], str if is_text else int, name)
    return values


def _to_destination(it: dict[str, Any]) -> DestinationAddress | DistributionList:
    if "dl_name" in it:
        return DistributionList(**_fields_of(DistributionList, it))
    return DestinationAddress(**_fields_of(DestinationAddress, it))
