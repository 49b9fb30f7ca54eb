"""The list a phone gets when it writes 1: the newest mails it was told of, or is still to be told of."""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotFound
from gateway.core.ports import Books
from mail2sms.limits import DAY_MS
from mail2sms.sending import MailView, NoticeConfig, facts_of_notice
from mail2sms.summary import NoticeFacts, compose_list

MAX_LISTED: Final = 9  # so that every number is one digit
LIST_DAYS: Final = 3
LIST_SEGMENTS: Final = 3


def list_mails(number: str, config: NoticeConfig, books: Books) -> str:
    """The text of the list for a number that was proved, in the language of the member who did so last.

    What was told before the number was first proved was for whoever had it then, and is left out. So is what is held
    for an account that the number does not belong to any more.
    """
    owners = books.phones.accounts_of(number)
    phones = [books.phones.get(account_id, number) for account_id in owners]
    proved_ms = min(phone.proved_ms for phone in phones if phone is not None and phone.proved_ms is not None)
    since_ms = max(proved_ms, books.now_ms - LIST_DAYS * DAY_MS)
    mails: dict[int, NoticeFacts] = {}
    for notice in books.notices.recent(number, since_ms, 2 * MAX_LISTED):
        is_own = notice.account_id in owners
        if notice.mail_id in mails or (notice.state == "held" and not is_own):
            continue
        try:
            view = MailView(books.body(notice.mail_id))
        except NotFound:
            continue
        row = books.mail(notice.mail_id)
        reader_id = notice.account_id if is_own else owners[0]
        contact = books.contacts.name_of_mail(reader_id, view.headers.from_.address) or ""
        received_ms = int(row["received_ms"]) if row is not None else notice.made_ms
        mails[notice.mail_id] = facts_of_notice(view, received_ms, contact=contact)
        if len(mails) == MAX_LISTED:
            break
    options = config.options(books.accounts.by_id(owners[0]), books.now_ms, segments=LIST_SEGMENTS)
    return compose_list(list(mails.values()), LIST_DAYS, options).text
