"""MM7 on real sockets: a link to the simulated MMS centre, what comes back, and everything a centre can do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from carriers.link import Link, LinkBasics, Timing
from carriers.mm7 import authorisation
from carriers.mm7.config import Mm7Config
from carriers.mm7.link import Mm7Link
from carriers.session import MmsArrived, ReadArrived, ReportArrived, SessionEvent, SubmitAnswered
from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.mmsc import Mmsc
from carriers.simulator.server import Simulator
from gateway.core.messages import Outcome, ReportState, Segment
from gateway.core.text import Alphabet
from mms.codec.codes import Priority
from mms.codec.mm7.dialect import ours
from mms.codec.pdu import RetrieveConf
from mms.content import SMIL, Arrangement, Body, Part
from mms.incoming import ReadState
from tests.unit.mms.codec.mm7 import mm7_samples as samples

ACCESS_NUMBER = "10657000"
PHONE = "+8613800138000"
PICTURE = bytes(range(256)) * 1200  # 300 KB
QUICK = Timing(
    first_pause_s=0.02, longest_pause_s=0.1, refused_pause_s=0.2, throttle_pause_s=0.05, longest_throttle_pause_s=0.2,
    connect_timeout_s=1.0, close_timeout_s=0.3, tick_s=0.02,
)  # fmt: skip
BODY = Body(
    (
        Part(SMIL, b"<smil><body/></smil>", "smil.xml", "smil"),
        Part("image/jpeg", PICTURE, "a.jpg", "a.jpg"),
        Part("text/plain", "贺卡".encode(), "t.txt", "t.txt", "utf-8"),
    ),
    Arrangement.RELATED,
    "smil",
)


def segment(number: int = 1, **changes: Any) -> Segment:
    """An MMS as the lane hands it over."""
    retrieved = RetrieveConf(body=BODY, date_s=0, subject="贺卡", priority=Priority.HIGH, read_report=True)
    values = {
        "message_id": number, "number": 1, "total": 1, "sender": "", "recipient": f"+86138001380{number:02}",
        "text": "贺卡", "alphabet": Alphabet.UCS2, "validity_s": 3600, "mms": retrieved.encode(),
    }  # fmt: skip
    return Segment(**(values | changes))


@dataclass(slots=True)
class Listener:
    """Notes what the link tells; answers what it brings by `accept`."""

    answers: list[SubmitAnswered] = field(default_factory=list)
    arrived: list[MmsArrived | ReportArrived | ReadArrived] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    accept: bool | None = True

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        for event in events:
            if isinstance(event, SubmitAnswered):
                self.answers.append(event)
            elif isinstance(event, MmsArrived | ReportArrived | ReadArrived):
                self.arrived.append(event)
                if self.accept is not None:
                    link.acknowledge(event.receipt, accepted=self.accept, line=link.line)

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
        pass


@dataclass(slots=True)
class Line:
    """A link that runs, and the centre it is to."""

    link: Mm7Link
    listener: Listener
    simulator: Simulator

    @property
    def mmsc(self) -> Mmsc:
        assert self.simulator.mmsc is not None
        return self.simulator.mmsc

    async def send(self, *segments: Segment) -> list[SubmitAnswered]:
        """The answers, in the order in which they came."""
        before = len(self.listener.answers)
        for one in segments:
            self.link.submit(one)
        self.link.flush()
        await until(lambda: len(self.listener.answers) >= before + len(segments))
        return self.listener.answers[before:]


async def until(what: Callable[[], Any], seconds: float = 8.0) -> Any:
    end = asyncio.get_running_loop().time() + seconds
    while not (found := what()):
        assert asyncio.get_running_loop().time() < end, "it did not come about in time"
        await asyncio.sleep(0.01)
    return found


@contextlib.asynccontextmanager
async def line(
    *, auth: str = "basic", dialect: str = "3gpp-rel6", call_name: str = "", centre: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[Line]:  # fmt: skip
    """A link that is up; `centre` are options of the simulator."""
    listener = Listener()
    async with asyncio.timeout(30):
        # The centre has to know where the link listens, and the link where the centre does.
        port = free_port()
        account = Account(
            "mm7", "vasp1", "s3cret", call_port=port, call_name=call_name, call_secret="pass" if call_name else ""
        )
        config = SimulatorConfig(
            mm7_port=0, mm7_auth=auth, mm7_dialect=dialect, accounts=(account,), report_delay_s=0.02, repeat_s=0.05,
            **(centre or {}),
        )  # fmt: skip
        simulator = Simulator(config)
        await simulator.start()
        login = {"listen_auth": "basic", "listen_user": call_name, "listen_password": "pass"} if call_name else {}
        values: dict[str, Any] = {
            "url": f"http://127.0.0.1:{simulator.ports['mm7']}/mm7", "vasp_id": "vasp1", "vas_id": "1",
            "dialect": dialect, "access_number": ACCESS_NUMBER, "service_code": "S1", "auth": auth,
            "password": "s3cret", "parallel": 8, "response_timeout_s": 1.0, "listen_port": port,
            "listen_allow": ("127.0.0.1",),
        }  # fmt: skip
        basics = LinkBasics("mms", "mms", listener, timing=QUICK, jitter=lambda: 0.5)
        link = Mm7Link(basics, Mm7Config(**(values | login | options)), lambda: datetime.now(UTC))
        task = asyncio.create_task(link.run())
        try:
            await until(lambda: link.is_up)
            yield Line(link, listener, simulator)
        finally:
            await link.stop()
            await task
            await simulator.stop()


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("dialect", ours())
async def test_an_mms_goes_out_and_its_reports_come_back(dialect: str) -> None:
    async with line(dialect=dialect) as it:
        (answer,) = await it.send(segment())
        assert (answer.outcome, answer.code) == (Outcome.ACCEPTED, 1000)
        (got,) = it.mmsc.received
        assert (got.number, got.subject, got.body) == (PHONE[:-2] + "01", "贺卡", BODY)
        assert got.sender == ACCESS_NUMBER
        assert answer.carrier_ids == (got.message_id,)
        report, read = await until(lambda: len(it.listener.arrived) == 2 and it.listener.arrived)
        assert isinstance(report, ReportArrived)
        assert (report.report.carrier_id, report.report.state) == (got.message_id, ReportState.DELIVERED)
        assert report.report.code == "Retrieved"
        assert report.report.recipient.lstrip("+").removeprefix("86") == "13800138001"
        assert isinstance(read, ReadArrived)
        assert (read.report.carrier_id, read.report.state) == (got.message_id, ReadState.READ)
        assert it.simulator.operator.counters.reports_acknowledged == 2


@pytest.mark.parametrize("auth", ["none", "basic", "digest"])
async def test_ways_to_log_in(auth: str) -> None:
    async with line(auth=auth) as it:
        answers = await it.send(*(segment(number) for number in range(1, 9)))
        assert {one.outcome for one in answers} == {Outcome.ACCEPTED}
        assert len({one.carrier_ids for one in answers}) == 8


async def test_a_nonce_that_is_no_longer_taken_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    async with line(auth="digest") as it:
        for number in range(1, 4):
            assert (await it.send(segment(number)))[0].outcome is Outcome.ACCEPTED
            monkeypatch.setattr(authorisation, "NONCE_S", -1 if number == 1 else 300)
            if number == 1:  # too old at once: signed once more, in vain
                assert (await it.send(segment(9)))[0].code == 401
                monkeypatch.setattr(authorisation, "NONCE_S", 300)
                await until(lambda: it.link.is_up)


@pytest.mark.parametrize("auth", ["basic", "digest"])
async def test_a_wrong_password_takes_the_link_down(auth: str) -> None:
    async with line(auth=auth, password="wrong") as it:
        (answer,) = await it.send(segment())
        assert (answer.outcome, answer.code) == (Outcome.TEMPORARY, 401)
        assert any(one.startswith("refused") for one in it.listener.told)
        await until(lambda: any(one.startswith("down refused") for one in it.listener.told))
        assert not it.mmsc.received


@pytest.mark.parametrize("auth", ["basic", "digest"])
async def test_the_judge_of_digest_and_basic_is_aiohttp(auth: str) -> None:
    async with line(auth=auth) as it:
        url = f"http://127.0.0.1:{it.simulator.ports['mm7']}/mm7"
        middlewares = (aiohttp.DigestAuthMiddleware("vasp1", "s3cret"),) if auth == "digest" else ()
        head = {"Content-Type": samples.MBUNI_SUBMIT_TYPE}
        if auth == "basic":
            head["Authorization"] = aiohttp.encode_basic_auth("vasp1", "s3cret")
        async with aiohttp.ClientSession(middlewares=middlewares) as session:
            for _ in range(2):
                async with session.post(url, data=samples.MBUNI_SUBMIT, headers=head) as answer:
                    assert answer.status == 200
                    assert b"1000</mm7:StatusCode>" in await answer.read()
        async with aiohttp.ClientSession() as session, session.post(url, data=b"x") as answer:
            assert answer.status == 401


@pytest.mark.parametrize(("faults", "outcome", "code"), [
    ({"refuse_numbers": {"+86138": 2002}}, Outcome.PERMANENT, 2002),
    ({"refuse_numbers": {"+86138": 4006}}, Outcome.THROTTLED, 4006),
    ({"refuse_numbers": {"+86138": 3000}}, Outcome.TEMPORARY, 3000),
    ({"refuse_numbers": {"+86138": 3002}, "soap_faults": True}, Outcome.PERMANENT, 3002),
    ({"refuse_numbers": {"+86138": 3001}, "soap_faults": True}, Outcome.TEMPORARY, 3001),
    ({"unknown_status": 2999}, Outcome.PERMANENT, 2999),
    ({"unknown_status": 4999}, Outcome.TEMPORARY, 4999),
    ({"unknown_status": 4001}, Outcome.TEMPORARY, 4001),
    ({"http_status": 500}, Outcome.UNCERTAIN, 500),
    ({"http_status": 502}, Outcome.UNCERTAIN, 502),
    ({"http_status": 503}, Outcome.TEMPORARY, 503),
    ({"http_status": 429}, Outcome.THROTTLED, 429),
    ({"http_status": 413}, Outcome.PERMANENT, 413),
    ({"http_status": 404}, Outcome.TEMPORARY, 404),
    ({"http_status": 200}, Outcome.UNCERTAIN, 200),
    ({"throttle_every_n": 1}, Outcome.THROTTLED, 503),
    ({"garbage_bytes_every_n": 1}, Outcome.UNCERTAIN, 200),
    ({"never_answer_every_n": 1}, Outcome.UNCERTAIN, 0),
    ({"answer_delay_s": 3.0}, Outcome.UNCERTAIN, 0),
])  # fmt: skip
async def test_what_a_centre_says_and_what_it_means(faults: dict[str, Any], outcome: Outcome, code: int) -> None:
    async with line() as it:
        it.simulator.operator.faults.change(faults)
        (answer,) = await it.send(segment())
        assert (answer.outcome, answer.code) == (outcome, code)
        assert ("throttled" in it.listener.told) == (outcome is Outcome.THROTTLED)
        assert any(one.startswith("refused") for one in it.listener.told) == (code in (404, 4001))


async def test_a_link_that_rests_sends_nothing_and_goes_on() -> None:
    async with line() as it:
        it.simulator.operator.faults.throttle_every_n = 1
        await it.send(segment())
        assert it.link.room() == 0
        it.simulator.operator.faults.throttle_every_n = 0
        await until(lambda: it.link.room() > 0)
        assert (await it.send(segment(2)))[0].outcome is Outcome.ACCEPTED


async def test_no_more_than_the_window_are_under_way() -> None:
    async with line(parallel=3) as it:
        it.simulator.operator.faults.answer_delay_s = 0.1
        assert it.link.room() == 3
        sent = asyncio.create_task(it.send(*(segment(number) for number in range(1, 7))))
        await until(lambda: it.simulator.operator.counters.submits)
        assert it.link.room() == 0
        await asyncio.sleep(0.05)
        assert it.simulator.operator.counters.submits == 3
        assert {one.outcome for one in await sent} == {Outcome.ACCEPTED}


async def test_a_centre_that_is_gone() -> None:
    async with line(failures=1) as it:
        assert it.simulator.mmsc is not None
        await it.simulator.mmsc.stop()
        (answer,) = await it.send(segment())
        assert answer.outcome is Outcome.TEMPORARY
        await until(lambda: any(one.startswith("down") for one in it.listener.told))
        it.simulator.mmsc = Mmsc(it.simulator.operator)
        await it.simulator.mmsc.start("127.0.0.1", it.simulator.ports["mm7"])
        await until(lambda: it.link.is_up)
        assert (await it.send(segment(2)))[0].outcome is Outcome.ACCEPTED


async def test_a_report_that_could_not_be_stored_comes_again() -> None:
    async with line() as it:
        it.listener.accept = False
        await it.send(segment())
        await until(lambda: it.simulator.operator.counters.deliveries_refused)
        it.listener.accept = True
        await until(lambda: it.simulator.operator.counters.reports_acknowledged)
        reports = [one.report for one in it.listener.arrived if isinstance(one, ReportArrived)]
        assert len(reports) >= 2
        assert len({one.carrier_id for one in reports}) == 1


@pytest.mark.parametrize(("word", "state"), [
    ("EXPIRED", ReportState.EXPIRED), ("REJECTD", ReportState.FAILED), ("UNDELIV", ReportState.FAILED),
    ("DEFER", ReportState.ENROUTE), ("FORWARD", ReportState.ENROUTE), ("UNKNOWN", ReportState.ENROUTE),
])  # fmt: skip
async def test_states_of_reports(word: str, state: ReportState) -> None:
    async with line() as it:
        it.simulator.operator.faults.report_state = {"138": word}
        await it.send(segment())
        (arrived,) = await until(lambda: it.listener.arrived)
        assert arrived.report.state is state


@pytest.mark.parametrize("dialect", ours())
@pytest.mark.parametrize("call_name", ["", "mmsc"])
async def test_a_phone_writes(dialect: str, call_name: str) -> None:
    async with line(dialect=dialect, call_name=call_name) as it:
        it.mmsc.say(PHONE, BODY, subject="照片 & more", to=f"{ACCESS_NUMBER}77", linked_id="L-9")
        (arrived,) = await until(lambda: it.listener.arrived)
        assert isinstance(arrived, MmsArrived)
        mms = arrived.mms
        assert mms.sender.lstrip("+").removeprefix("86") == "13800138000"
        assert (mms.recipients, mms.subject, mms.linked_id) == ((f"{ACCESS_NUMBER}77",), "照片 & more", "L-9")
        assert mms.body == BODY
        assert mms.carrier_id
        await until(lambda: it.simulator.operator.counters.messages_acknowledged == 1)


async def test_an_mms_that_could_not_be_stored_comes_again_under_the_same_id() -> None:
    async with line() as it:
        it.listener.accept = False
        it.mmsc.say(PHONE, BODY)
        await until(lambda: it.listener.arrived)
        it.listener.accept = True
        await until(lambda: it.simulator.operator.counters.messages_acknowledged)
        ids = [one.mms.carrier_id for one in it.listener.arrived if isinstance(one, MmsArrived)]
        assert len(ids) >= 2
        assert len(set(ids)) == 1


@pytest.mark.parametrize(("data", "content_type", "status", "said"), [
    (b"hello", "text/plain", 500, b"2007"),
    (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "text/xml", 500, b"2007"),
    (samples.MBUNI_SUBMIT, samples.MBUNI_SUBMIT_TYPE, 500, b"4003"),  # a centre submits nothing
    (samples.MBUNI_REPORT.replace(b"REL-6", b"REL-9").replace(b"6.8.0", b"9.0"), "text/xml", 500, b"4002"),
    (samples.MBUNI_REPORT, "text/xml", 200, b"1000"),
    (samples.NOKIA_DELIVER, samples.NOKIA_DELIVER_TYPE, 200, b"4E073C7AQ479306TW26785I371H3M1HA"),
    (b"x" * 5_000_000, "text/xml", 413, b""),
])  # fmt: skip
async def test_whatever_comes_to_the_door(data: bytes, content_type: str, status: int, said: bytes) -> None:
    async with line() as it, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{it.link.port}/"
        async with session.post(url, data=io.BytesIO(data), headers={"Content-Type": content_type}) as answer:
            assert answer.status == status
            assert said in await answer.read()
        async with session.get(url) as answer:
            assert answer.status == 405


async def test_an_answer_is_in_the_namespace_of_its_request() -> None:
    async with line() as it, aiohttp.ClientSession() as session:
        data = samples.MBUNI_REPORT.replace(b"REL-6-MM7-1-4", b"REL-5-MM7-1-3").replace(b"6.8.0", b"5.6.0")
        async with session.post(f"http://127.0.0.1:{it.link.port}/", data=data) as answer:
            said = await answer.read()
        assert b"REL-5-MM7-1-3" in said
        assert b"MM7Version>5.6.0<" in said


async def test_nobody_else_may_call() -> None:
    async with line(listen_allow=("192.0.2.1",)) as it, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            async with session.post(f"http://127.0.0.1:{it.link.port}/", data=samples.MBUNI_REPORT):
                pass
        assert not it.listener.arrived
    async with line(call_name="mmsc") as it, aiohttp.ClientSession() as session:
        async with session.post(f"http://127.0.0.1:{it.link.port}/", data=samples.MBUNI_REPORT) as answer:
            assert answer.status == 401
        assert not it.listener.arrived


async def test_programs_see_what_phones_got_and_let_them_send() -> None:
    async with line(centre={"web_port": 0}) as it, aiohttp.ClientSession() as session:
        await it.send(segment())
        base = f"http://127.0.0.1:{it.simulator.web_port}/api"
        async with session.get(f"{base}/mms") as answer:
            (got,) = await answer.json()
        assert (got["subject"], [one["type"] for one in got["parts"]][1]) == ("贺卡", "image/jpeg")
        async with session.get(f"{base}/mms/0/1") as answer:
            assert await answer.read() == PICTURE
        async with session.get(f"{base}/mms/7/1") as answer:
            assert answer.status == 404
        async with session.post(f"{base}/handsets/13800138000/mms", json={"text": "看", "picture": "/9j/"}) as answer:
            assert answer.status == 201
        await until(lambda: any(isinstance(one, MmsArrived) for one in it.listener.arrived))
        (mms,) = [one.mms for one in it.listener.arrived if isinstance(one, MmsArrived)]
        assert [one.data for one in mms.body.parts] == [b"\xff\xd8\xff", "看".encode()]
        for wrong in ({}, {"picture": "?"}, {"text": 1}, []):
            async with session.post(f"{base}/handsets/13800138000/mms", json=wrong) as answer:
                assert answer.status == 400


async def test_a_large_mms() -> None:
    async with line() as it:
        body = Body((Part("video/3gpp", b"x" * 3_000_000, "a.3gp", "a.3gp"),))
        (answer,) = await it.send(segment(mms=RetrieveConf(body=body, date_s=0).encode()))
        assert answer.outcome is Outcome.ACCEPTED
        assert it.mmsc.received[0].body == body


async def test_what_is_no_mms_is_not_sent() -> None:
    async with line() as it:
        (answer,) = await it.send(segment(mms=b"\x8c\x84"))
        assert answer.outcome is Outcome.PERMANENT
        assert not it.mmsc.received


async def test_a_link_that_stops_says_what_it_does_not_know() -> None:
    async with line() as it:
        it.simulator.operator.faults.answer_delay_s = 5.0
        for number in range(1, 4):
            it.link.submit(segment(number))
        it.link.flush()
        it.link.submit(segment(4))
        await until(lambda: it.simulator.operator.counters.submits == 3)
        await it.link.stop()
        outcomes = sorted((one.segment.message_id, one.outcome) for one in it.listener.answers)
        assert outcomes == [
            (1, Outcome.UNCERTAIN),
            (2, Outcome.UNCERTAIN),
            (3, Outcome.UNCERTAIN),
            (4, Outcome.TEMPORARY),
        ]
