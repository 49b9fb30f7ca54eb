"""A file of contacts by the API: taken, looked at, chosen otherwise, let in, watched, taken back, and out again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from addressbook.charsets import decoded
from addressbook.imports.source import recognise
from gateway import clock
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.fitting import FittingPool
from gateway.importing import Importer
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import Desk
from gateway.web.asking import Media
from gateway.web.openapi import EXAMPLES
from gateway.web.server import WebConfig, WebDoor
from mms.config import MmsConfig
from tests.e2e.test_api import Hub

TABLE = ("Wer,Tel.,Mail,Sonst\n张三,13800138000,zhang@example.org,=1+1\n李四,1.39E+10,li@example.org,\n").encode(
    "gb18030"
)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    create_tables(store)
    desk = Desk(
        store,
        Blobs(tmp_path),
        Router(),
        Journal(),
        new_id=IdSource(clock.now_ms),
        now_ms=clock.now_ms,
        read_facts=read_facts,
        reactions={},
    )
    desk.run_now(lambda books: books.accounts.add_domain("example.org"))
    pool = FittingPool(1, 60)
    door = WebDoor(desk, WebConfig(port=0), Media(MmsConfig(), pool))
    await door.start()
    async with aiohttp.ClientSession() as client:
        hub = Hub(desk, client, door)
        for name in ("ann", "bob"):
            hub.account(name)
        yield hub
    await door.stop()
    await pool.close()
    await desk.close()


async def look(hub: Hub, path: str) -> dict[str, Any]:
    """What an import says after the background has done its work."""
    waiting = asyncio.create_task(hub.ask("GET", f"{path}?wait=10"))
    await Importer(hub.desk).look()
    status, document = await waiting
    assert status == 200, document
    return dict(document)


async def test_the_way_of_a_file(hub: Hub) -> None:
    status, taken = await hub.ask("POST", "/api/v1/imports?name=C%3A%5Clist.csv", data=TABLE)
    assert (status, taken["state"], taken["kind"], taken["name"]) == (202, "checking", "csv-table", "list.csv")
    path = f"/api/v1/imports/{taken['id']}"
    seen = await look(hub, path)
    assert (seen["state"], seen["of"], seen["counts"]["new"], seen["counts"]["not_taken"]) == ("checked", 2, 2, 1)
    assert [one["target"] for one in seen["columns"]] == ["shown", "number", "mail", ""]
    assert seen["findings"][0]["code"] == "digits_lost"
    assert seen["samples"][0]["name"] == "张三"
    assert hub.count("contacts") == 0

    status, again = await hub.ask("PUT", path, EXAMPLES["choices"])
    assert (status, again["state"], again["doubles"]) == (202, "checking", "skip")
    assert [one["target"] for one in (await look(hub, path))["columns"]] == EXAMPLES["choices"]["columns"]

    assert (await hub.ask("POST", f"{path}/start"))[0] == 202
    done = await look(hub, path)
    assert (done["state"], done["done"], done["counts"]["added"]) == ("done", 2, 2)
    assert (await hub.ask("POST", f"{path}/start"))[0] == 409
    assert (await hub.ask("PUT", path, {"doubles": "add"}))[0] == 409

    # The columns are remembered; who is known already is shown.
    _, second = await hub.ask("POST", "/api/v1/imports", data=TABLE)
    seen = await look(hub, f"/api/v1/imports/{second['id']}")
    assert [one["target"] for one in seen["columns"]] == EXAMPLES["choices"]["columns"]
    assert [one["reason"] for one in seen["known_already"]] == ["uid", "uid"]
    assert (await hub.ask("DELETE", f"/api/v1/imports/{second['id']}"))[0] == 200

    status, text = await hub.ask("GET", "/api/v1/exports?format=csv-google")
    assert status == 200
    assert hub.last.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    assert "张三" in text
    assert ",'=1+1," in text

    assert (await hub.ask("POST", f"{path}/undo"))[0] == 202
    undone = await look(hub, path)
    assert (undone["state"], undone["counts"]["undone"]["removed"]) == ("undone", 2)
    _, listed = await hub.ask("GET", "/api/v1/imports")
    assert [(one["id"], one["state"]) for one in listed["imports"]] == [(taken["id"], "undone")]
    assert "columns" not in listed["imports"][0]


async def test_forms_books_and_other_people(hub: Hub) -> None:
    _, made = await hub.ask("POST", "/api/v1/books", {"name": "Work"})
    form = aiohttp.FormData()
    form.add_field("book", str(made["id"]))
    form.add_field("doubles", "replace")
    form.add_field("columns", "shown|number|mail|")
    form.add_field("file", TABLE, filename="list.csv", content_type="text/csv")
    status, taken = await hub.ask("POST", "/api/v1/imports", data=form)
    assert (status, taken["book"], taken["doubles"]) == (202, str(made["id"]), "replace"), taken
    path = f"/api/v1/imports/{taken['id']}"
    await look(hub, path)
    for method, place in (("GET", path), ("POST", f"{path}/start"), ("POST", f"{path}/undo"), ("DELETE", path)):
        assert (await hub.ask(method, place, who="bob"))[0] == 404
    assert (await hub.ask("POST", f"/api/v1/imports?book={made['id']}", data=TABLE, who="bob"))[0] == 404
    assert (await hub.ask("GET", f"/api/v1/exports?book={made['id']}", who="bob"))[0] == 404
    await hub.ask("POST", f"{path}/start")
    await look(hub, path)
    for kind, charset in (("vcard", "utf-8"), ("vcard-2.1", "utf-8"), ("ldif", "utf-8"), ("csv-outlook-zh", "gb18030")):
        url = f"http://127.0.0.1:{hub.door.port}/api/v1/exports?format={kind}&book={made['id']}"
        async with hub.client.get(url, headers={"Authorization": f"Bearer {hub.tokens['ann']}"}) as answer:
            octets = await answer.read()
        assert len(list(recognise(octets).entries())) == 2, (kind, decoded(octets, charset))


@pytest.mark.parametrize(
    ("query", "data", "status", "words"),
    [
        ("", b"PK\x03\x04", 422, "save the list as CSV"),
        ("", b"", 422, "empty"),
        ("doubles=twice", TABLE, 422, "doubles"),
        ("columns=shown", TABLE, 422, "4 columns"),
        ("columns=shown|phone||", TABLE, 422, "columns[1]"),
        ("day_first=yes", TABLE, 422, "day_first"),
        ("more=1", TABLE, 422, "more"),
        ("book=7", TABLE, 404, "no such book"),
    ],
    ids=lambda value: str(value)[:16],
)
async def test_what_cannot_be_taken_is_told_why(hub: Hub, query: str, data: bytes, status: int, words: str) -> None:
    found, problem = await hub.ask("POST", f"/api/v1/imports?{query}", data=data)
    assert found == status, problem
    assert words in str(problem)
    assert hub.count("import_batches") == 0


async def test_what_is_not_there(hub: Hub) -> None:
    assert (await hub.ask("GET", "/api/v1/imports/7"))[0] == 404
    assert (await hub.ask("GET", "/api/v1/exports?format=xlsx"))[0] == 422
    assert "number:cell" in (await hub.ask("GET", "/api/v1/imports/columns"))[1]["columns"]
