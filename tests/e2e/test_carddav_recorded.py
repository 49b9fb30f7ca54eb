"""Requests of clients that cannot be run here, in their order: what each needs of the answers to go on, is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.desk import BooksOfStore
from tests.fakes import dav_requests as asked
from tests.fakes.dav_hub import ANN, BEN, NAMES, DavHub, card, dav_hub

PRINCIPAL = f"/dav/principals/{ANN}/"
HOME = f"/dav/addressbooks/{ANN}/"
BOOK = f"{HOME}contacts/"
VCARD = {"Content_Type": "text/vcard"}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[DavHub]:
    async with dav_hub(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("given", ["/.well-known/carddav", "/", "/principals/", "/dav/", PRINCIPAL, HOME, BOOK])
async def test_an_iphone_finds_the_book_whatever_was_typed(hub: DavHub, given: str) -> None:
    start = given
    first = await hub.ask("PROPFIND", start, asked.APPLE_FIRST, Depth="0", **asked.IOS)
    if first.status == 301:
        start = first.headers["location"]
        first = await hub.ask("PROPFIND", start, asked.APPLE_FIRST, Depth="0", **asked.IOS)
    principal = first.found(start)["current-user-principal"].findtext("D:href", "", NAMES)
    assert principal == PRINCIPAL
    # It asks what was typed for all of this, too, and goes by that answer where it finds a home in it.
    for path in (start, principal):
        told = (await hub.ask("PROPFIND", path, asked.APPLE_PRINCIPAL, Depth="0", **asked.IOS)).found(path)
        assert told["addressbook-home-set"].findtext("D:href", "", NAMES) == HOME
        assert told["principal-URL"].findtext("D:href", "", NAMES) == PRINCIPAL
        assert {"displayname", "principal-collection-set", "resource-id", "supported-report-set"} <= set(told)
    assert told["email-address-set"].findtext("CS:email-address", "", NAMES) == ANN
    options = await hub.ask("OPTIONS", principal, **asked.IOS)
    assert (options.status, "addressbook" in options.headers["dav"]) == (200, True)


async def test_an_iphone_keeps_the_book(hub: DavHub) -> None:
    listing = await hub.ask("PROPFIND", HOME, asked.APPLE_HOME, Depth="1", **asked.IOS)
    assert list(listing.responses()) == [HOME, BOOK]
    told = listing.found(BOOK)
    assert told["resourcetype"].find("C:addressbook", NAMES) is not None
    assert {"sync-token", "getctag", "max-image-size", "max-resource-size", "add-member", "owner"} <= set(told)
    assert {it.tag.rpartition("}")[2] for it in told["supported-report-set"].findall(".//D:report/*", NAMES)} >= {
        "sync-collection", "addressbook-multiget", "addressbook-query",
    }  # fmt: skip
    # With `Brief: t` what nobody has is not told of.
    assert not listing.missing(BOOK)

    await hub.put(BOOK + "old.vcf", card("old"))
    first = await hub.ask("REPORT", BOOK, asked.APPLE_SYNC.format(""), Depth="0", **asked.IOS)
    assert first.found(BOOK + "old.vcf")["getcontenttype"].text == "text/vcard; charset=utf-8"
    path = BOOK + "6F9619FF-8B86-D011-B42D-00C04FC964FF.vcf"
    phone = {**asked.IOS, **VCARD}
    made = await hub.put(path, asked.APPLE_CARD.encode(), If_None_Match="*", **phone)
    assert made.status == 201
    # It takes the tag for that of what it has sent, so what it has sent is what is kept.
    got = await hub.ask("REPORT", BOOK, asked.APPLE_MULTIGET.format(asked.APPLE_HREF.format(path)), **asked.IOS)
    assert got.found(path)["getetag"].text == made.headers["etag"]
    assert got.found(path)["address-data"].text == asked.APPLE_CARD
    group = BOOK + "0A1B2C3D-0000-4000-8000-00805F9B34FB.vcf"
    assert (await hub.put(group, asked.APPLE_GROUP.encode(), If_None_Match="*", **phone)).status == 201
    second = await hub.ask("REPORT", BOOK, asked.APPLE_SYNC.format(first.token), Depth="0", **asked.IOS)
    assert set(second.responses()) == {path, group}
    # A program that asks for 4.0 sees the group as one.
    body = asked.DAVX5_MULTIGET.format(f"<href>{group}</href>")
    as_new = (await hub.ask("REPORT", BOOK, body, **asked.DAVX5)).found(group)["address-data"].text or ""
    assert "\r\nKIND:group\r\n" in as_new
    assert "\r\nMEMBER:urn:uuid:6F9619FF-8B86-D011-B42D-00C04FC964FF\r\n" in as_new

    assert (await hub.ask("DELETE", path, If_Match='"old"', **asked.IOS)).status == 412
    assert (await hub.ask("DELETE", path, If_Match=made.headers["etag"], **asked.IOS)).status == 204
    last = await hub.ask("REPORT", BOOK, asked.APPLE_SYNC.format(second.token), Depth="0", **asked.IOS)
    assert last.gone() == {path}


async def test_a_mac_keeps_the_first_book(hub: DavHub) -> None:
    """It shows one book alone, and lists it where the token is not known any more."""

    def share(books: BooksOfStore) -> None:
        book = books.address_books.create(hub.accounts[BEN], "aaa", "AAA")
        books.address_books.share(book.id, hub.accounts[ANN], writable=True)
        books.address_books.create(hub.accounts[ANN], "aaa", "AAA")

    hub.desk.run_now(share)
    await hub.put(BOOK + "a.vcf", card("a"))
    listing = await hub.ask("PROPFIND", HOME, asked.APPLE_HOME, Depth="1", **asked.MACOS)
    books = [path for path in listing.responses() if path != HOME]
    assert books[0] == BOOK
    assert len(books) == 3
    dead = await hub.ask("REPORT", BOOK, asked.APPLE_SYNC.format("data:,1"), Depth="1", **asked.MACOS)
    assert (dead.status, dead.condition) == (403, "valid-sync-token")
    listed = await hub.ask("PROPFIND", BOOK, asked.APPLE_LIST, Depth="1", **asked.MACOS)
    assert list(listed.responses()) == [BOOK, BOOK + "a.vcf"]
    # Which card is one's own is nothing we keep; it asks once, is told so, and goes on.
    me = await hub.ask("PROPPATCH", HOME, asked.APPLE_ME.format(BOOK + "a.vcf"), **asked.MACOS)
    assert me.status == 207
    assert "403 Forbidden" in me.body.decode()


@pytest.mark.parametrize("given", ["/", "/dav/", PRINCIPAL, HOME, BOOK])
async def test_davx5_finds_the_book(hub: DavHub, given: str) -> None:
    told = (await hub.ask("PROPFIND", given, asked.DAVX5_GIVEN, Depth="0", **asked.DAVX5)).found(given)
    assert told["addressbook-home-set"].findtext("D:href", "", NAMES) == HOME
    assert told["current-user-principal"].findtext("D:href", "", NAMES) == PRINCIPAL
    moved = await hub.ask("PROPFIND", "/.well-known/carddav", asked.DAVX5_WELL_KNOWN, Depth="0", **asked.DAVX5)
    assert (moved.status, moved.headers["location"]) == (301, "/dav/")
    # A principal that does not say "addressbook" here is dropped.
    assert "addressbook" in (await hub.ask("OPTIONS", PRINCIPAL, **asked.DAVX5)).headers["dav"]
    told = (await hub.ask("PROPFIND", PRINCIPAL, asked.DAVX5_PRINCIPAL, Depth="0", **asked.DAVX5)).found(PRINCIPAL)
    assert told["resourcetype"].find("D:principal", NAMES) is not None
    listing = await hub.ask("PROPFIND", HOME, asked.DAVX5_HOME, Depth="1", **asked.DAVX5)
    found = listing.found(BOOK)
    privileges = {it.tag for it in found["current-user-privilege-set"].findall("D:privilege/*", NAMES)}
    assert "{DAV:}write-content" in privileges
    assert listing.missing(BOOK) == {"transports", "topic"}


async def test_davx5_keeps_the_book(hub: DavHub) -> None:
    await hub.put(BOOK + "ios.vcf", asked.APPLE_CARD.encode(), **VCARD)
    state = (await hub.ask("PROPFIND", BOOK, asked.DAVX5_STATE, Depth="0", **asked.DAVX5)).found(BOOK)
    versions = {it.get("version") for it in state["supported-address-data"]}
    assert versions == {"3.0", "4.0"}
    first = await hub.ask("REPORT", BOOK, asked.DAVX5_SYNC.format(""), Depth="0", **asked.DAVX5)
    assert first.token == state["sync-token"].text
    # In 4.0, as it asks: a birthday without a year is one, and what 4.0 cannot say comes back with the card.
    body = asked.DAVX5_MULTIGET.format(f"<href>{BOOK}ios.vcf</href>")
    told = (await hub.ask("REPORT", BOOK, body, **asked.DAVX5)).found(BOOK + "ios.vcf")["address-data"].text or ""
    assert "\r\nVERSION:4.0\r\n" in told
    assert "\r\nBDAY:--0415\r\n" in told
    new = f"{BOOK}3b8ac1ac-8d4e-4c1d-9d3a-2f1f0d9f9b11.vcf"
    phone = {**asked.DAVX5, "Content_Type": "text/vcard;charset=utf-8;version=4.0"}
    assert (await hub.put(new, asked.DAVX5_CARD.encode(), If_None_Match="*", **phone)).status == 201
    body = asked.DAVX5_MULTIGET.format(f"<href>{new}</href>")
    assert (await hub.ask("REPORT", BOOK, body, **asked.DAVX5)).found(new)["address-data"].text == asked.DAVX5_CARD
    # An iPhone reads the same card in 3.0.
    got = await hub.ask("REPORT", BOOK, asked.APPLE_MULTIGET.format(asked.APPLE_HREF.format(new)), **asked.IOS)
    as_old = got.found(new)["address-data"].text or ""
    assert "\r\nVERSION:3.0\r\n" in as_old
    assert "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15" in as_old
    # What the server has is right when both have changed.
    assert (await hub.put(new, asked.DAVX5_CARD.encode(), If_Match='"old"', **phone)).status == 412
    dead = await hub.ask("REPORT", BOOK, asked.DAVX5_SYNC.format("urn:x"), Depth="0", **asked.DAVX5)
    assert (dead.status, dead.condition) == (403, "valid-sync-token")


async def test_a_card_of_an_old_phone_is_read_by_new_ones(hub: DavHub) -> None:
    old = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0;=E4=B8=89;;;\r\n"
        "TEL;CELL;PREF:13800138000\r\nEND:VCARD\r\n"
    )
    assert (await hub.put(BOOK + "old.vcf", old.encode(), **VCARD)).status == 201
    for body, version, number in (
        (
            asked.APPLE_MULTIGET.format(asked.APPLE_HREF.format(BOOK + "old.vcf")),
            "3.0",
            "TEL;TYPE=CELL,PREF:13800138000",
        ),
        (asked.DAVX5_MULTIGET.format(f"<href>{BOOK}old.vcf</href>"), "4.0", "TEL;TYPE=cell;PREF=1:13800138000"),
    ):
        told = (await hub.ask("REPORT", BOOK, body)).found(BOOK + "old.vcf")["address-data"].text or ""
        assert f"\r\nVERSION:{version}\r\n" in told
        assert "\r\nN:张;三;;;\r\n" in told
        assert "\r\nFN:" in told
        assert f"\r\n{number}\r\n" in told
