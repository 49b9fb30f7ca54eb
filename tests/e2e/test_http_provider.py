"""A provider behind HTTP that is only described: what goes out, what comes back, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from carriers.http import receiver
from carriers.http.config import HttpConfig
from carriers.http.link import HttpLink
from carriers.link import Link, LinkBasics, Timing
from carriers.session import ReportArrived, SessionEvent, SmsArrived, SubmitAnswered
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core import text as sms_text
from gateway.core.errors import StoreUnavailable
from gateway.core.messages import Outcome, Segment
from gateway.core.outbox import NewSms, Purpose, State
from gateway.store.database import StoreConfig
from tests.fakes.certificates import make_certificate
from tests.fakes.http_provider import INVENTED, Asked, PigeonLoft, mood

PHONE = "+8613800138000"
QUICK = Timing(
    first_pause_s=0.02, longest_pause_s=0.1, refused_pause_s=0.2, throttle_pause_s=0.05, longest_throttle_pause_s=0.2,
    connect_timeout_s=1.0, close_timeout_s=0.3, tick_s=0.02,
)  # fmt: skip


async def until(what: Callable[[], Any], seconds: float = 8.0) -> Any:
    end = asyncio.get_running_loop().time() + seconds
    while not (found := what()):
        assert asyncio.get_running_loop().time() < end, "it did not come about in time"
        await asyncio.sleep(0.01)
    return found


def signed(body: str | bytes) -> dict[str, str]:
    data = body.encode() if isinstance(body, str) else body
    return {"X-Sign": hmac.digest(b"s3cret", data, hashlib.sha256).hex()}


def segment(number: int = 1, text: str = "您好", **changes: Any) -> Segment:
    values = {
        "message_id": number, "number": 1, "total": 1, "sender": "", "recipient": f"+86138001380{number:02}",
        "text": text, "alphabet": sms_text.choose(text),
    }  # fmt: skip
    return Segment(**(values | changes))


@dataclass(slots=True)
class Listener:
    """Notes what the link tells; answers deliveries by `accept`, if it answers."""

    answers: list[SubmitAnswered] = field(default_factory=list)
    arrived: list[SmsArrived | ReportArrived] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    misbehaviour: list[str] = field(default_factory=list)
    accept: bool | None = True

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        for event in events:
            if isinstance(event, SubmitAnswered):
                self.answers.append(event)
            elif isinstance(event, SmsArrived | ReportArrived):
                self.arrived.append(event)
                if self.accept is not None:
                    link.acknowledge(event.receipt, accepted=self.accept, line=link.line)

    def link_up(self, link: Link, peer: str) -> None:
        self.told.append("up")

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self.told.append(f"down: {reason}")

    def link_refused(self, link: Link, reason: str) -> None:
        self.told.append(reason)

    def link_misbehaved(self, link: Link, reason: str) -> None:
        self.misbehaviour.append(reason)

    def link_throttled(self, link: Link, pause_s: float) -> None:
        self.told.append(f"throttled {pause_s}")

    def link_ready(self, link: Link) -> None: ...

    @property
    def outcomes(self) -> list[Outcome]:
        return [answer.outcome for answer in self.answers]


@dataclass(slots=True)
class Line:
    """A link that is up, and the loft behind it."""

    link: HttpLink
    loft: PigeonLoft
    listener: Listener

    def send(self, *segments: Segment) -> None:
        assert self.link.room() >= len(segments)
        for one in segments:
            self.link.submit(one)
        self.link.flush()

    async def answers(self, count: int) -> list[SubmitAnswered]:
        await until(lambda: len(self.listener.answers) >= count)
        return self.listener.answers

    async def call(self, name: str, body: str | bytes = b"", **more: Any) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.link.webhook_port}/hooks/{name}"
        async with aiohttp.ClientSession() as client, client.post(url, data=body, **more) as answer:
            return answer.status, await answer.text()


@contextlib.asynccontextmanager
async def line(tmp_path: Path, description: str = INVENTED, rate: float = 0.0, **options: Any) -> AsyncIterator[Line]:
    file = tmp_path / "pigeons.toml"
    file.write_text(description)
    async with PigeonLoft() as loft:
        values = {
            "provider": str(file), "options": {"key": "k/ey", "secret": "s3cret"}, "access_number": "10690",
            "base_url": f"http://127.0.0.1:{loft.port}", "webhook_port": 0, "webhook_token": "",
            "response_timeout_s": 1.0,
            "webhook_allow": ("127.0.0.0/8",),
        }  # fmt: skip
        listener = Listener()
        basics = LinkBasics("pigeons", "pigeons", listener, rate_per_s=rate, timing=QUICK)
        link = HttpLink(basics, HttpConfig(**(values | options)), lambda: datetime.now(UTC))
        running = asyncio.create_task(link.run())
        try:
            await until(lambda: link.is_up)
            yield Line(link, loft, listener)
        finally:
            await link.stop()
            await running
        assert link.state == "down"


# --- requests ------------------------------------------------------------------------------------------------------


async def test_a_described_provider_takes_an_sms(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        it.send(segment(text='"}\r\nX: 1 您好'))
        (answer,) = await it.answers(1)
        assert (answer.outcome, answer.carrier_ids) == (Outcome.ACCEPTED, ("ring-1",))
        (asked,) = it.loft.asked
        assert (asked.method, asked.path) == ("POST", "/v9/k%2Fey/fly")
        assert asked.json == {
            "to": ["+8613800138001"], "message": {"body": '"}\r\nX: 1 您好', "from": "10690", "parts": 1},
            "tell": f"http://127.0.0.1:{it.link.webhook_port}/landed",
        }  # fmt: skip
        assert asked.headers["x-sign"] == signed(asked.body)["X-Sign"]


async def test_room_is_what_may_be_under_way(tmp_path: Path) -> None:
    async with line(tmp_path, parallel=3) as it:
        gate = asyncio.Event()

        async def wait(asked: Asked) -> web.StreamResponse:
            await gate.wait()
            return await it.loft.glad(asked)

        it.loft.behave = wait
        assert it.link.room() == 3
        it.send(segment(1), segment(2))
        assert it.link.room() == 1
        it.send(segment(3))
        assert it.link.room() == 0
        await until(lambda: it.loft.under_way == 3)
        gate.set()
        await it.answers(3)
        assert it.link.room() == 3
        assert len({id(asked.request.transport) for asked in it.loft.asked}) <= 3


async def test_a_connection_serves_many_requests(tmp_path: Path) -> None:
    async with line(tmp_path, parallel=1) as it:
        ports = set()

        async def note(asked: Asked) -> web.StreamResponse:
            ports.add(asked.request.transport.get_extra_info("peername"))
            return await it.loft.glad(asked)

        it.loft.behave = note
        for number in range(1, 6):
            it.send(segment(number))
            await it.answers(number)
        assert len(ports) == 1


async def test_a_rate_is_kept(tmp_path: Path) -> None:
    async with line(tmp_path, rate=20.0) as it:
        assert it.link.room() <= 3
        began = asyncio.get_running_loop().time()
        for number in range(1, 13):
            await until(lambda: it.link.room() > 0)
            it.send(segment(number))
        assert asyncio.get_running_loop().time() - began >= (12 - 3) / 20 - 0.05


async def test_several_recipients_go_in_one_request(tmp_path: Path) -> None:
    async with line(tmp_path, batch=0) as it:
        it.send(*(segment(number) for number in range(1, 5)), segment(5, "别的"), segment(6))
        await it.answers(6)
        assert sorted(len(asked.json["to"]) for asked in it.loft.asked) == [1, 2, 3]
        rings = {answer.segment.recipient: answer.carrier_ids for answer in it.listener.answers}
        assert len(rings) == len(set(rings.values())) == 6


@pytest.mark.parametrize(
    ("word", "outcome"), [("dead", Outcome.PERMANENT), ("lost", Outcome.TEMPORARY), ("?", Outcome.PERMANENT)]
)
async def test_refusals(tmp_path: Path, word: str, outcome: Outcome) -> None:
    async with line(tmp_path) as it:
        it.loft.behave = mood(word)
        it.send(segment())
        (answer,) = await it.answers(1)
        assert (answer.outcome, answer.reason) == (outcome, f"{word}: so it is")
        assert it.link.is_up


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_what_was_sent_and_not_answered_is_uncertain_and_sent_once(tmp_path: Path, method: str) -> None:
    description = INVENTED
    if method == "GET":
        head, rest = description.split("[request.json]")
        description = head.replace("[request]", '[request]\nmethod = "GET"') + rest[rest.index("[[request.sign]]") :]
    async with line(tmp_path, description) as it:
        it.loft.behave = it.loft.mute
        it.send(segment())
        (answer,) = await it.answers(1)
        assert answer.outcome is Outcome.UNCERTAIN
        await asyncio.sleep(0.1)
        assert [asked.method for asked in it.loft.asked] == [method]
        assert it.link.is_up


async def test_an_answer_that_does_not_come_is_uncertain(tmp_path: Path) -> None:
    async with line(tmp_path, response_timeout_s=0.1) as it:

        async def never(asked: Asked) -> web.StreamResponse:
            await asyncio.sleep(0.5)
            return web.Response()

        it.loft.behave = never
        it.send(segment())
        assert [answer.outcome for answer in await it.answers(1)] == [Outcome.UNCERTAIN]


async def test_an_answer_without_end_is_cut(tmp_path: Path) -> None:
    async with line(tmp_path, response_timeout_s=5.0) as it:

        async def flood(asked: Asked) -> web.StreamResponse:
            answer = web.StreamResponse()
            await answer.prepare(asked.request)
            with contextlib.suppress(ConnectionError):
                while True:
                    await answer.write(b"[" * 65536)
            return answer

        it.loft.behave = flood
        it.send(segment())
        (answer,) = await it.answers(1)
        assert (answer.outcome, answer.reason) == (Outcome.UNCERTAIN, "HTTP 200, no JSON: RecursionError")


async def test_a_provider_that_is_gone_takes_the_link_down_and_up_again(tmp_path: Path) -> None:
    async with line(tmp_path, failures=2) as it:
        it.send(segment(1))
        await it.answers(1)
        await it.loft.close()
        it.send(segment(2))
        await it.answers(2)
        assert it.link.is_up
        it.send(segment(3))
        await it.answers(3)
        assert it.listener.outcomes == [Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.TEMPORARY]
        assert (it.link.is_up, it.link.room()) == (False, 0)
        await until(lambda: len(it.listener.told) >= 3)
        assert it.listener.told[0] == "up"
        assert all("Connect call failed" in told or "Cannot connect" in told for told in it.listener.told[1:])
        await it.loft.open()
        await until(lambda: it.link.is_up)
        it.send(segment(4))
        assert (await it.answers(4))[-1].outcome is Outcome.ACCEPTED


async def test_too_fast_lets_the_link_rest(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        it.loft.behave = mood("tired")
        it.send(segment(1), segment(2))
        await it.answers(2)
        assert it.listener.outcomes == [Outcome.THROTTLED] * 2
        assert (it.link.is_up, it.link.room()) == (True, 0)
        assert it.listener.told == ["up", "throttled 0.05"]
        await until(lambda: it.link.room() > 0)
        it.loft.behave = mood("tired", 429, **{"Retry-After": "1"})
        it.send(segment(3))
        await it.answers(3)
        assert it.listener.told[-1] == "throttled 1.0"


async def test_retry_after_is_heeded(tmp_path: Path) -> None:
    async with line(tmp_path) as it:

        async def busy(asked: Asked) -> web.StreamResponse:
            return web.Response(status=429, headers={"Retry-After": "1"})

        it.loft.behave = busy
        it.send(segment())
        await it.answers(1)
        assert (it.listener.outcomes, it.listener.told) == ([Outcome.THROTTLED], ["up", "throttled 1.0"])


async def test_a_provider_that_does_not_know_us_is_left_alone(tmp_path: Path) -> None:
    async with line(tmp_path, parallel=1) as it:
        it.loft.behave = mood("stranger", 401)
        it.send(segment())
        await it.answers(1)
        assert it.listener.outcomes == [Outcome.TEMPORARY]
        assert not it.link.is_up
        await until(lambda: it.listener.told.count("up") == 2)
        reason = "refused: stranger: so it is (code 401)"
        assert it.listener.told == ["up", reason, f"down: {reason}", "up"]


async def test_leave_answers_for_everything(tmp_path: Path) -> None:
    async with line(tmp_path, parallel=1, batch=0) as it:
        it.loft.behave = lambda asked: asyncio.sleep(5)  # type: ignore[assignment, return-value]
        it.send(segment(1), segment(2, "别的"))
        await until(lambda: it.loft.under_way == 1)
        await it.link.stop()
        assert sorted(it.listener.outcomes) == [Outcome.TEMPORARY, Outcome.UNCERTAIN]
        assert it.link.room() == 0


async def test_binary_goes_nowhere_without_a_place_for_it(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        it.send(segment(text="", alphabet=sms_text.Alphabet.BINARY, data=b"\x01\x02"))
        assert [answer.outcome for answer in await it.answers(1)] == [Outcome.PERMANENT]
        assert it.loft.asked == []


async def test_the_certificate_is_checked(tmp_path: Path) -> None:
    own = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own.certificate, own.key)
    listener = Listener()
    async with PigeonLoft(context) as loft:
        options: dict[str, Any] = {
            "provider": "yunpian", "options": {"api_key": "k"}, "base_url": f"https://localhost:{loft.port}",
        }  # fmt: skip
        loft.behave = mood("x")
        for trust, told in ({}, "down: "), ({"tls_ca": own.certificate}, "up"):
            config = HttpConfig(**options, **trust)
            link = HttpLink(LinkBasics("l", "l", listener, timing=QUICK), config, lambda: datetime.now(UTC))
            running = asyncio.create_task(link.run())
            await until(lambda told=told: any(it.startswith(told) for it in listener.told))
            if link.is_up:
                link.submit(segment())
                link.flush()
                await until(lambda: listener.answers)
            await link.stop()
            await running
        assert "certificate verify failed" in listener.told[0].lower()
        assert [asked.path for asked in loft.asked] == ["/v2/sms/single_send.json"]


# --- webhooks ------------------------------------------------------------------------------------------------------

HOME = json.dumps([{"ring": "ring-1", "where": "home", "to": PHONE}])


async def test_a_report_is_answered_when_it_is_on_disk(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        it.listener.accept = None
        calling = asyncio.create_task(it.call("landed", HOME, headers=signed(HOME)))
        (arrived,) = await until(lambda: it.listener.arrived)
        await asyncio.sleep(0.05)
        assert not calling.done()
        it.link.acknowledge(arrived.receipt, accepted=True, line=it.link.line)
        assert await calling == (200, "coo")
        it.link.acknowledge(arrived.receipt, accepted=False, line=it.link.line)  # twice does no harm


async def test_what_cannot_be_put_on_disk_comes_again(tmp_path: Path) -> None:
    both = json.dumps([{"ring": "a", "where": "home"}, {"ring": "b", "where": "cat"}])
    async with line(tmp_path) as it:
        it.listener.accept = False
        assert (await it.call("landed", both, headers=signed(both)))[0] == 503
        it.listener.accept = True
        assert (await it.call("landed", both, headers=signed(both)))[0] == 200
        assert len(it.listener.arrived) == 4


@pytest.mark.parametrize(("second", "status"), [(True, 200), (False, 503)])
async def test_a_call_is_answered_when_all_it_told_is_on_disk(tmp_path: Path, second: bool, status: int) -> None:
    both = json.dumps([{"ring": "a", "where": "home"}, {"ring": "b", "where": "cat"}])
    async with line(tmp_path) as it:
        it.listener.accept = None
        calling = asyncio.create_task(it.call("landed", both, headers=signed(both)))
        arrived = await until(lambda: len(it.listener.arrived) == 2 and it.listener.arrived)
        it.link.acknowledge(arrived[0].receipt, accepted=True, line=it.link.line)
        await asyncio.sleep(0.05)
        assert not calling.done()
        it.link.acknowledge(arrived[1].receipt, accepted=second, line=it.link.line)
        assert (await calling)[0] == status


async def test_a_body_that_does_not_say_how_long_it_is_is_cut(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    async with line(tmp_path, webhook_max_octets=150_000) as it:
        status: int | None = None
        with contextlib.suppress(aiohttp.ClientError):  # it may be cut while we still write
            status, _ = await it.call("landed", endless())  # type: ignore[arg-type]
        assert status in (None, 413)
        assert it.listener.misbehaviour == ["webhook: more than 150000 octets"]


#: name, body, headers, status, what the journal hears
HOSTILE: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("landed", HOME.encode(), {}, 403, "signature"),
    ("landed", HOME.encode(), {"X-Sign": "00"}, 403, "signature"),
    ("landed", b"\xff\xfe{", signed(b"\xff\xfe{"), 400, "no JSON"),
    ("landed", b"[" * 100_000, {}, 400, "no JSON"),
    ("landed", b"{}", signed(b"{}"), 400, "no list"),
    ("landed", json.dumps([{}] * 1001).encode(), signed(json.dumps([{}] * 1001)), 413, "more than 1000"),
    ("landed", b"x" * 200_000, {}, 413, "more than 150000"),
    ("note", "&".join(f"{n}=1" for n in range(300)).encode(), {}, 400, "no form"),
    ("nowhere", b"", {}, 404, "nothing at this address"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "headers", "status", "reason"), HOSTILE)
async def test_hostile_calls(
    tmp_path: Path, name: str, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    async with line(tmp_path, webhook_max_octets=150_000) as it:
        assert (await it.call(name, body, headers=headers))[0] == status
        (told,) = it.listener.misbehaviour
        assert reason in told
        assert it.listener.arrived == []
        assert (await it.call("landed", HOME, headers=signed(HOME)))[0] == 200


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST /landed HTTP/1.1\r\nContent-Length: -1\r\n\r\n"]
)
async def test_no_http_at_all(tmp_path: Path, data: bytes) -> None:
    async with line(tmp_path) as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", it.link.webhook_port)
        writer.write(data + b"\r\n\r\n")
        assert b" 400 " in (await asyncio.wait_for(reader.read(200), 5))
        writer.close()
        await until(lambda: it.listener.misbehaviour == ["webhook: what came is no HTTP"])
        assert (await it.call("landed", HOME, headers=signed(HOME)))[0] == 200


async def test_items_that_make_no_sense_do_not_hold_back_the_others(tmp_path: Path) -> None:
    body = json.dumps([{"where": "home"}, {"ring": "a", "where": "moon"}, 7, {"ring": "b", "where": "cat"}])
    async with line(tmp_path) as it:
        assert (await it.call("landed", body, headers=signed(body)))[0] == 200
        assert len(it.listener.arrived) == 1
        assert len(it.listener.misbehaviour) == 3


async def test_token_and_addresses(tmp_path: Path) -> None:
    async with line(tmp_path, webhook_token="t&k", webhook_allow=()) as it:
        text = "n=1&from=13800138000&to=10690&text=hi"
        for token, status in (("", 403), ("?token=t", 403), ("?token=t%26k", 200)):
            assert (await it.call(f"note{token}", text))[0] == status
        assert len(it.listener.arrived) == 1
    async with line(tmp_path, webhook_allow=("192.0.2.0/24", "2001:db8::/32")) as it:
        with pytest.raises(aiohttp.ClientConnectionError):
            await it.call("note", text)
        assert it.listener.arrived == []
        assert it.listener.misbehaviour[0] == "webhook: 127.0.0.1 is not among webhook_allow"


async def test_connections_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "MAX_CONNECTIONS", 2)
    monkeypatch.setattr(receiver, "HEAD_S", 0.2)
    async with line(tmp_path) as it:
        idle = [await asyncio.open_connection("127.0.0.1", it.link.webhook_port) for _ in range(2)]
        idle[0][1].write(b"POST /landed HTTP/1.1\r\nX: ")
        with pytest.raises(aiohttp.ClientConnectionError):
            await it.call("landed", HOME, headers=signed(HOME))
        assert await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in idle)), 5) == [b"", b""]
        assert (await it.call("landed", HOME, headers=signed(HOME)))[0] == 200
        for _, writer in idle:
            writer.close()


async def test_a_port_that_is_taken_keeps_the_link_down_until_it_is_free(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    listener = Listener()
    async with PigeonLoft() as loft:
        config = HttpConfig(
            provider="yunpian", options={"api_key": "k"}, base_url=f"http://127.0.0.1:{loft.port}",
            webhook_port=port, webhook_token="t",
        )  # fmt: skip
        link = HttpLink(LinkBasics("l", "l", listener, timing=QUICK), config, lambda: datetime.now(UTC))
        running = asyncio.create_task(link.run())
        await until(lambda: len(listener.told) > 2)
        assert all("address already in use" in told for told in listener.told)
        taken.close()
        await until(lambda: link.is_up)
        assert link.webhook_port == port
        await link.stop()
        await running


async def test_reports_and_sms_are_asked_for_until_they_are_on_disk(tmp_path: Path) -> None:
    waiting = {
        "/v2/sms/pull_status.json": [[{"sid": 9527, "report_status": "SUCCESS", "mobile": "15205201314"}]],
        "/v2/sms/pull_reply.json": [
            [{"id": "r1", "mobile": "15205201314", "text": "好的", "extend": "", "base_extend": ""}],
            [{"text": "nobody's"}],
        ],
    }
    listener = Listener(accept=False)

    async def give_out(asked: Asked) -> web.StreamResponse:
        assert asked.body == b"apikey=k&page_size=100"
        if len(loft.asked) == 1:
            return web.Response(status=500)
        given = waiting[asked.path]
        return web.json_response(given.pop(0) if given else [])

    async with PigeonLoft() as loft:
        loft.behave = give_out
        config = HttpConfig(
            provider="yunpian", options={"api_key": "k"}, base_url=f"http://127.0.0.1:{loft.port}",
            access_number="10690", poll_every_s=0.02,
        )  # fmt: skip
        link = HttpLink(LinkBasics("l", "l", listener, timing=QUICK), config, lambda: datetime.now(UTC))
        running = asyncio.create_task(link.run())
        await until(lambda: len(listener.arrived) > 4)
        listener.accept = True
        await until(lambda: not any(waiting.values()) and len(listener.misbehaviour) == 2)
        assert {type(it) for it in listener.arrived} == {SmsArrived, ReportArrived}
        texts = {it.sms for it in listener.arrived if isinstance(it, SmsArrived)}
        assert [(it.carrier_id, it.recipient, it.text) for it in texts] == [("r1", "10690", "好的")]
        reports = {it.report for it in listener.arrived if isinstance(it, ReportArrived)}
        assert [it.carrier_id for it in reports] == ["9527"]
        assert listener.misbehaviour[0].endswith("HTTP 500")
        assert listener.misbehaviour[1] == "poll sms: an SMS names no sender"
        await link.stop()
        await running
        asked = len(loft.asked)
        await asyncio.sleep(0.1)
        assert len(loft.asked) == asked


# --- the hub -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Hub:
    """A hub with one link to the loft."""

    app: App
    loft: PigeonLoft

    async def send(self, text: str, recipient: str = PHONE) -> int:
        return await self.app.desk.commit(
            lambda books: books.outbox.add(NewSms(recipient, text, Purpose.API, sender="10690", link="pigeons"))
        )

    def state(self, message_id: int) -> str:
        row = self.app.desk.read_now(lambda books: books.outbox.get(message_id))
        return "" if row is None else str(row["state"])

    async def tell(self, name: str, body: str) -> int:
        link = self.app.dispatcher.lanes["pigeons"].link
        assert isinstance(link, HttpLink)
        url = f"http://127.0.0.1:{link.webhook_port}/{name}?token=t0k"
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=signed(body)) as answer:
            return answer.status


@pytest.fixture
async def hub(store_config: StoreConfig, tmp_path: Path) -> AsyncIterator[Hub]:
    file = tmp_path / "pigeons.toml"
    file.write_text(INVENTED)
    async with PigeonLoft() as loft:
        config = read_tables(
            {
                "store": {"url": store_config.url, "data_dir": store_config.data_dir},
                "web": {"port": 0},
                "link": [
                    {
                        "name": "pigeons", "protocol": "http", "provider": str(file),
                        "options": {"key": "k", "secret": "s3cret"}, "access_number": "10690", "webhook_port": 0,
                        "base_url": f"http://127.0.0.1:{loft.port}", "webhook_token": "t0k",
                    }
                ],
            },
            "test",
        )  # fmt: skip
        app = build(config)
        await app.start()
        try:
            await until(lambda: app.dispatcher.lanes["pigeons"].link.is_up)
            yield Hub(app, loft)
        finally:
            await app.stop()


async def test_a_long_sms_goes_once_is_billed_by_segments_and_settles_by_one_report(hub: Hub) -> None:
    text = "明天上午九点开会。" * 20
    message_id = await hub.send(text)
    await until(lambda: hub.state(message_id) == State.ACCEPTED)
    (asked,) = hub.loft.asked
    assert asked.json["message"] == {"body": text, "from": "10690", "parts": 3}
    lines = await hub.app.desk.read(lambda books: list(books.ledger.export(since_ms=0, until_ms=1 << 62)))
    assert [(row["fact"], row["segment"]) for row in lines] == [("sms-sent", 1), ("sms-sent", 2), ("sms-sent", 3)]
    assert await hub.tell("landed", HOME) == 200
    assert hub.state(message_id) == State.DELIVERED  # yes was said after the commit
    segments = await hub.app.desk.read(lambda books: books.outbox.segments_of([message_id]))
    assert [(row["number"], row["state"]) for row in segments] == [(1, "delivered"), (2, "delivered"), (3, "delivered")]
    assert await hub.tell("landed", HOME) == 200  # again, and nothing changes
    assert hub.state(message_id) == State.DELIVERED


async def test_a_report_before_the_answer_is_kept_for_it(hub: Hub) -> None:
    async def hasty(asked: Asked) -> web.StreamResponse:
        assert await hub.tell("landed", HOME) == 200
        return await hub.loft.glad(asked)

    hub.loft.behave = hasty
    message_id = await hub.send("您好" * 60)
    await until(lambda: hub.state(message_id) == State.DELIVERED)


async def test_an_sms_from_a_phone_is_filed_once(hub: Hub) -> None:
    note = "n=77&from=13800138000&to=106901&text=%E9%80%80%E8%AE%A2"
    assert [await hub.tell("note", note) for _ in range(3)] == [200] * 3
    stops = await hub.app.desk.read(lambda books: books.stops.among([PHONE]))
    assert list(stops) == [PHONE]


async def test_a_store_that_is_away_makes_the_provider_come_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(work: Any) -> Any:
        raise StoreUnavailable

    note = "n=78&from=13800138000&to=10690&text=hi"
    with monkeypatch.context() as patch:
        patch.setattr(hub.app.desk, "commit", away)
        assert await hub.tell("note", note) == 503
    assert await hub.tell("note", note) == 200
