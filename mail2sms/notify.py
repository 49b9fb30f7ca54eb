"""Notice on arrival: a mail is filed, its owner's rules want it told, and an SMS goes into the outbox, now or later."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from gateway.core.accounts import Account
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import MailArrived
from gateway.core.notices import Notice, StoredRule
from gateway.core.outbox import NewSms, Purpose
from gateway.core.ports import Books
from mail2sms import rules
from mail2sms.by_mms import Teller, telling_of
from mail2sms.decision import Action, History, Verdict, cap_of, day_start, decide, quiet_end
from mail2sms.limits import was_sent
from mail2sms.quiet import zone_of
from mail2sms.repeats import was_told_on_send
from mail2sms.rules import Rule
from mail2sms.sending import MailView, NoticeConfig, compose, is_spam, loop_reason, take_extension, thread_of
from mail2sms.summary import DigestEntry, compose_digest, compose_over_cap

STEP = "notice"


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A mail that may be told."""

    mail_id: int
    thread_id: int
    received_ms: int
    view: MailView


class Notifier:
    """Tells members of their mail by SMS, or has it told by MMS where they want that."""

    def __init__(self, config: NoticeConfig, teller: Teller | None = None) -> None:
        self._config = config
        self._teller = teller

    def notify_on_arrival(self, event: MailArrived, books: Books) -> None:
        """Reaction: tell the mail to every phone a rule of its owner names; the first rule that fits decides."""
        if event.notice == "no":
            books.timeline.step(event.mail_id, STEP, "none: a filter says so")
            return
        stored = books.rules.of(event.account_id, "arrival")
        if event.notice == "yes":
            stored = [*stored, StoredRule(0, {"folder": "", "lists": True})]  # for what no rule of the member's tells
        if not stored:
            return
        view = MailView(event.content)
        reason = loop_reason(view, event.envelope_sender) or ("marked as spam" if is_spam(view) else "")
        if reason:
            books.timeline.step(event.mail_id, STEP, f"none: {reason}")
            return
        account = books.accounts.by_id(event.account_id)
        assert account is not None, "mail is filed for accounts only"
        arrival = _Arrival(event.mail_id, event.thread_id, event.received_ms or books.now_ms, view)
        facts = view.facts(books, account.id, event.folder)
        told: set[str] = set()
        for kept in stored:
            try:
                rule = rules.read_rule(kept.settings)
            except BadRequest as error:
                books.timeline.step(event.mail_id, STEP, f"rule {kept.id} cannot be read: {error}")
                continue
            if not rules.matches(rule, facts):
                continue
            number, reason = _number_of(rule, account.id, books)
            if reason:
                books.timeline.step(event.mail_id, STEP, f"none: {reason}")
            if not number or number in told:
                continue
            told.add(number)
            if was_told_on_send(view, number, account, books):
                verdict = Verdict(Action.DROP, reason="told when it was sent")
            else:
                history = _history(rule, account, number, event.thread_id, books)
                verdict = decide(rule, facts, history, books.now_ms, zone_of(account.zone))
            self._follow(verdict, rule, account, number, arrival, books)
        if not told:
            books.timeline.step(event.mail_id, STEP, "none: no rule wants it told")

    def release_held(self, books: Books) -> int:
        """Send what was held and has come due, as one digest per member and phone where the rule says so.

        Returns how many held notices were settled; to be called again every few seconds.
        """
        due: dict[tuple[int, str], list[Notice]] = {}
        for notice in books.notices.held_due():
            due.setdefault((notice.account_id, notice.number), []).append(notice)
        return sum(self._release(account_id, number, held, books) for (account_id, number), held in due.items())

    # --- one mail -----------------------------------------------------------------------------------------------

    def _follow(
        self, verdict: Verdict, rule: Rule, account: Account, number: str, arrival: _Arrival, books: Books
    ) -> None:
        if verdict.action is Action.SEND:
            message_id, extension = self._send(rule, account, number, arrival, books)
            books.notices.add(
                account_id=account.id,
                number=number,
                mail_id=arrival.mail_id,
                thread_id=arrival.thread_id,
                reply_to=arrival.view.answer_address,
                state="sent",
                message_id=message_id,
                extension=extension,
            )
            return
        is_held = verdict.action is Action.HOLD
        books.notices.add(
            account_id=account.id,
            number=number,
            mail_id=arrival.mail_id,
            thread_id=arrival.thread_id,
            reply_to=arrival.view.answer_address,
            state="held" if is_held else "dropped",
            due_ms=verdict.until_ms,
            reason=verdict.reason,
        )
        books.timeline.step(arrival.mail_id, STEP, f"{'held' if is_held else 'none'}: {verdict.reason}")
        if verdict.over_cap:
            self._tell_over_cap(rule, account, number, verdict.over_cap, books)

    def _send(self, rule: Rule, account: Account, number: str, arrival: _Arrival, books: Books) -> tuple[int, str]:
        view = arrival.view
        contact = books.contacts.name_of_mail(account.id, view.headers.from_.address) or ""
        options = self._config.options(account, books.now_ms, **_wishes(rule))
        notice = compose(view, arrival.received_ms, options, contact=contact)
        extension = take_extension(books, self._config, number, arrival.thread_id)
        if rule.told_as == rules.AS_MMS and self._teller is not None:
            telling = telling_of(
                view,
                arrival.received_ms,
                options,
                account_id=account.id,
                mail_id=arrival.mail_id,
                sms=notice.text,
                contact=contact,
            )
            (message_id,) = self._teller.tell(telling, [(number, self._config.access_number + extension)], books)
            books.timeline.step(arrival.mail_id, STEP, f"told by MMS {message_id}")
            return message_id, extension
        message_id = books.outbox.add(
            NewSms(
                recipient=number,
                text=notice.text,
                purpose=Purpose.NOTICE,
                account_id=account.id,
                sender=self._config.access_number + extension,
                mail_id=arrival.mail_id,
            )
        )
        books.timeline.step(arrival.mail_id, STEP, f"told by SMS {message_id}, {notice.segments} segment(s)")
        return message_id, extension

    def _tell_over_cap(self, rule: Rule, account: Account, number: str, cap: int, books: Books) -> None:
        """Say once a day that the cap is reached, not before quiet hours are over."""
        zone = zone_of(account.zone)
        day = datetime.datetime.fromtimestamp(books.now_ms / 1000, zone).date()
        key = f"over cap {number} {day}"
        if was_sent(books, account.id, key):
            return
        text = compose_over_cap(cap, self._config.options(account, books.now_ms, **_wishes(rule))).text
        books.outbox.add(
            NewSms(
                recipient=number,
                text=text,
                purpose=Purpose.NOTICE,
                account_id=account.id,
                sender=self._config.access_number,
                not_before_ms=quiet_end(rule, books.now_ms, zone),
                key=key,
            )
        )

    # --- what was held --------------------------------------------------------------------------------------------

    def _release(self, account_id: int, number: str, due: list[Notice], books: Books) -> int:
        account = books.accounts.by_id(account_id)
        phone = books.phones.get(account_id, number)
        if account is None or phone is None or phone.proved_ms is None:
            return _drop(due, "the number is not proved", books)
        if books.stops.among([number]):
            return _drop(due, "the phone said stop", books)
        rule = _rule_for(account, number, books)
        gathered = books.notices.held_for(account_id, number) if rule.digest != rules.DIGEST_OFF else due
        if rule.digest != rules.DIGEST_OFF and len(gathered) > 1:
            return self._send_digest(rule, account, number, gathered, books)
        return sum(self._send_alone(rule, account, number, notice, books) for notice in gathered)

    def _send_digest(self, rule: Rule, account: Account, number: str, held: list[Notice], books: Books) -> int:
        if self._is_over_cap(rule, account, number, books):
            return _drop(held, "daily cap reached", books)
        entries: dict[str, DigestEntry] = {}
        for notice in held:
            row = books.mail(notice.mail_id)
            if row is None:
                continue
            address = str(row["sender"])
            name = books.contacts.name_of_mail(account.id, address) or row["sender_name"] or address.partition("@")[0]
            before = entries.get(address)
            entries[address] = DigestEntry(name, before.count + 1 if before else 1, row["subject"])
        if not entries:
            return _drop(held, "the mail is gone", books)
        digest = compose_digest(list(entries.values()), self._config.options(account, books.now_ms, **_wishes(rule)))
        message_id = books.outbox.add(
            NewSms(
                recipient=number,
                text=digest.text,
                purpose=Purpose.DIGEST,
                account_id=account.id,
                sender=self._config.access_number,
            )
        )
        books.notices.settle([entry.id for entry in held], "digested", message_id)
        for entry in held:
            books.timeline.step(entry.mail_id, STEP, f"told in the digest {message_id}")
        return len(held)

    def _send_alone(self, rule: Rule, account: Account, number: str, notice: Notice, books: Books) -> int:
        if self._is_over_cap(rule, account, number, books):
            return _drop([notice], "daily cap reached", books)
        row = books.mail(notice.mail_id)
        try:
            view = MailView(books.body(notice.mail_id))
        except NotFound:
            return _drop([notice], "the mail is gone", books)
        received_ms = int(row["received_ms"]) if row is not None else notice.made_ms
        arrival = _Arrival(notice.mail_id, thread_of(notice.mail_id, row), received_ms, view)
        message_id, extension = self._send(rule, account, number, arrival, books)
        # Held rows carry no extension and keep their time: a fresh row is what caps and answers are found by.
        books.notices.settle([notice.id], "dropped", None, "told later")
        books.notices.add(
            account_id=account.id,
            number=number,
            mail_id=notice.mail_id,
            thread_id=notice.thread_id,
            reply_to=notice.reply_to,
            state="sent",
            message_id=message_id,
            extension=extension,
        )
        return 1

    def _is_over_cap(self, rule: Rule, account: Account, number: str, books: Books) -> bool:
        cap = cap_of(rule, account.sms_daily_cap)
        since_ms = day_start(books.now_ms, zone_of(account.zone))
        if not cap or books.notices.count_sent(account.id, since_ms) < cap:
            return False
        self._tell_over_cap(rule, account, number, cap, books)
        return True


def _number_of(rule: Rule, account_id: int, books: Books) -> tuple[str, str]:
    """The proved phone a rule tells, or why there is none."""
    number = rule.number or books.phones.proved(account_id) or ""
    if not number:
        return "", "no proved number"
    if rule.number:
        phone = books.phones.get(account_id, number)
        if phone is None or phone.proved_ms is None:
            return "", "the number of the rule is not proved"
    if books.stops.among([number]):
        return "", "the phone said stop"
    return number, ""


def _rule_for(account: Account, number: str, books: Books) -> Rule:
    """The rule that held a notice for this phone, as far as its wishes for the text go: the first that names it."""
    proved = books.phones.proved(account.id)
    for kept in books.rules.of(account.id, "arrival"):
        try:
            rule = rules.read_rule(kept.settings)
        except BadRequest:
            continue
        if (rule.number or proved) == number:
            return rule
    return Rule(digest=rules.DIGEST_WHEN_HELD)


def _history(rule: Rule, account: Account, number: str, thread_id: int, books: Books) -> History:
    """What was told before, as far as this rule asks."""
    told_ms: int | None = None
    if rule.thread_minutes:
        last = books.notices.last_in_thread(account.id, thread_id, books.now_ms - rule.thread_minutes * 60_000)
        told_ms = last.made_ms if last is not None else None
    due_ms: int | None = None
    if isinstance(rule.digest, int):
        held = books.notices.held_for(account.id, number)
        due_ms = min((notice.due_ms for notice in held), default=None)
    return History(
        sent_today=books.notices.count_sent(account.id, day_start(books.now_ms, zone_of(account.zone))),
        cap=account.sms_daily_cap,
        told_thread_ms=told_ms,
        digest_due_ms=due_ms,
    )


def _wishes(rule: Rule) -> dict[str, object]:
    wishes: dict[str, object] = {"segments": rule.segments, "show_codes": rule.allow_codes}
    if rule.signature:
        wishes["signature"] = rule.signature
    return wishes


def _drop(held: list[Notice], reason: str, books: Books) -> int:
    books.notices.settle([notice.id for notice in held], "dropped", None, reason)
    for notice in held:
        books.timeline.step(notice.mail_id, STEP, f"none: {reason}")
    return len(held)
