"""What becomes of an MMS that came in: an answer goes on as a mail, a member's is filed, another phone's is handed on.

An MMS to our own number answers the last notice its phone had, as an SMS does; with none it is filed for the member
whose phone it is. One to a phone is filed for the member who has that number, and goes to the phone; one to a mail
address becomes a mail. Parts that must not be handed on (forward-locked) never leave.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, NotFound, Refused
from gateway.core.events import MmsReceived
from gateway.core.mms import REPORTED, NewMms
from gateway.core.outbox import Purpose
from gateway.core.phone import is_mobile, normalise
from gateway.core.ports import Books
from gateway.mail.mime.headers import read_headers
from mms.letters import Letter, read_letter
from mms.mail_mapping.writing import mail_of_mms
from mms.terms import MessageClass

STEP: Final = "reception"
DAY_MS: Final = 86_400_000
#: Recipients of one MMS that are served.
MAX_RECIPIENTS: Final = 20


class Reception:
    """Reacts to MMS that came in."""

    def __init__(self, access_number: str, extension_digits: int, reply_days: int) -> None:
        self._access = access_number
        self._digits = extension_digits
        self._reply_days = reply_days

    def received(self, event: MmsReceived, books: Books) -> None:
        """Reaction: see that everybody it is for gets it."""
        try:
            letter = read_letter(event.content)
        except BadRequest as error:
            books.timeline.step(event.inbox_id, STEP, f"none: {error}")
            return
        for recipient in dict.fromkeys(event.recipients[:MAX_RECIPIENTS]):
            number = normalise(recipient) if "@" not in recipient else None
            if "@" in recipient:
                self._mail(event, letter, [recipient], books)
            elif self._access and self._access in recipient:
                self._answer(event, letter, recipient, books)
            elif number is not None and is_mobile(number):
                self._phone(event, letter, number, books)
            elif not self._access:
                self._answer(event, letter, recipient, books)
            else:
                books.timeline.step(event.inbox_id, STEP, "none: nobody here has this number")

    # --- to us ------------------------------------------------------------------------------------------------

    def _answer(self, event: MmsReceived, letter: Letter, recipient: str, books: Books) -> None:
        if letter.mms.message_class is MessageClass.AUTO:
            books.timeline.step(event.inbox_id, STEP, "none: a program wrote it")
            return
        extension = recipient.rpartition(self._access)[2] if self._access and self._digits else ""
        since_ms = books.now_ms - self._reply_days * DAY_MS
        notice = books.notices.last_to(event.sender, extension, since_ms)
        account = books.accounts.by_id(notice.account_id) if notice is not None and notice.state == "sent" else None
        if notice is None or account is None:
            self._file_for_writer(event, books)
            return
        domain = account.address.rpartition("@")[2]
        letter = _in_thread(letter, notice.mail_id, books)
        self._mail(event, letter, [notice.reply_to], books, account=account, domain=domain)

    def _file_for_writer(self, event: MmsReceived, books: Books) -> None:
        account_ids = books.phones.accounts_of(event.sender)
        if not account_ids:
            books.timeline.step(event.inbox_id, STEP, "none: it answers nothing, and its phone is no member's")
            return
        self._file(event, account_ids[:1], books)

    # --- to phones, to mail addresses ---------------------------------------------------------------------------

    def _phone(self, event: MmsReceived, letter: Letter, number: str, books: Books) -> None:
        self._file(event, books.phones.accounts_of(number), books)
        if _has_locked(letter):
            books.timeline.step(event.inbox_id, STEP, "not handed on: a part of it must not be")
            return
        message_id = books.mms.add(
            NewMms(
                recipient=number,
                letter=event.blob,
                size_octets=len(event.content),
                purpose=Purpose.HANDED_ON,
                subject=event.subject,
                sender=event.sender if letter.mms.sender_visible else "",
                from_name=event.sender if letter.mms.sender_visible else "",
                want_report=True,
                want_read=letter.mms.read_report,
                tag=REPORTED if letter.mms.delivery_report else "",
                key=f"handed on {event.inbox_id} {number}",
            )
        )
        books.timeline.step(event.inbox_id, STEP, f"handed on as MMS {message_id}")

    def _file(self, event: MmsReceived, account_ids: Sequence[int], books: Books) -> None:
        for account_id in account_ids:
            mail_id = books.file_letter(account_id, blob=event.blob, data=event.content, kind="mms")
            if mail_id is not None:
                books.timeline.step(event.inbox_id, STEP, f"filed as mail {mail_id}")

    def _mail(
        self,
        event: MmsReceived,
        letter: Letter,
        addresses: Sequence[str],
        books: Books,
        *,
        account: Account | None = None,
        domain: str = "",
    ) -> None:
        domain = domain or books.first_domain()
        if not domain or _has_locked(letter):
            reason = "a part of it must not be handed on" if domain else "this hub has no domain to write from"
            books.timeline.step(event.inbox_id, STEP, f"not mailed: {reason}")
            return
        now = datetime.datetime.fromtimestamp(books.now_ms / 1000, datetime.UTC)
        try:
            recipients = tuple(str(Address.parse(one)) for one in addresses)
            outgoing = mail_of_mms(
                replace(letter, sender=event.sender, recipients=recipients),
                domain=domain,
                recipients=recipients,
                now=now,
            )
        except (BadRequest, Refused) as error:
            books.timeline.step(event.inbox_id, STEP, f"not mailed: {error}")
            return
        mail_id = books.send_mail(
            outgoing.data,
            sender=outgoing.envelope.sender,
            recipients=recipients,
            account_id=account.id if account else 0,
        )
        books.timeline.step(event.inbox_id, STEP, f"sent on as mail {mail_id}")


def _in_thread(letter: Letter, mail_id: int, books: Books) -> Letter:
    """The letter as an answer to a mail, where that is still there."""
    try:
        headers = read_headers(books.body(mail_id))
    except NotFound:
        return letter
    before = headers.references or ((headers.in_reply_to,) if headers.in_reply_to else ())
    return replace(
        letter,
        subject=letter.subject or f"Re: {headers.subject}",
        in_reply_to=headers.message_id,
        references=(*before, headers.message_id) if headers.message_id else tuple(before),
    )


def _has_locked(letter: Letter) -> bool:
    return any(part.is_locked for part in letter.body.parts)
