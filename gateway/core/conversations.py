"""Answers from phones: which notice one answers, and in whose name it goes on as a mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.core.notices import Notice
from gateway.core.outbox import Purpose
from gateway.core.ports import Books

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer from a phone answers, to whom it goes, and who writes it as a mail says it."""

    notice: Notice
    account: Account
    to_address: str
    from_address: str
    from_name: str

    @property
    def keep_copy_for(self) -> int:
        """The account whose folder Sent gets a copy: the member who writes; 0 for a phone under its own address."""
        return self.account.id if self.from_address == self.account.address else 0


def extension_of(recipient: str, access_number: str, digits: int) -> str:
    """The digits behind our access number; "" where there are none, or extensions are not used."""
    if not access_number or not digits or access_number not in recipient:
        return ""
    extension = recipient.rpartition(access_number)[2]
    return extension if extension.isascii() and extension.isdigit() else ""


def answered_by(number: str, extension: str, reply_days: int, books: Books) -> Answered | None:
    """What `number` answers: by the extension it wrote to, else the last notice it got; None where there is none.

    An extension that stands for nothing any more answers nothing: the last notice may be about something else. A
    digest tells of several mails, so no plain reply answers it.
    """
    notice = books.notices.last_to(number, extension, books.now_ms - reply_days * DAY_MS)
    if notice is None or notice.state != "sent":
        return None
    account = books.accounts.by_id(notice.account_id)
    if account is None:
        return None
    try:
        to_address = str(Address.parse(notice.reply_to))
    except BadRequest:
        return None
    writer = _writer(number, notice, account, books)
    return None if writer is None else Answered(notice, account, to_address, *writer)


def _writer(number: str, notice: Notice, account: Account, books: Books) -> tuple[str, str] | None:
    """Address and name of who answers: the member whose number it is, else the phone under its own address.

    None where the notice was for a phone that was the member's and is no more: its new owner answers nothing.
    """
    message = books.outbox.get(notice.message_id) if notice.message_id else None
    is_phone_mail = message is not None and message["purpose"] == Purpose.PHONE_MAIL
    phone = books.phones.get(account.id, number)
    is_own = phone is not None and phone.proved_ms is not None
    if is_own and not is_phone_mail and notice.reply_to != account.address:
        return account.address, account.display_name
    if not is_phone_mail and notice.reply_to != account.address:
        return None
    domain = account.domain
    if is_phone_mail and message is not None and message["tag"].rpartition("@")[2]:
        domain = message["tag"].rpartition("@")[2]
    local = number.removeprefix("+86")
    return f"{local}@{domain}", books.contacts.name_of_number(account.id, number) or local
