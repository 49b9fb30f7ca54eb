"""The npm package smpp as the carrier of a real link: it reads our PDUs by its own code and tells what it saw."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import pytest

from gateway.core.outbox import State
from tests.fakes.hub import LONG, Hub, open_hub, until
from tests.interop.need import need
from tests.interop.test_simulator_node import FOLDER

pytestmark = pytest.mark.interop


class NodeCarrier:
    """The process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls) -> Self:
        if not (FOLDER / "node_modules" / "smpp").exists():
            npm = await asyncio.create_subprocess_exec(need("npm"), "ci", "--no-audit", "--no-fund", cwd=FOLDER)
            assert await npm.wait() == 0
        pipe = asyncio.subprocess.PIPE
        carrier = cls(
            await asyncio.create_subprocess_exec(need("node"), str(FOLDER / "carrier.js"), stdin=pipe, stdout=pipe)
        )
        await until(lambda: carrier.saw("listening"), 20)
        return carrier

    async def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()
        await self._reader

    @property
    def port(self) -> int:
        return int(self.saw("listening")[0]["port"])

    def saw(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]

    def order(self, kind: str, **values: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"kind": kind} | values).encode() + b"\n")

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))


@pytest.fixture
async def carrier() -> AsyncIterator[NodeCarrier]:
    need("node")
    started = await NodeCarrier.start()
    yield started
    await started.stop()


@pytest.fixture
async def hub(carrier: NodeCarrier, tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path, carrier_port=carrier.port, enquire_link_s=0.5) as opened:
        await opened.up()
        yield opened
    assert not carrier.saw("error")
    assert not carrier.saw("unknown")


GSM = "Plain @£$ text, {[~]} \\ | ^ and € too"
LONG_GSM = "{" + "abcdefghij €" * 30 + "}"


async def test_texts_come_as_they_were_written(hub: Hub, carrier: NodeCarrier) -> None:
    texts = ["您好，世界 😀", GSM, LONG, LONG_GSM, "ÄÖÜ à è é ñ"]
    sent = await hub.send(texts)
    await hub.ended(sent)
    assert hub.states(sent) == {State.DELIVERED: len(texts)}, hub.told(sent)
    assert carrier.saw("bind")[0] == {
        "kind": "bind", "command": "bind_transceiver", "system_id": "a", "interface_version": 0x34, "isKnown": True,
    }  # fmt: skip
    by_phone: dict[str, list[dict[str, Any]]] = {}
    for line in carrier.saw("submit"):
        by_phone.setdefault("+" + line["to"], []).append(line)
    for one in sent:
        parts = by_phone[one.number]
        assert "".join(part["text"] for part in sorted(parts, key=_number)) == one.text
        assert {part["from"] for part in parts} == {"10657000"}
        assert {part["dest_addr_ton"] for part in parts} == {1}
        if len(parts) > 1:
            assert {part["esm_class"] for part in parts} == {0x40}
            assert sorted(map(_number, parts)) == list(range(1, len(parts) + 1))
            assert len({part["udh"][0][:8] for part in parts}) == 1  # one reference, one total
    assert {line["data_coding"] for line in by_phone[sent[1].number]} == {0}
    assert {line["data_coding"] for line in by_phone[sent[2].number]} == {8}
    assert {line["command_status"] for line in carrier.saw("receipt_answer")} == {0}


async def test_what_phones_write(hub: Hub, carrier: NodeCarrier) -> None:
    said = {"8613900000001": ("好的，收到 👍", 8), "8613900000002": ("OK {1} €5", 0), "8613900000003": ("Größe?", 3)}
    for number, (text, coding) in said.items():
        carrier.order("say", **{"from": number}, to="10657000", text=text, data_coding=coding)
    await until(lambda: len(carrier.saw("say_answer")) == len(said), 10)
    assert {line["command_status"] for line in carrier.saw("say_answer")} == {0}
    assert {event.sender.lstrip("+"): event.text for event in hub.incoming} == {
        number: text for number, (text, _) in said.items()
    }
    assert {event.recipient for event in hub.incoming} == {"10657000"}


async def test_both_ask_for_a_sign_of_life(hub: Hub, carrier: NodeCarrier) -> None:
    carrier.order("enquire")
    await until(lambda: carrier.saw("enquire_answer") and carrier.saw("enquire"), 10)
    assert carrier.saw("enquire_answer")[0]["command_status"] == 0
    assert hub.link.is_up


async def test_it_unbinds_and_is_called_again(hub: Hub, carrier: NodeCarrier) -> None:
    carrier.order("unbind")
    await until(lambda: len(carrier.saw("bind")) == 2, 10)
    assert carrier.saw("unbind_answer")[0]["command_status"] == 0
    await hub.up()
    sent = await hub.send(["again"])
    await hub.ended(sent)
    assert hub.states(sent) == {State.DELIVERED: 1}


async def test_we_unbind(hub: Hub, carrier: NodeCarrier) -> None:
    await hub.dispatcher.stop()
    await until(lambda: carrier.saw("unbind") and carrier.saw("close"), 10)
    hub.dispatcher.start()
    await hub.up()


async def test_a_wrong_password(carrier: NodeCarrier, tmp_path: Path) -> None:
    async with open_hub(tmp_path, carrier_port=carrier.port, password="wrong") as hub:
        await until(lambda: hub.journal.counts["login_refused", hub.link.name], 10)
        assert not hub.link.is_up
        assert not carrier.saw("bind")[0]["isKnown"]


def _number(part: dict[str, Any]) -> int:
    """The place of a segment by the header that node read."""
    return int(part["udh"][0][-2:], 16) if part["udh"] else 1
