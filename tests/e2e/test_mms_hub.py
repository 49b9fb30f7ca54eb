"""The whole hub with MMS: a photo mailed to phones, the page for a phone without MMS, a card made by SMS."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import smtplib
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from mms.cards.catalogue import templates
from mms.content import Body, Part
from mms.handsets.evidence import Stated
from tests.e2e.test_mm7_link import free_port
from tests.fakes.media import camera_exif, jpeg

ACCESS = "10657000"
MODERN, SMALL, PLAIN, MAKER = "+8613800000001", "+8613800000002", "+8613800000003", "+8613800000004"
#: A phone of 2005.
OLD_AGENT = "Nokia6230i/2.0 (03.25) Profile/MIDP-2.0 Configuration/CLDC-1.1"


class Hub:
    """A hub, an SMS operator and an MMS centre, all real."""

    def __init__(self, app: App, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator
        self.url = f"http://127.0.0.1:{app.web.port}"

    def texts(self, number: str) -> list[str]:
        handset = self.simulator.operator.handset(number)
        return [text.text for text in handset.texts if text.is_whole and not text.from_phone]

    def say(self, number: str, text: str) -> None:
        self.simulator.operator.say(number, text, ACCESS, asyncio.get_running_loop().time())

    def pictures(self, number: str) -> list[Any]:
        assert self.simulator.mmsc is not None
        return [
            Image.open(io.BytesIO(part.data))
            for one in self.simulator.mmsc.received
            if one.number == number
            for part in one.body.parts
            if part.media_type.startswith("image/")
        ]

    async def wait_for(self, what: Callable[[], Any], seconds: float = 30) -> Any:
        end = asyncio.get_running_loop().time() + seconds
        while not (found := what()):
            assert asyncio.get_running_loop().time() < end, f"not in time; the maker has {self.texts(MAKER)}"
            await asyncio.sleep(0.05)
        return found

    async def mail(self, *numbers: str) -> None:
        assert self.app.mail.smtp is not None
        port = self.app.mail.smtp.port
        message = EmailMessage()
        message["From"] = "张三 <zhang@elsewhere.cn>"
        message["To"] = ", ".join(f"{number.removeprefix('+86')}@example.cn" for number in numbers)
        message["Subject"] = "海边"
        message.set_content("我们在海边，很好！")
        message.add_attachment(
            jpeg((1600, 1200), exif=camera_exif()), maintype="image", subtype="jpeg", filename="IMG_0001.JPG"
        )

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.send_message(message)

        await asyncio.to_thread(send)

    def state_of(self, number: str) -> list[tuple[str, str]]:
        rows = self.app.desk.read_now(lambda books: [books.outbox.get(one) for one in books.outbox.to_number(number)])
        return [(row["link"], row["state"]) for row in rows if row is not None and row["kind"] == "mms"]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    call_port = free_port()
    simulator = Simulator(
        SimulatorConfig(
            smpp_port=0, mm7_port=0, web_port=-1, report_delay_s=0.05,
            accounts=(
                Account("smpp", "caiyou", "secret08", access_number=ACCESS),
                Account("mm7", "vasp1", "s3cret", call_port=call_port),
            ),
        )
    )  # fmt: skip
    await simulator.start()
    config = read_tables(
        {
            "store": {"data_dir": str(tmp_path / "data")},
            "smtp": {"port": 0, "phone_mail_from": "anyone"},
            "web": {"port": 0},
            "notices": {"access_number": ACCESS},
            "mms": {"access_number": ACCESS, "page_url": "http://c.example", "workers": 2},
            "link": [
                {
                    "name": "sms", "protocol": "smpp", "host": "127.0.0.1", "port": simulator.ports["smpp"],
                    "system_id": "caiyou", "password": "secret08", "access_number": ACCESS,
                },
                {
                    "name": "mmsc", "protocol": "mm7", "url": f"http://127.0.0.1:{simulator.ports['mm7']}/",
                    "vasp_id": "vasp1", "password": "s3cret", "auth": "basic", "dialect": "3gpp-rel6",
                    "service_code": "S", "access_number": ACCESS, "listen_port": call_port,
                    "listen_allow": ["127.0.0.1"],
                },
            ],
        },
        "test",
    )  # fmt: skip
    app = build(config)

    def prepare(books: Any) -> None:
        books.accounts.add_domain("example.cn")
        now_ms = app.desk.now_ms()
        books.handsets.learn(MODERN, Stated(now_ms, "iphone-13"))
        books.handsets.learn(SMALL, Stated(now_ms, "sony-ericsson-t610"))
        books.handsets.learn(PLAIN, Stated(now_ms, "nokia-3310"))

    app.desk.run_now(prepare)
    await app.start()
    made = Hub(app, simulator)
    await made.wait_for(lambda: all(facts.up for facts in app.desk.router.links.values()))
    yield made
    await made.app.stop()  # a test may have made another
    await simulator.stop()


async def test_a_photo_mailed_to_three_phones_reaches_each_in_its_way(hub: Hub) -> None:
    await hub.mail(MODERN, SMALL, PLAIN)
    (large,) = await hub.wait_for(lambda: hub.pictures(MODERN))
    (small,) = await hub.wait_for(lambda: hub.pictures(SMALL))
    assert large.width >= 1000
    assert max(small.size) <= 160
    assert not large.getexif()
    await hub.wait_for(lambda: hub.state_of(MODERN) == [("mmsc", "delivered")])
    await hub.wait_for(lambda: hub.state_of(SMALL) == [("mmsc", "delivered")])
    learnt = hub.app.desk.read_now(lambda books: [books.handsets.memory(one).fetched_ms for one in (MODERN, PLAIN)])
    assert learnt[0]  # by the centre's report
    assert not learnt[1]
    (text,) = await hub.wait_for(lambda: hub.texts(PLAIN))
    found = re.search(r"http://c\.example(/p/\w+) 密码(\d{6})", text)
    assert found is not None, text
    assert hub.state_of(PLAIN) == [("~mailbox", "accepted")]
    await look(hub, found[1], found[2])
    assert hub.state_of(PLAIN) == [("~mailbox", "delivered")]


async def look(hub: Hub, path: str, pin: str) -> None:
    """What the owner of an old phone does with the SMS."""
    headers = {"User-Agent": OLD_AGENT}
    async with aiohttp.ClientSession(hub.url, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with browser.get("/p/nosuchlink") as answer:
            assert answer.status == 404
        async with browser.get(path) as answer:
            page = await answer.text()
            assert answer.status == 200
            assert "海边" not in page
            assert PLAIN[3:] not in page
        async with browser.post(path, data={"pin": "000000" if pin != "000000" else "1"}) as answer:
            assert answer.status == 403
        async with browser.post(path, data={"pin": pin}, allow_redirects=False) as answer:
            assert answer.status == 303
            inside = answer.headers["Location"]
        async with browser.get(inside) as answer:
            page = await answer.text()
            assert len(page.encode()) < 10_240
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "我们在海边" in page
        assert "<script" not in page
        (source,) = re.findall(r'<img src="([^"]+)"', page)
        async with browser.get(source) as answer:
            picture = Image.open(io.BytesIO(await answer.read()))
            assert answer.content_type == "image/jpeg"
        assert max(picture.size) <= 640
        async with browser.get(inside[:-1] + ("a" if inside[-1] != "a" else "b"), allow_redirects=False) as answer:
            assert answer.status == 303
        async with browser.post(inside, data={"password": "short"}) as answer:
            assert answer.status == 400
        async with browser.post(inside, data={"password": "long enough 1"}) as answer:
            assert answer.status == 200
    account, password_hash = hub.app.desk.read_now(
        lambda books: books.accounts.login(f"{PLAIN.lstrip('+')}@example.cn")
    )
    assert account.address.startswith("8613800000003@")
    assert password_hash


async def test_many_wrong_pins_lock_it_and_a_new_one_comes_by_sms(hub: Hub) -> None:
    await hub.mail(PLAIN)
    (text,) = await hub.wait_for(lambda: hub.texts(PLAIN))
    path = re.search(r"/p/\w+", text)
    assert path is not None
    async with aiohttp.ClientSession(hub.url) as browser:
        codes = []
        for n in range(6):
            async with browser.post(path[0], data={"pin": f"x{n}"}) as answer:
                codes.append(answer.status)
        assert codes == [403, 403, 403, 403, 403, 429]
        async with browser.post(f"{path[0]}/pin") as answer:
            assert answer.status == 200
        await hub.wait_for(lambda: len(hub.texts(PLAIN)) == 2)
        pin = re.search(r"\d{6}", hub.texts(PLAIN)[1])
        assert pin is not None
        async with browser.post(f"{path[0]}/pin") as answer:
            assert answer.status == 200
        async with browser.post(path[0], data={"pin": pin[0]}, allow_redirects=False) as answer:
            assert answer.status == 303
    await asyncio.sleep(0.5)
    assert len(hub.texts(PLAIN)) == 2


async def test_a_card_made_by_sms_arrives_as_mms_and_its_maker_is_told(hub: Hub) -> None:
    place, look = next((n, one) for n, one in enumerate(templates(), 1) if one.genre == "business")
    example = look.example("zh")
    answers = [str(place), *(example.value(one.key) or "跳过" for one in look.fields), MODERN, "OK"]
    hub.say(MAKER, "8878")
    for count, said in enumerate(answers, 1):
        await hub.wait_for(lambda count=count: len(hub.texts(MAKER)) >= count)
        hub.say(MAKER, said)
    await hub.wait_for(lambda: hub.pictures(MODERN))
    await hub.wait_for(lambda: any("已收到" in text for text in hub.texts(MAKER)))
    assert len(hub.texts(MAKER)) == len(answers) + 2


async def test_a_card_for_a_phone_without_mms_is_seen_on_the_page(hub: Hub) -> None:
    place, look = next((n, one) for n, one in enumerate(templates(), 1) if one.genre != "business")
    hub.say(MAKER, "贺卡")
    example = look.example("zh")
    answers = [str(place), *(example.value(one.key) or "跳过" for one in look.fields), PLAIN, "OK"]
    for count, said in enumerate(answers, 1):
        await hub.wait_for(lambda count=count: len(hub.texts(MAKER)) >= count)
        hub.say(MAKER, said)
    (text,) = await hub.wait_for(lambda: hub.texts(PLAIN))
    found = re.search(r"(/p/\w+) 密码(\d{6})", text)
    assert found is not None
    async with aiohttp.ClientSession(hub.url) as browser:
        async with browser.post(found[1], data={"pin": found[2]}) as answer:
            page = await answer.text()
        source = re.search(r'<img src="([^"]+)"', page)
        assert source is not None, page
        async with browser.get(source[1]) as answer:
            assert Image.open(io.BytesIO(await answer.read())).width > 200
    await hub.wait_for(lambda: any("已收到" in said for said in hub.texts(MAKER)))


PICTURE = Body((Part("image/jpeg", jpeg((300, 200)), "看.jpg"), Part("text/plain", "收到，谢谢".encode(), "t.txt")))


def filed(hub: Hub, address: str) -> list[tuple[str, str]]:
    """(kind, subject) of what lies in a mailbox."""

    def work(books: Any) -> list[tuple[str, str]]:
        account = books.accounts.by_address(address)
        rows = books.mails.in_folder(books.mails.mailbox_of(account.id), "INBOX")
        return [(row["kind"], row["subject"]) for row in rows]

    return hub.app.desk.read_now(work)


async def test_an_mms_answers_a_mail_with_its_picture(hub: Hub) -> None:
    def prepare(books: Any) -> None:
        books.accounts.add("anna@example.cn")

    hub.app.desk.run_now(prepare)
    assert hub.app.mail.smtp is not None
    port = hub.app.mail.smtp.port
    message = EmailMessage()
    message["From"], message["To"] = "anna@example.cn", f"{MAKER.removeprefix('+86')}@example.cn"
    message["Subject"], message["Message-ID"] = "问候", "<ask@example.cn>"
    message.set_content("你好吗？")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.send_message(message)

    hub.app.desk.run_now(lambda books: books.accounts.add("postmaster@example.cn"))
    await asyncio.to_thread(send)
    await hub.wait_for(lambda: hub.texts(MAKER))
    to = hub.simulator.operator.handset(MAKER).last_sender
    assert hub.simulator.mmsc is not None
    hub.simulator.mmsc.say(MAKER, PICTURE, subject="", to=to)
    await hub.wait_for(lambda: filed(hub, "anna@example.cn"))
    assert filed(hub, "anna@example.cn") == [("mail", "Re: 问候")]


async def test_an_mms_to_our_number_is_filed_for_the_member_whose_phone_it_is(hub: Hub) -> None:
    def prepare(books: Any) -> None:
        account = books.accounts.add("mao@example.cn")
        books.phones.prove_number(account.id, MAKER)

    hub.app.desk.run_now(prepare)
    assert hub.simulator.mmsc is not None
    hub.simulator.mmsc.say(MAKER, PICTURE, subject="看", to=ACCESS)
    await hub.wait_for(lambda: filed(hub, "mao@example.cn"))
    assert filed(hub, "mao@example.cn") == [("mms", "看")]


async def test_an_mms_by_the_api_and_a_card(hub: Hub) -> None:
    def prepare(books: Any) -> str:
        account = books.accounts.add("api@example.cn", display_name="王芳")
        return str(books.accounts.add_token(account.id, "test", "send read"))

    token = hub.app.desk.run_now(prepare)
    photo = base64.b64encode(jpeg((1200, 900))).decode()
    async with aiohttp.ClientSession(hub.url, headers={"Authorization": f"Bearer {token}"}) as client:
        document = {
            "to": [MODERN, SMALL], "subject": "海边", "text": "我们在海边。", "key": "k1",
            "parts": [{"type": "image/jpeg", "name": "a.jpg", "data": photo}],
        }  # fmt: skip
        async with client.post("/api/v1/mms", json=document) as answer:
            assert answer.status == 202
            sent = (await answer.json())["messages"]
        async with client.post("/api/v1/mms", json=document) as answer:
            again = (await answer.json())["messages"]
        assert [one["id"] for one in again] == [one["id"] for one in sent]
        await hub.wait_for(lambda: hub.pictures(MODERN) and hub.pictures(SMALL))
        assert max(hub.pictures(SMALL)[0].size) <= 160
        async with client.get("/api/v1/cards/templates") as answer:
            keys = [look["key"] for look in (await answer.json())["templates"]]
        assert "spring-festival" in keys
        card = {"template": "spring-festival", "language": "zh", "fields": {"to": "小明"}}
        async with client.post("/api/v1/mms", json={"to": MODERN, "card": card}) as answer:
            assert answer.status == 202
        await hub.wait_for(lambda: len(hub.pictures(MODERN)) > 1)
        for wrong in (
            {"to": MODERN}, {"to": [], "text": "x"}, {"to": "12", "text": "x"},
            {"to": MODERN, "card": {"template": "no"}}, {"to": MODERN, "text": "x", "way": "pigeon"},
            {"to": MODERN, "parts": [{"type": "image/jpeg", "data": "!"}]},
            {"to": MODERN, "text": "x", "colour": 1},
        ):  # fmt: skip
            async with client.post("/api/v1/mms", json=wrong) as answer:
                assert answer.status in (400, 422), await answer.text()
