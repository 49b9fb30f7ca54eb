"""Who may see which page: every route of the site by hand, against what the site does with every kind of visitor."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.core.sessions import Role
from gateway.web.site import site
from gateway.web.site.routing import Access
from gateway.web.site.site import ROUTES
from tests.fakes.site import Browser, SiteHub, site_hub

#: Access, method, path. A new route is added here by hand, with thought.
TABLE: Final = """
domain GET  /admin
domain GET  /admin/accounts
domain GET  /admin/accounts/new
domain GET  /admin/accounts/{id}
domain GET  /admin/batch
domain GET  /admin/batch/sample
domain GET  /admin/domains
domain GET  /admin/domains/{id}
domain GET  /admin/log
domain GET  /admin/messages
domain GET  /admin/messages/{id}
domain POST /admin/accounts/new
domain POST /admin/accounts/{id}
domain POST /admin/accounts/{id}/factor
domain POST /admin/accounts/{id}/password
domain POST /admin/accounts/{id}/role
domain POST /admin/accounts/{id}/standing
domain POST /admin/batch
domain POST /admin/batch/open
domain POST /admin/batch/result
domain POST /admin/domains/{id}
domain POST /admin/domains/{id}/aliases
domain POST /admin/domains/{id}/aliases/{alias}
domain POST /admin/messages/{id}/cancel
domain POST /admin/messages/{id}/reveal
half   GET  /login/second
half   POST /login/second
half   POST /logout
member GET  /account
member GET  /drafts
member GET  /mail
member GET  /mail/body/{id}
member GET  /mail/export/{folder}
member GET  /mail/find/{id}
member GET  /mail/folders
member GET  /mail/header/{id}
member GET  /mail/part/{id}/{part}
member GET  /mail/search
member GET  /mail/shown/{id}/{part}
member GET  /mail/slide/{id}/{part}
member GET  /mail/sound/{id}/{part}
member GET  /mail/story/{id}
member GET  /mail/view/{id}/{part}
member GET  /mail/whole/{id}
member GET  /mail/{folder}
member GET  /mail/{folder}/{id}
member GET  /settings
member GET  /settings/away
member GET  /settings/fetching
member GET  /settings/filters
member GET  /settings/filters/new
member GET  /settings/filters/{place}
member GET  /settings/forwarding
member GET  /settings/signatures
member GET  /write
member GET  /write/leaving/{id}
member GET  /write/people
member GET  /write/{id}
member POST /account
member POST /account/factor
member POST /account/password
member POST /account/sessions/end
member POST /account/totp
member POST /account/totp/finish
member POST /mail/act
member POST /mail/empty
member POST /mail/folders
member POST /mail/import
member POST /mail/read
member POST /settings/away
member POST /settings/fetching
member POST /settings/fetching/add
member POST /settings/filters
member POST /settings/filters/save
member POST /settings/forwarding/ask
member POST /settings/forwarding/prove
member POST /settings/forwarding/remove
member POST /settings/signatures
member POST /write
member POST /write/back
member POST /write/discard
member POST /write/preview
member POST /write/save
open   GET  /
open   GET  /come-in/{secret}
open   GET  /enter/{secret}
open   GET  /login
open   GET  /mail/inline/{ticket}/{id}/{part}
open   GET  /mail/picture/{ticket}/{id}
open   GET  /register
open   GET  /reset
open   POST /enter/{secret}
open   POST /language
open   POST /login
open   POST /register
open   POST /register/finish
open   POST /reset
open   POST /reset/finish
system GET  /admin/domains/new
system GET  /admin/links
system GET  /admin/links/new
system GET  /admin/links/{name}
system GET  /admin/links/{name}/options
system GET  /admin/queues
system GET  /admin/routes
system GET  /admin/routes/new
system GET  /admin/routes/{id}
system POST /admin/domains/new
system POST /admin/domains/{id}/standing
system POST /admin/links/new
system POST /admin/links/{name}/move
system POST /admin/links/{name}/options
system POST /admin/links/{name}/test
system POST /admin/links/{name}/wish
system POST /admin/routes/new
system POST /admin/routes/{id}
system POST /admin/routes/{id}/order
system POST /admin/routes/{id}/remove
"""
WANTED: Final = [tuple(line.split()) for line in TABLE.strip().splitlines()]
#: What each kind of visitor may.
VISITORS: Final = {
    "stranger": Access.OPEN,
    "member": Access.MEMBER,
    "domain": Access.DOMAIN,
    "system": Access.SYSTEM,
}


def test_every_route_is_in_the_table() -> None:
    there = sorted((route.access.name.lower(), route.method, route.pattern) for route in ROUTES)
    assert there == sorted(WANTED)


async def test_everybody_sees_what_is_theirs_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "BURST", 1e6)  # all of them come from one address
    async with site_hub(tmp_path) as hub:
        browsers = {name: await _visitor(hub, name) for name in VISITORS}
        wrong = []
        for access, method, pattern in WANTED:
            path = re.sub(r"\{\w+\}", "1", pattern)
            for name, may in VISITORS.items():
                if path == "/logout":
                    continue
                found = await _asked(browsers[name], method, path)
                wanted = _expected(Access[access.upper()], may, method)
                if not wanted(found):
                    wrong.append(f"{name}: {method} {path} -> {found}")
        assert not wrong


def _expected(access: Access, may: Access, method: str) -> Callable[[tuple[int, str]], bool]:
    """A judge of (status, where it leads)."""
    if access is Access.OPEN:
        return lambda found: found[0] < 500
    if may is Access.OPEN:
        return lambda found: found[0] == 303 and found[1].startswith("/login")
    if access > may:
        return lambda found: found[0] == 404
    if method == "POST":
        return lambda found: found[0] == 403  # allowed, but for the token
    # A thing of number 1 belongs to nobody, so it is not there.
    return lambda found: found[0] in (200, 303, 400, 404, 409, 422) and not found[1].startswith("/login")


async def _visitor(hub: SiteHub, name: str) -> Browser:
    browser = hub.browser()
    if name == "stranger":
        return browser
    account_id = hub.member(name)
    if name != "member":
        hub.app.desk.run_now(lambda books: books.accounts.set_role(account_id, Role(name)))
    await browser.sign_in(name)
    assert browser.status == 200
    return browser


async def _asked(browser: Browser, method: str, path: str) -> tuple[int, str]:
    options: dict[str, Any] = {"data": {"csrf": "wrong"}} if method == "POST" else {}
    async with browser.client.request(method, path, allow_redirects=False, **options) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Location", "")
