"""What becomes of an MMS that did not reach its phone: it goes to the mailbox of the number, or its sender is told.

Senders are told in words, once: by the program that asked (webhooks, reports to platforms) as for every message, and
people by a mail or an SMS, whatever they wrote it with.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import MessageSettled
from gateway.core.mms import AWAITED
from gateway.core.outbox import Kind, NewSms, Purpose, State
from gateway.core.ports import Books
from gateway.mail.mime.headers import Mailbox
from gateway.mail.mime.writer import build_mail
from mms import makers
from mms.pickup import Mailboxes, NotFiled, Waiting
from templates.engine import mail_texts

#: Purposes of MMS whose senders are people, who are told by mail.
BY_PEOPLE: Final = frozenset({Purpose.PHONE_MAIL, Purpose.CARD})
#: Marks mails of the hub's own making, of which no SMS is ever made.
HOP_MARK: Final = "X-Caiyou-Loop"


class Outcome:
    """Reacts to MMS that failed or expired."""

    def __init__(self, mailboxes: Mailboxes) -> None:
        self._mailboxes = mailboxes

    def settled(self, event: MessageSettled, books: Books) -> None:
        """Reaction: an MMS its phone did not take is filed for its number; what is over is told."""
        if event.state not in (State.FAILED, State.EXPIRED) and not event.tag.startswith(AWAITED):
            return
        row = books.outbox.get(event.message_id)
        if row is None or row["kind"] != Kind.MMS:
            return
        facts = books.mms.facts([event.message_id]).get(event.message_id)
        if facts is None:
            return
        has_failed = event.state in (State.FAILED, State.EXPIRED)
        if has_failed and facts["instead"]:
            self._say_instead(row, facts["instead"], books)
            return
        if has_failed and facts["way"] == "mms" and _was_tried(row) and self._fall_back(row, facts, books) is None:
            return
        if event.tag.startswith(AWAITED):
            what = makers.ARRIVED if event.state == State.DELIVERED else makers.FAILED
            makers.tell(event.message_id, what, books, signature=self._mailboxes.fixed_signature)
        elif row["purpose"] in BY_PEOPLE:
            self._tell(event, row, facts, books)

    def _say_instead(self, row: Mapping[Any, Any], text: str, books: Books) -> None:
        """Send the SMS that stands for an MMS its phone did not take, once."""
        key = f"instead of {row['id']}"
        if books.stops.among([row["recipient"]]) or books.outbox.with_key(row["account_id"], [key]):
            return
        message_id = books.outbox.add(
            NewSms(
                recipient=row["recipient"],
                text=text,
                purpose=Purpose(row["purpose"]),
                account_id=row["account_id"],
                sender=row["sender"] if row["asked_sender"] is None else row["asked_sender"],
                mail_id=row["mail_id"],
                key=key,
            )
        )
        books.timeline.step(row["id"], "outcome", f"told by SMS {message_id} in its place")
        if row["mail_id"]:
            books.timeline.step(row["mail_id"], "notice", f"told by SMS {message_id}: the phone took no MMS")

    def _fall_back(self, row: Mapping[Any, Any], facts: Mapping[Any, Any], books: Books) -> NotFiled | None:
        try:
            letter = books.stored(facts["letter"])
        except NotFound:
            return NotFiled("letter is gone", "what was handed in is gone from the disk")
        why = "not fetched in time" if row["state"] == State.EXPIRED else f"the phone did not take it ({row['code']})"
        return self._mailboxes.file(
            Waiting(
                message_id=row["id"],
                number=row["recipient"],
                letter=facts["letter"],
                data=letter,
                from_name=facts["from_name"] or row["sender"],
                handset=facts["handset"],
                why=why,
            ),
            books,
        )

    def _tell(self, event: MessageSettled, row: Mapping[Any, Any], facts: Mapping[Any, Any], books: Books) -> None:
        member = books.accounts.by_id(row["account_id"]) if row["account_id"] else None
        address = member.address if member else _writer_of(row, books)
        if not address:
            books.timeline.step(event.message_id, "outcome", "the sender is not told: no address says who it is")
            return
        domain = address.rpartition("@")[2] if member else books.first_domain() or "localhost"
        language = member.language if member else "zh"
        texts = mail_texts(language)
        subject = " ".join(facts["subject"].split()) or texts.render("mms_no_subject")
        mail = build_mail(
            from_=Mailbox("", f"postmaster@{domain}"),
            to=[Mailbox("", address)],
            subject=texts.render("mms_failed_subject", subject=subject),
            text=texts.render(
                "mms_failed_body", subject=subject, number=row["recipient"], reason=_reason(event, language)
            ),
            date=datetime.datetime.fromtimestamp(books.now_ms / 1000, datetime.UTC),
            message_id=f"<{event.message_id}.outcome@{domain}>",
            headers=[("Auto-Submitted", "auto-replied"), (HOP_MARK, "mms")],
        )
        books.send_mail(mail, sender="", recipients=[address], account_id=row["account_id"])
        books.timeline.step(event.message_id, "outcome", "the sender was told that it did not arrive")


def _was_tried(row: Mapping[Any, Any]) -> bool:
    """Whether it was ready and a link had it, or had a chance to: what a rule of ours refuses goes to no mailbox."""
    return bool(row["blob"]) and (row["attempt"] > 0 or row["state"] == State.EXPIRED)


def _writer_of(row: Mapping[Any, Any], books: Books) -> str:
    """Who sent the mail an MMS was made of, as its envelope says; "" for programs and where nobody knows."""
    sender = books.envelope_sender(row["mail_id"]) if row["mail_id"] else None
    try:
        return str(Address.parse(sender)) if sender else ""
    except BadRequest:
        return ""


def _reason(event: MessageSettled, language: str) -> str:
    texts = mail_texts(language)
    key = {
        "not looked at": "mms_not_looked_at",
        "stopped": "reason_stopped",
        "mailbox full": "mms_mailbox_full",
        "media refused": "mms_media_refused",
    }.get(event.code)
    if key is not None:
        return texts.render(key)
    return texts.render("reason_expired" if event.state == State.EXPIRED else "reason_failed", code=event.code)
