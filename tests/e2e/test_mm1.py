"""MM1: phones are told by WAP push, fetch over HTTP, acknowledge, hand in their own, and are told again in reason."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core.mms import CanMms, NewMms, Way
from gateway.core.outbox import Purpose
from mms.assembly import assemble, content_of
from mms.codec.codes import PduType, ReadStatus, ResponseStatus, RetrieveStatus, Status
from mms.codec.pdu import (
    AcknowledgeInd,
    ForwardConf,
    ForwardReq,
    NotificationInd,
    NotifyRespInd,
    ReadRecInd,
    RetrieveConf,
    SendConf,
    SendReq,
    decode,
)
from mms.codec.push import Push
from mms.content import Body, Content, Part
from mms.letters import Letter, write_letter
from tests.fakes.media import jpeg

ACCESS = "10657000"
PHONE, FRIEND = "+8613800000001", "+8613800000002"
AGENT = "SonyEricssonK750i/R1CA Browser/SEMC-Browser/4.2 Profile/MIDP-2.0 Configuration/CLDC-1.1"


class Hub:
    """A hub that is the MMS centre of the operator's phones."""

    def __init__(self, app: App, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator
        self.url = f"http://127.0.0.1:{app.web.port}"

    def pushes(self, number: str) -> list[NotificationInd]:
        """The notifications a phone got: data SMS to the port of pushes."""
        found = []
        for text in self.simulator.operator.handset(number).texts:
            if text.data is not None and text.ports is not None and text.ports.destination == 2948:
                pdu = decode(Push.decode(text.data).data)
                assert isinstance(pdu, NotificationInd)
                found.append(pdu)
        return found

    async def wait_for(self, what: Callable[[], Any], seconds: float = 20) -> Any:
        end = asyncio.get_running_loop().time() + seconds
        while not (found := what()):
            assert asyncio.get_running_loop().time() < end, "it did not come about in time"
            await asyncio.sleep(0.03)
        return found

    async def send(self, number: str = PHONE) -> int:
        body = assemble(Content((Part("image/jpeg", jpeg((900, 700)), "a.jpg"),)), screen=(640, 480))
        letter = write_letter(Letter("照片", "10657000", (number,), body, self.app.desk.now_ms(), "<a@b.example>"))
        blob = await self.app.desk.blobs.put(self.app.desk.new_id(), letter)
        message = NewMms(number, blob, len(letter), Purpose.API, subject="照片", way=Way.MMS, want_read=True)
        return await self.app.desk.commit(lambda books: books.mms.add(message))

    def state(self, message_id: int) -> str:
        row = self.app.desk.read_now(lambda books: books.outbox.get(message_id))
        assert row is not None
        return str(row["state"])

    def path(self, told: NotificationInd) -> str:
        return told.content_location.removeprefix("http://m.example")


@pytest.fixture
def clock() -> list[int]:
    """Milliseconds by which the hub's clock is ahead."""
    return [0]


@pytest.fixture
async def hub(tmp_path: Path, clock: list[int]) -> AsyncIterator[Hub]:
    simulator = Simulator(
        SimulatorConfig(
            smpp_port=0, web_port=-1, accounts=(Account("smpp", "caiyou", "secret08", access_number=ACCESS),)
        )
    )
    await simulator.start()
    config = read_tables(
        {
            "store": {"data_dir": str(tmp_path / "data")},
            "web": {"port": 0},
            "notices": {"access_number": ACCESS},
            "mms": {"access_number": ACCESS, "mm1_gateways": ["127.0.0.1"]},
            "link": [
                {
                    "name": "sms", "protocol": "smpp", "host": "127.0.0.1", "port": simulator.ports["smpp"],
                    "system_id": "caiyou", "password": "secret08", "access_number": ACCESS,
                },
                {"name": "phones", "protocol": "mm1", "page_url": "http://m.example"},
            ],
        },
        "test",
    )  # fmt: skip
    from gateway import clock as hub_clock

    app = build(config, now_ms=lambda: hub_clock.now_ms() + clock[0])
    app.desk.run_now(lambda books: books.accounts.add_domain("example.cn"))
    await app.start()
    made = Hub(app, simulator)
    await made.wait_for(lambda: all(facts.up for facts in app.desk.router.links.values()))
    yield made
    await app.stop()
    await simulator.stop()


async def fetch(hub: Hub, told: NotificationInd) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession(hub.url, headers={"User-Agent": AGENT}) as phone,
        phone.get(hub.path(told)) as answer,
    ):
        assert answer.content_type in ("application/vnd.wap.mms-message", "text/plain")
        octets = await answer.read()
        assert int(answer.headers["Content-Length"]) == len(octets)
        return answer.status, octets


async def post(hub: Hub, octets: bytes, path: str = "/mm1", **headers: str) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession(hub.url, headers={"User-Agent": AGENT, **headers}) as phone,
        phone.post(path, data=io.BytesIO(octets)) as answer,
    ):
        return answer.status, await answer.read()


async def test_a_phone_is_told_fetches_and_acknowledges(hub: Hub) -> None:
    hub.app.desk.run_now(lambda books: books.handsets.learn(PHONE, _stated(hub)))
    message_id = await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    assert told.TYPE is PduType.NOTIFICATION_IND
    assert told.content_location == f"http://m.example/mm1/{told.transaction_id}"
    status, octets = await fetch(hub, told)
    message = decode(octets)
    assert status == 200
    assert isinstance(message, RetrieveConf)
    assert (message.transaction_id, message.subject) == (told.transaction_id, "照片")
    assert message.body is not None
    assert content_of(message.body).parts[0].media_type == "image/jpeg"
    assert told.size_octets == pytest.approx(len(octets), abs=100)
    assert await fetch(hub, told) == (200, octets)
    assert hub.state(message_id) == "accepted"
    assert (await post(hub, AcknowledgeInd(transaction_id=told.transaction_id).encode()))[0] == 200
    await hub.wait_for(lambda: hub.state(message_id) == "delivered")
    known = hub.app.desk.read_now(lambda books: books.handsets.of(PHONE))
    assert (known.mms, known.handset.key) == (CanMms.YES, "sony-ericsson-k750")
    read = ReadRecInd(message_id=message.message_id, to="10657000", read_status=ReadStatus.READ)
    assert (await post(hub, read.encode()))[0] == 200
    facts = hub.app.desk.read_now(lambda books: books.mms.facts([message_id]))[message_id]
    assert facts["read_ms"]


async def test_a_phone_that_turns_out_to_be_another_gets_it_fitted_anew_and_always_the_same(hub: Hub) -> None:
    message_id = await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    answers = await asyncio.gather(*(fetch(hub, told) for _ in range(8)))
    (octets,) = {octets for _, octets in answers}
    message = decode(octets)
    assert isinstance(message, RetrieveConf)
    assert message.body is not None
    (picture,) = content_of(message.body).parts
    with Image.open(io.BytesIO(picture.data)) as image:
        assert max(image.size) <= 220  # a screen of 176x220
    assert len(octets) < told.size_octets / 2
    facts = hub.app.desk.read_now(lambda books: books.mms.facts([message_id]))[message_id]
    assert facts["handset"] == "sony-ericsson-k750"
    assert await fetch(hub, told) == (200, octets)


async def test_rejected_goes_to_the_mailbox_and_deferred_waits(hub: Hub) -> None:
    rejected = await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    response = NotifyRespInd(transaction_id=told.transaction_id, status=Status.REJECTED)
    assert (await post(hub, response.encode()))[0] == 200
    await hub.wait_for(lambda: hub.state(rejected) == "failed")
    assert hub.app.desk.read_now(lambda books: books.pickups.waiting_of(PHONE))
    deferred = await hub.send(FRIEND)
    (told,) = await hub.wait_for(lambda: hub.pushes(FRIEND))
    await post(hub, NotifyRespInd(transaction_id=told.transaction_id, status=Status.DEFERRED).encode())
    assert hub.state(deferred) == "accepted"


async def look_after(hub: Hub, clock: list[int], minutes: float) -> None:
    """Let the time pass, and the chore run."""
    from gateway.mmsc.centre import Centre

    clock[0] += int(minutes * 60_000)
    served = hub.app.dispatcher.served["phones"].lane.link
    centre: Centre = served._centre  # type: ignore[attr-defined]
    while await hub.app.desk.read(centre.has_due):
        await hub.app.desk.commit(centre.pass_time)


async def test_a_phone_that_never_fetches_is_told_five_times_in_a_week_and_then_by_sms(
    hub: Hub, clock: list[int]
) -> None:
    message_id = await hub.send()
    await hub.wait_for(lambda: hub.pushes(PHONE))
    for _ in range(7 * 24 + 2):
        await look_after(hub, clock, 60)
    await hub.wait_for(lambda: hub.state(message_id) == "expired")
    await asyncio.sleep(0.3)
    assert len(hub.pushes(PHONE)) == 5
    assert len({told.transaction_id for told in hub.pushes(PHONE)}) == 1
    assert hub.app.desk.read_now(lambda books: books.pickups.waiting_of(PHONE))


async def test_a_fetch_whose_acknowledgement_is_lost_is_delivered_and_never_told_again(
    hub: Hub, clock: list[int]
) -> None:
    message_id = await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    await fetch(hub, told)
    await hub.wait_for(lambda: hub.app.journal.counts["mm1_fetched", "phones"])
    await look_after(hub, clock, 11)
    assert hub.state(message_id) == "delivered"
    for _ in range(20):
        await look_after(hub, clock, 60)
    assert len(hub.pushes(PHONE)) == 1
    assert (await fetch(hub, told))[0] == 200


async def test_after_its_time_a_phone_is_told_that_it_is_gone(hub: Hub, clock: list[int]) -> None:
    await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    clock[0] += 8 * 86_400_000
    _, octets = await fetch(hub, told)
    gone = decode(octets)
    assert isinstance(gone, RetrieveConf)
    assert (gone.retrieve_status, gone.body) == (RetrieveStatus.NOT_FOUND, None)


async def test_a_phone_hands_in_an_mms_for_another_phone(hub: Hub) -> None:
    body = assemble(Content((Part("image/jpeg", jpeg((300, 200)), "b.jpg"),)), screen=(176, 220))
    request = SendReq(transaction_id="T1", body=body, to=(FRIEND,), subject="hi").encode()
    hub.app.desk.run_now(lambda books: books.handsets.learn(FRIEND, _stated(hub)))
    status, octets = await post(hub, request, **{"X-MSISDN": PHONE})
    conf = decode(octets)
    assert isinstance(conf, SendConf)
    assert (status, conf.response_status, conf.transaction_id) == (200, ResponseStatus.OK, "T1")
    (told,) = await hub.wait_for(lambda: hub.pushes(FRIEND))
    assert told.sender.startswith(PHONE)
    again = decode((await post(hub, request, **{"X-MSISDN": PHONE}))[1])
    assert isinstance(again, SendConf)
    await asyncio.sleep(0.5)
    assert len(hub.pushes(FRIEND)) == 1
    nobody = decode((await post(hub, request))[1])
    assert isinstance(nobody, SendConf)
    assert nobody.response_status is not ResponseStatus.OK


def _stated(hub: Hub) -> Any:
    from mms.handsets.evidence import Stated

    return Stated(hub.app.desk.now_ms(), "sony-ericsson-k750")


@pytest.mark.parametrize("octets", [b"", b"\x8c", b"\x8c\x80\x98T1\x00\x8d\x92" + b"\xff" * 50, b"GET / HTTP/1.1"])
async def test_what_is_no_pdu_is_refused(hub: Hub, octets: bytes) -> None:
    status, answer = await post(hub, octets)
    if octets.startswith(b"\x8c\x80\x98"):
        conf = decode(answer)
        assert isinstance(conf, SendConf)
        assert conf.response_status is not ResponseStatus.OK
    else:
        assert status == 400
    async with aiohttp.ClientSession(hub.url) as phone, phone.get("/mm1/nosuchtoken") as reply:
        assert reply.status == 404


async def test_a_phone_that_breaks_off_has_not_fetched(hub: Hub) -> None:
    await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    one = hub.app.desk.read_now(lambda books: books.mm1.get(told.transaction_id))
    assert one is not None
    assert one.push_id is not None
    # More than sockets hold: only then does the hub see it.
    large = RetrieveConf(body=Body((Part("image/jpeg", b"\xff\xd8" + bytes(14 << 20), "a.jpg"),)), date_s=1).encode()
    blob = await hub.app.desk.blobs.put(one.push_id, large, anew=True)
    await hub.app.desk.commit(lambda books: books.mm1.refitted(one, blob, "unknown", ""))
    address = hub.url.removeprefix("http://").split(":")
    for _ in range(3):
        reader, writer = await asyncio.open_connection(address[0], int(address[1]))
        writer.write(f"GET {hub.path(told)} HTTP/1.1\r\nHost: m.example\r\n\r\n".encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.transport.abort()
    await hub.wait_for(lambda: hub.app.journal.counts["mm1_broken_off", "phones"] == 3)
    one = hub.app.desk.read_now(lambda books: books.mm1.get(told.transaction_id))
    assert one is not None
    assert one.state == "told"


async def test_other_requests_of_phones(hub: Hub) -> None:
    await hub.send()
    (told,) = await hub.wait_for(lambda: hub.pushes(PHONE))
    hub.app.desk.run_now(lambda books: books.handsets.learn(FRIEND, _stated(hub)))
    forward = ForwardReq(transaction_id="F1", content_location=told.content_location, to=(FRIEND,))
    conf = decode((await post(hub, forward.encode()))[1])
    assert isinstance(conf, ForwardConf)
    assert conf.response_status is ResponseStatus.OK
    (forwarded,) = await hub.wait_for(lambda: hub.pushes(FRIEND))
    assert forwarded.sender.startswith(PHONE)
    unknown = ForwardReq(transaction_id="F2", content_location="http://m.example/mm1/nothing", to=(FRIEND,))
    conf = decode((await post(hub, unknown.encode()))[1])
    assert isinstance(conf, ForwardConf)
    assert conf.response_status is ResponseStatus.NOT_FOUND
    # The address of an MMS says whose phone it is where no gateway does.
    body = assemble(Content((Part("text/plain", b"hi", "a.txt", "", "utf-8"),)), screen=(176, 220))
    request = SendReq(transaction_id="S1", body=body, to=("anna@example.cn",), subject="hi").encode()
    sent = decode((await post(hub, request, hub.path(told)))[1])
    assert isinstance(sent, SendConf)
    assert sent.response_status is ResponseStatus.OK
    row = hub.app.desk.read_now(lambda books: books.inbox.get(int(sent.message_id)))
    assert row is not None
    assert row["sender"] == PHONE
    status, _ = await post(hub, told.encode())
    assert status == 400
    async with aiohttp.ClientSession(hub.url) as phone, phone.put(hub.path(told)) as answer:
        assert answer.status == 404
    large = b"\x8c\x80\x98T1\x00\x8d\x92" + bytes(5 << 20)
    assert (await post(hub, large))[0] == 413
