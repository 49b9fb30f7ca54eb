"""The dispatcher: which links this process serves, and what they tell.

A link is served while this process holds its lease; its lane (`gateway.lane`) claims what may be sent, submits it and
records what the carrier answers. What operators want of a link (`gateway.core.link_orders`) is heeded while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

from carriers.link import CarriesMms, Link, TellsCentre, TellsOfData
from carriers.session import MmsArrived, ReportArrived, SessionEvent, SmsArrived, SubmitAnswered
from gateway.core.alarms import Kind
from gateway.core.errors import StoreUnavailable
from gateway.core.link_orders import WITH_LINE, LinkOrder, Wish, lets_go_for_move, may_take
from gateway.core.outbox import Uncertain
from gateway.core.routing import LinkFacts
from gateway.inbound import Arrived, Inbound
from gateway.journal import Journal
from gateway.lane import LOOK_EVERY_S, Lane, LinkPolicy
from gateway.store.desk import BooksOfStore, CentreReport, Desk
from gateway.store.links import LEASE_S, Lease

#: How often a lease is renewed and messages without an answer are looked at, seconds.
LOOK_AFTER_S = LEASE_S / 5
#: How often it is looked whether a lease of another process is over, seconds.
CHALLENGE_S = 1.0

#: A link is forgotten so many seconds after its removal was seen: until then every process knows that no route leads
#: over it any more, and what some have still put on it is found.
FORGET_AFTER_S = 5.0


@dataclass(slots=True)
class Served:
    """A link that this process may serve, and what it knows of its lease."""

    lane: Lane
    protocol: str
    order: LinkOrder
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # there is another order
    keeping: asyncio.Task[None] | None = None
    line: asyncio.Task[None] | None = None
    held: bool = False  # the lease is ours
    is_paused: bool = False  # and there is no line by order
    removed_at: float | None = None  # when it was seen that the link is to be removed, on the clock of the loop
    since_ms: int = 0  # when this process took it
    seen: tuple[str, int] = ("", 0)  # another's lease as it was seen last …
    seen_at: float = float("inf")  # … and since when it has been so, on the clock of the loop

    def note(self, lease: Lease, now: float) -> None:
        """Remember how the lease was found; one that stays as it is for long enough is over."""
        self.held = lease.taken
        if lease.taken or self.seen != (lease.by, lease.until_ms):
            self.seen = (lease.by, lease.until_ms)
            self.seen_at = now


class Dispatcher:
    """Every link of this process with its lane; the listener of all links."""

    def __init__(
        self,
        desk: Desk,
        inbound: Inbound,
        journal: Journal,
        owner: str,
        *,
        node: int = 0,
        look_every_s: float = LOOK_EVERY_S,
        look_after_s: float = LOOK_AFTER_S,
        challenge_s: float = CHALLENGE_S,
        is_gone: Callable[[str], bool] = lambda owner: False,
    ) -> None:
        self.served: dict[str, Served] = {}
        self._desk = desk
        self._inbound = inbound
        self._journal = journal
        self._owner = owner
        self._node = node
        self._is_gone = is_gone  # whether the owner of a lease is known to have died
        self._look_every_s = look_every_s
        self._look_after_s = look_after_s
        self._challenge_s = challenge_s
        self._started = False
        self._small_tasks: set[asyncio.Task[None]] = set()
        desk.work_for_link = self.wake
        desk.tell_over_link = self._tell

    @property
    def lanes(self) -> dict[str, Lane]:
        """The lane of every link, by name."""
        return {name: served.lane for name, served in self.served.items()}

    def add(
        self, link: Link, protocol: str, policy: LinkPolicy, *, window: int = 0, order: LinkOrder | None = None
    ) -> None:
        """Serve a link, from `start()` on or from now."""
        lane = Lane(link, self._desk, self._journal, policy, self._owner, self._look_every_s, window)
        served = self.served[link.name] = Served(lane, protocol, order or LinkOrder(link.name))
        self._tell_router(link)
        if self._started:
            self._begin(served)

    async def remove(self, name: str) -> None:
        """Serve a link no more: its line is closed in order and its lease given back."""
        served = self.served.get(name)
        if served is not None:
            await self._end(served)
            del self.served[name]
            self._desk.router.drop_link(name)

    def order(self, order: LinkOrder) -> None:
        """Heed another order about a link."""
        served = self.served[order.name]
        if order != served.order:
            served.order = order
            if order.wish is Wish.REMOVE:
                self._tell_router(served.lane.link)
            served.changed.set()

    def start(self) -> None:
        """Take the leases, connect, and begin to send."""
        self._started = True
        for served in self.served.values():
            self._begin(served)

    async def stop(self) -> None:
        """Take leave of every carrier in order, record what is known, give the leases back."""
        self._started = False
        await asyncio.gather(*(self._end(served) for served in list(self.served.values())))
        await asyncio.gather(*self._small_tasks, return_exceptions=True)

    def wake(self, link: str) -> None:
        """A commit put messages into the outbox for this link."""
        served = self.served.get(link)
        if served is not None:
            served.lane.wake()

    def _tell(self, link: str, report: CentreReport) -> None:
        served = self.served.get(link)
        if served is not None and isinstance(served.lane.link, TellsCentre):
            served.lane.link.tell(report)

    # --- one link ---------------------------------------------------------------------------------------------

    def _begin(self, served: Served) -> None:
        served.keeping = asyncio.create_task(self._keep(served), name=f"link-{served.lane.link.name}")

    async def _end(self, served: Served) -> None:
        if served.keeping is not None:
            served.keeping.cancel()
            await asyncio.gather(served.keeping, return_exceptions=True)

    async def _keep(self, served: Served) -> None:
        """Own the link while the lease lasts: a process that dies loses it within seconds to another one."""
        while True:
            try:
                if await self._lease(served):
                    await self._serve(served)
            except Exception as error:
                # The link would stay down until somebody restarts the hub.
                self._journal.task_failed(f"link-{served.lane.link.name}", f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._challenge_s)

    async def _lease(self, served: Served, figures: str = "") -> bool:
        link = served.lane.link
        now = asyncio.get_running_loop().time()

        def is_over(other: str, until_ms: int) -> bool:
            unchanged_s = now - served.seen_at if served.seen == (other, until_ms) else 0.0
            if other:
                return self._is_gone(other) or unchanged_s >= LEASE_S
            return may_take(
                served.order,
                node=self._node,
                now_ms=self._desk.now_ms(),
                free_for_s=unchanged_s,
                patience_s=1.5 * LEASE_S,
            )

        def work(books: BooksOfStore) -> Lease:
            if served.order.options:
                order = books.link_orders.get(link.name)
                if order is None or (order.revision != served.order.revision and not served.held):
                    # Removed a moment ago: its row must not be made again. Or changed: not with the old password.
                    return Lease(False, "", 0)
            lease = books.links.lease(link.name, link.group, served.protocol, self._owner, is_over)
            if lease.taken and figures:
                books.links.set_figures(link.name, self._owner, figures)
            return lease

        lease = await self._desk.commit(work)
        served.note(lease, now)
        return lease.taken

    async def _serve(self, served: Served) -> None:
        lane = served.lane
        link = lane.link
        served.since_ms = self._desk.now_ms()
        wait_s = lane.policy.uncertain_wait_s if lane.policy.uncertain is not Uncertain.RESEND_AT_ONCE else 0
        found = await self._desk.commit(lambda books: books.outbox.recover(self._owner, link.name, wait_s))
        if found:
            self._journal.recovered(link.name, found)
        lane.hold(on=served.order.wish is not Wish.RUN)
        lane.start()
        try:
            reason = await self._while_ours(served)
            self._journal.link_down(link.name, reason, 0.0)
        finally:
            await lane.finish()
            await self._close_line(served)
            await lane.stop()
            served.held = served.is_paused = False
            self._desk.router.health.forget(link.name)  # what another process sees of it counts from now on
            self._tell_router(link)
            with contextlib.suppress(StoreUnavailable):
                await self._desk.commit(lambda books: books.links.let_go(link.name, self._owner))

    async def _while_ours(self, served: Served) -> str:
        """Heed orders and renew the lease until that fails or the link is to go elsewhere; returns why.

        A store that is away for a moment costs no line.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + LEASE_S
        while True:
            served.changed.clear()
            renewed = False
            asked_at = loop.time()
            try:
                async with asyncio.timeout_at(until):
                    figures = served.lane.read_figures()
                    self._desk.router.health.timed(served.lane.link.name, figures, loop.time())
                    if not await self._lease(served, figures.to_json()):
                        return "another process owns the link now"
                renewed = True
                until = asked_at + LEASE_S
                await self._heed(served)
                if lets_go_for_move(served.order, node=self._node, served_since_ms=served.since_ms):
                    served.lane.hold(on=True)
                    return f"process {served.order.move_to} shall have the link"
                await self._look_after(served)
            except StoreUnavailable:
                pass
            except TimeoutError:
                return "the lease could not be renewed in time"
            spare_s = until - loop.time() - self._look_after_s
            if spare_s <= 0 and not renewed:
                return "the lease could not be renewed in time"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self._look_after_s, max(0.0, spare_s))):
                    await served.changed.wait()

    async def _heed(self, served: Served) -> None:
        """Bring line and lane to what is wanted of the link."""
        lane, wish = served.lane, served.order.wish
        link = lane.link
        was_held = lane.holds
        lane.hold(on=wish is not Wish.RUN)
        if wish in WITH_LINE:
            served.is_paused = False
            if served.line is None or served.line.done():
                served.line = asyncio.create_task(link.run(), name=f"line-{link.name}")
            elif was_held != lane.holds and link.is_up:
                self._note_state(link, self._word(served), "")
        elif not served.is_paused:
            served.is_paused = True
            await lane.answers()
            await self._close_line(served)
            lane.line_lost()
            self._note_state(link, "paused", "")
        self._tell_router(link)

    async def _close_line(self, served: Served) -> None:
        line, served.line = served.line, None
        await served.lane.link.stop()
        if line is not None:
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)

    async def _look_after(self, served: Served) -> None:
        lane = served.lane
        try:
            await lane.settle_uncertain()
            if lane.holds:
                await self._send_elsewhere(lane.link.name)
            if served.order.wish is Wish.REMOVE:
                now = asyncio.get_running_loop().time()
                served.removed_at = served.removed_at or now
                is_last = now - served.removed_at >= FORGET_AFTER_S
                await self._desk.commit(lambda books: books.link_orders.forget(lane.link.name, for_good=is_last))
        except StoreUnavailable:
            raise
        except Exception as error:
            self._journal.task_failed(f"look-after-{lane.link.name}", f"{type(error).__name__}: {error}")

    async def _send_elsewhere(self, name: str) -> None:
        """Give what waits for a link that sends nothing to other links that are up."""
        after: int | None = 0
        while after is not None:
            moved, after = await self._desk.commit(
                lambda books, start=after: books.outbox.leave_link(name, start)  # type: ignore[misc]
            )
            if moved:
                self._journal.rerouted(name, moved)

    # --- what links tell ----------------------------------------------------------------------------------------

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        """Answers go to the lane, deliveries and reports to the inbound side."""
        lane = self.served[link.name].lane
        answers = [event for event in events if isinstance(event, SubmitAnswered)]
        if answers:
            lane.answered(answers)
            told = [(one.segment.recipient, one.outcome, one.segment.want_report) for one in answers]
            self._desk.router.note_answers(link.name, told, asyncio.get_running_loop().time())
        arrived = [event for event in events if isinstance(event, Arrived)]
        if arrived:
            now = asyncio.get_running_loop().time()
            for event in arrived:
                if isinstance(event, ReportArrived):
                    lane.figures.reported(event.report.state, now)
                elif isinstance(event, SmsArrived | MmsArrived):
                    lane.figures.sms_arrived()
            reports = [(one.report.recipient, one.report.state) for one in arrived if isinstance(one, ReportArrived)]
            self._desk.router.note_reports(link.name, reports, now)
            self._inbound.take(link, arrived)

    def link_up(self, link: Link, peer: str) -> None:
        """The carrier let us in."""
        served = self.served[link.name]
        self._journal.link_up(link.name, peer)
        self._note_state(link, self._word(served), "")
        served.lane.wake()

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        """The line is gone: what never went out is queued again."""
        self.served[link.name].lane.line_lost()
        self._journal.link_down(link.name, reason, retry_in_s)
        self._note_state(link, "down", reason)

    def link_refused(self, link: Link, reason: str) -> None:
        """The carrier does not let us in."""
        self._journal.login_refused(link.name, reason)
        self._spawn(self._raise_refused(link.name, reason))

    def link_misbehaved(self, link: Link, reason: str) -> None:
        """The carrier sent something wrong."""
        self._journal.peer_misbehaved(link.name, reason)

    def link_throttled(self, link: Link, pause_s: float) -> None:
        """The carrier said "too fast"."""
        self.served[link.name].lane.figures.throttled()
        self._journal.throttled(link.name, pause_s)

    def link_ready(self, link: Link) -> None:
        """There is room for more submits; an idle lane has nothing to do with it and is not woken."""
        lane = self.served[link.name].lane
        if lane.has_pending:
            lane.submit_pending()
            lane.wake()

    @staticmethod
    def _word(served: Served) -> str:
        return "draining" if served.lane.holds else "up"

    def _note_state(self, link: Link, state: str, error: str) -> None:
        self._tell_router(link)
        self._spawn(self._write_state(link.name, state, error))

    async def _write_state(self, name: str, state: str, error: str) -> None:
        def work(books: BooksOfStore) -> None:
            books.links.set_state(name, state, error or None)
            if state != "down":
                books.alarms.clear(Kind.LOGIN_REFUSED, name)

        with contextlib.suppress(StoreUnavailable):
            await self._desk.commit(work)

    async def _raise_refused(self, name: str, reason: str) -> None:
        with contextlib.suppress(StoreUnavailable):
            await self._desk.commit(lambda books: books.alarms.raise_(Kind.LOGIN_REFUSED, name, reason))

    def _tell_router(self, link: Link) -> None:
        served = self.served.get(link.name)
        if served is not None and served.order.wish is Wish.REMOVE:
            self._desk.router.drop_link(link.name)
            return
        sends = served is not None and not served.lane.holds
        takes_data = not isinstance(link, TellsOfData) or link.takes_data
        self._desk.router.set_link(
            link.name, LinkFacts(up=link.is_up and sends, data=takes_data, mms=isinstance(link, CarriesMms))
        )

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._small_tasks.add(task)
        task.add_done_callback(self._small_tasks.discard)
