"""Notices that go as MMS: what is told, and to whom. Who makes the MMS is named by the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from gateway.core.ports import Books
from mail2sms.sending import MailView, facts_of_notice
from mail2sms.summary import NoticeOptions, compose_notice
from templates.engine import sms_texts

#: How much of a mail an MMS says: what so many segments would.
MMS_SEGMENTS: Final = 15


@dataclass(frozen=True, slots=True)
class Telling:
    """A mail that is to be told by MMS."""

    account_id: int
    mail_id: int
    from_name: str
    from_address: str
    subject: str
    #: What the MMS says; codes and passwords are withheld as in an SMS.
    text: str
    #: What the phone is told where it takes no MMS.
    sms: str
    #: The mail, whose first pictures go along.
    mail: bytes = field(repr=False)
    #: A member sent it: cards on it go out as they are.
    is_sent: bool = False


class Teller(Protocol):
    """Who tells mails by MMS."""

    def tell(self, telling: Telling, phones: Sequence[tuple[str, str]], books: Books) -> list[int]:
        """Queue the notice for phones: (number, what it shows as sender and answers to); returns a message for each."""


def telling_of(
    view: MailView,
    received_ms: int,
    options: NoticeOptions,
    *,
    account_id: int,
    mail_id: int,
    sms: str,
    name: str = "",
    contact: str = "",
    is_sent: bool = False,
) -> Telling:
    """The notice of a mail as an MMS; names as for `compose`, `sms` as that one was composed for an SMS."""
    facts = facts_of_notice(view, received_ms, name, contact)
    from_name = contact or facts.name or facts.address
    text = compose_notice(facts, replace(options, segments=MMS_SEGMENTS, signature="", route_signs=False)).text
    return Telling(
        account_id=account_id,
        mail_id=mail_id,
        from_name=from_name,
        from_address=view.answer_address,
        # Not that of the mail: a subject may hold a code.
        subject=sms_texts(options.language).render("mms_notice_subject", sender=from_name),
        text=text,
        sms=sms,
        mail=view.data,
        is_sent=is_sent,
    )
