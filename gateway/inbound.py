"""What carriers bring: SMS from phones and delivery reports. One transaction, then the acknowledgement.

A delivery that cannot be put on disk is answered as "later", so that the carrier keeps it and sends it again; one that
comes again is recognised by its carrier's id and only acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from carriers.link import Link
from carriers.session import ReportArrived, SmsArrived
from gateway.core.billing import Fact, LedgerLine
from gateway.core.errors import StoreUnavailable
from gateway.core.events import SmsReceived
from gateway.core.phone import normalise
from gateway.journal import Journal
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.inbox import Filed

Arrived = SmsArrived | ReportArrived


class Inbound:
    """Takes deliveries from every link of this process."""

    def __init__(self, desk: Desk, journal: Journal, region: str = "CN") -> None:
        self._desk = desk
        self._journal = journal
        self._region = region
        self._tasks: set[asyncio.Task[None]] = set()

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
            new = await self._desk.commit(self._work(link.name, link.group, arrived))
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
            for inbox_id, sender in new:
                self._journal.sms_arrived(link.name, sender, inbox_id)
            self._journal.count("reports", link.name, len(arrived) - len(new))
        for event in arrived:
            link.acknowledge(event.receipt, accepted=accepted, line=line)
        link.flush()

    def _work(
        self, link: str, group: str, arrived: Sequence[Arrived]
    ) -> Callable[[BooksOfStore], list[tuple[int, str]]]:
        reports = [event.report for event in arrived if isinstance(event, ReportArrived)]
        messages = [event.sms for event in arrived if isinstance(event, SmsArrived)]

        def work(books: BooksOfStore) -> list[tuple[int, str]]:
            new: list[tuple[int, str]] = []
            if reports:
                books.tell_owners(books.reports.file(link, group, reports))
            for sms in messages:
                sender = normalise(sms.sender, self._region) or sms.sender
                filed = books.inbox.file(link, group, sms, sender)
                if filed is None:
                    continue
                new.append((filed.inbox_id, sender))
                _announce(books, filed)
            return new

        return work

    async def give_up_parts(self) -> None:
        """Give out long SMS whose last part has not come in time, as far as they came."""
        if await self._desk.read(lambda books: books.inbox.overdue()):
            await self._desk.commit(_give_up_parts)


def _give_up_parts(books: BooksOfStore) -> None:
    for filed in books.inbox.give_up_parts():
        _announce(books, filed)


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
