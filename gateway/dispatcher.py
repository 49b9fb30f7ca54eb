"""The dispatcher: which links this process serves, and what they tell.

A link is served while this process holds its lease; its lane (`gateway.lane`) claims what may be sent, submits it and
records what the carrier answers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence

from carriers.link import Link
from carriers.session import ReportArrived, SessionEvent, SmsArrived, SubmitAnswered
from gateway.core.errors import StoreUnavailable
from gateway.core.outbox import Uncertain
from gateway.core.routing import LinkFacts
from gateway.inbound import Inbound
from gateway.journal import Journal
from gateway.lane import LOOK_EVERY_S, Lane, LinkPolicy
from gateway.store.desk import Desk
from gateway.store.links import LEASE_S

#: How often a lease is renewed and messages without an answer are looked at, seconds.
LOOK_AFTER_S = LEASE_S / 5


class Dispatcher:
    """Every link of this process with its lane; the listener of all links."""

    def __init__(
        self,
        desk: Desk,
        inbound: Inbound,
        journal: Journal,
        owner: str,
        *,
        look_every_s: float = LOOK_EVERY_S,
        look_after_s: float = LOOK_AFTER_S,
        is_gone: Callable[[str], bool] = lambda owner: False,
    ) -> None:
        self.lanes: dict[str, Lane] = {}
        self._desk = desk
        self._inbound = inbound
        self._journal = journal
        self._owner = owner
        self._is_gone = is_gone  # whether the owner of a lease is known to have died
        self._look_every_s = look_every_s
        self._look_after_s = look_after_s
        self._protocols: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._small_tasks: set[asyncio.Task[None]] = set()
        desk.work_for_link = self.wake

    def add(self, link: Link, protocol: str, policy: LinkPolicy) -> None:
        """Serve a link from `start()` on."""
        self.lanes[link.name] = Lane(link, self._desk, self._journal, policy, self._owner, self._look_every_s)
        self._protocols[link.name] = protocol
        self._tell_router(link)

    def start(self) -> None:
        """Take the leases, connect, and begin to send."""
        self._tasks = [asyncio.create_task(self._keep(lane), name=f"link-{name}") for name, lane in self.lanes.items()]

    async def stop(self) -> None:
        """Take leave of every carrier in order, record what is known, give the leases back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*self._small_tasks, return_exceptions=True)

    def wake(self, link: str) -> None:
        """A commit put messages into the outbox for this link."""
        lane = self.lanes.get(link)
        if lane is not None:
            lane.wake()

    # --- one link ---------------------------------------------------------------------------------------------

    async def _keep(self, lane: Lane) -> None:
        """Own the link while the lease lasts: a process that dies loses it within seconds to another one."""
        while True:
            try:
                if await self._lease(lane.link):
                    await self._serve(lane)
            except Exception as error:
                # The link would stay down until somebody restarts the hub.
                self._journal.task_failed(f"link-{lane.link.name}", f"{type(error).__name__}: {error}")
            await asyncio.sleep(LEASE_S / 3)

    async def _lease(self, link: Link) -> bool:
        return await self._desk.commit(
            lambda books: books.links.lease(
                link.name, link.group, self._protocols[link.name], self._owner, self._is_gone
            )
        )

    async def _serve(self, lane: Lane) -> None:
        link = lane.link
        wait_s = lane.policy.uncertain_wait_s if lane.policy.uncertain is not Uncertain.RESEND_AT_ONCE else 0
        found = await self._desk.commit(lambda books: books.outbox.recover(self._owner, link.name, wait_s))
        if found:
            self._journal.recovered(link.name, found)
        running = asyncio.create_task(link.run(), name=f"line-{link.name}")
        lane.start()
        try:
            reason = await self._while_ours(lane)
            self._journal.link_down(link.name, reason, 0.0)
        finally:
            await lane.finish()
            await link.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await lane.stop()
            self._tell_router(link)
            with contextlib.suppress(StoreUnavailable):
                await self._desk.commit(lambda books: books.links.let_go(link.name, self._owner))

    async def _while_ours(self, lane: Lane) -> str:
        """Renew the lease until that fails; returns why. A store that is away for a moment costs no line."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LEASE_S
        while True:
            asked_at = loop.time()
            try:
                async with asyncio.timeout_at(until):
                    if not await self._lease(lane.link):
                        return "another process owns the link now"
                until = asked_at + LEASE_S
                await self._look_after(lane)
            except StoreUnavailable:
                pass
            except TimeoutError:
                return "the lease could not be renewed in time"
            if loop.time() + self._look_after_s >= until:
                return "the lease could not be renewed in time"
            await asyncio.sleep(self._look_after_s)

    async def _look_after(self, lane: Lane) -> None:
        try:
            await lane.settle_uncertain()
        except Exception as error:
            self._journal.task_failed("settle-uncertain", f"{type(error).__name__}: {error}")

    # --- what links tell ----------------------------------------------------------------------------------------

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        """Answers go to the lane, deliveries and reports to the inbound side."""
        answers = [event for event in events if isinstance(event, SubmitAnswered)]
        if answers:
            self.lanes[link.name].answered(answers)
        arrived = [event for event in events if isinstance(event, SmsArrived | ReportArrived)]
        if arrived:
            self._inbound.take(link, arrived)

    def link_up(self, link: Link, peer: str) -> None:
        """The carrier let us in."""
        self._journal.link_up(link.name, peer)
        self._note_state(link, "up", "")
        self.lanes[link.name].wake()

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        """The line is gone: what never went out is queued again."""
        lane = self.lanes[link.name]
        lane.line_lost()
        self._journal.link_down(link.name, reason, retry_in_s)
        self._note_state(link, "down", reason)

    def link_refused(self, link: Link, reason: str) -> None:
        """The carrier does not let us in."""
        self._journal.login_refused(link.name, reason)

    def link_misbehaved(self, link: Link, reason: str) -> None:
        """The carrier sent something wrong."""
        self._journal.peer_misbehaved(link.name, reason)

    def link_throttled(self, link: Link, pause_s: float) -> None:
        """The carrier said "too fast"."""
        self._journal.throttled(link.name, pause_s)

    def link_ready(self, link: Link) -> None:
        """There is room for more submits; an idle lane has nothing to do with it and is not woken."""
        lane = self.lanes[link.name]
        if lane.has_pending:
            lane.submit_pending()
            lane.wake()

    def _note_state(self, link: Link, state: str, error: str) -> None:
        self._tell_router(link)
        self._spawn(self._write_state(link.name, state, error))

    async def _write_state(self, name: str, state: str, error: str) -> None:
        with contextlib.suppress(StoreUnavailable):
            await self._desk.commit(lambda books: books.links.set_state(name, state, error or None))

    def _tell_router(self, link: Link) -> None:
        self._desk.router.set_link(link.name, LinkFacts(up=link.is_up))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._small_tasks.add(task)
        task.add_done_callback(self._small_tasks.discard)
