"""The wire tool: PDUs in hexadecimal to readable JSON and back, a line each.

Every protocol gives a pair of pure functions; a later codec adds its name to `TOOLS`. Decoding and encoding again
gives the same octets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from addressbook.syncml import wire as syncml
from carriers.cmpp import wire as cmpp
from carriers.cmpp.pdu import Version
from carriers.gsm.tpdu import wire as tpdu
from carriers.sgip import wire as sgip
from carriers.smgp import wire as smgp
from carriers.smpp import wire as smpp
from gateway.core.errors import CaiyouError, MalformedPdu
from mms.codec import mm4_wire, pdu_wire, push_wire
from mms.codec.mm7 import wire as mm7

#: Hexadecimal digits in a line: the largest MMS that centres take has two megabytes or so (SMPP: 71 000 octets).
MAX_LINE = 4_000_000


@dataclass(frozen=True, slots=True)
class WireTool:
    """How one protocol is read and written."""

    decode: Callable[[bytes], dict[str, Any]]
    encode: Callable[[dict[str, Any]], bytes]
    title: str


TOOLS: dict[str, WireTool] = {
    "smpp": WireTool(smpp.decode_line, smpp.encode_line, "SMPP 3.4"),
    "cmpp2": WireTool(
        lambda data: cmpp.decode_line(data, Version.V2), lambda obj: cmpp.encode_line(obj, Version.V2), "CMPP 2.x"
    ),
    "cmpp3": WireTool(
        lambda data: cmpp.decode_line(data, Version.V3), lambda obj: cmpp.encode_line(obj, Version.V3), "CMPP 3.0"
    ),
    "sms-submit": WireTool(tpdu.decode_submit, tpdu.encode_submit, "SMS-SUBMIT with its message centre"),
    "sms-deliver": WireTool(tpdu.decode_deliver, tpdu.encode_deliver, "SMS-DELIVER with its message centre"),
    "sms-status": WireTool(tpdu.decode_status, tpdu.encode_status, "SMS-STATUS-REPORT with its message centre"),
    "wap-push": WireTool(push_wire.decode_line, push_wire.encode_line, "WAP push, with what is in it"),
    "mms": WireTool(pdu_wire.decode_line, pdu_wire.encode_line, "MMS 1.0 to 1.3 between phone and centre"),
    "mm4": WireTool(mm4_wire.decode_line, mm4_wire.encode_line, "MM4, mails between MMS centres"),
    "mm7": WireTool(mm7.decode_line, mm7.encode_line, "MM7, XML or a whole HTTP message (read only)"),
    "syncml": WireTool(syncml.decode_line, syncml.encode_line, "SyncML 1.0 to 1.2, binary or XML"),
    "sgip": WireTool(sgip.decode_line, sgip.encode_line, "SGIP 1.2"),
    "smgp": WireTool(smgp.decode_line, smgp.encode_line, "SMGP 3.0"),
    "smgp13": WireTool(
        lambda data: smgp.decode_line(data, fixed_fee=False),
        lambda obj: smgp.encode_line(obj, fixed_fee=False),
        "SMGP 1.3 without FixedFee",
    ),
}


def decode_lines(tool: WireTool, lines: Iterable[str]) -> Iterator[str]:
    """A JSON object for every line of hexadecimal; one with `error` for a line that cannot be decoded."""
    for number, line in enumerate(lines, 1):
        digits = "".join(line.split())
        if not digits:
            continue
        try:
            if len(digits) > MAX_LINE:
                raise MalformedPdu(f"{len(digits) // 2} octets are more than any PDU has")
            decoded = tool.decode(_octets(digits))
        except CaiyouError as error:
            decoded = {"error": _explain(error), "line": number}
        yield json.dumps(decoded, ensure_ascii=False)


def encode_lines(tool: WireTool, lines: Iterable[str]) -> Iterator[str]:
    """Hexadecimal for every line of JSON; a JSON object with `error` for a line that cannot be encoded."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield tool.encode(_object(line)).hex()
        except CaiyouError as error:
            yield json.dumps({"error": _explain(error), "line": number}, ensure_ascii=False)


def _octets(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise MalformedPdu(f"not hexadecimal: {error}") from error


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedPdu(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedPdu("a line must hold one JSON object")
    return value


def _explain(error: CaiyouError) -> dict[str, Any]:
    if isinstance(error, MalformedPdu):
        return {"reason": error.reason, "offset": error.offset, "field": error.field}
    return {"reason": str(error), "offset": 0, "field": ""}
