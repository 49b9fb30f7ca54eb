"""The way of reports and SMS to peers: rows of the store, sent on any connection of the peer that receives.

A row is deleted when the peer has said yes. One that is on a connection is remembered here alone, so what a connection
loses goes out on another at once, and what a crash interrupts is sent again. A peer is delivered to by one process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from gateway.core.errors import CaiyouError, StoreUnavailable
from gateway.core.peers import Peer
from gateway.downstream.line import Line
from gateway.journal import Journal
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.peer_deliveries import Delivery

#: How often a peer is looked after whom nobody has named: pauses are over, a row came from another process.
LOOK_EVERY_S: Final = 1.0
#: How often a lease is renewed; it lasts five times as long.
RENEW_EVERY_S: Final = 2.0
#: Rows read at once for a peer.
PAGE: Final = 500


@dataclass(slots=True)
class _Way:
    """What is on its way to one peer."""

    lines: list[Line] = field(default_factory=list)  # that receive
    out: dict[int, Line] = field(default_factory=dict)  # on a connection, not answered
    after: int = 0  # rows up to here have been looked at in this round
    wanted: bool = True  # rows may wait behind `after`
    next_line: int = 0

    def room(self) -> int:
        return sum(line.room for line in self.lines)

    def line_with_room(self) -> Line | None:
        """The connections in turn."""
        for _ in self.lines:
            self.next_line = (self.next_line + 1) % len(self.lines)
            line = self.lines[self.next_line]
            if line.room > 0:
                return line
        return None


class Delivering:
    """What this process delivers to peers."""

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        owner: str,
        is_gone: Callable[[str], bool],
        touched: Callable[[Line], None],
        *,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._owner = owner
        self._is_gone = is_gone
        self._touched = touched  # a line has something to write
        self._look_every_s = look_every_s
        self._ways: dict[int, _Way] = {}
        self._leased: set[int] = set()
        self._renew_at = 0.0
        self._done: list[int] = []
        self._again: list[tuple[int, int]] = []
        self._finished: set[int] = set()  # answered, and not yet deleted or put off
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to deliver."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="peer-deliveries")

    async def stop(self) -> None:
        """Send nothing more, write down what peers have said, and give the leases back."""
        self._stopping = True
        self._work.set()
        if self._task is not None:
            await self._task
            self._task = None
        try:
            await self._settle()
            await self._desk.commit(lambda books: books.peers.let_go(self._owner))
        except StoreUnavailable as error:
            self._journal.task_failed("peer-deliveries", str(error))  # what was delivered may come again

    def wake(self, peer_id: int) -> None:
        """A commit queued something for a peer."""
        way = self._ways.get(peer_id)
        if way is not None:
            way.wanted = True
            self._work.set()

    # --- what lines tell --------------------------------------------------------------------------------------

    def joined(self, peer: Peer, line: Line) -> None:
        """A connection that receives is there."""
        way = self._ways.setdefault(peer.id, _Way())
        way.lines.append(line)
        self._look_again(way)
        if peer.id not in self._leased:
            self._renew_at = 0.0

    def left(self, peer: Peer, line: Line, lost: Iterable[Delivery]) -> None:
        """A connection is gone with what was not answered on it."""
        way = self._ways.get(peer.id)
        if way is None:
            return
        if line in way.lines:
            way.lines.remove(line)
        for delivery in lost:
            way.out.pop(delivery.id, None)
        for delivery_id in [one for one, on in way.out.items() if on is line]:
            del way.out[delivery_id]
        self._look_again(way)

    def delivered(self, peer: Peer, delivery: Delivery) -> None:
        """The peer has it."""
        self._answered(peer, delivery)
        self._done.append(delivery.id)
        self._journal.count("peer_delivered", peer.name)

    def declined(self, peer: Peer, delivery: Delivery, code: int) -> None:
        """The peer said no: after a pause it is asked again, until the delivery is too old."""
        self._answered(peer, delivery)
        self._again.append((delivery.id, delivery.attempt + 1))
        self._journal.count("peer_declined", f"{peer.name} {code}")

    def returned(self, peer: Peer, deliveries: Iterable[Delivery]) -> None:
        """The peer did not answer in time: after a pause it is asked again."""
        for delivery in deliveries:
            self._answered(peer, delivery)
            self._again.append((delivery.id, delivery.attempt + 1))
            self._journal.count("peer_unanswered", peer.name)

    def _answered(self, peer: Peer, delivery: Delivery) -> None:
        self._finished.add(delivery.id)
        way = self._ways.get(peer.id)
        if way is not None:
            way.out.pop(delivery.id, None)
        self._work.set()

    def _look_again(self, way: _Way) -> None:
        way.after, way.wanted = 0, True
        self._work.set()

    # --- the loop ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        look_at = loop.time() + self._look_every_s
        while not self._stopping:
            try:
                await self._settle()
                await self._renew()
                if loop.time() >= look_at:
                    look_at = loop.time() + self._look_every_s
                    for way in self._ways.values():
                        way.after, way.wanted = 0, True
                if await self._send():
                    continue
                async with asyncio.timeout_at(look_at):
                    await self._work.wait()
                self._work.clear()
            except TimeoutError:
                pass
            except Exception as error:
                # Nothing would be delivered any more until somebody restarts the hub.
                self._journal.task_failed("peer-deliveries", f"{type(error).__name__}: {error}")
                await asyncio.sleep(self._look_every_s)

    async def _settle(self) -> None:
        """Write down what peers have said."""
        if not self._done and not self._again:
            return
        done, again = list(self._done), list(self._again)

        def work(books: BooksOfStore) -> None:
            books.peer_deliveries.done(done)
            for delivery_id, attempt in again:
                books.peer_deliveries.again(delivery_id, attempt)

        await self._desk.commit(work)
        del self._done[: len(done)], self._again[: len(again)]
        self._finished.difference_update(done, (delivery_id for delivery_id, _ in again))

    async def _renew(self) -> None:
        """Keep the right to deliver to the peers that are connected here."""
        now = asyncio.get_running_loop().time()
        if now < self._renew_at:
            return
        self._renew_at = now + RENEW_EVERY_S
        wanted = [peer_id for peer_id, way in self._ways.items() if way.lines]
        self._leased = (
            await self._desk.commit(lambda books: books.peers.lease(wanted, self._owner, self._is_gone))
            if wanted
            else set()
        )
        for peer_id in [one for one, way in self._ways.items() if not way.lines and not way.out]:
            del self._ways[peer_id]

    async def _send(self) -> bool:
        """Send what waits and has room; whether there may be more."""
        asked = {
            peer_id: (way.after, min(way.room(), PAGE))
            for peer_id, way in self._ways.items()
            if way.wanted and peer_id in self._leased and way.room() > 0
        }
        if not asked:
            return False
        # Rows of this round that are out already, or answered and not yet deleted, come up again and take no room.
        known = {peer_id: len(self._ways[peer_id].out) + len(self._finished) for peer_id in asked}

        def read(books: BooksOfStore) -> dict[int, list[Delivery]]:
            return {
                peer_id: books.peer_deliveries.waiting(peer_id, after, limit + (known[peer_id] if not after else 0))
                for peer_id, (after, limit) in asked.items()
            }

        for peer_id in asked:
            self._ways[peer_id].wanted = False  # before the question: what is committed meanwhile sets it again
        found = await self._desk.read(read)
        now = asyncio.get_running_loop().time()
        more = False
        for peer_id, rows in found.items():
            way = self._ways.get(peer_id)
            if way is None:
                continue
            touched: set[Line] = set()
            for delivery in rows:
                if delivery.id not in way.out and delivery.id not in self._finished:
                    line = way.line_with_room()
                    if line is None:
                        way.wanted = True
                        break
                    if self._put_on(line, delivery, now):
                        way.out[delivery.id] = line
                        touched.add(line)
                way.after = delivery.id
            else:
                _, limit = asked[peer_id]
                if len(rows) >= limit:
                    way.wanted = True
            more = more or (way.wanted and way.room() > 0)
            for line in touched:
                self._touched(line)
        return more

    def _put_on(self, line: Line, delivery: Delivery, now: float) -> bool:
        """Send one; what no request can be made of is dropped, or everything behind it would wait for ever."""
        try:
            line.deliver(delivery, now)
        except (CaiyouError, ValueError, LookupError) as error:
            self._journal.task_failed("peer-delivery", f"{delivery.id}: {type(error).__name__}: {error}")
            self._finished.add(delivery.id)
            self._done.append(delivery.id)
            self._work.set()
            return False
        return True
