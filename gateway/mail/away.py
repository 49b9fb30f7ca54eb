"""The answer of a member who is away: to people who wrote to the member, once a week (RFC 3834)."""

from __future__ import annotations

import datetime
import re
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core.addresses import Address
from gateway.core.away import APART_MS, read_away
from gateway.core.errors import BadRequest
from gateway.core.events import MailArrived
from gateway.store.desk import BooksOfStore
from mail2sms.letters import Letter, in_answer
from mail2sms.sending import HOP_MARK, MailView, is_spam, loop_reason

STEP: Final = "away"
#: Addresses behind which nobody reads (RFC 3834 2).
_NOBODY: Final = re.compile(
    r"^(?:owner-.*|.*-(?:request|relay|bounces?)|(?:mailer-daemon|postmaster|listserv|majordomo|.*no-?reply.*))@",
    re.IGNORECASE,
)


def answer_while_away(event: MailArrived, books: BooksOfStore) -> None:
    """Reaction: answer whoever wrote to the member, not to a list the member is on, and not a program."""
    for kept in books.rules.of(event.account_id, "away"):
        try:
            away = read_away(kept.settings)
        except BadRequest as error:
            books.timeline.step(event.mail_id, STEP, f"the answer cannot be read: {error}")
            return
        if not away.holds(books.now_ms):
            return
        view = MailView(event.content)
        account = books.accounts.by_id(event.account_id)
        sender = event.envelope_sender.lower()
        if account is None or sender == account.address or loop_reason(view, sender) or is_spam(view):
            return
        named = {one.address.lower() for one in (*view.headers.to, *view.headers.cc)}
        is_meant = bool(named & {account.address, event.recipient.lower()})
        if view.headers.is_automatic or not is_meant or _NOBODY.match(sender) or _is_phone(sender):
            return
        if away.known_only and books.contacts.name_of_mail(account.id, sender) is None:
            return
        if not books.away.answers(account.id, sender, APART_MS):
            books.timeline.step(event.mail_id, STEP, "no answer: the sender had one this week")
            return
        domain = account.domain
        letter = Letter(
            from_address=account.address,
            from_name=account.display_name,
            to_address=sender,
            subject=away.subject or in_answer(view.headers.subject),
            text=away.text,
            message_id=f"<{books.new_id()}.away@{domain}>",
            date=datetime.datetime.fromtimestamp(books.now_ms / 1000, ZoneInfo(account.zone)),
            in_reply_to=view.headers.message_id,
            references=[*view.headers.references, view.headers.message_id],
            marks={"Auto-Submitted": "auto-replied", HOP_MARK: "away"},
        )
        # The null path: nobody answers an answer, and what cannot be delivered comes back to nobody.
        books.send_mail(letter.encode(), sender="", recipients=[sender], account_id=account.id)
        books.timeline.step(event.mail_id, STEP, "answered while away")
        return


def _is_phone(address: str) -> bool:
    try:
        return Address.parse(address).phone_number is not None
    except BadRequest:
        return True  # nothing that could be answered
