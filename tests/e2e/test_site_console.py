"""The console: what administrators of domains and of the hub see and do, and what they may not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import FormData

from gateway.core.outbox import NewSms, Purpose
from gateway.core.sessions import Role
from gateway.passwords import hash_password_now
from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings
from tests.fakes.site import PASSWORD, Browser, SiteHub, site_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = "+8613800138000"
OTHER = "other.cn"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SiteHub]:
    directory: Path = tmp_path_factory.mktemp("console")
    async with site_hub(directory) as made:
        made.app.desk.run_now(lambda books: books.accounts.add_domain(OTHER, language="en"))
        for name, role in (("root", Role.SYSTEM), ("boss", Role.DOMAIN)):
            account_id = made.member(name)
            made.app.desk.run_now(partial(_give, account_id, role))
        yield made


def _give(account_id: int, role: Role, books: BooksOfStore) -> None:
    books.accounts.set_role(account_id, role)


async def signed_in(hub: SiteHub, name: str) -> Browser:
    browser = hub.browser()
    await browser.sign_in(name)
    return browser


def stranger(hub: SiteHub, name: str) -> int:
    """A member of the other domain."""
    password_hash = hash_password_now(PASSWORD)
    return int(
        hub.app.desk.run_now(lambda books: books.accounts.add(f"{name}@{OTHER}", password_hash=password_hash).id)
    )


async def test_an_account_from_its_opening_to_its_end(hub: SiteHub) -> None:
    browser = await signed_in(hub, "boss")
    fields = {"name": "Lili", "domain": "example.cn", "display_name": "<b>Li</b>", "language": "en", "quota_mb": "100"}
    await browser.get("/admin/accounts/new")
    await browser.post("/admin/accounts/new", fields | {"quota_mb": "0"})
    assert browser.status == 422
    await browser.post("/admin/accounts/new", fields)
    assert "lili@example.cn" in browser.page
    assert "&lt;b&gt;Li&lt;/b&gt;" in browser.page
    where = browser.path
    await browser.post("/admin/accounts/new", fields)
    assert (browser.status, "This name is taken" in browser.page) == (409, True)

    await browser.get(where)
    await browser.post(f"{where}/password", {"way": "show"})
    link = re.search(r'value="http://[^/"]+(/enter/[^"]+)"', browser.page)
    assert link is not None
    owner = hub.browser()
    await owner.get(link[1])
    await owner.post(link[1], {"password": "a new password", "again": "another one"})
    assert owner.status == 422
    await owner.post(link[1], {"password": "a new password", "again": "a new password"})
    assert owner.path == "/login"
    await owner.get(link[1])
    assert owner.status == 404  # once
    await owner.sign_in("lili", "a new password")
    await owner.get("/account")
    assert owner.path == "/account"

    await browser.get(where)
    await browser.post(f"{where}/standing", {"move": "suspend"})
    assert "standing-suspended" in browser.page
    await owner.get("/account")
    assert owner.path == "/login"  # sessions of suspended accounts end
    await browser.post(f"{where}/standing", {"move": "delete"})
    assert "Restore" in browser.page
    await browser.post(f"{where}/standing", {"move": "restore"})
    await browser.post(where, {"display_name": "Li", "quota_mb": "7", "sms_daily_cap": "12"})
    await browser.get("/admin/log?subject=lili@example.cn")
    for words in ("opened the account", "suspended the account", "deleted the account", "100 MB → 7.0 MB", "200 → 12"):
        assert words in browser.page
    assert "boss@example.cn" in browser.page


async def test_a_domain_administrator_sees_nothing_of_another_domain(hub: SiteHub) -> None:
    other = stranger(hub, "zoe")
    browser = await signed_in(hub, "boss")
    assert "zoe@" not in await browser.get("/admin/accounts?q=zoe")
    assert "zoe@" not in await browser.get(f"/admin/accounts?domain={OTHER}")
    assert "No account fits." in await browser.get(f"/admin/accounts?q=zoe@{OTHER}")
    await browser.get(f"/admin/accounts/{other}")
    assert browser.status == 404
    for path, fields in (
        ("", {"display_name": "x", "quota_mb": "1", "sms_daily_cap": "1"}),
        ("/standing", {"move": "delete"}),
        ("/role", {"role": "domain"}),
        ("/password", {"way": "show"}),
        ("/factor", {}),
    ):
        await browser.get("/admin/accounts")
        await browser.post(f"/admin/accounts/{other}{path}", fields)
        assert browser.status == 404, path
    await browser.get("/admin/accounts")
    await browser.post(
        "/admin/accounts/new", {"name": "eve", "domain": OTHER, "language": "en", "quota_mb": "1", "display_name": ""}
    )
    assert browser.status == 404
    root = await signed_in(hub, "root")
    assert "zoe@" in await root.get(f"/admin/accounts?domain={OTHER}")
    assert "zoe@" not in (await browser.get("/admin/log"))


async def test_nobody_rises_above_himself_and_nobody_locks_himself_out(hub: SiteHub) -> None:
    boss = await signed_in(hub, "boss")
    me = hub.app.desk.read_now(lambda books: books.accounts.by_address("boss@example.cn"))
    root = hub.app.desk.read_now(lambda books: books.accounts.by_address("root@example.cn"))
    assert me is not None
    assert root is not None
    await boss.get(f"/admin/accounts/{root.id}")
    assert (boss.status, "/password" in boss.page) == (200, False)
    for account, path, fields in (
        (root, "/password", {"way": "show"}),  # or he would come in as the hub's administrator
        (root, "/standing", {"move": "suspend"}),
        (me, "/role", {"role": "system"}),
        (me, "/standing", {"move": "delete"}),
    ):
        await boss.get("/admin/accounts")
        await boss.post(f"/admin/accounts/{account.id}{path}", fields)
        assert boss.status == 404, path
    ann = hub.member("ann")
    await boss.get("/admin/accounts")
    await boss.post(f"/admin/accounts/{ann}/role", {"role": "system"})
    assert boss.status == 404
    await boss.get("/admin/accounts")
    await boss.post(f"/admin/accounts/{ann}/role", {"role": "domain"})
    assert hub.app.desk.read_now(lambda books: books.accounts.role(ann)) is Role.DOMAIN


async def test_two_hundred_accounts_from_a_file(hub: SiteHub) -> None:
    browser = await signed_in(hub, "boss")
    lines = ["邮箱,姓名,手机,备注"] + [f"user{n:03},用户{n},139{n:08},x" for n in range(30)]
    lines += ["no spaces here,甲,,", f"eve@{OTHER},乙,,", "user000,丙,,", "boss,丁,,", "phone,戊,12345,"]
    await browser.get("/admin/batch")
    form = FormData({"csrf": browser.csrf})
    form.add_field("file", "\r\n".join(lines).encode("gb18030"), filename="members.csv", content_type="text/csv")
    await browser.post("/admin/batch", form)
    assert "30 accounts can be opened." in browser.page
    assert "5 lines have something wrong" in browser.page
    assert "用户29" in browser.page
    before = hub.app.desk.read_now(lambda books: books.members.counts(None))
    table = re.search(r'<textarea name="table"[^>]*>\n(.*?)</textarea>', browser.page, re.DOTALL)
    assert table is not None
    await browser.post("/admin/batch/open", {"table": table[1], "domain": "example.cn"})
    assert "30 accounts were opened" in browser.page
    after = hub.app.desk.read_now(lambda books: books.members.counts(None))
    assert after["active"] == before["active"] + 30
    made = re.search(r'<textarea name="table"[^>]*>\n(.*?)</textarea>', browser.page, re.DOTALL)
    assert made is not None
    await browser.post("/admin/batch/result", {"table": made[1]})
    assert "attachment" in browser.headers["Content-Disposition"]
    row = next(line for line in browser.page.splitlines() if "user007@" in line).split(",")
    owner = hub.browser()
    await owner.sign_in("user007", row[3])
    await owner.get("/account")
    assert owner.path == "/account"
    assert "user007@example.cn" in await browser.get("/admin/accounts?q=13900000007")


async def test_the_list_is_paged(hub: SiteHub) -> None:
    browser = await signed_in(hub, "root")

    def work(books: BooksOfStore) -> None:
        for n in range(120):
            books.accounts.add(f"paged{n:03}@{OTHER}")

    hub.app.desk.run_now(work)
    found: list[str] = []
    path = f"/admin/accounts?domain={OTHER}&q=paged"
    while path:
        await browser.get(path)
        found += re.findall(r"paged\d{3}", re.sub(r"<form.*?</form>", "", browser.page, flags=re.DOTALL))
        more = re.search(r'class="button" href="(/admin/accounts\?[^"]*after=[^"]*)"', browser.page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert sorted(set(found)) == [f"paged{n:03}" for n in range(120)]


async def test_a_domain_from_its_opening_to_its_end(hub: SiteHub) -> None:
    root = await signed_in(hub, "root")
    fields = {"name": "Neu.CN", "language": "en", "zone": "Europe/Berlin", "phone_mail": "on"}
    await root.get("/admin/domains/new")
    for name in ("", "no domain", "x..cn", "a" * 64 + ".cn", "<b>.cn"):
        await root.post("/admin/domains/new", fields | {"name": name})
        assert root.status == 422, name
    await root.post("/admin/domains/new", fields | {"name": "彩邮.cn"})
    assert "xn--" in root.page
    await root.get("/admin/domains/new")
    await root.post("/admin/domains/new", fields)
    assert "neu.cn" in root.page
    where = root.path
    await root.post("/admin/domains/new", fields)
    assert root.status == 409
    await root.get(where)
    await root.post(f"{where}/aliases", {"name": "info", "target": "ann@example.cn"})
    assert "info → ann@example.cn" in root.page
    await root.post(f"{where}/aliases", {"name": "info", "target": "ann@example.cn"})
    assert root.status == 422
    await root.get(where)
    gone = re.search(r'action="(/admin/domains/\d+/aliases/\d+)"', root.page)
    assert gone is not None
    await root.post(gone[1])
    assert "info → " not in root.page
    await root.post(where, {"language": "zh", "zone": "Asia/Shanghai"})
    for move, word in (("suspend", "Resume"), ("resume", "Suspend"), ("delete", "Restore"), ("restore", "Suspend")):
        await root.get(where)
        await root.post(f"{where}/standing", {"move": move})
        assert f">{word}<" in root.page, move
    await root.get("/admin/log?subject=neu.cn")
    assert "Europe/Berlin → Asia/Shanghai" in root.page


async def test_a_domain_administrator_has_its_own_domain_and_no_other(hub: SiteHub) -> None:
    boss = await signed_in(hub, "boss")
    await boss.get("/admin/domains")
    assert "example.cn" in boss.page
    assert OTHER not in boss.page
    own = re.search(r'href="(/admin/domains/\d+)"', boss.page)
    assert own is not None
    other = hub.app.desk.read_now(lambda books: books.accounts.domain_id(OTHER))
    await boss.get(f"/admin/domains/{other}")
    assert boss.status == 404
    for path, fields in (
        (f"/admin/domains/{other}", {"language": "zh", "zone": "Asia/Shanghai"}),
        (f"/admin/domains/{other}/aliases", {"name": "x", "target": "boss@example.cn"}),
        (f"{own[1]}/standing", {"move": "suspend"}),
        ("/admin/domains/new", {"name": "mine.cn", "language": "zh", "zone": "Asia/Shanghai"}),
    ):
        await boss.get("/admin/domains")
        await boss.post(path, fields)
        assert boss.status == 404, path
    root = await signed_in(hub, "root")
    await root.get(own[1])
    await root.post(f"{own[1]}/standing", {"move": "delete"})
    assert root.status == 404  # nobody locks himself out


async def test_messages_are_found_and_their_story_is_told(hub: SiteHub) -> None:
    ann = hub.member("sender")
    zoe = stranger(hub, "other-sender")
    desk = hub.app.desk

    def work(books: BooksOfStore) -> list[int]:
        later = books.now_ms + 3_600_000
        return [
            books.outbox.add(NewSms(PHONE, "a secret text", Purpose.API, account_id=ann)),
            books.outbox.add(NewSms(PHONE, "of another domain", Purpose.API, account_id=zoe)),
            books.outbox.add(NewSms("+8613900139000", "much later", Purpose.API, account_id=ann, not_before_ms=later)),
        ]

    mine, theirs, later = await desk.commit(work)
    await hub.until(lambda: desk.read_now(lambda books: books.outbox.get(mine))["state"] == "delivered")
    boss, root = await signed_in(hub, "boss"), await signed_in(hub, "root")

    await root.get("/admin/messages?number=13800138000")
    assert f"/admin/messages/{mine}" in root.page
    assert f"/admin/messages/{theirs}" in root.page
    await boss.get("/admin/messages?number=13800138000")
    assert f"/admin/messages/{mine}" in boss.page
    assert f"/admin/messages/{theirs}" not in boss.page
    for query, found in (
        ("state=queued", [later]),
        ("state=delivered&account=sender@example.cn", [mine]),
        ("account=nobody@example.cn", []),
        (f"account=other-sender@{OTHER}", []),
        ("link=nowhere", []),
        ("since=2099-01-01", []),
        ("until=1999-12-31", []),
        ("number=' OR 1=1", []),
        ("way=in", [later, mine]),  # what phones wrote is for the hub's administrators
    ):
        await boss.get(f"/admin/messages?{query}")
        assert [int(it) for it in re.findall(r'href="/admin/messages/(\d+)"', boss.page)] == found, query

    await boss.get(f"/admin/messages/{theirs}")
    assert boss.status == 404
    await boss.get(f"/admin/messages/{mine}")
    for words in ("on the phone", "taken by the carrier", '<svg class="strip"', "+86138****8000", "sender@example.cn"):
        assert words in boss.page
    assert "secret" not in boss.page
    await boss.post(f"/admin/messages/{mine}/reveal")
    assert "a secret text" in boss.page
    assert PHONE in boss.page
    await boss.get(f"/admin/log?subject={mine}")
    assert "looked at the text of a message" in boss.page
    await boss.post(f"/admin/messages/{theirs}/reveal")
    assert boss.status == 404

    await boss.get(f"/admin/messages/{later}")
    await boss.post(f"/admin/messages/{later}/cancel")
    assert "The message is taken back." in boss.page
    assert desk.read_now(lambda books: books.outbox.get(later))["state"] == "cancelled"
    await boss.post(f"/admin/messages/{mine}/cancel")
    assert "It is too late" in boss.page


async def test_what_phones_wrote_is_found_by_the_hubs_administrators(hub: SiteHub) -> None:
    hub.say("+8613700137000", "hello")
    root = await signed_in(hub, "root")
    await hub.until(lambda: hub.app.desk.read_now(lambda books: Listings(books.tx).incoming(["+8613700137000"])).rows)
    await root.get("/admin/messages?way=in&number=13700137000")
    story = re.search(r'href="(/admin/messages/\d+)"', root.page)
    assert story is not None
    await root.get(story[1])
    assert "came from the phone" in root.page or "arrived" in root.page
    assert "hello" not in root.page


async def test_links_are_ordered_about_and_tested(hub: SiteHub) -> None:
    root = await signed_in(hub, "root")
    await root.get("/admin/links")
    assert 'href="/admin/links/sms"' in root.page
    await root.get("/admin/links/sms")
    assert "secret08" not in root.page
    for text, number in (("", PHONE), ("hello", "12345"), ("x" * 2000, PHONE)):
        await root.post("/admin/links/sms/test", {"number": number, "text": text})
        assert root.status == 422
    await root.post("/admin/links/sms/test", {"number": "13600136000", "text": "a test over sms"})
    assert root.path.startswith("/admin/messages/")
    await hub.until(lambda: "a test over sms" in hub.texts("+8613600136000"))
    served = hub.app.dispatcher.served["sms"]
    for wish, words in (("drain", "It is drained"), ("pause", "It is paused"), ("run", "It sends and receives")):
        await root.get("/admin/links/sms")
        await root.post("/admin/links/sms/wish", {"wish": wish})
        assert words in root.page
    for path, fields in (("wish", {"wish": "remove"}), ("move", {"node": "9999"}), ("wish", {"wish": "explode"})):
        await root.get("/admin/links/sms")
        await root.post(f"/admin/links/sms/{path}", fields)
        assert root.status in (400, 409, 422), path
    await root.get("/admin/links/nothing")
    assert root.status == 404
    assert served is hub.app.dispatcher.served["sms"]
    await root.get("/admin/log?subject=sms")
    for words in ("paused the link", "drained the link", "resumed the link", "sent a test SMS"):
        assert words in root.page


async def test_a_link_is_added_changed_and_removed(hub: SiteHub) -> None:
    root = await signed_in(hub, "root")
    port = str(hub.simulator.ports["smpp"])
    await root.get("/admin/links/new?protocol=smpp")
    assert 'name="system_id"' in root.page
    fields = {
        "protocol": "smpp", "name": "second", "host": "127.0.0.1", "port": port, "system_id": "caiyou",
        "password": "secret08", "window": "32", "tls": "false", "bind": "transceiver",
    }  # fmt: skip
    for wrong in ({"name": "no blanks"}, {"window": "x"}, {"bind": "sideways"}, {"host": ""}, {"name": "sms"}):
        await root.get("/admin/links/new?protocol=smpp")
        await root.post("/admin/links/new", fields | wrong)
        assert root.status in (409, 422), wrong
    await root.get("/admin/links/new?protocol=smpp")
    form = _filled(root.page) | fields
    await root.post("/admin/links/new", form)
    assert root.path == "/admin/links/second", root.page[:3000]
    await hub.until(lambda: "second" in hub.app.dispatcher.served)
    await root.get("/admin/links/second/options")
    assert "secret08" not in root.page
    await root.post("/admin/links/second/options", _filled(root.page) | {"window": "8"})
    assert root.path == "/admin/links/second"
    await root.post("/admin/links/second/wish", {"wish": "remove"})
    assert root.path == "/admin/links"
    await root.get("/admin/log?subject=second")
    assert "32 → 8" in root.page or "options" in root.page or "window" in root.page
    assert "secret08" not in root.page


def _filled(page: str) -> dict[str, str]:
    """What a form holds as it is shown."""
    found = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r"<option selected>([^<]*)", body) or re.search(r"<option[^>]*>([^<]*)", body)
        found[name] = chosen[1] if chosen else ""
    return found


async def test_routes_are_added_ordered_explained_and_removed(hub: SiteHub) -> None:
    root = await signed_in(hub, "root")
    plain = {"preference": "10", "cost": "5", "weight": "1"}
    await root.get("/admin/routes/new")
    for wrong in ({"link": "nowhere"}, {"prefix": "abc"}, {"hours": "always"}, {"cost": "x"}, {"account": "no@x.cn"}):
        await root.post("/admin/routes/new", {"prefix": "+86", "link": "sms"} | plain | wrong)
        assert root.status == 422, wrong
    await root.post("/admin/routes/new", {"prefix": "+86", "link": "sms"} | plain)
    await root.get("/admin/routes/new")
    await root.post("/admin/routes/new", {"prefix": "+86", "link": "sms", "operator": "cmcc"} | plain)
    await root.post("/admin/routes/new", {"prefix": "+86", "link": "sms", "operator": "cmcc"} | plain)
    assert root.status == 422  # the same once more
    lines = [line.id for line in hub.app.desk.read_now(lambda books: books.routes.siblings("+86"))]
    await root.get("/admin/routes")
    await root.post(f"/admin/routes/{lines[1]}/order", {"to": "up"})
    assert [line.id for line in hub.app.desk.read_now(lambda books: books.routes.siblings("+86"))] == lines[::-1]
    await root.get("/admin/routes?number=13800138000&text=hello")
    assert "goes over sms" in root.page
    await root.get("/admin/routes?number=nonsense")
    assert "This is no phone number." in root.page
    for line in lines:
        await root.get(f"/admin/routes/{line}")
        await root.post(f"/admin/routes/{line}/remove")
    await root.get("/admin/routes")
    assert "The table is empty" in root.page
    await root.get("/admin/queues")
    assert root.status == 200
