"""The doors for peers: listens for SMPP, CMPP and MM7, lets peers in, and ties their connections to the store.

The only place of this part that meets a socket and a clock. Peers are read from the store every second: one that is
added, changed or switched off needs no restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from gateway.core.errors import StoreUnavailable
from gateway.core.events import MessageSettled
from gateway.core.outbox import State
from gateway.core.peers import Denial, Peer, Refusal, Submitted
from gateway.downstream.cmpp_line import CmppIds, CmppLine
from gateway.downstream.config import (
    DownstreamCmppConfig,
    DownstreamConfig,
    DownstreamMm7Config,
    DownstreamSmppConfig,
    tls_context,
)
from gateway.downstream.connection import Connection, MakeLine
from gateway.downstream.delivering import Delivering
from gateway.downstream.line import Answers, Line
from gateway.downstream.mm7_door import Mm7Door
from gateway.downstream.smpp_line import SmppLine
from gateway.downstream.taking import Taking
from gateway.journal import Journal
from gateway.mail.limits import Connections, Rate, networks
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.peer_deliveries import Delivery

TICK_S: Final = 0.5
#: How often peers are read again, and parts and old deliveries are looked for.
LEARN_EVERY_S: Final = 1.0
CHORES_EVERY_S: Final = 5.0
#: How often what is open of each peer is counted: that reads the whole table.
COUNT_EVERY_S: Final = 30.0
#: How long a peer may take to say farewell when the hub stops.
LEAVE_S: Final = 2.0
#: How often one address may fail to log in within this time.
FAILED_LOGINS_S: Final = 60.0


class Downstream:
    """The doors for peers of one process."""

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        config: DownstreamConfig,
        *,
        smpp: DownstreamSmppConfig | None,
        cmpp: DownstreamCmppConfig | None,
        mm7: DownstreamMm7Config | None = None,
        owner: str,
        region: str = "CN",
        is_gone: Callable[[str], bool] = lambda owner: False,
    ) -> None:
        self.region = region
        self.max_segments = config.max_segments
        self.ports: dict[str, int] = {}
        self.smpp = smpp
        self.cmpp = cmpp
        self._desk = desk
        self._journal = journal
        self._config = config
        self._peers: dict[str, Peer] = {}
        self._rates: dict[int, tuple[int, Rate]] = {}
        self._open: dict[int, int] = {}
        self._failed = Rate(config.failed_logins, FAILED_LOGINS_S)
        self._lines: dict[Line, Connection] = {}
        self._empty = asyncio.Event()  # nobody is connected; only `stop` looks at it
        self._touched: set[Line] = set()
        self._servers: list[asyncio.Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._small_tasks: set[asyncio.Task[None]] = set()
        self._taking = Taking(desk, journal, self._flush_touched)
        self._delivering = Delivering(desk, journal, owner, is_gone, self._flush)
        self._mm7 = (
            None if mm7 is None else Mm7Door(desk, journal, mm7, self.refusal, owner, is_gone, region, self._failed)
        )
        self.new_id = desk.new_id
        self.now_ms = desk.now_ms

    @property
    def is_wanted(self) -> bool:
        """Whether there is a door at all."""
        return self.smpp is not None or self.cmpp is not None or self._mm7 is not None

    async def start(self) -> None:
        """Open the doors. Raises ConfigError for a certificate that cannot be read, OSError for a port in use."""
        if not self.is_wanted:
            return
        await self._learn()
        await self._count()
        self._desk.work_for_peer = self._wake
        self._delivering.start()
        try:
            if self.smpp is not None:
                smpp = self.smpp
                make = functools.partial(_smpp_line, self, smpp)
                tls = tls_context(smpp.tls_certificate, smpp.tls_key, "downstream_smpp")
                await self._listen("smpp", smpp.host, smpp.port, make, _limits(smpp), tls)
            if self.cmpp is not None:
                cmpp = self.cmpp
                make = functools.partial(_cmpp_line, self, cmpp, CmppIds(cmpp))
                await self._listen("cmpp", cmpp.host, cmpp.port, make, _limits(cmpp), None)
            if self._mm7 is not None:
                self.ports["mm7"] = await self._mm7.open()
        except BaseException:
            await self.stop()
            raise
        self._tasks = [
            asyncio.create_task(self._repeat(TICK_S, self._tick), name="peers-tick"),
            asyncio.create_task(self._repeat(LEARN_EVERY_S, self._learn), name="peers-learn"),
            asyncio.create_task(self._repeat(CHORES_EVERY_S, self._chores), name="peers-chores"),
            asyncio.create_task(self._repeat(COUNT_EVERY_S, self._count), name="peers-count"),
        ]

    async def stop(self) -> None:
        """Answer what was taken, take leave of every peer, close."""
        for server in self._servers:
            server.close()
        await self._taking.drain()
        loop = asyncio.get_running_loop()
        for line in list(self._lines):
            line.leave(loop.time())
            self._flush(line)
        if self._lines:
            self._empty.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await self._empty.wait()
        for connection in list(self._lines.values()):
            connection.abort()
        for task in (*self._tasks, *self._small_tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._small_tasks, return_exceptions=True)
        if self._mm7 is not None:
            await self._mm7.close()
        await self._delivering.stop()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def connected(self) -> dict[str, int]:
        """How often each peer is connected to this process."""
        found: dict[str, int] = {}
        for line in self._lines:
            if line.peer is not None:
                found[line.peer.name] = found.get(line.peer.name, 0) + 1
        return found

    # --- what lines ask ---------------------------------------------------------------------------------------

    def admit(self, line: Line, name: str, proves: Callable[[Peer], bool]) -> Peer | Denial:
        """Decide on a login: address, name, secret, number of connections."""
        found = self._judge(line, name, proves)
        if isinstance(found, Denial):
            self._journal.login_failed(f"downstream_{line.protocol}", line.address)
            self._journal.count("peer_denied", found.value)
            if found in (Denial.UNKNOWN, Denial.SECRET):
                self._failed.take(networks(line.address)[0], asyncio.get_running_loop().time())
        return found

    def _judge(self, line: Line, name: str, proves: Callable[[Peer], bool]) -> Peer | Denial:
        if self._failed.is_empty(networks(line.address)[0], asyncio.get_running_loop().time()):
            return Denial.TOO_OFTEN
        peer = self._peers.get(name)
        if peer is None:
            proves(_NOBODY)  # as long as for a peer there is
            return Denial.UNKNOWN
        if not proves(peer):
            return Denial.SECRET
        if not peer.enabled or line.protocol not in peer.protocols:
            return Denial.UNKNOWN
        if not peer.may_come_from(line.address):
            return Denial.ADDRESS
        if self.connected().get(peer.name, 0) >= peer.binds:
            return Denial.TOO_MANY
        return peer

    def joined(self, line: Line) -> None:
        """A peer is in."""
        peer = line.peer
        assert peer is not None
        self._journal.peer_joined(peer.name, line.protocol, line.address)
        if line.receives:
            self._delivering.joined(peer, line)

    def refusal(self, peer: Peer, messages: int) -> Refusal | None:
        """Why so many messages more cannot be taken now; None when they can."""
        if (
            self._taking.unanswered >= self._config.unanswered_limit
            or self._open.get(peer.id, 0) >= self._config.queue_limit
        ):
            return Refusal.QUEUE_FULL
        if peer.rate_per_s:
            known = self._rates.get(peer.id)
            if known is None or known[0] != peer.rate_per_s:
                known = self._rates[peer.id] = peer.rate_per_s, Rate(peer.rate_per_s, 1.0)
            if not known[1].take("", asyncio.get_running_loop().time(), messages):
                return Refusal.THROTTLED
        return None

    def take(self, line: Line, submitted: Submitted, answer: Callable[[Answers], None]) -> None:
        """Put a submit on disk, then call `answer`."""

        def answered(answers: Answers) -> None:
            taken = sum(found is None for found in answers)
            self._journal.count("peer_submitted", submitted.peer.name, taken)
            answer(answers)
            self._touched.add(line)

        self._taking.put(submitted, answered)

    def look_up(self, line: Line, submit_id: int, answer: Callable[[Mapping[Any, Any] | None], None]) -> None:
        """Find the message of an id handed out, then call `answer` with its row."""
        peer = line.peer
        assert peer is not None

        async def ask() -> None:
            try:
                found = await self._desk.read(lambda books: books.peer_submits.message_of(peer, submit_id))
            except StoreUnavailable:
                found = None
            answer(found)
            self._flush(line)

        self._spawn(ask())

    def cancel(self, line: Line, submit_id: int, answer: Callable[[bool], None]) -> None:
        """Take a message back, then call `answer` with whether it was early enough."""
        peer = line.peer
        assert peer is not None

        def work(books: BooksOfStore) -> bool:
            message = books.peer_submits.message_of(peer, submit_id)
            if message is None or not books.outbox.cancel(message["id"]):
                return False
            books.peer_submits.settle(
                [MessageSettled(message["id"], peer.account_id, State.CANCELLED.value, "DELETED")]
            )
            return True

        async def ask() -> None:
            try:
                done = await self._desk.commit(work)
            except StoreUnavailable:
                done = False
            answer(done)
            self._flush(line)

        self._spawn(ask())

    def delivered(self, line: Line, delivery: Delivery) -> None:
        """The peer has something."""
        if line.peer is not None:
            self._delivering.delivered(line.peer, delivery)

    def declined(self, line: Line, delivery: Delivery, code: int) -> None:
        """The peer said no to something."""
        if line.peer is not None:
            self._delivering.declined(line.peer, delivery, code)

    def returned(self, line: Line, deliveries: Iterable[Delivery]) -> None:
        """The peer was sent these and did not say in time whether it has them."""
        if line.peer is not None:
            self._delivering.returned(line.peer, deliveries)

    def misbehaved(self, line: Line, reason: str) -> None:
        """What came was wrong."""
        name = line.peer.name if line.peer is not None else line.address
        self._journal.peer_misbehaved(f"downstream_{line.protocol}", f"{name}: {reason}")

    def refused(self, line: Line, refusal: Refusal) -> None:
        """A submit was not taken."""
        assert line.peer is not None
        self._journal.count("peer_refused", f"{line.peer.name} {refusal.value}")

    # --- connections ------------------------------------------------------------------------------------------

    def entered(self, line: Line, connection: Connection) -> None:
        """Somebody connected."""
        self._lines[line] = connection

    def left(self, line: Line, reason: str) -> None:
        """A connection is gone."""
        self._lines.pop(line, None)
        if not self._lines:
            self._empty.set()
        self._touched.discard(line)
        lost = line.lose()
        if line.peer is not None:
            self._journal.peer_left(line.peer.name, line.protocol, line.reason or reason)
            self._delivering.left(line.peer, line, lost)

    def _flush(self, line: Line) -> None:
        connection = self._lines.get(line)
        if connection is not None:
            connection.flush()

    def _flush_touched(self) -> None:
        touched, self._touched = self._touched, set()
        for line in touched:
            self._flush(line)

    async def _listen(
        self, name: str, host: str, port: int, make: MakeLine, limits: Connections, tls: ssl.SSLContext | None
    ) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self, make, limits), host, port, ssl=tls)
        self._servers.append(server)
        self.ports[name] = int(server.sockets[0].getsockname()[1])

    # --- now and then -----------------------------------------------------------------------------------------

    async def _repeat(self, every_s: float, do: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await do()
            except StoreUnavailable:
                pass
            except Exception as error:
                self._journal.task_failed("peers", f"{type(error).__name__}: {error}")

    async def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        for line, connection in list(self._lines.items()):
            line.tick(now)
            connection.flush()

    async def _learn(self) -> None:
        """Read the peers; those that are gone, switched off or no longer allowed are sent away."""
        self._peers = {peer.name: peer for peer in await self._desk.read(lambda books: books.peers.served())}
        if self._mm7 is not None:
            self._mm7.learn(self._peers.values())
        now = asyncio.get_running_loop().time()
        for line in list(self._lines):
            if line.peer is None or line.is_over:
                continue
            peer = self._peers.get(line.peer.name)
            if (
                peer is None
                or peer.id != line.peer.id
                or not peer.enabled
                or peer.secret != line.peer.secret
                or line.protocol not in peer.protocols
                or not peer.may_come_from(line.address)
            ):
                line.reason = line.reason or "it may not be connected any more"
                line.leave(now)
                self._flush(line)
            else:
                line.peer = peer

    async def _count(self) -> None:
        self._open = await self._desk.read(lambda books: books.peer_submits.open_by_peer())

    async def _chores(self) -> None:
        now_ms = self._desk.now_ms()
        before_ms = now_ms - self._config.part_wait_s * 1000
        if await self._desk.read(lambda books: books.peer_submits.overdue(before_ms)):
            sent = await self._desk.commit(lambda books: books.peer_submits.give_up_parts(before_ms))
            self._journal.count("peer_parts_given_up", "", sent)
        too_old_ms = now_ms - self._config.delivery_days * 86_400_000
        while dropped := await self._desk.commit(lambda books: books.peer_deliveries.forget(too_old_ms)):
            self._journal.count("peer_deliveries_dropped", "", dropped)
        while await self._desk.commit(lambda books: books.peer_submits.forget()):
            pass

    def _wake(self, peer_id: int) -> None:
        self._delivering.wake(peer_id)
        if self._mm7 is not None:
            self._mm7.wake()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._small_tasks.add(task)
        task.add_done_callback(self._small_tasks.discard)


#: Whose secret a login under an unknown name is held against.
_NOBODY: Final = Peer(name="", account_id=0, secret="\0")  # noqa: S106 - no secret


def _smpp_line(house: Downstream, config: DownstreamSmppConfig, address: str, now: float) -> Line:
    return SmppLine(house, address, config, now)


def _cmpp_line(house: Downstream, config: DownstreamCmppConfig, ids: CmppIds, address: str, now: float) -> Line:
    return CmppLine(house, address, config, ids, now)


def _limits(config: DownstreamSmppConfig | DownstreamCmppConfig) -> Connections:
    return Connections(config.connections, config.per_address)
