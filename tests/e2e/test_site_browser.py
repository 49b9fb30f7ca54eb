"""The pages in a real browser: at a desk and on a phone, in both languages, with no error and no policy broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.fakes.chromium import chromium, window
from tests.fakes.site import PASSWORD, SiteHub, site_hub

pytestmark = pytest.mark.slow
PHONE = "+8613800138000"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_registering_with_a_code_from_the_phone(
    hub: SiteHub, browser: Browser, language: str, phone: bool
) -> None:
    async with window(browser, hub.url, language=language, phone=phone) as watched:
        page = watched.page
        await page.goto("/")
        assert not await watched.axe()
        await page.locator("a[href='/register']").click()
        assert not await watched.axe()
        await page.fill("#number", "13800138000")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code")
        await page.fill("#code", await hub.code_on(PHONE))
        await page.fill("#name", "lili")
        await page.fill("#password", "long enough")
        await page.locator("button.main").click()
        await page.wait_for_selector(".me")
        await page.goto("/account")
        await expect(page.locator("h1")).to_have_text("我的账户" if language == "zh" else "My account")
        assert not await watched.axe()
        assert not watched.troubles


async def test_the_keyboard_is_enough_to_come_in(hub: SiteHub, browser: Browser) -> None:
    hub.member("ann")
    async with window(browser, hub.url, language="en") as watched:
        page = watched.page
        await page.goto("/login")
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.type("ann")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".me")
        assert not watched.troubles
