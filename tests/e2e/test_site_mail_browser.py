"""Mail in a real browser: written by keyboard alone, told to a phone, answered from there; pages of enemies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, FilePayload, Request, expect

from gateway.departures import Departures
from tests.fakes.chromium import chromium, window
from tests.fakes.hostile_html import CASES
from tests.fakes.site import DOMAIN, PASSWORD, SiteHub, site_hub

pytestmark = pytest.mark.slow
PHONE = "+8613800138000"
#: A script of an enemy shows itself by one of these.
TRAPS = "window.open = () => { document.title = 'pwned' }; window.alert = window.open; window.print = window.open"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path) as made:
        ann = made.member("ann", display_name="Ann")
        made.member("bob", number=PHONE, display_name="Bob")
        made.app.desk.run_now(
            lambda books: books.contacts.add(ann, name="王小明", mails=[f"bob@{DOMAIN}"], numbers=[PHONE])
        )
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made


async def sign_in(page: Any, name: str) -> None:
    await page.goto("/login")
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".me")


def account_of(books: Any, name: str) -> Any:
    return books.accounts.by_address(f"{name}@{DOMAIN}")


async def leave_now(hub: SiteHub) -> None:
    """As if the ten seconds had gone by."""
    desk = hub.app.desk
    before = desk.now_ms
    desk.now_ms = lambda: before() + 11_000
    try:
        await Departures(desk, keep_sent=True).send_due()
    finally:
        desk.now_ms = before


@pytest.mark.parametrize(("language", "phone"), [("zh", True), ("en", False)], ids=["zh-phone", "en-desk"])
async def test_a_mail_rings_a_phone_and_its_answer_comes_into_the_conversation(
    hub: SiteHub, browser: Browser, language: str, phone: bool
) -> None:
    hub.app.desk.run_now(lambda books: books.accounts.set_language(account_of(books, "ann").id, language))
    async with window(browser, hub.url, language=language, phone=phone) as watched:
        page = watched.page
        await sign_in(page, "ann")
        await page.goto("/mail")
        assert not await watched.axe()
        await page.goto("/write")
        await page.type("#to", "wxm")
        await page.wait_for_selector(".found li")
        await page.keyboard.press("Enter")
        await expect(page.locator("#to")).to_have_value(f"王小明 <bob@{DOMAIN}>, ")
        await page.fill("#subject", "Boat")
        await page.fill("#text", "Friday at five?")
        await page.check("input[name=notify][value=sms]")
        await page.wait_for_selector(".bubble")
        shown = await page.locator(".bubble").inner_text()
        assert not await watched.axe()
        await page.click("#send")
        await page.wait_for_url("**/write/leaving/*")
        assert not await watched.axe()
        await leave_now(hub)
        (text,) = await hub.until(lambda: hub.texts(PHONE))
        assert text[-20:] == shown[-20:]
        handset = hub.simulator.operator.handset(PHONE)
        hub.say(PHONE, "Yes, with tea.", to=handset.texts[-1].peer)
        await hub.until(lambda: _inbox(hub, "ann"))
        await page.goto("/mail")
        await page.locator(".mail-list a", has_text="Boat").first.click()
        await expect(page.locator("article")).to_contain_text("Yes, with tea.")
        assert not await watched.axe()
        assert not watched.troubles


def _inbox(hub: SiteHub, name: str) -> int:
    def work(books: Any) -> int:
        account = account_of(books, name)
        return len(books.mails.in_folder(books.mails.mailbox_of(account.id), "INBOX"))

    return hub.app.desk.read_now(work)


async def test_the_keyboard_is_enough_to_write_a_mail_that_rings(hub: SiteHub, browser: Browser) -> None:
    async with window(browser, hub.url, language="en") as watched:
        page, keys = watched.page, watched.page.keyboard

        async def tab_to(selector: str) -> None:
            for _ in range(60):
                if await page.evaluate("s => document.activeElement?.matches(s)", selector):
                    return
                await keys.press("Tab")
            raise AssertionError(f"no way to {selector} by the keyboard")

        await sign_in(page, "ann")
        await page.goto("/mail")
        await tab_to("a[href='/write']")
        await keys.press("Enter")
        await page.wait_for_selector("#writing")
        await tab_to("#to")
        await keys.type("wang")
        await page.wait_for_selector(".found li")
        await keys.press("ArrowDown")
        await keys.press("Enter")
        await tab_to("#subject")
        await keys.type("By keys")
        await tab_to("#text")
        await keys.type("No mouse.")
        await tab_to("input[name=notify]")
        await keys.press("ArrowRight")
        await page.wait_for_selector(".bubble")
        await tab_to("#send")
        await keys.press("Enter")
        await page.wait_for_url("**/write/leaving/*")
        assert not watched.troubles
    await leave_now(hub)
    (text,) = await hub.until(lambda: hub.texts(PHONE))
    assert "No mouse." in text


async def test_what_is_written_is_not_lost(hub: SiteHub, browser: Browser) -> None:
    async with window(browser, hub.url, language="en") as watched:
        page = watched.page
        await sign_in(page, "ann")
        await page.goto("/write")
        await page.fill("#subject", "Half a mail")
        await page.set_input_files("#attach", files=[FilePayload(name="茶.txt", mimeType="text/plain", buffer=b"tea")])
        await expect(page.locator("#files")).to_contain_text("茶.txt")
        await page.fill("#text", "and more")
        await expect(page.locator("#kept")).to_contain_text("Kept as draft")
        await page.goto("/drafts")
        await page.get_by_role("link", name="Half a mail").click()
        await expect(page.locator("#text")).to_have_value("and more")
        await expect(page.locator("#files")).to_contain_text("茶.txt")
        assert not watched.troubles


async def test_pages_of_enemies_run_nothing_and_ask_nobody(hub: SiteHub, browser: Browser) -> None:
    """Every case in a mail of its own, shown in its frame in the browser."""

    def deliver(books: Any) -> list[int]:
        account = account_of(books, "ann")
        mailbox_id = books.mails.mailbox_of(account.id)
        for html in CASES:
            head = f"From: <enemy@example.org>\r\nTo: <ann@{DOMAIN}>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
            kind = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            data = (head + kind + html).encode("utf-8", "surrogatepass")
            books.send_mail(data, sender="enemy@example.org", recipients=[f"ann@{DOMAIN}"])
        books.tx.flush()
        return [row["id"] for row in books.mails.in_folder(mailbox_id, "INBOX", len(CASES))]

    ids = hub.app.desk.run_now(deliver)
    assert len(ids) == len(CASES) >= 150
    async with window(browser, hub.url, language="en") as watched:
        page = watched.page
        await page.add_init_script(TRAPS)
        await sign_in(page, "ann")
        await page.goto(f"/mail/INBOX/{ids[0]}")
        asked: list[str] = []

        def note(request: Request) -> None:
            path = urlsplit(request.url).path
            if not path.startswith(("/mail/body/", "/mail/inline/", "/static/")):
                asked.append(request.url)

        page.on("request", note)
        page.on("dialog", lambda dialog: watched.troubles.append(f"dialog: {dialog.message}"))
        # All of them at once, each in a frame as the page of a mail has it.
        for start in range(0, len(ids), 35):
            await page.evaluate(
                """async (ids) => {
                    document.body.replaceChildren();
                    await Promise.all(ids.map((id) => new Promise((done) => {
                        const frame = document.createElement("iframe");
                        frame.sandbox = "allow-popups allow-popups-to-escape-sandbox";
                        frame.onload = done;
                        frame.src = `/mail/body/${id}`;
                        document.body.append(frame);
                    })));
                }""",
                [str(one) for one in ids[start : start + 35]],
            )
            await page.wait_for_timeout(150)
            for frame in page.frames[1:]:
                assert urlsplit(frame.url).path.startswith("/mail/body/"), frame.url
        assert await page.title() != "pwned"
        assert len(page.context.pages) == 1
        assert not [url for url in asked if not url.startswith("data:")]
        assert not [one for one in watched.troubles if not one.startswith("console: ")]
