"""Phones at a front worker: what they bring has the same reactions as at the hub's own door."""

from __future__ import annotations

import socket
from pathlib import Path

from carriers.simulator.config import Account
from carriers.simulator.server import Simulator
from gateway.app import build
from gateway.config import read_config
from mms.content import Body, Part
from mms.handsets.evidence import Stated
from tests.fakes.mm1 import ACCESS, Town
from tests.fakes.simulator import operator_config

ANNA, BEN = "+8613800000001", "+8613800000002"
CONFIG = """
[store]
data_dir = "{data_dir}"
[web]
port = {port}
workers = 1
[notices]
access_number = "{access}"
[mms]
access_number = "{access}"
mm1_gateways = ["127.0.0.1"]
[[link]]
name = "sms"
protocol = "smpp"
host = "127.0.0.1"
port = {smpp}
system_id = "caiyou"
password = "secret08"
[[link]]
name = "phones"
protocol = "mm1"
page_url = "http://m.example"
"""


async def test_fetched_and_handed_in_at_a_worker(tmp_path: Path) -> None:
    accounts = (Account("smpp", "caiyou", "secret08", access_number=ACCESS),)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = f"http://127.0.0.1:{port}"
    simulator = Simulator(operator_config("smpp", accounts=accounts, mms_gateway=gateway))
    await simulator.start()
    phones = simulator.phones
    assert phones is not None
    file = tmp_path / "caiyou.toml"
    file.write_text(CONFIG.format(data_dir=tmp_path / "data", port=port, access=ACCESS, smpp=simulator.ports["smpp"]))
    app = build(read_config(file), file)
    app.desk.run_now(lambda books: books.accounts.add_domain("example.cn"))
    await app.start()
    town = Town(app, simulator, phones)
    try:
        await town.until(lambda: all(facts.up for facts in app.desk.router.links.values()))
        message_id = await town.send(ANNA)
        await town.until(lambda: town.state(message_id) == "delivered")
        stated = Stated(app.desk.now_ms(), "smartphone-today")
        app.desk.run_now(lambda books: books.handsets.learn(BEN, stated))
        body = Body((Part("text/plain", b"hi", "a.txt", "", "utf-8"),))
        conf = await phones.send(ANNA, body, (BEN,), wants_reports=True)
        assert conf.response_status.is_ok
        (report,) = await town.until(lambda: phones.phone(ANNA).reports)
        assert report.message_id == conf.message_id
        assert not phones.errors
    finally:
        await app.stop()
        await simulator.stop()
