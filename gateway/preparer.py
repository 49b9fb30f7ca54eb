"""The preparer: MMS that wait for their link are fitted to their phones, or filed in the mailbox of the number.

A message is claimed for a while; whoever claimed it and died loses it to the next, at once where that can be seen.
Fitting is done in processes of their own (`gateway.fitting`), once for all phones that show the same
(`gateway.shared_fitting`), or by Celery workers, who run `prepare` on the same books. What follows is one transaction:
the message goes on to a link, lies in a mailbox, is refused, or is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable

from gateway.core.errors import CaiyouError, NotFound, StoreUnavailable
from gateway.core.mms import Way, way_of
from gateway.core.outbox import Purpose
from gateway.fitting import FittingDied
from gateway.journal import Journal
from gateway.shared_fitting import Fitting, SharedFitting
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.multimedia import MAX_FITTINGS, Unfitted
from mms.config import MmsConfig
from mms.fitting import FittingJob, MessageRefused
from mms.handsets.catalogue import resolve
from mms.pickup import Mailboxes, Waiting

#: How often it is looked for messages whose time has come without anybody telling it, seconds.
LOOK_EVERY_S = 1.0
#: How long a claimed message is left to who claimed it, beyond the time it may be fitted in, seconds.
GRACE_S = 60
#: What a card is drawn for that is looked at on a page.
PAGE_HANDSET = "unknown"
#: Code of an MMS whose phone gets an SMS in its place.
NO_MMS = "no mms"
#: Letters in work for every process that fits.
AHEAD = 2
#: Messages in work at the same time. They are claimed by the half, so that many go into one commit.
MESSAGES = 32
#: How often it is looked for claims of processes that died, seconds.
FREE_EVERY_S = 10.0


class Preparer:
    """Gets MMS ready in this process."""

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        config: MmsConfig,
        mailboxes: Mailboxes,
        pool: Fitting,
        *,
        owner: str,
        hand_over: Callable[[list[int]], Awaitable[None]] | None = None,
        is_gone: Callable[[str], bool] = lambda owner: False,
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._config = config
        self._mailboxes = mailboxes
        self._owner = owner
        self._hand_over = hand_over  # gives ids to workers elsewhere; None = fits here
        self._is_gone = is_gone  # whether the process of that name has died
        self._letters_at_once = config.workers * AHEAD
        self._pool = SharedFitting(pool, desk.blobs.get, self._letters_at_once)
        self._reading = asyncio.Semaphore(self._letters_at_once)  # letters in memory for mailboxes
        self._work = asyncio.Event()
        self._letters: Counter[str] = Counter()  # of the messages in work
        self._free_at = 0.0
        self._loop: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def lease_s(self) -> int:
        """Seconds for which a claimed message is left alone."""
        return self._config.fit_timeout_s + GRACE_S

    async def start(self) -> None:
        """Begin to look for messages."""
        self._desk.work_for_preparer = self._work.set
        self._loop = asyncio.create_task(self._forever(), name="preparer")

    async def stop(self) -> None:
        """Let what is being fitted end within a few seconds; the rest is claimed again by the next run."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pool.close()

    async def _forever(self) -> None:
        while True:
            try:
                found = await self._look()
            except Exception as error:
                self._journal.task_failed("preparer", f"{type(error).__name__}: {error}")
                found = 0
            if not found:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._work.wait()
                self._work.clear()

    async def _look(self) -> int:
        """Claim as many as there is room for, and begin with them; returns how many."""
        await self._free()
        if self._hand_over is not None:
            claimed = await self._claim(200)
            if claimed:
                await self._hand_over([message.id for message in claimed])
            return len(claimed)
        free = MESSAGES - self._letters.total()
        letters = self._letters_at_once - len(self._letters)
        if free < MESSAGES // 2 or letters < 1:
            return 0
        claimed = await self._claim(free, letters)
        for message in claimed:
            self._letters[message.letter] += 1
            task = asyncio.create_task(self._one(message), name=f"prepare-{message.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def _claim(self, limit: int, letters: int | None = None) -> list[Unfitted]:
        if not await self._desk.read(lambda books: books.mms.is_any_due()):
            return []
        known = frozenset(self._letters)
        return await self._desk.commit(
            lambda books: books.mms.claim(self._owner, limit, self.lease_s, letters=letters, known=known)
        )

    async def _free(self) -> None:
        """Take from processes that died what they had claimed."""
        now = asyncio.get_running_loop().time()
        if now < self._free_at:
            return
        gone = [owner for owner in await self._desk.read(lambda books: books.mms.claimers()) if self._is_gone(owner)]
        if gone:
            await self._desk.commit(lambda books: books.mms.free(gone))
        self._free_at = now + FREE_EVERY_S

    async def _one(self, message: Unfitted) -> None:
        try:
            await self.prepare(message)
        except StoreUnavailable:
            pass  # its claim ends by itself
        except Exception as error:
            self._journal.task_failed("prepare", f"message {message.id}: {type(error).__name__}: {error}")
        finally:
            self._letters[message.letter] -= 1
            if not self._letters[message.letter]:
                del self._letters[message.letter]
            self._work.set()

    async def prepare_these(self, message_ids: list[int]) -> int:
        """Get messages ready that another process claimed for us; returns how many still waited."""
        taken = await self._desk.commit(lambda books: books.mms.take(message_ids, self._owner, self.lease_s))
        await asyncio.gather(*(self.prepare(message) for message in taken))
        return len(taken)

    async def prepare(self, message: Unfitted) -> None:
        """Get one claimed message ready. Whatever is wrong with it ends it or puts it off; only the store can raise."""
        if message.attempt > MAX_FITTINGS:
            await self._refuse(message, "not fitted", f"fitting it was begun {MAX_FITTINGS} times and never ended")
            return
        try:
            await self._by_its_way(message)
        except NotFound:
            await self._refuse(message, "letter is gone", "what was handed in is gone from the disk")

    async def _by_its_way(self, message: Unfitted) -> None:
        known = await self._desk.read(lambda books: books.handsets.of(message.recipient))
        way, why = way_of(
            known.mms,
            unknown=self._config.unknown_phones,
            has_link=bool(message.link) or self._desk.router.carries_mms,
            wanted=message.way,
        )
        if way is Way.MAILBOX and message.instead:
            await self._refuse(message, NO_MMS, f"{why}; an SMS says it")
            return
        if way is Way.MAILBOX:
            async with self._reading:
                letter = await asyncio.to_thread(self._desk.blobs.get, message.letter)
                await self._to_mailbox(message, letter, known.handset.key, why)
            return
        limits = [known.handset.max_octets, self._config.max_octets]
        if message.purpose == Purpose.NOTICE:
            limits.append(self._config.notice_octets)
        job = FittingJob(
            letter=b"",
            handset=known.handset,
            max_octets=min(limits),
            sender=message.sender or self._config.access_number,
            recipient=message.recipient,
            date_ms=message.created_ms,
        )
        try:
            fitted = await self._pool.fit(message.letter, job)
        except MessageRefused as error:
            await self._refuse(message, "media refused", str(error))
            return
        except FittingDied as error:
            reason = str(error)
            await self._desk.commit(lambda books: self._again(books, message, reason))
            return
        # Under its id: the sweep of strays looks for that.
        blob = await self._desk.blobs.put(message.id, fitted.pdu, anew=True)
        await self._desk.commit(
            lambda books: self._fitted(books, message, blob, known.handset.key, fitted.receipt, fitted.story)
        )

    def _fitted(
        self, books: BooksOfStore, message: Unfitted, blob: str, handset: str, receipt: str, story: str
    ) -> None:
        if books.mms.is_claimed(message.id, self._owner):
            books.mms.fitted(message.id, blob=blob, handset=handset, receipt=receipt, story=story)

    async def _to_mailbox(self, message: Unfitted, letter: bytes, handset: str, why: str) -> None:
        reference = message.letter
        if message.purpose == Purpose.CARD:
            letter, reference = await self._drawn(message, letter)
        waiting = Waiting(
            message_id=message.id,
            number=message.recipient,
            letter=reference,
            data=letter,
            from_name=message.from_name or message.sender,
            handset=handset,
            why=why,
        )

        def work(books: BooksOfStore) -> None:
            if books.mms.is_claimed(message.id, self._owner):
                refused = self._mailboxes.file(waiting, books)
                if refused is not None:
                    books.tell_owners(books.mms.refuse(message.id, *refused))

        try:
            await self._desk.commit(work)
        except StoreUnavailable:
            raise
        except CaiyouError as error:
            reason = str(error)
            await self._desk.commit(lambda books: self._again(books, message, reason))

    async def _drawn(self, message: Unfitted, letter: bytes) -> tuple[bytes, str]:
        """A card's letter with its pictures, for the page; as it was handed in where that cannot be done."""
        job = FittingJob(
            letter=b"",
            handset=resolve(PAGE_HANDSET),
            max_octets=self._config.max_octets,
            sender=message.sender,
            recipient=message.recipient,
            date_ms=message.created_ms,
            as_letter=True,
        )
        try:
            drawn = (await self._pool.fit(message.letter, job)).pdu
        except (MessageRefused, FittingDied):
            return letter, message.letter
        # Not under its id: should the phone turn out to show MMS, that is where what is fitted goes.
        return drawn, await self._desk.blobs.put(self._desk.new_id(), drawn)

    async def _refuse(self, message: Unfitted, code: str, reason: str) -> None:
        def work(books: BooksOfStore) -> None:
            if books.mms.is_claimed(message.id, self._owner):
                books.tell_owners(books.mms.refuse(message.id, code, reason))

        await self._desk.commit(work)

    def _again(self, books: BooksOfStore, message: Unfitted, reason: str) -> None:
        if books.mms.is_claimed(message.id, self._owner):
            books.mms.again(message.id, message.attempt, reason)
