"""A message of MM4 as a JSON object for people, and back. Fields are named as in `mms.codec.mm4`.

"octets" is there where the fields would not give the same mail again, and then counts alone: other centres have their
own spelling.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Priority
from mms.codec.mm4 import (
    DeliveryReport,
    Forward,
    Message,
    MmStatus,
    PreviouslySent,
    ReadReport,
    ReadStatus,
    Response,
    Topic,
    topic_of,
)
from mms.codec.mm4_mail import read_mm4, write_mm4
from mms.content import Arrangement, Body, Medium, Part
from mms.letter_view import words_of
from mms.terms import MessageClass

#: Hosts of numbers that are written; a mail that is read does not always say them.
OWN_HOST: Final = "own.invalid"
PEER_HOST: Final = "peer.invalid"

_KINDS: Final[dict[str, type[Forward | DeliveryReport | ReadReport | Response]]] = {
    "MM4_forward.REQ": Forward,
    "MM4_delivery_report.REQ": DeliveryReport,
    "MM4_read_reply_report.REQ": ReadReport,
    **{f"{topic.value}.RES": Response for topic in Topic},
}
_CHOICES: Final[dict[str, type[enum.StrEnum]]] = {"message_class": MessageClass, "priority": Priority}
_SHOWN: Final = 200


def decode_line(octets: bytes) -> dict[str, Any]:
    """A message from its mail. Raises MalformedPdu. "text" of a part only explains."""
    message = read_mm4(octets)
    kind = "RES" if isinstance(message, Response) else "REQ"
    line: dict[str, Any] = {"message": f"{topic_of(message)}.{kind}"}
    for field in fields(message):
        if field.name != "topic":
            line[field.name] = _shown(getattr(message, field.name))
    try:
        is_ours = write_mm4(message, own_host=OWN_HOST, peer_host=PEER_HOST) == octets
    except BadRequest:
        is_ours = False
    return line if is_ours else line | {"octets": octets.hex()}


def encode_line(line: dict[str, Any]) -> bytes:
    """The mail of a message as `decode_line` gives it; what is left out has its default.

    Raises BadRequest, naming the field, and MalformedPdu for octets that are no mail of MM4.
    """
    if "octets" in line:
        octets = _octets(line["octets"], "octets")
        read_mm4(octets)
        return octets
    kind = _KINDS.get(str(line.get("message")))
    if kind is None:
        raise BadRequest(f"message: there is no {str(line.get('message'))[:80]!r}; there are {', '.join(_KINDS)}")
    values: dict[str, Any] = {"transaction_id": "", "mms_id": ""}
    if kind is Response:
        values |= {"status": "", "topic": Topic(str(line["message"]).removesuffix(".RES"))}
    else:
        values |= {"sender": "", "recipients": ()}
    known = {field.name for field in fields(kind)}
    for name, value in line.items():
        if name in known and name != "topic":
            values[name] = _read(kind, name, value)
    message: Message = kind(**values)
    return write_mm4(message, own_host=OWN_HOST, peer_host=PEER_HOST)


def _shown(value: Any) -> Any:
    match value:
        case Body():
            return {
                "arrangement": value.arrangement.value,
                "start": value.start,
                "parts": [_shown_part(part) for part in value.parts],
            }
        case PreviouslySent():
            return {"number": value.number, "sender": value.sender, "date": _shown(value.date)}
        case tuple():
            return [_shown(one) for one in value]
        case enum.StrEnum():
            return value.value
        case datetime.datetime():
            return value.isoformat()
        case datetime.timedelta():
            return round(value.total_seconds())
    return value


def _shown_part(part: Part) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": part.media_type,
        "name": part.name,
        "id": part.content_id,
        "charset": part.charset,
        "parameters": [list(pair) for pair in part.parameters],
        "hex": part.data.hex(),
    }
    if part.medium is Medium.TEXT:
        shown["text"] = words_of(part)[:_SHOWN]
    return shown


def _read(kind: type[Any], name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    if reader is not None:
        return reader(value, name)
    if name == "status":
        choices = {DeliveryReport: MmStatus, ReadReport: ReadStatus}.get(kind)
        return _choice(value, name, choices) if choices else _text(value, name)
    if name in _CHOICES:
        return _choice(value, name, _CHOICES[name])
    return _text(value, name)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{name}: a text wanted")
    return value


def _truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(f"{name}: true or false wanted")
    return value


def _number(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 100_000:
        raise BadRequest(f"{name}: a number from 0 to 99999 wanted")
    return value


def _choice(value: Any, name: str, among: type[enum.StrEnum]) -> enum.StrEnum:
    try:
        return among(_text(value, name))
    except ValueError as error:
        raise BadRequest(f"{name}: one of {', '.join(among)} wanted") from error


def _moment(value: Any, name: str) -> datetime.datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(_text(value, name))
        if moment.tzinfo is not None:
            moment.astimezone(datetime.UTC)
            return moment
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{name}: a moment such as 2026-11-24T04:27:49+00:00 wanted")


def _expiry(value: Any, name: str) -> datetime.datetime | datetime.timedelta | None:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < 10**10:
            raise BadRequest(f"{name}: at most ten digits of seconds")
        return datetime.timedelta(seconds=value)
    return _moment(value, name)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > 1000:
        raise BadRequest(f"{name}: a list wanted")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    return tuple(_text(one, name) for one in _list(value, name))


def _pairs(value: Any, name: str) -> tuple[tuple[str, str], ...]:
    pairs = [_texts(one, name) for one in _list(value, name)]
    if any(len(pair) != 2 for pair in pairs):
        raise BadRequest(f"{name}: pairs of texts wanted")
    return tuple((left, right) for left, right in pairs)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest(f"{name}: an object wanted")
    return value


def _previously_sent(value: Any, name: str) -> tuple[PreviouslySent, ...]:
    found = [_object(one, name) for one in _list(value, name)]
    return tuple(
        PreviouslySent(
            _number(one.get("number", 0), name), _text(one.get("sender", ""), name), _moment(one.get("date"), name)
        )
        for one in found
    )


def _body(value: Any, name: str) -> Body:
    given = _object(value, name)
    parts = tuple(
        Part(
            _text(one.get("type", "application/octet-stream"), name),
            _octets(one.get("hex", ""), f"{name} hex"),
            _text(one.get("name", ""), name),
            _text(one.get("id", ""), name),
            _text(one.get("charset", ""), name),
            _pairs(one.get("parameters", []), name),
        )
        for one in (_object(part, name) for part in _list(given.get("parts", []), name))
    )
    arrangement = Arrangement(_choice(given.get("arrangement", "mixed"), name, Arrangement))
    return Body(parts, arrangement, _text(given.get("start", ""), name))


def _octets(value: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(_text(value, name))
    except ValueError as error:
        raise BadRequest(f"{name}: it is not hexadecimal") from error


def _maybe(value: Any, name: str) -> bool | None:
    return None if value is None else _truth(value, name)


_READERS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "recipients": _texts,
    "cc": _texts,
    "date": _moment,
    "expiry": _expiry,
    "body": _body,
    "others": _pairs,
    "previously_sent": _previously_sent,
    "forward_counter": _number,
    "for_phone": _maybe,
    "ack_request": _truth,
    "delivery_report": _truth,
    "read_reply": _truth,
    "sender_visible": _truth,
    "centre_report": _truth,
}
