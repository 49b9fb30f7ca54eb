"""MMS fitted by Celery workers behind a RabbitMQ; workers die, tasks are lost, and every message is fitted once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway import clock
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose
from gateway.core.routing import LinkFacts, Route
from gateway.hand_over import hand_over_to
from gateway.journal import Journal
from gateway.preparer import Preparer
from gateway.store.database import StoreConfig, open_store
from gateway.store.upgrade import upgrade
from mms.assembly import assemble
from mms.config import MmsConfig
from mms.content import Content, Part
from mms.fitting import Fitted, FittingJob
from mms.letters import Letter, write_letter
from mms.pickup import Mailboxes
from tests.fakes.desk import PHONE, Bench
from tests.fakes.media import jpeg
from tests.fakes.rabbitmq import RabbitMq
from tests.interop.need import need

pytestmark = [pytest.mark.interop, pytest.mark.slow]

CONFIG = """
[store]
data_dir = "{data_dir}"
node = 7
[log]
level = "warning"
[mms]
broker = "{broker}"
unknown_phones = "mms"
workers = 2
"""


class NoPool:
    """The hub fits nothing itself."""

    async def fit(self, job: FittingJob) -> Fitted:
        raise AssertionError("fitted in the hub, not by a worker")

    async def close(self) -> None:
        pass


class Worker:
    """`celery -A gateway.worker worker`."""

    def __init__(self, directory: Path, broker: str) -> None:
        self._directory, self._broker = directory, broker
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "celery", "-A", "gateway.worker", "worker", "--concurrency", "1",
                "--loglevel", "warning", "--without-gossip", "--without-mingle",
            ],
            env=os.environ | {
                "CAIYOU_CONFIG": str(self._directory / "caiyou.toml"), "CAIYOU_BROKER": self._broker,
                "C_FORCE_ROOT": "1",
            },
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMq]:
    need("rabbitmq-server")
    made = RabbitMq()
    yield made
    made.close()


class Hub:
    """The hub's side: a store on disk, a route for MMS, a preparer that hands over."""

    def __init__(self, directory: Path, broker: str) -> None:
        data = str(directory / "data")
        (directory / "caiyou.toml").write_text(CONFIG.format(data_dir=data, broker=broker))
        store = open_store(StoreConfig(data_dir=data))
        upgrade(store)
        self.bench = Bench(store)
        self.ahead_ms = 0
        self.bench.desk.now_ms = lambda: clock.now_ms() + self.ahead_ms  # else it would stand still for the workers
        self.bench.desk.router.set_routes([Route("", "m")])
        self.bench.desk.router.set_link("m", LinkFacts(up=True, mms=True))
        config = MmsConfig(unknown_phones=Way.MMS, fit_timeout_s=10)
        self.preparer = Preparer(
            self.bench.desk, Journal(), config, Mailboxes(config, str, ""), NoPool(), owner="the hub",
            hand_over=hand_over_to(broker),
        )  # fmt: skip
        body = assemble(Content((Part("image/jpeg", jpeg((900, 700)), "a.jpg"),)), screen=(640, 480))
        self.letter = write_letter(Letter("hello", "10658", (PHONE,), body, clock.now_ms(), "<a@b.example>"))

    def add(self, count: int) -> list[int]:
        blob = self.bench.desk.blobs.put_now(self.bench.desk.new_id(), self.letter)
        message = NewMms(
            recipient=PHONE, letter=blob, size_octets=len(self.letter), purpose=Purpose.API, account_id=1, way=Way.MMS
        )
        ids = [self.bench.run(lambda books: books.mms.add(message)) for _ in range(count)]
        self.bench.desk.work_for_preparer()
        return ids

    async def fitted(self, ids: list[int], within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while any(self.bench.row(one)["link"] == "~preparing" for one in ids):
                await asyncio.sleep(0.2)


@pytest.fixture
async def hub(tmp_path: Path, broker: RabbitMq) -> AsyncIterator[Hub]:
    made = Hub(tmp_path, broker.url)
    await made.preparer.start()
    yield made
    await made.preparer.stop()
    await made.bench.desk.close()


async def test_a_worker_fits_what_the_hub_hands_over(hub: Hub, tmp_path: Path, broker: RabbitMq) -> None:
    worker = Worker(tmp_path, broker.url)
    try:
        ids = hub.add(45)
        await hub.fitted(ids, 60)
        for one in ids:
            row = hub.bench.row(one)
            assert hub.bench.desk.blobs.get(row["blob"])[:2] == b"\x8c\x84"
            assert hub.bench.steps(one).count("fitted") == 1
    finally:
        worker.stop()


async def test_a_worker_that_is_killed_loses_nothing(hub: Hub, tmp_path: Path, broker: RabbitMq) -> None:
    worker = Worker(tmp_path, broker.url)
    try:
        ids = hub.add(60)
        async with asyncio.timeout(60):
            while not any(hub.bench.row(one)["link"] != "~preparing" for one in ids):
                await asyncio.sleep(0.05)
        worker.kill()
        worker.start()
        await hub.fitted(ids, 120)
        assert all(hub.bench.steps(one).count("fitted") == 1 for one in ids)
    finally:
        worker.stop()


async def test_what_the_broker_loses_is_handed_over_again(hub: Hub, tmp_path: Path, broker: RabbitMq) -> None:
    lost: list[int] = []
    hand_over = hub.preparer._hand_over
    assert hand_over is not None

    async def lose(ids: list[int]) -> None:
        lost.extend(ids)
        hub.preparer._hand_over = hand_over

    hub.preparer._hand_over = lose
    ids = hub.add(3)
    async with asyncio.timeout(20):
        while len(lost) < 3:
            await asyncio.sleep(0.05)
    hub.ahead_ms = hub.preparer.lease_s * 1000
    worker = Worker(tmp_path, broker.url)
    try:
        await hub.fitted(ids, 60)
    finally:
        worker.stop()
