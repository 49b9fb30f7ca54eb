"""The simulator as people and programs meet it: a process, sockets, a page."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from carriers.simulator.config import SimulatorConfig
from carriers.simulator.server import Simulator
from carriers.smpp import pdu
from gateway.core.errors import ConfigError
from tests.fakes.simulator import NO_PORTS

PHONE = "8613800138000"


class Esme:
    """An SMPP client on streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._sequence = 0

    @classmethod
    async def bound(cls, port: int, tls: ssl.SSLContext | None = None) -> Esme:
        esme = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls))
        esme.send(pdu.BindTransceiver("caiyou", "secret08"))
        assert (await esme.read()).command_status == 0
        return esme

    def send(self, request: Any) -> None:
        self._sequence += 1
        self.writer.write(request.encode(self._sequence))

    def submit(self, text: str, **fields: Any) -> None:
        octets = text.encode("utf-16-be")
        given = {"source_addr": "10657000", "destination_addr": PHONE, "data_coding": 8, "registered_delivery": 1}
        self.send(pdu.SubmitSm(**(given | {"short_message": octets} | fields)))

    async def read(self) -> Any:
        async with asyncio.timeout(10):
            head = await self.reader.readexactly(4)
            return pdu.decode(head + await self.reader.readexactly(int.from_bytes(head, "big") - 4))

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    started = Simulator(SimulatorConfig(smpp_port=0, cmpp_port=0, web_port=0, report_delay_s=0.02))
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def page(simulator: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{simulator.web_port}") as session:
        yield session


async def test_a_conversation_through_the_interface(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    esme = await Esme.bound(simulator.ports["smpp"])
    esme.submit("<b>验证码</b> & 1")
    answer, receipt = await esme.read(), await esme.read()
    assert receipt.short_message.startswith(f"id:{answer.message_id} ".encode())
    esme.writer.write(pdu.DeliverSmResp().encode(receipt.sequence_number))
    async with page.get("/api/handsets") as got:
        (listed,) = await got.json()
    assert (listed["number"], listed["last"]["text"]) == ("+" + PHONE, "<b>验证码</b> & 1")
    async with page.post("/api/handsets/13800138000/say", json={"text": "退订"}) as got:
        assert got.status == 201
    written = await esme.read()
    assert written.short_message.decode("utf-16-be") == "退订"
    async with page.get("/api/handsets/13800138000") as got:
        texts = (await got.json())["texts"]
    assert [it["from_phone"] for it in texts] == [False, True]
    assert texts[0]["state"] == "DELIVRD"
    assert texts[0]["segments"][0]["id"] == answer.message_id
    async with page.get("/", headers={"Accept-Language": "zh-CN,en;q=0.5"}) as got:
        html = await got.text()
        assert "default-src 'none'" in got.headers["Content-Security-Policy"]
    assert "&lt;b&gt;验证码&lt;/b&gt; &amp; 1" in html
    assert "<b>验证码" not in html
    assert '<html lang="zh-CN">' in html
    await esme.close()


async def test_what_the_interface_refuses(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    for path, body, headers, status in (
        ("/api/handsets/13800138000/say", b'{"text": 1}', {"Content-Type": "application/json"}, 400),
        ("/api/handsets/13800138000/say", b'{"text": "x"}', {"Content-Type": "text/plain"}, 400),
        ("/api/handsets/13800138000/say", b"[" * 5000, {"Content-Type": "application/json"}, 400),
        ("/api/handsets/abc/say", b'{"text": "x"}', {"Content-Type": "application/json"}, 400),
        ("/api/handsets/13800138000/say", b'{"text": "x", "to": "99999"}', {"Content-Type": "application/json"}, 404),
        ("/api/faults", b'{"nothing": 1}', {"Content-Type": "application/json"}, 400),
        ("/api/drop", b"", {"Origin": "http://evil.example"}, 403),
        ("/say", b"number=13800138000&text=x", {"Host": "evil.example"}, 403),
    ):
        async with page.post(path, data=body, headers=headers) as got:
            assert got.status == status, (path, await got.text())
            assert "error" in await got.json()
    async with page.get("/api/handsets/13800138000") as got:
        assert got.status == 404
    assert simulator.operator.counters.messages_written == 0


async def test_faults_by_form_and_by_json(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    async with page.post("/api/faults", json={"silent": True, "throttle_every_n": 5}) as got:
        assert (await got.json())["throttle_every_n"] == 5
    form = {"throttle_every_n": "7", "report_state": "139=UNDELIV", "answer_twice": "on"}
    async with page.post("/faults", data=form, allow_redirects=False) as got:
        assert got.status == 303
    faults = simulator.operator.faults
    assert (faults.throttle_every_n, faults.answer_twice, faults.silent) == (7, True, False)
    assert faults.report_state == {"139": "UNDELIV"}


async def test_events_are_told_as_they_happen(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    async with page.get("/events") as stream:
        esme = await Esme.bound(simulator.ports["smpp"])
        esme.submit("hello")
        seen = []
        async with asyncio.timeout(10):
            while "reported" not in seen:
                line = (await stream.content.readline()).decode().strip()
                if line.startswith("event: "):
                    seen.append(line[7:])
        assert [it for it in seen if it != "counters"] == ["bound", "segment", "received", "reported"]
        await esme.close()


async def test_dropped_lines_and_the_receipt_that_waited(simulator: Simulator, page: aiohttp.ClientSession) -> None:
    esme = await Esme.bound(simulator.ports["smpp"])
    esme.submit("hello")
    await esme.read()
    await esme.read()  # the receipt, which gets no answer
    async with page.post("/api/drop") as got:
        assert await got.json() == {"dropped": 1}
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await esme.read()
    await esme.close()
    again = await Esme.bound(simulator.ports["smpp"])
    assert (await again.read()).esm_class == 4
    await again.close()


async def test_half_an_answer_reaches_the_socket(simulator: Simulator) -> None:
    simulator.operator.faults.drop_line_mid_pdu = True
    esme = await Esme.bound(simulator.ports["smpp"])
    esme.submit("hello")
    async with asyncio.timeout(10):
        half = await esme.reader.read(-1)
    assert 0 < len(half) < int.from_bytes(half[:4], "big")
    await esme.close()


async def test_a_line_read_slowly_is_read_all_the_same(simulator: Simulator) -> None:
    esme = await Esme.bound(simulator.ports["smpp"])
    simulator.operator.faults.slow_read_octets_s = 2000
    began = time.monotonic()
    for _ in range(10):
        esme.submit("x" * 30, registered_delivery=0)
    for _ in range(5):
        await esme.read()
    assert time.monotonic() - began > 0.2
    simulator.operator.faults.slow_read_octets_s = 0
    for _ in range(5):
        await esme.read()
    await esme.close()


async def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    config = SimulatorConfig(smpp_port=0, cmpp_port=-1, web_port=-1, tls_certificate=str(certificate), tls_key=str(key))
    simulator = Simulator(config)
    await simulator.start()
    esme = await Esme.bound(simulator.ports["smpp"], ssl.create_default_context(cafile=str(certificate)))
    esme.submit("secret")
    assert (await esme.read()).message_id
    await esme.close()
    await simulator.stop()
    with pytest.raises(ConfigError):
        await Simulator(SimulatorConfig(smpp_port=0, tls_certificate=str(tmp_path / "none"))).start()


async def test_stop_takes_leave_of_lines(simulator: Simulator) -> None:
    esme = await Esme.bound(simulator.ports["smpp"])
    stopping = asyncio.create_task(simulator.stop())
    unbind = await esme.read()
    assert isinstance(unbind, pdu.Unbind)
    esme.writer.write(pdu.UnbindResp().encode(unbind.sequence_number))
    assert await esme.reader.read(1) == b""
    await stopping
    await esme.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`python -m carriers.simulator --json`, and what its listen file says."""
    listen = tmp_path / "ports.json"
    ports = [*NO_PORTS, "--smpp-port", "0", "--cmpp-port", "0", "--web-port", "0", "--listen-file", str(listen)]
    faults = ["--report-state", "138=EXPIRED", "--report-delay-s", "0"]
    command = [sys.executable, "-m", "carriers.simulator", "--json", *ports, *faults]
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 20
        while not listen.exists():
            assert time.monotonic() < deadline
            assert started.poll() is None
            time.sleep(0.02)
        yield started, json.loads(listen.read_text())
    finally:
        if started.poll() is None:
            started.kill()
        started.wait(10)
        assert started.stdout is not None
        started.stdout.close()


async def test_process(process: tuple[subprocess.Popen[str], dict[str, Any]]) -> None:
    started, ports = process
    assert ports["pid"] == started.pid
    esme = await Esme.bound(ports["smpp"])
    esme.submit("您好")
    await esme.read()
    assert b"stat:EXPIRED" in (await esme.read()).short_message
    await esme.close()
    started.send_signal(signal.SIGTERM)
    out, _ = await asyncio.to_thread(started.communicate, None, 20)
    assert started.returncode == 0
    events = [json.loads(line) for line in out.splitlines()]
    assert [it["event"] for it in events] == ["bound", "segment", "received", "reported", "unbound"]
    assert (events[2]["text"], events[2]["number"]) == ("您好", "+" + PHONE)
