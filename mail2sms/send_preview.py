"""What would arrive on the phones of a mail's recipients, before it is sent: by the functions that send it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.ports import Books
from mail2sms import rules
from mail2sms.rules import Rule
from mail2sms.sending import MailView, NoticeConfig, compose
from mail2sms.submit import choose, is_phone, telling_options


class Reached(enum.StrEnum):
    """What a recipient gets beside the mail."""

    SMS = "sms"
    MMS = "mms"
    NOTHING = "nothing"  # nobody asked for it
    NO_NUMBER = "no_number"
    STOPPED = "stopped"
    OVER_CAP = "over_cap"


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient; text and segments are those of the SMS, or of the words of the MMS."""

    address: str
    reached: Reached
    number: str = ""
    text: str = ""
    segments: int = 0


def preview(
    config: NoticeConfig,
    account: Account,
    data: bytes,
    recipients: Sequence[str],
    told_as: str,
    books: Books,
    takes_mms: Callable[[str], bool],
) -> list[Told]:
    """One entry for each recipient, in their order.

    `data` is the mail; `told_as` as in the rules, "" for nobody; `takes_mms` says of a number whether to try it.
    """
    view = MailView(data)
    found: dict[str, Told] = {}
    if told_as in (rules.AS_SMS, rules.AS_MMS):
        rule = Rule(told_as=told_as)
        options, name = telling_options(config, rule, account, view, books.now_ms)
        choice = choose(rule, account, recipients, books)
        for reason, addresses in choice.missing.items():
            found |= {address: Told(address, Reached(reason)) for address in addresses}
        if choice.told:
            notice = compose(view, books.now_ms, options, name=name)
            for number, address in choice.told:
                reached = Reached.MMS if told_as == rules.AS_MMS and takes_mms(number) else Reached.SMS
                found[address] = Told(address, reached, number, notice.text, notice.segments)
    for address in recipients:
        if is_phone(address):
            found[address] = _to_phone(config, account, view, address, books, takes_mms)
    return [found.get(address) or Told(address, Reached.NOTHING) for address in recipients]


def _to_phone(
    config: NoticeConfig,
    account: Account,
    view: MailView,
    address: str,
    books: Books,
    takes_mms: Callable[[str], bool],
) -> Told:
    """What mail to the address of a phone becomes there."""
    number = Address.parse(address).phone_number or ""
    if books.stops.among([number]):
        return Told(address, Reached.STOPPED, number)
    options = config.options(account, books.now_ms, segments=config.phone_mail_segments, show_codes=True)
    notice = compose(view, books.now_ms, options, name=account.display_name)
    is_more = bool(view.content.attachment_count) and takes_mms(number)
    return Told(address, Reached.MMS if is_more else Reached.SMS, number, notice.text, notice.segments)
