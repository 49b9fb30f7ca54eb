"""Mails the hub writes itself, as bytes: replies by SMS, bounces, reports. Every header is checked for line ends."""

from __future__ import annotations

import base64
import datetime
import email.utils
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Mailbox

_WORD_OCTETS: Final = 45  # of UTF-8 in one encoded word of at most 75 characters (RFC 2047 section 2)
_LINE: Final = 76
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")
_CONTENT_ID: Final = re.compile(r"[!-;=?-~]{1,250}")
_HEADER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}", re.IGNORECASE)
_OWN_HEADERS: Final = frozenset(
    (
        "from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "mime-version",
        "content-type", "content-transfer-encoding", "content-disposition", "content-id",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file to attach; with a content id it is related to the text and not an attachment of its own."""

    name: str
    type: str  # media type
    data: bytes
    content_id: str = ""


def build_mail(
    *,
    from_: Mailbox,
    to: Sequence[Mailbox],
    subject: str,
    text: str,
    date: datetime.datetime,
    message_id: str,
    cc: Sequence[Mailbox] = (),
    in_reply_to: str = "",
    references: Sequence[str] = (),
    html: str = "",
    files: Sequence[MailFile] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The mail with CRLF line ends, ASCII only, and MIME as RFC 2045-2047 and 2231 want it.

    `date` has a zone; message ids come with angle brackets; `headers` adds fields such as Auto-Submitted. The same
    arguments give the same bytes. Raises BadRequest for control characters or line ends in any header, for what is
    no address or message id, and for headers that are named twice.
    """
    if date.tzinfo is None:
        raise BadRequest("date: the mail needs a date with a zone.")
    fields = [
        ("From", _mailboxes([from_], "from")),
        ("To", _mailboxes(to, "to")),
        ("Cc", _mailboxes(cc, "cc")),
        ("Subject", _encoded_text(_checked(subject, "subject"), len("Subject: "))),
        ("Date", email.utils.format_datetime(date)),
        ("Message-ID", _checked_id(message_id)),
        ("In-Reply-To", _checked_id(in_reply_to) if in_reply_to else ""),
        ("References", "\r\n ".join(map(_checked_id, references))),
    ]
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise BadRequest(f"headers: {name[:80]!r} cannot be added.")
        fields.append((name, _encoded_text(_checked(value, name), len(name) + 2)))
    fields.append(("MIME-Version", "1.0"))
    body = _body(text, html, files, message_id)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value or name == "Subject")
    return head.encode("ascii") + body


def _body(text: str, html: str, files: Sequence[MailFile], seed: str) -> bytes:
    part = _text_part("plain", text)
    if html:
        part = _multipart("alternative", [part, _text_part("html", html)], seed)
    related = [_file_part(file) for file in files if file.content_id]
    if related:
        part = _multipart("related", [part, *related], seed)
    attached = [_file_part(file) for file in files if not file.content_id]
    return _multipart("mixed", [part, *attached], seed) if attached else part


def _text_part(subtype: str, text: str) -> bytes:
    lines = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: "
    if lines.isascii() and b"\x00" not in lines and all(len(line) <= 900 for line in lines.split(b"\n")):
        return head.encode() + b"7bit\r\n\r\n" + lines.replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"
    return head.encode() + b"base64\r\n\r\n" + _base64_lines(lines.replace(b"\n", b"\r\n"))


def _file_part(file: MailFile) -> bytes:
    name = _checked(file.name, "files")
    if not _MEDIA_TYPE.fullmatch(file.type):
        raise BadRequest("files: the media type has no type/subtype form.")
    if file.type == "message/rfc822":
        return _mail_part(name, file.data)
    lines = [f"Content-Type: {file.type};\r\n name={_name_parameter(name)}", "Content-Transfer-Encoding: base64"]
    disposition = "inline" if file.content_id else "attachment"
    lines.append(f"Content-Disposition: {disposition};\r\n filename{_extended_parameter(name)}")
    if file.content_id:
        if not _CONTENT_ID.fullmatch(file.content_id):
            raise BadRequest(f"files: {file.content_id[:80]!r} is no content id.")
        lines.append(f"Content-ID: <{file.content_id}>")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + _base64_lines(file.data)


def _mail_part(name: str, data: bytes) -> bytes:
    """A whole mail: as it is where every server can carry it so, else as a file (RFC 2046 5.2.1 forbids Base64)."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not lines.isascii() or b"\x00" in lines or any(len(line) > 900 for line in lines.split(b"\n")):
        return _file_part(MailFile(name, "application/octet-stream", data))
    head = f"Content-Type: message/rfc822\r\nContent-Disposition: attachment;\r\n filename{_extended_parameter(name)}"
    return (head + "\r\n\r\n").encode("ascii") + lines.replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"


def _name_parameter(name: str) -> str:
    """name= of the content type: in encoded words where needed, which old Chinese clients read and RFC 2231 not."""
    if name.isascii():
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{_encoded_text(name, 8)}"'


def _extended_parameter(name: str) -> str:
    """filename of the disposition, in sections of RFC 2231 where it is not ASCII."""
    if name.isascii():
        return "=" + _name_parameter(name)
    octets = quote(name, safe="")
    if len(octets) <= 60:
        return f"*=utf-8''{octets}"
    sections, start = [], 0
    while start < len(octets):
        end = min(start + 54, len(octets))
        while end < len(octets) and "%" in octets[end - 2 : end]:
            end -= 1  # not inside %XX
        sections.append(octets[start:end])
        start = end
    return ";\r\n filename".join(
        f"*{number}*={chr(39).join(('utf-8', '', section)) if number == 0 else section}"
        for number, section in enumerate(sections)
    )


def _multipart(subtype: str, parts: Sequence[bytes], seed: str) -> bytes:
    digest = hashlib.blake2b(b"".join((seed.encode(), subtype.encode(), *parts)), digest_size=15).hexdigest()
    boundary = f"=_{digest}"  # "=_" can stand in neither base64 nor quoted-printable
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    mark = f"--{boundary}".encode()
    return head + b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"


def _base64_lines(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _mailboxes(mailboxes: Sequence[Mailbox], field: str) -> str:
    shown = []
    for mailbox in mailboxes:
        address = Address.parse(mailbox.address)
        if address.needs_smtputf8:
            raise BadRequest(f"{field}: {mailbox.address} cannot stand in a mail of ASCII headers.")
        name = _checked(mailbox.name, field)
        if not name:
            shown.append(str(address))
        elif name.isascii():
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            shown.append(f'"{quoted}" <{address}>')
        else:
            shown.append(f"{_encoded_text(name, 8)} <{address}>")
    return ",\r\n ".join(shown)


def _encoded_text(value: str, used: int) -> str:
    """The value as it is if it is ASCII and short, else as encoded words of UTF-8, folded between them."""
    if value.isascii() and "=?" not in value and used + len(value) <= _LINE:
        return value
    words = []
    run = ""
    octets = 0
    room = (_LINE - used - len("=?utf-8?B??=")) // 4 * 3  # of the first line, which the field name shares
    for char in value:
        size = len(char.encode())
        if octets + size > room:
            words.append(run)
            run, octets, room = "", 0, _WORD_OCTETS
        run += char
        octets += size
    words.append(run)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def _checked(value: str, field: str) -> str:
    if _FORBIDDEN.search(value):
        raise BadRequest(f"{field}: a header cannot hold line ends or control characters.")
    return value.replace("\t", " ").strip()


def _checked_id(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value):
        raise BadRequest(f"{value[:80]!r} is no message id.")
    return value
