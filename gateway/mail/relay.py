"""The relay: mail for other servers, claimed when it is due, carried, tried again, or given back to its sender."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gateway.core.errors import ConfigError, NotFound, StoreUnavailable
from gateway.mail.bounces import Report, Undelivered, build_report
from gateway.mail.courier import Courier, CourierConfig, Letter, Outcome, Result
from gateway.mail.routes import DnsRoutes, NoRoute, Routes, SmartHost
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.relay import RelayEntry

#: Minutes after which a mail is tried again; the last one repeats until its time runs out (RFC 5321 4.5.4.1).
RETRY_MINUTES = (1, 5, 15, 30, 60, 120, 240)
#: Seconds an attempt may take in all; less than the lease, so that nobody else takes the entry meanwhile.
ATTEMPT_S = 840.0
#: Entries claimed at once, and in hand at the same time.
CLAIM_LIMIT = 100
MAX_IN_HAND = 500
#: Letters that go over one connection.
LETTERS_PER_TRIP = 50
#: Pause after the store failed, seconds.
STORE_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """How mail leaves for other servers."""

    #: Name this server gives itself to others; they look it up.
    hostname: str = "localhost"
    #: Send everything through this server; empty: ask the DNS for the servers of each domain.
    smart_host: str = ""
    #: Its port.
    smart_host_port: int = 25
    #: User name at the smart host.
    smart_host_user: str = ""
    #: Password at the smart host.
    smart_host_password: str = ""
    #: TLS to other servers: "none", "may" (when offered, certificate not checked), "starttls" (or not at all, checked),
    #: "tls" (from the first octet, checked).
    tls: str = "may"
    #: Port of other servers when the DNS names them.
    port: int = 25
    #: DNS servers to ask, `address` or `address:port`; empty for those of the system.
    nameservers: tuple[str, ...] = ()
    #: Connect to addresses of this machine: only for tries on localhost.
    allow_loopback: bool = False
    #: Connections at the same time.
    connections: int = 20
    #: Connections at the same time to the servers of one domain.
    connections_per_domain: int = 3
    #: Seconds to wait for a connection.
    connect_timeout_s: float = 30.0
    #: Seconds to wait for the answer to a command.
    command_timeout_s: float = 300.0
    #: Seconds after which a sender is told that a mail is still waiting; 0 for never.
    delay_notice_s: int = 4 * 3600
    #: Seconds between looks for mail whose time has come.
    look_every_s: float = 5.0


def retry_delay_s(attempt: int, spread: float) -> float:
    """Seconds to wait after attempt number `attempt` (from 1); `spread` 0..1 makes it 0.8 to 1.2 of the table."""
    minutes = RETRY_MINUTES[min(attempt, len(RETRY_MINUTES)) - 1]
    return minutes * 60 * (0.8 + 0.4 * spread)


class RelayLoop:
    """Sends what waits for other servers, until it is stopped."""

    def __init__(
        self,
        desk: Desk,
        config: RelayConfig,
        *,
        owner: str,
        routes: Routes | None = None,
        spread: Callable[[], float] = random.random,
    ) -> None:
        if config.tls not in ("none", "may", "starttls", "tls"):
            raise ConfigError(f'relay.tls is "none", "may", "starttls" or "tls", not "{config.tls}"')
        self._desk = desk
        self._config = config
        self._owner = owner
        self._spread = spread
        self._routes = routes or _routes(config)
        self._courier = Courier(
            CourierConfig(
                config.hostname,
                config.tls,
                config.smart_host_user,
                config.smart_host_password,
                config.connect_timeout_s,
                config.command_timeout_s,
            )
        )
        self._work = asyncio.Event()
        self._places = asyncio.Semaphore(config.connections)
        self._places_of: dict[str, asyncio.Semaphore] = {}
        self._trips_of: Counter[str] = Counter()
        self._trips: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what an earlier run left behind, and begin."""
        await self._desk.commit(lambda books: books.relay.recover(self._owner))
        self._desk.work_for_relay = self._work.set
        self._loop = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Stop; what is on its way is given back and may arrive twice."""
        tasks = [*self._trips, *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._desk.work_for_relay = lambda: None

    async def _run(self) -> None:
        while True:
            self._work.clear()
            try:
                claimed = await self._claim()
            except StoreUnavailable:
                claimed = 0
                await asyncio.sleep(STORE_PAUSE_S)
            except Exception as error:
                self._desk.journal.task_failed("relay", f"{type(error).__name__}: {error}")
                claimed = 0
            if claimed == CLAIM_LIMIT:
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._config.look_every_s):
                    await self._work.wait()

    async def _claim(self) -> int:
        limit = min(CLAIM_LIMIT, MAX_IN_HAND - self._in_hand)
        if limit <= 0:
            return 0

        def work(books: BooksOfStore) -> tuple[list[RelayEntry], set[str]]:
            entries = books.relay.claim(self._owner, limit)
            return entries, set(books.accounts.domain_names()) if entries else set()

        entries, our_domains = await self._desk.commit(work)
        by_route: dict[str, list[RelayEntry]] = defaultdict(list)
        for entry in entries:
            # Through a smart host everything goes one way; our own domains are refused before any connection.
            is_ours = entry.domain in our_domains
            by_route[entry.domain if is_ours or not self._config.smart_host else ""].append(entry)
        for route, found in by_route.items():
            for trip in _trips(found):
                self._start_trip(route, trip, is_ours=route in our_domains)
        return len(entries)

    def _start_trip(self, route: str, entries: list[list[RelayEntry]], *, is_ours: bool) -> None:
        count = sum(map(len, entries))
        self._in_hand += count
        self._trips_of[route] += 1
        task = asyncio.create_task(self._travel(route, entries, is_ours), name=f"relay-{route}")
        self._trips.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._trips.discard(task)
            self._in_hand -= count
            self._trips_of[route] -= 1
            if not self._trips_of[route]:
                del self._trips_of[route]
                self._places_of.pop(route, None)
            if not task.cancelled() and task.exception() is not None:
                self._desk.journal.task_failed("relay", repr(task.exception()))
            self._work.set()

        task.add_done_callback(ended)

    async def _travel(self, route: str, letters: list[list[RelayEntry]], is_ours: bool) -> None:
        done: list[Outcome] = []
        try:
            if is_ours:
                answer = f"554 5.4.6 {route} is a domain of this server, yet the mail was to leave it"
                done += [Outcome(entry, Result.NEVER, answer) for letter in letters for entry in letter]
                return
            place = self._places_of.setdefault(route, asyncio.Semaphore(self._config.connections_per_domain))
            async with place, self._places:
                await self._carry(route, letters, done)
        finally:
            # Also when the hub stops: what was delivered must not be delivered again.
            await self._settle(done)

    async def _carry(self, route: str, letters: list[list[RelayEntry]], done: list[Outcome]) -> None:
        ready: list[Letter] = []
        for group in letters:
            try:
                data = await asyncio.get_running_loop().run_in_executor(None, self._desk.blobs.get, group[0].blob)
            except NotFound:
                done += [Outcome(entry, Result.NEVER, "554 5.3.0 The mail is gone") for entry in group]
            except OSError as error:
                done += [Outcome(entry, Result.LATER, f"451 4.3.0 {error.strerror}") for entry in group]
            else:
                ready.append(Letter(group[0].sender, tuple(group), data))
        try:
            async with asyncio.timeout(ATTEMPT_S):
                hosts = await self._routes.hosts_of(route)
                await self._courier.carry(hosts, ready, done)
        except NoRoute as error:
            result = Result.NEVER if error.answer.startswith("5") else Result.LATER
            done += [Outcome(entry, result, error.answer) for letter in ready for entry in letter.entries]
        except TimeoutError:
            told = {outcome.entry.id for outcome in done}
            late = "450 4.4.2 The other server took too long"
            done += [Outcome(entry, Result.LATER, late) for group in letters for entry in group if entry.id not in told]

    # --- afterwards -------------------------------------------------------------------------------------------

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the answers; the store failing only delays that, for the other server has its copy."""
        if not outcomes:
            return
        spreads = [self._spread() for _ in outcomes]
        while True:
            try:
                await self._desk.commit(lambda books: self._record(books, outcomes, spreads))
                break
            except StoreUnavailable:
                await asyncio.sleep(STORE_PAUSE_S)
        for outcome in outcomes:
            if outcome.result is Result.DELIVERED:
                self._desk.journal.mail_relayed(outcome.entry.id, outcome.entry.domain)
            elif outcome.result is Result.NEVER:
                self._desk.journal.mail_bounced(outcome.entry.id, outcome.entry.domain)

    def _record(self, books: BooksOfStore, outcomes: Sequence[Outcome], spreads: Sequence[float]) -> None:
        failed: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
        delayed: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
        for outcome, spread in zip(outcomes, spreads, strict=True):
            entry = outcome.entry
            due_ms = books.now_ms + int(retry_delay_s(entry.attempt, spread) * 1000)
            if outcome.result is Result.DELIVERED:
                books.relay.delivered(entry, outcome.answer)
            elif outcome.result is Result.LATER and due_ms < entry.expires_ms:
                books.relay.retry(entry, outcome.answer, due_ms)
                if self._is_to_be_told(books, entry):
                    books.timeline.step(entry.id, "relay-delayed", "the sender is told of the delay")
                    delayed[entry.blob, entry.sender].append(outcome)
            else:
                books.relay.failed(entry, outcome.answer)
                failed[entry.blob, entry.sender].append(outcome)
        for group in failed.values():
            self._report(books, group, is_delay=False)
        for group in delayed.values():
            self._report(books, group, is_delay=True)

    def _is_to_be_told(self, books: BooksOfStore, entry: RelayEntry) -> bool:
        after_ms = self._config.delay_notice_s * 1000
        if not after_ms or not entry.sender or books.now_ms - entry.created_ms < after_ms:
            return False
        return all(step.step != "relay-delayed" for step in books.timeline.of([entry.id])[entry.id])

    def _report(self, books: BooksOfStore, outcomes: Sequence[Outcome], *, is_delay: bool) -> None:
        """Tell the sender; who has the null path (a bounce, an automatic answer) is never told."""
        entry = outcomes[0].entry
        if not entry.sender:
            return
        try:
            original = self._desk.blobs.get(entry.blob)
        except NotFound:
            original = b""
        report = Report(
            id=books.new_id(),
            hostname=self._config.hostname,
            sender=entry.sender,
            undelivered=[Undelivered(o.entry.recipient, o.answer, o.server) for o in outcomes],
            original=original,
            arrived_ms=entry.created_ms,
            now_ms=books.now_ms,
            retry_until_ms=entry.expires_ms if is_delay else 0,
        )
        books.send_mail(build_report(report), sender="", recipients=[entry.sender])


def _routes(config: RelayConfig) -> Routes:
    if config.smart_host:
        return SmartHost(config.smart_host, config.smart_host_port)
    return DnsRoutes(
        config.hostname, port=config.port, allow_loopback=config.allow_loopback, nameservers=config.nameservers
    )


def _trips(entries: Iterable[RelayEntry]) -> list[list[list[RelayEntry]]]:
    """Entries put together: those with the same mail and sender are one transaction, so many transactions one trip."""
    letters: dict[tuple[str, str], list[RelayEntry]] = defaultdict(list)
    for entry in entries:
        letters[entry.blob, entry.sender].append(entry)
    found = list(letters.values())
    return [found[start : start + LETTERS_PER_TRIP] for start in range(0, len(found), LETTERS_PER_TRIP)]
