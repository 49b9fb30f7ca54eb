"""Writing mail in the pages: drafts, what arrives on phones, leaving, taking back, answering, handing on."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from gateway.departures import Departures
from tests.fakes.site import DOMAIN, Browser, SiteHub, site_hub

PHONE = "+8613800138000"
#: The minute a text says, which may pass between two looks.
CLOCK = re.compile(r"\d\d:\d\d")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path) as made:
        yield made


@pytest.fixture
async def ann(hub: SiteHub) -> Browser:
    hub.member("ann", display_name="Ann Li")
    hub.member("bob", number=PHONE)
    browser = hub.browser()
    await browser.sign_in("ann")
    return browser


def mails(hub: SiteHub, name: str, folder: str = "INBOX") -> list[email.message.EmailMessage]:
    def work(books: Any) -> list[bytes]:
        account = books.accounts.by_address(f"{name}@{DOMAIN}")
        rows = books.mails.in_folder(books.mails.mailbox_of(account.id), folder)
        return [books.stored(row["blob"]) for row in rows]

    found = hub.app.desk.read_now(work)
    return [email.message_from_bytes(data, policy=email.policy.default) for data in found]  # type: ignore[misc]


def newest(hub: SiteHub, name: str) -> int:
    def work(books: Any) -> int:
        account = books.accounts.by_address(f"{name}@{DOMAIN}")
        return int(books.mails.in_folder(books.mails.mailbox_of(account.id), "INBOX")[0]["id"])

    return hub.app.desk.read_now(work)


async def pass_time(hub: SiteHub, seconds: float = 11) -> None:
    """As if so much time had gone by."""
    desk = hub.app.desk
    before = desk.now_ms
    desk.now_ms = lambda: before() + int(seconds * 1000)
    try:
        await Departures(desk, keep_sent=True).send_due()
    finally:
        desk.now_ms = before


def draft_of(browser: Browser) -> str:
    found = re.search(r"/write/(?:leaving/)?(\d+)", browser.path)
    assert found is not None, browser.path
    return found[1]


async def test_a_mail_leaves_after_ten_seconds_and_tells_the_phone(hub: SiteHub, ann: Browser) -> None:
    hub.app.desk.run_now(
        lambda books: books.contacts.add(
            books.accounts.by_address(f"ann@{DOMAIN}").id, name="Bob", mails=[f"bob@{DOMAIN}"], numbers=[PHONE]
        )
    )
    await ann.get("/write")
    await ann.post(
        "/write",
        {"to": f"Bob <bob@{DOMAIN}>", "subject": "茶 tea", "text": "Come at five.", "notify": "sms", "do": "send"},
    )
    assert ann.path.startswith("/write/leaving/"), ann.page
    assert not mails(hub, "bob")
    await pass_time(hub)
    (mail,) = mails(hub, "bob")
    assert mail["Subject"] == "茶 tea"
    assert mail["From"] == f"Ann Li <ann@{DOMAIN}>" or mail["From"] == f'"Ann Li" <ann@{DOMAIN}>'
    assert mail.get_content().strip() == "Come at five."
    assert len(mails(hub, "ann", "Sent")) == 1
    await hub.until(lambda: hub.texts(PHONE))
    assert "Come at five." in hub.texts(PHONE)[0]
    assert "The mail has left" in await ann.get(ann.path)


async def test_what_was_shown_is_what_arrives(hub: SiteHub, ann: Browser) -> None:
    fields = {
        "to": f"13800138000@{DOMAIN}, bob@{DOMAIN}",
        "subject": "Boat",
        "text": "It leaves at <nine>.",
        "notify": "sms",
    }
    await ann.get("/write")
    answer = json.loads(await ann.post("/write/preview", fields, headers={"X-Csrf": ann.csrf}))
    shown = re.findall(r'<p class="bubble[^>]*>(.*?)</p>', answer["phones"], re.DOTALL)
    assert len(shown) == 1
    assert "no mobile number" in answer["phones"]
    await ann.get("/write")
    await ann.post("/write", fields | {"notify": "", "do": "send"})
    await pass_time(hub)
    await hub.until(lambda: hub.texts(PHONE))
    arrived = [text.replace("<", "&lt;").replace(">", "&gt;") for text in hub.texts(PHONE)]
    assert [CLOCK.sub("", text) for text in arrived] == [CLOCK.sub("", text) for text in shown]
    await ann.get("/write")
    page = await ann.post("/write", fields | {"do": "preview"})
    assert CLOCK.sub("", shown[0]) in CLOCK.sub("", page)


async def test_taken_back(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/write")
    await ann.post(
        "/write", {"to": f"bob@{DOMAIN}", "bcc": "x@example.org", "subject": "No", "text": "no", "do": "send"}
    )
    await ann.post("/write/back", {"draft": draft_of(ann)})
    assert "Taken back" in ann.page
    assert 'value="x@example.org"' in ann.page
    await pass_time(hub)
    assert not mails(hub, "bob")
    page = await ann.post("/write/back", {"draft": draft_of(ann)})
    assert "left already" in page


async def test_sent_later_and_shown_with_the_drafts(hub: SiteHub, ann: Browser) -> None:
    when = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=2)
    await ann.get("/write")
    await ann.post(
        "/write",
        {"to": f"bob@{DOMAIN}", "subject": "Later", "text": "", "when": f"{when:%Y-%m-%dT%H:%M}", "do": "send"},
    )
    assert "Later" in await ann.get("/drafts")
    await pass_time(hub, 3600)
    assert not mails(hub, "bob")
    await pass_time(hub, 7300)
    assert len(mails(hub, "bob")) == 1
    await ann.get("/write")
    page = await ann.post("/write", {"to": f"bob@{DOMAIN}", "when": "2020-01-01T00:00", "do": "send"})
    assert ann.status == 422
    assert "time to come" in page


async def test_drafts_keep_files_and_let_them_go(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/write")
    form = aiohttp.FormData(quote_fields=False)
    for name, value in {
        "csrf": ann.csrf,
        "to": f"bob@{DOMAIN}",
        "subject": "Files",
        "text": "two",
        "do": "keep",
    }.items():
        form.add_field(name, value)
    form.add_field("files", b"\x89PNG tea", filename="../../茶.png", content_type="image/png")
    form.add_field("files", b"plain", filename="b.txt", content_type="text/plain")
    await ann.post("/write", form)
    assert "茶.png" in ann.page
    gone = re.search(r'value="(detach-\d+)" aria-label="Take b.txt', ann.page)
    assert gone is not None
    draft = draft_of(ann)
    fields = {"draft": draft, "to": f"bob@{DOMAIN}", "subject": "Files", "text": "one"}
    await ann.post("/write", fields | {"do": gone[1]})
    assert "b.txt" not in ann.page
    await ann.post("/write", fields | {"do": "send"})
    await pass_time(hub)
    (mail,) = mails(hub, "bob")
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "茶.png"
    assert file.get_content() == b"\x89PNG tea"


async def test_answers_stay_in_their_conversation(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/write")
    fields = {"to": f"bob@{DOMAIN}", "cc": "carol@example.org", "subject": "Tea", "text": "Tomorrow?", "do": "send"}
    await ann.post("/write", fields)
    await pass_time(hub)
    bob = hub.browser()
    await bob.sign_in("bob")
    mail_id = newest(hub, "bob")
    await bob.get(f"/write?re={mail_id}&how=all")
    assert 'value="Re: Tea"' in bob.page
    assert 'value="carol@example.org"' in bob.page
    assert "&gt; Tomorrow?" in bob.page
    await bob.post(
        "/write", {"to": f"ann@{DOMAIN}", "subject": "Re: Tea", "text": "Yes", "answers": str(mail_id), "do": "send"}
    )
    await pass_time(hub)
    (answer,) = (mail for mail in mails(hub, "ann") if mail["Subject"] == "Re: Tea")
    assert answer["In-Reply-To"] == mails(hub, "bob")[0]["Message-ID"]


@pytest.mark.parametrize("how", ["forward", "file"])
async def test_handed_on_with_its_files(hub: SiteHub, ann: Browser, how: str) -> None:
    await ann.get("/write")
    form = aiohttp.FormData(quote_fields=False)
    for name, value in {"csrf": ann.csrf, "to": f"bob@{DOMAIN}", "subject": "Pic", "text": "see", "do": "send"}.items():
        form.add_field(name, value)
    form.add_field("files", b"GIF89a", filename="a.gif", content_type="image/gif")
    await ann.post("/write", form)
    await pass_time(hub)
    bob = hub.browser()
    await bob.sign_in("bob")
    mail_id = newest(hub, "bob")
    await bob.get(f"/write?re={mail_id}&how={how}")
    carry = re.search(r'name="carry" value="(\w+)"', bob.page)
    assert carry is not None
    await bob.post(
        "/write",
        {
            "to": f"ann@{DOMAIN}", "subject": "Fwd: Pic", "text": "look", "answers": str(mail_id), "is_forward": "1",
            "carry": carry[1], "do": "send",
        },
    )  # fmt: skip
    await pass_time(hub)
    (mail,) = mails(hub, "ann")
    (part,) = mail.iter_attachments()
    if how == "forward":
        assert part.get_content() == b"GIF89a"
    else:
        assert part.get_content_type() == "message/rfc822"
        assert part.get_content()["Subject"] == "Pic"
    assert mail["In-Reply-To"] is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"to": ""}, "to whom"),
        ({"to": "not an address"}, "no address"),
        ({"to": "<script>alert(1)</script>"}, "no address"),
        ({"to": f"nobody@{DOMAIN}"}, "Nobody here"),
        ({"to": ", ".join(f"u{n}@example.org" for n in range(101))}, "at once"),
        ({"to": "x" * 40_000}, "too many recipients"),
        ({"to": "öä@example.org"}, "cannot be sent"),
    ],
)
async def test_what_cannot_leave_says_why(ann: Browser, fields: dict[str, str], said: str) -> None:
    await ann.get("/write")
    page = await ann.post("/write", {"subject": "s\r\nBcc: x@y.z", "text": "t", "do": "send"} | fields)
    assert ann.status == 422
    assert said in page
    assert "<script>alert" not in page


async def test_nobody_sees_or_moves_what_is_not_theirs(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/write")
    await ann.post("/write", {"to": f"bob@{DOMAIN}", "subject": "Mine", "text": "t", "do": "keep"})
    draft = draft_of(ann)
    bob = hub.browser()
    await bob.sign_in("bob")
    for path in (f"/write/{draft}", f"/write?re={draft}", f"/write?re={'9' * 18}"):
        await bob.get(path)
        assert bob.status == 404, path
    await bob.get("/write")
    await bob.post("/write", {"draft": draft, "to": "", "subject": "Stolen", "text": "", "do": "keep"})
    assert bob.status == 404
    await bob.get("/write")
    await bob.post("/write/discard", {"draft": draft})
    await bob.get("/write")
    await bob.post("/write/back", {"draft": draft})
    await bob.get(f"/write/leaving/{draft}")
    assert bob.path == "/drafts"
    assert "Mine" in await ann.get(f"/write/{draft}")


async def test_scripts_keep_and_find_people(hub: SiteHub, ann: Browser) -> None:
    hub.app.desk.run_now(
        lambda books: books.contacts.add(
            books.accounts.by_address(f"ann@{DOMAIN}").id, name="张三", mails=["zs@example.org"], numbers=[PHONE]
        )
    )
    await ann.get("/write")
    token = ann.csrf
    kept = json.loads(await ann.post("/write/save", {"subject": "A", "text": "a"}, headers={"X-Csrf": token}))
    again = {"draft": kept["draft"], "subject": "B", "text": "b", "csrf": token}
    assert json.loads(await ann.post("/write/save", again))["draft"] == kept["draft"]
    assert 'value="B"' in await ann.get(f"/write/{kept['draft']}")
    for typed in ("zs", "zhang", "张", "138"):
        (found,) = json.loads(await ann.get(f"/write/people?q={typed}"))["people"]
        assert found["address"] == "zs@example.org"
    assert json.loads(await ann.get("/write/people?q="))["people"] == []


async def test_signatures(ann: Browser) -> None:
    await ann.get("/settings/signatures")
    fields = {"name-1": "Work", "text-1": "Ann Li\nTea trade", "name-2": "", "text-2": "<b>", "usual": "1"}
    await ann.post("/settings/signatures", fields)
    page = await ann.get("/write?to=bob")
    assert "-- \nAnn Li\nTea trade" in page
    assert "&lt;b&gt;" in page


async def test_a_recipient_who_is_gone_sends_it_back(hub: SiteHub, ann: Browser) -> None:
    bob_id = hub.app.desk.read_now(lambda books: books.accounts.by_address(f"bob@{DOMAIN}").id)
    await ann.get("/write")
    await ann.post("/write", {"to": f"bob@{DOMAIN}", "subject": "Gone", "text": "t", "do": "send"})
    draft = draft_of(ann)
    hub.app.desk.run_now(lambda books: books.accounts.set_state(bob_id, "suspended"))
    await pass_time(hub)
    assert "recipient is not there any more" in await ann.get(f"/write/{draft}")
    assert not mails(hub, "ann", "Sent")
