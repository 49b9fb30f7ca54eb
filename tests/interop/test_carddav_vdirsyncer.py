"""vdirsyncer keeps a folder of cards in step with the hub, and khard looks things up in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.dav_hub import ANN, DavHub, card, dav_hub
from tests.interop.carddav_judges import judge, run
from tests.interop.carddav_programs import Folder

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[DavHub]:
    judge("vdirsyncer")
    async with dav_hub(tmp_path / "data") as opened:
        yield opened


async def test_a_folder_and_the_book_become_the_same(hub: DavHub, tmp_path: Path) -> None:
    folder = Folder(hub, tmp_path / "desk")
    book = hub.book()
    for number in range(30):
        (folder.cards / f"c{number}.vcf").write_bytes(card(f"c{number}", f"人{number}", 'X-OWN;A="b:c":1'))
    await hub.put(book + "there.vcf", card("there", "那边"))
    await folder.ask("discover")
    await folder.ask("sync")
    assert folder.names() == {f"人{number}" for number in range(30)} | {"那边"}
    assert (await hub.ask("GET", book + "c7.vcf")).body == (folder.cards / "c7.vcf").read_bytes()

    # Both sides change, each something else; the next sync has nothing to do any more.
    (folder.cards / "c1.vcf").write_bytes(card("c1", "改了"))
    (folder.cards / "c2.vcf").unlink()
    await hub.put(book + "c3.vcf", card("c3", "也改了"))
    await hub.ask("DELETE", book + "c4.vcf")
    await folder.ask("sync")
    assert (await hub.ask("GET", book + "c1.vcf")).body == card("c1", "改了")
    assert (await hub.ask("GET", book + "c2.vcf")).status == 404
    assert "也改了" in folder.names()
    assert not (folder.cards / "c4.vcf").exists()
    assert "Copying" not in await folder.ask("sync")


async def test_conflicts(hub: DavHub, tmp_path: Path) -> None:
    folder = Folder(hub, tmp_path / "desk")
    await hub.put(hub.book() + "a.vcf", card("a"))
    await folder.ask("discover")
    await folder.ask("sync")
    (mine,) = folder.cards.glob("*.vcf")
    mine.write_bytes(card("a", "我的"))
    await hub.put(hub.book() + "a.vcf", card("a", "你的"))
    await folder.ask("sync")
    assert folder.names() == {"你的"}


async def test_books_are_made_and_named(hub: DavHub, tmp_path: Path) -> None:
    folder = Folder(hub, tmp_path / "desk")
    work = folder.cards.parent / "work"
    work.mkdir()
    (work / "a.vcf").write_bytes(card("a"))
    await folder.ask("discover")
    await folder.ask("sync")
    await folder.ask("metasync")
    assert (work / "displayname").read_text() == "work"
    (work / "displayname").write_text("同事")
    await folder.ask("metasync")
    books = hub.desk.read_now(lambda books: books.address_books.of(hub.accounts[ANN]))
    assert {(book.slug, book.name) for book in books} == {("contacts", "Contacts"), ("work", "同事")}
    assert (await hub.ask("GET", hub.book(slug="work") + "a.vcf")).body == card("a")
    hub.desk.run_now(lambda they: they.address_books.change(books[1].id, description="all of them"))
    await folder.ask("metasync")
    assert (work / "description").read_text().strip() == "all of them"


async def test_khard_finds_people_in_what_was_synced(hub: DavHub, tmp_path: Path) -> None:
    folder = Folder(hub, tmp_path / "desk")
    lines = "TEL;TYPE=CELL:+8613800138000", "EMAIL;TYPE=INTERNET:zhang@example.com"
    await hub.put(hub.book() + "a.vcf", card("a", "张三", *lines))
    await hub.put(hub.book() + "b.vcf", card("b", "李四"))
    await folder.ask("discover")
    await folder.ask("sync")
    config = tmp_path / "khard.conf"
    config.write_text(f"[addressbooks]\n[[book]]\npath = {folder.cards}\n")

    async def ask(*words: str) -> str:
        return await run(judge("khard"), "-c", str(config), *words, EDITOR="true", MERGE_EDITOR="true")

    assert "张三" in await ask("phone", "--parsable", "13800138000")
    assert "zhang@example.com" in await ask("email", "--parsable", "张")
    # What khard writes by vobject is taken back whole.
    await run(
        judge("khard"), "-c", str(config), "new", "-a", "book", "-i", str(_yaml(tmp_path)), "--vcard-version", "4.0"
    )
    await folder.ask("sync")
    found = await hub.ask("GET", hub.book())
    assert "王五" in found.body.decode()


def _yaml(here: Path) -> Path:
    path = here / "new.yaml"
    path.write_text("Formatted name: 王五\nFirst name: 五\nLast name: 王\nPhone:\n    cell: '13900139000'\n")
    return path
