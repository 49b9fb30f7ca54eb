"""The header block of a mail: who, to whom, about what, and the facts that loop rules need. Never raises."""

from __future__ import annotations

import datetime
import email.utils
import enum
import re
from dataclasses import dataclass, field
from typing import Final

from gateway.mail.mime.words import MAX_VALUE, decode_words, read_parameters

MAX_BLOCK: Final = 1 << 20  # octets of header block that are looked at
MAX_FIELDS: Final = 2000
MAX_MAILBOXES: Final = 1000
MAX_REFERENCES: Final = 100

_END: Final = re.compile(rb"\r?\n\r?\n")
# Anchored: a colon inside a line that is no field makes none, and such a line is looked at once.
_FIELD: Final = re.compile(rb"^([!-9;-~]{1,80})[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_MESSAGE_ID: Final = re.compile(rb"<[^<>\s]{1,400}>")
_COMMENT: Final = re.compile(rb"\(([^()]*)\)")
_UTC: Final = datetime.UTC


class Priority(enum.StrEnum):
    """How urgent the sender called the mail."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One name and address of a From, To or Cc field; the address as written, which may be no valid one."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class MailHeaders:
    """What the header block says; a missing field is "", None or an empty tuple."""

    from_: Mailbox = Mailbox("", "")
    sender: str = ""
    reply_to: str = ""
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime.datetime | None = None  # always with a zone
    message_id: str = ""  # with its angle brackets
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    auto_submitted: str = ""  # lower case, without comment and parameters; "no" is ""
    precedence: str = ""
    list_id: str = ""
    is_list: bool = False  # any of the List- fields is there
    return_path: str | None = None  # "" is the null path of a bounce
    received_count: int = 0
    delivered_to: tuple[str, ...] = ()
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)  # of the content type
    body_start: int = 0  # octets from the start of the mail
    truncated: bool = False  # more was there than the limits let us read

    @property
    def is_automatic(self) -> bool:
        """Did a program send this, so that no program may answer it (RFC 3834)?"""
        return (
            bool(self.auto_submitted)
            or self.is_list
            or self.precedence in ("bulk", "junk", "list", "auto_reply")
            or self.return_path == ""
        )


@dataclass(frozen=True, slots=True)
class Fields:
    """The raw fields of a header block: values by lower-case name, in order, still folded."""

    values: dict[bytes, list[bytes]]
    body_start: int
    truncated: bool

    def first(self, name: bytes) -> bytes:
        """The first value of the field, stripped, or b""."""
        values = self.values.get(name)
        return values[0].strip() if values else b""


def read_fields(data: bytes, start: int = 0, end: int | None = None) -> Fields:
    """The header fields of the mail or part in data[start:end].

    The block ends at the first empty line. A beginning that is no field makes everything the body; a line
    inside that is no field is passed over, since broken clients wrap without indenting.
    """
    end = len(data) if end is None else end
    if data.startswith((b"\n", b"\r\n"), start):
        return Fields({}, start + (1 if data[start] == 10 else 2), False)
    if data.startswith(b"From ", start):  # the separator of an mbox file
        newline = data.find(b"\n", start, min(end, start + 1000))
        start = newline + 1 if newline >= 0 else start
    blank = _END.search(data, start, min(end, start + MAX_BLOCK))
    stop = blank.start() if blank else min(end, start + MAX_BLOCK)
    if not _FIELD.match(data, start, stop):
        return Fields({}, start, False)
    values: dict[bytes, list[bytes]] = {}
    truncated = blank is None and stop < end
    for count, match in enumerate(_FIELD.finditer(data, start, stop)):
        if count >= MAX_FIELDS:
            truncated = True
            break
        value = match[2]
        if len(value) > MAX_VALUE:
            value, truncated = value[:MAX_VALUE], True
        values.setdefault(match[1].lower(), []).append(value)
    return Fields(values, blank.end() if blank else end, truncated)


def read_headers(data: bytes) -> MailHeaders:
    """What the header block of the mail says; the body is not looked at."""
    return headers_of(read_fields(data))


def headers_of(fields: Fields) -> MailHeaders:
    """The meaning of the raw fields."""
    first = fields.first
    values = fields.values
    content_type, parameters = read_parameters(first(b"content-type"))
    charset = parameters.get("charset")
    from_ = read_mailboxes(first(b"from"), charset, limit=1)
    sender = read_mailboxes(first(b"sender"), charset, limit=1) if b"sender" in values else ()
    reply_to = read_mailboxes(first(b"reply-to"), charset, limit=1) if b"reply-to" in values else ()
    return_path = values.get(b"return-path")
    auto_submitted = _token(first(b"auto-submitted"))
    return MailHeaders(
        from_=from_[0] if from_ else Mailbox("", ""),
        sender=sender[0].address if sender else "",
        reply_to=reply_to[0].address if reply_to else "",
        to=read_mailboxes(first(b"to"), charset),
        cc=read_mailboxes(first(b"cc"), charset) if b"cc" in values else (),
        subject=decode_words(first(b"subject"), charset),
        date=_date(first(b"date")),
        message_id=_first_id(first(b"message-id")),
        in_reply_to=_first_id(first(b"in-reply-to")),
        references=tuple(
            match.decode("latin-1") for match in _MESSAGE_ID.findall(first(b"references"))[-MAX_REFERENCES:]
        ),
        priority=_priority(fields),
        auto_submitted="" if auto_submitted == "no" else auto_submitted,
        precedence=_token(first(b"precedence")),
        list_id=decode_words(first(b"list-id"), charset),
        is_list=any(name in values for name in (b"list-id", b"list-unsubscribe", b"list-post", b"list-help")),
        return_path=None if return_path is None else return_path[0].strip(b" \t\r\n<>").decode("latin-1"),
        received_count=len(values.get(b"received", ())),
        delivered_to=tuple(
            value.strip(b" \t\r\n<>").decode("utf-8", "replace") for value in values.get(b"delivered-to", ())
        ),
        content_type=content_type or "text/plain",
        parameters=parameters,
        body_start=fields.body_start,
        truncated=fields.truncated,
    )


def read_mailboxes(value: bytes, charset: str | None = None, *, limit: int = MAX_MAILBOXES) -> tuple[Mailbox, ...]:
    """The mailboxes of an address field, with comments, groups, bare addresses, unquoted commas in names."""
    found: list[Mailbox] = []
    waiting: list[bytes] = []  # joined at last: a field of commas alone would be copied as often as it has any
    for piece in _pieces(value[:MAX_VALUE]):
        if piece or waiting:
            waiting.append(piece)
        if b"@" not in piece and b"<" not in piece:
            continue  # a comma inside a name that should have been quoted
        mailbox = _mailbox(b",".join(waiting), charset)
        waiting.clear()
        if mailbox is not None:
            found.append(mailbox)
            if len(found) >= limit:
                return tuple(found)
    mailbox = _mailbox(b",".join(waiting), charset)
    if mailbox is not None:
        found.append(mailbox)
    return tuple(found)


_MARKS: Final = re.compile(rb"""["(),:;<>\\]""")


def _pieces(value: bytes) -> list[bytes]:
    """The value cut at commas and group marks that stand outside quotes, comments and angle brackets."""
    if not _MARKS.search(value):
        return [value]
    pieces: list[bytes] = []
    start = position = depth = 0
    is_quoted = is_angled = False
    while match := _MARKS.search(value, position):
        position = match.end()
        mark = match[0]
        if mark == b"\\":
            position += 1
        elif mark == b'"':
            is_quoted = not is_quoted and depth == 0
        elif is_quoted:
            continue
        elif mark == b"(":
            depth += 1
        elif mark == b")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif mark == b"<":
            is_angled = True
        elif mark == b">":
            is_angled = False
        elif not is_angled:
            if mark != b":":
                pieces.append(value[start : match.start()])
            start = position
    pieces.append(value[start:])
    return pieces


def _mailbox(piece: bytes, charset: str | None) -> Mailbox | None:
    name, bracket, rest = piece.rpartition(b"<")
    if bracket:
        address = rest.partition(b">")[0]
    else:
        comments = _COMMENT.findall(piece)
        address = _COMMENT.sub(b"", piece)
        name = comments[0] if comments else b""
    address = address.strip()
    name = name.strip()
    if name.startswith(b'"') and name.endswith(b'"') and len(name) > 1:
        name = name[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    if not address and not name:
        return None
    shown = decode_words(name, charset).strip("\"' ")
    return Mailbox(shown, address[:512].decode("utf-8", "replace"))


def _date(value: bytes) -> datetime.datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(value[:200].decode("latin-1"))
        if date.tzinfo is None:
            return date.replace(tzinfo=_UTC)
        date.astimezone(_UTC)  # a zone may push the year out of range
        return date
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _first_id(value: bytes) -> str:
    match = _MESSAGE_ID.search(value)
    return match[0].decode("latin-1") if match else ""


def _token(value: bytes) -> str:
    if not value:
        return ""
    return value.partition(b";")[0].partition(b"(")[0].strip().lower()[:80].decode("latin-1")


def _priority(fields: Fields) -> Priority:
    """X-Priority 1 to 5 (1 and 2 are high), else Importance, X-MSMail-Priority and Priority by name."""
    level = fields.first(b"x-priority")[:1]
    if level in (b"1", b"2"):
        return Priority.HIGH
    if level in (b"4", b"5"):
        return Priority.LOW
    for name in (b"importance", b"x-msmail-priority", b"priority"):
        word = _token(fields.first(name))
        if word in ("high", "urgent"):
            return Priority.HIGH
        if word in ("low", "non-urgent"):
            return Priority.LOW
    return Priority.NORMAL
