"""MMS from the outbox over MM7 to phones, and back: what is stored at each end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench.inside import open_desk
from carriers.factory import KINDS
from carriers.link import LinkBasics
from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose, State
from gateway.core.routing import Route
from gateway.dispatcher import Dispatcher, LinkPolicy
from gateway.inbound import Inbound
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.schema import inbox, mms, outbox
from mms.codec.pdu import RetrieveConf
from tests.e2e.test_mm7_link import ACCESS_NUMBER, BODY, PHONE, QUICK, free_port, until


@dataclass(slots=True)
class Hub:
    desk: Desk
    simulator: Simulator

    async def send(self, count: int) -> list[int]:
        """Put so many MMS into the outbox, fitted already, each to a phone of its own."""
        desk = self.desk
        pdu = RetrieveConf(body=BODY, date_s=0, subject="贺卡", read_report=True).encode()
        blob = await desk.blobs.put(desk.new_id(), pdu)

        def work(books: BooksOfStore) -> list[int]:
            ids = [
                books.mms.add(
                    NewMms(
                        f"+86138{number:08}", blob, len(pdu), Purpose.API, subject="贺卡", way=Way.MMS, link="mmsc",
                        want_read=True,
                    )
                )
                for number in range(count)
            ]  # fmt: skip
            books.tx.flush()
            for one in ids:
                books.mms.fitted(one, blob=blob, handset="unknown", receipt="[]", story="as it is")
            return ids

        return await desk.commit(work)

    async def rows(self, table: Any) -> list[Any]:
        return list(await self.desk.read(lambda books: books.tx.read(sa.select(table)).all()))

    async def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in await self.rows(outbox):
            found[row.state] = found.get(row.state, 0) + 1
        return found

    async def ended(self, *states: State) -> None:
        async with asyncio.timeout(20):
            while set(await self.states()) - set(states):
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def hub_of(directory: Path, dialect: str = "3gpp-rel6") -> AsyncIterator[Hub]:
    port = free_port()
    config = SimulatorConfig(
        mm7_port=0, mm7_dialect=dialect, accounts=(Account("mm7", "vasp1", "s3cret", call_port=port),),
        report_delay_s=0.02, repeat_s=0.05,
    )  # fmt: skip
    simulator = Simulator(config)
    await simulator.start()
    desk = open_desk(directory)
    dispatcher = Dispatcher(desk, Inbound(desk, desk.journal), desk.journal, "test")
    kind = KINDS["mm7"]
    options = kind.options(
        url=f"http://127.0.0.1:{simulator.ports['mm7']}/", vasp_id="vasp1", password="s3cret", auth="basic",
        dialect=dialect, service_code="S", access_number=ACCESS_NUMBER, listen_port=port, listen_allow=("127.0.0.1",),
        response_timeout_s=1.0,
    )  # fmt: skip
    link = kind.make(LinkBasics("mmsc", "mmsc", dispatcher, timing=QUICK), options)
    dispatcher.add(link, "mm7", LinkPolicy())
    desk.router.set_routes([Route("", "mmsc")])
    dispatcher.start()
    try:
        await until(lambda: link.is_up)
        yield Hub(desk, simulator)
    finally:
        await dispatcher.stop()
        await desk.close()
        await simulator.stop()


@pytest.mark.parametrize("dialect", ["3gpp-rel6", "china-mobile"])
async def test_mms_arrive_and_their_reports_are_kept(tmp_path: Path, dialect: str) -> None:
    async with hub_of(tmp_path, dialect) as hub:
        ids = await hub.send(40)
        await hub.ended(State.DELIVERED)
        assert hub.simulator.mmsc is not None
        got = hub.simulator.mmsc.received
        assert sorted(one.number for one in got) == sorted(f"+86138{number:08}" for number in range(40))
        assert all(one.body == BODY and one.subject == "贺卡" for one in got)
        assert hub.simulator.operator.counters.repeated == 0
        async with asyncio.timeout(10):  # read reports come after delivery reports
            while hub.simulator.operator.counters.reports_acknowledged < 80:
                await asyncio.sleep(0.02)
        assert {row.message_id for row in await hub.rows(mms) if row.read_ms} == set(ids)


async def test_refusals_and_doubts_end_as_they_should(tmp_path: Path) -> None:
    async with hub_of(tmp_path) as hub:
        hub.simulator.operator.faults.refuse_numbers = {"+861380000000": 2002}
        hub.simulator.operator.faults.report_state = {"+861380000001": "REJECTD", "+861380000002": "EXPIRED"}
        await hub.send(40)
        await hub.ended(State.DELIVERED, State.FAILED, State.EXPIRED)
        assert await hub.states() == {State.DELIVERED: 10, State.FAILED: 20, State.EXPIRED: 10}


async def test_an_mms_of_a_phone_is_filed_once(tmp_path: Path) -> None:
    async with hub_of(tmp_path) as hub:
        assert hub.simulator.mmsc is not None
        hub.simulator.mmsc.say(PHONE, BODY, subject="看", to=ACCESS_NUMBER)
        await until(lambda: hub.simulator.operator.counters.messages_acknowledged)
        (row,) = await hub.rows(inbox)
        assert row.sender == PHONE
