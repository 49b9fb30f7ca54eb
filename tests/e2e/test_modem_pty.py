"""The modem driver on real device files: emulated modems behind pseudo-terminals."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import uvloop

from carriers.gsm.discovery import PortInfo, answers_at, grouped, options_of
from carriers.gsm.events import HealthChanged, Lost, ModemEvent, PduArrived, Ready, SendAnswered
from carriers.gsm.modem import Modem
from carriers.gsm.port import ModemPort, PortOptions
from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.user_data import UserData
from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_pty import PtyModem
from gateway.core.messages import Outcome
from gateway.core.text import Alphabet

PHONE = "+8613900139000"
E = TypeVar("E")
Plug = Callable[..., PtyModem]


@pytest.fixture
async def plug() -> AsyncIterator[Plug]:
    """Plugs in emulated modems, and pulls them all out again."""
    plugged: list[PtyModem] = []

    def one(link: Path | None = None, **options: object) -> PtyModem:
        pty = PtyModem(EmulatedModem(ModemConfig(**({"send_s": 0.1, "report_s": 0.1} | options))), link)
        pty.start()
        plugged.append(pty)
        return pty

    yield one
    for pty in plugged:
        await pty.close()


class Driver:
    """A modem object on a port, with what it told."""

    def __init__(self, path: str) -> None:
        self.events: list[ModemEvent] = []
        self.port = ModemPort(PortOptions(path), Modem(), self._hear)
        self.task = asyncio.create_task(self.port.run())
        self._news = asyncio.Event()

    def _hear(self, events: list[ModemEvent]) -> None:
        self.events += events
        self._news.set()

    async def first(self, kind: type[E]) -> E:
        """The first event of a kind."""
        async with asyncio.timeout(15):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self._news.clear()
                await self._news.wait()

    def send(self, text: str = "hello") -> None:
        tpdu = Submit(Address.of(PHONE), UserData.of_text(text, Alphabet.GSM7), wants_report=True).encode()
        self.port.modem.send(tpdu, self.port.now, "tag")
        self.port.flush()

    async def stop(self) -> None:
        await self.port.stop()
        await asyncio.wait_for(self.task, 10)


async def test_a_message_goes_out_and_one_comes_in(plug: Plug) -> None:
    pty = plug()
    driver = Driver(pty.path)
    ready = await driver.first(Ready)
    assert ready.identity.key == "861234050000017-89860012345678901234"
    await driver.first(HealthChanged)
    driver.send()
    answered = await driver.first(SendAnswered)
    assert (answered.outcome, answered.reference, answered.tag) == (Outcome.ACCEPTED, 0, "tag")
    assert [it.text for it in pty.modem.sent] == ["hello"]
    report = await driver.first(PduArrived)
    assert report.tpdu[0] & 3 == 2
    driver.port.modem.confirm(report.receipt, now=driver.port.now)
    driver.port.flush()
    driver.events.clear()
    pty.modem.say(PHONE, "to you", driver.port.now)
    pty.touch()
    arrived = await driver.first(PduArrived)
    deliver = Deliver.decode(arrived.tpdu)
    assert deliver.user_data.content(deliver.dcs).text == "to you"
    await driver.stop()


async def test_a_modem_that_is_pulled_out_is_lost(plug: Plug) -> None:
    pty = plug(send_s=60.0)
    driver = Driver(pty.path)
    await driver.first(Ready)
    driver.send()
    async with asyncio.timeout(10):
        while not pty.modem.next_due:
            await asyncio.sleep(0.05)
    await pty.close()
    lost = await driver.first(Lost)
    assert pty.path in lost.reason
    assert (await driver.first(SendAnswered)).outcome is Outcome.UNCERTAIN
    await asyncio.wait_for(driver.task, 10)


async def test_a_port_that_is_not_there_is_an_event(tmp_path: Path) -> None:
    driver = Driver(str(tmp_path / "ttyUSB9"))
    assert "ttyUSB9" in (await driver.first(Lost)).reason
    await asyncio.wait_for(driver.task, 10)


async def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    driver = Driver(str(tmp_path / "file"))
    assert "no serial port" in (await driver.first(Lost)).reason
    await asyncio.wait_for(driver.task, 10)


async def test_a_port_is_used_by_one_program_at_a_time(plug: Plug) -> None:
    pty = plug()
    first = Driver(pty.path)
    await first.first(Ready)
    second = Driver(pty.path)
    assert "in use by another program" in (await second.first(Lost)).reason
    await asyncio.wait_for(second.task, 10)
    await first.stop()


async def test_a_modem_is_the_same_on_another_port(plug: Plug, tmp_path: Path) -> None:
    pty = plug()
    driver = Driver(pty.path)
    before = (await driver.first(Ready)).identity.key
    await driver.stop()
    await pty.close()
    other = plug()  # keeps the name, so that the first modem gets another
    again = PtyModem(EmulatedModem(ModemConfig()), tmp_path / "elsewhere")
    again.start()
    driver = Driver(again.path)
    assert (await driver.first(Ready)).identity.key == before
    await driver.stop()
    await again.close()
    await other.close()


async def test_of_two_ports_one_takes_commands_and_the_other_is_listened_to(plug: Plug) -> None:
    first, second = plug(), plug()
    ports = [PortInfo(first.path, "1-1/x", "1.0"), PortInfo(second.path, "1-1/x", "1.1")]
    (device,) = grouped(ports)
    assert await options_of(device) == PortOptions(second.path, first.path)


async def test_a_port_with_nothing_behind_it_does_not_answer(plug: Plug) -> None:
    pty = plug()
    pty.modem.deafen(1000.0, 0.0)
    pty.modem.vanish()
    assert not await answers_at(pty.path)


def test_the_loop_of_the_hub_drives_ports_too() -> None:
    async def work() -> list[str]:
        pty = PtyModem(EmulatedModem(ModemConfig(send_s=0.1)))
        pty.start()
        driver = Driver(pty.path)
        await driver.first(Ready)
        driver.send()
        await driver.first(SendAnswered)
        await pty.close()
        await driver.first(Lost)
        await asyncio.wait_for(driver.task, 10)
        return [it.text for it in pty.modem.sent]

    assert uvloop.run(work()) == ["hello"]


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Path]:
    """`caiyou simulate --modems 2`, with links modem1 and modem2 in the directory."""
    words = [f"--{name}-port=-1" for name in ("smpp", "cmpp", "sgip", "smgp", "web")]
    ready = tmp_path / "listens"
    words += ["--modems=2", "--modem-dialects=huawei,wavecom", "--modem-send-s=0.2", f"--modem-links={tmp_path}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "carriers.simulator", *words, f"--listen-file={ready}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not ready.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    assert json.loads(ready.read_text())["modems"] == [str(tmp_path / "modem1"), str(tmp_path / "modem2")]
    yield tmp_path
    process.terminate()
    said, _ = process.communicate(timeout=20)
    assert f"modem {tmp_path}/modem1 huawei +8613800138001" in said
    assert not (tmp_path / "modem1").is_symlink()


def caiyou(*words: str, patience_s: float = 30.0, code: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "gateway", "modem", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=patience_s,
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout + run.stderr


@pytest.mark.slow
def test_the_commands_for_people(rack: Path) -> None:
    first, second = str(rack / "modem1"), str(rack / "modem2")
    said = caiyou("probe", first)
    assert "861234050000007-89860012345678900000" in said
    assert "home CHINA MOBILE, signal -73 dBm" in said
    assert "reference 1" in caiyou("send", first, "+8613800138002", "long 你好 " * 12)  # two segments
    assert "Balance 12.50" in caiyou("ussd", second, "*100#")
    assert "unsupported" in caiyou("ussd", second, "*1#")
    watching = subprocess.Popen(
        [sys.executable, "-m", "gateway", "modem", "watch", second], stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    told = [watching.stdout.readline() for _ in range(4)]
    watching.terminate()
    watching.communicate(timeout=20)
    messages = [line for line in told if line.startswith("message")]
    assert messages
    assert all(line.startswith("message from +86138****8001: ") and "你好" not in line for line in messages)
    assert "no serial port" in caiyou("probe", str(rack / "listens"), code=1)
