"""Facts that others react to, in the past tense. The table of who reacts to what is in `gateway.app`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MailArrived:
    """A mail was filed in a member's mailbox, in this transaction."""

    mail_id: int
    account_id: int
    mailbox_id: int
    thread_id: int
    folder: str
    envelope_sender: str
    recipient: str
    content: bytes = field(repr=False)  # the whole mail as it came
    received_ms: int = 0
    notice: str = ""  # what a filter says of notices: "yes", "no", or "" for nothing


@dataclass(frozen=True, slots=True)
class MailSubmitted:
    """A member handed in a mail to be sent (submission or web), in this transaction."""

    mail_id: int
    account_id: int
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    received_ms: int = 0


@dataclass(frozen=True, slots=True)
class PhoneMailArrived:
    """A mail came for `<number>@domain`; it is to become an SMS on that phone."""

    mail_id: int
    number: str  # E.164
    envelope_sender: str
    recipient: str  # the address it was sent to
    account_id: int | None  # the member who sent it, when one of ours did
    content: bytes = field(repr=False)
    received_ms: int = 0


@dataclass(frozen=True, slots=True)
class SmsReceived:
    """A whole SMS (long ones put together) came from a phone, in this transaction."""

    inbox_id: int
    link: str
    sender: str  # E.164 where known
    recipient: str  # access number with extension
    text: str
    received_ms: int = 0


@dataclass(frozen=True, slots=True)
class MmsReceived:
    """An MMS came from a phone, or from another centre on its behalf, in this transaction."""

    inbox_id: int
    link: str
    sender: str  # E.164 where known, or a mail address
    recipients: tuple[str, ...]  # as they came
    subject: str
    blob: str  # reference of the letter it is kept as (mms.letters)
    content: bytes = field(repr=False)  # that letter
    received_ms: int = 0


@dataclass(frozen=True, slots=True)
class MessageSettled:
    """An SMS of the outbox reached a state worth telling its owner."""

    message_id: int
    account_id: int
    state: str
    code: str
    tag: str = ""
    is_mms: bool = False  # where a report says it: that a phone has an MMS tells what the phone can


@dataclass(frozen=True, slots=True)
class MmsRead:
    """What the owner of a phone did with an MMS of the outbox became known."""

    message_id: int
    is_read: bool  # or deleted without being read


Event = MailArrived | MailSubmitted | PhoneMailArrived | SmsReceived | MmsReceived | MmsRead | MessageSettled
