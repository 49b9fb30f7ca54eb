"""The frame of a report by mail: words for people, fields for programs (RFC 6522). Pure."""

from __future__ import annotations

import base64
import datetime
import email.utils
import re
from typing import Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest

_ID: Final = re.compile(r"[!-;=?-~]{1,250}")


def report_mail(
    *,
    kind: str,
    to: str,
    domain: str,
    report_id: str,
    about: str,
    subject: str,
    words: str,
    fields: str,
    now: datetime.datetime,
) -> bytes:
    """The mail, CRLF, ASCII only: multipart/report of this kind about the message of that id (without < >).

    Nothing may answer it: it says so, and is to be sent with the null path. Raises BadRequest for what is no address.
    """
    recipient = Address.parse(to)
    if recipient.needs_smtputf8 or not fields.isascii():
        raise BadRequest("to: a report has ASCII addresses")
    if not _ID.fullmatch(report_id):
        raise BadRequest("report_id: letters, digits and signs without blanks")
    boundary = f"=_report_{report_id[:50]}".replace('"', "").replace("\\", "")
    head = [
        f"From: MMS <mailer-daemon@{domain}>",
        f"To: <{recipient}>",
        f"Subject: =?utf-8?B?{base64.b64encode(subject.encode()[:45]).decode()}?=",
        f"Date: {email.utils.format_datetime(now)}",
        f"Message-ID: <{report_id}.report@{domain}>",
    ]
    if _ID.fullmatch(about):
        head += [f"In-Reply-To: <{about}>", f"References: <{about}>"]
    head += [
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind};\r\n boundary="{boundary}"',
    ]
    text = base64.encodebytes(words.encode()).decode().replace("\n", "\r\n")
    about_text = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    return (
        "\r\n".join(head)
        + f"\r\n\r\n--{boundary}\r\n{about_text}\r\n\r\n"
        + text
        + f"\r\n--{boundary}\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n--{boundary}--\r\n"
    ).encode("ascii")
