"""Who sent a mail to a phone and asked for it hears whether the MMS made of it was read (RFC 8098, RFC 4356 2.1.5)."""

from __future__ import annotations

import datetime

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import MmsRead
from gateway.core.outbox import Purpose
from gateway.core.ports import Books
from gateway.mail.mime.headers import read_fields, read_headers, read_mailboxes
from mms.incoming import ReadState
from mms.mail_mapping.disposition import Disposition, notification_of


def receipt_to(data: bytes, envelope_sender: str) -> str:
    """The address to tell of reading; "" where the mail asks for nothing.

    Nor where it names anybody but who sent it: such a mail may want to have others flooded (RFC 8098 section 2.1).
    """
    asked = read_fields(data).first(b"disposition-notification-to")
    mailboxes = read_mailboxes(asked, limit=2)
    if len(mailboxes) != 1 or not envelope_sender:
        return ""
    try:
        address = Address.parse(mailboxes[0].address)
        return str(address) if address == Address.parse(envelope_sender) else ""
    except BadRequest:
        return ""


def tell_of_reading(event: MmsRead, books: Books) -> None:
    """Reaction: a disposition notification for the sender of the mail an MMS was made of."""
    row = books.outbox.get(event.message_id)
    if row is None or row["purpose"] != Purpose.PHONE_MAIL or not row["mail_id"]:
        return
    try:
        mail = books.body(row["mail_id"])
    except NotFound:
        return
    to = receipt_to(mail, books.envelope_sender(row["mail_id"]) or "")
    if not to:
        return
    domain = row["tag"].rpartition("@")[2] or books.first_domain()
    message_id = read_headers(mail).message_id.strip("<>")
    state = ReadState.READ if event.is_read else ReadState.DELETED
    try:
        notification = notification_of(
            Disposition(row["recipient"], state, message_id),
            to=to,
            domain=domain,
            report_id=f"{event.message_id}.read",
            now=datetime.datetime.fromtimestamp(books.now_ms / 1000, datetime.UTC),
        )
    except BadRequest as error:
        books.timeline.step(event.message_id, "receipt", f"none: {error}")
        return
    if notification is not None:
        books.send_mail(notification, sender="", recipients=[to], account_id=row["account_id"])
        books.timeline.step(event.message_id, "receipt", "its sender was told whether it was read")
