"""MMS headers: their numbers, names and forms of value (OMA-TS-MMS_ENC-V1_3, section 7)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mms.codec import charsets, wsp
from mms.codec.codes import (
    CLASSES,
    CancelStatus,
    Code,
    ContentClass,
    Priority,
    ReadStatus,
    ReplyCharging,
    ResponseStatus,
    RetrievalMode,
    RetrieveStatus,
    Status,
    Version,
)
from mms.codec.content_types import octets, read_plain, read_unquoted
from mms.codec.errors import MmsFormatError
from mms.codec.pdu_address import MAX_ADDRESS, read_address, write_address

_ABSOLUTE, _RELATIVE = 0x80, 0x81
_ADDRESS_PRESENT, _INSERT_ADDRESS = 0x80, 0x81
_YES, _NO = 0x80, 0x81
_NO_MINOR: Final = 0x0F


class Moment(NamedTuple):
    """A time, or a span from when the message was handed in."""

    seconds: int  # since 1970 in UTC, or the span
    is_relative: bool = False

    def at(self, now_s: int) -> int:
        """Seconds since 1970, when the span begins now."""
        return now_s + self.seconds if self.is_relative else self.seconds


class Numbered(NamedTuple):
    """A value of X-Mms-Previously-Sent-By or -Date: 1 is the first who sent the message on."""

    number: int
    value: str | int


class Kind(enum.Enum):
    """What a value is to Python."""

    TEXT = enum.auto()
    NUMBER = enum.auto()
    YES_NO = enum.auto()
    CODE = enum.auto()
    MOMENT = enum.auto()
    VERSION = enum.auto()
    NUMBERED = enum.auto()


@dataclass(frozen=True, slots=True)
class Form:
    """A form of value: how it is read from the octets that hold it alone, and written."""

    kind: Kind
    read: Callable[[wsp.Reader, str], Any]
    write: Callable[[Any], bytes]
    codes: type[Code] | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A header."""

    code: int  # as it is on the wire: from 80
    name: str
    form: Form


def _read_text(reader: wsp.Reader, field: str) -> str:
    return read_unquoted(reader, field)


def _write_text(value: str) -> bytes:
    return wsp.text_string(octets(value))


def read_encoded(reader: wsp.Reader, field: str) -> str:
    """An encoded string: a text, or one behind its character set; also where the number of the set is missing."""
    first = reader.peek(field)
    if first > wsp.LENGTH_QUOTE:
        return read_plain(reader.text(field))
    inner = reader.part(reader.value_length(field), field)
    if not inner.left:
        return ""
    label, first = "", inner.peek(field)
    if not first:
        inner.octet(field)
    elif first >= 0x80 or first < wsp.LENGTH_QUOTE:
        label = charsets.name_of(inner.integer(field))
    text = inner.take(min(inner.left, wsp.MAX_TEXT), field)
    if text[:1] == b"\x7f" and text[1:2] >= b"\x80":
        text = text[1:]
    if not charsets.is_wide(label):
        text = text.partition(b"\0")[0]
    return read_plain(text, label)


def write_encoded(value: str) -> bytes:
    """A text as it is, or in UTF-8 behind the number of that set. Raises MmsFormatError for control characters."""
    text = octets(value)
    if text.isascii():
        return wsp.text_string(text)
    return wsp.with_length(wsp.integer(charsets.UTF_8) + wsp.text_string(text))


def _read_address(reader: wsp.Reader, field: str) -> str:
    return read_address(read_encoded(reader, field))


def _write_address(value: str) -> bytes:
    if not value or len(value) > MAX_ADDRESS:
        raise MmsFormatError(f"an address has 1 to {MAX_ADDRESS} characters")
    return write_encoded(write_address(value))


def _read_from(reader: wsp.Reader, field: str) -> str:
    if reader.peek(field) > wsp.LENGTH_QUOTE:
        return _read_address(reader, field)  # without its length and token
    inner = reader.part(reader.value_length(field), field)
    token = inner.peek(field)
    if token in (_ADDRESS_PRESENT, _INSERT_ADDRESS):
        inner.octet(field)
    return "" if token == _INSERT_ADDRESS or not inner.left else _read_address(inner, field)


def _write_from(value: str) -> bytes:
    return wsp.with_length(bytes((_ADDRESS_PRESENT,)) + _write_address(value))


def _write_from_phone(value: str) -> bytes:
    return _write_from(value) if value else bytes((1, _INSERT_ADDRESS))


def _read_integer(reader: wsp.Reader, field: str) -> int:
    return reader.integer(field)


def _read_yes_no(reader: wsp.Reader, field: str) -> bool:
    value = reader.octet(field)
    if value not in (_YES, _NO):
        raise MmsFormatError(f"{value:02X} is neither yes nor no", offset=reader.at - 1, field=field)
    return value == _YES


def _write_yes_no(value: bool) -> bytes:
    return bytes((_YES if value else _NO,))


def _codes(kind: type[Code]) -> Form:
    def read(reader: wsp.Reader, field: str) -> Code:
        value = reader.octet(field)
        try:
            return kind(value)
        except ValueError:
            raise MmsFormatError(f"{value:02X} is no value", offset=reader.at - 1, field=field) from None

    return Form(Kind.CODE, read, lambda value: bytes((kind(value),)), kind)


def _read_response_status(reader: wsp.Reader, field: str) -> ResponseStatus:
    """A status; one behind the number of a message, as m-delete-conf may have it, too."""
    if reader.peek(field) <= wsp.LENGTH_QUOTE:
        reader = reader.part(reader.value_length(field), field)
        reader.integer(field)
    value = reader.octet(field)
    if value < 0x80:
        raise MmsFormatError(f"{value:02X} is no value", offset=reader.at - 1, field=field)
    return ResponseStatus(value)


def _read_class(reader: wsp.Reader, field: str) -> str:
    first = reader.peek(field)
    if first < 0x80:
        return _read_text(reader, field).lower()
    index = reader.octet(field) & 0x7F
    if index >= len(CLASSES):
        raise MmsFormatError(f"{first:02X} is no class", offset=reader.at - 1, field=field)
    return CLASSES[index]


def _write_class(value: str) -> bytes:
    return bytes((0x80 | CLASSES.index(value),)) if value in CLASSES else _write_text(value)


def _read_moment(reader: wsp.Reader, field: str) -> Moment:
    inner = reader.part(reader.value_length(field), field)
    token = inner.octet(field)
    if token not in (_ABSOLUTE, _RELATIVE):
        raise MmsFormatError(f"{token:02X} is neither a time nor a span", offset=inner.at - 1, field=field)
    return Moment(inner.integer(field), token == _RELATIVE)


def _write_moment(value: Moment) -> bytes:
    token = _RELATIVE if value.is_relative else _ABSOLUTE
    return wsp.with_length(bytes((token,)) + wsp.long_integer(value.seconds))


def _read_version(reader: wsp.Reader, field: str) -> Version:
    start, first = reader.at, reader.peek(field)
    if first >= 0x80:
        minor = first & 0x0F
        text = f"{first >> 4 & 0x07}.{0 if minor == _NO_MINOR else minor}"
    else:
        text = reader.text(field).decode("latin-1")
    try:
        return Version.of(text)
    except ValueError:
        raise MmsFormatError("this is no version", offset=start, field=field) from None


def _write_version(value: Version) -> bytes:
    if not (1 <= value.major <= 7 and 0 <= value.minor <= 14):
        raise MmsFormatError(f"{value} is no version")
    return bytes((0x80 | value.major << 4 | value.minor,))


def _read_sent_by(reader: wsp.Reader, field: str) -> Numbered:
    inner = reader.part(reader.value_length(field), field)
    return Numbered(inner.integer(field), _read_address(inner, field))


def _read_sent_date(reader: wsp.Reader, field: str) -> Numbered:
    inner = reader.part(reader.value_length(field), field)
    return Numbered(inner.integer(field), inner.integer(field))


def _write_numbered(value: Numbered) -> bytes:
    number, what = value
    written = _write_address(what) if isinstance(what, str) else wsp.long_integer(what)
    return wsp.with_length(wsp.integer(number) + written)


def _read_location(reader: wsp.Reader, field: str) -> str:
    """A URI; one behind the number of a message, as m-delete-conf may have it, too."""
    if reader.peek(field) <= wsp.LENGTH_QUOTE:
        reader = reader.part(reader.value_length(field), field)
        if not reader.left:
            return ""
        reader.integer(field)
    return _read_text(reader, field)


_TEXT: Final = Form(Kind.TEXT, _read_text, _write_text)
_ENCODED: Final = Form(Kind.TEXT, read_encoded, write_encoded)
_ADDRESS: Final = Form(Kind.TEXT, _read_address, _write_address)
_LONG: Final = Form(Kind.NUMBER, _read_integer, wsp.long_integer)
_YESNO: Final = Form(Kind.YES_NO, _read_yes_no, _write_yes_no)
_MOMENT: Final = Form(Kind.MOMENT, _read_moment, _write_moment)
_RESPONSE: Final = Form(Kind.CODE, _read_response_status, lambda value: bytes((ResponseStatus(value),)), ResponseStatus)

BCC: Final = Header(0x81, "Bcc", _ADDRESS)
CC: Final = Header(0x82, "Cc", _ADDRESS)
CONTENT_LOCATION: Final = Header(0x83, "X-Mms-Content-Location", Form(Kind.TEXT, _read_location, _write_text))
DATE: Final = Header(0x85, "Date", _LONG)
DELIVERY_REPORT: Final = Header(0x86, "X-Mms-Delivery-Report", _YESNO)
DELIVERY_TIME: Final = Header(0x87, "X-Mms-Delivery-Time", _MOMENT)
EXPIRY: Final = Header(0x88, "X-Mms-Expiry", _MOMENT)
FROM: Final = Header(0x89, "From", Form(Kind.TEXT, _read_from, _write_from))
#: In what a phone sends, nothing means: the centre knows who I am.
FROM_PHONE: Final = Header(0x89, "From", Form(Kind.TEXT, _read_from, _write_from_phone))
MESSAGE_CLASS: Final = Header(0x8A, "X-Mms-Message-Class", Form(Kind.TEXT, _read_class, _write_class))
MESSAGE_ID: Final = Header(0x8B, "Message-ID", _TEXT)
MMS_VERSION: Final = Header(0x8D, "X-Mms-MMS-Version", Form(Kind.VERSION, _read_version, _write_version))
MESSAGE_SIZE: Final = Header(0x8E, "X-Mms-Message-Size", _LONG)
PRIORITY: Final = Header(0x8F, "X-Mms-Priority", _codes(Priority))
READ_REPORT: Final = Header(0x90, "X-Mms-Read-Report", _YESNO)
REPORT_ALLOWED: Final = Header(0x91, "X-Mms-Report-Allowed", _YESNO)
RESPONSE_STATUS: Final = Header(0x92, "X-Mms-Response-Status", _RESPONSE)
RESPONSE_TEXT: Final = Header(0x93, "X-Mms-Response-Text", _ENCODED)
#: Yes is 80 here too, but it means "hide".
SENDER_HIDDEN: Final = Header(0x94, "X-Mms-Sender-Visibility", _YESNO)
STATUS: Final = Header(0x95, "X-Mms-Status", _codes(Status))
SUBJECT: Final = Header(0x96, "Subject", _ENCODED)
TO: Final = Header(0x97, "To", _ADDRESS)
TRANSACTION_ID: Final = Header(0x98, "X-Mms-Transaction-ID", _TEXT)
RETRIEVE_STATUS: Final = Header(0x99, "X-Mms-Retrieve-Status", _codes(RetrieveStatus))
RETRIEVE_TEXT: Final = Header(0x9A, "X-Mms-Retrieve-Text", _ENCODED)
READ_STATUS: Final = Header(0x9B, "X-Mms-Read-Status", _codes(ReadStatus))
REPLY_CHARGING: Final = Header(0x9C, "X-Mms-Reply-Charging", _codes(ReplyCharging))
REPLY_CHARGING_DEADLINE: Final = Header(0x9D, "X-Mms-Reply-Charging-Deadline", _MOMENT)
REPLY_CHARGING_ID: Final = Header(0x9E, "X-Mms-Reply-Charging-ID", _TEXT)
REPLY_CHARGING_SIZE: Final = Header(0x9F, "X-Mms-Reply-Charging-Size", _LONG)
PREVIOUSLY_SENT_BY: Final = Header(
    0xA0, "X-Mms-Previously-Sent-By", Form(Kind.NUMBERED, _read_sent_by, _write_numbered)
)
PREVIOUSLY_SENT_DATE: Final = Header(
    0xA1, "X-Mms-Previously-Sent-Date", Form(Kind.NUMBERED, _read_sent_date, _write_numbered)
)
DISTRIBUTION_INDICATOR: Final = Header(0xB1, "X-Mms-Distribution-Indicator", _YESNO)
RETRIEVAL_MODE: Final = Header(0xB4, "X-Mms-Recommended-Retrieval-Mode", _codes(RetrievalMode))
RETRIEVAL_MODE_TEXT: Final = Header(0xB5, "X-Mms-Recommended-Retrieval-Mode-Text", _ENCODED)
STATUS_TEXT: Final = Header(0xB6, "X-Mms-Status-Text", _ENCODED)
APPLIC_ID: Final = Header(0xB7, "X-Mms-Applic-ID", _TEXT)
REPLY_APPLIC_ID: Final = Header(0xB8, "X-Mms-Reply-Applic-ID", _TEXT)
AUX_APPLIC_INFO: Final = Header(0xB9, "X-Mms-Aux-Applic-Info", _TEXT)
CONTENT_CLASS: Final = Header(0xBA, "X-Mms-Content-Class", _codes(ContentClass))
DRM_CONTENT: Final = Header(0xBB, "X-Mms-DRM-Content", _YESNO)
ADAPTATION_ALLOWED: Final = Header(0xBC, "X-Mms-Adaptation-Allowed", _YESNO)
REPLACE_ID: Final = Header(0xBD, "X-Mms-Replace-ID", _TEXT)
CANCEL_ID: Final = Header(0xBE, "X-Mms-Cancel-ID", _TEXT)
CANCEL_STATUS: Final = Header(0xBF, "X-Mms-Cancel-Status", _codes(CancelStatus))

MESSAGE_TYPE_CODE: Final = 0x8C
CONTENT_TYPE_CODE: Final = 0x84

#: Headers of the network mailbox, which are only passed over, by their names.
_PASSED_OVER: Final = {
    0xA2: "X-Mms-Store",
    0xA3: "X-Mms-MM-State",
    0xA4: "X-Mms-MM-Flags",
    0xA5: "X-Mms-Store-Status",
    0xA6: "X-Mms-Store-Status-Text",
    0xA7: "X-Mms-Stored",
    0xA8: "X-Mms-Attributes",
    0xA9: "X-Mms-Totals",
    0xAA: "X-Mms-Mbox-Totals",
    0xAB: "X-Mms-Quotas",
    0xAC: "X-Mms-Mbox-Quotas",
    0xAD: "X-Mms-Message-Count",
    0xAE: "Content",
    0xAF: "X-Mms-Start",
    0xB0: "Additional-headers",
    0xB2: "X-Mms-Element-Descriptor",
    0xB3: "X-Mms-Limit",
}
BY_CODE: Final = {header.code: header for header in list(globals().values()) if isinstance(header, Header)}
#: Headers whose value is a text, also where its first octet is one of 80 to FF and should have been quoted.
TEXTS: Final = frozenset(
    code for code, header in BY_CODE.items() if header.form in (_TEXT, _ENCODED, _ADDRESS, CONTENT_LOCATION.form)
)


def name_of(code: int) -> str:
    """The name of a header, or its number as "0xC8"."""
    if code in BY_CODE:
        return BY_CODE[code].name
    if code in (MESSAGE_TYPE_CODE, CONTENT_TYPE_CODE):
        return "X-Mms-Message-Type" if code == MESSAGE_TYPE_CODE else "Content-Type"
    return _PASSED_OVER.get(code, f"0x{code:02X}")
