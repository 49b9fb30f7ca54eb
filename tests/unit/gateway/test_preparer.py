"""The preparer: which way each MMS takes, and what follows when fitting it fails, hangs, or is no longer wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose
from gateway.core.routing import LinkFacts, Route
from gateway.fitting import FittingDied
from gateway.journal import Journal
from gateway.preparer import Preparer
from gateway.store.database import StoreConfig, create_tables, open_store
from mms.config import MmsConfig
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.pickup import Mailboxes
from tests.fakes.desk import PHONE, Bench


class FakePool:
    """Fits at once, or as it is told."""

    def __init__(self) -> None:
        self.jobs: list[FittingJob] = []
        self.answer: Callable[[FittingJob], Fitted] = lambda job: Fitted(b"pdu", '[{"what": "kept"}]', "as it is")
        self.gate = asyncio.Event()
        self.gate.set()

    async def fit(self, job: FittingJob) -> Fitted:
        self.jobs.append(job)
        await self.gate.wait()
        return self.answer(job)

    async def close(self) -> None:
        self.gate.set()


class Hub:
    """A desk with a link for MMS, a domain, and a preparer."""

    def __init__(self, directory: Path, **config: Any) -> None:
        store = open_store(StoreConfig(data_dir=str(directory)))
        create_tables(store)
        self.bench = Bench(store)
        self.bench.router.set_routes([Route("", "m")])
        self.bench.router.set_link("m", LinkFacts(up=True, mms=True))
        self.pool = FakePool()
        self.config = MmsConfig(**{"unknown_phones": Way.MMS, **config})
        self.mailboxes = Mailboxes(self.config, lambda pin: f"hash of {pin}", "")
        self.preparer = Preparer(
            self.bench.desk, Journal(), self.config, self.mailboxes, self.pool, owner=self.bench.owner
        )
        self.bench.run(lambda books: books.accounts.add_domain("x.example"))

    def add(self, **more: Any) -> int:
        blob = self.bench.desk.blobs.put_now(self.bench.desk.new_id(), b"Subject: a letter\r\n\r\nhello")
        message = NewMms(
            **{"recipient": PHONE, "letter": blob, "size_octets": 3, "purpose": Purpose.API, "account_id": 1, **more}
        )
        message_id = self.bench.run(lambda books: books.mms.add(message))
        self.bench.desk.work_for_preparer()
        return message_id

    async def settled(self, message_id: int, *states: str) -> Any:
        """The row, once it is out of preparation or in one of the states."""
        async with asyncio.timeout(20):
            while True:
                row = self.bench.row(message_id)
                if row["state"] in states or (not states and row["link"] != "~preparing"):
                    return row
                await asyncio.sleep(0.01)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    made = Hub(tmp_path / "data")
    await made.preparer.start()
    yield made
    await made.preparer.stop()
    await made.bench.desk.close()


async def test_fitted_it_goes_to_a_link_with_its_octets_on_disk(hub: Hub) -> None:
    message_id = hub.add()
    row = await hub.settled(message_id)
    assert (row["link"], row["state"], row["attempt"]) == ("m", "queued", 0)
    assert hub.bench.desk.blobs.get(row["blob"]) == b"pdu"
    (job,) = hub.pool.jobs
    assert (job.handset.key, job.recipient, job.max_octets) == ("unknown", PHONE, job.handset.max_octets)
    facts = hub.bench.ask(lambda books: books.mms.facts([message_id]))[message_id]
    assert (facts["way"], facts["handset"], facts["receipt"]) == ("mms", "unknown", '[{"what": "kept"}]')


async def test_the_budget_of_the_hub_holds_where_the_phone_would_take_more(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data", max_octets=20_480)
    await hub.preparer.start()
    await hub.settled(hub.add())
    assert hub.pool.jobs[0].max_octets == 20_480
    await hub.preparer.stop()
    await hub.bench.desk.close()


async def test_what_its_sender_has_to_mend_is_refused_with_the_reason(hub: Hub) -> None:
    def refuse(job: FittingJob) -> Fitted:
        raise MessageRefused("a picture of 90 megapixels")

    hub.pool.answer = refuse
    message_id = hub.add()
    row = await hub.settled(message_id, "failed")
    assert row["code"] == "media refused"
    assert "90 megapixels" in hub.bench.ask(lambda books: books.timeline.of([message_id]))[message_id][-1].detail


async def test_a_process_that_dies_costs_a_pause_and_three_deaths_the_message(hub: Hub) -> None:
    def die(job: FittingJob) -> Fitted:
        raise FittingDied("the process that fitted it died")

    hub.pool.answer = die
    message_id = hub.add()
    async with asyncio.timeout(20):
        while hub.bench.state(message_id) == "queued":
            hub.bench.clock.pass_s(60)
            hub.preparer._work.set()
            await asyncio.sleep(0.02)
    assert (hub.bench.state(message_id), len(hub.pool.jobs)) == ("failed", 3)


async def test_cancelled_while_it_is_fitted_it_stays_cancelled(hub: Hub) -> None:
    hub.pool.gate.clear()
    message_id = hub.add()
    async with asyncio.timeout(20):
        while not hub.pool.jobs:
            await asyncio.sleep(0.01)
    assert hub.bench.run(lambda books: books.outbox.cancel(message_id))
    hub.pool.gate.set()
    await asyncio.sleep(0.1)
    assert hub.bench.state(message_id) == "cancelled"


async def test_a_letter_that_is_gone_ends_it(hub: Hub) -> None:
    message_id = hub.add(letter="2026/03/01/00/5")
    assert (await hub.settled(message_id, "failed"))["code"] == "letter is gone"


async def test_for_a_mailbox_it_is_filed_and_the_phone_is_told_with_a_pin(hub: Hub) -> None:
    message_id = hub.add(way=Way.MAILBOX, from_name="Anna")
    row = await hub.settled(message_id)
    assert (row["link"], row["state"]) == ("~mailbox", "accepted")
    (sms,) = [one for one in hub.bench.everything().values() if one.purpose == Purpose.PICKUP]
    (pickup,) = hub.bench.ask(lambda books: books.pickups.waiting_of(PHONE))
    assert f"/p/{pickup.token}" in sms.text
    assert "Anna" in sms.text
    pin = sms.text.rstrip("。 ")[-6:]
    box = hub.bench.ask(lambda books: books.pickups.of_number(PHONE))
    assert hub.bench.ask(lambda books: books.pickups.pin(box.account_id))[0] == f"hash of {pin}"
    assert not hub.pool.jobs


async def test_without_a_link_for_mms_everything_goes_to_mailboxes(hub: Hub) -> None:
    hub.bench.router.drop_link("m")
    assert (await hub.settled(hub.add()))["link"] == "~mailbox"


async def test_no_more_are_claimed_than_can_be_fitted_soon(hub: Hub) -> None:
    hub.pool.gate.clear()
    ids = [hub.add() for _ in range(20)]
    async with asyncio.timeout(20):
        while len(hub.pool.jobs) < hub.config.workers * 2:
            await asyncio.sleep(0.01)
    hub.bench.desk.work_for_preparer()
    await asyncio.sleep(0.2)
    assert len(hub.pool.jobs) == hub.config.workers * 2
    hub.pool.gate.set()
    for message_id in ids:
        assert (await hub.settled(message_id))["link"] == "m"


async def test_with_workers_elsewhere_ids_are_handed_over_and_come_back_when_nobody_takes_them(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "data")
    handed: list[list[int]] = []

    async def hand_over(ids: list[int]) -> None:
        handed.append(ids)

    preparer = Preparer(
        hub.bench.desk, Journal(), hub.config, hub.mailboxes, hub.pool, owner="the hub", hand_over=hand_over
    )
    message_id = hub.add()
    await preparer.start()
    async with asyncio.timeout(20):
        while len(handed) < 1:
            await asyncio.sleep(0.01)
        hub.bench.clock.pass_s(preparer.lease_s)
        preparer._work.set()
        while len(handed) < 2:
            await asyncio.sleep(0.01)
    await preparer.stop()
    assert handed == [[message_id], [message_id]]
    assert await hub.preparer.prepare_these([message_id, message_id, 7]) == 1
    assert hub.bench.row(message_id)["link"] == "m"
    await hub.bench.desk.close()
