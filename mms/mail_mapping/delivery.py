"""A delivery report of MMS as a delivery status notification of mail, and back (RFC 4356 2.1.4, RFC 3464). Pure."""

from __future__ import annotations

import datetime
import email.utils
from dataclasses import dataclass
from typing import Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Fields, headers_of, read_fields
from gateway.mail.mime.reader import read_mail
from mms.codec.device_address import read_address
from mms.codec.mm4 import MmStatus
from mms.mail_mapping.report_mail import report_mail

#: Recipients of one notification that are read.
MAX_RECIPIENTS: Final = 100

#: Action and status code (RFC 3463). A rejected MMS was not shown: to call it delivered, as RFC 4356 has it, would tell
#: its sender that it arrived.
_ACTIONS: Final[dict[MmStatus, tuple[str, str]]] = {
    MmStatus.RETRIEVED: ("delivered", "2.1.5"),
    MmStatus.REJECTED: ("failed", "5.7.1"),
    MmStatus.EXPIRED: ("failed", "4.4.7"),
    MmStatus.UNRECOGNISED: ("failed", "5.6.1"),
    MmStatus.INDETERMINATE: ("relayed", "2.0.0"),
    MmStatus.FORWARDED: ("relayed", "2.0.0"),
    MmStatus.DEFERRED: ("delayed", "4.4.7"),
}
_STATUSES: Final = {
    "delivered": MmStatus.RETRIEVED,
    "failed": MmStatus.UNRECOGNISED,
    "relayed": MmStatus.FORWARDED,
    "expanded": MmStatus.FORWARDED,
}
_WORDS: Final = {
    "delivered": ("已送达手机。", "The phone has fetched the message."),
    "failed": ("未能送达手机。", "The message did not reach the phone."),
    "relayed": ("已转交，结果未知。", "The message was handed on; nobody will say what becomes of it."),
    "delayed": ("手机稍后接收。", "The phone will fetch the message later."),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message for one recipient."""

    #: A number, or a mail address.
    recipient: str
    status: MmStatus
    #: Of the message, as its sender's side named it (Message-ID without < >, ENVID).
    message_id: str = ""
    date: datetime.datetime | None = None
    text: str = ""


def notification_of(
    delivery: Delivery, *, to: str, domain: str, report_id: str, now: datetime.datetime, envelope_id: str = ""
) -> bytes:
    """The notification for who sent the mail: `to` is its MAIL FROM, never a field of it (RFC 4356 2.1.4.2).

    To be sent with the null path. Raises BadRequest when `to` or the recipient is no address.
    """
    action, status = _ACTIONS[delivery.status]
    recipient = delivery.recipient if "@" in delivery.recipient else f"{delivery.recipient}@{domain}"
    lines = [f"Reporting-MTA: dns; {domain}", f"DSN-Gateway: dns; {domain}"]
    if envelope_id:
        lines.append(f"Original-Envelope-Id: {_plain(envelope_id)}")
    lines += ["", f"Final-Recipient: rfc822; {Address.parse(recipient)}", f"Action: {action}", f"Status: {status}"]
    if delivery.text:
        lines.append(f"Diagnostic-Code: x-mms; {_plain(delivery.text)}")
    lines.append(f"Last-Attempt-Date: {email.utils.format_datetime(delivery.date or now)}")
    chinese, english = _WORDS[action]
    return report_mail(
        kind="delivery-status",
        to=to,
        domain=domain,
        report_id=report_id,
        about=delivery.message_id,
        subject=f"彩信投递报告 MMS delivery report: {action}",
        words=f"{recipient}\r\n\r\n{chinese}\r\n{english}\r\n",
        fields="\r\n".join(lines) + "\r\n",
        now=now,
    )


def deliveries_of(data: bytes, hosts: frozenset[str] = frozenset()) -> tuple[Delivery, ...]:
    """What a notification says, one for each recipient; of those only delayed nothing (RFC 4356 2.2.4.1).

    Numbers at `hosts` are phones. Empty for a mail that is no notification.
    """
    mail = read_mail(data)
    if mail.headers.content_type != "multipart/report":
        return ()
    kinds = ("message/delivery-status", "message/global-delivery-status")
    part = next((one for one in mail.attachments if one.type in kinds), None)
    if part is None:
        return ()
    groups = [group for group in part.content().replace(b"\r\n", b"\n").split(b"\n\n") if group.strip()]
    if not groups:
        return ()
    about = _value(read_fields(groups[0] + b"\n\n"), b"original-envelope-id") or _original_id(
        mail.headers.in_reply_to, data
    )
    found = []
    for group in groups[1 : MAX_RECIPIENTS + 1]:
        fields = read_fields(group + b"\n\n")
        recipient = _value(fields, b"original-recipient") or _value(fields, b"final-recipient")
        status = _STATUSES.get(_value(fields, b"action").lower())
        if status is MmStatus.UNRECOGNISED and _value(fields, b"status").startswith(("4.4.7", "5.4.7")):
            status = MmStatus.EXPIRED
        address = read_address(recipient.partition(";")[2] or recipient, hosts)
        if status is not None and address:
            date = headers_of(Fields({b"date": fields.values.get(b"last-attempt-date", [b""])}, 0, False)).date
            text = _value(fields, b"diagnostic-code").partition(";")[2].strip()
            found.append(Delivery(address, status, about.strip("<>"), date, text[:200]))
    return tuple(found)


def _original_id(in_reply_to: str, data: bytes) -> str:
    """The Message-ID of what the notification is about: In-Reply-To, or of the header block that came back."""
    if in_reply_to:
        return in_reply_to
    for attachment in read_mail(data).attachments:
        if attachment.type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            return headers_of(read_fields(attachment.content())).message_id
    return ""


def _value(fields: Fields, name: bytes) -> str:
    return " ".join(fields.first(name).decode("utf-8", "replace").split())


def _plain(text: str) -> str:
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in " ".join(text.split()))[:300]
    if not plain:
        raise BadRequest("a field of the notification would be empty")
    return plain
