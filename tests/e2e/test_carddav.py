"""CardDAV over the open web door: discovery by every path, cards put and synced, books made, shared and refused."""

from __future__ import annotations

import base64
import plistlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.core.book import MAX_CARD_OCTETS
from gateway.store.dav_clients import MAX_PASSWORDS
from gateway.store.desk import BooksOfStore
from tests.fakes.dav_hub import ANN, BEN, NAMES, PASSWORD, DavHub, card, dav_hub

PRINCIPAL = f"/dav/principals/{ANN}/"
HOME = f"/dav/addressbooks/{ANN}/"
BOOK = f"{HOME}contacts/"
C = NAMES["C"]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[DavHub]:
    async with dav_hub(tmp_path) as opened:
        yield opened


def propfind(*names: str) -> str:
    return (
        f'<D:propfind xmlns:D="DAV:" xmlns:C="{C}" xmlns:CS="{NAMES["CS"]}" xmlns:INF="{NAMES["INF"]}"><D:prop>'
        + "".join(f"<{name}/>" for name in names)
        + "</D:prop></D:propfind>"
    )


def multiget(*hrefs: str, prop: str = "<D:getetag/><C:address-data/>") -> str:
    return (
        f'<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="{C}"><D:prop>{prop}</D:prop>'
        + "".join(f"<D:href>{href}</D:href>" for href in hrefs)
        + "</C:addressbook-multiget>"
    )


def query(filters: str, prop: str = "<D:getetag/>", limit: int = 0) -> str:
    limits = f"<C:limit><C:nresults>{limit}</C:nresults></C:limit>" if limit else ""
    return (
        f'<C:addressbook-query xmlns:D="DAV:" xmlns:C="{C}"><D:prop>{prop}</D:prop>'
        f"<C:filter>{filters}</C:filter>{limits}</C:addressbook-query>"
    )


async def token_of(hub: DavHub, book: str = BOOK) -> str:
    answer = await hub.ask("PROPFIND", book, propfind("D:sync-token"), Depth="0")
    return answer.found(book)["sync-token"].text or ""


# --- who asks ---------------------------------------------------------------------------------------------------------


async def test_strangers_are_asked_for_a_password(hub: DavHub) -> None:
    for method in ("PROPFIND", "OPTIONS", "GET", "REPORT", "PUT"):
        answer = await hub.ask(method, BOOK + "a.vcf", user="")
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="caiyou", charset="UTF-8"'
        assert "addressbook" in answer.headers["dav"]
    assert (await hub.ask("PROPFIND", HOME, password="wrong")).status == 401
    assert (await hub.ask("PROPFIND", HOME, user="nobody@example.cn")).status == 401
    assert (await hub.ask("PROPFIND", HOME, user=ANN.upper(), Depth="0")).status == 207


async def test_who_guesses_has_to_wait_and_who_is_known_has_not(hub: DavHub) -> None:
    assert (await hub.ask("PROPFIND", HOME, Depth="0")).status == 207
    for _ in range(10):
        assert (await hub.ask("PROPFIND", HOME, password="wrong")).status == 401
    refused = await hub.ask("PROPFIND", HOME, password="wrong")
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await hub.ask("PROPFIND", HOME, Depth="0")).status == 207
    for _ in range(10):
        await hub.ask("PROPFIND", HOME, user=BEN, password="wrong")
    assert (await hub.ask("PROPFIND", HOME, user="new@example.cn")).status == 429


async def test_a_new_password_ends_the_old_one(hub: DavHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.passwords import hash_password_now
    from gateway.web import dav_login

    monkeypatch.setattr(dav_login, "FRESH_S", 0.0)
    assert (await hub.ask("PROPFIND", HOME, Depth="0")).status == 207
    new = hash_password_now("another")
    hub.desk.run_now(lambda books: books.accounts.set_password(hub.accounts[ANN], new))
    assert (await hub.ask("PROPFIND", HOME, Depth="0")).status == 401
    assert (await hub.ask("PROPFIND", HOME, password="another", Depth="0")).status == 207
    hub.desk.run_now(lambda books: books.accounts.set_state(hub.accounts[ANN], "suspended"))
    assert (await hub.ask("PROPFIND", HOME, password="another", Depth="0")).status == 401


async def test_a_device_has_a_password_of_its_own(hub: DavHub) -> None:
    def tokens(books: BooksOfStore) -> tuple[str, str]:
        account_id = hub.accounts[ANN]
        return books.accounts.add_token(account_id, "phone", "dav"), books.accounts.add_token(account_id, "x", "send")

    good, other = hub.desk.run_now(tokens)
    assert (await hub.ask("PROPFIND", HOME, password=good, Depth="0")).status == 207
    assert (await hub.ask("PROPFIND", HOME, password=other, Depth="0")).status == 401
    assert (await hub.ask("PROPFIND", HOME, user=BEN, password=good, Depth="0")).status == 401


async def test_what_is_checked_is_remembered(hub: DavHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.web import dav_login

    checks = []
    whole = dav_login.check_password

    async def counted(*given: str) -> object:
        checks.append(given)
        return await whole(*given)

    monkeypatch.setattr(dav_login, "check_password", counted)
    monkeypatch.setattr(dav_login, "FRESH_S", 0.0)
    for _ in range(5):
        assert (await hub.ask("PROPFIND", HOME, Depth="0")).status == 207
    assert len(checks) == 1


# --- setting a phone up -----------------------------------------------------------------------------------------------


class Member:
    """A member at a page that sets a phone up."""

    def __init__(self, hub: DavHub) -> None:
        self._hub = hub
        self._token = hub.desk.run_now(lambda books: books.accounts.add_token(hub.accounts[ANN], "page", "settings"))

    async def ask(self, method: str, path: str = "", given: object = None) -> tuple[int, dict[str, Any]]:
        url = f"{self._hub.url}/api/v1/dav-passwords{path}"
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._hub.client.request(method, url, json=given, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def says(self, device: str) -> tuple[str, str, str | None]:
        """What the page shows: how far it has come, by which program, and what is wrong."""
        status, found = await self.ask("GET", f"/{device}")
        assert status == 200
        assert found["words"]
        return found["step"], found["program"], found["trouble"]


async def test_a_phone_is_set_up(hub: DavHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.web import dav_login

    monkeypatch.setattr(dav_login, "FRESH_S", 0.0)
    member = Member(hub)
    status, made = await member.ask("POST", given={"name": "我的手机"})
    assert status == 201
    assert (made["url"], made["user"]) == ("https://mail.example.cn/dav/", ANN)
    assert made["link"] == f"davx5://ann%40example.cn:{made['password']}@mail.example.cn/dav/"
    assert made["qr"].startswith("<svg")
    profile = plistlib.loads(base64.b64decode(made["profile"]))
    assert profile["PayloadContent"][0]["CardDAVPassword"] == made["password"]

    phone = {"password": made["password"], "User_Agent": "DAVx5/4.5.1-ose (2026/01; dav4jvm; okhttp) Android/15"}
    assert await member.says(made["id"]) == ("waiting", "", None)
    assert (await hub.ask("PROPFIND", "/dav/", **{**phone, "password": "typo"})).status == 401
    assert await member.says(made["id"]) == ("trouble", "DAVx5", "password")
    assert (await hub.ask("PROPFIND", "/dav/", Depth="0", **phone)).status == 207
    assert await member.says(made["id"]) == ("signed_in", "DAVx5", None)
    assert (await hub.ask("PROPFIND", f"{HOME}personal/", Depth="0", **phone)).status == 404
    assert await member.says(made["id"]) == ("trouble", "DAVx5", "no_book")
    assert (await hub.ask("PROPFIND", f"/dav/addressbooks/{BEN}/", Depth="1", **phone)).status == 403
    assert await member.says(made["id"]) == ("trouble", "DAVx5", "other_account")
    await hub.sync(BOOK, "", **phone)
    assert await member.says(made["id"]) == ("synced", "DAVx5", None)
    # What clients live with every day is no trouble.
    assert (await hub.ask("GET", BOOK + "gone.vcf", **phone)).status == 404
    assert (await hub.put(BOOK + "a.vcf", card("a"), If_Match='"old"', **phone)).status == 412
    assert await member.says(made["id"]) == ("synced", "DAVx5", None)
    assert (await hub.put(BOOK + "a.vcf", b"no card", **phone)).status == 403
    assert await member.says(made["id"]) == ("synced", "DAVx5", "bad_card")

    # The history of a card has the name of the device.
    await hub.put(BOOK + "a.vcf", card("a"), **phone)
    stored = hub.desk.read_now(
        lambda books: books.contacts.get(books.address_books.by_slug(hub.accounts[ANN], "contacts").id, "a.vcf")
    )
    assert stored.changed_by == "我的手机"

    assert [it["name"] for it in (await member.ask("GET"))[1]["devices"]] == ["我的手机"]
    assert (await member.ask("DELETE", f"/{made['id']}"))[0] == 200
    assert (await hub.ask("PROPFIND", HOME, Depth="0", **phone)).status == 401
    assert (await member.ask("GET", f"/{made['id']}"))[0] == 404
    assert (await member.ask("DELETE", f"/{made['id']}"))[0] == 404


async def test_what_makes_no_password(hub: DavHub) -> None:
    member = Member(hub)
    for given in ({}, {"name": ""}, {"name": "a\nb"}, {"name": "x" * 65}, {"name": 7}, {"name": "a", "scope": "admin"}):
        assert (await member.ask("POST", given=given))[0] == 422
    for _ in range(MAX_PASSWORDS):
        hub.desk.run_now(lambda books: books.dav_clients.add_password(hub.accounts[ANN], "x"))
    assert (await member.ask("POST", given={"name": "one more"}))[0] == 409


async def test_a_sync_costs_no_writing(hub: DavHub) -> None:
    await hub.sync(BOOK, "")
    writes = []
    whole = hub.desk.commit
    hub.desk.commit = lambda work: writes.append(work) or whole(work)  # type: ignore[method-assign, func-returns-value]
    for _ in range(5):
        await hub.ask("PROPFIND", BOOK, Depth="0")
        await hub.sync(BOOK, "")
    assert not writes


# --- discovery --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/.well-known/carddav", "/.well-known/carddav/"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PROPFIND", "HEAD"])
@pytest.mark.parametrize("user", ["", ANN])
async def test_well_known(hub: DavHub, method: str, path: str, user: str) -> None:
    answer = await hub.ask(method, path, user=user)
    assert (answer.status, answer.headers["location"]) == (301, "/dav/")


async def test_other_well_known_names_are_unknown(hub: DavHub) -> None:
    assert (await hub.ask("PROPFIND", "/.well-known/caldav")).status == 404


@pytest.mark.parametrize("path", ["/", "/principals/", "/dav", "/dav/", "/dav/principals/", PRINCIPAL, HOME, BOOK])
async def test_the_way_is_told_wherever_one_begins(hub: DavHub, path: str) -> None:
    wanted = propfind("D:current-user-principal", "D:principal-URL", "C:addressbook-home-set", "D:resourcetype")
    answer = await hub.ask("PROPFIND", path, wanted, Depth="0")
    (here,) = answer.responses()
    found = answer.found(here)
    assert found["current-user-principal"].findtext("D:href", "", NAMES) == PRINCIPAL
    assert found["principal-URL"].findtext("D:href", "", NAMES) == PRINCIPAL
    assert found["addressbook-home-set"].findtext("D:href", "", NAMES) == HOME
    assert not answer.missing(here)


async def test_people_at_the_root_are_not_asked_for_a_password(hub: DavHub) -> None:
    assert "www-authenticate" not in (await hub.ask("GET", "/", user="")).headers


async def test_principal_home_and_book_are_three(hub: DavHub) -> None:
    for path, kinds in (
        (PRINCIPAL, {"principal", "collection"}),
        (HOME, {"collection"}),
        (BOOK, {"collection", "addressbook"}),
    ):
        answer = await hub.ask("PROPFIND", path, propfind("D:resourcetype"), Depth="0")
        found = answer.found(path)["resourcetype"]
        assert {it.tag.rpartition("}")[2] for it in found} == kinds
    options = await hub.ask("OPTIONS", PRINCIPAL)
    assert options.status == 200
    assert {"1", "3", "access-control", "addressbook", "extended-mkcol"} <= set(options.headers["dav"].split(", "))
    assert "REPORT" in options.headers["allow"]


async def test_the_first_book_of_a_home_is_there_before_it_is_made(hub: DavHub) -> None:
    answer = await hub.ask("PROPFIND", HOME, propfind("D:resourcetype", "D:displayname"), Depth="1")
    assert list(answer.responses()) == [HOME, BOOK]


async def test_others_are_not_shown(hub: DavHub) -> None:
    for path in (f"/dav/addressbooks/{BEN}/", f"/dav/addressbooks/{BEN}/contacts/", f"/dav/principals/{BEN}/"):
        answer = await hub.ask("PROPFIND", path, Depth="0")
        assert (answer.status, answer.condition) == (403, "need-privileges")
    assert (await hub.ask("PROPFIND", f"{HOME}other/", Depth="0")).status == 404
    assert (await hub.ask("PROPFIND", f"{BOOK}other.vcf", Depth="0")).status == 404
    assert (await hub.ask("PROPFIND", "/dav/elsewhere/", Depth="0")).status == 404
    assert (await hub.ask("GET", f"/dav/addressbooks/{BEN}/contacts/")).status == 403
    assert (await hub.put(f"/dav/addressbooks/{BEN}/contacts/a.vcf", card("a"))).status == 403


async def test_all_of_a_tree_is_not_given_at_once(hub: DavHub) -> None:
    answer = await hub.ask("PROPFIND", HOME, Depth="infinity")
    assert (answer.status, answer.condition) == (403, "propfind-finite-depth")
    assert (await hub.ask("PROPFIND", HOME, Depth="2")).status == 400


async def test_what_is_no_request(hub: DavHub) -> None:
    for method, path in (("PROPFIND", HOME), ("REPORT", BOOK), ("PROPPATCH", BOOK), ("MKCOL", HOME + "new/")):
        for body in ("<a", "<a/>", '<!DOCTYPE x><D:propfind xmlns:D="DAV:"/>', '<D:propfind xmlns:D="DAV:"/>'):
            answer = await hub.ask(method, path, body, Depth="0", Content_Type="text/xml")
            assert answer.status in (400, 403), (method, body, answer)
    assert (await hub.ask("LOCK", BOOK)).status == 405
    assert "PROPFIND" in (await hub.ask("LOCK", BOOK)).headers["allow"]


async def test_names_alone_and_everything(hub: DavHub) -> None:
    names = await hub.ask("PROPFIND", BOOK, '<propfind xmlns="DAV:"><propname/></propfind>', Depth="0")
    assert {"resourcetype", "sync-token", "supported-address-data"} <= set(names.found(BOOK))
    assert not any(it.text or len(it) for it in names.found(BOOK).values())
    everything = await hub.ask("PROPFIND", BOOK, Depth="0")
    assert {"resourcetype", "displayname", "creationdate"} <= set(everything.found(BOOK))
    assert "sync-token" not in everything.found(BOOK)


# --- cards ------------------------------------------------------------------------------------------------------------


async def test_a_card_comes_back_octet_by_octet(hub: DavHub) -> None:
    data = card("u1", "张三", "X-OURS;X-A=b:1", "item1.TEL:138", "item1.X-ABLabel:_$!<Mobile>!$_")
    made = await hub.put(BOOK + "u1.vcf", data, If_None_Match="*")
    assert made.status == 201
    got = await hub.ask("GET", BOOK + "u1.vcf")
    assert (got.status, got.body, got.headers["etag"]) == (200, data, made.headers["etag"])
    assert got.headers["content-type"] == "text/vcard; charset=utf-8"
    assert (await hub.ask("HEAD", BOOK + "u1.vcf")).headers["etag"] == made.headers["etag"]
    assert (await hub.ask("GET", BOOK + "u1.vcf", If_None_Match=made.headers["etag"])).status == 304
    whole = await hub.ask("GET", BOOK)
    assert whole.body == data


async def test_conditions(hub: DavHub) -> None:
    path = BOOK + "u1.vcf"
    assert (await hub.put(path, card("u1"), If_Match='"x"')).status == 412
    assert (await hub.put(path, card("u1"), If_Match="*")).status == 412
    tag = (await hub.put(path, card("u1"))).headers["etag"]
    assert (await hub.put(path, card("u1", "B"), If_None_Match="*")).status == 412
    assert (await hub.put(path, card("u1", "B"), If_Match='"x"')).status == 412
    assert (await hub.put(path, card("u1", "B"), If_Match='"x", "y"')).status == 412
    new = await hub.put(path, card("u1", "B"), If_Match=f'"x", {tag}')
    assert (new.status, new.headers["etag"] != tag) == (204, True)
    assert (await hub.ask("DELETE", path, If_Match=tag)).status == 412
    assert (await hub.ask("DELETE", path, If_Match=new.headers["etag"])).status == 204
    assert (await hub.ask("DELETE", path)).status == 404
    assert (await hub.ask("GET", path)).status == 404


async def test_without_a_uid_a_card_gets_one_and_no_tag_is_told(hub: DavHub) -> None:
    data = card("u1").replace(b"UID:u1\r\n", b"")
    made = await hub.put(BOOK + "u1.vcf", data)
    assert (made.status, "etag" in made.headers) == (201, False)
    got = await hub.ask("GET", BOOK + "u1.vcf")
    assert b"UID:urn:uuid:" in got.body
    assert (await hub.put(BOOK + "u1.vcf", data)).status == 204


@pytest.mark.parametrize(
    ("data", "headers", "status", "condition"),
    [
        (card("x"), {"Content_Type": "text/calendar"}, 403, "supported-address-data"),
        (b"no card", {}, 403, "valid-address-data"),
        (card("x") + card("y"), {}, 403, "valid-address-data"),
        (card("taken"), {}, 403, "no-uid-conflict"),
        (card("x", "x" * MAX_CARD_OCTETS), {}, 403, "max-resource-size"),
    ],
)
async def test_what_is_not_kept(hub: DavHub, data: bytes, headers: dict[str, str], status: int, condition: str) -> None:
    await hub.put(BOOK + "owner.vcf", card("taken"))
    answer = await hub.put(BOOK + "x.vcf", data, **headers)
    assert (answer.status, answer.condition) == (status, condition)
    if condition == "no-uid-conflict":
        assert answer.root.findtext(".//D:href", "", NAMES) == BOOK + "owner.vcf"
    assert (await hub.ask("GET", BOOK + "x.vcf")).status == 404


async def test_where_no_card_can_be(hub: DavHub) -> None:
    assert (await hub.put(f"{HOME}none/a.vcf", card("a"))).status == 409
    assert (await hub.put(BOOK, card("a"))).status == 405
    assert (await hub.put(BOOK + "sub/", card("a"))).status == 409
    assert (await hub.put(BOOK + "sub/a.vcf", card("a"))).status == 409
    assert (await hub.ask("MKCOL", BOOK + "a/b/")).status == 409


async def test_a_book_that_is_full(hub: DavHub) -> None:
    await hub.put(BOOK + "a.vcf", card("a"))
    hub.desk.run_now(
        lambda books: books.address_books.change(books.address_books.default(hub.accounts[ANN]).id, quota_cards=1)
    )
    answer = await hub.put(BOOK + "b.vcf", card("b"))
    assert (answer.status, answer.condition) == (507, "quota-not-exceeded")
    assert (await hub.put(BOOK + "a.vcf", card("a", "other"))).status == 204


async def test_names_that_need_escapes_are_spelt_one_way(hub: DavHub) -> None:
    spelt = f"{BOOK}%E5%BC%A0%20%261%2B.vcf"
    assert (await hub.put("/dav/addressbooks/ann%40example.cn/contacts/张%20&1+.vcf", card("a"))).status == 201
    assert list((await hub.ask("PROPFIND", BOOK, propfind("D:getetag"), Depth="1")).responses()) == [BOOK, spelt]
    assert (await hub.ask("GET", spelt)).status == 200


async def test_a_name_is_chosen_for_a_card_that_is_posted(hub: DavHub) -> None:
    home = await hub.ask("PROPFIND", BOOK, propfind("D:add-member"), Depth="0")
    where = home.found(BOOK)["add-member"].findtext("D:href", "", NAMES)
    made = await hub.ask("POST", where, card("a"), Content_Type="text/vcard")
    assert made.status == 201
    got = await hub.ask("GET", made.headers["location"])
    assert (got.body, got.headers["etag"]) == (card("a"), made.headers["etag"])


async def test_the_card_may_come_back_at_once(hub: DavHub) -> None:
    made = await hub.put(BOOK + "a.vcf", card("a"), Prefer="return=representation")
    assert (made.status, made.body, made.headers["preference-applied"]) == (201, card("a"), "return=representation")


async def test_history_knows_the_program(hub: DavHub) -> None:
    await hub.put(BOOK + "a.vcf", card("a"), User_Agent="DAVx5/4.5.1-ose (2026/01; dav4jvm; okhttp) Android/15")
    stored = hub.desk.read_now(
        lambda books: books.contacts.get(books.address_books.by_slug(hub.accounts[ANN], "contacts").id, "a.vcf")
    )
    assert stored.changed_by == "DAVx5"


# --- reports ----------------------------------------------------------------------------------------------------------


async def test_multiget(hub: DavHub) -> None:
    for name in ("a", "b"):
        await hub.put(f"{BOOK}{name}.vcf", card(name))
    hrefs = [BOOK + "b.vcf", hub.url + BOOK + "a.vcf", BOOK + "gone.vcf", f"{HOME}none/x.vcf", "/elsewhere"]
    answer = await hub.ask("REPORT", BOOK, multiget(*hrefs))
    assert answer.gone() == {BOOK + "gone.vcf", f"{HOME}none/x.vcf", "/elsewhere"}
    assert answer.found(BOOK + "a.vcf")["address-data"].text == card("a").decode()
    assert answer.found(BOOK + "b.vcf")["getetag"].text == (await hub.ask("GET", BOOK + "b.vcf")).headers["etag"]
    ben = f"/dav/addressbooks/{BEN}/contacts/b.vcf"
    assert (await hub.ask("REPORT", BOOK, multiget(ben))).gone() == {ben}


async def test_some_lines_of_cards(hub: DavHub) -> None:
    await hub.put(BOOK + "a.vcf", card("a", "张三", "TEL:1", "NOTE:x"))
    prop = '<C:address-data><C:prop name="FN"/><C:prop name="tel"/></C:address-data>'
    answer = await hub.ask("REPORT", BOOK, multiget(BOOK + "a.vcf", prop=prop))
    assert answer.found(BOOK + "a.vcf")["address-data"].text == (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:张三\r\nTEL:1\r\nEND:VCARD\r\n"
    )


async def test_versions_that_are_not_written(hub: DavHub) -> None:
    for attributes in ('version="2.1"', 'content-type="application/json"'):
        answer = await hub.ask("REPORT", BOOK, multiget(BOOK + "a.vcf", prop=f"<C:address-data {attributes}/>"))
        assert (answer.status, answer.condition) == (403, "supported-address-data")


async def test_query(hub: DavHub) -> None:
    for name, words in (("a", "张三"), ("b", "李四"), ("c", "Zhang San")):
        await hub.put(f"{BOOK}{name}.vcf", card(name, words))
    fits = '<C:prop-filter name="FN"><C:text-match match-type="starts-with">zhang</C:text-match></C:prop-filter>'
    assert list((await hub.ask("REPORT", BOOK, query(fits), Depth="1")).responses()) == [BOOK + "c.vcf"]
    assert len((await hub.ask("REPORT", BOOK, query(""))).responses()) == 3
    assert list((await hub.ask("REPORT", HOME, query(fits), Depth="1")).responses()) == [BOOK + "c.vcf"]
    limited = await hub.ask("REPORT", BOOK, query("", limit=2))
    assert len(limited.responses()) == 3
    last = limited.responses()[BOOK]
    assert last.findtext("D:status", "", NAMES) == "HTTP/1.1 507 Insufficient Storage"
    assert last.find("D:error/D:number-of-matches-within-limits", NAMES) is not None
    bad = '<C:prop-filter name="FN"><C:text-match collation="i;x">z</C:text-match></C:prop-filter>'
    assert (await hub.ask("REPORT", BOOK, query(bad))).condition == "supported-collation"


async def test_reports_that_there_are_not(hub: DavHub) -> None:
    answer = await hub.ask("REPORT", BOOK, '<D:version-tree xmlns:D="DAV:"/>')
    assert (answer.status, answer.condition) == (403, "supported-report")
    for path in (PRINCIPAL, "/dav/"):
        assert (await hub.ask("REPORT", path, query(""))).condition == "supported-report"


# --- what has changed -------------------------------------------------------------------------------------------------


async def test_sync_tells_every_kind_of_change(hub: DavHub) -> None:
    for name in ("kept", "changed", "deleted"):
        await hub.put(f"{BOOK}{name}.vcf", card(name))
    first = await hub.sync(BOOK, "")
    assert set(first.responses()) == {f"{BOOK}{name}.vcf" for name in ("kept", "changed", "deleted")}
    assert first.token == await token_of(hub)
    nothing = await hub.sync(BOOK, first.token)
    assert (nothing.responses(), nothing.token) == ({}, first.token)
    await hub.put(BOOK + "new.vcf", card("new"))
    await hub.put(BOOK + "changed.vcf", card("changed", "other"))
    await hub.ask("DELETE", BOOK + "deleted.vcf")
    await hub.put(BOOK + "brief.vcf", card("brief"))
    await hub.ask("DELETE", BOOK + "brief.vcf")
    second = await hub.sync(BOOK, first.token)
    assert set(second.responses()) - second.gone() == {BOOK + "new.vcf", BOOK + "changed.vcf"}
    assert second.gone() == {BOOK + "deleted.vcf", BOOK + "brief.vcf"}
    await hub.put(BOOK + "deleted.vcf", card("deleted", "again"))
    third = await hub.sync(BOOK, first.token)
    assert third.gone() == {BOOK + "brief.vcf"}
    assert "getetag" in third.found(BOOK + "deleted.vcf")
    assert BOOK + "deleted.vcf" in (await hub.sync(BOOK, second.token)).responses()


async def test_a_first_sync_says_nothing_of_what_is_gone(hub: DavHub) -> None:
    for name in ("a", "b"):
        await hub.put(f"{BOOK}{name}.vcf", card(name))
    await hub.ask("DELETE", BOOK + "a.vcf")
    answer = await hub.sync(BOOK, "", "<D:getetag/><C:address-data/>", Depth="1")
    assert list(answer.responses()) == [BOOK + "b.vcf"]
    assert answer.found(BOOK + "b.vcf")["address-data"].text == card("b").decode()


async def test_a_sync_in_steps(hub: DavHub) -> None:
    await hub.put(BOOK + "0.vcf", card("0"))
    token = await token_of(hub)
    for name in range(1, 8):
        await hub.put(f"{BOOK}{name}.vcf", card(str(name)))
    seen: set[str] = set()
    steps = 0
    while True:
        body = (
            f'<D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>'
            "<D:limit><D:nresults>3</D:nresults></D:limit><D:prop><D:getetag/></D:prop></D:sync-collection>"
        )
        answer = await hub.ask("REPORT", BOOK, body)
        steps += 1
        token = answer.token
        seen |= set(answer.responses()) - {BOOK}
        if BOOK not in answer.responses():
            break
        assert "507" in answer.responses()[BOOK].findtext("D:status", "", NAMES)
    assert (steps, len(seen)) == (3, 7)


@pytest.mark.parametrize(
    ("agent", "status"), [("DAVx5/4.5", 403), ("Mozilla/5.0 (X11; Linux) Gecko/20100101 Thunderbird/153.0", 400)]
)
async def test_tokens_that_are_dead(hub: DavHub, agent: str, status: int) -> None:
    await hub.put(BOOK + "a.vcf", card("a"))
    token = await token_of(hub)
    head, _, revision = token.rpartition(":")
    for dead in ("x", "http://radicale.org/ns/sync/1", f"{head}:{int(revision) + 1}", "urn:caiyou:book:1:1"):
        answer = await hub.sync(BOOK, dead, User_Agent=agent)
        assert (answer.status, answer.condition) == (status, "valid-sync-token")


async def test_the_token_of_a_book_that_was_made_again_is_dead(hub: DavHub) -> None:
    book = HOME + "work/"
    await hub.ask("MKCOL", book)
    await hub.put(book + "a.vcf", card("a"))
    token = await token_of(hub, book)
    assert (await hub.ask("DELETE", book)).status == 204
    assert (await hub.ask("MKCOL", book)).status == 201
    await hub.put(book + "a.vcf", card("a"))
    assert (await hub.sync(book, token)).condition == "valid-sync-token"


async def test_both_tags_of_a_book_follow_its_cards_alone(hub: DavHub) -> None:
    async def tags() -> tuple[str | None, str | None]:
        found = (await hub.ask("PROPFIND", BOOK, propfind("D:sync-token", "CS:getctag"), Depth="0")).found(BOOK)
        return found["sync-token"].text, found["getctag"].text

    before = await tags()
    await hub.ask("PROPPATCH", BOOK, PATCH.format("<D:displayname>x</D:displayname>"))
    assert await tags() == before
    await hub.put(BOOK + "a.vcf", card("a"))
    after = await tags()
    assert after[0] != before[0]
    assert after[1] != before[1]


# --- books ------------------------------------------------------------------------------------------------------------

PATCH = (
    '<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:INF="http://inf-it.com/ns/ab/" '
    'xmlns:X="urn:x"><D:set><D:prop>{}</D:prop></D:set></D:propertyupdate>'
)


async def test_a_book_is_made_and_changed(hub: DavHub) -> None:
    book = HOME + "work/"
    body = (
        f'<D:mkcol xmlns:D="DAV:" xmlns:C="{C}"><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook/>'
        "</D:resourcetype><D:displayname>同事</D:displayname><C:addressbook-description>d</C:addressbook-description>"
        "</D:prop></D:set></D:mkcol>"
    )
    assert (await hub.ask("MKCOL", book[:-1], body, Content_Type="application/xml")).status == 201
    assert (await hub.ask("MKCOL", book, body, Content_Type="application/xml")).status == 405
    wanted = propfind("D:displayname", "C:addressbook-description", "INF:addressbook-color")
    answer = await hub.ask("PROPFIND", book, wanted, Depth="0")
    assert {name: it.text for name, it in answer.found(book).items()} == {
        "displayname": "同事", "addressbook-description": "d",
    }  # fmt: skip
    assert answer.missing(book) == {"addressbook-color"}
    values = (
        "<INF:addressbook-color>#ff00ff</INF:addressbook-color><D:displayname>a&lt;b</D:displayname>"
        "<X:own><X:deep a='1'>t</X:deep></X:own>"
    )
    assert (await hub.ask("PROPPATCH", book, PATCH.format(values))).status == 207
    assert (await hub.ask("PROPPATCH", book, PATCH.format(values), Prefer="return=minimal")).status == 200
    found = (await hub.ask("PROPFIND", book, propfind("D:displayname", "INF:addressbook-color"), Depth="0")).found(book)
    assert (found["displayname"].text, found["addressbook-color"].text) == ("a<b", "#ff00ff")
    everything = (await hub.ask("PROPFIND", book, Depth="0")).found(book)
    assert everything["own"].find("{urn:x}deep").attrib == {"a": "1"}  # type: ignore[union-attr]
    remove = (
        '<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><own xmlns="urn:x"/></D:prop></D:remove></D:propertyupdate>'
    )
    await hub.ask("PROPPATCH", book, remove)
    assert "own" not in (await hub.ask("PROPFIND", book, Depth="0")).found(book)
    assert list((await hub.ask("PROPFIND", HOME, propfind("D:resourcetype"), Depth="1")).responses()) == [
        HOME, BOOK, book,
    ]  # fmt: skip


async def test_one_property_that_cannot_be_set_keeps_the_others(hub: DavHub) -> None:
    await hub.ask("PROPFIND", HOME, Depth="0")
    answer = await hub.ask("PROPPATCH", BOOK, PATCH.format("<D:displayname>x</D:displayname><D:getetag>1</D:getetag>"))
    stats = {
        stat.find("D:prop/*", NAMES).tag: stat.findtext("D:status", "", NAMES)  # type: ignore[union-attr]
        for stat in answer.responses()[BOOK].findall("D:propstat", NAMES)
    }
    assert stats == {"{DAV:}getetag": "HTTP/1.1 403 Forbidden", "{DAV:}displayname": "HTTP/1.1 424 Failed Dependency"}
    assert (await hub.ask("PROPFIND", BOOK, Depth="0")).found(BOOK)["displayname"].text != "x"


async def test_where_no_book_can_be(hub: DavHub) -> None:
    inner = await hub.ask("MKCOL", BOOK + "inner/")
    assert (inner.status, inner.condition) == (403, "addressbook-collection-location-ok")
    assert (await hub.ask("MKCOL", HOME)).status == 405
    assert (await hub.ask("MKCOL", f"/dav/addressbooks/{BEN}/mine/")).status == 403
    assert (await hub.ask("MKCOL", HOME + "~1/")).status == 403
    assert (await hub.ask("MKCOL", HOME + "a/", "text", Content_Type="text/plain")).status == 415
    calendar = (
        '<D:mkcol xmlns:D="DAV:"><D:set><D:prop><D:resourcetype><D:collection/><C:calendar '
        'xmlns:C="urn:ietf:params:xml:ns:caldav"/></D:resourcetype></D:prop></D:set></D:mkcol>'
    )
    assert (await hub.ask("MKCOL", HOME + "a/", calendar, Content_Type="text/xml")).condition == "valid-resourcetype"
    assert (await hub.ask("DELETE", HOME)).status == 403


async def test_cards_are_copied_and_moved(hub: DavHub) -> None:
    await hub.ask("MKCOL", HOME + "work/")
    await hub.put(BOOK + "a.vcf", card("a"))
    there = HOME + "work/b.vcf"
    copied = await hub.ask("COPY", BOOK + "a.vcf", Destination=hub.url + there)
    assert (copied.status, (await hub.ask("GET", there)).body) == (201, card("a"))
    assert (await hub.ask("COPY", BOOK + "a.vcf", Destination=there, Overwrite="F")).status == 412
    assert (await hub.ask("COPY", BOOK + "a.vcf", Destination=there)).status == 204
    conflict = await hub.ask("COPY", BOOK + "a.vcf", Destination=BOOK + "c.vcf")
    assert (conflict.status, conflict.condition) == (403, "no-uid-conflict")
    assert (await hub.ask("MOVE", BOOK + "a.vcf", Destination=BOOK + "c.vcf")).status == 201
    assert (await hub.ask("GET", BOOK + "a.vcf")).status == 404
    assert (await hub.ask("MOVE", BOOK + "c.vcf", Destination=there, Overwrite="F")).status == 412
    assert (await hub.ask("GET", BOOK + "c.vcf")).status == 200
    assert (await hub.ask("MOVE", BOOK + "c.vcf", Destination=there)).status == 204
    for target, status in (
        (f"{HOME}none/x.vcf", 409), (BOOK + "x/", 403), (f"/dav/addressbooks/{BEN}/contacts/x.vcf", 403), (there, 403),
        ("http://other.example/x.vcf", 502), ("", 400),
    ):  # fmt: skip
        assert (await hub.ask("MOVE", there, Destination=target)).status == status, target
    assert (await hub.ask("GET", there)).status == 200


async def test_shared_books(hub: DavHub) -> None:
    def share(books: BooksOfStore) -> int:
        book = books.address_books.create(hub.accounts[BEN], "family", "Family")
        books.address_books.share(book.id, hub.accounts[ANN], writable=False)
        return book.id

    book_id = hub.desk.run_now(share)
    owners = f"/dav/addressbooks/{BEN}/family/"
    await hub.put(owners + "a.vcf", card("a"), user=BEN)
    listing = await hub.ask(
        "PROPFIND", HOME, propfind("D:current-user-privilege-set", "D:owner", "D:displayname"), Depth="1"
    )
    shared = next(path for path in listing.responses() if path not in (HOME, BOOK))
    assert list(listing.responses())[:2] == [HOME, BOOK]

    async def privileges() -> set[str]:
        answer = await hub.ask("PROPFIND", shared, propfind("D:current-user-privilege-set"), Depth="0")
        found = answer.found(shared)["current-user-privilege-set"].findall("D:privilege/*", NAMES)
        return {it.tag.rpartition("}")[2] for it in found}

    assert await privileges() == {"read", "read-current-user-privilege-set"}
    assert listing.found(shared)["owner"].findtext("D:href", "", NAMES) == f"/dav/principals/{BEN}/"
    owner = await hub.ask("PROPFIND", f"/dav/principals/{BEN}/", propfind("D:displayname"), Depth="0")
    assert owner.found(f"/dav/principals/{BEN}/")["displayname"].text == "ben"
    assert (await hub.ask("GET", shared + "a.vcf")).body == card("a")
    token = (await hub.sync(shared, "")).token
    for refused in (
        await hub.put(shared + "b.vcf", card("b")),
        await hub.ask("DELETE", shared + "a.vcf"),
        await hub.ask("MOVE", shared + "a.vcf", Destination=BOOK + "a.vcf"),
        await hub.ask("DELETE", shared),
        await hub.ask("PROPPATCH", shared, PATCH.format("<D:displayname>x</D:displayname>")),
    ):
        assert (refused.status, refused.condition) == (403, "need-privileges")
    hub.desk.run_now(lambda books: books.address_books.share(book_id, hub.accounts[ANN], writable=True))
    assert {"write-content", "bind", "unbind"} <= await privileges()
    assert (await hub.put(shared + "b.vcf", card("b"))).status == 201
    assert set((await hub.sync(shared, token)).responses()) == {shared + "b.vcf"}
    assert (await hub.ask("GET", owners + "b.vcf", user=BEN)).body == card("b")
    hub.desk.run_now(lambda books: books.address_books.unshare(book_id, hub.accounts[ANN]))
    assert (await hub.ask("GET", shared + "a.vcf")).status == 404


async def test_brief_answers_leave_out_what_is_missing(hub: DavHub) -> None:
    wanted = propfind("D:displayname", "CS:nothing")
    for headers in ({"Brief": "t"}, {"Prefer": "return=minimal"}):
        answer = await hub.ask("PROPFIND", HOME, wanted, Depth="0", **headers)
        assert not answer.missing(HOME)
    assert (await hub.ask("PROPFIND", HOME, wanted, Depth="0")).missing(HOME) == {"nothing"}


async def test_passwords_stay_out_of_answers(hub: DavHub) -> None:
    answer = await hub.ask("PROPFIND", HOME, Depth="1")
    assert PASSWORD.encode() not in answer.body
