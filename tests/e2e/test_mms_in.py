"""The whole hub between two centres: MMS that come from another centre, and what that one is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.faults import Faults
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core.routes import Route
from mms.codec.mm4 import DeliveryReport, MmStatus, ReadReport
from mms.content import Body, Part
from mms.handsets.evidence import Stated
from mms.letters import read_letter
from tests.fakes.media import jpeg
from tests.fakes.mm4 import free_port

ACCESS = "10657000"
OURS, THEIRS = "mms.caiyou.example", "mms.simulator.example"
FRIEND, ANN_PHONE, OTHER, FAR_OFF = "+8613900000009", "+8613800000001", "+8613800000002", "+8613800000003"
PICTURE = Body((Part("image/jpeg", jpeg((300, 200)), "a.jpg"), Part("text/plain", "海边".encode(), "t.txt")))


@dataclass
class Hub:
    """A hub, another centre over MM4, and the MMS centre of our own phones over MM7."""

    app: App
    simulator: Simulator

    def say(self, to: str, body: Body = PICTURE, subject: str = "看") -> None:
        assert self.simulator.mm4 is not None
        self.simulator.mm4.say(FRIEND, body, subject=subject, to=to)

    def mailbox(self, address: str) -> list[Any]:
        def work(books: Any) -> list[Any]:
            account = books.accounts.by_address(address)
            return [dict(row) for row in books.mails.in_folder(books.mails.mailbox_of(account.id), "INBOX")]

        return self.app.desk.read_now(work)

    def told(self, kind: type) -> list[Any]:
        assert self.simulator.mm4 is not None
        return [report for report in self.simulator.mm4.told if isinstance(report, kind)]

    async def wait_for(self, what: Callable[[], Any], seconds: float = 20) -> Any:
        end = asyncio.get_running_loop().time() + seconds
        while not (found := what()):
            assert asyncio.get_running_loop().time() < end, "not in time"
            await asyncio.sleep(0.05)
        return found


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    vasp_port, mm4_port = free_port(), free_port()
    accounts = (Account("mm7", "vasp1", "s3cret", call_port=vasp_port), Account("mm4", OURS, "", call_port=mm4_port))
    faults = Faults(report_state={FAR_OFF: "EXPIRED"})
    simulator = Simulator(
        SimulatorConfig(mm7_port=0, mm4_port=0, accounts=accounts, report_delay_s=0.05, repeat_s=0.05, faults=faults)
    )
    await simulator.start()
    config = read_tables(
        {
            "store": {"data_dir": str(tmp_path / "data")},
            "smtp": {"port": 0},
            "web": {"port": 0},
            "notices": {"access_number": ACCESS},
            "mms": {"access_number": ACCESS, "page_url": "http://c.example", "workers": 1, "unknown_phones": "mms"},
            "link": [
                {
                    "name": "mmsc", "protocol": "mm7", "url": f"http://127.0.0.1:{simulator.ports['mm7']}/",
                    "vasp_id": "vasp1", "password": "s3cret", "auth": "basic", "dialect": "3gpp-rel6",
                    "service_code": "S", "access_number": ACCESS, "listen_port": vasp_port,
                    "listen_allow": ["127.0.0.1"],
                },
                {
                    "name": "centre", "protocol": "mm4", "host": "127.0.0.1", "port": simulator.ports["mm4"],
                    "peer_domain": THEIRS, "own_domain": OURS, "listen_port": mm4_port,
                    "listen_allow": ["127.0.0.1"], "answer_timeout_s": 2.0,
                },
            ],
        },
        "test",
    )  # fmt: skip
    app = build(config)

    def prepare(books: Any) -> None:
        books.accounts.add_domain("example.cn")
        books.routes.add(Route("+86138", "mmsc"))
        ann = books.accounts.add("ann@example.cn")
        books.phones.prove_number(ann.id, ANN_PHONE)
        for number in (ANN_PHONE, OTHER, FAR_OFF):
            books.handsets.learn(number, Stated(app.desk.now_ms(), "iphone-13"))

    app.desk.run_now(prepare)
    await app.start()
    made = Hub(app, simulator)
    await made.wait_for(lambda: all(facts.up for facts in app.desk.router.links.values()))
    yield made
    await app.stop()
    await simulator.stop()


async def test_an_mms_for_a_member_is_filed_and_reaches_the_phone_and_its_centre_hears_of_it(hub: Hub) -> None:
    hub.say(ANN_PHONE)
    assert hub.simulator.mmsc is not None
    await hub.wait_for(lambda: hub.simulator.mmsc and hub.simulator.mmsc.received)
    (got,) = hub.simulator.mmsc.received
    assert (got.number, got.subject) == (ANN_PHONE, "看")
    assert any(part.media_type == "image/jpeg" for part in got.body.parts)
    (row,) = hub.mailbox("ann@example.cn")
    assert (row["kind"], row["subject"], row["sender"]) == ("mms", "看", f"{FRIEND}@example.cn")
    (report,) = await hub.wait_for(lambda: hub.told(DeliveryReport))
    assert (report.status, report.sender, report.recipients) == (MmStatus.RETRIEVED, ANN_PHONE, (FRIEND,))
    (read,) = await hub.wait_for(lambda: hub.told(ReadReport))
    assert (read.mms_id, read.recipients) == (report.mms_id, (FRIEND,))


async def test_an_mms_that_nobody_fetched_waits_in_the_mailbox_and_nothing_is_told_yet(hub: Hub) -> None:
    hub.say(FAR_OFF)
    hub.say(OTHER)
    reports = await hub.wait_for(lambda: hub.told(DeliveryReport))
    assert [report.sender for report in reports] == [OTHER]

    def state() -> list[tuple[str, str]]:
        def work(books: Any) -> list[tuple[str, str]]:
            rows = [books.outbox.get(one) for one in books.outbox.to_number(FAR_OFF)]
            return [
                (row["state"], books.mms.facts([row["id"]])[row["id"]]["way"]) for row in rows if row["kind"] == "mms"
            ]

        return hub.app.desk.read_now(work)

    await hub.wait_for(lambda: state() == [("expired", "mailbox")])


async def test_words_alone_answer_as_an_sms_does(hub: Hub) -> None:
    hub.say(ACCESS, Body((Part("text/plain", "退订".encode(), "t.txt", charset="utf-8"),)), subject="")
    await hub.wait_for(lambda: hub.app.desk.read_now(lambda books: books.stops.among([FRIEND])))


async def test_the_letter_of_a_member_is_the_whole_mms(hub: Hub) -> None:
    hub.say(ANN_PHONE)
    (row,) = await hub.wait_for(lambda: hub.mailbox("ann@example.cn"))
    letter = read_letter(hub.app.desk.blobs.get(row["blob"]))
    assert [part.data for part in letter.body.parts if part.media_type != "application/smil"] == [
        part.data for part in PICTURE.parts
    ]
