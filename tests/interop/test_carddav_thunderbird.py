"""Thunderbird finds the book, reads, adds, edits and deletes in it, and gets over a token that is dead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.dav_hub import ANN, PASSWORD, DavHub, card, dav_hub
from tests.interop.carddav_programs import Thunderbird, thunderbird

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[DavHub]:
    async with dav_hub(tmp_path) as opened:
        yield opened


@pytest.fixture
async def bird() -> AsyncIterator[Thunderbird]:
    async with thunderbird() as started:
        yield started


async def test_a_book_in_thunderbird(hub: DavHub, bird: Thunderbird) -> None:
    book = hub.book()
    for number in range(20):
        await hub.put(f"{book}c{number}.vcf", card(f"c{number}", f"人{number:02}", "TEL;TYPE=CELL:138"))
    found = await bird.do("detect", ANN, PASSWORD, hub.url + "/")
    assert found == [["Contacts", book]]
    assert await bird.names() == [f"人{number:02}" for number in range(20)]
    assert not await bird.do("is_read_only")

    # What others do.
    await hub.put(f"{book}c1.vcf", card("c1", "人改"))
    await hub.ask("DELETE", f"{book}c2.vcf")
    await hub.put(f"{book}new.vcf", card("new", "新人"))
    await bird.do("sync")
    assert await bird.names() == sorted(
        [f"人{number:02}" for number in range(20) if number not in (1, 2)] + ["人改", "新人"]
    )

    # What it does itself.
    await bird.do("add", card("bird", "鸟", version="4.0").decode())
    entries = (await hub.ask("PROPFIND", book, Depth="1")).responses()
    (mine,) = [path for path in entries if "bird" in path]
    kept = hub.desk.read_now(
        lambda books: books.contacts.get(books.address_books.by_slug(hub.accounts[ANN], "contacts").id, "bird.vcf")
    )
    assert (kept.version, kept.changed_by) == ("4.0", "Thunderbird")
    assert "FN:鸟" in (await hub.ask("GET", mine)).body.decode()
    await bird.do("change", "新人", "老人")
    assert "FN:老人" in (await hub.ask("GET", f"{book}new.vcf")).body.decode()
    await bird.do("remove", "人05")
    assert (await hub.ask("GET", f"{book}c5.vcf")).status == 404

    # A token that is not known any more.
    alive = await bird.do("token", "urn:caiyou:book:1:1")
    assert alive.startswith("urn:caiyou:book:")
    await hub.put(f"{book}later.vcf", card("later", "后来"))
    await hub.ask("DELETE", f"{book}c7.vcf")
    await bird.do("sync")
    names = await bird.names()
    assert "后来" in names
    assert "人07" not in names
    assert (await bird.do("token", "")).startswith("urn:caiyou:book:")
    await hub.put(f"{book}last.vcf", card("last", "最后"))
    await bird.do("sync")
    assert "最后" in await bird.names()


async def test_a_shared_book_is_read_only_in_thunderbird(hub: DavHub, bird: Thunderbird) -> None:
    def share(books: Any) -> None:
        book = books.address_books.create(hub.accounts["ben@example.cn"], "family", "Family")
        books.address_books.share(book.id, hub.accounts[ANN], writable=False)

    hub.desk.run_now(share)
    await hub.put(hub.book("ben@example.cn", "family") + "a.vcf", card("a", "妈妈"), user="ben@example.cn")
    await bird.do("detect", ANN, PASSWORD, hub.url + "/")
    assert dict(await bird.do("books")) == {"Contacts": False, "Family": True}
