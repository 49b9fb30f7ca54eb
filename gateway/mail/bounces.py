"""Reports to a sender about mail that did not arrive, or not yet (RFC 3464, RFC 6522, RFC 6533 for UTF-8 addresses)."""

from __future__ import annotations

import base64
import email.utils
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.mail.mime.headers import read_headers

#: Octets of the original's header that are sent back.
MAX_HEADER = 32_768

_STATUS = re.compile(r"\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b")
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One recipient and the last words about it."""

    recipient: str
    answer: str  # "550 5.1.1 no such user" as the other server said it, or our own words in that form
    server: str = ""  # host name of the server that said so

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463); from the first digit when the server gave none."""
        match = _STATUS.match(self.answer)
        if match:
            return match[1]
        return f"{self.answer[0]}.0.0" if self.answer[:1] in ("4", "5") else "5.0.0"


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is about."""

    id: int
    hostname: str  # of this server
    sender: str  # whom to tell
    undelivered: Sequence[Undelivered]
    original: bytes
    arrived_ms: int
    now_ms: int
    retry_until_ms: int = 0  # not 0: only a delay so far


def build_report(report: Report) -> bytes:
    """The mail to the sender, CRLF line ends, plain ASCII but for UTF-8 addresses and raw 8-bit header lines.

    To be sent with the null envelope sender, so that nothing ever answers it.
    """
    boundary = f"=_caiyou_{report.id}"
    is_delay = bool(report.retry_until_ms)
    original = read_headers(report.original)
    subject = "邮件暂未送达 Mail delayed" if is_delay else "邮件未送达 Undelivered mail"
    # A Message-ID that folds a line of its own into ours would be an injection.
    about = original.message_id if original.message_id.isascii() and original.message_id.isprintable() else ""
    head = [
        f"From: Mail delivery <mailer-daemon@{report.hostname}>",
        f"To: <{report.sender}>",
        f"Subject: {_word(subject)}",
        f"Date: {_date(report.now_ms)}",
        f"Message-ID: <{report.id}.report@{report.hostname}>",
        *([f"In-Reply-To: {about}", f"References: {about}"] if about else []),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
    ]
    text = base64.encodebytes(_text(report, original.subject, is_delay).encode()).replace(b"\n", b"\r\n")
    header = _header_of(report.original, original.body_start)
    is_global = any(not item.recipient.isascii() for item in report.undelivered)
    status_type = "message/global-delivery-status" if is_global else "message/delivery-status"
    encoding = "7bit" if header.isascii() else "8bit"
    parts = [
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + text,
        f"Content-Type: {status_type}\r\n".encode()
        + (b"Content-Transfer-Encoding: 8bit\r\n" if is_global else b"")
        + b"\r\n"
        + _status(report, is_delay).encode(),
        f"Content-Type: text/rfc822-headers; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + header,
    ]
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + mark + b"--\r\n"


def _status(report: Report, is_delay: bool) -> str:
    """The part for programs: one group for the mail, one per recipient."""
    lines = [f"Reporting-MTA: dns; {report.hostname}", f"Arrival-Date: {_date(report.arrived_ms)}"]
    for item in report.undelivered:
        kind = "rfc822" if item.recipient.isascii() else "utf-8"
        lines += [
            "",
            f"Final-Recipient: {kind}; {item.recipient}",
            f"Action: {'delayed' if is_delay else 'failed'}",
            f"Status: {item.status}",
        ]
        if item.server:
            lines += [f"Remote-MTA: dns; {_plain(item.server)}", f"Diagnostic-Code: smtp; {_plain(item.answer)}"]
        lines.append(f"Last-Attempt-Date: {_date(report.now_ms)}")
        if is_delay:
            lines.append(f"Will-Retry-Until: {_date(report.retry_until_ms)}")
    return "\r\n".join(lines) + "\r\n"


def _text(report: Report, subject: str, is_delay: bool) -> str:
    """The part for people, in both languages: who wrote elsewhere may not be a member with a language set."""
    if is_delay:
        opening = (
            "您的邮件还没有送达下列收件人，我们会继续尝试，您不需要重发。",
            "Your mail has not reached these recipients yet. We keep trying; there is no need to send it again.",
        )
    else:
        opening = ("您的邮件没有送达下列收件人。", "Your mail did not reach these recipients.")
    lines = [*opening, "", f"主题 Subject: {subject[:200]}", ""]
    lines += [f"  {item.recipient}\r\n    {item.answer[:500]}" for item in report.undelivered]
    return "\r\n".join(lines) + "\r\n"


def _header_of(original: bytes, body_start: int) -> bytes:
    """The header block of the original with clean line ends, cut at a line when it is long."""
    block = _LINE_ENDS.sub(b"\r\n", original[: min(body_start, MAX_HEADER)].replace(b"\0", b""))
    if body_start > MAX_HEADER:
        block = block[: block.rfind(b"\r\n") + 2]
    return block.rstrip(b"\r\n") + b"\r\n"


def _word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _plain(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in " ".join(text.split()))[:900]


def _date(ms: int) -> str:
    return email.utils.formatdate(ms / 1000)
