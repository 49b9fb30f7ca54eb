"""Peers over MM7: the hub is the MMS centre of service providers, judged by requests written by hand."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web

from carriers.simulator.config import OFF, Account, SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core.errors import BadRequest
from gateway.core.peers import Peer, check
from gateway.store.schema import peer_deliveries
from mms.content import Body, Part
from mms.handsets.evidence import Stated
from tests.e2e.test_mm7_link import free_port
from tests.fakes.downstream import MEMBER, SECRET, until
from tests.fakes.media import jpeg
from tests.unit.mms.codec.mm7 import mm7_samples as samples

PHONE, OTHER = "+8613800000001", "+8613800000002"
SERVICE = "1065700077"
NS = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4"
#: As TS 23.140 annex L has it, with another prefix and order of attributes than the hub writes.
SUBMIT = """<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>
<mm7:TransactionID xmlns:mm7="{ns}" env:mustUnderstand="1">{transaction}</mm7:TransactionID>
</env:Header><env:Body>
<mm7:SubmitReq xmlns:mm7="{ns}">
<mm7:MM7Version>6.8.0</mm7:MM7Version>
<mm7:SenderIdentification><mm7:VASPID>{vasp}</mm7:VASPID><mm7:VASID>News</mm7:VASID>{sender}</mm7:SenderIdentification>
<mm7:Recipients><mm7:To>{to}</mm7:To></mm7:Recipients>
<mm7:ServiceCode>gold-sp33-im42</mm7:ServiceCode>
{more}
<mm7:DeliveryReport>true</mm7:DeliveryReport><mm7:ReadReply>true</mm7:ReadReply>
<mm7:Priority>Normal</mm7:Priority>
<mm7:Subject>News for today</mm7:Subject>
<mm7:Content href="cid:SaturnPics-01020930@news.tnn.com" allowAdaptations="true"/>
</mm7:SubmitReq></env:Body></env:Envelope>"""
CANCEL = """<?xml version="1.0"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>
<mm7:TransactionID xmlns:mm7="{ns}">c1</mm7:TransactionID>
</env:Header><env:Body><mm7:CancelReq xmlns:mm7="{ns}">
<mm7:MM7Version>6.8.0</mm7:MM7Version><mm7:MessageID>{message}</mm7:MessageID></mm7:CancelReq></env:Body></env:Envelope>"""


def body_of(soap: str, *, picture: bytes = b"", words: str = "Saturn is near.") -> tuple[str, bytes]:
    """Content type and octets of a SOAP message with attachments."""
    pieces = [
        b'--mime\r\nContent-Type: text/xml; charset="utf-8"\r\nContent-ID: <start>\r\n\r\n' + soap.encode() + b"\r\n",
        b"--mime\r\nContent-Type: multipart/mixed; boundary=inner\r\n"
        b"Content-ID: <SaturnPics-01020930@news.tnn.com>\r\n\r\n"
        b"--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-ID: <text@x>\r\n\r\n"
        + words.encode()
        + b"\r\n",
    ]
    if picture:
        encoded = base64.encodebytes(picture).replace(b"\n", b"\r\n")
        head = b"--inner\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <a@x>\r\n\r\n"
        pieces.append(head + encoded + b"\r\n")
    pieces.append(b"--inner--\r\n--mime--\r\n")
    return 'multipart/related; boundary="mime"; type="text/xml"; start="<start>"', b"".join(pieces)


@dataclass
class Vasp:
    """A service provider with a server that is told what became of things."""

    url: str
    heard: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    status: int = 1000

    async def hear(self, request: web.BaseRequest) -> web.Response:
        text = (await request.read()).decode("utf-8", "replace")
        self.signed.append(request.headers.get("Authorization", ""))
        self.heard.append(text)
        found = re.search(r"<(?:\w+:)?(DeliverReq|DeliveryReportReq|ReadReplyReq)", text)
        transaction = re.search(r"TransactionID[^>]*>([^<]+)<", text)
        assert found is not None
        assert transaction is not None
        name = found[1].replace("Req", "Rsp")
        answer = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header>'
            f'<t:TransactionID xmlns:t="urn:x">{transaction[1]}</t:TransactionID></e:Header><e:Body>'
            f'<t:{name} xmlns:t="urn:x"><t:MM7Version>6.8.0</t:MM7Version><t:Status>'
            f"<t:StatusCode>{self.status}</t:StatusCode></t:Status></t:{name}></e:Body></e:Envelope>"
        )
        return web.Response(text=answer, content_type="text/xml")

    def of(self, name: str) -> list[str]:
        return [text for text in self.heard if name in text]


@dataclass
class Hub:
    """A hub with an MMS centre above it and a service provider below it."""

    app: App
    simulator: Simulator
    vasp: Vasp
    client: aiohttp.ClientSession

    async def ask(self, content_type: str, data: bytes, user: str = "news", password: str = SECRET) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.app.downstream.ports['mm7']}/"
        auth = aiohttp.encode_basic_auth(user, password)
        headers = {"Content-Type": content_type, "SOAPAction": '""', "Authorization": auth}
        async with self.client.post(url, data=data, headers=headers) as answer:
            return answer.status, await answer.text()

    async def submit(self, to: str = PHONE, *, picture: bytes = b"", **fields: str) -> tuple[int, str]:
        numbers = "".join(f"<mm7:Number>{one}</mm7:Number>" for one in to.split())
        filled = {"transaction": "vas00001", "vasp": "news", "sender": "", "more": ""} | fields
        return await self.ask(*body_of(SUBMIT.format(ns=NS, to=numbers, **filled), picture=picture))

    def pictures(self, number: str) -> list[Body]:
        assert self.simulator.mmsc is not None
        return [one.body for one in self.simulator.mmsc.received if one.number == number]

    async def set_peer(self, **changes: Any) -> None:
        await self.app.desk.commit(lambda books: books.peers.change("news", changes))
        await self.app.downstream._learn()


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    vasp = Vasp("")
    server = web.Server(vasp.hear)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    vasp.url = f"http://me:mine@127.0.0.1:{listener.sockets[0].getsockname()[1]}/told"
    call_port = free_port()
    simulator = Simulator(
        SimulatorConfig(
            smpp_port=OFF, mm7_port=0, web_port=-1, report_delay_s=0.05, access_number="1065",
            accounts=(Account("mm7", "vasp1", "s3cret", access_number="1065", call_port=call_port),),
        )
    )  # fmt: skip
    await simulator.start()
    config = read_tables(
        {
            "store": {"data_dir": str(tmp_path / "data")},
            "web": {"port": 0},
            "downstream_mm7": {"port": 0},
            "link": [
                {
                    "name": "mmsc", "protocol": "mm7", "url": f"http://127.0.0.1:{simulator.ports['mm7']}/",
                    "vasp_id": "vasp1", "password": "s3cret", "auth": "basic", "access_number": "1065",
                    "listen_port": call_port, "listen_allow": ["127.0.0.1"],
                }
            ],
        },
        "test",
    )  # fmt: skip
    app = build(config)

    def prepare(books: Any) -> None:
        books.accounts.add_domain("example.cn")
        account = books.accounts.add(MEMBER)
        peer = Peer("news", account.id, SECRET, protocols=("mm7",), numbers=(SERVICE,), callback=vasp.url, balance=100)
        books.peers.add(peer)
        for number in (PHONE, OTHER):
            books.handsets.learn(number, Stated(app.desk.now_ms(), "iphone-13"))

    app.desk.run_now(prepare)
    await app.start()
    await until(lambda: all(facts.up for facts in app.desk.router.links.values()))
    async with aiohttp.ClientSession() as client:
        yield Hub(app, simulator, vasp, client)
    await app.stop()
    await simulator.stop()
    listener.close()
    await server.shutdown(1)


async def test_a_submit_reaches_phones_and_its_ends_reach_the_provider(hub: Hub) -> None:
    status, answer = await hub.submit(f"{PHONE} 13800000002", picture=jpeg((640, 480)))
    assert status == 200
    assert "<" in answer
    assert "StatusCode>1000<" in answer
    assert "REL-6-MM7-1-4" in answer
    assert "vas00001" in answer
    message = re.search(r"MessageID>(\d+)<", answer)
    assert message is not None
    for number in (PHONE, OTHER):
        (body,) = await until(lambda number=number: hub.pictures(number))
        assert any(part.media_type.startswith("image/") for part in body.parts)
        assert any(b"Saturn is near." in part.data for part in body.parts)
    reports = await until(lambda: (found := hub.vasp.of("DeliveryReportReq")) and len(found) == 2 and found)
    assert all(f">{message[1]}<" in report and ">Retrieved<" in report for report in reports)
    assert any("13800000002" in report and "+8613800000002" not in report for report in reports)  # as it was written
    read = await until(lambda: hub.vasp.of("ReadReplyReq"))
    assert f">{message[1]}<" in read[0]
    assert hub.vasp.signed[0] == aiohttp.encode_basic_auth("me", "mine")
    peer = await hub.app.desk.read(lambda books: books.peers.by_name("news"))
    assert peer.balance == 98
    await until(lambda: hub.app.desk.read_now(lambda books: books.peers.figures(peer.id))["deliveries"] == 0)


async def test_the_same_transaction_again_sends_nothing_again(hub: Hub) -> None:
    first, second = await hub.submit(), await hub.submit()
    ids = [re.findall(r"MessageID>(\d+)<", answer) for _, answer in (first, second)]
    assert ids[0] == ids[1] != []
    _, third = await hub.submit(to=OTHER, transaction="vas00002")
    assert re.findall(r"MessageID>(\d+)<", third) != ids[0]
    await until(lambda: hub.pictures(OTHER) and hub.pictures(PHONE))
    assert len(hub.pictures(PHONE)) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "nobody"}, 2002),
        ({"to": "12"}, 2002),
        ({"vasp": "other"}, 4001),
        ({"sender": "<mm7:SenderAddress><mm7:Number>10086</mm7:Number></mm7:SenderAddress>"}, 2001),
        ({"to": "+8618900000001"}, 2001),
        ({"more": "<mm7:ExpiryDate>2020-01-01T00:00:00Z</mm7:ExpiryDate>"}, 2007),
    ],
)
async def test_what_is_refused_says_why(hub: Hub, fields: dict[str, str], code: int) -> None:
    await hub.set_peer(senders=("1065*",), prefixes=("+86138",))
    _, answer = await hub.submit(**{"to": PHONE} | fields)
    assert f"StatusCode>{code}<" in answer
    assert not re.search(r"MessageID>\d", answer)


async def test_caps_balance_and_stops_hold(hub: Hub) -> None:
    await hub.set_peer(balance=1)
    _, answer = await hub.submit(f"{PHONE} {OTHER}")
    assert "StatusCode>4007<" in answer
    hub.app.desk.run_now(lambda books: books.stops.stop(PHONE, "TD"))
    _, answer = await hub.submit()
    assert "StatusCode>2001<" in answer
    await hub.set_peer(rate_per_s=1, balance=None)
    answers = [await hub.submit(to=OTHER, transaction=f"t{n}") for n in range(3)]
    assert [status for status, _ in answers][-1] == 503
    assert "StatusCode>4006<" in answers[-1][1]


async def test_who_is_not_known_is_not_let_in(hub: Hub) -> None:
    soap = SUBMIT.format(
        ns=NS, transaction="t", vasp="news", sender="", more="", to=f"<mm7:Number>{PHONE}</mm7:Number>"
    )
    kind, data = body_of(soap)
    for user, password in (("news", "wrong"), ("nobody", SECRET), ("news\0", SECRET)):
        assert (await hub.ask(kind, data, user, password))[0] == 401
    await hub.set_peer(networks=("192.0.2.0/24",))
    assert "StatusCode>4001<" in (await hub.ask(kind, data))[1]
    await hub.set_peer(networks=(), enabled=False)
    assert (await hub.ask(kind, data))[0] == 401
    for _ in range(10):
        status, _ = await hub.ask(kind, data, "nobody")
    assert status == 429


async def test_samples_of_two_families_are_taken_byte_for_byte(hub: Hub) -> None:
    """As Mbuni and the test programs of China Mobile's interface write them."""

    def prepare(books: Any) -> None:
        account = books.accounts.by_address(MEMBER)
        for name in ("vasp1", "111"):
            books.peers.add(Peer(name, account.id, SECRET, protocols=("mm7",)))

    await hub.app.desk.commit(prepare)
    await hub.app.downstream._learn()
    status, answer = await hub.ask(samples.MBUNI_SUBMIT_TYPE, samples.MBUNI_SUBMIT, "vasp1")
    assert (status, samples.REL_6_4 in answer) == (200, True)
    assert "StatusCode>2002<" in answer  # one of its recipients is a mail address
    numbers_alone = samples.MBUNI_SUBMIT.replace(b"<mm7:RFC2822Address>bob@example.org</mm7:RFC2822Address>", b"")
    status, answer = await hub.ask(samples.MBUNI_SUBMIT_TYPE, numbers_alone, "vasp1")
    assert (status, "StatusCode>1000<" in answer, ">tx-0001<" in answer) == (200, True, True)
    status, answer = await hub.ask(samples.CHINA_MOBILE_TYPE, samples.china_mobile(), "111")
    assert (status, "StatusCode>1000<" in answer, samples.SCHEMA + "REL-6-MM7-1-0" in answer) == (200, True, True)
    assert "6.3.0" in answer
    queued = hub.app.desk.read_now(lambda books: books.outbox.to_number("+8613111111111"))
    assert len(queued) == 1


async def test_phones_of_one_submit_do_not_see_each_other(hub: Hub) -> None:
    more = "<mm7:ServiceCode>S</mm7:ServiceCode>"
    answer = (await hub.submit(to=f"{PHONE} {OTHER}", more=more))[1]
    found = re.search(r"MessageID>(\d+)<", answer)
    assert found is not None

    def letters(books: Any) -> list[bytes]:
        facts = books.mms.facts([int(found[1])])
        return [hub.app.desk.blobs.get(row["letter"]) for row in facts.values()]

    (letter,) = hub.app.desk.read_now(letters)
    assert PHONE[3:].encode() not in letter
    assert OTHER[3:].encode() not in letter


@pytest.mark.parametrize(
    "data", [b"", b"<x/>", b"--mime\r\n\r\n<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff" * 99]
)
async def test_what_is_no_mm7_is_a_fault(hub: Hub, data: bytes) -> None:
    status, answer = await hub.ask("text/xml", data)
    assert (status, "Fault" in answer) == (500, True)
    status, _ = await hub.submit()
    assert status == 200


async def test_taken_back_in_time_and_too_late(hub: Hub) -> None:
    _, answer = await hub.submit(more="<mm7:EarliestDeliveryTime>2099-01-01T00:00:00Z</mm7:EarliestDeliveryTime>"
        "<mm7:ExpiryDate>2099-01-03T00:00:00Z</mm7:ExpiryDate>")  # fmt: skip
    (message,) = re.findall(r"MessageID>(\d+)<", answer)
    _, answer = await hub.ask("text/xml", CANCEL.format(ns=NS, message=message).encode())
    assert "CancelRsp" in answer
    assert "StatusCode>1000<" in answer
    (report,) = await until(lambda: hub.vasp.of("DeliveryReportReq"))
    assert ">Rejected<" in report
    _, answer = await hub.ask("text/xml", CANCEL.format(ns=NS, message=message).encode())
    assert "StatusCode>2005<" in answer


async def test_mms_of_phones_are_brought_until_they_are_taken(hub: Hub) -> None:
    hub.vasp.status = 3000
    assert hub.simulator.mmsc is not None
    hub.simulator.mmsc.say(
        PHONE, Body((Part("text/plain", "你好".encode(), charset="utf-8"),)), subject="hi", to=f"{SERVICE}5"
    )
    await until(lambda: hub.vasp.of("DeliverReq"))
    hub.vasp.status = 1000
    hub.app.desk.run_now(_due_now)
    found = await until(lambda: (all_of_them := hub.vasp.of("DeliverReq")) and len(all_of_them) == 2 and all_of_them)
    assert "你好" in found[1]
    assert PHONE in found[1]
    transactions = {re.findall(r"TransactionID[^>]*>([^<]+)<", one)[0] for one in found}
    assert len(transactions) == 1


def _due_now(books: Any) -> None:
    """What waits for its next try waits no longer."""
    books.tx.execute(sa.update(peer_deliveries).values(due_ms=0))


@pytest.mark.parametrize(
    "fields",
    [
        {"protocols": ("mm7", "smpp")},
        {"protocols": ("smpp",), "callback": "http://x.example/"},
        {"callback": "ftp://x.example/"},
        {"callback": "http://x.example/ y"},
        {"callback": "x" * 400},
    ],
)
def test_who_can_be_no_peer_of_mm7(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        check(Peer(**{"name": "news", "account_id": 1, "secret": SECRET, "protocols": ("mm7",)} | fields))
