"""Visits to the mailboxes of members elsewhere: when, how often, and what comes of them.

A mail is filed here and noted as fetched in one transaction; only then is it deleted there. A hub that is killed in
between fetches nothing twice, and deletes it the next time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from gateway.core.accounts import ToMailbox
from gateway.core.errors import ConfigError, NotFound
from gateway.core.fetching import FetchFailed, Server, Source, Trouble
from gateway.fetching.mailbox import Mailbox, opened
from gateway.mail.mime.headers import headers_of, read_fields
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.sealing import Seal

T = TypeVar("T")

#: A visit that was begun and never ended is begun again after so many milliseconds.
LEASE_MS: Final = 900_000
#: Pause after failures at most, milliseconds.
MAX_PAUSE_MS: Final = 6 * 3_600_000
#: Mails younger than this ring the phone: not those of years that a first visit brings.
FRESH_MS: Final = 12 * 3_600_000
#: Sign-ins refused in a row, after which the member must look at it.
MAX_REFUSED: Final = 3


@dataclass(frozen=True, slots=True)
class FetchingConfig:
    """How mail is fetched from mailboxes of members elsewhere."""

    #: Seconds between two visits to a mailbox.
    every_s: int = 300
    #: Visits at the same time.
    concurrency: int = 4
    #: Seconds without an answer after which a visit ends.
    timeout_s: float = 30.0
    #: Largest mail that is fetched, octets; larger ones stay there.
    max_size_octets: int = 35_000_000
    #: Mails of one visit.
    mails_per_visit: int = 200
    #: Let mailboxes lie in private networks; only where every member is trusted.
    allow_private: bool = False
    #: PEM file of certificates that are trusted instead of the system's.
    ca_file: str = ""

    def __post_init__(self) -> None:
        if self.every_s < 10 or self.concurrency < 1 or self.mails_per_visit < 1 or self.timeout_s <= 0:
            raise ConfigError("every_s must be 10 or more; concurrency, mails_per_visit and timeout_s above 0")


class Rounds:
    """Visits mailboxes whose time has come."""

    def __init__(self, desk: Desk, config: FetchingConfig, seal: Seal) -> None:
        self._desk = desk
        self._config = config
        self._seal = seal

    async def visit_due(self) -> int:
        """Visit every mailbox whose time has come; returns how many mails came."""
        sources = await self._desk.read(lambda books: books.fetching.due(self._config.concurrency))
        if not sources:
            return 0
        ids = [source.id for source in sources]
        claimed = await self._desk.commit(lambda books: books.fetching.claim(ids, LEASE_MS))
        counts = await asyncio.gather(*(self.visit(source) for source in sources if source.id in claimed))
        return sum(counts)

    async def visit(self, source: Source) -> int:
        """Visit one mailbox; returns how many mails came. What goes wrong is noted with the source."""
        count = 0
        try:
            password = self._seal.open(source.secret)
            loop = asyncio.get_running_loop()
            count, trouble = await asyncio.to_thread(self._fetch, source, password, loop)
        except FetchFailed as error:
            trouble = error.trouble
        except NotFound:
            trouble = Trouble.REFUSED
        failures = source.failures + 1 if trouble else 0
        pause_ms = min(self._config.every_s * 1000 * 2 ** min(failures, 10), MAX_PAUSE_MS)
        stops = trouble is Trouble.REFUSED and failures >= MAX_REFUSED
        await self._desk.commit(
            lambda books: books.fetching.visited(
                source.id, pause_ms=pause_ms, count=count, trouble=trouble, failures=failures, stops=stops
            )
        )
        return count

    def _fetch(self, source: Source, password: str, loop: asyncio.AbstractEventLoop) -> tuple[int, Trouble]:
        """In a thread: bring what is new; how many mails came, and why no more did. Raises FetchFailed."""

        def wait_for(work: Coroutine[Any, Any, T]) -> T:
            return asyncio.run_coroutine_threadsafe(work, loop).result()

        with self._opened(source.server, password) as mailbox:
            listed = mailbox.list()
            ids = [mail_id for mail_id, _ in listed]
            known = wait_for(self._known(source, ids))
            count = 0
            for mail_id, size_octets in listed:
                if mail_id not in known:
                    if size_octets > self._config.max_size_octets:
                        continue
                    if count >= self._config.mails_per_visit:
                        break
                    if not wait_for(self._file(source, mail_id, mailbox.get(mail_id))):
                        return count, Trouble.FULL
                    count += 1
                if source.is_deleted_there:
                    mailbox.delete(mail_id)
            return count, Trouble.NONE

    async def _known(self, source: Source, ids: Sequence[str]) -> frozenset[str]:
        """Which of these are here; all of them at the first visit of a source that wants what is new alone."""

        def work(books: BooksOfStore) -> frozenset[str]:
            known = books.fetching.known(source.id, ids)
            if source.only_new and not source.fetched_ms:
                books.fetching.note(source.id, [mail_id for mail_id in ids if mail_id not in known])
                return frozenset(ids)
            return known

        return await self._desk.commit(work)

    async def _file(self, source: Source, mail_id: str, data: bytes) -> bool:
        """File a mail here, and note it; False where there is no room for it."""
        filed_id = self._desk.new_id()
        blob = await self._desk.blobs.put(filed_id, data)
        now_ms = self._desk.now_ms()
        facts = self._desk.read_facts(data, now_ms)
        headers = headers_of(read_fields(data))
        sender = headers.return_path if headers.return_path is not None else headers.from_.address

        def work(books: BooksOfStore) -> bool:
            account = books.accounts.by_id(source.account_id)
            mailbox_id = books.mails.mailbox_of(source.account_id)
            if account is None or mailbox_id is None or books.free_octets(account.id) < len(data):
                return False
            books.fetching.note(source.id, [mail_id])
            books.file_mail(
                ToMailbox(account.id, mailbox_id, account.address, 0),
                blob=blob,
                data=data,
                facts=facts,
                envelope_sender=sender,
                envelope_recipient=account.address,
                mail_id=filed_id,
                announce=facts.date_ms > now_ms - FRESH_MS,
            )
            books.timeline.step(filed_id, "fetched", f"from {source.server.host}")
            return True

        return await self._desk.commit(work)

    async def try_out(self, server: Server, password: str) -> int:
        """Sign in and count the mails there. Raises FetchFailed."""

        def count() -> int:
            with self._opened(server, password) as mailbox:
                return len(mailbox.list())

        return await asyncio.to_thread(count)

    def _opened(self, server: Server, password: str) -> contextlib.AbstractContextManager[Mailbox]:
        config = self._config
        context = ssl.create_default_context(cafile=config.ca_file or None)
        return opened(server, password, context, config.timeout_s, private=config.allow_private)
