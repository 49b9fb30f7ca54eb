"""Mail to a phone: what comes for <number>@domain becomes an SMS on that phone, and its answer comes back as a mail."""

from __future__ import annotations

import datetime
from typing import Final, Protocol

from gateway.core.accounts import Account, ToMailbox
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import MessageSettled, PhoneMailArrived
from gateway.core.outbox import Kind, NewSms, Purpose, State
from gateway.core.ports import Books
from mail2sms.decision import day_start
from mail2sms.letters import Letter
from mail2sms.limits import free_key
from mail2sms.quiet import zone_of
from mail2sms.sending import HOP_MARK, MailView, NoticeConfig, compose, is_spam, loop_reason, take_extension, thread_of
from templates.engine import mail_texts

STEP: Final = "sms"


class AsMms(Protocol):
    """Who sends a mail with pictures, sound or film to a phone as an MMS."""

    def send(
        self, event: PhoneMailArrived, books: Books, *, account_id: int, sender: str, from_name: str, key: str | None
    ) -> int | None:
        """The message, or None for a mail that an SMS says as well."""


class PhoneMail:
    """Turns mail for phones into SMS, or has an MMS made of it where there is more to it than words."""

    def __init__(self, config: NoticeConfig, as_mms: AsMms | None = None) -> None:
        self._config = config
        self._as_mms = as_mms

    def mail_to_phone(self, event: PhoneMailArrived, books: Books) -> None:
        """Reaction: one SMS of at most the configured segments; who may not send one is told by mail."""
        view = MailView(event.content)
        reason = loop_reason(view, event.envelope_sender) or ("marked as spam" if is_spam(view) else "")
        if reason:
            books.timeline.step(event.mail_id, STEP, f"none: {reason}")
            return
        member = books.accounts.by_id(event.account_id) if event.account_id else None
        domain = event.recipient.rpartition("@")[2]
        owner = member or _owner(event.number, domain, books)
        refusal, key = self._refusal(event, member, owner, books)
        if refusal:
            books.timeline.step(event.mail_id, STEP, f"none: {refusal}")
            _bounce(event.mail_id, event.envelope_sender, event.recipient, view, refusal, owner, books)
            return
        options = self._config.options(owner, books.now_ms, segments=self._config.phone_mail_segments, show_codes=True)
        contact = books.contacts.name_of_mail(owner.id, view.headers.from_.address) if owner and not member else None
        name = member.display_name if member else ""
        notice = compose(view, event.received_ms or books.now_ms, options, name=name, contact=contact or "")
        thread_id = thread_of(event.mail_id, books.mail(event.mail_id))
        # Without an account nothing can be remembered of it, so no extension is given out either.
        extension = take_extension(books, self._config, event.number, thread_id) if owner else ""
        account_id = member.id if member else 0
        sender = self._config.access_number + extension
        message_id = None
        if self._as_mms is not None:
            from_name = name or contact or view.headers.from_.name or view.headers.from_.address
            message_id = self._as_mms.send(
                event, books, account_id=account_id, sender=sender, from_name=from_name, key=key
            )
        if message_id is not None:
            books.timeline.step(event.mail_id, STEP, f"MMS {message_id}")
        else:
            message_id = books.outbox.add(
                NewSms(
                    recipient=event.number,
                    text=notice.text,
                    purpose=Purpose.PHONE_MAIL,
                    account_id=account_id,
                    sender=sender,
                    mail_id=event.mail_id,
                    key=key,
                    tag=event.recipient[:128],
                )
            )
            books.timeline.step(event.mail_id, STEP, f"SMS {message_id}, {notice.segments} segment(s)")
        if owner is not None:
            books.notices.add(
                account_id=owner.id,
                number=event.number,
                mail_id=event.mail_id,
                thread_id=thread_id,
                reply_to=view.answer_address or event.envelope_sender,
                state="sent",
                message_id=message_id,
                extension=extension,
            )

    def report_failure(self, event: MessageSettled, books: Books) -> None:
        """Reaction: an SMS made of a mail did not arrive; its sender is told by a mail, once."""
        if event.state not in (State.FAILED, State.EXPIRED):
            return
        row = books.outbox.get(event.message_id)
        if row is None or row["purpose"] != Purpose.PHONE_MAIL or not row["mail_id"] or row["kind"] == Kind.MMS:
            return
        mail_id = int(row["mail_id"])
        try:
            view = MailView(books.body(mail_id))
        except NotFound:
            books.timeline.step(event.message_id, STEP, "the sender cannot be told: the mail is gone")
            return
        domain = row["tag"].rpartition("@")[2]
        member = books.accounts.by_id(row["account_id"]) if row["account_id"] else None
        owner = member or _owner(row["recipient"], domain, books)
        if owner is not None:
            thread_id = thread_of(mail_id, books.mail(mail_id))
            notice = books.notices.last_in_thread(owner.id, thread_id, 0)
            if notice is not None and notice.message_id == event.message_id:
                books.notices.settle([notice.id], "dropped", event.message_id, "the SMS failed")
            elif notice is None:
                return  # told before
        sender = books.envelope_sender(mail_id)
        if sender is None and member is not None:
            sender = member.address
        if not sender:
            # From is anybody's to write: a report to it would reach people who sent nothing.
            books.timeline.step(mail_id, STEP, "the sender is not told: no envelope says who it is")
            return
        key = "reason_expired" if event.state == State.EXPIRED else "reason_failed"
        reason = mail_texts(owner.language if owner else "zh").render(key, code=event.code)
        _bounce(mail_id, sender, row["tag"], view, reason, owner, books)

    def _refusal(
        self, event: PhoneMailArrived, member: Account | None, owner: Account | None, books: Books
    ) -> tuple[str, str | None]:
        """Why no SMS may go out, or the key it goes out under."""
        texts = mail_texts(owner.language if owner else "zh")
        if books.stops.among([event.number]):
            return texts.render("reason_stopped"), None
        if member is not None:
            since_ms = day_start(books.now_ms, zone_of(member.zone))
            if member.sms_daily_cap and books.notices.count_sent(member.id, since_ms) >= member.sms_daily_cap:
                return texts.render("reason_over_cap", count=member.sms_daily_cap), None
            return "", None
        limit = self._config.phone_mail_per_day
        key = free_key(books, f"phone mail {event.number}", per_day=limit)
        return ("", key) if key else (texts.render("reason_too_many", count=limit), None)


def _owner(number: str, domain: str, books: Books) -> Account | None:
    """Who answers for mail of strangers to a phone: its member, else the postmaster of the domain."""
    for account_id in books.phones.accounts_of(number):
        account = books.accounts.by_id(account_id)
        if account is not None:
            return account
    for target in books.accounts.resolve(f"postmaster@{domain}") or ():
        if isinstance(target, ToMailbox):
            return books.accounts.by_id(target.account_id)
    return None


def _bounce(
    mail_id: int, sender: str, recipient: str, view: MailView, reason: str, owner: Account | None, books: Books
) -> None:
    """Tell the sender of a mail that it did not reach the phone; programs are told nothing (RFC 3834)."""
    if view.headers.is_automatic:
        return
    try:
        sender = str(Address.parse(sender))
    except BadRequest:
        return
    texts = mail_texts(owner.language if owner else "zh")
    zone = zone_of(owner.zone if owner else "Asia/Shanghai")
    subject = " ".join(view.headers.subject.split())
    now = datetime.datetime.fromtimestamp(books.now_ms / 1000, zone)
    sent = (view.headers.date or now).astimezone(zone)
    domain = recipient.rpartition("@")[2]
    letter = Letter(
        from_address=f"postmaster@{domain}",
        to_address=sender,
        subject=texts.render("bounce_subject", subject=subject),
        text=texts.render(
            "bounce_body", subject=subject, time=f"{sent:%Y-%m-%d %H:%M}", recipients=recipient, reason=reason
        ),
        message_id=f"<{books.new_id()}.bounce@{domain}>",
        date=now,
        in_reply_to=view.headers.message_id,
        references=[*view.headers.references, view.headers.message_id],
        marks={"Auto-Submitted": "auto-replied", HOP_MARK: "bounce"},
    )
    books.send_mail(letter.encode(), sender="", recipients=[sender], account_id=owner.id if owner else 0)
    books.timeline.step(mail_id, "bounced", "the sender was told that the phone did not get it")
