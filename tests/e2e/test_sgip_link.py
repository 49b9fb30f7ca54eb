"""SGIP on real sockets: we submit on one connection, the operator calls us on others, and everything goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from carriers.link import Link, LinkBasics
from carriers.session import ReportArrived, SessionEvent, SmsArrived, SubmitAnswered
from carriers.sgip.codec import decode, encode
from carriers.sgip.config import SgipConfig
from carriers.sgip.link import SgipLink
from carriers.sgip.pdu import Bind, BindResp, Deliver, DeliverResp, Report, ReportResp, Unbind, UnbindResp
from carriers.sgip.sequence import pack
from carriers.simulator.config import OFF, Account
from carriers.simulator.server import Simulator
from carriers.tap import Tappable
from carriers.wire import TOOLS
from gateway.core.errors import StoreUnavailable
from gateway.core.link_orders import TraceOrder
from gateway.core.messages import Outcome, ReportState, Segment
from gateway.core.outbox import State
from gateway.core.text import Alphabet
from gateway.trace import Trace
from tests.fakes.hub import ACCOUNTS, LATIN, LONG, QUICK, SHORT, calls_through_a_proxy, open_hub, until
from tests.fakes.simulator import operator_config

TEXTS = (SHORT, LONG, LATIN)
SEGMENT = Segment(1, 1, 1, "", "+8613800138000", "你好", Alphabet.UCS2)


# --- on the whole hub ---------------------------------------------------------------------------------------------


async def test_submits_reports_and_long_messages(tmp_path: Path) -> None:
    async with open_hub(tmp_path, "sgip") as hub:
        sent = await hub.send(TEXTS * 10)
        await hub.ended(sent)
        assert hub.check(sent) == 0
        await until(lambda: hub.simulator.operator.open_reports() == 0, 5)


async def test_a_trace_hears_what_we_submit_and_what_calls_bring(tmp_path: Path) -> None:
    async with open_hub(tmp_path / "data", "sgip") as hub:
        await hub.up()
        file = tmp_path / "line.pcap"
        trace = Trace(TraceOrder(str(file), 0, 1_000_000, mask=False), "sgip", TOOLS["sgip"], lambda: 1_772_323_200_000)
        assert isinstance(hub.link, Tappable)
        hub.link.tap = trace
        sent = await hub.send([SHORT])
        await hub.ended(sent)
        hub.link.tap = None
        trace.close()
    octets = file.read_bytes()
    assert trace.trouble == ""
    assert octets.count(SHORT.encode("utf-16-be")) == 1
    commands = [octets[at + 4 : at + 8] for at in range(len(octets) - 8) if octets[at : at + 2] == b"\0\0"]
    assert bytes.fromhex("00000003") in commands  # Submit
    assert bytes.fromhex("00000005") in commands  # Report, which came by a call
    assert ACCOUNTS[0].secret.encode() not in octets


async def test_reports_before_the_answer_twice_and_failures(tmp_path: Path) -> None:
    async with open_hub(tmp_path, "sgip") as hub:
        hub.faults.report_before_response = True
        hub.faults.report_twice = True
        sent = await hub.send(TEXTS * 5)
        await hub.ended(sent)
        assert hub.check(sent) == 0
        hub.faults.report_state = {"1": "29"}
        failed = await hub.send([SHORT])
        await hub.ended(failed)
        assert hub.rows(failed)[0]["code"] == "29"
        hub.check(failed, state=State.FAILED)


async def test_what_is_sent_again_is_not_doubled(tmp_path: Path) -> None:
    """The hub sends again what was never answered, under the number it had: the gateway knows it again."""
    async with open_hub(tmp_path, "sgip", response_timeout_s=0.2, report_delay_s=1.0) as hub:
        hub.faults.never_answer_every_n = 2
        sent = await hub.send([SHORT] * 8)
        await until(lambda: any("resend" in story for story in hub.steps(sent).values()), 5)
        hub.faults.never_answer_every_n = 0
        await hub.ended(sent, within_s=20)
        assert hub.check(sent) == 0
        assert hub.simulator.operator.counters.accepted == len(sent)


async def test_both_directions_are_cut_again_and_again(tmp_path: Path) -> None:
    async with open_hub(tmp_path, "sgip") as hub, calls_through_a_proxy(hub) as calls:
        sent = []
        for number in range(10):
            sent += await hub.send(TEXTS)
            await asyncio.sleep(0.004)
            hub.proxy.drop(reset=number % 2 == 1)
            calls.drop(reset=number % 2 == 0)
        await hub.ended(sent, within_s=20)
        assert hub.check(sent) == 0


async def test_a_call_that_dies_before_the_answer_comes_again_and_is_answered(tmp_path: Path) -> None:
    async with open_hub(tmp_path, "sgip") as hub, calls_through_a_proxy(hub) as calls:
        await hub.up()
        calls.faults.cut_down_at = 29 + 10  # the answer to the login, and a part of the answer to the delivery
        hub.simulator.operator.say("13800138000", "退订", None, asyncio.get_running_loop().time())
        hub.simulator.touch()
        counters = hub.simulator.operator.counters
        await until(lambda: counters.messages_acknowledged == 1, 5, lambda: str(counters.values()))
        assert calls.cuts == 1
        assert counters.messages_sent == 2
        assert [sms.text for sms in hub.incoming] == ["退订"]


async def test_what_phones_write_comes_whole_and_once(tmp_path: Path) -> None:
    async with open_hub(tmp_path, "sgip", speed=1) as hub, calls_through_a_proxy(hub) as calls:
        await hub.up()
        operator = hub.simulator.operator
        said = {f"+86139000000{number:02}": LONG if number % 3 == 0 else f"{SHORT} {number}" for number in range(20)}
        for number, (phone, text) in enumerate(said.items()):
            operator.say(phone, text, "10657000", asyncio.get_running_loop().time())
            hub.simulator.touch()
            if number % 4 == 0:
                setattr(calls.faults, "cut_up_at" if number % 8 else "cut_down_at", 200)
            await asyncio.sleep(0.004)
        counters = operator.counters
        await until(
            lambda: counters.messages_acknowledged >= counters.messages_written, 10, lambda: str(counters.values())
        )
        assert {sms.sender: sms.text for sms in hub.incoming} == said
        assert len(hub.incoming) == len(said)


async def test_a_store_that_is_away_gets_it_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_hub(tmp_path, "sgip", repeat_s=0.2) as hub:
        await hub.up()
        commit, away = hub.desk.commit, True

        async def failing(work: Any) -> Any:
            if away:
                raise StoreUnavailable
            return await commit(work)

        monkeypatch.setattr(hub.inbound._desk, "commit", failing)
        hub.simulator.operator.say("13800138000", "hi", None, asyncio.get_running_loop().time())
        hub.simulator.touch()
        counters = hub.simulator.operator.counters
        await until(lambda: counters.deliveries_refused == 1, 5)
        away = False
        await until(lambda: counters.messages_acknowledged == 1, 5)
        assert [sms.text for sms in hub.incoming] == ["hi"]


async def test_two_links_of_an_account_share_one_port_for_calls(tmp_path: Path) -> None:
    async with open_hub(tmp_path, "sgip", accounts=("a", "a")) as hub:
        first, second = hub.links.values()
        await hub.up("a0")
        await hub.up("a1")
        assert isinstance(first, SgipLink)
        assert isinstance(second, SgipLink)
        assert first.call_port > 0
        assert second.call_port == OFF
        sent = await hub.send(TEXTS * 5)
        await hub.ended(sent)
        assert hub.check(sent) == 0


# --- the link alone -----------------------------------------------------------------------------------------------


@dataclass
class Heard:
    """A listener that remembers, and answers deliveries as it is told."""

    answers: bool | None = True  # None: not yet
    events: list[SessionEvent] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        assert isinstance(link, SgipLink)
        self.events += events
        for event in events:
            if isinstance(event, SmsArrived | ReportArrived) and self.answers is not None:
                link.acknowledge(event.receipt, accepted=self.answers, line=link.line)
        link.flush()

    def link_up(self, link: Link, peer: str) -> None:
        self.told.append(f"up {peer}")

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self.told.append(f"down {reason}")

    def link_refused(self, link: Link, reason: str) -> None:
        self.told.append(f"refused {reason}")

    def link_misbehaved(self, link: Link, reason: str) -> None:
        self.told.append(f"misbehaved {reason}")

    def link_throttled(self, link: Link, pause_s: float) -> None:
        self.told.append("throttled")

    def link_ready(self, link: Link) -> None:
        """Not looked at."""

    def has(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.told)


class Caller:
    """A gateway of our own making on a stream."""

    opened: ClassVar[list[Caller]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int) -> Caller:
        caller = cls(*await asyncio.open_connection("127.0.0.1", port))
        cls.opened.append(caller)
        return caller

    def send(self, pdu: Any, counter: int) -> None:
        self.writer.write(encode(pdu, pack(100101, 101000000, counter)))

    async def read(self) -> Any:
        async with asyncio.timeout(5):
            head = await self.reader.readexactly(4)
            return decode(head + await self.reader.readexactly(int.from_bytes(head, "big") - 4))[1]

    async def bound(self) -> Caller:
        self.send(Bind(2, b"smguser", b"smg-secret"), 1)
        assert await self.read() == BindResp(0)
        return self

    async def is_over(self) -> bool:
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read() == b""
        return True


@contextlib.asynccontextmanager
async def running(heard: Heard, **options: Any) -> AsyncIterator[SgipLink]:
    given = {
        "host": "127.0.0.1", "port": 1, "login_name": "sgip-a", "password": "secret08", "node_id": 3010092008,
        "call_host": "127.0.0.1", "call_port": 0, "call_name": "smguser", "call_password": "smg-secret",
    }  # fmt: skip
    link = SgipLink(
        LinkBasics("unicom", "unicom", heard, timing=QUICK), SgipConfig(**(given | options)), lambda: datetime.now(UTC)
    )
    task = asyncio.create_task(link.run())
    if link.config.call_port >= 0:
        await until(lambda: link.call_port > 0 or heard.has("cannot listen"), 5)
    try:
        yield link
    finally:
        await link.stop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        while Caller.opened:
            caller = Caller.opened.pop()
            caller.writer.close()
            with contextlib.suppress(OSError):
                await caller.writer.wait_closed()


@contextlib.asynccontextmanager
async def an_operator(*accounts: Account, **options: Any) -> AsyncIterator[Simulator]:
    simulator = Simulator(operator_config("sgip", accounts=accounts or ACCOUNTS, **options))
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


async def test_a_submit_and_its_report() -> None:
    heard = Heard()
    async with an_operator(report_delay_s=0.0) as simulator, running(heard, port=simulator.ports["sgip"]) as link:
        smg = Account("sgip", "sgip-a", "secret08", call_name="smguser", call_secret="smg-secret")
        simulator.call(smg, "127.0.0.1", link.call_port)
        await until(lambda: link.is_up, 5)
        assert (link.state, link.line, link.room(), heard.told) == ("up", 1, 32, ["up 127.0.0.1"])
        link.submit(SEGMENT)
        link.flush()
        await until(lambda: len(heard.events) >= 3, 5, lambda: str(heard.events))
        answered = next(event for event in heard.events if isinstance(event, SubmitAnswered))
        report = next(event.report for event in heard.events if isinstance(event, ReportArrived))
        assert (answered.outcome, answered.carrier_ids) == (Outcome.ACCEPTED, (report.carrier_id,))
        assert (report.state, report.recipient, len(report.carrier_id)) == (ReportState.DELIVERED, "8613800138000", 24)
        await until(lambda: simulator.operator.counters.reports_acknowledged == 1, 5)
        assert link.calls == 1


async def test_a_wrong_password_of_ours() -> None:
    heard = Heard()
    async with an_operator() as simulator, running(heard, port=simulator.ports["sgip"], password="wrong") as link:
        await until(lambda: heard.has("refused", "illegal login"), 5)
        await until(lambda: heard.has("down"), 5)
        assert not link.is_up
        assert link.room() == 0
        await (await Caller.to(link.call_port)).bound()  # deliveries come all the same


async def test_a_wrong_password_of_the_gateway() -> None:
    heard = Heard()
    wrong = Account("sgip", "sgip-a", "secret08", call_name="smguser", call_secret="wrong")
    async with an_operator(wrong) as simulator, running(heard) as link:
        simulator.operator.say("13800138000", "hi", "10657000", asyncio.get_running_loop().time())
        simulator.call(wrong, "127.0.0.1", link.call_port)
        await until(lambda: heard.has("wrong name or password"), 5, lambda: str(heard.told))
        assert heard.events == [] or not any(isinstance(event, SmsArrived) for event in heard.events)
        right = Account("sgip", "sgip-a", "secret08", call_name="smguser", call_secret="smg-secret")
        simulator.call(right, "127.0.0.1", link.call_port)
        await until(lambda: any(isinstance(event, SmsArrived) for event in heard.events), 5)


async def test_answers_go_to_the_call_they_belong_to() -> None:
    heard = Heard(answers=None)
    async with running(heard) as link:
        first, second = [await (await Caller.to(link.call_port)).bound() for _ in range(2)]
        first.send(Report(pack(1, 2, 3), user_number=b"1"), 7)
        second.send(Report(pack(1, 2, 3), user_number=b"2"), 7)
        await until(lambda: len(heard.events) == 2, 5)
        one, two = sorted(heard.events, key=lambda event: event.report.recipient)  # type: ignore[union-attr]
        link.acknowledge(two.receipt, accepted=False, line=link.line)  # type: ignore[union-attr]
        link.acknowledge(one.receipt, accepted=True, line=link.line)  # type: ignore[union-attr]
        link.flush()
        assert await first.read() == ReportResp(0)
        assert await second.read() == ReportResp(11)


async def test_an_answer_after_the_call_is_gone_says_nothing() -> None:
    heard = Heard(answers=None)
    async with running(heard) as link:
        caller = await (await Caller.to(link.call_port)).bound()
        caller.send(Deliver(message_content=b"hi"), 7)
        await until(lambda: len(heard.events) == 1, 5)
        caller.writer.transport.abort()
        await until(lambda: link.calls == 0, 5)
        later = await (await Caller.to(link.call_port)).bound()
        later.send(Deliver(message_content=b"other"), 7)
        await until(lambda: len(heard.events) == 2, 5)
        link.acknowledge(heard.events[0].receipt, accepted=True, line=link.line)  # type: ignore[union-attr]
        link.flush()
        link.acknowledge(heard.events[1].receipt, accepted=False, line=link.line)  # type: ignore[union-attr]
        link.flush()
        assert await later.read() == DeliverResp(11)


async def test_strangers_are_not_listened_to() -> None:
    heard = Heard()
    async with running(heard, call_from=("10.0.0.0/8", "2001:db8::/32")) as link:
        assert await (await Caller.to(link.call_port)).is_over()
        await until(lambda: heard.has("127.0.0.1", "call_from"), 5)
    heard = Heard()
    async with running(heard, call_from=("127.0.0.0/8",)) as link:
        await (await Caller.to(link.call_port)).bound()


async def test_garbage_is_hung_up_on_and_counted() -> None:
    heard = Heard()
    async with running(heard) as link:
        for octets in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x14\0\0\0\x02" + bytes(12), bytes(64), b"\xff" * 5000):
            before = len(heard.told)
            caller = await Caller.to(link.call_port)
            caller.writer.write(octets)
            assert await caller.is_over()
            assert [line.split()[0] for line in heard.told[before:] if not line.startswith("down")] == ["misbehaved"]
        await until(lambda: not link._calls, 5)


async def test_calls_at_once_are_bounded() -> None:
    heard = Heard()
    async with running(heard, most_calls=2) as link:
        kept = [await (await Caller.to(link.call_port)).bound() for _ in range(2)]
        third = await Caller.to(link.call_port)
        third.send(Bind(2, b"smguser", b"smg-secret"), 1)
        assert await third.read() == BindResp(3)
        assert await third.is_over()
        silent = [await Caller.to(link.call_port) for _ in range(2)]
        assert await (await Caller.to(link.call_port)).is_over()
        assert heard.has("too many calls at once")
        assert link.calls == 2
        kept[0].send(Unbind(), 9)
        assert await kept[0].read() == UnbindResp()
        await until(lambda: link.calls == 1, 5)
        await silent[0].bound()


async def test_calls_that_are_idle_or_do_not_log_in_are_closed() -> None:
    heard = Heard()
    async with running(heard, call_idle_s=0.1, response_timeout_s=0.1) as link:
        silent = await Caller.to(link.call_port)
        idle = await (await Caller.to(link.call_port)).bound()
        assert await silent.is_over()
        assert await idle.is_over()


async def test_a_port_that_is_taken_is_tried_again() -> None:
    other = await asyncio.start_server(lambda *streams: None, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    heard = Heard()
    async with running(heard, call_port=port) as link:
        await until(lambda: heard.has("cannot listen for calls"), 5)
        assert link.call_port == OFF
        other.close()
        await other.wait_closed()
        await until(lambda: link.call_port == port, 5)
        await (await Caller.to(port)).bound()


async def test_a_link_that_does_not_listen() -> None:
    heard = Heard()
    async with an_operator() as simulator, running(heard, port=simulator.ports["sgip"], call_port=OFF) as link:
        await until(lambda: link.is_up, 5)
        assert link.call_port == OFF


async def test_stopping_waits_for_what_is_owed() -> None:
    heard = Heard(answers=None)
    async with running(heard) as link:
        port = link.call_port
        caller = await (await Caller.to(port)).bound()
        caller.send(Deliver(message_content=b"hi"), 7)
        await until(lambda: len(heard.events) == 1, 5)
        stopping = asyncio.create_task(link.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        with pytest.raises(OSError, match="onnect"):
            await Caller.to(port)
        link.acknowledge(heard.events[0].receipt, accepted=True, line=link.line)  # type: ignore[union-attr]
        link.flush()
        assert await caller.read() == DeliverResp(0)
        assert await caller.is_over()
        await stopping


async def test_stopping_does_not_wait_for_ever() -> None:
    heard = Heard(answers=None)
    async with running(heard) as link:
        caller = await (await Caller.to(link.call_port)).bound()
        caller.send(Deliver(message_content=b"hi"), 7)
        await until(lambda: len(heard.events) == 1, 5)
        async with asyncio.timeout(2):
            await link.stop()
        assert await caller.is_over()


async def test_a_gateway_that_does_not_read_is_not_read_from() -> None:
    heard = Heard()
    async with running(heard) as link:
        caller = await (await Caller.to(link.call_port)).bound()
        call = next(iter(link._calls))
        call.pause_writing()
        caller.send(Deliver(message_content=b"hi"), 7)
        await asyncio.sleep(0.05)
        assert heard.events == []
        call.resume_writing()
        assert await caller.read() == DeliverResp(0)


async def test_a_gateway_that_hangs_up_on_silence_is_called_again() -> None:
    heard = Heard()
    async with (
        an_operator(sgip_idle_s=0.1) as simulator,
        running(heard, port=simulator.ports["sgip"]) as link,
    ):
        await until(lambda: link.line >= 3, 10)
        await until(lambda: link.is_up, 5)
        link.submit(SEGMENT)
        link.flush()
        await until(lambda: any(isinstance(event, SubmitAnswered) for event in heard.events), 5)
