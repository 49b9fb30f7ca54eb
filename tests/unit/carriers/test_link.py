"""The link shell with a fake session, a fake transport and a clock that jumps."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from carriers.link import Link, LinkBasics, Timing
from carriers.session import Bound, Closed, LoginRefused, Misbehaved, ReportArrived, SessionEvent, SubmitAnswered
from carriers.session_link import BURST_S, Endpoint, SessionLink
from gateway.core.messages import DeliveryReport, Outcome, ReportState, Segment
from gateway.core.text import Alphabet
from tests.fakes import clockwork

DEFAULTS = Timing()


def segment(number: int = 1) -> Segment:
    return Segment(number, 1, 1, "106", "+8613800138000", "text", Alphabet.GSM7)


class FakeSession:
    """A session whose peer is the test: `script` gives what happens at the start of it."""

    def __init__(self, window: int = 10) -> None:
        self.window = window
        self.open: list[Segment] = []
        self.happened: list[SessionEvent] = []
        self.out = b""
        self.acknowledged: list[tuple[object, bool]] = []
        self.ticks = 0
        self.closing = False

    def start(self, now: float) -> None:
        self.out += b"login."

    def receive(self, data: bytes, now: float) -> None:
        self.happened.append(Misbehaved(data.decode()))

    def submit(self, one: Segment, now: float) -> None:
        assert self.free_window > 0
        self.open.append(one)
        self.out += b"submit."

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        self.acknowledged.append((receipt, accepted))

    def tick(self, now: float) -> None:
        self.ticks += 1

    def close(self, now: float) -> None:
        self.closing = True
        self.out += b"leave."

    def connection_lost(self) -> None:
        self.happened += [SubmitAnswered(one, Outcome.UNCERTAIN) for one in self.open]
        self.open = []

    def data_to_send(self) -> bytes:
        out, self.out = self.out, b""
        return out

    def events(self) -> list[SessionEvent]:
        happened, self.happened = self.happened, []
        return happened

    @property
    def free_window(self) -> int:
        return self.window - len(self.open)


class FakeTransport:
    """Keeps what is written; `closes` says whether a close is ever finished."""

    def __init__(self, protocol: Any, *, closes: bool = True) -> None:
        self.protocol = protocol
        self.closes = closes
        self.written = b""
        self.is_gone = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        if self.closes:
            self.abort()

    def abort(self) -> None:
        if not self.is_gone:
            self.is_gone = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


class Listener:
    """Notes what a link tells."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.down_at: list[float] = []
        self.reasons: list[str] = []
        self.events: list[SessionEvent] = []
        self.refused: list[str] = []
        self.rests: list[float] = []
        self.ready = 0
        self.on_ready: Callable[[Link], None] = lambda link: None

    def link_events(self, link: Link, events: Any) -> None:
        self.events += events

    def link_up(self, link: Link, peer: str) -> None: ...

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self.pauses.append(retry_in_s)
        self.reasons.append(reason)
        self.down_at.append(asyncio.get_running_loop().time())

    def link_refused(self, link: Link, reason: str) -> None:
        self.refused.append(reason)

    def link_misbehaved(self, link: Link, reason: str) -> None: ...

    def link_throttled(self, link: Link, pause_s: float) -> None:
        self.rests.append(pause_s)

    def link_ready(self, link: Link) -> None:
        self.ready += 1
        self.on_ready(link)


class Bench:
    """A link, and the carrier played by the test."""

    def __init__(self, **options: Any) -> None:
        self.listener = Listener()
        self.sessions: list[FakeSession] = []
        self.transports: list[FakeTransport] = []
        self.closes = True
        self.let_in = True
        self.refuse_connection = False
        options.setdefault("jitter", lambda: 0.5)
        self.link = SessionLink(
            LinkBasics("line", "group", self.listener, **options), Endpoint("carrier.example", 2775), self._session
        )

    def _session(self) -> FakeSession:
        self.sessions.append(FakeSession())
        return self.sessions[-1]

    async def connect(self, factory: Any) -> None:
        if self.refuse_connection:
            raise ConnectionRefusedError(111, "Connection refused")
        protocol = factory()
        self.transports.append(FakeTransport(protocol, closes=self.closes))
        protocol.connection_made(self.transports[-1])
        if self.let_in:
            self.say(Bound("carrier"))

    @property
    def session(self) -> FakeSession:
        return self.sessions[-1]

    def say(self, *events: SessionEvent) -> None:
        """The carrier does something."""
        for event in events:
            if isinstance(event, SubmitAnswered) and event.segment in self.session.open:
                self.session.open.remove(event.segment)
        self.session.happened += events
        self.link.flush()

    def answer(self, outcome: Outcome = Outcome.ACCEPTED) -> None:
        """Answer the oldest submit."""
        self.say(SubmitAnswered(self.session.open[0], outcome))

    def submit(self) -> None:
        self.link.submit(segment())
        self.link.flush()

    def drop(self) -> None:
        self.transports[-1].abort()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, clockwork.ClockworkLoop)
        loop.connector = self.connect
        task = asyncio.create_task(self.link.run())
        await asyncio.sleep(0.01)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def now() -> float:
    return asyncio.get_running_loop().time()


def on_clockwork(test: Callable[..., Any]) -> Callable[..., None]:
    """Run an async test on the loop whose clock jumps."""

    def plain() -> None:
        clockwork.run(test())

    plain.__name__, plain.__doc__, plain.__module__ = test.__name__, test.__doc__, test.__module__
    return plain


# --- connecting again ---------------------------------------------------------------------------------------------


@on_clockwork
async def test_the_pause_doubles_to_its_longest() -> None:
    bench = Bench()
    bench.refuse_connection = True
    async with bench.running():
        await asyncio.sleep(400)
    assert bench.listener.pauses[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    gaps = [b - a for a, b in itertools.pairwise(bench.listener.down_at)]
    assert gaps[:6] == pytest.approx([1, 2, 4, 8, 16, 32], abs=0.01)  # it is kept, not only told
    assert set(bench.listener.reasons) == {"[Errno 111] Connection refused"}


@pytest.mark.parametrize(("jitter", "first"), [(0.0, 0.75), (0.5, 1.0), (0.999999, 1.25)])
def test_the_pause_varies_by_a_quarter(jitter: float, first: float) -> None:
    async def story() -> None:
        bench = Bench(jitter=lambda: jitter)
        bench.refuse_connection = True
        async with bench.running():
            await asyncio.sleep(10)
        assert bench.listener.pauses[0] == pytest.approx(first, abs=1e-5)
        assert bench.listener.pauses[1] == pytest.approx(2 * first, abs=1e-5)

    clockwork.run(story())


@on_clockwork
async def test_being_let_in_does_not_shorten_the_pause_but_an_answer_does() -> None:
    bench = Bench()
    async with bench.running():
        for _ in range(4):  # let in, and hung up on at once
            bench.drop()
            await asyncio.sleep(bench.listener.pauses[-1] + 0.5 if bench.listener.pauses else 0.01)
            while not bench.link.is_up:
                await asyncio.sleep(0.1)
        assert bench.listener.pauses[:4] == [1, 2, 4, 8]
        bench.submit()
        bench.answer()
        bench.drop()
        await asyncio.sleep(0.1)
        assert bench.listener.pauses[-1] == 1


@on_clockwork
async def test_a_line_that_stood_longer_than_the_pause_has_proved_itself() -> None:
    bench = Bench()
    bench.refuse_connection = True
    async with bench.running():
        await asyncio.sleep(20)
        bench.refuse_connection = False
        while not bench.link.is_up:
            await asyncio.sleep(0.1)
        await asyncio.sleep(200)
        bench.drop()
        await asyncio.sleep(0.1)
        assert bench.listener.pauses[-1] == 1


@on_clockwork
async def test_a_login_refused_for_good_rests_for_minutes() -> None:
    bench = Bench()
    bench.let_in = False
    async with bench.running():
        for _ in range(3):
            bench.say(LoginRefused(14, "invalid password", permanent=True), Closed("refused"))
            await asyncio.sleep(DEFAULTS.refused_pause_s + 1)
        assert bench.listener.pauses == [300, 300, 300]
        assert bench.listener.reasons[0] == "login refused: invalid password (code 14)"
        assert len(bench.listener.refused) == 3
        assert len(bench.sessions) == 4


@on_clockwork
async def test_a_login_refused_for_now_is_tried_again_soon() -> None:
    bench = Bench()
    bench.let_in = False
    async with bench.running():
        for pause_s in (1, 2, 4):
            bench.say(LoginRefused(8, "system error", permanent=False), Closed("refused"))
            await asyncio.sleep(pause_s + 0.5)
    assert bench.listener.pauses == [1, 2, 4]


@on_clockwork
async def test_nobody_answers_the_connection() -> None:
    bench = Bench()

    async def never(factory: Any) -> None:
        await asyncio.sleep(1e6)

    async with bench.running():
        bench.drop()
        asyncio.get_running_loop().connector = never  # type: ignore[attr-defined]
        await asyncio.sleep(40)
    assert bench.listener.reasons[1] == "no connection in time"


@on_clockwork
async def test_an_error_nobody_thought_of_does_not_end_the_link() -> None:
    bench = Bench()
    async with bench.running():

        def tick(now: float) -> None:
            raise KeyError("ours to mend")

        bench.session.tick = tick  # type: ignore[method-assign]
        await asyncio.sleep(5)
        assert bench.listener.reasons == ["KeyError: 'ours to mend'"]
        assert bench.link.is_up


# --- a line that is over ------------------------------------------------------------------------------------------


@on_clockwork
async def test_unanswered_submits_are_told_of_before_the_line_is_down() -> None:
    bench = Bench()
    async with bench.running():
        bench.submit()
        bench.submit()
        bench.drop()
        await asyncio.sleep(0.01)
        answers = [it for it in bench.listener.events if isinstance(it, SubmitAnswered)]
        assert [it.outcome for it in answers] == [Outcome.UNCERTAIN] * 2
        assert bench.listener.reasons == ["the carrier closed the line"]
        assert bench.link.room() == 0


@on_clockwork
async def test_a_peer_that_no_longer_reads_cannot_keep_a_closed_line() -> None:
    bench = Bench()
    bench.closes = False
    async with bench.running():
        bench.say(Closed("the peer gives no sign of life"))
        await asyncio.sleep(DEFAULTS.close_timeout_s - 1)
        assert not bench.transports[-1].is_gone
        await asyncio.sleep(2)
        assert bench.listener.reasons == ["the peer gives no sign of life"]


@on_clockwork
async def test_octets_and_the_end_of_an_old_line_do_not_touch_the_new_one() -> None:
    bench = Bench()
    async with bench.running():
        old = bench.transports[-1].protocol
        bench.drop()
        await asyncio.sleep(2)
        assert bench.link.is_up
        old.data_received(b"late")
        old.pause_writing()
        old.connection_lost(None)
        assert bench.link.is_up
        assert bench.link.room() == 10
        assert not bench.session.happened


@on_clockwork
async def test_a_delivery_is_answered_on_its_own_line_only() -> None:
    bench = Bench()
    async with bench.running():
        report = DeliveryReport("id", ReportState.DELIVERED, "DELIVRD")
        line = bench.link.line
        bench.say(ReportArrived(report, "receipt 1"))
        bench.link.acknowledge("receipt 1", accepted=True, line=line)
        assert bench.session.acknowledged == [("receipt 1", True)]
        bench.drop()
        await asyncio.sleep(2)
        assert bench.link.line == line + 1
        bench.link.acknowledge("receipt 1", accepted=True, line=line)
        assert bench.session.acknowledged == []


@on_clockwork
async def test_stop_takes_leave_and_a_link_can_run_again() -> None:
    bench = Bench()
    async with bench.running():
        stopping = asyncio.create_task(bench.link.stop())
        await asyncio.sleep(0.1)
        assert bench.transports[-1].written.endswith(b"leave.")
        bench.say(Closed("unbound"))
        await stopping
        await asyncio.sleep(30)
        assert len(bench.sessions) == 1
        assert bench.listener.pauses == []
    async with bench.running():
        assert bench.link.is_up


@on_clockwork
async def test_stop_waits_only_so_long_for_the_carrier() -> None:
    bench = Bench()
    async with bench.running():
        began = now()
        await bench.link.stop()
        assert now() - began == pytest.approx(DEFAULTS.close_timeout_s, abs=0.1)
        assert bench.transports[-1].is_gone


# --- too fast -----------------------------------------------------------------------------------------------------


@on_clockwork
async def test_a_throttled_link_rests_twice_as_long_each_time() -> None:
    bench = Bench()
    async with bench.running():
        for rest_s in (1, 2, 4, 8, 16, 30, 30):
            bench.submit()
            bench.answer(Outcome.THROTTLED)
            assert bench.link.room() == 0
            await asyncio.sleep(rest_s - 0.1)
            assert bench.link.room() == 0
            ready = bench.listener.ready
            await asyncio.sleep(0.7)
            assert bench.link.room() == 10
            assert bench.listener.ready > ready  # it says so by itself
        assert bench.listener.rests == [1, 2, 4, 8, 16, 30, 30]


@on_clockwork
async def test_answers_to_what_was_under_way_neither_lengthen_nor_end_a_rest() -> None:
    bench = Bench()
    async with bench.running():
        for _ in range(4):
            bench.submit()
        bench.answer(Outcome.THROTTLED)
        bench.answer(Outcome.THROTTLED)
        bench.answer(Outcome.ACCEPTED)
        assert bench.listener.rests == [1]
        assert bench.link.room() == 0
        await asyncio.sleep(1.6)
        bench.answer(Outcome.THROTTLED)
        assert bench.listener.rests == [1, 2]


@on_clockwork
async def test_an_accepted_submit_after_a_rest_forgives() -> None:
    bench = Bench()
    async with bench.running():
        for outcome in (Outcome.THROTTLED, Outcome.THROTTLED, Outcome.ACCEPTED, Outcome.THROTTLED):
            bench.submit()
            bench.answer(outcome)
            await asyncio.sleep(5)
        assert bench.listener.rests == [1, 2, 1]


@pytest.mark.parametrize("rate", [0.5, 1.0, 7.0, 100.0, 1000.0])
def test_a_rate_is_exact(rate: float) -> None:
    """Over a minute at least 99 % of the rate, and in no span of time more than it allows."""

    async def story() -> None:
        bench = Bench(rate_per_s=rate)
        times: list[float] = []

        def send(link: Link) -> None:
            while link.room() > 0:
                link.submit(segment())
                times.append(now())
                bench.session.open.clear()
            link.flush()

        bench.listener.on_ready = send
        async with bench.running():
            bench.session.window = 10_000
            await asyncio.sleep(60)
        span = times[-1] - times[0]
        assert 0.99 * rate * span <= len(times) <= rate * (span + BURST_S) + 2
        for count in (int(max(rate, 2)), 10, len(times) // 2):
            for first, last in zip(times, times[count:], strict=False):
                allowed = rate * (last - first + BURST_S) + 1
                assert count <= allowed + 1e-6, (count, first, last)

    clockwork.run(story())


@on_clockwork
async def test_a_rate_does_not_save_up() -> None:
    bench = Bench(rate_per_s=100)
    async with bench.running():
        bench.session.window = 20
        await asyncio.sleep(30)
        assert bench.link.room() == 11
        for _ in range(11):
            bench.submit()
        assert bench.link.room() == 0


# --- writing ------------------------------------------------------------------------------------------------------


@on_clockwork
async def test_no_room_before_the_login_while_the_socket_is_full_and_beyond_the_window() -> None:
    bench = Bench()
    bench.let_in = False
    async with bench.running():
        assert bench.link.room() == 0
        bench.say(Bound())
        assert bench.link.room() == 10
        protocol = bench.transports[-1].protocol
        protocol.pause_writing()
        assert bench.link.room() == 0
        ready = bench.listener.ready
        protocol.resume_writing()
        assert bench.link.room() == 10
        assert bench.listener.ready == ready + 1
        for _ in range(10):
            bench.submit()
        assert bench.link.room() == 0


@on_clockwork
async def test_submits_made_while_events_are_told_go_out_in_order() -> None:
    bench = Bench()
    async with bench.running():
        bench.submit()
        bench.transports[-1].written = b""
        told: list[SessionEvent] = []

        def more(link: Link, events: Any) -> None:
            told.extend(events)
            if len(told) < 4:
                link.submit(segment())
                link.flush()

        bench.listener.link_events = more  # type: ignore[method-assign]
        for _ in range(3):
            bench.answer()
        assert bench.transports[-1].written == b"submit." * 3
        assert len(told) == 3
