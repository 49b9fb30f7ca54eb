"""MMS and cards by the API over the whole hub: what is previewed is what arrives; hostile bodies are told why."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from PIL import Image

from gateway.core.mms import Way
from gateway.store.schema import mailboxes
from gateway.web import previews
from mms.assembly import content_of
from mms.codec.pdu import RetrieveConf, decode
from mms.content import SMIL, Body
from mms.letters import read_letter
from tests.e2e.test_mms_hub import MODERN, PLAIN, SMALL, Hub, hub
from tests.fakes.media import jpeg

__all__ = ["hub"]  # the fixture

PHOTO = jpeg((1200, 900))
PARTS = [{"type": "image/jpeg", "name": "a.jpg", "data": base64.b64encode(PHOTO).decode()}]
CARD = {"template": "business-plain", "language": "zh", "fields": {"name": "王芳", "phone": "13800138000"}}


class Client:
    """A member with a token."""

    def __init__(self, hub: Hub, session: aiohttp.ClientSession) -> None:
        self.hub = hub
        self.session = session

    async def ask(self, method: str, path: str, document: Any = None, **more: Any) -> tuple[int, Any]:
        if document is not None:
            more["json"] = document
        async with self.session.request(method, f"/api/v1/{path}", **more) as answer:
            if "json" in answer.content_type:
                return answer.status, await answer.json(content_type=None)
            return answer.status, await answer.read()

    async def made(self, method: str, path: str, document: Any = None, **more: Any) -> Any:
        status, found = await self.ask(method, path, document, **more)
        assert status in (200, 201, 202), found
        return found

    def files(self, folder: str, flags: str = "") -> list[bytes]:
        """What lies in a folder of the member's Maildir, and bears these flags there."""
        desk = self.hub.app.desk

        def mailbox(books: Any) -> int:
            return int(books.mails.mailbox_of(books.accounts.by_address("api@example.cn").id))

        directory = desk.blobs.maildir(desk.read_now(mailbox), folder)
        return [
            path.read_bytes()
            for path in directory.glob("*/*")
            if path.parent.name in ("new", "cur") and set(flags) <= set(path.name.partition(":2,")[2])
        ]

    def quota(self) -> tuple[int, int]:
        def work(books: Any) -> tuple[int, int]:
            account = books.accounts.by_address("api@example.cn")
            return books.mails.quota(books.mails.mailbox_of(account.id))  # type: ignore[no-any-return]

        return self.hub.app.desk.read_now(work)


@pytest.fixture
async def client(hub: Hub) -> AsyncIterator[Client]:
    def prepare(books: Any) -> str:
        account = books.accounts.add("api@example.cn", display_name="王芳")
        return str(books.accounts.add_token(account.id, "test", "send read"))

    token = hub.app.desk.run_now(prepare)
    async with aiohttp.ClientSession(hub.url, headers={"Authorization": f"Bearer {token}"}) as session:
        yield Client(hub, session)


def media(body: Body) -> list[tuple[str, bytes]]:
    return [(part.media_type, part.data) for part in body.parts if part.media_type != SMIL]


def received(hub: Hub, number: str) -> list[Body]:
    assert hub.simulator.mmsc is not None
    return [one.body for one in hub.simulator.mmsc.received if one.number == number]


def screens(previewed: Any) -> list[bytes]:
    return [base64.b64decode(slide["png"]) for slide in previewed["slides"]]


async def test_what_is_previewed_is_what_arrives(client: Client, hub: Hub) -> None:
    document = {"subject": "海边", "text": "我们在海边。", "parts": PARTS}
    found = await client.made(
        "POST", "mms/preview", document | {"handsets": ["sony-ericsson-t610", "nokia-3310"], "language": "zh"}
    )
    small, plain = found["previews"]
    assert small["screen"] == list(Image.open(io.BytesIO(screens(small)[0])).size) == [128, 160]
    assert small["octets"] <= small["max_octets"]
    assert any("缩小" in line or "压缩" in line for line in small["lines"])
    assert Image.open(io.BytesIO(base64.b64decode(small["animated"]))).size == (128, 160)
    assert plain["way"] == "mailbox"
    assert plain["sms"].startswith("【彩邮】王芳")
    assert "slides" not in plain

    sent = (await client.made("POST", "mms", document | {"to": [SMALL]}))["messages"][0]
    status, early = await client.ask("GET", f"messages/{sent['id']}/preview")
    assert status in (200, 409), early
    (body,) = await hub.wait_for(lambda: received(hub, SMALL))
    row = hub.app.desk.read_now(lambda books: books.outbox.get(int(sent["id"])))
    assert row is not None
    pdu = decode(hub.app.desk.blobs.get(row["blob"]))
    assert isinstance(pdu, RetrieveConf)
    assert pdu.body is not None
    assert media(pdu.body) == media(body)
    shown = await client.made("GET", f"messages/{sent['id']}/preview?language=zh")
    assert (shown["handset"], shown["receipt"], shown["lines"]) == (
        "sony-ericsson-t610", small["receipt"], small["lines"],
    )  # fmt: skip
    # The bar above the first screen names the sender and the subject of either.
    assert screens(shown) == screens(small)
    other = await client.made("GET", f"messages/{sent['id']}/preview?handset=iphone-13")
    assert other["screen"] != shown["screen"]
    status, wrong = await client.ask("GET", f"messages/{sent['id']}/preview?handset=none")
    assert (status, wrong["errors"][0]["field"]) == (422, "handsets[0]")


async def test_a_message_of_somebody_else_or_in_a_mailbox_has_no_preview(client: Client, hub: Hub) -> None:
    sent = (await client.made("POST", "mms", {"to": PLAIN, "text": "你好", "way": Way.MAILBOX}))["messages"][0]
    await hub.wait_for(lambda: hub.texts(PLAIN))
    status, found = await client.ask("GET", f"messages/{sent['id']}/preview")
    assert (status, found["code"]) == (409, "not_fitted")
    assert (await client.ask("GET", "messages/5/preview"))[0] == 404


async def test_files_come_by_a_form_and_slides_stand_as_they_were_asked_for(client: Client, hub: Hub) -> None:
    form = aiohttp.FormData()
    for name, value in (("to", MODERN), ("to", MODERN), ("subject", "两天"), ("report", "true")):
        form.add_field(name, value)
    slides = [{"text": "第一天", "visual": "b.jpg", "duration_ms": 3000}, {"text": "第二天", "visual": "a.jpg"}]
    form.add_field("slides", json.dumps(slides))
    second = jpeg((640, 480), seed=2)
    form.add_field("file", PHOTO, filename="a.jpg", content_type="image/jpeg")
    form.add_field("file", second, filename="b.jpg", content_type="image/jpeg")
    found = await client.made("POST", "mms", data=form)
    assert len(found["messages"]) == 1
    (body,) = await hub.wait_for(lambda: received(hub, MODERN))
    content = content_of(body)
    texts = [part.data.decode() for slide in content.slides if (part := content.part(slide.text))]
    assert texts == ["第一天", "第二天"]
    assert [slide.duration_ms for slide in content.slides] == [3000, 5000]
    widths = []
    for slide in content.slides:
        shown = content.part(slide.visual)
        assert shown is not None
        widths.append(Image.open(io.BytesIO(shown.data)).width)
    assert widths[0] == 640
    assert widths[1] > 640


async def test_phones_of_one_request_do_not_see_each_other(client: Client, hub: Hub) -> None:
    numbers = ["+8613800000001", "+8613800000002"]
    found = await client.made("POST", "mms", {"to": numbers, "text": "hello", "subject": "hi"})

    def letters(books: Any) -> list[bytes]:
        facts = books.mms.facts([int(one["id"]) for one in found["messages"]])
        return [books.stored(row["letter"]) for row in facts.values()]

    for letter in hub.app.desk.read_now(letters):
        assert not any(number[3:].encode() in letter for number in numbers)
    await hub.wait_for(lambda: client.files("Sent"))
    (copy,) = client.files("Sent")
    assert all(number[3:].encode() in copy for number in numbers)


async def test_one_for_later_waits(client: Client, hub: Hub) -> None:
    moment = datetime.now(UTC) + timedelta(hours=2)
    document = {"to": MODERN, "text": "你好", "not_before": moment.isoformat(), "validity_s": 600}
    sent = (await client.made("POST", "mms", document))["messages"][0]
    row = hub.app.desk.read_now(lambda books: books.outbox.get(int(sent["id"])))
    assert row is not None
    assert row["due_ms"] == int(moment.timestamp() * 1000)
    assert row["expires_ms"] - row["due_ms"] == 600_000


async def test_a_card_is_kept_edited_copied_sent_and_forgotten(client: Client, hub: Hub) -> None:
    before = client.quota()
    photo = {"photo": "me.jpg", "parts": [{**PARTS[0], "name": "me.jpg"}]}
    made = await client.made("POST", "cards", CARD | photo)
    card = made["id"]
    assert (made["folder"], made["starred"], made["subject"]) == ("Cards", False, "王芳")
    assert client.quota()[0] == before[0] + made["octets"]
    (mail,) = await hub.wait_for(lambda: client.files("Cards", "S"))
    letter = read_letter(mail)
    assert letter.source is not None
    assert any(part.media_type.startswith("image/") for part in letter.body.parts)

    edited = await client.made(
        "PUT",
        f"cards/{card}",
        {**CARD, "fields": {**CARD["fields"], "company": "彩邮"}, "photo": made["photo"]},  # type: ignore[dict-item]
    )
    assert (edited["id"], edited["fields"]["company"], edited["subject"]) == (card, "彩邮", "王芳 彩邮")
    await hub.wait_for(lambda: [one for one in client.files("Cards") if one != mail] == client.files("Cards"))
    assert client.quota()[0] == before[0] + edited["octets"]

    copy = await client.made("POST", f"cards/{card}/copy")
    assert copy["id"] != card
    assert copy["fields"] == edited["fields"]
    await client.made("PATCH", f"cards/{card}", {"starred": True})
    await hub.wait_for(lambda: client.files("Cards", "FS"))
    starred = await client.made("PUT", f"cards/{card}", {**CARD, "photo": made["photo"]})
    assert starred["starred"]
    await hub.wait_for(lambda: len(client.files("Cards")) == 2 and len(client.files("Cards", "FS")) == 1)
    await client.made("PATCH", f"cards/{card}", {"starred": False})
    await hub.wait_for(lambda: not client.files("Cards", "F"))
    moved = await client.made("PATCH", f"cards/{copy['id']}", {"starred": True, "folder": "名片夹"})
    assert (moved["starred"], moved["folder"]) == (True, "名片夹")
    await hub.wait_for(lambda: (len(client.files("Cards")), len(client.files("名片夹"))) == (1, 1))
    back = await client.made("PATCH", f"cards/{copy['id']}", {"folder": "Cards"})
    assert back["starred"]
    await hub.wait_for(lambda: (len(client.files("Cards")), len(client.files("名片夹"))) == (2, 0))
    await client.made("PATCH", f"cards/{copy['id']}", {"folder": "名片夹"})
    listed = await client.made("GET", "cards")
    assert [one["id"] for one in listed["cards"]] == [card]
    assert [one["id"] for one in (await client.made("GET", "cards?folder=名片夹&starred=true"))["cards"]] == [
        copy["id"]
    ]
    picture = Image.open(io.BytesIO(await client.made("GET", f"cards/{card}/picture?width=240")))
    assert (picture.format, picture.size) == ("PNG", (240, 150))

    await client.made("POST", "mms", {"to": [MODERN, SMALL], "saved": card})
    await hub.wait_for(lambda: hub.pictures(MODERN) and hub.pictures(SMALL))
    assert hub.pictures(MODERN)[0].width > 800
    assert max(hub.pictures(SMALL)[0].size) <= 160

    for one in (card, copy["id"]):
        await client.made("DELETE", f"cards/{one}")
        assert (await client.ask("GET", f"cards/{one}"))[0] == 404
    await hub.wait_for(lambda: not client.files("Cards") and not client.files("名片夹"))
    status, gone = await client.ask("POST", "mms", {"to": MODERN, "saved": card})
    assert (status, gone["errors"][0]["field"]) == (422, "saved")


async def test_a_card_that_finds_no_room_leaves_nothing_behind(client: Client, hub: Hub) -> None:
    def fill(books: Any) -> None:
        account = books.accounts.by_address("api@example.cn")
        books.tx.execute(sa.update(mailboxes).where(mailboxes.c.account_id == account.id).values(quota_octets=5000))

    hub.app.desk.run_now(fill)
    status, found = await client.ask("POST", "cards", CARD)
    assert (status, found["code"]) == (507, "mailbox_full")
    assert not (await client.made("GET", "cards"))["cards"]


async def test_templates_have_pictures(client: Client) -> None:
    picture = Image.open(io.BytesIO(await client.made("GET", "cards/templates/mid-autumn/picture")))
    assert picture.size == (160, 128)
    assert (await client.ask("GET", "cards/templates/none/picture"))[0] == 404


BROKEN = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()


WRONG: list[tuple[Any, str]] = [
    ({"text": "x", "handsets": ["none"]}, "handsets[0]"),
    ({"text": "x", "handsets": ["nokia-6610"] * 9}, "handsets"),
    ({"text": "x", "handsets": [5]}, "handsets[0]"),
    ({"text": "x", "language": "fr"}, "language"),
    ({"text": "x", "to": MODERN}, "to"),
    ({}, "parts"),
    ({"text": "x", "slides": [{"text": "y"}]}, "text"),
    ({"slides": [{}]}, "slides"),
    ({"slides": [{"visual": "a.jpg"}]}, "slides"),
    ({"slides": [{"text": "x", "duration_ms": True}]}, "slides"),
    ({"slides": [{"text": "x", "duration_ms": 1}]}, "slides"),
    ({"slides": [{"text": "x"}] * 41}, "slides"),
    ({"slides": [{"audio": "a.jpg"}], "parts": PARTS}, "slides"),
    ({"parts": [{"data": "!"}]}, "parts[0].data"),
    ({"parts": [{"data": ""}]}, "parts[0].data"),
    ({"parts": [{"data": 5}]}, "parts[0]"),
    ({"parts": [{"url": "http://127.0.0.1/"}]}, "parts[0]"),
    ({"parts": [{"data": "AA=="}] * 21}, "parts"),
    ({"card": {"template": "none"}}, "card"),
    ({"card": {"template": "love", "colour": "red"}}, "card"),
    ({"card": {"template": "love", "fields": {"to": 5}}}, "card"),
    ({"card": {"template": "love", "photo": "a.jpg"}}, "parts"),
    ({"card": {"template": "love"}, "text": "x"}, "card"),
    ({"saved": "12"}, "saved"),
    ({"saved": 12}, "saved"),
    ({"text": "x" * 10_001}, "text"),
    ({"subject": "x" * 201, "text": "x"}, "subject"),
    ({"text": "x", "read_report": "yes"}, "read_report"),
]


async def test_what_cannot_be_previewed_is_told_why(client: Client) -> None:
    for document, field in WRONG:
        status, found = await client.ask("POST", "mms/preview", document)
        assert (status, found["errors"][0]["field"]) == (422, field), found
        assert found["remedy"]


async def test_hostile_media_cost_their_preview_and_nothing_else(client: Client) -> None:
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    broken = {"type": "image/png", "name": "broken.png", "data": BROKEN}
    large = {"type": "image/png", "name": "bomb.png", "data": base64.b64encode(bomb.getvalue()).decode()}
    for parts in ([broken], [broken, large]):
        found = await client.made("POST", "mms/preview", {"parts": parts, "handsets": ["nokia-6610"]})
        assert found["previews"][0]["refused"]
    found = await client.made("POST", "mms/preview", {"text": "x", "parts": [broken], "handsets": ["nokia-6610"]})
    assert any("broken.png" in line for line in found["previews"][0]["lines"])
    found = await client.made("POST", "mms/preview", {"parts": PARTS, "handsets": ["nokia-6610"]})
    assert found["previews"][0]["slides"]


async def test_previews_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"text": "x", "handsets": ["nokia-6610"]}
    monkeypatch.setattr(previews, "MAX_PICTURES", 10)
    status, found = await client.ask("POST", "mms/preview", document)
    assert (status, found["code"]) == (422, "too_large")
    monkeypatch.setattr(previews, "MAX_WAITING", 0)
    status, found = await client.ask("POST", "mms/preview", document)
    assert (status, found["code"]) == (429, "too_many")


NO_BODIES: list[tuple[bytes, str, int]] = [
    (b"--x\r\n\r\nhello\r\n--x--", "multipart/form-data; boundary=x", 400),
    (b"nothing", "multipart/form-data; boundary=x", 400),
    (b"nothing", "multipart/form-data", 400),
    (b'--x\r\nContent-Disposition: form-data; name="to"\r\n\r\n+86138', "multipart/form-data; boundary=x", 400),
    (
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
        422,
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
        422,
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="card"\r\n\r\n{\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
        422,
    ),
    (
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
        400,
    ),
    (b"[" * 100_000, "application/json", 400),
    (b"[]", "application/json", 422),
]


async def test_bodies_that_are_none_are_told_why(client: Client) -> None:
    for body, kind, status in NO_BODIES:
        got, found = await client.ask("POST", "mms", data=body, headers={"Content-Type": kind})
        assert got == status, (body[:80], found)
        assert found["remedy"]


async def test_a_form_without_end_is_read_no_further_than_its_bound(client: Client, hub: Hub) -> None:
    most = hub.app.config.mms.max_source_octets

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
        for _ in range(most // 1_000_000 + 10):
            yield bytes(1_000_000)
            await asyncio.sleep(0)

    try:
        status, found = await client.ask(
            "POST", "mms", data=endless(), headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
    except aiohttp.ClientError:
        return  # it hung up while we still spoke
    assert (status, found["code"]) == (413, "too_large")
