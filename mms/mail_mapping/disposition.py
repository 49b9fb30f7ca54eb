"""A read report of MMS as a disposition notification of mail, and back (RFC 4356 2.1.5, RFC 8098). Pure."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from gateway.core.addresses import Address
from gateway.mail.mime.headers import read_fields
from gateway.mail.mime.reader import read_mail
from mms.codec.device_address import read_address
from mms.incoming import ReadState
from mms.mail_mapping.report_mail import report_mail

_TYPES: Final = {ReadState.READ: "displayed", ReadState.DELETED: "deleted"}
_STATES: Final = {
    "displayed": ReadState.READ,
    "deleted": ReadState.DELETED,
    "denied": ReadState.DELETED,
    "failed": ReadState.DELETED,
}
_WORDS: Final = {
    ReadState.READ: ("对方已阅读。", "The message was read."),
    ReadState.DELETED: ("对方未阅读即删除。", "The message was deleted without being read."),
}


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a person did with a message."""

    #: A number, or a mail address.
    reader: str
    state: ReadState
    #: Of the message, without < >.
    message_id: str = ""


def notification_of(
    disposition: Disposition, *, to: str, domain: str, report_id: str, now: datetime.datetime
) -> bytes | None:
    """The notification; `to` is what Disposition-Notification-To named, not From. None when nothing is known.

    To be sent with the null path. Raises BadRequest for what is no address.
    """
    kind = _TYPES.get(disposition.state)
    if kind is None:
        return None
    reader = disposition.reader if "@" in disposition.reader else f"{disposition.reader}@{domain}"
    lines = [
        f"Reporting-UA: {domain}; MMS",
        f"Final-Recipient: rfc822; {Address.parse(reader)}",
        *([f"Original-Message-ID: <{disposition.message_id}>"] if disposition.message_id.isascii() else []),
        f"Disposition: manual-action/MDN-sent-automatically; {kind}",
    ]
    chinese, english = _WORDS[disposition.state]
    return report_mail(
        kind="disposition-notification",
        to=to,
        domain=domain,
        report_id=report_id,
        about=disposition.message_id,
        subject=f"彩信阅读报告 MMS read report: {kind}",
        words=f"{reader}\r\n\r\n{chinese}\r\n{english}\r\n",
        fields="\r\n".join("".join(char for char in line if " " <= char <= "~") for line in lines) + "\r\n",
        now=now,
    )


def disposition_of(data: bytes, hosts: frozenset[str] = frozenset()) -> Disposition | None:
    """What a notification says; None for a mail that is none, and for one that says nothing an MMS can.

    Numbers at `hosts` are phones. Denied and failed are "deleted without being read" when a program said so.
    """
    mail = read_mail(data)
    if mail.headers.content_type != "multipart/report":
        return None
    part = next((one for one in mail.attachments if one.type == "message/disposition-notification"), None)
    if part is None:
        return None
    fields = read_fields(part.content().lstrip(b"\r\n") + b"\r\n\r\n")

    def value(name: bytes) -> str:
        return " ".join(fields.first(name).decode("utf-8", "replace").split())

    mode, _, kind = value(b"disposition").lower().partition(";")
    word = kind.strip().partition("/")[0].strip()
    state = _STATES.get(word)
    if state is None or (word in ("denied", "failed") and not mode.startswith("automatic-action")):
        return None
    reader = value(b"original-recipient") or value(b"final-recipient")
    about = value(b"original-message-id") or mail.headers.in_reply_to
    return Disposition(read_address(reader.partition(";")[2] or reader, hosts), state, about.strip("<> "))
