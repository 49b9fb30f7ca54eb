"""The hub is killed while its modems send: nothing is lost, and only what was in doubt comes twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.store.schema import link_memory
from tests.fakes.hub import until
from tests.fakes.pool import Board, keeps_reports
from tests.fakes.processes import HubProcess, post_sms

KILLS = 4
MESSAGES = 40
SEND_S = 0.2
LINK = """
[[link]]
name = "modems"
protocol = "gsm"
ports = ["{pattern}"]
look_every_s = 0.2
poll_s = 2.0
uncertain_wait_s = 1
[link.sims.all]
day_cap = 1000
"""

pytestmark = pytest.mark.slow


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    """Two modems, pulled out in the end."""
    made = Board(tmp_path / "ports")
    for number in (1, 2):
        made.plug(number, send_s=SEND_S, **keeps_reports())
    yield made
    await made.pull_all()


async def test_a_hub_that_is_killed_while_its_modems_send(tmp_path: Path, board: Board) -> None:
    randomly = random.Random(11)
    hub = HubProcess(tmp_path, more=LINK.format(pattern=board.pattern))
    try:
        await asyncio.to_thread(hub.start)
        numbers = {}
        for n in range(MESSAGES):
            number = f"+86138{30_000_000 + n}"
            status, message_id = await asyncio.to_thread(
                post_sms, hub.ports["http"], hub.token, number, f"message {n} " + "long " * (40 if n % 5 == 0 else 0)
            )
            assert status == 202
            numbers[number] = int(message_id)
        for _ in range(KILLS):
            before = len(board.sent())
            await until(lambda: len(board.sent()) > before, 20.0)  # noqa: B023
            await asyncio.sleep(randomly.uniform(0.0, 0.5))
            await asyncio.to_thread(hub.kill)
            hub.free_leases()
            await asyncio.to_thread(hub.start)

        def states() -> Counter[str]:
            return Counter(row.state for row in hub.messages().values())

        await until(lambda: states() == {"delivered": MESSAGES}, 60.0, lambda: f"{states()} {hub.said()[-2000:]}")
        doubtful = hub.doubtful()
        copies = board.copies()
        assert {recipient for recipient, _, _ in copies} == numbers.keys()
        for (recipient, _, _), count in copies.items():
            assert count == 1 or numbers[recipient] in doubtful
        # A kill costs the counts at most what was sent since they were kept last.
        await asyncio.sleep(1.5)
        values = hub.store.read_now(lambda tx: list(tx.read(sa.select(link_memory.c.value)).scalars()))
        counted = sum(json.loads(value)["sent_today"] for value in values)
        assert len(board.sent()) - KILLS * 2 * (1.5 / SEND_S) <= counted <= len(board.sent()) + KILLS * 2
    finally:
        hub.close()
