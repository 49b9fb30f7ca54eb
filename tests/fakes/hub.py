"""A real desk, dispatcher, inbound side and links, against the simulated operator through a proxy for each link.

Everything runs on one loop. The wall clock of the hub runs faster than time, so that its pauses of seconds and minutes
are over in milliseconds; links and sessions live by the loop's own clock, with short pauses.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from carriers.factory import KINDS
from carriers.link import Link, LinkBasics, Timing
from carriers.sgip.link import SgipLink
from carriers.simulator.config import OFF, Account, Protocol
from carriers.simulator.faults import Faults
from carriers.simulator.server import Simulator
from gateway.core import text as sms_text
from gateway.core.events import SmsReceived
from gateway.core.ids import IdSource
from gateway.core.mails import MailFacts
from gateway.core.outbox import FINAL, STEPS, NewSms, Purpose, State, Uncertain
from gateway.core.routing import Route, Router
from gateway.dispatcher import Dispatcher
from gateway.inbound import Inbound
from gateway.journal import Journal
from gateway.lane import LinkPolicy
from gateway.store.blobs import Blobs
from gateway.store.database import Store, StoreConfig, create_tables, open_store
from gateway.store.desk import Desk
from tests.fakes.proxy import Proxy
from tests.fakes.simulator import operator_config

ACCESS_NUMBER = "10657000"
SECRET = "secret08"


@dataclass(frozen=True, slots=True)
class Login:
    """How a link says in one protocol which account it is."""

    #: The names of the accounts "a" and "b" at the simulator.
    names: Mapping[str, str]
    #: Options of the link that take the name and the secret.
    keys: tuple[str, str]
    #: What else a link must be told.
    more: Mapping[str, Any] = field(default_factory=dict)


LOGINS: dict[str, Login] = {
    "smpp": Login({"a": "a", "b": "b"}, ("system_id", "password")),
    "cmpp": Login({"a": "900001", "b": "900002"}, ("sp_id", "secret")),
    "smgp": Login({"a": "10650001", "b": "10650002"}, ("client_id", "secret")),
    "sgip": Login(
        {"a": "sgip-a", "b": "sgip-b"},
        ("login_name", "password"),
        {"node_id": 3010092008, "call_host": "127.0.0.1"},
    ),
}
ACCOUNTS = tuple(
    Account(cast("Protocol", protocol), name, SECRET, ACCESS_NUMBER)
    for protocol, login in LOGINS.items()
    for name in login.names.values()
)

#: Pauses short enough for many faults in a second.
QUICK = Timing(
    first_pause_s=0.004, longest_pause_s=0.03, refused_pause_s=0.5, throttle_pause_s=0.05,
    longest_throttle_pause_s=0.4, connect_timeout_s=1.0, close_timeout_s=0.3, tick_s=0.02,
)  # fmt: skip

#: Send again what was not answered, as the hub does by itself, but after a short wait for a report.
RESEND = LinkPolicy(Uncertain.RESEND, uncertain_wait_s=2)

SHORT = "验证码 482913，五分钟内有效。"
LATIN = "Your parcel {A12} waits at gate 7 until 18:30 €"
#: Three segments in UCS-2, with characters of two units on the borders.
LONG = "📮彩邮：" + "明天上午九点在五楼会议室开会，请带材料😀" * 8 + "👍🏽"

#: Steps of a story that say in which state the message is from then on.
STATE_OF_STEP = {
    "queued": State.QUEUED, "released": State.QUEUED, "retry": State.QUEUED, "resend": State.QUEUED,
    "sending": State.SENDING, "uncertain": State.UNCERTAIN, "accepted": State.ACCEPTED, "delivered": State.DELIVERED,
    "failed": State.FAILED, "expired": State.EXPIRED,
}  # fmt: skip
#: Steps after which a phone may have a segment twice.
DOUBLING = {"uncertain", "resend"}


class FastClock:
    """Unix milliseconds, running `speed` times as fast as they should."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._begin_ms = time.time_ns() // 1_000_000
        self._begin = time.monotonic()

    def __call__(self) -> int:
        return self._begin_ms + int((time.monotonic() - self._begin) * 1000 * self._speed)


@dataclass
class Sent:
    """A message that was put into the outbox."""

    id: int
    number: str
    text: str


@dataclass
class Hub:
    """What a test looks at and turns."""

    desk: Desk
    dispatcher: Dispatcher
    inbound: Inbound
    journal: Journal
    simulator: Simulator
    links: dict[str, Link]
    proxies: dict[str, Proxy]
    incoming: list[SmsReceived] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(10_000_000))

    @property
    def link(self) -> Link:
        return next(iter(self.links.values()))

    @property
    def proxy(self) -> Proxy:
        return next(iter(self.proxies.values()))

    @property
    def faults(self) -> Faults:
        return self.simulator.operator.faults

    async def send(self, texts: Iterable[str], **more: Any) -> list[Sent]:
        """Put messages in, each to a phone of its own, and return when that is on disk."""
        numbered = [(f"+86138{next(self._numbers)}", text) for text in texts]

        def work(books: Any) -> list[Sent]:
            return [
                Sent(books.outbox.add(NewSms(number, text, Purpose.API, **more)), number, text)
                for number, text in numbered
            ]

        return await self.desk.commit(work)

    def states(self, sent: Collection[Sent]) -> Counter[State]:
        """How many messages stand where."""
        return Counter(State(row["state"]) for row in self.rows(sent))

    def rows(self, sent: Collection[Sent]) -> list[Any]:
        return self.desk.read_now(lambda books: [books.outbox.get(one.id) for one in sent])

    def steps(self, sent: Collection[Sent]) -> dict[int, list[str]]:
        """The steps of every message's story, in order."""
        found = self.desk.read_now(lambda books: books.timeline.of([one.id for one in sent]))
        return {message_id: [step.step for step in steps] for message_id, steps in found.items()}

    async def ended(self, sent: Collection[Sent], states: Collection[State] = FINAL, *, within_s: float = 10.0) -> None:
        """Wait until every message is in one of these states."""
        await until(lambda: self.states(sent).keys() <= set(states), within_s, lambda: self.told(sent))

    def told(self, sent: Collection[Sent]) -> str:
        """What is known of messages that are not at their end."""
        steps = self.steps(sent)
        late = [row for row in self.rows(sent) if State(row["state"]) not in FINAL]
        counts = self.simulator.operator.counters.values()
        return "\n".join(
            [f"{row['id']} {row['state']} on {row['link']}: {' '.join(steps[row['id']])}" for row in late[:8]]
            + [f"{name}: {link.state} {getattr(link, '_reason', '')}" for name, link in self.links.items()]
            + [str({name: value for name, value in counts.items() if value}), str(dict(self.journal.counts))]
        )

    def on_phone(self, number: str) -> tuple[str, int]:
        """What the phone shows of the one message to it, and how many copies of its segments came beyond one each."""
        handset = self.simulator.operator.handsets.get(number)
        if handset is None:
            return "", 0
        segments: dict[int, Any] = {}
        count = 0
        for text in handset.texts:
            for segment in text.segments:
                count += 1
                place = segment.concat.number if segment.concat else 1
                assert segments.setdefault(place, segment).data == segment.data
        whole = "".join(sms_text.decode(segments[n].data, segments[n].alphabet) for n in sorted(segments))
        return whole, count - len(segments)

    def check(self, sent: Sequence[Sent], *, state: State = State.DELIVERED, twice_by_carrier: bool = False) -> int:
        """Every message is in that state, whole on its phone, with a possible story; returns how many came twice."""
        assert self.states(sent) == {state: len(sent)}, self.told(sent)
        steps = self.steps(sent)
        doubled = 0
        for one in sent:
            story = steps[one.id]
            text, copies = self.on_phone(one.number)
            assert text == one.text, (one, story, text)
            if copies:
                doubled += 1
                assert twice_by_carrier or DOUBLING & set(story), (one, story, copies)
        self.check_stories(sent)
        return doubled

    def check_stories(self, sent: Sequence[Sent]) -> None:
        """Every step of every story is one that may follow the step before."""
        for message_id, story in self.steps(sent).items():
            states = [STATE_OF_STEP[step] for step in story if step in STATE_OF_STEP]
            assert states[0] is State.QUEUED, story
            for before, after in itertools.pairwise(states):
                assert after in STEPS[before], (message_id, story)

    async def up(self, name: str = "", *, within_s: float = 5.0) -> None:
        """Wait until a link is up."""
        link = self.links[name] if name else self.link
        await until(lambda: link.is_up, within_s, lambda: f"{link.name} {link.state} {getattr(link, '_reason', '')}")

    async def down(self, name: str = "", *, within_s: float = 5.0) -> None:
        """Wait until a link is not up."""
        link = self.links[name] if name else self.link
        await until(lambda: not link.is_up, within_s, lambda: f"{link.name} is still up")


async def until(is_so: Callable[[], object], within_s: float, told: Callable[[], str] = lambda: "") -> None:
    """Wait for something; raises TimeoutError with what `told()` says."""
    deadline = time.monotonic() + within_s
    pause_s = 0.001
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(told())
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.02)


@contextlib.asynccontextmanager
async def open_hub(
    store: Store | Path,
    protocol: str = "smpp",
    *,
    accounts: Sequence[str] = ("a",),
    timing: Timing = QUICK,
    speed: float = 100.0,
    policy: LinkPolicy = RESEND,
    rate_per_s: float = 0.0,
    report_delay_s: float = 0.0,
    repeat_s: float = 0.3,
    quick: bool = True,
    carrier_port: int = 0,
    per_link: Sequence[Mapping[str, Any]] = (),
    routes: Sequence[Route] | None = None,
    jitter: Callable[[], float] = lambda: 0.5,
    **options: Any,
) -> AsyncIterator[Hub]:
    """A hub with a link for each account named, called a0, a1 …; links of one account are one link group.

    `store` may be a directory for SQLite; `carrier_port` names another carrier than the simulator; `options` go into
    the protocol's configuration, `per_link` into that of each link; `quick=False` leaves the dispatcher its own pauses.
    """
    if isinstance(store, Path):
        store = open_store(StoreConfig(data_dir=str(store)))
        create_tables(store)
    simulator = Simulator(
        operator_config(protocol, accounts=ACCOUNTS, report_delay_s=report_delay_s, repeat_s=repeat_s)
    )
    await simulator.start()
    journal, router, clock = Journal(), Router(), FastClock(speed)
    incoming: list[SmsReceived] = []
    desk = Desk(
        store, Blobs(Path(store.data_dir)), router, journal,
        new_id=IdSource(clock), now_ms=clock, read_facts=lambda data, now: MailFacts(),
        reactions={SmsReceived: (lambda event, books: incoming.append(event),)},
    )  # fmt: skip
    inbound = Inbound(desk, journal)
    pauses = {"look_every_s": 0.02, "look_after_s": 0.02} if quick else {}
    dispatcher = Dispatcher(desk, inbound, journal, "test", **pauses)
    links: dict[str, Link] = {}
    proxies: dict[str, Proxy] = {}
    for index, account in enumerate(accounts):
        name = f"{account}{index}"
        proxy = Proxy(lambda: carrier_port or (simulator.ports[protocol]))
        await proxy.start()
        own = dict(per_link[index]) if per_link else {}
        if protocol == "sgip":
            own = {"call_port": _called(simulator, account)} | own
        links[name] = make_link(
            name, account, protocol, proxy.port, dispatcher,
            timing=timing, jitter=jitter, rate_per_s=rate_per_s, **options, **own,
        )  # fmt: skip
        proxies[name] = proxy
        dispatcher.add(links[name], protocol, policy)
    router.set_routes(routes or [Route("", name, preference=index) for index, name in enumerate(links)])
    dispatcher.start()
    try:
        yield Hub(desk, dispatcher, inbound, journal, simulator, links, proxies, incoming)
    finally:
        await inbound.drain()
        await dispatcher.stop()
        await simulator.stop()
        for proxy in proxies.values():
            await proxy.stop()
        await desk.close()


@contextlib.asynccontextmanager
async def calls_through_a_proxy(hub: Hub) -> AsyncIterator[Proxy]:
    """SGIP: the operator's calls to the first link come through this proxy from now on."""
    link = hub.link
    assert isinstance(link, SgipLink)
    await until(lambda: link.call_port > 0, 5)
    proxy = Proxy(lambda: link.call_port)
    await proxy.start()
    name = LOGINS["sgip"].names[link.group]
    hub.simulator.call(next(it for it in ACCOUNTS if it.name == name), "127.0.0.1", proxy.port)
    try:
        yield proxy
    finally:
        await proxy.stop()


def _called(simulator: Simulator, account: str) -> int:
    """Where the operator calls this account from now on; OFF when another link of the account listens already."""
    name = LOGINS["sgip"].names[account]
    if name in simulator.operator.callers:
        return OFF
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    simulator.call(next(it for it in ACCOUNTS if it.name == name), "127.0.0.1", port)
    return port


def make_link(name: str, account: str, protocol: str, port: int, dispatcher: Dispatcher, **more: Any) -> Link:
    """A link to a carrier on this machine, in the name of an account of the simulator."""
    kind, login = KINDS[protocol], LOGINS[protocol]
    basics = {key: more.pop(key) for key in ("timing", "jitter", "rate_per_s") if key in more}
    options = {"host": "127.0.0.1", "port": port, "access_number": ACCESS_NUMBER, "window": 8}
    options |= dict(zip(login.keys, (login.names[account], SECRET), strict=True)) | login.more
    return kind.make(LinkBasics(name, account, dispatcher, **basics), kind.options(**(options | more)))
