"""A message of MM7 as a JSON object for people; what is written of it is the octets it was read from.

XML can be written in a thousand ways that say the same, so "octets" counts alone where a line becomes octets again.
"""

from __future__ import annotations

import dataclasses
import enum
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.core.errors import BadRequest
from gateway.mail.mime.charsets import decode_text
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import Fault
from mms.content import Medium, Part

#: Characters of a text that are shown.
_SHOWN: Final = 200


def decode_line(octets: bytes) -> dict[str, Any]:
    """A message from XML, the body of an HTTP message, or all of it. Raises MalformedPdu."""
    return read_document(octets) | {"octets": octets.hex()}


def encode_line(line: dict[str, Any]) -> bytes:
    """The octets a line was made from. Raises BadRequest, and MalformedPdu for octets that are no MM7."""
    given = line.get("octets")
    if not isinstance(given, str):
        raise BadRequest("octets: a line of mm7 is made from these alone")
    try:
        octets = bytes.fromhex(given)
    except ValueError as error:
        raise BadRequest("octets: it is not hexadecimal") from error
    packaging.unpack_document(octets, Dialect())
    return octets


def read_document(octets: bytes) -> dict[str, Any]:
    """A message without its octets. Raises MalformedPdu."""
    return shown(packaging.unpack_document(octets, Dialect()))


def shown(envelope: Envelope) -> dict[str, Any]:
    """An envelope with every field that says something."""
    message = envelope.message
    line: dict[str, Any] = {"message": "Fault" if isinstance(message, Fault) else type(message).__name__}
    line |= {"transaction_id": envelope.transaction_id, "namespace": envelope.namespace}
    line |= _fields(message)
    if envelope.body is not None:
        line["body"] = {
            "arrangement": envelope.body.arrangement.value,
            "start": envelope.body.start,
            "parts": [_part(part) for part in envelope.body.parts],
        }
    return line


def _fields(value: Any) -> dict[str, Any]:
    found = {it.name: getattr(value, it.name) for it in dataclasses.fields(value)}
    return {name: _value(one) for name, one in found.items() if one is not None and one not in ("", ())}


def _value(value: Any) -> Any:
    match value:
        case enum.StrEnum():
            return value.value
        case datetime():
            return value.isoformat()
        case timedelta():
            return f"{round(value.total_seconds())} s"
        case tuple():
            return [_value(one) for one in value]
    return _fields(value) if dataclasses.is_dataclass(value) else value


def _part(part: Part) -> dict[str, Any]:
    line: dict[str, Any] = {"type": part.media_type, "octets": len(part.data)}
    line |= {key: value for key, value in (("name", part.name), ("id", part.content_id)) if value}
    if part.charset:
        line["charset"] = part.charset
    if part.medium is Medium.TEXT:
        line["text"] = decode_text(part.data[: _SHOWN * 4], part.charset or None)[:_SHOWN]
    return line
