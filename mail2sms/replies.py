"""What phones write: stop words, help, 1 for the list, codes, and answers that become mails in their conversation."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import SmsReceived
from gateway.core.notices import Notice
from gateway.core.outbox import NewSms, Purpose
from gateway.core.phone import is_mobile
from gateway.core.ports import Books
from mail2sms.letters import Letter, in_answer
from mail2sms.limits import DAY_MS, free_key
from mail2sms.listing import LIST_DAYS, list_mails
from mail2sms.proof import prove_by_sms
from mail2sms.quiet import zone_of
from mail2sms.sending import MailView, NoticeConfig
from mail2sms.words import Word, asks_for_list, code_of, is_from_program, word_of
from templates.engine import LANGUAGES, mail_texts, sms_texts

STEP: Final = "answer"
ANSWERS_PER_DAY: Final = 5
ASKED_PER_DAY: Final = 30  # answers a member's phone asked for by a word or digit, in place of the five
ANSWERS_APART_MS: Final = 10_000
_ANSWERS: Final = ("no_mail_found", "help", "stop_done", "start_done", "number_proved", "list_head", "list_empty")
#: Says that a mail came from a phone; such mails are told like any other, they are written by people.
VIA: Final = "X-Caiyou-Via"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Who an answer by SMS is from, as a mail says it."""

    address: str
    name: str


class Answers:
    """Takes what phones write to the hub."""

    def __init__(self, config: NoticeConfig) -> None:
        self._config = config

    def answer_sms(self, event: SmsReceived, books: Books) -> None:
        """Reaction: do what one SMS asks for. Order: stop and start words, help, the list, codes, replies."""
        if not is_mobile(event.sender):
            books.timeline.step(event.inbox_id, STEP, "none: the sender is no phone")
            return
        if is_from_program(event.text, self._config.signatures) or self._is_own_text(event.text):
            books.timeline.step(event.inbox_id, STEP, "none: a program wrote it")
            return
        word = word_of(event.text)
        if word is not None:
            self._obey(word, event, books)
        elif asks_for_list(event.text) and self._list(event, books):
            return
        elif not self._prove(event, books) and not self._reply(event, books):
            books.timeline.step(event.inbox_id, STEP, "no mail was found that it answers")
            if event.sender not in books.stops.among([event.sender]):
                texts = sms_texts(self._language(event.sender, books))
                self._say(texts.render("no_mail_found", **self._signed(event, books)), event, books)

    # --- words ------------------------------------------------------------------------------------------------------

    def _obey(self, word: Word, event: SmsReceived, books: Books) -> None:
        language = self._language(event.sender, books)
        signed = self._signed(event, books)
        if word is Word.HELP:
            books.timeline.step(event.inbox_id, STEP, "help")
            self._say(sms_texts(language).render("help", **signed), event, books, is_asked=True)
            return
        has_stopped = event.sender in books.stops.among([event.sender])
        if word is Word.STOP:
            books.timeline.step(event.inbox_id, STEP, "stop: no more notices" if not has_stopped else "stop, again")
            books.notices.drop_held(event.sender, "the phone said stop")
            if not has_stopped:
                books.stops.stop(event.sender, event.text.strip(), event.inbox_id)
                self._say(sms_texts(language).render("stop_done", **signed), event, books, is_asked=True)
            return
        books.timeline.step(event.inbox_id, STEP, "start: notices again" if has_stopped else "start, but not stopped")
        books.stops.start(event.sender)
        self._say(sms_texts(language).render("start_done", **signed), event, books, is_asked=True)

    def _list(self, event: SmsReceived, books: Books) -> bool:
        """Send the list of mails to a member's phone; False for any other."""
        if not books.phones.accounts_of(event.sender):
            return False
        if books.stops.among([event.sender]):
            books.timeline.step(event.inbox_id, STEP, "no list: the phone said stop")
            return True
        books.timeline.step(event.inbox_id, STEP, "the list of mails")
        self._say(lambda: list_mails(event.sender, self._config, books), event, books, is_asked=True)
        return True

    def _prove(self, event: SmsReceived, books: Books) -> bool:
        code = code_of(event.text)
        account_id = prove_by_sms(books, event.sender, code) if code else None
        if account_id is None:
            return False
        books.timeline.step(event.inbox_id, STEP, f"proved the number for account {account_id}")
        if event.sender not in books.stops.among([event.sender]):
            language = self._language(event.sender, books)
            self._say(sms_texts(language).render("number_proved", **self._signed(event, books)), event, books)
        return True

    # --- replies ----------------------------------------------------------------------------------------------------

    def _reply(self, event: SmsReceived, books: Books) -> bool:
        """Send the SMS as a mail to whom the notice it answers was about; False when there is none."""
        if not event.text.strip():
            return False
        notice = self._notice_of(event, books)
        account = books.accounts.by_id(notice.account_id) if notice is not None else None
        if notice is None or account is None:
            return False
        try:
            to_address = str(Address.parse(notice.reply_to))
        except BadRequest:
            return False
        writer = _writer(event.sender, notice, account, books)
        if writer is None:
            return False
        row = books.mail(notice.mail_id)
        try:
            view: MailView | None = MailView(books.body(notice.mail_id))
        except NotFound:
            view = None
        reply_id = books.new_id()
        letter = Letter(
            from_address=writer.address,
            from_name=writer.name,
            to_address=to_address,
            to_name=_name_of(view, to_address),
            subject=_subject(view, row, event.sender, account),
            text=f"{event.text.strip()}\n\n{mail_texts(account.language).render('sent_by_sms', number=event.sender)}",
            message_id=f"<{reply_id}.sms@{writer.address.rpartition('@')[2]}>",
            date=datetime.datetime.fromtimestamp((event.received_ms or books.now_ms) / 1000, zone_of(account.zone)),
            in_reply_to=view.headers.message_id if view else "",
            references=_references(view),
            marks={VIA: "sms"},
        )
        mail_id = books.send_mail(
            letter.encode(),
            sender=writer.address,
            recipients=[to_address],
            account_id=account.id,
            keep_copy_for=account.id if writer.address == account.address else 0,
        )
        books.timeline.step(event.inbox_id, STEP, f"sent on as mail {mail_id}")
        books.timeline.step(notice.mail_id, STEP, f"by SMS {event.inbox_id}, sent as mail {mail_id}")
        return True

    def _notice_of(self, event: SmsReceived, books: Books) -> Notice | None:
        """The notice an SMS answers: by the extension it was sent to, else the last one that phone got.

        An extension that stands for nothing any more answers nothing: the last notice may be about something else. A
        digest tells of several mails, so no plain reply answers it.
        """
        since_ms = books.now_ms - self._config.reply_days * DAY_MS
        extension = self._extension_of(event.recipient)
        notice = books.notices.last_to(event.sender, extension, since_ms)
        return notice if notice is not None and notice.state == "sent" else None

    def _extension_of(self, recipient: str) -> str:
        access, digits = self._config.access_number, self._config.extension_digits
        if not access or not digits or access not in recipient:
            return ""
        extension = recipient.rpartition(access)[2]
        return extension if extension.isascii() and extension.isdigit() else ""

    # --- answers ----------------------------------------------------------------------------------------------------

    def _say(self, text: str | Callable[[], str], event: SmsReceived, books: Books, *, is_asked: bool = False) -> None:
        """Answer a phone, unless it has had its answers of the day, or one in the last ten seconds."""
        per_day = ASKED_PER_DAY if is_asked and books.phones.accounts_of(event.sender) else ANSWERS_PER_DAY
        key = free_key(books, f"answer {event.sender}", per_day=per_day, apart_ms=ANSWERS_APART_MS)
        if key is None:
            books.timeline.step(event.inbox_id, STEP, "not answered: too many answers to this phone")
            return
        books.outbox.add(
            NewSms(
                recipient=event.sender,
                text=text if isinstance(text, str) else text(),
                purpose=Purpose.REPLY,
                sender=self._config.access_number,
                link=event.link,
                key=key,
            )
        )

    def _language(self, number: str, books: Books) -> str:
        for account_id in books.phones.accounts_of(number):
            account = books.accounts.by_id(account_id)
            if account is not None:
                return account.language
        return "zh"

    def _signed(self, event: SmsReceived, books: Books) -> dict[str, str]:
        return {"signature": self._config.own_signature(self._language(event.sender, books))}

    def _is_own_text(self, text: str) -> bool:
        """Is this one of our own answers, sent back without its signature?"""
        bare = text.strip()
        return any(
            bare.partition("\n")[0] == sms_texts(language).render(key, signature="", days=LIST_DAYS).strip()
            for language in LANGUAGES
            for key in _ANSWERS
        )


def _writer(number: str, notice: Notice, account: Account, books: Books) -> _Writer | None:
    """Who answers: the member where the number is proved to be theirs, else the phone under its own address.

    None where the notice was for a phone that was the member's and is no more: its new owner answers nothing.
    """
    message = books.outbox.get(notice.message_id) if notice.message_id else None
    is_phone_mail = message is not None and message["purpose"] == Purpose.PHONE_MAIL
    phone = books.phones.get(account.id, number)
    is_own = phone is not None and phone.proved_ms is not None
    if is_own and not is_phone_mail and notice.reply_to != account.address:
        return _Writer(account.address, account.display_name)
    if not is_phone_mail and notice.reply_to != account.address:
        return None
    domain = account.address.rpartition("@")[2]
    if is_phone_mail and message is not None and message["tag"].rpartition("@")[2]:
        domain = message["tag"].rpartition("@")[2]
    local = number.removeprefix("+86")
    return _Writer(f"{local}@{domain}", books.contacts.name_of_number(account.id, number) or local)


def _subject(view: MailView | None, row: Mapping[str, Any] | None, number: str, account: Account) -> str:
    subject = view.headers.subject if view else str(row["subject"]) if row is not None else ""
    if subject.strip():
        return in_answer(subject)
    return in_answer(mail_texts(account.language).render("sms_subject", number=number))


def _references(view: MailView | None) -> list[str]:
    """RFC 5322 3.6.4: the references of the mail that is answered, else what it answers, then itself."""
    if view is None:
        return []
    headers = view.headers
    before = list(headers.references) or ([headers.in_reply_to] if headers.in_reply_to else [])
    return [*before, headers.message_id] if headers.message_id else before


def _name_of(view: MailView | None, address: str) -> str:
    if view is None or view.headers.from_.address.lower() != address.lower():
        return ""
    return view.headers.from_.name
