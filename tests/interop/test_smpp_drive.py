"""Kannel's own test carrier, drive_smpp, at the other end of a real link.

It wants a transmitter and a receiver, in that order, and something on port 13001 that it takes for a bearerbox. It
answers a submit_sm without any message id, sends no receipts, asks for a sign of life after each delivery, and puts
receipted_message_id into what phones write.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.outbox import State
from tests.fakes.hub import open_hub, until
from tests.interop.need import need

pytestmark = pytest.mark.interop
PROGRAM = "/usr/lib/kannel/test/drive_smpp"
BOX_PORT = 13001  # written into the program
COUNT = 40


class Drive:
    """The process and what it says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def said(self, pattern: str) -> list[str]:
        return [found[1] for line in self.lines if (found := re.search(pattern, line))]


@pytest.fixture
async def drive(tmp_path: Path) -> AsyncIterator[Drive]:
    async def bearerbox(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    need(PROGRAM)
    try:
        box = await asyncio.start_server(bearerbox, "127.0.0.1", BOX_PORT)
    except OSError:
        pytest.skip(f"port {BOX_PORT} is taken")
    started = Drive()
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "-v", "0", "-p", str(started.port), "-m", str(COUNT), cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            started.lines.append(line.decode("utf-8", "replace"))

    reading = asyncio.create_task(read())
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading
        box.close()


async def test_both_ways(drive: Drive, tmp_path: Path) -> None:
    binds = ({"bind": "transmitter"}, {"bind": "receiver"})
    # Every text it writes differs, so that none is taken for a resend.
    async with open_hub(tmp_path / "hub", accounts=("a", "a"), carrier_port=drive.port, per_link=binds) as hub:
        await hub.up("a0", within_s=20)
        await hub.up("a1", within_s=20)
        await until(lambda: len(drive.said("type (deliver_sm_resp)")) >= COUNT, 20)
        assert [(event.sender, event.recipient, event.text) for event in hub.incoming] == [
            ("456", "123", str(number)) for number in range(1, COUNT + 1)
        ]
        assert len(drive.said("type (enquire_link_resp)")) == COUNT
        texts = [f"number {number} of many {{€}}" for number in range(COUNT)]
        sent = await hub.send(texts)
        await hub.ended(sent, {State.ACCEPTED}, within_s=20)
        assert {row["link"] for row in hub.rows(sent)} == {"a0"}
        await until(lambda: len(drive.said("short_message = <(.*)>")) == COUNT, 10)
        # It logs octets as they came: { and } have an escape before them in the default alphabet.
        assert all(f"number {n} of many" in line for n, line in enumerate(drive.said("short_message = <(.*)>")))
        assert not hub.journal.counts["peer_misbehaved", "a0"]
