"""Pages of filters, answers while away and sending on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.site import DOMAIN, Browser, SiteHub, site_hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path) as made:
        yield made


@pytest.fixture
async def ann(hub: SiteHub) -> Browser:
    hub.member("ann", display_name="Ann")
    hub.member("bob")
    browser = hub.browser()
    await browser.sign_in("ann")
    return browser


def deliver(hub: SiteHub, subject: str, name: str = "ann", sender: str = "li@example.org") -> None:
    data = f"From: <{sender}>\r\nTo: <{name}@{DOMAIN}>\r\nSubject: {subject}\r\n\r\nThe boat leaves.\r\n".encode()
    hub.app.desk.run_now(lambda books: books.send_mail(data, sender=sender, recipients=[f"{name}@{DOMAIN}"]))


def subjects(hub: SiteHub, folder: str, name: str = "ann") -> list[str]:
    def work(books: Any) -> list[str]:
        account = books.accounts.by_address(f"{name}@{DOMAIN}")
        return [row["subject"] for row in books.mails.in_folder(books.mails.mailbox_of(account.id), folder)]

    return hub.app.desk.read_now(work)


def rule(value: str, **more: str) -> list[tuple[str, str]]:
    conditions = [
        ("field", "subject"),
        ("how", "contains"),
        ("value", value),
        ("field", "from"),
        ("how", "is"),
        ("value", ""),
    ]
    return [*conditions, *more.items()]


async def save(browser: Browser, fields: list[tuple[str, str]], do: str = "save") -> str:
    await browser.get("/settings/filters/new")
    body = "&".join(f"{name}={value}" for name, value in [*fields, ("do", do), ("csrf", browser.csrf)])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with browser.client.post("/settings/filters/save", data=body, headers=headers) as answer:
        browser.status = answer.status
        browser.page = await answer.text()
    return browser.page


async def test_a_filter_is_tried_then_kept_then_works(hub: SiteHub, ann: Browser) -> None:
    for subject in ("tea", "Tea time", "coffee"):
        deliver(hub, subject)
    page = await save(ann, rule("tea", folder="Trade"), do="try")
    assert "fits 2 of the newest 3" in page
    assert 'value="Trade"' in page
    page = await save(ann, rule("tea", folder="Trade", name="Tea"))
    assert "If Subject contains “tea”: to the folder Trade" in page
    deliver(hub, "more tea")
    assert subjects(hub, "Trade") == ["more tea"]
    await ann.post("/settings/filters", {"do": "off-0"})
    deliver(hub, "tea again")
    assert subjects(hub, "Trade") == ["more tea"]


async def test_filters_are_put_in_order_and_go(ann: Browser) -> None:
    for name in ("one", "two", "three"):
        await save(ann, rule("x", name=name, star="on"))
    await ann.get("/settings/filters")
    await ann.post("/settings/filters", {"do": "up-2"})
    await ann.post("/settings/filters", {"do": "down-0"})
    await ann.post("/settings/filters", {"do": "gone-2"})
    assert re.findall(r'href="/settings/filters/\d">(\w+)<', ann.page) == ["three", "one"]
    await ann.post("/settings/filters", {"do": "gone-7"})
    assert ann.status == 404


@pytest.mark.parametrize(
    "fields",
    [
        [("folder", "../etc")],
        [("field", "size"), ("how", "larger"), ("value", "many"), ("folder", "Big")],
        [("field", "subject"), ("how", "larger"), ("value", "7")],
        [("forward", "<script>")],
    ],
)
async def test_what_can_be_no_filter_is_said_and_kept_in_the_form(ann: Browser, fields: list[tuple[str, str]]) -> None:
    page = await save(ann, [("name", "<b>mine"), *fields])
    assert ann.status == 422
    assert 'value="&lt;b&gt;mine"' in page
    assert 'role="alert"' in page


async def test_an_address_proves_itself_by_a_code_and_gets_the_mail(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/settings/forwarding")
    await ann.post("/settings/forwarding/ask", {"address": f"bob@{DOMAIN}"})
    (subject,) = subjects(hub, "INBOX", "bob")
    code = re.search(r"\d{8}", subject)
    assert code is not None
    await ann.post("/settings/forwarding/prove", {"address": f"bob@{DOMAIN}", "code": "00000000"})
    assert ann.status == 422
    await ann.post("/settings/forwarding/prove", {"address": f"bob@{DOMAIN}", "code": code[0]})
    assert "may be sent on" in ann.page
    await save(ann, [("forward", f"bob@{DOMAIN}")])
    deliver(hub, "for both")
    assert "for both" in subjects(hub, "INBOX", "bob")
    await ann.get("/settings/forwarding")
    await ann.post("/settings/forwarding/remove", {"address": f"bob@{DOMAIN}"})
    deliver(hub, "for one")
    assert "for one" not in subjects(hub, "INBOX", "bob")


async def test_codes_cannot_be_guessed_nor_sent_without_end(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/settings/forwarding")
    for n in range(5):
        await ann.post("/settings/forwarding/ask", {"address": f"bob@{DOMAIN}" if n == 0 else f"x{n}@example.org"})
    await ann.post("/settings/forwarding/ask", {"address": "y@example.org"})
    assert ann.status == 429
    code = re.search(r"\d{8}", subjects(hub, "INBOX", "bob")[0])
    assert code is not None
    for _ in range(5):
        await ann.post("/settings/forwarding/prove", {"address": f"bob@{DOMAIN}", "code": "1"})
    await ann.post("/settings/forwarding/prove", {"address": f"bob@{DOMAIN}", "code": code[0]})
    assert ann.status == 422


async def test_the_answer_of_who_is_away(hub: SiteHub, ann: Browser) -> None:
    await ann.get("/settings/away")
    fields = {"is_on": "on", "text": "On the lake <b>", "from_day": "2020-01-01", "until_day": "2099-01-01"}
    await ann.post("/settings/away", fields)
    page = await ann.get("/settings/away")
    assert 'value="2099-01-01"' in page
    assert "On the lake &lt;b&gt;" in page
    deliver(hub, "Hello", sender=f"bob@{DOMAIN}")
    assert subjects(hub, "INBOX", "bob") == ["Re: Hello"]
    await ann.post("/settings/away", fields | {"until_day": "2019-01-01"})
    assert ann.status == 422


async def test_every_page_of_settings_that_is_named_is_there(ann: Browser) -> None:
    page = await ann.get("/settings")
    for path in re.findall(r'<a class="grow" href="([^"]+)"', page):
        await ann.get(path)
        assert ann.status == 200, path
