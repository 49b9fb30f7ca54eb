"""Coming in by the pages: password, code to the phone, second factor, sessions; and what strangers may not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.entry_links import EntryPurpose
from gateway.web.site import totp
from tests.fakes.site import PASSWORD, SiteHub, site_hub

PHONE = "+8613800138000"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path) as made:
        yield made


async def test_in_and_out(hub: SiteHub) -> None:
    hub.member("ann")
    browser = hub.browser()
    page = await browser.get("/account")
    assert browser.path == "/login"
    assert "Sign in" in page
    await browser.post("/login", {"name": "ann", "password": "wrong"})
    assert browser.status == 403
    assert "Name or password is wrong." in browser.page
    await browser.post("/login", {"name": "ann@example.cn", "password": PASSWORD, "next": "/account"})
    assert (browser.status, browser.path) == (200, "/account")
    assert "ann@example.cn" in browser.page
    policy = browser.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    await browser.post("/logout")
    await browser.get("/account")
    assert browser.path == "/login"


async def test_nobody_is_sent_elsewhere(hub: SiteHub) -> None:
    hub.member("ann")
    for where in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        browser = hub.browser()
        await browser.post("/login", {"name": "ann", "password": PASSWORD, "next": where})
        assert browser.client is not None
        assert browser.status == 200
        assert not browser.path.startswith("//")


async def test_a_form_counts_only_from_our_page_in_this_session(hub: SiteHub) -> None:
    hub.member("ann")
    browser = hub.browser()
    await browser.sign_in("ann")
    change = {"name": "Eve", "language": "en", "zone": "Asia/Shanghai"}
    await browser.get("/account")
    await browser.post("/account", change | {"csrf": "x" * 32})
    assert browser.status == 403
    await browser.get("/account")
    await browser.post("/account", change, headers={"Origin": "https://evil.example"})
    assert browser.status == 403
    await browser.get("/account")
    await browser.post("/account", change, headers={"Sec-Fetch-Site": "cross-site"})
    assert browser.status == 403
    await browser.get("/account")
    assert 'value="Eve"' not in browser.page
    await browser.post("/account", change)
    assert 'value="Eve"' in browser.page


async def test_registering_by_number(hub: SiteHub) -> None:
    browser = hub.browser("zh")
    await browser.get("/register")
    await browser.post("/register", {"number": "13800138000"})
    assert "验证码已发送到" in browser.page
    code = await hub.code_on(PHONE)
    fields = {"number": PHONE, "name": "lili", "password": "long enough"}
    await browser.post("/register/finish", fields | {"code": "000000" if code != "000000" else "111111"})
    assert (browser.status, "验证码不对" in browser.page) == (403, True)
    await browser.post("/register/finish", fields | {"code": code, "password": "short"})
    assert browser.status == 422
    await browser.post("/register/finish", fields | {"code": code})
    assert browser.status == 200
    await browser.get("/account")
    assert "lili@example.cn" in browser.page
    other = hub.browser()
    await other.sign_in("13800138000", "long enough")
    await other.get("/account")
    assert "lili@example.cn" in other.page


async def test_codes_are_bounded_and_good_once(hub: SiteHub) -> None:
    browser = hub.browser()
    await browser.post("/register", {"number": "13800138000"})
    await browser.post("/register", {"number": "13800138000"})
    assert browser.status == 429
    code = await hub.code_on(PHONE)
    for guess in range(5):
        await browser.post(
            "/register/finish", {"number": PHONE, "name": "lili", "password": "long enough", "code": f"x{guess}"}
        )
    await browser.post("/register/finish", {"number": PHONE, "name": "lili", "password": "long enough", "code": code})
    assert browser.status in (403, 429)
    assert len(hub.texts(PHONE)) == 1


async def test_numbers_elsewhere_get_no_code(hub: SiteHub) -> None:
    browser = hub.browser()
    for number in ("+14155550100", "10086", "hello", ""):
        await browser.post("/register", {"number": number})
        assert browser.status == 422


async def test_a_forgotten_password_ends_all_sessions(hub: SiteHub) -> None:
    hub.member("ann", number=PHONE)
    elsewhere = hub.browser()
    await elsewhere.sign_in("ann")
    browser = hub.browser()
    await browser.post("/reset", {"number": "13900139000"})
    strangers = browser.page.replace("13900139000", "")
    await browser.post("/reset", {"number": "13800138000"})
    assert browser.page.replace("13800138000", "") == strangers  # nobody learns who has an account
    code = await hub.code_on(PHONE)
    await browser.post("/reset/finish", {"number": PHONE, "code": code, "password": "another one"})
    assert browser.status == 200
    await elsewhere.get("/account")
    assert elsewhere.path == "/login"
    await elsewhere.sign_in("ann", "another one")
    assert elsewhere.status == 200
    assert not hub.texts("+8613900139000")


async def test_a_code_by_sms_as_second_step(hub: SiteHub) -> None:
    hub.member("ann", number=PHONE)
    browser = hub.browser()
    await browser.sign_in("ann")
    await browser.get("/account")
    await browser.post("/account/factor", {"password": PASSWORD, "factor": "sms"})
    other = hub.browser()
    await other.sign_in("ann")
    assert other.path == "/login/second"
    await other.get("/account")
    assert other.path == "/login/second"
    code = await hub.code_on(PHONE)
    await other.post("/login/second", {"code": "wrong"})
    assert other.status == 403
    await other.post("/login/second", {"code": code})
    await other.get("/account")
    assert other.path == "/account"


async def test_an_authenticator_as_second_step(hub: SiteHub) -> None:
    hub.member("ann")
    browser = hub.browser()
    await browser.sign_in("ann")
    await browser.get("/account")
    await browser.post("/account/totp", {"password": PASSWORD})
    secret = re.search(r'name="secret" value="([A-Z2-7]+)"', browser.page)
    assert secret is not None
    now = hub.app.desk.now_ms() / 1000
    await browser.post("/account/totp/finish", {"secret": secret[1], "code": totp.code_at(secret[1], now)})
    assert browser.path == "/account"
    other = hub.browser()
    await other.sign_in("ann")
    await other.post("/login/second", {"code": totp.code_at(secret[1], now)})
    assert other.status == 403  # it was used to set it up
    await other.post("/login/second", {"code": totp.code_at(secret[1], now + 30)})
    await other.get("/account")
    assert other.path == "/account"


async def test_sessions_are_seen_and_ended(hub: SiteHub) -> None:
    hub.member("ann")
    browser, other = hub.browser(), hub.browser(**{"User-Agent": "<b>Other</b>"})
    await browser.sign_in("ann")
    await other.sign_in("ann")
    await browser.get("/account")
    assert "&lt;b&gt;Other&lt;/b&gt;" in browser.page
    await browser.post("/account/sessions/end", {"session": "others"})
    await other.get("/account")
    assert other.path == "/login"
    await browser.get("/account")
    assert browser.path == "/account"


async def test_guessing_takes_longer_and_longer(hub: SiteHub) -> None:
    hub.member("ann")
    browser = hub.browser()
    codes = []
    for guess in range(8):
        await browser.post("/login", {"name": "ann", "password": f"guess {guess}"})
        codes.append(browser.status)
    assert codes[:5] == [403] * 5
    assert 429 in codes[5:]


async def test_static_files_may_be_kept_for_ever_under_their_mark(hub: SiteHub) -> None:
    browser = hub.browser()
    page = await browser.get("/login")
    for link in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        await browser.get(link)
        assert browser.status == 200
        assert "immutable" in browser.headers["Cache-Control"]
    for path in ("/static/../login.html", "/static/nothing.css", "/static/", "/static/%2e%2e/x.css"):
        await browser.get(path)
        assert browser.status == 404


async def test_a_link_signs_in_once(hub: SiteHub) -> None:
    account_id = hub.member("ann")
    secret = hub.app.desk.run_now(lambda books: books.entry_links.open(EntryPurpose.SIGN_IN, account_id))
    browser, late = hub.browser(), hub.browser()
    await browser.get(f"/come-in/{secret}")
    assert browser.status == 200
    assert "ann@" in await browser.get("/account")
    await late.get(f"/come-in/{secret}")
    assert late.status == 404
    await late.get("/account")
    assert late.path == "/login"
    password_only = hub.app.desk.run_now(lambda books: books.entry_links.open(EntryPurpose.PASSWORD, account_id))
    await late.get(f"/come-in/{password_only}")
    assert late.status == 404


async def test_every_area_that_the_bar_names_is_there(hub: SiteHub) -> None:
    hub.member("ann")
    browser = hub.browser()
    page = await browser.sign_in("ann")
    areas = re.findall(r'<a href="(/\w+)" class="area-', page)
    assert "/mail" in areas
    for path in areas:
        await browser.get(path)
        assert browser.status == 200, path
