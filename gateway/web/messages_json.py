"""A message as the API takes it: from a JSON object to the fields of a `NewSms`, or to every error it has. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.core import data_sms
from gateway.core import text as sms_text
from gateway.core.errors import BadRequest
from gateway.core.outbox import Priority
from gateway.core.phone import REGIONS, is_mobile, mask, normalise
from gateway.web.problems import FieldError, Problem, invalid
from mail2sms.quiet import QuietHours

MAX_KEY: Final = 128
MAX_TAG: Final = 128
MAX_BATCH: Final = 1000
MAX_VALIDITY_S: Final = 7 * 86_400
MAX_AHEAD_MS: Final = 366 * 86_400_000
#: A text this short goes out in at most four segments, whatever it is written in.
_SHORT: Final = 70

_PRIORITIES: Final = {priority.name.lower(): priority for priority in Priority}
_KEY: Final = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
_SENDER: Final = re.compile(r"\+?[0-9]{1,20}|(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ._&-]{0,10}")
_LINK: Final = re.compile(r"[!-~]{1,32}")


@dataclass(frozen=True, slots=True)
class MessageRules:
    """What a message may be."""

    region: str = "CN"  # whose national numbers are understood
    prefixes: tuple[str, ...] = ()  # of numbers that may be written to; () = all
    max_segments: int = 10

    @classmethod
    def of(cls, region: str, prefixes: tuple[str, ...], max_segments: int) -> MessageRules:
        """The rules; without prefixes, only numbers of the region ("*" lets all pass)."""
        if "*" in prefixes:
            prefixes = ()
        elif not prefixes and region in REGIONS:
            prefixes = ("+" + REGIONS[region][0],)
        return cls(region, prefixes, max_segments)


class _Wrong(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class NotAllowed(Problem):
    """The number lies where this hub does not send."""

    def __init__(self, number: str) -> None:
        super().__init__(
            403,
            "destination_not_allowed",
            f"to: this hub does not send to {mask(number)}",
            "Ask the administrator to allow the prefix (web.allowed_prefixes).",
        )


def read_message(value: object, rules: MessageRules, now_ms: int, path: str = "") -> dict[str, Any]:
    """The fields of `NewSms` in a JSON value, numbers normalised. Raises Problem that names every field it is about.

    `path` goes before the names of fields in errors ("messages[3]."). Account, purpose and the right to name a link
    are the caller's.
    """
    if not isinstance(value, dict):
        field = path.rstrip(".") or "body"
        raise invalid([FieldError(field, "a message is a JSON object", 'Send {"to": "+86…", "text": "…"}.')])
    fields: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, given in value.items():
        reader = _READERS.get(name)
        try:
            if reader is None:
                raise _Wrong("there is no such field", f"Use only {', '.join(_READERS)}.")
            target, read = reader
            fields[target] = read(given, rules, now_ms)
        except _Wrong as wrong:
            errors.append(FieldError(path + name[:64], wrong.what, wrong.remedy))
    if "to" not in value:
        errors.append(FieldError(path + "to", "it is missing", "Name the number the SMS is for."))
    if "text" not in value and "data" not in value:
        errors.append(FieldError(path + "text", "it is missing", "Give the text of the SMS."))
    if "data" not in value:
        errors += [
            FieldError(path + name, "only data goes to a port", "Give data, or leave the port out.")
            for name in ("port", "source_port")
            if name in value
        ]
    elif "text" in value:
        errors.append(FieldError(path + "data", "an SMS has a text or data", "Send them as two messages."))
    elif "data" in fields:
        fields["text"] = ""
        segments = data_sms.count(len(fields["data"]), has_port=fields.get("port") is not None)
        if segments > rules.max_segments:
            what = f"the data take {segments} segments, and {rules.max_segments} are allowed"
            errors.append(FieldError(path + "data", what, "Shorten them."))
    if errors:
        raise invalid(errors)
    quiet: QuietHours | None = fields.pop("quiet_hours", None)
    if quiet is not None:
        wanted_ms = max(fields.get("not_before_ms", 0), now_ms)
        allowed_ms = quiet.end_for(fields["recipient"], wanted_ms)
        if allowed_ms > wanted_ms:
            fields["not_before_ms"] = allowed_ms
    if rules.prefixes and not fields["recipient"].startswith(rules.prefixes):
        raise NotAllowed(fields["recipient"])
    return fields


def read_key(value: object) -> str:
    """An idempotency key from a header. Raises Problem."""
    try:
        return _key(value, MessageRules(), 0)
    except _Wrong as wrong:
        raise invalid([FieldError("Idempotency-Key", wrong.what, wrong.remedy)]) from wrong


def read_number(value: object, region: str, field: str = "number") -> str:
    """A mobile number in E.164. Raises Problem."""
    try:
        return _to(value, MessageRules(region), 0)
    except _Wrong as wrong:
        raise invalid([FieldError(field, wrong.what, wrong.remedy)]) from wrong


def read_time(value: object, field: str) -> int:
    """A moment in Unix milliseconds from ISO 8601 with offset. Raises Problem."""
    try:
        return _moment(value)
    except _Wrong as wrong:
        raise invalid([FieldError(field, wrong.what, wrong.remedy)]) from wrong


# --- fields -------------------------------------------------------------------------------------------------


def _to(value: object, rules: MessageRules, _now_ms: int) -> str:
    if not isinstance(value, str):
        raise _Wrong("a number is a text", 'Put it in quotation marks: "+8613800138000".')
    number = normalise(value, rules.region)
    if number is None:
        raise _Wrong("this is no phone number", "Write it with country code: +8613800138000.")
    if not is_mobile(number):
        raise _Wrong("this number cannot take an SMS", "Give a mobile number.")
    return number


def _text(value: object, rules: MessageRules, _now_ms: int) -> str:
    if not isinstance(value, str):
        raise _Wrong("the text must be a text", "Put it in quotation marks.")
    if not value:
        raise _Wrong("the text is empty", "Give at least one character.")
    if "\x00" in value:
        raise _Wrong("the text holds a NUL character", "Take it out; no phone can show it.")
    limit = rules.max_segments
    if (len(value) > _SHORT or limit < 4) and (len(value) > 160 * limit or not sms_text.fits(value, limit)):
        room = sms_text.capacity(sms_text.choose(value), limit)
        raise _Wrong(
            f"the text takes more than {limit} segments", f"Shorten it: in its alphabet {room} units go into {limit}."
        )
    return value


def _data(value: object, _rules: MessageRules, _now_ms: int) -> bytes:
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if not data:
        raise _Wrong("data is Base64 of at least one octet", "Encode the octets in the common alphabet, with padding.")
    return data


def _port(value: object, _rules: MessageRules, _now_ms: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 0xFFFF:
        raise _Wrong("a port is a whole number from 0 to 65535", "WAP pushes go to 2948.")
    return value


def _sender(value: object, _rules: MessageRules, _now_ms: int) -> str:
    if value == "":
        return ""
    if not isinstance(value, str) or not _SENDER.fullmatch(value):
        raise _Wrong(
            "a sender is a number of at most 20 digits or a name of at most 11 Latin letters and digits",
            "Leave it out to use the access number of the link.",
        )
    return value


def _key(value: object, _rules: MessageRules, _now_ms: int) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise _Wrong(f"a key is 1 to {MAX_KEY} printable ASCII characters", "Use a UUID, for instance.")
    return value


def _priority(value: object, _rules: MessageRules, _now_ms: int) -> Priority:
    found = _PRIORITIES.get(value) if isinstance(value, str) else None
    if found is None:
        raise _Wrong("there is no such priority", f"Use one of {', '.join(_PRIORITIES)}.")
    return found


def _moment(value: object) -> int:
    moment = None
    if isinstance(value, str) and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if moment is None or moment.tzinfo is None:
        raise _Wrong("this is no time with an offset from UTC", "Write 2026-03-01T08:30:00+08:00.")
    return int(moment.timestamp() * 1000)


def _not_before(value: object, _rules: MessageRules, now_ms: int) -> int:
    moment_ms = _moment(value)
    if moment_ms > now_ms + MAX_AHEAD_MS:
        raise _Wrong("this time is more than a year ahead", "Give a time within a year.")
    return max(moment_ms, 0)


def _quiet_hours(value: object, _rules: MessageRules, _now_ms: int) -> QuietHours:
    try:
        return QuietHours.parse(value if isinstance(value, str) else "")
    except BadRequest as error:
        raise _Wrong("these are no hours", f"{str(error).capitalize()}.") from error


def _validity(value: object, _rules: MessageRules, _now_ms: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_VALIDITY_S:
        raise _Wrong("this is no time a message can be valid for", f"Give whole seconds from 1 to {MAX_VALIDITY_S}.")
    return value


def _report(value: object, _rules: MessageRules, _now_ms: int) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("this is true or false", "Write true or false, without quotation marks.")
    return value


def _tag(value: object, _rules: MessageRules, _now_ms: int) -> str:
    if not isinstance(value, str) or len(value) > MAX_TAG or "\x00" in value:
        raise _Wrong(f"a tag is a text of at most {MAX_TAG} characters", "Shorten it, or leave it out.")
    return value


def _link(value: object, _rules: MessageRules, _now_ms: int) -> str:
    if not isinstance(value, str) or not _LINK.fullmatch(value):
        raise _Wrong("this is no name of a link", "See the status page for the names; leave it out to be routed.")
    return value


Reader = Callable[[Any, MessageRules, int], Any]
_READERS: Final[Mapping[str, tuple[str, Reader]]] = {
    "to": ("recipient", _to),
    "text": ("text", _text),
    "data": ("data", _data),
    "port": ("port", _port),
    "source_port": ("source_port", _port),
    "from": ("sender", _sender),
    "key": ("key", _key),
    "priority": ("priority", _priority),
    "not_before": ("not_before_ms", _not_before),
    "quiet_hours": ("quiet_hours", _quiet_hours),
    "validity_s": ("validity_s", _validity),
    "report": ("want_report", _report),
    "tag": ("tag", _tag),
    "link": ("link", _link),
}
#: Names of the fields a message may have.
FIELDS: Final = tuple(_READERS)
