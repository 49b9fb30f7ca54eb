"""Messages of MM4 as mails, both ways (3GPP TS 23.140 annex on the MM4 headers). Pure.

Strict in what is written: every address with its host, ids in quotes, Yes and No, dates of RFC 5322. Lenient in what is
read: field names in any case, ids with or without quotes, 1 for Yes, dates of asctime, fields under the names that MM1
has for them.
"""

from __future__ import annotations

import datetime
import email.header
import email.utils
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, MalformedPdu
from gateway.mail.mime.headers import Fields, MailHeaders, Priority, headers_of, read_fields
from gateway.mail.mime.words import decode_words
from mms.codec.device_address import device_address, read_address, read_addresses
from mms.codec.mime_body import read_body, write_body
from mms.codec.mm4 import (
    VERSION,
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
from mms.content import Body
from mms.terms import MessageClass

#: Octets of a mail that are read: a megabyte of media in base64, and as much again for what other centres allow.
MAX_MAIL: Final = 8 << 20
#: Characters of a value of ours.
MAX_VALUE: Final = 500
MAX_PREVIOUS: Final = 50

_TYPE: Final = re.compile(
    r"(?:MM4_)?(forward|delivery_report|read_(?:reply_)?report|read_reply)\.(RE[QS])", re.IGNORECASE
)
_TOPICS: Final = {"forward": Topic.FORWARD, "delivery_report": Topic.DELIVERY_REPORT}
_MAIL_ADDRESS: Final = re.compile(r"[^\s<>\"=;,]{1,64}@[^\s<>\"=;,]{1,255}")
_NUMBERED: Final = re.compile(r"\s*(\d{1,5})\s*,\s*(.*)", re.DOTALL)
_BREAKS: Final = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_NOT_IN_ID: Final = re.compile(r"[^!#-\[\]-~]+")
_NOT_IN_MESSAGE_ID: Final = re.compile(r"[^A-Za-z0-9.+_-]+")
_SECONDS: Final = re.compile(r"\d{1,10}")
#: Fields that have a place in the values; other X-Mms fields are kept as they stand.
_KNOWN: Final = frozenset(
    (
        "x-mms-3gpp-mms-version", "x-mms-mms-version", "x-mms-message-type", "x-mms-transaction-id",
        "x-mms-message-id", "x-mms-originator-system", "x-mms-ack-request", "x-mms-message-class", "x-mms-priority",
        "x-mms-expiry", "x-mms-delivery-report", "x-mms-read-reply", "x-mms-read-report", "x-mms-sender-visibility",
        "x-mms-originator-r/s-delivery-report", "x-mms-forward-counter", "x-mms-previously-sent-by",
        "x-mms-previously-sent-date-and-time",
    )
)  # fmt: skip
_OPERATORS: Final = ("vasp-id", "vas-id", "service-code", "charged-party", "linked-id")
_Choice = TypeVar("_Choice", MessageClass, Priority, MmStatus, ReadStatus)


# --- writing ------------------------------------------------------------------------------------------------------


def write_mm4(message: Message, *, own_host: str, peer_host: str) -> bytes:
    """The mail of a message, CRLF, ASCII only. Numbers are shown at the hosts of the two centres.

    Raises BadRequest for a message without a transaction id, and for addresses that are none.
    """
    transaction = _identifier(message.transaction_id)
    if not transaction:
        raise BadRequest("transaction_id: MM4 needs one")
    kind = "RES" if isinstance(message, Response) else "REQ"
    fields = [
        ("X-Mms-3GPP-MMS-Version", message.version),
        ("X-Mms-Message-Type", f"{topic_of(message)}.{kind}"),
        ("X-Mms-Transaction-ID", f'"{transaction}"'),
        ("X-Mms-Message-ID", f'"{_identifier(message.mms_id)}"' if message.mms_id else ""),
    ]
    if isinstance(message, Response):
        fields += _response_fields(message)
        date = None
    else:
        date = message.date
        sender = device_address(message.sender, own_host)
        fields += [
            ("From", _address(sender)),
            ("To", _addresses(message.recipients, peer_host)),
            ("Sender", _address(sender)),
            ("X-Mms-Originator-System", _address(message.originator_system) if message.originator_system else ""),
            ("X-Mms-Ack-Request", _yes(message.ack_request)),
        ]
        if isinstance(message, Forward):
            fields += _forward_fields(message, own_host, peer_host)
        elif isinstance(message, DeliveryReport):
            fields += [
                ("X-Mms-MM-Status-Code", message.status.value),
                ("X-Mms-MM-Status-Extension", message.extension),
                ("X-Mms-Status-Text", message.text),
                ("X-Mms-Forward-To-Originator-UA", "" if message.for_phone is None else _yes(message.for_phone)),
            ]
        else:
            fields.append(("X-Mms-Read-Status", message.status.value))
    message_id = getattr(message, "message_id", "") or f"<{_NOT_IN_MESSAGE_ID.sub('.', transaction)}@{own_host}>"
    fields += [
        ("Date", email.utils.format_datetime(date) if date else ""),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{name}: {_folded(name, value)}\r\n" for name, value in fields if value)
    if isinstance(message, Forward):
        return head.encode("ascii") + write_body(message.body)
    return head.encode("ascii") + b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"


def _response_fields(message: Response) -> list[tuple[str, str]]:
    return [
        ("From", _address(message.sender)),
        ("To", _address(message.recipient)),
        ("Sender", _address(message.sender)),
        ("X-Mms-Request-Status-Code", message.status),
        ("X-Mms-Status-Text", message.text),
    ]


def _forward_fields(message: Forward, own_host: str, peer_host: str) -> list[tuple[str, str]]:
    if isinstance(message.expiry, datetime.timedelta):
        expiry = str(max(0, round(message.expiry.total_seconds())))
    else:
        expiry = email.utils.format_datetime(message.expiry) if message.expiry else ""
    fields = [
        ("Cc", _addresses(message.cc, peer_host)),
        ("Subject", message.subject),
        ("X-Mms-Message-Class", message.message_class.value),
        ("X-Mms-Expiry", expiry),
        ("X-Mms-Priority", message.priority.value.capitalize()),
        ("X-Mms-Delivery-Report", _yes(message.delivery_report)),
        ("X-Mms-Originator-R/S-Delivery-Report", "Yes" if message.centre_report else ""),
        ("X-Mms-Read-Reply", _yes(message.read_reply)),
        ("X-Mms-Sender-Visibility", "Show" if message.sender_visible else "Hide"),
        ("X-Mms-Forward-Counter", str(message.forward_counter) if message.forward_counter else ""),
    ]
    for one in message.previously_sent:
        fields.append(("X-Mms-Previously-sent-by", f"{one.number}, {device_address(one.sender, own_host)}"))
        if one.date:
            moment = email.utils.format_datetime(one.date)
            fields.append(("X-Mms-Previously-sent-date-and-time", f"{one.number}, {moment}"))
    return fields + [(name.title(), value) for name, value in message.others if _may_be_other(name)]


def _folded(name: str, value: str) -> str:
    """The value on lines of at most 76 characters where it can be folded, as encoded words where it is not ASCII."""
    value = _BREAKS.sub(" ", value).strip()
    if value.isascii() and "=?" not in value:
        if name in ("To", "Cc"):
            return value.replace(", ", ",\r\n ")
        if len(value) <= MAX_VALUE:
            return value
    return email.header.Header(value[:MAX_VALUE], "utf-8", header_name=name).encode(linesep="\r\n")


def _address(text: str) -> str:
    try:
        address = Address.parse(text)
    except BadRequest as error:
        raise BadRequest(f"{text[:80]!r} is no address of MM4: {error}") from error
    if address.needs_smtputf8:
        raise BadRequest(f"{text[:80]!r} cannot stand in a mail of ASCII fields")
    return str(address)


def _addresses(values: Sequence[str], host: str) -> str:
    return ", ".join(_address(device_address(value, host)) for value in values)


def _identifier(text: str) -> str:
    return _NOT_IN_ID.sub("", text)[:250]


def _yes(is_so: bool) -> str:
    return "Yes" if is_so else "No"


def _may_be_other(name: str) -> bool:
    lower = name.lower()
    is_x_mms = re.fullmatch(r"x-mms-[a-z0-9/-]{1,60}", lower) is not None
    return (is_x_mms and lower not in _KNOWN) or lower in _OPERATORS


# --- reading ------------------------------------------------------------------------------------------------------


def is_mm4(data: bytes) -> bool:
    """Whether a mail says that it is a message of MM4; looks at its header alone."""
    return _TYPE.search(_value(read_fields(data), "x-mms-message-type")) is not None


def read_mm4(data: bytes) -> Message:
    """The message in a mail. Raises MalformedPdu for what is none, and for a body that cannot be read."""
    if len(data) > MAX_MAIL:
        raise MalformedPdu(f"more than {MAX_MAIL} octets", field="mail")
    fields = read_fields(data)
    kind = _TYPE.search(_value(fields, "x-mms-message-type"))
    if kind is None:
        raise MalformedPdu("the header names no message of MM4", field="X-Mms-Message-Type")
    topic = _TOPICS.get(kind[1].lower(), Topic.READ_REPORT)
    headers = headers_of(fields)
    if kind[2].upper() == "RES":
        return _response(fields, topic)
    if topic is Topic.FORWARD:
        return _forward(data, fields, headers)
    common = _common(fields, headers)
    if topic is Topic.DELIVERY_REPORT:
        word = _value(fields, "x-mms-mm-status-code") or _value(fields, "x-mms-status")
        for_phone = _value(fields, "x-mms-forward-to-originator-ua")
        return DeliveryReport(
            **common,
            status=_choice(word, MmStatus, MmStatus.INDETERMINATE),
            extension=_value(fields, "x-mms-mm-status-extension"),
            text=_value(fields, "x-mms-status-text"),
            for_phone=_is_yes(for_phone) if for_phone else None,
        )
    return ReadReport(**common, status=_read_status(_value(fields, "x-mms-read-status")))


def _common(fields: Fields, headers: MailHeaders) -> dict[str, Any]:
    # Sender shows the phone at its centre, From may show what the phone calls itself.
    sender = read_address(_raw(fields, "from")) or read_address(_raw(fields, "sender"))
    system = _MAIL_ADDRESS.search(_value(fields, "x-mms-originator-system"))
    return {
        "transaction_id": _id(fields, "x-mms-transaction-id"),
        "mms_id": _id(fields, "x-mms-message-id") or headers.message_id.strip("<>"),
        "sender": sender,
        "recipients": read_addresses(_raw(fields, "to")),
        "date": headers.date,
        "originator_system": system[0] if system else "",
        "ack_request": _is_yes(_value(fields, "x-mms-ack-request")),
        "version": _value(fields, "x-mms-3gpp-mms-version") or VERSION,
    }


def _forward(data: bytes, fields: Fields, headers: MailHeaders) -> Forward:
    body = read_body(data) if data[fields.body_start :].strip() else Body(())
    return Forward(
        **_common(fields, headers),
        body=body,
        cc=read_addresses(_raw(fields, "cc")),
        subject=headers.subject,
        message_class=_choice(_value(fields, "x-mms-message-class"), MessageClass, MessageClass.PERSONAL),
        priority=_choice(_value(fields, "x-mms-priority"), Priority, Priority.NORMAL),
        expiry=_expiry(_value(fields, "x-mms-expiry")),
        delivery_report=_is_yes(_value(fields, "x-mms-delivery-report")),
        read_reply=_is_yes(_value(fields, "x-mms-read-reply") or _value(fields, "x-mms-read-report")),
        sender_visible=_value(fields, "x-mms-sender-visibility").lower() != "hide",
        centre_report=_is_yes(_value(fields, "x-mms-originator-r/s-delivery-report")),
        forward_counter=_count(_value(fields, "x-mms-forward-counter")),
        previously_sent=_previously_sent(fields),
        message_id=headers.message_id,
        others=tuple(
            (name.decode("latin-1"), decode_words(values[0])[:MAX_VALUE])
            for name, values in fields.values.items()
            if _may_be_other(name.decode("latin-1"))
        ),
    )


def _response(fields: Fields, topic: Topic) -> Response:
    return Response(
        topic=topic,
        transaction_id=_id(fields, "x-mms-transaction-id"),
        mms_id=_id(fields, "x-mms-message-id"),
        status=_value(fields, "x-mms-request-status-code"),
        text=_value(fields, "x-mms-status-text"),
        sender=read_address(_raw(fields, "sender")) or read_address(_raw(fields, "from")),
        recipient=read_address(_raw(fields, "to")),
        version=_value(fields, "x-mms-3gpp-mms-version") or VERSION,
    )


def _previously_sent(fields: Fields) -> tuple[PreviouslySent, ...]:
    dates: dict[int, datetime.datetime | None] = {}
    for value in fields.values.get(b"x-mms-previously-sent-date-and-time", ())[:MAX_PREVIOUS]:
        match = _NUMBERED.match(decode_words(value))
        if match:
            dates[int(match[1])] = _moment(match[2])
    found = []
    for value in fields.values.get(b"x-mms-previously-sent-by", ())[:MAX_PREVIOUS]:
        match = _NUMBERED.match(decode_words(value))
        if match:
            found.append(PreviouslySent(int(match[1]), read_address(match[2]), dates.get(int(match[1]))))
    return tuple(sorted(found, key=lambda one: one.number))


def _raw(fields: Fields, name: str) -> str:
    return fields.first(name.encode()).decode("utf-8", "replace").replace("\r\n", "").replace("\n", "")


def _value(fields: Fields, name: str) -> str:
    return decode_words(fields.first(name.encode()))


def _id(fields: Fields, name: str) -> str:
    return _value(fields, name).strip("\"' ")[:MAX_VALUE]


def _is_yes(value: str) -> bool:
    return value.strip("\"' ").lower() in ("yes", "1", "true", "y")


def _choice(value: str, among: type[_Choice], otherwise: _Choice) -> _Choice:
    word = value.strip("\"' ").lower()
    return next((one for one in among if one.value.lower() == word), otherwise)


def _read_status(value: str) -> ReadStatus:
    return ReadStatus.DELETED if value.strip().lower().startswith("deleted") else ReadStatus.READ


def _count(value: str) -> int:
    return int(value) if re.fullmatch(r"\d{1,5}", value) else 0


def _expiry(value: str) -> datetime.datetime | datetime.timedelta | None:
    if _SECONDS.fullmatch(value):
        return datetime.timedelta(seconds=int(value))
    return _moment(value)


def _moment(value: str) -> datetime.datetime | None:
    """A date of RFC 5322, asctime or RFC 3339; one without a zone is of UTC."""
    found = headers_of(Fields({b"date": [value.encode("utf-8", "replace")]}, 0, False)).date
    if found is None:
        try:
            found = datetime.datetime.fromisoformat(value.strip()[:40])
            found.astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
