"""A hub that is the MMS centre of phones with an MMS program, which an operator or modems bring its pushes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carriers.simulator.config import Account
from carriers.simulator.mms_phones import MmsPhones
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose
from mms.assembly import assemble
from mms.content import Content, Part
from mms.letters import Letter, write_letter
from tests.fakes.media import jpeg
from tests.fakes.simulator import operator_config

ACCESS = "10657000"


def letter_to(number: str, now_ms: int) -> bytes:
    """A letter with a picture."""
    body = assemble(Content((Part("image/jpeg", jpeg((300, 200)), "a.jpg"),)), screen=(176, 220))
    return write_letter(Letter("hello", ACCESS, (number,), body, now_ms, "<a@b.example>"))


@dataclass
class Town:
    """A hub, an operator, and phones."""

    app: App
    simulator: Simulator
    phones: MmsPhones

    async def until(self, what: Any, seconds: float = 20) -> Any:
        end = asyncio.get_running_loop().time() + seconds
        while not (found := what()):
            assert asyncio.get_running_loop().time() < end, f"not in time; {list(self.phones.errors)}"
            await asyncio.sleep(0.03)
        return found

    async def send(self, number: str) -> int:
        desk = self.app.desk
        letter = letter_to(number, desk.now_ms())
        blob = await desk.blobs.put(desk.new_id(), letter)
        message = NewMms(number, blob, len(letter), Purpose.API, subject="hello", way=Way.MMS, want_read=True)
        return await desk.commit(lambda books: books.mms.add(message))

    def state(self, message_id: int) -> str:
        row = self.app.desk.read_now(lambda books: books.outbox.get(message_id))
        assert row is not None
        return str(row["state"])


@contextlib.asynccontextmanager
async def open_town(directory: Path, *links: dict[str, Any]) -> AsyncIterator[Town]:
    """A hub at work, with these links for SMS; without any with SMPP."""
    accounts = (Account("smpp", "caiyou", "secret08", access_number=ACCESS),)
    simulator = Simulator(operator_config("smpp", web_port=0, accounts=accounts, mms_gateway="http://127.0.0.1:9"))
    await simulator.start()
    smpp = {
        "name": "sms", "protocol": "smpp", "host": "127.0.0.1", "port": simulator.ports["smpp"],
        "system_id": "caiyou", "password": "secret08", "access_number": ACCESS,
    }  # fmt: skip
    config = read_tables(
        {
            "store": {"data_dir": str(directory / "data")},
            "web": {"port": 0, "connections_per_address": 2000},
            "notices": {"access_number": ACCESS},
            "mms": {"access_number": ACCESS, "mm1_gateways": ["127.0.0.0/8"]},
            "link": [*(links or (smpp,)), {"name": "phones", "protocol": "mm1", "page_url": "http://m.example"}],
        },
        "test",
    )
    app = build(config)
    app.desk.run_now(lambda books: books.accounts.add_domain("example.cn"))
    await app.start()
    phones = simulator.phones
    assert phones is not None
    phones.gateway = f"http://127.0.0.1:{app.web.port}"  # the hub's port is known only now
    town = Town(app, simulator, phones)
    try:
        await town.until(lambda: all(facts.up for facts in app.desk.router.links.values()))
        yield town
    finally:
        await app.stop()
        await simulator.stop()
