"""Who sent something on before: Resent blocks of a mail, Previously-Sent of an MMS (RFC 4356 2.1.3.2, 2.2.3.2). Pure.

In a mail the newest block stands on top, and From and Date are of who wrote it first. In an MMS the first is number 0,
and From and Date are of who sent it last.
"""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Fields, headers_of, read_mailboxes
from mms.codec.mm4 import PreviouslySent

MAX_BLOCKS: Final = 50


@dataclass(frozen=True, slots=True)
class Sending:
    """One time it was sent."""

    sender: str
    date: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All the times it was sent, the first one first; never empty."""

    sendings: tuple[Sending, ...]

    @property
    def first(self) -> Sending:
        """Who wrote it."""
        return self.sendings[0]

    @property
    def last(self) -> Sending:
        """Who sent it to us."""
        return self.sendings[-1]

    @property
    def forward_counter(self) -> int:
        """X-Mms-Forward-Counter: how often it was sent on."""
        return len(self.sendings) - 1

    def previously_sent(self) -> tuple[PreviouslySent, ...]:
        """All but the last, as an MMS tells it; its From and Date are those of `last`."""
        return tuple(PreviouslySent(n, one.sender, one.date) for n, one in enumerate(self.sendings[:-1]))


def history_of_mms(sender: str, date: datetime.datetime | None, before: Sequence[PreviouslySent]) -> History:
    """The history of an MMS: what its Previously-Sent fields say, by their numbers, then itself."""
    ordered = sorted(before, key=lambda one: one.number)[:MAX_BLOCKS]
    return History((*(Sending(one.sender, one.date) for one in ordered), Sending(sender, date)))


def history_of_mail(fields: Fields) -> History:
    """The history of a mail: From and Date, then its Resent blocks from the bottom up."""
    headers = headers_of(fields)
    sendings = [Sending(headers.from_.address, headers.date)]
    senders = fields.values.get(b"resent-from", [])[:MAX_BLOCKS]
    dates = fields.values.get(b"resent-date", [])[:MAX_BLOCKS]
    for place in range(len(senders) - 1, -1, -1):
        mailboxes = read_mailboxes(senders[place].strip(), limit=1)
        date = headers_of(Fields({b"date": [dates[place]]}, 0, False)).date if place < len(dates) else None
        sendings.append(Sending(mailboxes[0].address if mailboxes else "", date))
    return History(tuple(sendings))


def resent_fields(history: History, recipients: Sequence[str], message_id: str) -> str:
    """The Resent blocks of the mail of an MMS, newest on top, with CRLF; "" when nobody sent it on.

    Addresses are mail addresses. The newest block has the recipients and the message id (with angle brackets), for
    they are of this sending. Raises BadRequest for what is no address.
    """
    blocks = []
    for place, one in enumerate(reversed(history.sendings[1:])):
        lines = [f"Resent-From: {Address.parse(one.sender)}"]
        if place == 0 and recipients:
            lines.append("Resent-To: " + ",\r\n ".join(str(Address.parse(recipient)) for recipient in recipients))
        if one.date is not None:
            lines.append(f"Resent-Date: {email.utils.format_datetime(one.date)}")
        if place == 0:
            if not message_id.isascii() or not message_id.isprintable():
                raise BadRequest("message_id: no message id")
            lines.append(f"Resent-Message-ID: {message_id}")
        blocks.append("".join(f"{line}\r\n" for line in lines))
    return "".join(blocks)
