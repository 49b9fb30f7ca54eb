"""A lane: what one link is sending.

A lane claims a little more than the window holds, so that an answer is followed by the next submit at once and not by
a transaction; what the carrier answers is recorded in batches, one commit at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from carriers.link import CarriesMms, Link
from carriers.session import SubmitAnswered
from gateway.core import data_sms
from gateway.core import text as sms_text
from gateway.core.attempts import Answer, Attempt, Claimed
from gateway.core.errors import NotFound, StoreUnavailable
from gateway.core.link_figures import LinkFigures, LinkReading
from gateway.core.messages import Outcome, Segment
from gateway.core.outbox import Kind, Uncertain
from gateway.journal import Journal
from gateway.store.desk import BooksOfStore, Desk

#: Messages claimed ahead of the window.
CLAIM_AHEAD = 64
#: MMS claimed ahead; what is sent of each is in memory. Fewer, and connections would be idle until a claim is on disk.
MMS_AHEAD = 16
#: Messages in one claim.
CLAIM_LIMIT = 256
#: How often a lane looks for messages whose time has come without anybody telling it, seconds.
LOOK_EVERY_S = 1.0
#: How long a link that is to stop waits for the answers to what it sent; without them nobody would know.
ANSWERS_S = 3.0
#: Pause after the store failed, seconds.
STORE_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """How messages on a link are treated."""

    #: What to do with a submit that was never answered: wait, resend, or resend-at-once.
    uncertain: Uncertain = Uncertain.RESEND
    #: Seconds to wait for a report before an unanswered submit is sent again.
    uncertain_wait_s: int = 60
    #: Give the link texts of several segments in one submit; the carrier splits them.
    whole_messages: bool = False


@runtime_checkable
class Pool(Protocol):
    """A link of several parts (modems) that has figures of each."""

    def parts(self) -> Mapping[str, Mapping[str, float]]:
        """Part -> name of a figure -> figure; at most some dozens of parts with some figures each."""


@dataclass(slots=True)
class _Open:
    """A claimed message some of whose segments are unanswered."""

    message: Claimed
    waiting: set[int]
    answers: list[Answer] = field(default_factory=list)
    is_whole: bool = False  # all segments went, or go, in one submit; its answer is that of each


class Lane:
    """What one link is sending."""

    def __init__(
        self,
        link: Link,
        desk: Desk,
        journal: Journal,
        policy: LinkPolicy,
        owner: str,
        look_every_s: float = LOOK_EVERY_S,
        window: int = 0,
    ) -> None:
        self.link = link
        self.figures = LinkFigures()
        self.holds = False  # whether it is to send nothing new
        self._window = window  # for the figures: the link alone knows what it may send
        self._ahead = MMS_AHEAD if isinstance(link, CarriesMms) else CLAIM_AHEAD
        self._desk = desk
        self._journal = journal
        self.policy = policy
        self._owner = owner
        self._look_every_s = look_every_s
        self._work = asyncio.Event()
        self._done = asyncio.Event()
        self._idle = asyncio.Event()  # nothing claimed is open; only `finish` looks at it
        self._pending: deque[Segment] = deque()  # claimed, not yet on the wire
        self._open: dict[int, _Open] = {}
        self._on_wire: dict[tuple[int, int], float] = {}  # (message, number) -> when it went out
        self._finished: list[Attempt] = []
        self._returned: list[Claimed] = []  # nothing of them was sent: to be queued again
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self) -> None:
        """Begin to claim and to record."""
        self._stopping = False
        self._tasks = [
            asyncio.create_task(self._forever(self._claim_some), name=f"claim-{self.link.name}"),
            asyncio.create_task(self._forever(self._record_some), name=f"record-{self.link.name}"),
        ]

    async def finish(self) -> None:
        """Send nothing more until the next `start()`, and wait a little for the answers to what was sent."""
        self._stopping = True
        self._return_unsent("the hub stopped before it was sent")
        await self.answers()

    def hold(self, *, on: bool) -> None:
        """Send nothing new (what is on the wire is answered), or send again."""
        if on and not self.holds:
            self._return_unsent("the link is to send nothing new")
        self.holds = on
        self._work.set()

    async def answers(self) -> None:
        """Wait a little for the answers to what was sent."""
        if self._open:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWERS_S):
                    await self._idle.wait()

    async def stop(self) -> None:
        """Stop claiming, give back what never went on the wire, record every answer there is.

        Steps under way are waited for: a claim or a record cut off from its commit would be done and not known of.
        What the store does not take now is kept for the next `start()`.
        """
        self._stopping = True
        self._work.set()
        self._done.set()
        await asyncio.gather(*self._tasks)
        self.line_lost()
        try:
            await self._record_finished()
            await self._give_back()
        except StoreUnavailable as error:
            self._journal.task_failed(f"lane-{self.link.name}", str(error))

    def wake(self) -> None:
        """There may be work, or room for it."""
        self._work.set()

    @property
    def in_flight(self) -> int:
        """Messages claimed and not yet answered."""
        return len(self._open)

    def read_figures(self) -> LinkReading:
        """What the link has done."""
        return self.figures.read(
            asyncio.get_running_loop().time(),
            in_flight=len(self._on_wire),
            window=self._window,
            parts=self.link.parts() if isinstance(self.link, Pool) else {},
        )

    @property
    def has_pending(self) -> bool:
        """Whether claimed segments wait for room on the wire."""
        return bool(self._pending)

    # --- out ------------------------------------------------------------------------------------------------

    def submit_pending(self) -> None:
        """Put as many claimed segments on the wire as the window takes."""
        link = self.link
        if not self._pending:
            return
        room = link.room()
        if room <= 0:
            return
        count = min(room, len(self._pending))
        now = asyncio.get_running_loop().time()
        for _ in range(count):
            segment = self._pending.popleft()
            self._on_wire[segment.message_id, segment.number] = now
            link.submit(segment)
        self.figures.submitted(count)
        link.flush()

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat a step; what goes wrong in it is told of, and it goes on: a lane must never fall silent."""
        while not self._stopping:
            try:
                await step()
            except StoreUnavailable:
                await asyncio.sleep(STORE_PAUSE_S)
            except Exception as error:
                self._journal.task_failed(f"lane-{self.link.name}", f"{type(error).__name__}: {error}")
                await asyncio.sleep(STORE_PAUSE_S)

    async def _claim_some(self) -> None:
        link = self.link
        await self._give_back()
        if self.holds or not link.is_up:
            await self._rest()
            return
        self.submit_pending()
        wanted = min(link.room() + self._ahead - len(self._pending), CLAIM_LIMIT)
        if wanted <= self._ahead // 2 and self._pending:
            await self._rest()
            return
        claimed = await self._desk.commit(lambda books: self._claim(books, wanted))
        bodies = await self._bodies(claimed)
        for message in claimed:
            self._open_message(message, bodies.get(message.id, b""))
        if self._stopping or self.holds or not link.is_up:
            self.line_lost()  # what happened meanwhile found none of these to give back
            return
        self.submit_pending()
        if not claimed:
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._look_every_s):
                await self._work.wait()
        except TimeoutError:
            pass
        self._work.clear()

    def _claim(self, books: BooksOfStore, limit: int) -> list[Claimed]:
        return books.outbox.claim(self.link.name, self.link.group, self._owner, limit)

    async def _bodies(self, claimed: Sequence[Claimed]) -> dict[int, bytes]:
        """What is sent of MMS, by message; without those whose body is gone."""
        references = {message.id: message.blob for message in claimed if message.blob}
        if not references:
            return {}

        def read() -> dict[int, bytes]:
            found = {}
            for message_id, reference in references.items():
                with contextlib.suppress(NotFound):
                    found[message_id] = self._desk.blobs.get(reference)
            return found

        return await asyncio.to_thread(read)

    def _open_message(self, message: Claimed, mms: bytes = b"") -> None:
        if message.kind == Kind.MMS and not mms:
            gone = Answer(1, Outcome.PERMANENT, code="what is sent is gone from the disk")
            self._finish(_Open(message, set(), [gone]))
            return
        alphabet = sms_text.Alphabet(message.alphabet)
        pieces: list[bytes] = []
        udh = b""
        if message.data:
            udh = data_sms.ports_element(message.port, message.source_port)
            pieces = data_sms.split(message.data, has_port=message.port is not None)
        # What a carrier has in part already must come to it in the same parts; no carrier cuts data.
        is_whole = not pieces and self.policy.whole_messages and len(message.open_numbers) == message.segments > 1
        is_one = is_whole or message.segments == 1
        texts = [message.text] if is_one or mms else sms_text.split(message.text, alphabet)
        validity_s = max(60, (message.expires_ms - self._desk.now_ms()) // 1000)
        self._open[message.id] = _Open(message, set(message.open_numbers), is_whole=is_whole)
        for number in message.open_numbers[:1] if is_whole else message.open_numbers:
            self._pending.append(
                Segment(
                    message_id=message.id,
                    number=number,
                    total=message.segments,
                    sender=message.sender,
                    recipient=message.recipient,
                    text="" if pieces else texts[number - 1],
                    alphabet=alphabet,
                    reference=(message.id ^ message.id >> 22) & 0xFF,
                    want_report=message.want_report,
                    validity_s=validity_s,
                    data=pieces[number - 1] if pieces else b"",
                    udh=udh,
                    mms=mms,
                )
            )

    # --- back -----------------------------------------------------------------------------------------------

    def answered(self, events: Sequence[SubmitAnswered]) -> None:
        """Take the answers to submits; a message whose last segment is answered is recorded."""
        now = asyncio.get_running_loop().time()
        for event in events:
            self._count(event, now)
            open_message = self._open.get(event.segment.message_id)
            if open_message is None or event.segment.number not in open_message.waiting:
                continue  # answered twice
            code = "" if event.outcome is Outcome.ACCEPTED else f"{event.reason or 'code'} ({event.code})"[:64]
            if open_message.is_whole:
                open_message.answers += _of_whole(open_message.message, event, code)
                open_message.waiting.clear()
            else:
                open_message.waiting.discard(event.segment.number)
                open_message.answers.append(Answer(event.segment.number, event.outcome, event.carrier_ids, code))
            if not open_message.waiting:
                self._finish(open_message)
        self.submit_pending()
        if len(self._pending) <= self._ahead // 2:
            self._work.set()

    def _count(self, event: SubmitAnswered, now: float) -> None:
        segment = event.segment
        began = self._on_wire.pop((segment.message_id, segment.number), None)
        if began is not None:
            code = event.reason or str(event.code)
            self.figures.answered(event.outcome, code[:48], now - began, now, wants_report=segment.want_report)

    def _finish(self, open_message: _Open) -> None:
        self._open.pop(open_message.message.id, None)
        self._finished.append(Attempt(open_message.message, tuple(open_message.answers)))
        self._done.set()
        if not self._open:
            self._idle.set()

    def line_lost(self) -> None:
        """The line is gone: what never went out on it is given back."""
        self._return_unsent("line lost before it was sent")

    def _return_unsent(self, reason: str) -> None:
        """Give back what was not begun; segments missing of what was begun are answered for, so that it ends."""
        unsent: dict[int, list[int]] = {}
        for segment in self._pending:
            unsent.setdefault(segment.message_id, []).append(segment.number)
        self._pending.clear()
        for message_id, numbers in unsent.items():
            open_message = self._open[message_id]
            if open_message.is_whole or len(numbers) == len(open_message.message.open_numbers):
                del self._open[message_id]
                self._returned.append(open_message.message)
                continue
            for number in numbers:
                open_message.waiting.discard(number)
                open_message.answers.append(Answer(number, Outcome.TEMPORARY, code=reason))
            if not open_message.waiting:
                self._finish(open_message)
        if not self._open:
            self._idle.set()
        self._work.set()

    async def _give_back(self) -> None:
        if not self._returned:
            return
        returned, self._returned = self._returned, []
        try:
            await self._desk.commit(lambda books: books.outbox.release(returned, f"link {self.link.name} went down"))
        except BaseException:
            self._returned = returned + self._returned
            raise

    async def _record_some(self) -> None:
        await self._done.wait()
        self._done.clear()
        await self._record_finished()

    async def _record_finished(self) -> None:
        finished, self._finished = self._finished, []
        if not finished:
            return
        try:
            await self._record(finished)
        except StoreUnavailable:
            # The carrier has answered and the store cannot take it now: keep the answers for the next try. If the
            # hub stops before that, these messages are UNCERTAIN at the next start.
            self._finished = finished + self._finished
            self._done.set()
            raise
        except Exception as error:
            self._journal.task_failed(f"record-{self.link.name}", f"{type(error).__name__}: {error}")
            for attempt in finished:
                await self._record_alone(attempt)

    async def _record_alone(self, attempt: Attempt) -> None:
        """Record one of a batch that failed; the one at fault without the carrier's ids, which are all that is foreign.

        It must not be tried again for ever: everything behind it would wait.
        """
        try:
            await self._record([attempt])
        except StoreUnavailable:
            self._finished.append(attempt)
            self._done.set()
        except Exception:
            answers = tuple(answer._replace(carrier_ids=()) for answer in attempt.answers)
            await self._record([Attempt(attempt.message, answers)])

    async def _record(self, finished: Sequence[Attempt]) -> None:
        link, policy, router = self.link, self.policy, self._desk.router

        def work(books: BooksOfStore) -> None:
            settled = books.outbox.record(
                link.name,
                link.group,
                finished,
                uncertain=policy.uncertain,
                uncertain_wait_s=policy.uncertain_wait_s,
                price=lambda recipient: router.price(recipient, link.name),
            )
            ids = [
                carrier_id
                for attempt in finished
                if attempt.message.want_report
                for answer in attempt.answers
                for carrier_id in answer.carrier_ids
            ]
            settled += books.reports.settle_parked(link.group, ids)
            books.tell_owners(settled)

        await self._desk.commit(work)
        self._journal.count("submitted", link.name, len(finished))

    async def settle_uncertain(self) -> None:
        """Apply the link's policy to messages whose wait for an answer or report is over."""
        link, policy = self.link, self.policy

        def work(books: BooksOfStore) -> None:
            for message in books.outbox.uncertain_due(link.name):
                settled = None
                if message.segments == 1:
                    settled = books.reports.adopt_for(message.id, link.group, message.recipient, message.created_ms)
                if settled is None:
                    settled = books.outbox.settle_uncertain(message, policy.uncertain)
                books.tell_owners(settled)
            books.aftermath.links.add(link.name)

        if await self._desk.read(lambda books: bool(books.outbox.uncertain_due(link.name, limit=1))):
            await self._desk.commit(work)


def _of_whole(message: Claimed, event: SubmitAnswered, code: str) -> list[Answer]:
    """The answers to each segment of a message that went in one submit.

    A carrier that gives every segment an id of its own has them reported one by one; else a report is about them all.
    """
    ids = event.carrier_ids
    is_each = len(ids) == message.segments
    return [
        Answer(number, event.outcome, (ids[place],) if is_each else ids, code)
        for place, number in enumerate(message.open_numbers)
    ]
