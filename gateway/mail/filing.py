"""What happens to a mail once a door has taken it: stored once, filed for members, queued for others, told to phones.

All of it is one transaction after the bytes are on disk; the door answers 250 when `file_arrived` or `file_submitted`
has returned, not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.core.accounts import Account, Target, ToAddress, ToMailbox, ToPhone
from gateway.core.events import MailSubmitted, PhoneMailArrived
from gateway.core.mails import MailFacts
from gateway.mail.recipients import Recipient
from gateway.store.desk import BooksOfStore, Desk


async def file_arrived(desk: Desk, data: bytes, *, sender: str, recipients: Sequence[Recipient], mail_id: int) -> None:
    """File a mail from elsewhere for all its recipients. Raises StoreUnavailable; then nothing was filed."""
    blob = await desk.blobs.put(mail_id, data)
    facts = desk.read_facts(data, desk.now_ms())

    def work(books: BooksOfStore) -> None:
        left = _distribute(books, data, blob, facts, sender, recipients, mail_id, own_row=False)
        if left:
            books.queue_relay(sender=sender, recipients=left, blob=blob, mail_id=mail_id)

    await desk.commit(work)


async def file_submitted(
    desk: Desk,
    data: bytes,
    *,
    member: Account,
    sender: str,
    recipients: Sequence[Recipient],
    mail_id: int,
    keep_sent: bool,
) -> None:
    """As `file_arrived` for a mail of a member: a copy goes to the folder Sent, others may go on to other servers."""
    blob = await desk.blobs.put(mail_id, data)
    facts = desk.read_facts(data, desk.now_ms())
    mail = Submitted(data, blob, facts, member, sender, recipients, mail_id, keep_sent)
    await desk.commit(lambda books: file_within(books, mail))


@dataclass(frozen=True, slots=True)
class Submitted:
    """A mail of a member whose bytes are on disk."""

    data: bytes
    blob: str
    facts: MailFacts
    member: Account
    sender: str
    recipients: Sequence[Recipient]
    mail_id: int
    keep_sent: bool


def file_within(books: BooksOfStore, mail: Submitted) -> None:
    """File a member's mail within a transaction."""
    member = mail.member
    mailbox_id = books.mails.mailbox_of(member.id) if mail.keep_sent else None
    if mailbox_id is not None:
        books.file_mail(
            ToMailbox(member.id, mailbox_id, member.address, 0),
            blob=mail.blob,
            data=mail.data,
            facts=mail.facts,
            envelope_sender=mail.sender,
            folder="Sent",
            flags="S",
            mail_id=mail.mail_id,
            announce=False,
        )
    left = _distribute(
        books, mail.data, mail.blob, mail.facts, mail.sender, mail.recipients, mail.mail_id,
        own_row=mailbox_id is not None, member=member,
    )  # fmt: skip
    if left:
        books.queue_relay(
            sender=mail.sender, recipients=left, blob=mail.blob, account_id=member.id, mail_id=mail.mail_id
        )
    books.publish(
        MailSubmitted(
            mail_id=mail.mail_id,
            account_id=member.id,
            recipients=tuple(recipient.address for recipient in mail.recipients),
            content=mail.data,
            received_ms=books.now_ms,
        )
    )


def _distribute(
    books: BooksOfStore,
    data: bytes,
    blob: str,
    facts: MailFacts,
    sender: str,
    recipients: Sequence[Recipient],
    mail_id: int,
    *,
    own_row: bool,
    member: Account | None = None,
) -> list[str]:
    """File and publish for every target once; returns the addresses that are for other servers.

    `own_row` says that `mail_id` has a row already; otherwise the first mailbox gets it, and a mail that only goes
    to phones keeps its bytes through an entry of the relay.
    """
    elsewhere: dict[str, None] = {}
    phones: dict[str, str] = {}
    for recipient, target in _targets_once(recipients):
        if isinstance(target, ToMailbox):
            books.file_mail(
                target,
                blob=blob,
                data=data,
                facts=facts,
                envelope_sender=sender,
                envelope_recipient=recipient,
                mail_id=None if own_row else mail_id,
            )
            own_row = True
        elif isinstance(target, ToPhone):
            phones[target.number] = recipient
        else:
            elsewhere[target.address] = None
    for number, recipient in phones.items():
        if not own_row:
            books.relay.keep(sender=sender, recipient=recipient, blob=blob, mail_id=mail_id)
        books.timeline.step(mail_id, "to-phone", "goes to a phone")
        books.publish(
            PhoneMailArrived(
                mail_id=mail_id,
                number=number,
                envelope_sender=sender,
                recipient=recipient,
                account_id=None if member is None else member.id,
                content=data,
                received_ms=books.now_ms,
            )
        )
    return list(elsewhere)


def _targets_once(recipients: Sequence[Recipient]) -> Iterator[tuple[str, Target]]:
    """Each mailbox, phone and address once, with the first recipient that led to it."""
    seen: set[object] = set()
    for recipient in recipients:
        targets = (ToAddress(recipient.address),) if recipient.targets is None else recipient.targets
        for target in targets:
            key = target.mailbox_id if isinstance(target, ToMailbox) else target
            if key not in seen:
                seen.add(key)
                yield recipient.address, target
