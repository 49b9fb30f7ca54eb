"""What carriers bring: SMS and MMS from phones, and reports. One transaction, then the acknowledgement.

A delivery that cannot be put on disk is answered as "later", so that the carrier keeps it and sends it again; one that
comes again is recognised by its carrier's id and only acknowledged.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from carriers.link import Link
from carriers.session import MmsArrived, ReadArrived, ReportArrived, SmsArrived
from gateway.core.billing import Fact, LedgerLine
from gateway.core.errors import StoreUnavailable
from gateway.core.events import SmsReceived
from gateway.core.messages import IncomingSms
from gateway.core.phone import normalise
from gateway.journal import Journal
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.inbox import Filed
from mms.incoming import IncomingMms, ReadReport
from mms.incoming_letter import fingerprint_of, letter_of

Arrived = SmsArrived | ReportArrived | MmsArrived | ReadArrived


#: SMS remembered as acknowledged; a phone says the same thing twice within seconds, or much later.
MAX_ANSWERED = 2048


class Letter(NamedTuple):
    """An MMS that came, on disk as the letter it is kept as."""

    inbox_id: int
    mms: IncomingMms
    sender: str
    blob: str
    data: bytes


class Inbound:
    """Takes deliveries from every link of this process."""

    def __init__(self, desk: Desk, journal: Journal, region: str = "CN") -> None:
        self._desk = desk
        self._journal = journal
        self._region = region
        self._tasks: set[asyncio.Task[None]] = set()
        # What was acknowledged on a line that stands: the same words on it again are said again, and not sent again.
        self._answered: OrderedDict[tuple[str, int, IncomingSms], None] = OrderedDict()

    def take(self, link: Link, arrived: Sequence[Arrived]) -> None:
        """File deliveries of one link and acknowledge them when they are on disk; returns at once.

        How many can wait here is bounded by the carrier's window: it gets no answer before.
        """
        task = asyncio.create_task(self._file(link, link.line, arrived))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait until everything taken is filed."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _file(self, link: Link, line: int, arrived: Sequence[Arrived]) -> None:
        try:
            letters = [await self._keep(event.mms) for event in arrived if isinstance(event, MmsArrived)]
            new = await self._desk.commit(self._work(link.name, link.group, line, arrived, letters))
        except StoreUnavailable:
            accepted = False
        except Exception as error:
            if len(arrived) > 1:
                for event in arrived:  # the good ones must not come again and again because of one
                    await self._file(link, line, [event])
                return
            # Ours to mend, not the carrier's fault; it keeps the delivery and the journal says what broke.
            self._journal.task_failed("inbound", f"{type(error).__name__}: {error}")
            accepted = False
        else:
            accepted = True
            for inbox_id, sender, kind in new:
                self._journal.message_arrived(link.name, sender, inbox_id, kind)
            reports = sum(isinstance(event, ReportArrived | ReadArrived) for event in arrived)
            self._journal.count("reports", link.name, reports)
        for event in arrived:
            link.acknowledge(event.receipt, accepted=accepted, line=line)
            if accepted and isinstance(event, SmsArrived) and not event.sms.carrier_id:
                self._answered[link.name, line, event.sms] = None
                if len(self._answered) > MAX_ANSWERED:
                    self._answered.popitem(last=False)
        link.flush()

    async def _keep(self, mms: IncomingMms) -> Letter:
        """Put an MMS on disk as a letter. Raises StoreUnavailable."""
        inbox_id = self._desk.new_id()
        sender = normalise(mms.sender, self._region) or mms.sender
        data = await asyncio.to_thread(letter_of, mms, sender=sender, now_ms=self._desk.now_ms())
        return Letter(inbox_id, mms, sender, await self._desk.blobs.put(inbox_id, data), data)

    def _work(
        self, link: str, group: str, line: int, arrived: Sequence[Arrived], letters: Sequence[Letter]
    ) -> Callable[[BooksOfStore], list[tuple[int, str, str]]]:
        reports = [event.report for event in arrived if isinstance(event, ReportArrived)]
        messages = [event.sms for event in arrived if isinstance(event, SmsArrived)]
        read = [event.report for event in arrived if isinstance(event, ReadArrived)]

        def work(books: BooksOfStore) -> list[tuple[int, str, str]]:
            new: list[tuple[int, str, str]] = []
            if reports:
                books.tell_owners(books.reports.file(link, group, reports))
            for report in read:
                _note_read(books, group, report)
            for sms in messages:
                sender = normalise(sms.sender, self._region) or sms.sender
                filed = books.inbox.file(link, group, sms, sender, is_new=(link, line, sms) in self._answered)
                if filed is None:
                    continue
                new.append((filed.inbox_id, sender, "sms"))
                _announce(books, filed)
            new.extend(
                (letter.inbox_id, letter.sender, "mms") for letter in letters if _take(books, link, group, letter)
            )
            return new

        return work

    async def give_up_parts(self) -> None:
        """Give out long SMS whose last part has not come in time, as far as they came."""
        if await self._desk.read(lambda books: books.inbox.overdue()):
            await self._desk.commit(_give_up_parts)


def _give_up_parts(books: BooksOfStore) -> None:
    for filed in books.inbox.give_up_parts():
        _announce(books, filed)


def _take(books: BooksOfStore, link: str, group: str, letter: Letter) -> bool:
    return books.take_mms(
        letter.inbox_id,
        link=link,
        group=group,
        carrier_id=letter.mms.carrier_id,
        sender=letter.sender,
        recipients=letter.mms.recipients,
        subject=letter.mms.subject,
        blob=letter.blob,
        letter=letter.data,
        fingerprint=fingerprint_of(letter.mms),
    )


def _note_read(books: BooksOfStore, group: str, report: ReadReport) -> None:
    message_id = books.reports.message_of(group, report.carrier_id)
    if message_id is not None:
        books.note_read(message_id, report.state, report.text)


def _announce(books: BooksOfStore, filed: Filed) -> None:
    books.ledger.add(LedgerLine(0, Fact.SMS_RECEIVED, filed.inbox_id, link=filed.link, party=filed.sender))
    books.publish(
        SmsReceived(
            inbox_id=filed.inbox_id,
            link=filed.link,
            sender=filed.sender,
            recipient=filed.recipient,
            text=filed.text,
            received_ms=books.now_ms,
        )
    )
