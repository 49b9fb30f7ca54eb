"""A push as a JSON object for people, and back without a bit lost.

Fields are named as headers are; "Data" is hexadecimal. "Start" is there where the fields would not give the same
octets in front of the data again, and then counts alone. "Reading" explains; `encode_line` does not look at it.
"""

from __future__ import annotations

from typing import Any

from gateway.core.errors import BadRequest, MalformedPdu, NotEncodable
from mms.codec import provisioning
from mms.codec.provisioning import Settings
from mms.codec.provisioning_mac import Proof, Security
from mms.codec.push import Header, Push
from mms.codec.push_contents import Content, content_of
from mms.codec.si import ServiceIndication

_Line = dict[str, Any]


def decode_line(octets: bytes) -> _Line:
    """A push from its octets; raises MalformedPdu, which says where and why."""
    push = Push.decode(octets)
    line: _Line = {"PDU": "Push", "TID": push.transaction, "Content-Type": push.content_type}
    if push.by_name:
        line["By-Name"] = True
    if push.charset is not None:
        line["Charset"] = push.charset
    if push.proof is not None:
        line |= {"SEC": push.proof.security.name, "MAC": push.proof.mac}
    if push.application:
        line["X-Wap-Application-Id"] = push.application
    if push.flags is not None:
        line["Push-Flag"] = push.flags
    if push.headers:
        line["Headers"] = [[header.name, header.value.hex()] for header in push.headers]
    line["Data"] = push.data.hex()
    try:
        same = encode_line(line) == octets
    except (BadRequest, NotEncodable):
        same = False
    if not same:
        line["Start"] = octets[: len(octets) - len(push.data)].hex()
    line["Reading"] = _reading(push)
    return line


def encode_line(line: _Line) -> bytes:
    """The octets of a push. Raises BadRequest naming the field, NotEncodable."""
    data = _octets(line, "Data")
    if "Start" in line:
        octets = _octets(line, "Start") + data
        try:
            Push.decode(octets)
        except MalformedPdu as error:
            raise BadRequest(f"Start: {error}") from error
        return octets
    security = _text(line, "SEC")
    if security and security not in Security.__members__:
        raise BadRequest(f"SEC: one of {', '.join(Security.__members__)}")
    by_name = line.get("By-Name", False)
    if not isinstance(by_name, bool):
        raise BadRequest("By-Name: true or false")
    content_type = _text(line, "Content-Type")
    if not content_type:
        raise BadRequest("Content-Type: it is missing")
    push = Push(
        content_type,
        data,
        _text(line, "X-Wap-Application-Id"),
        _number(line, "Charset", 0xFFFF),
        Proof(Security[security], _text(line, "MAC")) if security else None,
        _number(line, "Push-Flag", 0x7F),
        _number(line, "TID", 0xFF) or 0,
        _headers(line.get("Headers", [])),
        by_name=by_name,
    )
    octets = push.encode()
    try:
        Push.decode(octets)
    except MalformedPdu as error:  # values that do not end where they say
        raise BadRequest(f"Headers: {error}") from error
    return octets


def _reading(push: Push) -> _Line:
    try:
        content = content_of(push)
    except MalformedPdu as error:
        return {"error": str(error)}
    return {} if content is None else _content(content)


def _content(content: Content) -> _Line:
    if isinstance(content, Settings):
        return {"settings": provisioning.as_json(content)}
    if isinstance(content, ServiceIndication):
        dates = {"created": content.created, "expires": content.expires}
        return {
            "text": content.text,
            "href": content.href,
            "si-id": content.si_id,
            "action": content.action.value,
            **{name: moment.isoformat() for name, moment in dates.items() if moment is not None},
        }
    return {"href": content.href, "action": content.action.value}


def _text(line: _Line, name: str) -> str:
    value = line.get(name, "")
    if not isinstance(value, str):
        raise BadRequest(f"{name}: a text")
    return value


def _number(line: _Line, name: str, most: int) -> int | None:
    value = line.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise BadRequest(f"{name}: 0 to {most}")
    return value


def _octets(line: _Line, name: str) -> bytes:
    try:
        return bytes.fromhex(_text(line, name))
    except ValueError as error:
        raise BadRequest(f"{name}: hexadecimal digits") from error


def _headers(value: object) -> tuple[Header, ...]:
    if not isinstance(value, list):
        raise BadRequest("Headers: a list of pairs")
    found = []
    for pair in value:
        match pair:
            case [str(name), str(digits)]:
                found.append(Header(name, _octets({"Headers": digits}, "Headers")))
            case _:
                raise BadRequest("Headers: pairs of name and hexadecimal value")
    return tuple(found)
