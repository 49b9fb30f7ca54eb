"""An MMS PDU as a JSON object for people, and back without a bit lost.

Fields are named as headers are; contents are hexadecimal. "Octets" is there where the fields would not give the same
octets again, and then counts alone. "Reading" explains; `encode_line` does not look at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, Final

from gateway.core.errors import BadRequest
from mms.codec.charsets import read_text
from mms.codec.codes import Code, Version
from mms.codec.errors import MmsFormatError
from mms.codec.headers import Form, Kind, Moment, Numbered
from mms.codec.layout import Pdu
from mms.codec.pdu import PDUS, decode
from mms.content import Arrangement, Body, Medium, Part

_Line = dict[str, Any]
_KINDS: Final = {kind.TYPE.title: kind for kind in PDUS.values()}
#: Characters of a text that are shown.
_SHOWN: Final = 200


def decode_line(octets: bytes) -> _Line:
    """A PDU from its octets; raises MmsFormatError, which says where and why."""
    pdu = decode(octets)
    line: _Line = {"PDU": pdu.TYPE.title}
    for header, attribute, _, many in pdu.LAYOUT:
        value = getattr(pdu, attribute)
        if value not in (None, "", ()):
            line[header.name] = [_said(one) for one in value] if many else _said(value)
    body: Body | None = getattr(pdu, "body", None)
    if body is not None:
        line["Content"] = {
            "arrangement": body.arrangement.value,
            "start": body.start,
            "parts": [_said_part(part) for part in body.parts],
        }
    if _encoded(pdu) != octets:
        line["Octets"] = octets.hex()
    reading = _reading(pdu, body)
    return line | ({"Reading": reading} if reading else {})


def encode_line(line: _Line) -> bytes:
    """The octets of a PDU. Raises BadRequest naming the field, MmsFormatError."""
    if "Octets" in line:
        octets = _hex(line["Octets"], "Octets")
        decode(octets)
        return octets
    name = line.get("PDU")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadRequest(f"PDU: one of {', '.join(_KINDS)}")
    values: _Line = {}
    for header, attribute, _, many in kind.LAYOUT:
        if header.name not in line:
            continue
        given = line[header.name]
        if many:
            if not isinstance(given, list):
                raise BadRequest(f"{header.name}: a list")
            values[attribute] = tuple(_heard(header.form, one, header.name) for one in given)
        else:
            values[attribute] = _heard(header.form, given, header.name)
    if "Content" in line and kind.HAS_BODY:
        values["body"] = _body_of(line["Content"])
    for field in fields(kind):
        if field.default is MISSING and field.name not in values:
            header_name = next((it.header.name for it in kind.LAYOUT if it.attribute == field.name), "Content")
            raise BadRequest(f"{header_name}: it is missing")
    return kind(**values).encode()


def _encoded(pdu: Pdu) -> bytes:
    try:
        return pdu.encode()
    except MmsFormatError:
        return b""


def _said(value: Any) -> Any:
    if isinstance(value, Code):
        return value.title
    if isinstance(value, Version):
        return str(value)
    if isinstance(value, Moment):
        return {"relative_s" if value.is_relative else "at_s": value.seconds}
    if isinstance(value, Numbered):
        return {"number": value.number, "value": value.value}
    return value


def _said_part(part: Part) -> _Line:
    said: _Line = {"Content-Type": part.media_type}
    if part.charset:
        said["charset"] = part.charset
    if part.name:
        said["name"] = part.name
    if part.content_id:
        said["Content-ID"] = part.content_id
    if part.parameters:
        said["parameters"] = [list(pair) for pair in part.parameters]
    return said | {"data": part.data.hex()}


def _reading(pdu: Pdu, body: Body | None) -> _Line:
    reading: _Line = {}
    if pdu.unknown:
        reading["passed_over"] = [[name, value.hex()] for name, value in pdu.unknown]
    texts = {}
    for number, part in enumerate(body.parts if body else (), 1):
        if part.medium is Medium.TEXT:
            text, charset, why = read_text(part.data, part.charset)
            texts[part.name or str(number)] = {"text": text[:_SHOWN], "charset": charset, "by": why.value}
    return reading | ({"texts": texts} if texts else {})


def _heard(form: Form, given: Any, name: str) -> Any:
    return _HEARD[form.kind](form, given, name)


def _text(_: Form | None, given: Any, name: str) -> str:
    if not isinstance(given, str):
        raise BadRequest(f"{name}: a text")
    return given


def _number(_: Form | None, given: Any, name: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < 1 << 64:
        raise BadRequest(f"{name}: a number")
    return given


def _yes_no(_: Form, given: Any, name: str) -> bool:
    if not isinstance(given, bool):
        raise BadRequest(f"{name}: true or false")
    return given


def _code(form: Form, given: Any, name: str) -> Code:
    codes = {code.title: code for code in form.codes or ()}
    if not isinstance(given, str) or given not in codes:
        raise BadRequest(f"{name}: one of {', '.join(codes)}")
    return codes[given]


def _moment(_: Form, given: Any, name: str) -> Moment:
    if isinstance(given, dict) and len(given) == 1:
        ((key, value),) = given.items()
        if key in ("at_s", "relative_s"):
            return Moment(_number(None, value, name), key == "relative_s")
    raise BadRequest(f'{name}: {{"at_s": …}} or {{"relative_s": …}}')


def _version(_: Form, given: Any, name: str) -> Version:
    try:
        return Version.of(_text(None, given, name)[:8])
    except ValueError:
        raise BadRequest(f'{name}: a version like "1.2"') from None


def _numbered(_: Form, given: Any, name: str) -> Numbered:
    if not isinstance(given, dict) or given.keys() != {"number", "value"}:
        raise BadRequest(f'{name}: {{"number": …, "value": …}}')
    value = given["value"]
    said = value if isinstance(value, str) else _number(None, value, name)
    return Numbered(_number(None, given["number"], name), said)


_HEARD: Final[dict[Kind, Callable[[Form, Any, str], Any]]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.YES_NO: _yes_no,
    Kind.CODE: _code,
    Kind.MOMENT: _moment,
    Kind.VERSION: _version,
    Kind.NUMBERED: _numbered,
}


def _body_of(given: Any) -> Body:
    parts = given.get("parts") if isinstance(given, dict) else None
    if not isinstance(parts, list):
        raise BadRequest("Content: an object with parts")
    try:
        arrangement = Arrangement(given.get("arrangement", Arrangement.MIXED.value))
    except (ValueError, TypeError):
        raise BadRequest(f"arrangement: one of {', '.join(Arrangement)}") from None
    start = _text(None, given.get("start", ""), "start")
    return Body(tuple(_part_of(part) for part in parts), arrangement, start)


def _part_of(given: Any) -> Part:
    if not isinstance(given, dict):
        raise BadRequest("parts: objects")
    parameters = given.get("parameters", [])
    if not isinstance(parameters, list) or not all(isinstance(it, list) and len(it) == 2 for it in parameters):
        raise BadRequest("parameters: pairs of texts")
    return Part(
        media_type=_text(None, given.get("Content-Type"), "Content-Type"),
        data=_hex(given.get("data"), "data"),
        name=_text(None, given.get("name", ""), "name"),
        content_id=_text(None, given.get("Content-ID", ""), "Content-ID"),
        charset=_text(None, given.get("charset", ""), "charset"),
        parameters=tuple((_text(None, key, "parameters"), _text(None, it, "parameters")) for key, it in parameters),
    )


def _hex(given: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(_text(None, given, name))
    except ValueError:
        raise BadRequest(f"{name}: hexadecimal digits") from None
