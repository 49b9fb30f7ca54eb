"""Routing as the API shows it: refusals with their rule, texts as links dress them, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway import clock
from gateway.core.content import Place
from gateway.core.ids import IdSource
from gateway.core.lists import ListKind, Scope
from gateway.core.profiles import Profile
from gateway.core.routes import Route
from gateway.core.routing import LinkFacts, Router
from gateway.fitting import FittingPool
from gateway.housekeeping import learn_routes
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import Desk
from gateway.web.asking import Media
from gateway.web.server import WebConfig, WebDoor
from mms.config import MmsConfig

NUMBER = "+8613800138000"
MESSAGES = "/api/v1/messages"


@dataclass
class Hub:
    desk: Desk
    client: aiohttp.ClientSession
    port: int
    token: str
    account_id: int

    async def ask(self, method: str, path: str, document: Any = None, *, token: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        async with self.client.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers=headers, json=document
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def change(self, work: Any) -> Any:
        """Write what routing is to know, and let the hub learn it."""
        result = await self.desk.commit(work)
        await learn_routes(self.desk, ["a", "b"])
        return result


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    create_tables(store)
    router = Router()
    for name in ("a", "b"):
        router.set_link(name, LinkFacts(up=True))
    desk = Desk(
        store, Blobs(tmp_path), router, Journal(),
        new_id=IdSource(clock.now_ms), now_ms=clock.now_ms, read_facts=read_facts, reactions={},
    )  # fmt: skip

    def people(books: Any) -> tuple[int, str]:
        books.accounts.add_domain("example.org")
        account = books.accounts.add("ann@example.org", password_hash="", display_name="", language="zh")
        return account.id, books.accounts.add_token(account.id, "t", "send read route")

    account_id, token = desk.run_now(people)
    await learn_routes(desk, ["a", "b"])
    pool = FittingPool(1, 60)
    door = WebDoor(desk, WebConfig(port=0), Media(MmsConfig(), pool))
    await door.start()
    async with aiohttp.ClientSession() as client:
        yield Hub(desk, client, door.port, token, account_id)
    await door.stop()
    await pool.close()
    await desk.close()


def listed(books: Any) -> None:
    books.lists.add(ListKind.BLACK, Scope.HUB, 0, "+86138*", "asked for it")
    books.lists.add_word("贷款")
    books.routes.changed()


async def test_a_refused_message_is_answered_with_the_rule_and_leaves_no_row(hub: Hub) -> None:
    await hub.change(listed)
    status, problem = await hub.ask("POST", MESSAGES, {"to": NUMBER, "text": "x"})
    assert (status, problem["code"]) == (403, "blacklisted")
    assert "black list of hub, entry" in problem["detail"]
    assert "asked for it" in problem["detail"]
    status, batch = await hub.ask(
        "POST",
        MESSAGES,
        {"messages": [{"to": "+8613900139000", "text": "ok"}, {"to": "+8613900139000", "text": "贷 款"}]},
    )
    assert status == 207
    assert [entry["status"] for entry in batch["messages"]] == [202, 403]
    assert batch["messages"][1]["code"] == "forbidden_word"
    _, page = await hub.ask("GET", MESSAGES)
    assert len(page["messages"]) == 1


async def test_the_answer_tells_what_is_really_sent(hub: Hub) -> None:
    await hub.change(
        lambda books: books.routes.set_profile("a", Profile(signature_place=Place.FRONT, signature="彩邮", long=True))
    )
    asked = {"to": NUMBER, "text": "好" * 70, "key": "k1"}
    status, taken = await hub.ask("POST", MESSAGES, asked)
    assert (status, taken["segments"], taken["link"]) == (202, 2, "a")
    status, again = await hub.ask("POST", MESSAGES, asked)
    assert (status, again["id"], again["repeated"], again["segments"]) == (200, taken["id"], True, 2)
    status, _ = await hub.ask("POST", MESSAGES, {**asked, "text": "【彩邮】" + "好" * 70})
    assert status == 409, "the key is of what was asked"


async def test_why_a_message_goes_where_it_goes(hub: Hub) -> None:
    def table(books: Any) -> None:
        books.routes.add(Route("+86138", "b", 40, account_id=hub.account_id))
        books.routes.add(Route("", "a"))

    await hub.change(table)
    status, found = await hub.ask("GET", "/api/v1/routes/explain?to=13800138000&text=%E6%82%A8%E5%A5%BD&from=1069")
    assert status == 200
    assert found["chosen"] == {
        "link": "b", "sender": "1069", "text": "您好", "alphabet": "ucs2", "segments": 1,
        "price_per_segment": 40, "price": 40,
    }  # fmt: skip
    assert (found["operator"], found["range"]["kind"]) == ("cmcc", "mobile")
    assert [entry["place"] for entry in found["routes"]] == [1, 2]
    _, taken = await hub.ask("POST", MESSAGES, {"to": NUMBER, "text": "您好"})
    assert taken["link"] == "b"
    for query in ("to=x", f"to={NUMBER}&at=noon", ""):
        status, problem = await hub.ask("GET", f"/api/v1/routes/explain?{query.replace('+', '%2B')}")
        assert (status, problem["code"]) in ((422, "invalid"), (400, "bad_request")), query
    poor = hub.desk.run_now(lambda books: books.accounts.add_token(hub.account_id, "p", "send read"))
    status, _ = await hub.ask("GET", "/api/v1/routes/explain?to=13800138000", token=poor)
    assert status == 403
