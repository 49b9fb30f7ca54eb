"""An MMS as a mail for the Internet: no SMIL, no X-Mms field, an address that leads back (RFC 4356 2.1). Pure."""

from __future__ import annotations

import datetime
import email.utils
from dataclasses import dataclass

from gateway.core.addresses import Address
from gateway.mail.mime.headers import Mailbox
from gateway.mail.mime.words import file_name
from gateway.mail.mime.writer import MailFile, build_mail
from mms import letter_view
from mms.codec.device_address import is_number
from mms.letters import Letter
from mms.mail_mapping.fields import Envelope, mail_envelope, mail_fields
from mms.mail_mapping.history import History, resent_fields


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail and what SMTP is to be told of it."""

    envelope: Envelope
    data: bytes


def mail_of_mms(
    letter: Letter,
    *,
    domain: str,
    recipients: tuple[str, ...],
    now: datetime.datetime,
    history: History | None = None,
    sender_name: str = "",
) -> OutgoingMail:
    """The mail of an MMS for these mail addresses; numbers become number@`domain`, where answers to phones come in.

    `history` is that of an MMS that was sent on before. Raises Refused for one that cannot be a mail (its sender is
    hidden, its time is over) and BadRequest for what is no address.
    """
    sender = mail_address(letter.sender, domain)
    fields = mail_fields(letter.mms, answer_to=sender)
    files = []
    shown = {}
    seen = letter_view.seen(letter.body)
    for number, part in enumerate(seen, 1):
        if letter_view.is_text(part):
            continue
        digest = letter_view.digest_of(part.data)
        if digest in shown:
            continue
        content_id = f"{number}.{digest[:16]}@{domain}" if letter_view.is_picture(part) else ""
        if content_id:
            shown[digest] = content_id
        name = file_name(letter_view.name_of(part, number)) or f"part-{number}"
        files.append(MailFile(name, _media_type(part.media_type), part.data, content_id))
    origin = history.first if history is not None else None
    date = origin.date if origin is not None and origin.date is not None else None
    mail = build_mail(
        from_=Mailbox("", mail_address(origin.sender, domain)) if origin is not None else Mailbox(sender_name, sender),
        to=[Mailbox("", mail_address(one, domain)) for one in letter.recipients],
        cc=[Mailbox("", mail_address(one, domain)) for one in letter.cc],
        subject=" ".join(letter.subject.split()),
        text=letter_view.text_of(letter.body),
        html=letter_view.page_of(letter.body, shown, "") if shown else "",
        date=date or datetime.datetime.fromtimestamp(letter.date_ms / 1000, datetime.UTC),
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        files=files,
        headers=fields,
    )
    top = f"Received: by {domain} with MMS; {email.utils.format_datetime(now)}\r\n"
    if history is not None:
        addressed = History(tuple(type(one)(mail_address(one.sender, domain), one.date) for one in history.sendings))
        top += resent_fields(addressed, recipients, letter.message_id)
    if not letter.recipients and not letter.cc:
        top += "To: undisclosed-recipients:;\r\n"
    return OutgoingMail(mail_envelope(letter.mms, sender, recipients, now), top.encode("ascii") + mail)


def mail_address(address: str, domain: str) -> str:
    """The mail address of a number or mail address, always with a domain. Raises BadRequest for what is none."""
    if is_number(address):
        return str(Address.parse(f"{address.replace('*', '').replace('#', '')}@{domain}"))
    return str(Address.parse(address))


def _media_type(kind: str) -> str:
    is_plain = kind.partition("/")[0] in ("text", "image", "audio", "video", "application")
    return kind if is_plain and "/" in kind else "application/octet-stream"
