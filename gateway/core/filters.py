"""Filters of members: which incoming mails go where. Pure.

A filter is kept as a small mapping (`read_filter`, `write_filter`). Filters are asked in their order; each that fits
adds to the verdict, until one says that it is the last.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest

MAX_FILTERS: Final = 100
MAX_CONDITIONS: Final = 20
MAX_VALUE: Final = 320  # characters
MAX_FOLDER: Final = 100
MAX_OCTETS: Final = 1 << 40


class Field(enum.StrEnum):
    """What a condition looks at."""

    FROM = "from"  # name and address of the sender
    TO = "to"  # names and addresses of recipients, and the one it was delivered for
    SUBJECT = "subject"
    BODY = "body"
    SIZE = "size"  # octets
    ATTACHMENT = "attachment"  # names of files


class How(enum.StrEnum):
    """How it looks."""

    CONTAINS = "contains"
    LACKS = "lacks"
    IS = "is"
    LARGER = "larger"  # of sizes, in kilobytes
    SMALLER = "smaller"
    EXISTS = "exists"  # there is a file


_HOWS: Final = {
    Field.SIZE: (How.LARGER, How.SMALLER),
    Field.ATTACHMENT: (How.EXISTS, How.CONTAINS, How.LACKS),
}
_TEXT_HOWS: Final = (How.CONTAINS, How.LACKS, How.IS)


class Notice(enum.StrEnum):
    """Whether the phone is told."""

    AS_RULES_SAY = ""
    ALWAYS = "yes"
    NEVER = "no"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a mail must have."""

    field: Field
    how: How
    value: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Without conditions it fits every mail."""

    name: str = ""
    conditions: tuple[Condition, ...] = ()
    is_any: bool = False  # one condition is enough
    folder: str = ""  # "" = the inbox
    star: bool = False
    read: bool = False
    forward: str = ""  # an address the member has proved
    notice: Notice = Notice.AS_RULES_SAY
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """What filters may ask of a mail; what costs something is asked only when needed."""

    sender: str
    recipients: Callable[[], str]
    subject: str
    size_octets: int
    text: Callable[[], str]
    files: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What filters make of a mail."""

    folder: str = ""
    flags: str = ""  # letters of a Maildir, in their order
    forward: tuple[str, ...] = ()
    notice: Notice = Notice.AS_RULES_SAY
    names: tuple[str, ...] = field(default=())  # of the filters that fit


def judge(filters: Sequence[Filter], mail: Incoming) -> Verdict:
    """What these filters, in their order, make of a mail; the first folder and the first word on notices count."""
    folder, notice = "", Notice.AS_RULES_SAY
    flags: set[str] = set()
    forward: dict[str, None] = {}
    names = []
    for one in filters:
        if not fits(one, mail):
            continue
        names.append(one.name)
        folder = folder or one.folder
        notice = notice or one.notice
        flags |= ({"F"} if one.star else set()) | ({"S"} if one.read else set())
        if one.forward:
            forward[one.forward] = None
        if one.is_last:
            break
    return Verdict(folder, "".join(sorted(flags)), tuple(forward), notice, tuple(names))


def fits(one: Filter, mail: Incoming) -> bool:
    """Whether a filter fits a mail."""
    if not one.conditions:
        return True
    quick_first = sorted(one.conditions, key=lambda it: it.field in (Field.BODY, Field.ATTACHMENT))
    return (any if one.is_any else all)(_holds(condition, mail) for condition in quick_first)


def read_filter(settings: Mapping[str, Any]) -> Filter:
    """The filter in these settings. Raises BadRequest."""
    conditions = settings.get("conditions", [])
    if not isinstance(conditions, list) or len(conditions) > MAX_CONDITIONS:
        raise BadRequest("A filter has too many conditions.")
    read = tuple(_condition(one) for one in conditions)
    name, folder, forward = (_text(settings, key) for key in ("name", "folder", "forward"))
    if len(folder) > MAX_FOLDER or any(char in folder for char in "./\\"):
        raise BadRequest("This cannot be the name of a folder.")
    if forward:
        forward = str(Address.parse(forward))
    try:
        notice = Notice(settings.get("notice", ""))
    except ValueError as error:
        raise BadRequest("A filter tells the phone always, never, or as the rules say.") from error
    flags = {key: settings.get(key, False) is True for key in ("is_any", "star", "read", "is_last")}
    return Filter(name=name, conditions=read, folder=folder, forward=forward, notice=notice, **flags)


def readable(stored: Sequence[Mapping[str, Any]]) -> list[Filter]:
    """Those of kept filters that can be read: one that an older version wrote must not keep mail from being filed."""
    found = []
    for settings in stored:
        try:
            found.append(read_filter(settings))
        except BadRequest:
            continue
    return found


def write_filter(one: Filter) -> dict[str, Any]:
    """The settings of a filter, fit for JSON."""
    return {
        "name": one.name,
        "conditions": [
            {"field": str(each.field), "how": str(each.how), "value": each.value} for each in one.conditions
        ],
        "is_any": one.is_any,
        "folder": one.folder,
        "star": one.star,
        "read": one.read,
        "forward": one.forward,
        "notice": str(one.notice),
        "is_last": one.is_last,
    }


def hows(of: Field) -> tuple[How, ...]:
    """How a condition may look at a field."""
    return _HOWS.get(of, _TEXT_HOWS)


def _condition(settings: Any) -> Condition:
    try:
        condition = Condition(Field(settings["field"]), How(settings["how"]), str(settings.get("value", "")).strip())
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadRequest("A condition of the filter cannot be read.") from error
    if condition.how not in hows(condition.field) or len(condition.value) > MAX_VALUE:
        raise BadRequest("A condition of the filter cannot be read.")
    if condition.how is not How.EXISTS and not condition.value:
        raise BadRequest("A condition of the filter says nothing.")
    is_number = condition.value.isascii() and condition.value.isdigit() and len(condition.value) < 10
    if condition.field is Field.SIZE and not is_number:
        raise BadRequest("A size is a number of kilobytes.")
    return condition


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str) or len(value) > MAX_VALUE or not value.isprintable():
        raise BadRequest("A text of the filter is too long.")
    return value.strip()


def _holds(condition: Condition, mail: Incoming) -> bool:
    if condition.field is Field.SIZE:
        limit = int(condition.value) * 1024
        return mail.size_octets > limit if condition.how is How.LARGER else mail.size_octets < limit
    if condition.field is Field.ATTACHMENT:
        names = mail.files()
        if condition.how is How.EXISTS:
            return bool(names)
        return any(condition.value.casefold() in name.casefold() for name in names) != (condition.how is How.LACKS)
    text = {
        Field.FROM: lambda: mail.sender,
        Field.TO: mail.recipients,
        Field.SUBJECT: lambda: mail.subject,
        Field.BODY: mail.text,
    }[condition.field]().casefold()
    value = condition.value.casefold()
    if condition.how is How.IS:
        return text.strip() == value or f"<{value}>" in text
    return (value in text) != (condition.how is How.LACKS)
