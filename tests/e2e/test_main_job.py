"""The main job, whole: a mail comes in over SMTP and the phone rings, on both carriers and both databases."""

from __future__ import annotations

import asyncio
import mailbox
import smtplib
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from carriers.simulator.config import SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core.stories import Story
from gateway.store.database import StoreConfig
from gateway.store.desk import BooksOfStore
from gateway.store.schema import relay
from gateway.store.stories import Stories
from mail2sms.rules import read_rule, write_rule

PHONE = "+8613800138000"
MEMBER = "li@example.cn"


class Hub:
    """A hub and an operator, both real, with one member whose phone is proved."""

    def __init__(self, app: App, simulator: Simulator, token: str, data_dir: Path) -> None:
        self.app = app
        self.simulator = simulator
        self.token = token
        self.data_dir = data_dir

    def texts(self, number: str) -> list[str]:
        """What a handset shows, oldest first."""
        handset = self.simulator.operator.handset(number)
        return [text.text for text in handset.texts if text.is_whole and not text.from_phone]

    def say(self, number: str, text: str, to: str | None = None) -> None:
        """Let a phone write; without `to` it answers whoever wrote last."""
        self.simulator.operator.say(number, text, to, asyncio.get_running_loop().time())

    async def wait_for(self, what: Callable[[], Any], seconds: float = 15) -> Any:
        """Wait until something is so."""
        end = asyncio.get_running_loop().time() + seconds
        while not (found := what()):
            assert asyncio.get_running_loop().time() < end, "it did not come about in time"
            await asyncio.sleep(0.02)
        return found

    async def settled(self, subject_id: int, state: str) -> Story:
        """Wait until a message is in a state; its story."""
        end = asyncio.get_running_loop().time() + 15
        while True:
            story = await self.app.desk.read(lambda books: Stories(books.tx).of(subject_id))
            if story is not None and story.state == state:
                return story
            assert asyncio.get_running_loop().time() < end, f"{story} is not {state} in time"
            await asyncio.sleep(0.05)

    async def send_mail(
        self, message: EmailMessage, recipient: str = MEMBER, sender: str = "zhang@elsewhere.cn"
    ) -> None:
        """Hand a mail in at the SMTP door."""
        assert self.app.mail.smtp is not None
        port = self.app.mail.smtp.port

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.send_message(message, "zhang@elsewhere.cn", [MEMBER])

        await asyncio.to_thread(send)

    def mails(self, account: str = MEMBER) -> list[Any]:
        """The mails in a member's Maildir, as any reader of Maildirs sees them."""

        def find(books: BooksOfStore) -> Path:
            found = books.accounts.by_address(account)
            assert found is not None
            mailbox_id = books.mails.mailbox_of(found.id)
            assert mailbox_id is not None
            return self.app.desk.blobs.maildir(mailbox_id, "INBOX")

        directory = self.app.desk.read_now(find)
        return list(mailbox.Maildir(directory, create=False)) if (directory / "new").is_dir() else []


@pytest.fixture(params=["smpp", "cmpp2", "cmpp3"])
async def hub(request: pytest.FixtureRequest, store_config: StoreConfig, tmp_path: Path) -> AsyncIterator[Hub]:
    simulator = Simulator(SimulatorConfig(smpp_port=0, cmpp_port=0, web_port=-1, report_delay_s=0.05))
    await simulator.start()
    links: dict[str, dict[str, Any]] = {
        "smpp": {
            "protocol": "smpp",
            "port": simulator.ports["smpp"],
            "system_id": "caiyou",
            "password": "secret08",
            "access_number": "10657000",
        },
        "cmpp2": {
            "protocol": "cmpp",
            "port": simulator.ports["cmpp"],
            "sp_id": "900001",
            "secret": "888888",
            "access_number": "10657000",
        },
    }
    links["cmpp3"] = links["cmpp2"] | {"version": "3.0"}
    config = read_tables(
        {
            "store": {"url": store_config.url, "data_dir": store_config.data_dir},
            "smtp": {"port": 0},
            "web": {"port": 0},
            "notices": {"access_number": "10657000"},
            "link": [{"name": "carrier", "host": "127.0.0.1"} | links[request.param]],
        },
        "test",
    )
    app = build(config)

    def prepare(books: BooksOfStore) -> str:
        books.accounts.add_domain("example.cn")
        account = books.accounts.add(MEMBER, display_name="李四")
        books.phones.start_proof(account.id, PHONE, "", 0)
        phone = books.phones.get(account.id, PHONE)
        assert phone is not None
        books.phones.prove(phone.id)
        books.rules.add(account.id, "arrival", write_rule(read_rule({})))
        return books.accounts.add_token(account.id, "test", "send read")

    token = app.desk.run_now(prepare)
    await app.start()
    yield Hub(app, simulator, token, Path(store_config.data_dir))
    await app.stop()
    await simulator.stop()


def a_mail(subject: str = "合同评审", text: str = "请提前准备材料。") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "张三 <zhang@elsewhere.cn>"
    message["To"] = MEMBER
    message["Subject"] = subject
    message["Message-ID"] = "<first@elsewhere.cn>"
    message.set_content(text)
    return message


async def test_a_mail_rings_the_phone_and_its_story_can_be_read(hub: Hub) -> None:
    await hub.send_mail(a_mail())
    texts = await hub.wait_for(lambda: hub.texts(PHONE))
    assert len(texts) == 1
    assert "张三" in texts[0]
    assert "合同评审" in texts[0]
    assert len(texts[0]) <= 70
    mails = await hub.wait_for(hub.mails)
    assert [mail["Message-ID"] for mail in mails] == ["<first@elsewhere.cn>"]
    (message_id,) = await hub.app.desk.read(lambda books: books.outbox.to_number(PHONE))
    story = await hub.settled(message_id, "delivered")
    assert [step.step for step in reversed(story.steps)] == ["queued", "sending", "accepted", "report", "delivered"]
    lines = await hub.app.desk.read(lambda books: list(books.ledger.export(since_ms=0, until_ms=1 << 62)))
    assert [line["fact"] for line in lines if line["message_id"] == message_id] == ["sms-sent"]


async def test_the_phones_answer_becomes_a_mail_in_the_thread(hub: Hub) -> None:
    await hub.send_mail(a_mail())
    await hub.wait_for(lambda: hub.texts(PHONE))
    assert hub.simulator.operator.handset(PHONE).last_sender.startswith("10657000")
    hub.say(PHONE, "收到，下午见")
    found = await hub.wait_for(lambda: _relay_rows(hub))
    body = hub.app.desk.blobs.get(found[0]["blob"])
    reply = message_from_bytes(body, policy=policy.default)
    assert reply["In-Reply-To"] == "<first@elsewhere.cn>"
    assert "<first@elsewhere.cn>" in reply["References"]
    assert "合同评审" in reply["Subject"]
    assert "收到，下午见" in reply.get_body(("plain",)).get_content()
    assert found[0]["recipient"] == "zhang@elsewhere.cn"


def _relay_rows(hub: Hub) -> list[dict[str, Any]]:
    return hub.app.desk.read_now(lambda books: [dict(row) for row in books.tx.read(relay.select()).mappings()])


async def test_stop_is_honoured_for_good(hub: Hub) -> None:
    await hub.send_mail(a_mail())
    await hub.wait_for(lambda: hub.texts(PHONE))
    hub.say(PHONE, "退订", "10657000")
    await hub.wait_for(lambda: hub.app.desk.read_now(lambda books: books.stops.among([PHONE])))
    before = len(hub.texts(PHONE))
    await hub.send_mail(a_mail("又一封"))
    await hub.wait_for(lambda: len(hub.mails()) == 2)
    await asyncio.sleep(0.5)
    assert not any("又一封" in text for text in hub.texts(PHONE)[before:])


async def test_a_long_text_by_the_api_arrives_whole(hub: Hub) -> None:
    text = "🎉长短信" * 40
    async with (
        aiohttp.ClientSession() as client,
        client.post(
            f"http://127.0.0.1:{hub.app.web.port}/api/v1/messages",
            json={"to": PHONE, "text": text, "key": "k1"},
            headers={"Authorization": f"Bearer {hub.token}"},
        ) as answer,
    ):
        assert answer.status == 202
        taken = await answer.json()
    assert taken["segments"] == 3
    assert await hub.wait_for(lambda: hub.texts(PHONE)) == [text]
    story = await hub.settled(int(taken["id"]), "delivered")
    assert [segment["state"] for segment in story.segments] == ["delivered"] * 3
