"""The hub is killed while peers submit and are told: every id it answered with has its receipt in the end.

CAIYOU_ROUNDS sets the number of kills, CAIYOU_SEED the dice.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from carriers.simulator.config import OFF, Account, SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.app import build
from gateway.config import read_config
from gateway.core.peers import Peer
from gateway.store.database import StoreConfig
from tests.fakes.downstream import ACCESS_NUMBER, SECRET, SmppClient, until

ROUNDS = int(os.environ.get("CAIYOU_ROUNDS", "4"))
SEED = int(os.environ.get("CAIYOU_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
NAMES = ("kite", "crow")

pytestmark = pytest.mark.slow

CONFIG = """
[hub]
roles = ["links", "peers", "house"]
[store]
data_dir = "{store.data_dir}"
url = "{store.url}"
[log]
level = "error"
[downstream]
part_wait_s = 3
[downstream_smpp]
port = 0
[[link]]
name = "sim"
protocol = "smpp"
host = "127.0.0.1"
port = {port}
system_id = "caiyou"
password = "{secret}"
access_number = "{number}"
uncertain_wait_s = 2
"""


class HubProcess:
    """A hub that can be killed."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self.port = 0

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "--config", str(self._config), "serve", stderr=asyncio.subprocess.PIPE
        )
        assert self._process.stderr is not None
        told = b""
        async with asyncio.timeout(60):
            while b"caiyou is ready" not in told:
                line = await self._process.stderr.readline()
                assert line, told
                told += line
        found = re.search(rb"smpp for peers [\d.]+:(\d+)", told)
        assert found, told
        self.port = int(found[1])
        self._drain = asyncio.create_task(self._process.stderr.read())

    async def end(self, how: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(how)
            async with asyncio.timeout(30):
                await self._process.wait()
        await self._drain


class Platform:
    """A peer that never sends a text twice, and remembers which ids it was answered with."""

    def __init__(self, name: str, hub: HubProcess, numbers: itertools.count[int]) -> None:
        self.name = name
        self.hub = hub
        self.numbers = numbers
        self.answered: dict[str, tuple[str, str]] = {}  # id -> number, text
        self.told: dict[str, list[str]] = {}  # id -> words of its receipts
        self.heard: list[str] = []  # what phones wrote
        self.over = False

    async def run(self) -> None:
        while not self.over:
            client = SmppClient(name=self.name)
            try:
                await client.connect(self.hub.port)
                await self._on_one_line(client)
            except (OSError, TimeoutError, AssertionError):
                await asyncio.sleep(0.05)
            finally:
                self._note(client)
                if hasattr(client, "writer"):
                    await client.close()

    async def _on_one_line(self, client: SmppClient) -> None:
        while not self.over and not client.closed:
            number = next(self.numbers)
            to = f"138{number:08d}"
            if number % 5:
                answers = [await client.submit(to, b"text %d" % number)]
            else:
                parts = [b"\x05\x00\x03%c\x02%c" % (number % 256, place) for place in (1, 2)]
                asked = [client.submit(to, head + b"text %d " % number, esm_class=0x40) for head in parts]
                answers = await asyncio.gather(*asked)
            for answer in answers:
                assert answer.command_status == 0
                self.answered[answer.message_id] = to, f"text {number}"
            self._note(client)
            await asyncio.sleep(0.002)

    def _note(self, client: SmppClient) -> None:
        for receipt in client.receipts:
            self.told.setdefault(receipt.id, []).append(receipt.stat)
        self.heard += [one.short_message.decode("latin-1") for one in client.deliveries if not one.esm_class & 4]
        client.deliveries.clear()

    async def listen(self) -> None:
        """Be connected until everything has come."""
        client = await SmppClient(name=self.name).connect(self.hub.port)
        try:
            await until(lambda: (self._note(client), self.answered.keys() <= self.told.keys())[1], 40)
        finally:
            self._note(client)
            await client.close()


@contextlib.asynccontextmanager
async def operator() -> AsyncIterator[Simulator]:
    account = Account("smpp", "caiyou", SECRET, ACCESS_NUMBER)
    config = SimulatorConfig(smpp_port=0, cmpp_port=OFF, web_port=OFF, accounts=(account,), repeat_s=2.0)
    simulator = Simulator(config)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


async def test_nothing_answered_is_lost_by_kills(store_config: StoreConfig, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    async with operator() as simulator:
        config = tmp_path / "caiyou.toml"
        config.write_text(
            CONFIG.format(store=store_config, port=simulator.ports["smpp"], secret=SECRET, number=ACCESS_NUMBER)
        )
        add_peers(config)
        hub = HubProcess(config)
        await hub.start()
        numbers = itertools.count()
        platforms = [Platform(name, hub, numbers) for name in NAMES]
        running = [asyncio.create_task(platform.run()) for platform in platforms]
        written = 0
        for _ in range(ROUNDS):
            for _ in range(20):
                simulator.operator.say(
                    "13700000000", f"word {written}", f"{ACCESS_NUMBER}88", asyncio.get_running_loop().time()
                )
                simulator.touch()
                written += 1
                await asyncio.sleep(0.02)
            await asyncio.sleep(dice.uniform(0.2, 0.8))
            await hub.end(signal.SIGKILL)
            await hub.start()
        await asyncio.sleep(0.5)
        for platform in platforms:
            platform.over = True
        await asyncio.gather(*running)
        await asyncio.gather(*[platform.listen() for platform in platforms])
        await hub.end(signal.SIGTERM)

        kite, crow = platforms
        assert len(kite.answered) > 20 * ROUNDS, SEED
        for platform, other in ((kite, crow), (crow, kite)):
            assert not platform.told.keys() & other.answered.keys(), SEED
            words = {word for told in platform.told.values() for word in told}
            assert words == {"DELIVRD"}, (SEED, words)
            for to, text in platform.answered.values():
                shown = "".join(one.text for one in simulator.operator.handset("+86" + to).texts)
                assert text in shown, (SEED, to, text, shown)
        assert set(kite.heard) == {f"word {n}" for n in range(written)}, SEED
        assert crow.heard == []


def add_peers(config: Path) -> None:
    app = build(read_config(config))

    def work(books: object) -> None:
        books.accounts.add_domain("example.cn")  # type: ignore[attr-defined]
        for name in NAMES:
            account = books.accounts.add(f"{name}@example.cn")  # type: ignore[attr-defined]
            numbers = (f"{ACCESS_NUMBER}88",) if name == "kite" else ()
            books.peers.add(Peer(name, account.id, SECRET, numbers=numbers, binds=10))  # type: ignore[attr-defined]

    app.desk.run_now(work)
    app.store.engine.dispose()
    app.desk.blobs.close()
