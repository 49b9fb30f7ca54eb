"""The hub is killed again and again while it tells phones and they fetch: every MMS arrives, under one address each."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from carriers.simulator.config import Account
from carriers.simulator.mms_phones import Habit, MmsPhones
from carriers.simulator.server import Simulator
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Kind, Purpose
from tests.fakes.hub import until
from tests.fakes.mm1 import letter_to
from tests.fakes.processes import HubProcess
from tests.fakes.simulator import operator_config

MESSAGES = 30
KILLS = 3
#: Phones that fetch between two kills, and how many kills that makes.
FETCHES_A_KILL = 10
KILLS_WHILE_FETCHING = MESSAGES // FETCHES_A_KILL
MORE = """
[mms]
mm1_gateways = ["127.0.0.1"]
[[link]]
name = "phones"
protocol = "mm1"
page_url = "http://m.example"
uncertain = "resend"
uncertain_wait_s = 1
"""

pytestmark = pytest.mark.slow


async def queue(hub: HubProcess) -> dict[str, int]:
    """MMS for so many phones: number -> message."""
    numbers = [f"+86138{40_000_000 + n}" for n in range(MESSAGES)]
    letters = {number: letter_to(number, hub.desk.now_ms()) for number in numbers}
    blobs = {number: await hub.desk.blobs.put(hub.desk.new_id(), letter) for number, letter in letters.items()}

    def add(books: Any) -> dict[str, int]:
        return {number: books.mms.add(NewMms(number, blobs[number], 9, Purpose.API, way=Way.MMS)) for number in numbers}

    return hub.desk.run_now(add)


async def again(hub: HubProcess, phones: MmsPhones) -> None:
    await asyncio.to_thread(hub.kill)
    hub.free_leases()
    await asyncio.to_thread(hub.start)
    phones.gateway = f"http://127.0.0.1:{hub.ports['http']}"


async def test_killed_between_telling_and_fetching(tmp_path: Path) -> None:
    randomly = random.Random(7)
    accounts = (Account("smpp", "caiyou", "secret08"),)
    simulator = Simulator(operator_config("smpp", accounts=accounts, mms_gateway="direct", mms_habit="silent"))
    await simulator.start()
    phones = simulator.phones
    assert phones is not None
    hub = HubProcess(tmp_path, smpp_port=simulator.ports["smpp"], more=MORE)
    try:
        await asyncio.to_thread(hub.start)
        ids = await queue(hub)

        def states() -> dict[str, int]:
            found: dict[str, int] = {}
            for row in hub.messages().values():
                if row.kind == Kind.MMS:
                    found[row.state] = found.get(row.state, 0) + 1
            return found

        for kill in range(KILLS):
            await until(lambda: len(phones.phones) > kill * 8, 30.0)  # noqa: B023
            await asyncio.sleep(randomly.uniform(0.0, 0.4))
            await again(hub, phones)
        await until(
            lambda: states() == {"accepted": MESSAGES} and len(phones.phones) == MESSAGES,
            60.0,
            lambda: f"{states()} {len(phones.phones)} {hub.said()[-2000:]}",
        )
        addresses = {one.content_location for phone in phones.phones.values() for one in phone.told}
        assert len(addresses) == MESSAGES
        for place, phone in enumerate(phones.phones.values()):
            phone.habit = Habit.FETCH
            push = simulator.operator.handset(phone.number).texts[-1].data
            assert push is not None
            phones.take(phone.number, push)
            if place % FETCHES_A_KILL == 4:
                await asyncio.sleep(randomly.uniform(0.0, 0.1))
                await again(hub, phones)
        for phone in phones.phones.values():  # a phone that came to a dead hub comes again
            if not phone.fetched:
                phones.take(phone.number, simulator.operator.handset(phone.number).texts[-1].data or b"")
        await until(lambda: len(phones.received) == MESSAGES, 30.0)
        assert {one.number for one in phones.received} == set(ids)
        fetched = hub.desk.read_now(
            lambda books: [books.mm1.get(address.rpartition("/")[2]).state for address in addresses]  # type: ignore[union-attr]
        )
        # A hub that is killed between the last octet and its commit knows nothing of it: it tells the phone again.
        assert set(fetched) <= {"fetched", "done", "told"}
        assert fetched.count("told") <= KILLS_WHILE_FETCHING
        assert set(states()) <= {"accepted", "delivered"}
    finally:
        hub.close()
        await simulator.stop()
