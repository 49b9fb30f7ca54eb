"""What becomes of an MMS that came in: an answer goes on as a mail, a member's is filed, another phone's is handed on.

One to our own number that is words alone is what an SMS is; one with more to it answers the notice its phone had, or is
filed for the member whose phone it is. One to a phone is filed for the member who has that number, and goes to the
phone; one to a mail address becomes a mail. Parts that must not be handed on never leave: words stand for them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.core.addresses import Address
from gateway.core.conversations import Answered, answered_by, extension_of
from gateway.core.errors import BadRequest, NotFound, Refused
from gateway.core.events import MmsReceived, SmsReceived
from gateway.core.mms import REPORTED, NewMms
from gateway.core.outbox import Purpose
from gateway.core.phone import is_mobile, normalise
from gateway.core.ports import Books
from gateway.mail.mime.headers import read_headers
from mms import letter_view
from mms.circles import goes_in_circles
from mms.content import Body, Part
from mms.letters import Letter, read_letter, write_letter
from mms.mail_mapping.writing import mail_of_mms
from mms.terms import MessageClass
from templates.engine import mail_texts

STEP: Final = "reception"
#: Recipients of one MMS that are served.
MAX_RECIPIENTS: Final = 20
#: Words of an MMS that count as an SMS, characters; phones make an MMS of what is longer than a few SMS.
MAX_WORDS: Final = 1000
#: A text no longer than this may be a word (stop, help) or a code: the subject a phone gives it is left out.
MAX_WORD: Final = 24

#: (event, recipient, books): the sender, where it asked, is told that this recipient gets nothing.
TellRefused = Callable[[MmsReceived, str, Any], None]


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The number of ours that phones write to."""

    access_number: str  # "" = each link's own
    extension_digits: int
    reply_days: int

    def is_of(self, recipient: str) -> bool:
        """Whether it is this number, with an extension or without, whatever stands for the country before it."""
        bare = self.access_number.removeprefix("+").removeprefix("86")
        digits = recipient.removeprefix("+").removeprefix("86")
        return bool(bare) and digits.startswith(bare) and len(digits) - len(bare) <= self.extension_digits


class Reception:
    """Reacts to MMS that came in."""

    def __init__(self, own: OwnNumber, tell_refused: TellRefused = lambda event, recipient, books: None) -> None:
        self._own = own
        self._tell_refused = tell_refused

    def received(self, event: MmsReceived, books: Books) -> None:
        """Reaction: see that everybody it is for gets it."""
        try:
            letter = read_letter(event.content)
        except BadRequest as error:
            books.timeline.step(event.inbox_id, STEP, f"none: {error}")
            return
        letter = replace(letter, sender=event.sender)
        if not letter.mms.sender_visible:
            letter = replace(letter, sender="")
        for recipient in dict.fromkeys(event.recipients[:MAX_RECIPIENTS]):
            number = None if "@" in recipient or self._own.is_of(recipient) else normalise(recipient)
            if "@" in recipient:
                self._mail(event, letter, recipient, books)
            elif number is not None and is_mobile(number):
                self._phone(event, letter, number, books)
            else:
                self._to_us(event, letter, recipient, books)

    # --- to us --------------------------------------------------------------------------------------------------

    def _to_us(self, event: MmsReceived, letter: Letter, recipient: str, books: Books) -> None:
        if letter.mms.message_class is MessageClass.AUTO:
            books.timeline.step(event.inbox_id, STEP, "none: a program wrote it")
            return
        words = _words_alone(letter)
        if words is not None and is_mobile(event.sender):
            books.timeline.step(event.inbox_id, STEP, "words alone: taken as an SMS")
            books.publish(SmsReceived(event.inbox_id, event.link, event.sender, recipient, words, event.received_ms))
            return
        extension = extension_of(recipient, self._own.access_number, self._own.extension_digits)
        answered = answered_by(event.sender, extension, self._own.reply_days, books)
        if answered is not None:
            self._answer(event, letter, answered, books)
            return
        account_ids = books.phones.accounts_of(event.sender)
        if account_ids:  # its own phone wrote it: that rings no phone
            self._file(event, replace(letter, sender=event.sender), account_ids[:1], books, announce=False)
        else:
            books.timeline.step(event.inbox_id, STEP, "none: it answers nothing, and its phone is no member's")

    def _answer(self, event: MmsReceived, letter: Letter, answered: Answered, books: Books) -> None:
        """Send it as a mail in its conversation, in the name an SMS from this phone would have."""
        mail_id = self._send(
            event,
            _in_thread(
                replace(
                    letter,
                    sender=answered.from_address,
                    cc=(),
                    mms=replace(letter.mms, sender_visible=True, delivery_report=False, expires_ms=0),
                ),
                answered.notice.mail_id,
                books,
            ),
            answered.to_address,
            answered.from_address.rpartition("@")[2],
            books,
            answered=answered,
        )
        if mail_id is not None:
            books.timeline.step(answered.notice.mail_id, "answer", f"by MMS {event.inbox_id}, sent as mail {mail_id}")

    # --- to phones, to mail addresses ---------------------------------------------------------------------------

    def _phone(self, event: MmsReceived, letter: Letter, number: str, books: Books) -> None:
        account_ids = books.phones.accounts_of(number)
        self._file(event, letter, account_ids, books)
        reason = ""
        if number in books.stops.among([number]):
            reason = "the phone wants nothing more from here"
        elif goes_in_circles(letter, number, books):
            reason = "it goes in circles"
        if reason:
            books.timeline.step(event.inbox_id, STEP, f"not handed on: {reason}")
            self._tell_refused(event, number, books)
            return
        passed = _passable(letter, _language(account_ids, books))
        if passed is letter and letter.sender == event.sender:
            blob, size = event.blob, len(event.content)
        else:
            data = write_letter(passed)
            blob, size = books.keep(data), len(data)
        message_id = books.mms.add(
            NewMms(
                recipient=number,
                letter=blob,
                size_octets=size,
                purpose=Purpose.HANDED_ON,
                subject=event.subject,
                sender=letter.sender,
                from_name=letter.sender,
                want_report=True,
                want_read=letter.mms.read_report,
                tag=REPORTED if letter.mms.delivery_report else "",
                key=f"handed on {event.inbox_id} {number}",
            )
        )
        books.timeline.step(event.inbox_id, STEP, f"handed on as MMS {message_id}")

    def _file(
        self, event: MmsReceived, letter: Letter, account_ids: Sequence[int], books: Books, *, announce: bool = True
    ) -> None:
        """File it for members; numbers become addresses at the member's domain, where answers to phones come in.

        The sender has the name that the member's address book gives it.
        """
        written: dict[tuple[str, str], tuple[str, bytes]] = {}
        for account_id in account_ids:
            account = books.accounts.by_id(account_id)
            if account is None:
                continue
            domain = account.domain
            name = books.contacts.name_of_number(account_id, letter.sender.partition("/TYPE=")[0]) or ""
            if (domain, name) not in written:
                data = write_letter(letter, domain=domain, sender_name=name)
                written[domain, name] = books.keep(data), data
            blob, data = written[domain, name]
            mail_id = books.file_letter(account_id, blob=blob, data=data, kind="mms", announce=announce)
            if mail_id is not None:
                books.timeline.step(event.inbox_id, STEP, f"filed as mail {mail_id}")

    def _mail(self, event: MmsReceived, letter: Letter, recipient: str, books: Books) -> None:
        domain = books.first_domain()
        if not domain:
            books.timeline.step(event.inbox_id, STEP, "not mailed: this hub has no domain to write from")
            self._tell_refused(event, recipient, books)
        elif self._send(event, letter, recipient, domain, books) is None:
            self._tell_refused(event, recipient, books)

    def _send(
        self,
        event: MmsReceived,
        letter: Letter,
        address: str,
        domain: str,
        books: Books,
        *,
        answered: Answered | None = None,
    ) -> int | None:
        """Send it as a mail; None, and its story says why, where it cannot be one."""
        account = answered.account if answered else None
        passed = _passable(letter, account.language if account else "zh")
        try:
            to = str(Address.parse(address))
            outgoing = mail_of_mms(
                replace(passed, recipients=(to,)),
                domain=domain,
                recipients=(to,),
                now=datetime.datetime.fromtimestamp(books.now_ms / 1000, datetime.UTC),
                sender_name=answered.from_name if answered else "",
            )
        except (BadRequest, Refused) as error:
            books.timeline.step(event.inbox_id, STEP, f"not mailed: {error}")
            return None
        mail_id = books.send_mail(
            outgoing.data,
            sender=outgoing.envelope.sender,
            recipients=(to,),
            account_id=account.id if account else 0,
            keep_copy_for=answered.keep_copy_for if answered else 0,
        )
        books.timeline.step(event.inbox_id, STEP, f"sent on as mail {mail_id}")
        return mail_id


def _words_alone(letter: Letter) -> str | None:
    """What the MMS says, when there is nothing else to it: an SMS says as well. None for more, for nothing, for much.

    A subject stands before the text, but not before what may be a word or a code.
    """
    seen = letter_view.seen(letter.body)
    if not all(letter_view.is_text(part) for part in seen):
        return None
    text = "\n".join(filter(None, (letter_view.words_of(part) for part in seen)))
    subject = " ".join(letter.subject.split())
    if subject and (not text or (len(text) > MAX_WORD and subject not in text)):
        text = "\n".join(filter(None, (subject, text)))
    return text if 0 < len(text) <= MAX_WORDS else None


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


def _passable(letter: Letter, language: str) -> Letter:
    """The letter with words in place of parts that must not be handed on; the same letter where there are none."""
    if not any(part.is_locked for part in letter.body.parts):
        return letter
    texts = mail_texts(language)
    parts: list[Part] = []
    for number, part in enumerate(letter_view.seen(letter.body), 1):
        if part.is_locked:
            words = texts.render("mms_locked", name=part.name or f"part-{number}")
            part = Part("text/plain", words.encode(), f"locked-{number}.txt", charset="utf-8")
        parts.append(part)
    return replace(letter, body=Body(tuple(parts)), source=None)


def _language(account_ids: Sequence[int], books: Books) -> str:
    account = books.accounts.by_id(account_ids[0]) if account_ids else None
    return account.language if account is not None else "zh"
