"""Mails in mailboxes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be filed in one mailbox; its bytes are stored already, under `blob`."""

    mailbox_id: int
    blob: str
    size_octets: int
    wire_octets: int  # size with CRLF line ends
    sender: str
    subject: str
    date_ms: int
    sender_name: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()  # In-Reply-To and References, newest last
    envelope_sender: str = ""
    envelope_recipient: str = ""
    folder: str = "INBOX"
    kind: str = "mail"
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A link still to be made from a Maildir to a body."""

    mail_id: int
    blob: str
    mailbox_id: int
    folder: str
    file_name: str
    thread_id: int
    flags: str = ""


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What the header of a mail says, as far as its row needs it."""

    sender: str
    sender_name: str
    subject: str
    date_ms: int
    message_id: str = ""
    references: tuple[str, ...] = ()
    wire_octets: int = 0  # size with CRLF line ends
    kind: str = "mail"  # or "mms": a phone sent it as one
