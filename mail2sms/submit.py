"""Notice on send: a member asks that the recipients of a mail be told by SMS too.

Asked for by the field `X-Caiyou-Notify: sms` (or `mms`) in the mail, or by a rule of kind "send", whose senders are
then read as recipients. Told by MMS, cards on the mail go out as they are. Who could not be told is named to the member
by a mail.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.core.events import MailSubmitted
from gateway.core.outbox import NewSms, Purpose
from gateway.core.ports import Books
from mail2sms import rules
from mail2sms.by_mms import Teller, telling_of
from mail2sms.decision import cap_of, day_start
from mail2sms.letters import Letter
from mail2sms.quiet import zone_of
from mail2sms.repeats import was_told_on_arrival
from mail2sms.rules import Facts, Rule
from mail2sms.sending import HOP_MARK, MailView, NoticeConfig, compose, loop_reason, take_extension, thread_of
from mail2sms.summary import NoticeOptions
from templates.engine import mail_texts

ASKED_BY: Final = b"x-caiyou-notify"
_ASKED_AS: Final = {b"sms": rules.AS_SMS, b"mms": rules.AS_MMS}
STEP: Final = "notice"
MAX_TOLD: Final = 100  # phones one mail may ring


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is told of a mail, and who is not, for which reason."""

    told: Sequence[tuple[str, str]]  # number, address
    missing: Mapping[str, Sequence[str]]  # "no_number", "stopped" or "over_cap" -> addresses
    cap: int  # SMS a day, or phones of one mail


class SendNotifier:
    """Tells the recipients of members' mails by SMS, or has them told by MMS."""

    def __init__(self, config: NoticeConfig, teller: Teller | None = None) -> None:
        self._config = config
        self._teller = teller

    def notify_on_send(self, event: MailSubmitted, books: Books) -> None:
        """Reaction: one SMS for every recipient whose entry in the sender's address book has a number."""
        view = MailView(event.content)
        account = books.accounts.by_id(event.account_id)
        if account is None or loop_reason(view, account.address):
            return
        asked = _asked(view, event, books)
        if asked is None:
            return
        rule, recipients = asked
        was_told = lambda number, address: _was_told(number, address, event, view, books)  # noqa: E731
        choice = choose(rule, account, recipients, books, was_told)
        if choice.told:
            self._tell(rule, account, choice.told, event, view, books)
        if choice.missing:
            self._report(account, view, choice.missing, choice.cap, event, books)

    def _tell(
        self,
        rule: Rule,
        account: Account,
        wanted: Sequence[tuple[str, str]],
        event: MailSubmitted,
        view: MailView,
        books: Books,
    ) -> None:
        at_ms = event.received_ms or books.now_ms
        options, name = telling_options(self._config, rule, account, view, books.now_ms)
        notice = compose(view, at_ms, options, name=name)
        thread_id = thread_of(event.mail_id, books.mail(event.mail_id))
        extensions = [take_extension(books, self._config, number, thread_id) for number, _ in wanted]
        phones = [
            (number, self._config.access_number + extension)
            for (number, _), extension in zip(wanted, extensions, strict=True)
        ]
        by_mms = self._teller if rule.told_as == rules.AS_MMS else None
        if by_mms is not None:
            telling = telling_of(
                view,
                at_ms,
                options,
                account_id=account.id,
                mail_id=event.mail_id,
                sms=notice.text,
                name=name,
                is_sent=True,
            )
            message_ids = by_mms.tell(telling, phones, books)
        else:
            message_ids = [
                books.outbox.add(
                    NewSms(
                        recipient=number,
                        text=notice.text,
                        purpose=Purpose.NOTICE,
                        account_id=account.id,
                        sender=sender,
                        mail_id=event.mail_id,
                    )
                )
                for number, sender in phones
            ]
        for (number, address), extension, message_id in zip(wanted, extensions, message_ids, strict=True):
            books.notices.add(
                account_id=account.id,
                number=number,
                mail_id=event.mail_id,
                thread_id=thread_id,
                reply_to=account.address,
                state="sent",
                message_id=message_id,
                extension=extension,
            )
            books.timeline.step(event.mail_id, STEP, f"{address} told by {'MMS' if by_mms else 'SMS'} {message_id}")

    def _report(
        self,
        account: Account,
        view: MailView,
        missing: Mapping[str, Sequence[str]],
        cap: int,
        event: MailSubmitted,
        books: Books,
    ) -> None:
        """Name those who were not told to the sender, once, by a mail nobody answers."""
        texts = mail_texts(account.language)
        subject = " ".join(view.headers.subject.split())
        pieces = []
        if missing.get("no_number"):
            listed = "\n".join(missing["no_number"])
            pieces.append(texts.render("report_no_number_body", subject=subject, recipients=listed).strip("\n"))
        for reason in ("stopped", "over_cap"):
            if missing.get(reason):
                listed = "\n".join(missing[reason])
                pieces.append(f"{texts.render(f'reason_{reason}', count=cap)}:\n\n{listed}")
        report_id = books.new_id()
        domain = account.domain
        letter = Letter(
            from_address=f"postmaster@{domain}",
            to_address=account.address,
            to_name=account.display_name,
            subject=texts.render("report_no_number_subject", subject=subject),
            text="\n\n".join(pieces),
            message_id=f"<{report_id}.report@{domain}>",
            date=datetime.datetime.fromtimestamp(books.now_ms / 1000, zone_of(account.zone)),
            in_reply_to=view.headers.message_id,
            references=[*view.headers.references, view.headers.message_id],
            marks={"Auto-Submitted": "auto-generated", HOP_MARK: "report"},
        )
        books.send_mail(letter.encode(), sender="", recipients=[account.address], account_id=account.id)
        count = sum(map(len, missing.values()))
        books.timeline.step(event.mail_id, STEP, f"{count} recipient(s) not told by SMS; the sender was told so")


def choose(
    rule: Rule,
    account: Account,
    recipients: Sequence[str],
    books: Books,
    was_told: Callable[[str, str], bool] = lambda number, address: False,
) -> Choice:
    """Which recipients of a member's mail are told, by the address book, the stops, and what the day still allows.

    `was_told` says of a number and an address that it needs no telling.
    """
    numbers = books.contacts.numbers_of(account.id, recipients)
    missing: dict[str, list[str]] = {}
    wanted: dict[str, str] = {}  # number -> address
    for address in recipients:
        number = numbers.get(address.lower())
        if number is not None:
            wanted.setdefault(number, address)
        elif not is_phone(address):
            missing.setdefault("no_number", []).append(address)
    stopped = books.stops.among(wanted)
    if missing_stopped := [address for number, address in wanted.items() if number in stopped]:
        missing["stopped"] = missing_stopped
    told = [
        (number, address)
        for number, address in wanted.items()
        if number not in stopped and not was_told(number, address)
    ]
    cap = cap_of(rule, account.sms_daily_cap)
    sent = books.notices.count_sent(account.id, day_start(books.now_ms, zone_of(account.zone)))
    room = min(max(cap - sent, 0) if cap else MAX_TOLD, MAX_TOLD)
    if told[room:]:
        missing["over_cap"] = [address for _, address in told[room:]]
    return Choice(told[:room], missing, cap or MAX_TOLD)


def telling_options(
    config: NoticeConfig, rule: Rule, account: Account, view: MailView, now_ms: int
) -> tuple[NoticeOptions, str]:
    """How the words for the recipients of a member's mail are composed, and the name they say it comes from."""
    wishes: dict[str, object] = {"segments": rule.segments, "show_codes": rule.allow_codes}
    if rule.signature:
        wishes["signature"] = rule.signature
    return config.options(account, now_ms, **wishes), account.display_name or view.headers.from_.name


def _asked(view: MailView, event: MailSubmitted, books: Books) -> tuple[Rule, list[str]] | None:
    """How the SMS is wanted and for whom; None when nobody asked for one."""
    recipients = list(dict.fromkeys(event.recipients))
    asked_as = view.fields.first(ASKED_BY).lower()
    if asked_as in _ASKED_AS:
        return Rule(told_as=_ASKED_AS[asked_as]), recipients
    for kept in books.rules.of(event.account_id, "send"):
        try:
            rule = rules.read_rule(kept.settings)
        except BadRequest as error:
            books.timeline.step(event.mail_id, STEP, f"rule {kept.id} cannot be read: {error}")
            continue
        meant = [address for address in recipients if _fits(rule, address, view, event, books)]
        if meant:
            return rule, meant
    return None


def _was_told(number: str, address: str, event: MailSubmitted, view: MailView, books: Books) -> bool:
    if not was_told_on_arrival(view, number, books):
        return False
    books.timeline.step(event.mail_id, STEP, f"{address} not told again: told when it arrived")
    return True


def _fits(rule: Rule, address: str, view: MailView, event: MailSubmitted, books: Books) -> bool:
    facts = view.facts(books, event.account_id, rule.folder)
    names = {mailbox.address.lower(): mailbox.name for mailbox in (*view.headers.to, *view.headers.cc)}
    contact: Callable[[], str | None] = lambda: books.contacts.name_of_mail(event.account_id, address)  # noqa: E731
    return rules.matches(
        rule,
        Facts(
            address=address.lower(),
            name=names.get(address.lower(), ""),
            subject=facts.subject,
            folder=facts.folder,
            is_high=facts.is_high,
            is_list=False,
            contact=contact,
            text=facts.text,
        ),
    )


def is_phone(address: str) -> bool:
    """Does this address ring a phone anyway?"""
    try:
        return Address.parse(address).phone_number is not None
    except BadRequest:
        return False
