"""SyncEvolution as a client over CardDAV: one card at a time, and a folder in step with the book.

It writes `%2e` for a dot in its own names of cards, and drops UIDs of files; every card must be its own all the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.dav_hub import DavHub, card, dav_hub
from tests.interop.carddav_programs import Evolution
from tests.interop.need import need

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[DavHub]:
    need("syncevolution")
    async with dav_hub(tmp_path / "data") as opened:
        yield opened


async def test_cards_one_by_one(hub: DavHub, tmp_path: Path) -> None:
    program = Evolution(hub, tmp_path / "program")
    book = hub.book()
    await hub.put(book + "a.vcf", card("a", "张三", "TEL;TYPE=CELL:138"))
    await hub.put(book + "b.vcf", card("b", "李四"))
    found = await program.books()
    assert f"Contacts ({hub.url}{book.replace('@', '%40')}) <default>" in found
    assert {"a%2evcf", "b%2evcf"} <= set((await program.ask("--print-items")).split())
    exported = await program.ask("--export", "-")
    assert "FN:张三" in exported
    assert "FN:李四" in exported

    new = tmp_path / "new.vcf"
    new.write_bytes(card("n", "王五", "TEL;TYPE=CELL:137", "X-OWN;X-A=b:kept", "NOTE:a\\nb"))
    told = await program.ask("--import", str(new))
    name = told.partition("#0: ")[2].split()[0]
    assert card("n", "王五", "TEL;TYPE=CELL:137", "X-OWN;X-A=b:kept", "NOTE:a\\nb") in (await hub.ask("GET", book)).body
    await program.configure()
    new.write_bytes(card("n", "王五五"))
    await program.change("--update", str(new), card=name)
    path = book + name.replace("%2e", ".")
    assert "FN:王五五" in (await hub.ask("GET", path)).body.decode()
    await program.change("--delete-items", card=name)
    assert (await hub.ask("GET", path)).status == 404


async def test_a_folder_and_the_book_become_the_same(hub: DavHub, tmp_path: Path) -> None:
    program = Evolution(hub, tmp_path / "program")
    book = hub.book()
    lines = "TEL;TYPE=CELL:138", "X-OWN;X-A=b:kept", "item1.TEL:555", "item1.X-ABLabel:Boat", "CATEGORIES:x,y"
    await hub.put(book + "a.vcf", card("a", "张三", *lines))
    await hub.put(book + "b.vcf", card("b", "李四"))
    await hub.put(book + "c.vcf", card("c", "赵六"))
    await program.prepare()
    files = {path.read_text().split("\nFN:")[1].split("\n")[0]: path for path in program.cards.iterdir()}
    assert set(files) == {"张三", "李四", "赵六"}

    # Both sides change, add and delete.
    files["张三"].write_text(files["张三"].read_text().replace("138", "13800138000"))
    files["赵六"].unlink()
    (program.cards / "new").write_bytes(card("n", "王五"))
    await hub.put(book + "b.vcf", card("b", "李四四"))
    await hub.put(book + "d.vcf", card("d", "钱七"))
    await program.sync()
    kept = (await hub.ask("GET", book + "a.vcf")).body.decode()
    for line in ("TEL;TYPE=CELL:13800138000", "X-OWN;X-A=b:kept", "item1.TEL:555", "item1.X-ABLabel:Boat"):
        assert line in kept
    assert (await hub.ask("GET", book + "c.vcf")).status == 404
    assert "FN:王五" in (await hub.ask("GET", book)).body.decode()
    names = {path.read_text().split("FN:")[1].split("\n")[0].strip() for path in program.cards.iterdir()}
    assert names == {"张三", "李四四", "王五", "钱七"}
