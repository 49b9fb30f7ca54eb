"""One phone does not ring twice for one mail: the sender may have it told, and the recipient's own rule as well.

Within the hub a mail arrives before its sending is told of; from elsewhere it may come back after that. Which mail is
which is known by the Message-ID alone, since each mailbox gives it an id of its own.
"""

from __future__ import annotations

from typing import Final

from gateway.core.accounts import Account
from gateway.core.errors import NotFound
from gateway.core.notices import Notice
from gateway.core.ports import Books
from mail2sms.sending import MailView

REPEAT_MS: Final = 3_600_000
_MAX_LOOKED_AT: Final = 50  # notices of one phone


def was_told_on_send(view: MailView, number: str, account: Account, books: Books) -> bool:
    """Was this phone told of the mail when its sender handed it in, within the hour?"""
    for notice in _recent(view, number, books):
        # Almost every notice is one of the account's own arrivals, which need no look at their mail.
        if notice.account_id == account.id and notice.reply_to != account.address:
            continue
        sender = books.accounts.by_id(notice.account_id)
        if sender is not None and notice.reply_to == sender.address and _is_about(notice, view, books):
            return True
    return False


def was_told_on_arrival(view: MailView, number: str, books: Books) -> bool:
    """Did the mail reach a mailbox whose owner has this phone told of it, now or later, within the hour?"""
    owners = books.phones.accounts_of(number)
    if not owners:
        return False
    return any(
        notice.account_id in owners and notice.reply_to == view.answer_address and _is_about(notice, view, books)
        for notice in _recent(view, number, books)
    )


def _recent(view: MailView, number: str, books: Books) -> list[Notice]:
    if not view.headers.message_id:
        return []
    return books.notices.recent(number, books.now_ms - REPEAT_MS, _MAX_LOOKED_AT)


def _is_about(notice: Notice, view: MailView, books: Books) -> bool:
    row = books.mail(notice.mail_id)
    if row is not None:
        return bool(row["message_id"] == view.headers.message_id)
    try:
        return MailView(books.body(notice.mail_id)).headers.message_id == view.headers.message_id
    except NotFound:
        return False
