"""What phones write: stop words, help, the list, the address book, codes, and answers that become mails."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.core.accounts import Account
from gateway.core.conversations import answered_by, extension_of
from gateway.core.errors import NotFound
from gateway.core.events import SmsReceived
from gateway.core.outbox import NewSms, Purpose
from gateway.core.phone import is_mobile
from gateway.core.ports import Books
from mail2sms.address_book import answer_wish, wish_of
from mail2sms.letters import Letter, in_answer
from mail2sms.limits import free_key
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


class Answers:
    """Takes what phones write to the hub."""

    def __init__(self, config: NoticeConfig) -> None:
        self._config = config

    def answer_sms(self, event: SmsReceived, books: Books) -> None:
        """Reaction: do what one SMS asks for. Order: stop and start words, help, the list, the book, codes, replies."""
        if not is_mobile(event.sender):
            books.timeline.step(event.inbox_id, STEP, "none: the sender is no phone")
            return
        if is_from_program(event.text, self._config.signatures) or self._is_own_text(event.text):
            books.timeline.step(event.inbox_id, STEP, "none: a program wrote it")
            return
        word = word_of(event.text)
        if word is not None:
            self._obey(word, event, books)
        elif not any(take(event, books) for take in (self._list, self._ask_book, self._prove, self._reply)):
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
        """Send the list of mails to a member's phone; False for any other, and for any other text."""
        if not asks_for_list(event.text) or not books.phones.accounts_of(event.sender):
            return False
        if books.stops.among([event.sender]):
            books.timeline.step(event.inbox_id, STEP, "no list: the phone said stop")
            return True
        books.timeline.step(event.inbox_id, STEP, "the list of mails")
        self._say(lambda: list_mails(event.sender, self._config, books), event, books, is_asked=True)
        return True

    def _ask_book(self, event: SmsReceived, books: Books) -> bool:
        """Answer a member's phone from its address book; False for any other, and for an answer in a conversation."""
        wish = wish_of(event.text)
        owners = books.phones.accounts_of(event.sender) if wish is not None else []
        if (
            wish is None
            or not owners
            or extension_of(event.recipient, self._config.access_number, self._config.extension_digits)
        ):
            return False
        if books.stops.among([event.sender]):
            books.timeline.step(event.inbox_id, STEP, "the address book is not asked: the phone said stop")
            return True
        books.timeline.step(event.inbox_id, STEP, f"the address book: {type(wish).__name__.lower()}")
        language = self._language(event.sender, books)
        signature = self._signed(event, books)["signature"]
        answer = lambda: answer_wish(wish, owners[0], language, signature, books)  # noqa: E731
        self._say(answer, event, books, is_asked=True)
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
        config = self._config
        extension = extension_of(event.recipient, config.access_number, config.extension_digits)
        answered = answered_by(event.sender, extension, config.reply_days, books)
        if answered is None:
            return False
        account, mail_id = answered.account, answered.notice.mail_id
        row = books.mail(mail_id)
        try:
            view: MailView | None = MailView(books.body(mail_id))
        except NotFound:
            view = None
        reply_id = books.new_id()
        letter = Letter(
            from_address=answered.from_address,
            from_name=answered.from_name,
            to_address=answered.to_address,
            to_name=_name_of(view, answered.to_address),
            subject=_subject(
                view, row, books.contacts.name_of_number(account.id, event.sender) or event.sender, account
            ),
            text=f"{event.text.strip()}\n\n{mail_texts(account.language).render('sent_by_sms', number=event.sender)}",
            message_id=f"<{reply_id}.sms@{answered.from_address.rpartition('@')[2]}>",
            date=datetime.datetime.fromtimestamp((event.received_ms or books.now_ms) / 1000, zone_of(account.zone)),
            in_reply_to=view.headers.message_id if view else "",
            references=_references(view),
            marks={VIA: "sms"},
        )
        sent_id = books.send_mail(
            letter.encode(),
            sender=answered.from_address,
            recipients=[answered.to_address],
            account_id=account.id,
            keep_copy_for=answered.keep_copy_for,
        )
        books.timeline.step(event.inbox_id, STEP, f"sent on as mail {sent_id}")
        books.timeline.step(mail_id, STEP, f"by SMS {event.inbox_id}, sent as mail {sent_id}")
        return True

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


def _subject(view: MailView | None, row: Mapping[str, Any] | None, writer: str, account: Account) -> str:
    subject = view.headers.subject if view else str(row["subject"]) if row is not None else ""
    if subject.strip():
        return in_answer(subject)
    return in_answer(mail_texts(account.language).render("sms_subject", number=writer))


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
