"""What a mail and its envelope ask for, as what an MMS asks for, and back (RFC 4356 section 2.1.3 and 2.2.3). Pure."""

from __future__ import annotations

import datetime
import enum
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import Refused
from gateway.mail.mime.headers import Fields, MailHeaders, Priority, headers_of, read_fields
from gateway.mail.mime.words import decode_words
from mms.terms import MessageClass, MmsHeaders

#: Received lines at which a mail is taken to go in circles; RFC 4356 2.2.3 wants no fewer than 100.
MAX_RECEIVED: Final = 100

_FIRST: Final = re.compile(r"[1-5]")


class DeliverBy(enum.StrEnum):
    """What DELIVERBY asks for when the time is over (RFC 2852 section 4)."""

    RETURN = "R"  # give it back
    NOTIFY = "N"  # tell, and go on


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP said beside the mail."""

    #: "" is the null path.
    sender: str
    recipients: tuple[str, ...]
    #: DSN NOTIFY: True with SUCCESS, False with NEVER or without, None = not said.
    notify_success: bool | None = None
    #: DELIVERBY: seconds from now, and what then; None = not said.
    deliver_by_s: int | None = None
    deliver_by: DeliverBy = DeliverBy.RETURN


def check_may_enter(data: bytes) -> None:
    """Raises Refused for a mail that must not become an MMS: it goes in circles, or is marked as sensitive."""
    fields = read_fields(data)
    if len(fields.values.get(b"received", ())) >= MAX_RECEIVED:
        raise Refused("loop", f"This mail has passed {MAX_RECEIVED} servers; it goes in circles.")
    if decode_words(fields.first(b"sensitivity")):
        # MMS has no mark for it, and phones show everything to everybody (RFC 4356 2.2.3.1).
        raise Refused("sensitivity", "5.6.0 A mail marked as sensitive cannot be sent as an MMS.")


def mms_headers(data: bytes, envelope: Envelope, now: datetime.datetime) -> MmsHeaders:
    """What the MMS made of a mail asks for."""
    fields = read_fields(data)
    headers = headers_of(fields)
    expires_ms = 0
    if envelope.deliver_by_s is not None and envelope.deliver_by is DeliverBy.RETURN:
        expires_ms = max(0, round((now.timestamp() + envelope.deliver_by_s) * 1000))
    elif envelope.deliver_by_s is None:
        expires_ms = _expires_ms(fields)
    return MmsHeaders(
        message_class=MessageClass.AUTO if is_automatic(headers, envelope) else MessageClass.PERSONAL,
        priority=_priority(fields),
        delivery_report=bool(envelope.notify_success),
        read_report=bool(fields.first(b"disposition-notification-to")),
        expires_ms=expires_ms,
        mms_id=headers.message_id.strip("<>"),
    )


def is_automatic(headers: MailHeaders, envelope: Envelope) -> bool:
    """Whether no program may answer this (RFC 3834): an MMS of it is of class Auto, and so is a mail of that."""
    return envelope.sender == "" or headers.is_automatic


def mail_fields(asked: MmsHeaders, *, answer_to: str) -> list[tuple[str, str]]:
    """Fields of the mail made of an MMS; `answer_to` is where word of reading goes. No X-Mms field leaves the hub.

    Raises Refused for one whose sender is to stay hidden: mail has no such thing (RFC 4356 2.1.3.1).
    """
    if not asked.sender_visible:
        raise Refused("hidden-sender", "An MMS whose sender is hidden cannot be sent as a mail.")
    fields: list[tuple[str, str]] = []
    if asked.priority is not Priority.NORMAL:
        fields.append(("Importance", asked.priority.value.capitalize()))
    if asked.message_class in (MessageClass.AUTO, MessageClass.ADVERTISEMENT):
        fields.append(("Precedence", "bulk"))
    if asked.message_class is MessageClass.AUTO:
        fields.append(("Auto-Submitted", "auto-generated"))
    elif asked.read_report:  # a program must not be told that a program has read it
        fields.append(("Disposition-Notification-To", f"<{answer_to}>"))
    return fields


def mail_envelope(asked: MmsHeaders, sender: str, recipients: tuple[str, ...], now: datetime.datetime) -> Envelope:
    """The envelope of the mail made of an MMS. Raises Refused when its time is over."""
    deliver_by_s = None
    if asked.expires_ms:
        deliver_by_s = (asked.expires_ms - round(now.timestamp() * 1000)) // 1000
        if deliver_by_s <= 0:
            raise Refused("expired", "The time of this MMS is over.")
    return Envelope(
        sender="" if asked.message_class is MessageClass.AUTO else sender,
        recipients=recipients,
        notify_success=asked.delivery_report,
        deliver_by_s=deliver_by_s,
    )


def _priority(fields: Fields) -> Priority:
    """Importance, else X-Priority: when both are there the first counts (RFC 4356 2.2.3)."""
    word = decode_words(fields.first(b"importance")).strip().lower()
    named = next((one for one in Priority if one.value == word), None)
    if named is not None:
        return named
    level = _FIRST.match(decode_words(fields.first(b"x-priority")).strip())
    if level is None:
        return Priority.NORMAL
    return {"1": Priority.HIGH, "2": Priority.HIGH, "3": Priority.NORMAL}.get(level[0], Priority.LOW)


def _expires_ms(fields: Fields) -> int:
    value = fields.first(b"expires") or fields.first(b"expiry-date")
    date = headers_of(Fields({b"date": [value]}, 0, False)).date if value else None
    return max(0, round(date.timestamp() * 1000)) if date else 0
