"""The HTTP API on real sockets, over a real desk on SQLite: what is answered is on disk, and nothing goes in twice."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from gateway import clock
from gateway.core.attempts import Answer, Attempt
from gateway.core.billing import Fact, LedgerLine
from gateway.core.errors import StoreUnavailable
from gateway.core.ids import IdSource
from gateway.core.messages import DeliveryReport, IncomingSms, Outcome, ReportState
from gateway.core.outbox import State, Uncertain
from gateway.core.routing import LinkFacts, Route, Router
from gateway.core.text import Alphabet
from gateway.fitting import FittingPool
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.asking import Media
from gateway.web.openapi import EXAMPLES
from gateway.web.server import WebConfig, WebDoor
from mms.config import MmsConfig

NUMBER = "+8613800138000"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
ALL = "send read webhooks ledger settings"


@dataclass
class Hub:
    """A desk with an open web door and a client."""

    desk: Desk
    client: aiohttp.ClientSession
    door: WebDoor
    tokens: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)

    def account(self, name: str, scopes: str = ALL, rate_per_s: int = 0) -> int:
        """Open an account with a token."""

        def add(books: BooksOfStore) -> tuple[int, str]:
            account = books.accounts.add(f"{name}@example.org")
            return account.id, books.accounts.add_token(account.id, name, scopes, rate_per_s)

        self.accounts[name], self.tokens[name] = self.desk.run_now(add)
        return self.accounts[name]

    async def ask(
        self, method: str, path: str, document: Any = None, *, who: str = "ann", **options: Any
    ) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        headers |= options.pop("headers", {})
        if document is not None:
            options["json"] = document
        url = f"http://127.0.0.1:{self.door.port}{path}"
        async with self.client.request(method, url, headers=headers, allow_redirects=False, **options) as answer:
            self.last = answer
            if "json" in answer.content_type:
                return answer.status, await answer.json(content_type=None)
            return answer.status, await answer.text()

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.desk.read_now(lambda books: books.tx.read(sa.text(f"SELECT count(*) FROM {table}")).scalar()))


@pytest.fixture
def now() -> list[int]:
    """Milliseconds added to the clock."""
    return [0]


@pytest.fixture
def config() -> WebConfig:
    return WebConfig(port=0)


@pytest.fixture
async def hub(tmp_path: Path, now: list[int], config: WebConfig) -> AsyncIterator[Hub]:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    create_tables(store)
    router = Router()
    router.set_routes([Route("", "sim")])
    router.set_link("sim", LinkFacts(up=True))

    def now_ms() -> int:
        return clock.now_ms() + now[0]

    desk = Desk(
        store,
        Blobs(tmp_path),
        router,
        Journal(),
        new_id=IdSource(now_ms),
        now_ms=now_ms,
        read_facts=read_facts,
        reactions={},
    )
    desk.run_now(lambda books: books.accounts.add_domain("example.org"))
    pool = FittingPool(1, 60)
    door = WebDoor(desk, config, Media(MmsConfig(), pool))
    await door.start()
    async with aiohttp.ClientSession() as client:
        hub = Hub(desk, client, door)
        hub.account("ann")
        yield hub
    await door.stop()
    await pool.close()
    await desk.close()


def sms(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"to": NUMBER, "text": text, **more}


# --- one message --------------------------------------------------------------------------------------------


async def test_a_message_is_on_disk_when_it_is_answered(hub: Hub) -> None:
    woken: list[str] = []
    hub.desk.work_for_link = woken.append
    status, taken = await hub.ask("POST", "/api/v1/messages", sms("你好", tag="t1", **{"from": "1069"}))
    assert status == 202
    assert taken == {"id": taken["id"], "state": "queued", "segments": 1, "alphabet": "ucs2", "link": "sim"}
    row = hub.desk.read_now(lambda books: books.outbox.get(int(taken["id"])))
    assert row is not None
    assert (row["recipient"], row["text"], row["sender"], row["tag"]) == (NUMBER, "你好", "1069", "t1")
    assert row["account_id"] == hub.accounts["ann"]
    assert woken == ["sim"]


#: Those that want a proved number, or a file.
ASKING = {"proof", "handset", "choices"}


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - ASKING))
async def test_the_examples_of_the_description_work(hub: Hub, name: str) -> None:
    paths = {name: f"{name}s" for name in ("phone", "contact", "rule", "webhook", "reminder")}
    paths |= {"full_contact": "contacts", "vcard": "contacts", "book": "books", "reach": "contacts/reach"}
    paths |= {"device": "dav-passwords"}
    paths |= {"mms": "mms", "card": "mms", "slides": "mms", "preview": "mms/preview", "keep": "cards"}
    status, document = await hub.ask("POST", f"/api/v1/{paths.get(name, 'messages')}", EXAMPLES[name])
    assert status in (200, 201, 202), document


async def test_a_long_text_says_its_segments(hub: Hub) -> None:
    _, taken = await hub.ask("POST", "/api/v1/messages", sms("字" * 135))
    assert taken["segments"] == 3
    status, refused = await hub.ask("POST", "/api/v1/messages", sms("字" * 671))
    assert status == 422
    assert refused["errors"][0]["field"] == "text"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b"\xff\xfe", 400, "bad_json"),
        (b"[" * 100_000, 400, "bad_json"),
        (b'{"to": "\\ud800"}', 400, "bad_json"),
        (b"[]", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b'{"to": "+8613800138000"}', 422, "invalid"),
        (b'{"messages": []}', 422, "invalid"),
        (b'{"messages": [{}], "more": 1}', 422, "invalid"),
        (b'{"to":"+14155550100","text":"x"}', 403, "destination_not_allowed"),
        (b'{"to":"+8613800138000","text":"x","link":"sim"}', 403, "scope_missing"),
    ],
)
async def test_what_cannot_be_taken_is_told_why(hub: Hub, body: bytes, status: int, code: str) -> None:
    answer = await hub.ask("POST", "/api/v1/messages", data=body)
    assert answer[0] == status, answer
    assert answer[1]["code"] == code
    assert answer[1]["remedy"]
    assert hub.last.content_type == "application/problem+json"
    assert hub.count("outbox") == 0


async def test_a_link_can_be_named_with_the_scope_route(hub: Hub) -> None:
    hub.account("rob", "send route")
    assert (await hub.ask("POST", "/api/v1/messages", sms(link="sim"), who="rob"))[0] == 202
    status, document = await hub.ask("POST", "/api/v1/messages", sms(link="other"), who="rob")
    assert (status, document["errors"][0]["field"]) == (422, "link")


async def test_a_phone_that_said_stop_is_left_alone(hub: Hub) -> None:
    hub.desk.run_now(lambda books: books.stops.stop(NUMBER, "T"))
    status, document = await hub.ask("POST", "/api/v1/messages", sms())
    assert (status, document["code"]) == (403, "stopped")
    assert hub.count("outbox") == 0


async def test_the_cap_of_one_number(hub: Hub, now: list[int]) -> None:
    batch = {"messages": [sms(str(place)) for place in range(25)]}
    status, document = await hub.ask("POST", "/api/v1/messages", batch)
    assert status == 207
    assert [item["status"] for item in document["messages"]] == [202] * 20 + [429] * 5
    assert (await hub.ask("POST", "/api/v1/messages", sms()))[1]["code"] == "recipient_cap"
    other = {"to": "+8613900139000", "text": "another number"}
    assert (await hub.ask("POST", "/api/v1/messages", other))[0] == 202
    hub.account("bob")
    assert (await hub.ask("POST", "/api/v1/messages", sms(), who="bob"))[0] == 202
    now[0] = 86_400_000 + 5000
    assert (await hub.ask("POST", "/api/v1/messages", sms()))[0] == 202


# --- keys -----------------------------------------------------------------------------------------------------


async def test_the_same_key_gives_the_first_answer_again(hub: Hub) -> None:
    _, first = await hub.ask("POST", "/api/v1/messages", sms(key="k1", validity_s=600))
    status, again = await hub.ask("POST", "/api/v1/messages", sms(key="k1", validity_s=600))
    assert status == 200
    assert again == {**first, "repeated": True}
    header = {"Idempotency-Key": "k1"}
    status, again = await hub.ask("POST", "/api/v1/messages", sms(validity_s=600), headers=header)
    assert (status, again["id"]) == (200, first["id"])
    hub.account("bob")
    _, other = await hub.ask("POST", "/api/v1/messages", sms(key="k1"), who="bob")
    assert other["id"] != first["id"]
    assert hub.count("outbox") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"text": "other"}, {"to": "+8613900139000"}, {"priority": "bulk"}, {"report": False}, {"tag": "x"},
        {"from": "1"}, {"validity_s": 5}, {"not_before": TOMORROW},
    ],
)  # fmt: skip
async def test_the_same_key_for_another_message_is_a_conflict(hub: Hub, change: dict[str, Any]) -> None:
    await hub.ask("POST", "/api/v1/messages", sms(key="k1"))
    status, document = await hub.ask("POST", "/api/v1/messages", sms(key="k1") | change)
    assert (status, document["code"]) == (409, "key_reused"), document
    assert hub.count("outbox") == 1


async def test_two_keys_that_differ(hub: Hub) -> None:
    header = {"Idempotency-Key": "k2"}
    status, document = await hub.ask("POST", "/api/v1/messages", sms(key="k1"), headers=header)
    assert (status, document["errors"][0]["field"]) == (422, "key")


async def test_fifty_equal_keys_at_once_are_one_message(hub: Hub) -> None:
    answers = await asyncio.gather(*(hub.ask("POST", "/api/v1/messages", sms(key="race")) for _ in range(50)))
    assert sorted(status for status, _ in answers) == [200] * 49 + [202]
    assert len({document["id"] for _, document in answers}) == 1
    assert hub.count("outbox") == 1


async def test_fifty_equal_keys_in_one_batch_are_one_message(hub: Hub) -> None:
    batch = {"messages": [sms(key="race")] * 49 + [sms("other", key="race")]}
    status, document = await hub.ask("POST", "/api/v1/messages", batch)
    assert status == 207
    assert [item["status"] for item in document["messages"]] == [202] + [200] * 48 + [409]
    assert hub.count("outbox") == 1


async def test_a_key_another_process_was_first_with(hub: Hub) -> None:
    """The unique index undoes the batch; it runs again, and the one at fault finds the other's message."""
    _, first = await hub.ask("POST", "/api/v1/messages", sms(key="k1"))
    commit, blind = hub.desk.commit, [True]

    async def race(work: Callable[[BooksOfStore], Any]) -> Any:
        def run(books: BooksOfStore) -> Any:
            if blind[0]:  # the first run sees the books as before the other's commit
                blind[0] = False
                books.outbox.with_key = lambda account_id, keys: {}  # type: ignore[method-assign]
            return work(books)

        return await commit(run)

    hub.desk.commit = race  # type: ignore[method-assign]
    status, again = await hub.ask("POST", "/api/v1/messages", sms(key="k1"))
    assert not blind[0]
    assert (status, again) == (200, {**first, "repeated": True})
    assert hub.count("outbox") == 1
    assert hub.desk.store.figures.replays == 1


# --- batches --------------------------------------------------------------------------------------------------


async def test_a_batch_of_a_thousand_loses_nothing_to_its_bad_ones(hub: Hub) -> None:
    messages: list[Any] = [{"to": f"+86138{place:08}", "text": f"number {place}"} for place in range(1000)]
    messages[17] = {"to": "nobody", "text": "x"}
    messages[500] = None
    hub.desk.run_now(lambda books: books.stops.stop("+8613800000999", "T"))
    status, document = await hub.ask("POST", "/api/v1/messages", {"messages": messages})
    assert status == 207
    items = document["messages"]
    assert len(items) == 1000
    assert [place for place, item in enumerate(items) if item["status"] != 202] == [17, 500, 999]
    assert items[17]["errors"][0]["field"] == "messages[17].to"
    assert items[999]["code"] == "stopped"
    assert hub.count("outbox") == 997
    texts = hub.desk.read_now(lambda books: books.outbox.get(int(items[998]["id"])))
    assert texts is not None
    assert texts["text"] == "number 998"
    status, document = await hub.ask("POST", "/api/v1/messages", {"messages": [sms()] * 1001})
    assert (status, document["errors"][0]["field"]) == (422, "messages")


async def test_a_batch_has_no_key_of_its_own(hub: Hub) -> None:
    header = {"Idempotency-Key": "k"}
    assert (await hub.ask("POST", "/api/v1/messages", {"messages": [sms()]}, headers=header))[0] == 422


# --- who may what ---------------------------------------------------------------------------------------------


async def test_nobody_gets_in_without_a_token(hub: Hub) -> None:
    for headers in ({}, {"Authorization": "Bearer cy_wrong"}, {"Authorization": "Basic YTpi"}):
        for method, path in (("POST", "/api/v1/messages"), ("GET", "/api/v1/ledger"), ("GET", "/api/v1/messages/5")):
            status, document = await hub.ask(method, path, who="", headers=headers)
            assert (status, document["code"]) == (401, "unauthorised")
            assert hub.last.headers["WWW-Authenticate"].startswith("Bearer")
    assert hub.count("outbox") == 0


async def test_a_scope_is_needed(hub: Hub) -> None:
    hub.account("eve", "read")
    status, document = await hub.ask("POST", "/api/v1/messages", sms(), who="eve")
    assert (status, document["code"]) == (403, "scope_missing")
    assert "'send'" in document["detail"]


async def test_a_revoked_token_ends(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.web.tokens.LIFE_S", 0.0)
    assert (await hub.ask("POST", "/api/v1/messages", sms()))[0] == 202

    def revoke(books: BooksOfStore) -> None:
        token = books.accounts.token(hub.tokens["ann"])
        assert token is not None
        books.accounts.revoke_token(token.id)

    hub.desk.run_now(revoke)
    assert (await hub.ask("POST", "/api/v1/messages", sms()))[0] == 401


async def test_guessing_is_slowed_down(hub: Hub) -> None:
    statuses = []
    for place in range(25):
        wrong = {"Authorization": f"Bearer cy_wrong{place}"}
        statuses.append((await hub.ask("GET", "/api/v1/messages", who="", headers=wrong))[0])
    assert statuses == [401] * 20 + [429] * 5
    assert int(hub.last.headers["Retry-After"]) > 0


async def test_the_rate_of_a_token(hub: Hub) -> None:
    hub.account("bob", "send", rate_per_s=5)
    answers = [await hub.ask("POST", "/api/v1/messages", sms(str(i)), who="bob") for i in range(8)]
    statuses = [status for status, _ in answers]
    assert statuses[:5] == [202] * 5
    assert 429 in statuses[5:]
    assert hub.count("outbox") == statuses.count(202)
    refused = next(document for status, document in answers if status == 429)
    assert refused["retry_after_s"] == 1


async def test_the_store_being_away_is_said_and_nothing_is_lost(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(work: object) -> None:
        raise StoreUnavailable("disk full")

    assert (await hub.ask("GET", "/api/v1/messages"))[0] == 200
    monkeypatch.setattr(hub.desk, "commit", away)
    status, document = await hub.ask("POST", "/api/v1/messages", sms(key="k"))
    assert (status, document["code"]) == (503, "store_unavailable")
    assert hub.last.headers["Retry-After"] == "2"
    assert (await hub.ask("POST", "/api/v1/messages", {"messages": [sms(), sms()]}))[0] == 503
    status, words = await hub.ask("GET", "/healthz", who="")
    assert status == 503
    assert "disk full" in words
    monkeypatch.undo()
    assert (await hub.ask("POST", "/api/v1/messages", sms(key="k")))[0] == 202


async def test_a_mistake_of_ours_tells_the_journal_and_not_the_client(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(work: object) -> None:
        raise ZeroDivisionError("inner words")

    monkeypatch.setattr(hub.desk, "commit", broken)
    status, document = await hub.ask("POST", "/api/v1/messages", sms())
    assert status == 500
    assert "inner words" not in str(document)
    assert hub.desk.journal.counts["task_failed", ""] == 1 or hub.desk.journal.counts["task_failed", "web"] == 1


# --- looking and taking back ----------------------------------------------------------------------------------


async def test_the_story_of_a_message(hub: Hub) -> None:
    _, taken = await hub.ask("POST", "/api/v1/messages", sms(tag="t"))
    message_id = int(taken["id"])

    (claimed,) = hub.desk.run_now(lambda books: books.outbox.claim("sim", "sim", "me", 10))
    attempts = [Attempt(claimed, (Answer(1, Outcome.ACCEPTED, ("A1",)),))]
    hub.desk.run_now(
        lambda books: books.outbox.record(
            "sim", "sim", attempts, uncertain=Uncertain.RESEND, uncertain_wait_s=60, price=lambda number: 50_000
        )
    )
    report = DeliveryReport("A1", ReportState.DELIVERED, "DELIVRD", NUMBER)
    hub.desk.run_now(lambda books: books.reports.file("sim", "sim", [report]))
    status, story = await hub.ask("GET", f"/api/v1/messages/{message_id}")
    assert status == 200
    assert (story["state"], story["text"], story["to"], story["tag"]) == ("delivered", "hello", NUMBER, "t")
    (part,) = story["parts"]
    assert (part["carrier_id"], part["state"]) == ("A1", "delivered")
    assert [report["code"] for report in part["reports"]] == ["DELIVRD"]
    steps = [step["step"] for step in story["timeline"]]
    assert steps[-1] == "queued"
    assert steps[0] == "delivered"
    assert story["created"].endswith("Z")

    hub.account("bob")
    assert (await hub.ask("GET", f"/api/v1/messages/{message_id}", who="bob"))[0] == 404
    assert (await hub.ask("DELETE", f"/api/v1/messages/{message_id}", who="bob"))[0] == 404
    hub.account("root", "read admin")
    assert (await hub.ask("GET", f"/api/v1/messages/{message_id}", who="root"))[0] == 200
    status, document = await hub.ask("DELETE", f"/api/v1/messages/{message_id}")
    assert (status, document["code"]) == (409, "too_late")

    status, document = await hub.ask("GET", "/api/v1/ledger")
    assert status == 200
    (line,) = document["lines"]
    assert (line["fact"], line["party"], line["price"], line["message_id"]) == (
        "sms-sent", NUMBER, 50_000, taken["id"],
    )  # fmt: skip


@pytest.mark.parametrize("path", ["x", "0", "-1", "99999999999999999999", "9223372036854775808", "%00", "١"])
async def test_ids_that_are_none(hub: Hub, path: str) -> None:
    assert (await hub.ask("GET", f"/api/v1/messages/{path}"))[0] == 404


async def test_a_message_is_taken_back(hub: Hub) -> None:
    _, taken = await hub.ask("POST", "/api/v1/messages", sms(not_before=TOMORROW))
    for _ in range(2):
        status, document = await hub.ask("DELETE", f"/api/v1/messages/{taken['id']}")
        assert (status, document["state"]) == (200, State.CANCELLED)
    row = hub.desk.read_now(lambda books: books.outbox.get(int(taken["id"])))
    assert row is not None
    assert row["state"] == "cancelled"


async def test_the_list_is_paged_by_key(hub: Hub) -> None:
    messages = [{"to": f"+86138{place:08}", "text": "x", "tag": str(place)} for place in range(25)]
    await hub.ask("POST", "/api/v1/messages", {"messages": messages})
    hub.account("bob")
    await hub.ask("POST", "/api/v1/messages", sms(), who="bob")
    seen: list[str] = []
    path = "/api/v1/messages?limit=10"
    pages = 0
    while True:
        _, document = await hub.ask("GET", path)
        seen += [row["tag"] for row in document["messages"]]
        pages += 1
        if document["next"] is None:
            break
        path = f"/api/v1/messages?limit=10&before={document['next']}"
    assert seen == [str(place) for place in reversed(range(25))]
    assert pages == 3
    _, document = await hub.ask("GET", "/api/v1/messages?to=13800000007")
    assert [row["tag"] for row in document["messages"]] == ["7"]
    assert (await hub.ask("GET", "/api/v1/messages?state=delivered"))[1]["messages"] == []
    assert len((await hub.ask("GET", "/api/v1/messages?state=queued&since=2026-01-01T00:00:00Z"))[1]["messages"]) == 25
    assert (await hub.ask("GET", "/api/v1/messages?since=2099-01-01T00:00:00Z"))[1]["messages"] == []


async def test_a_page_looks_at_a_bounded_number_of_rows(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.listings.WINDOW", 10)
    await hub.ask("POST", "/api/v1/messages", sms(tag="old"))
    hub.account("bob")
    messages = [{"to": f"+86138{place:08}", "text": "x"} for place in range(25)]
    await hub.ask("POST", "/api/v1/messages", {"messages": messages}, who="bob")
    path, found, pages = "/api/v1/messages", [], 0
    while True:
        _, document = await hub.ask("GET", path)
        found += document["messages"]
        pages += 1
        if document["next"] is None:
            break
        path = f"/api/v1/messages?before={document['next']}"
    assert [row["tag"] for row in found] == ["old"]
    assert pages == 3


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "limit=1e3", "before=-1", "since=yesterday", "state=gone", "to=abc"]
)
async def test_queries_that_cannot_be_answered(hub: Hub, query: str) -> None:
    status, document = await hub.ask("GET", f"/api/v1/messages?{query}")
    assert status == 422
    assert document["errors"][0]["field"] == query.partition("=")[0]


async def test_the_ledger_as_csv(hub: Hub) -> None:
    def add(books: BooksOfStore) -> None:
        for place, party in enumerate((NUMBER, "=1+1@example.org", "a,b@example.org")):
            books.ledger.add(LedgerLine(hub.accounts["ann"], Fact.SMS_SENT, place, party=party, link="sim"))
        books.ledger.add(LedgerLine(7, Fact.SMS_SENT, 9, party=NUMBER))

    hub.desk.run_now(add)
    status, text = await hub.ask("GET", "/api/v1/ledger?format=csv&limit=2")
    assert status == 200
    assert hub.last.content_type == "text/csv"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["party"] for row in rows] == [NUMBER, "'=1+1@example.org"]
    following = hub.last.headers["X-Caiyou-Next"]
    _, text = await hub.ask("GET", f"/api/v1/ledger?format=csv&limit=2&after={following}")
    assert [row["party"] for row in csv.DictReader(io.StringIO(text))] == ["a,b@example.org"]
    assert "X-Caiyou-Next" not in hub.last.headers
    hub.account("root", "ledger admin")
    _, document = await hub.ask("GET", "/api/v1/ledger", who="root")
    assert len(document["lines"]) == 4
    hub.account("eve", "read")
    assert (await hub.ask("GET", "/api/v1/ledger", who="eve"))[0] == 403


async def test_the_inbox_shows_the_accounts_own_numbers(hub: Hub) -> None:
    def file(books: BooksOfStore) -> None:
        for sender in (NUMBER, "+8613900139000"):
            coming = IncomingSms(sender, sender, "8878", f"from {sender}", Alphabet.UCS2)
            books.inbox.file("sim", "sim", coming, sender)
        books.phones.start_proof(hub.accounts["ann"], NUMBER, "digest", books.now_ms + 1000)
        phone = books.phones.get(hub.accounts["ann"], NUMBER)
        assert phone is not None
        books.phones.prove(phone.id)

    hub.desk.run_now(file)
    _, document = await hub.ask("GET", "/api/v1/inbox")
    assert [row["from"] for row in document["messages"]] == [NUMBER]
    assert (await hub.ask("GET", "/api/v1/inbox?from=13900139000"))[1]["messages"] == []
    hub.account("root", "read admin")
    _, document = await hub.ask("GET", "/api/v1/inbox", who="root")
    assert [row["from"] for row in document["messages"]] == ["+8613900139000", NUMBER]


# --- settings -------------------------------------------------------------------------------------------------


async def test_a_number_is_proved(hub: Hub) -> None:
    status, document = await hub.ask("POST", "/api/v1/phones", {"number": "138 0013 8000"})
    assert (status, document) == (202, {"number": NUMBER, "result": "sent"})
    text = hub.desk.read_now(lambda books: books.tx.read(sa.text("SELECT text FROM outbox")).scalar_one())
    code = "".join(char for char in text if char.isdigit())[:6]
    path = "/api/v1/phones/+8613800138000/proof"
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert (await hub.ask("POST", path, {"code": wrong}))[0] == 403
    status, document = await hub.ask("POST", path, {"code": code})
    assert (status, document["result"]) == (200, "proved")
    assert (await hub.ask("POST", path, {"code": code}))[0] == 410
    _, document = await hub.ask("GET", "/api/v1/phones")
    assert [phone["number"] for phone in document["phones"]] == [NUMBER]
    assert document["phones"][0]["proved"]
    assert (await hub.ask("POST", path, {"code": 123456}))[0] == 422
    assert (await hub.ask("POST", "/api/v1/phones", {"number": "+14155550100"}))[0] == 403


async def test_contacts(hub: Hub) -> None:
    person = {"name": "王小明", "mails": ["Wang@Example.org"], "numbers": ["13800138000"]}
    status, made = await hub.ask("POST", "/api/v1/contacts", person)
    assert status == 201
    _, document = await hub.ask("GET", "/api/v1/contacts")
    assert [(one["id"], one["name"], one["numbers"]) for one in document["contacts"]] == [
        (made["id"], "王小明", [NUMBER])
    ]
    bad = {"name": " ", "mails": ["nobody"], "numbers": [5], "x": 1}
    assert (await hub.ask("POST", "/api/v1/contacts", bad))[0] == 422
    del bad["x"]
    _, document = await hub.ask("POST", "/api/v1/contacts", bad)
    assert [error["field"] for error in document["errors"]] == ["name", "mails[0].value", "numbers[0]"]


async def test_rules(hub: Hub) -> None:
    rule = {"kind": "arrival", "settings": {"senders": ["@example.org"], "segments": 2}}
    status, made = await hub.ask("POST", "/api/v1/rules", rule)
    assert status == 201
    _, document = await hub.ask("GET", "/api/v1/rules")
    assert [(one["id"], one["settings"]["segments"]) for one in document["rules"]] == [(made["id"], 2)]
    status, document = await hub.ask("POST", "/api/v1/rules", {"settings": {"segments": 99}})
    assert (status, document["errors"][0]["field"]) == (422, "segments")
    assert (await hub.ask("POST", "/api/v1/rules", {"kind": "other"}))[0] == 422
    hub.account("bob")
    assert (await hub.ask("DELETE", f"/api/v1/rules/{made['id']}", who="bob"))[0] == 404
    assert (await hub.ask("DELETE", f"/api/v1/rules/{made['id']}"))[0] == 200
    assert (await hub.ask("DELETE", f"/api/v1/rules/{made['id']}"))[0] == 404


async def test_webhooks_are_registered(hub: Hub) -> None:
    status, made = await hub.ask("POST", "/api/v1/webhooks", {"url": "https://hooks.example.org/x"})
    assert status == 201
    assert made["secret"].startswith("whsec_")
    _, document = await hub.ask("GET", "/api/v1/webhooks")
    assert document["webhooks"] == [
        {"id": made["id"], "url": "https://hooks.example.org/x", "events": ["state", "mo", "read"], "enabled": True}
    ]
    for url in ("http://127.0.0.1:1/", "http://169.254.169.254/latest", "ftp://example.org/", 5):
        assert (await hub.ask("POST", "/api/v1/webhooks", {"url": url}))[0] == 403
    events = {"url": "https://hooks.example.org/x", "events": ["nothing"]}
    assert (await hub.ask("POST", "/api/v1/webhooks", events))[0] == 422
    hub.account("bob")
    assert (await hub.ask("DELETE", f"/api/v1/webhooks/{made['id']}", who="bob"))[0] == 404
    assert (await hub.ask("DELETE", f"/api/v1/webhooks/{made['id']}"))[0] == 200


# --- the door itself ------------------------------------------------------------------------------------------


async def test_health_metrics_description_and_page(hub: Hub) -> None:
    await hub.ask("POST", "/api/v1/messages", sms())
    hub.desk.run_now(lambda books: books.links.lease("sim", "sim", "smpp", "me"))
    hub.desk.run_now(lambda books: books.links.set_state("sim", "up"))
    assert await hub.ask("GET", "/healthz", who="") == (200, "ok\n")
    status, text = await hub.ask("GET", "/metrics", who="")
    assert status == 200
    assert 'caiyou_outbox_messages{link="sim",state="queued"} 1.0' in text
    assert 'caiyou_link_up{link="sim",protocol="smpp"} 1.0' in text
    assert "process_resident_memory_bytes" in text
    status, document = await hub.ask("GET", "/api/v1/openapi.json", who="")
    assert (status, document["openapi"]) == (200, "3.1.0")
    status, html = await hub.ask("GET", "/status", who="", headers={"Accept-Language": "zh"})
    assert status == 200
    assert "系统状态" in html
    policy = hub.last.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert hub.last.headers["Referrer-Policy"] == "no-referrer"
    for name in ("status.css", "status.js"):
        assert (await hub.ask("GET", f"/assets/{name}", who=""))[0] == 200
    for path in ("/assets/", "/assets/../pyproject.toml", "/assets/status.html", "/nothing", "/api/v1/nothing"):
        assert (await hub.ask("GET", path, who=""))[0] == 404
    assert (await hub.ask("PUT", "/api/v1/messages"))[0] == 405
    assert hub.last.headers["Allow"] == "GET, POST"
    assert (await hub.ask("POST", "/healthz", who=""))[0] == 405


async def test_the_page_from_elsewhere_needs_a_token(hub: Hub) -> None:
    elsewhere = {"X-Forwarded-For": "203.0.113.5", "Accept": "text/html"}
    status, html = await hub.ask("GET", "/status?lang=en", who="", headers=elsewhere)
    assert status == 401
    assert "This page needs a token" in html
    assert (await hub.ask("GET", "/metrics", who="", headers={"Host": "evil.example"}))[0] == 401
    hub.account("sam", "send")
    assert (await hub.ask("GET", f"/status?token={hub.tokens['sam']}", who="", headers=elsewhere))[0] == 403
    status, _ = await hub.ask("GET", f"/status?token={hub.tokens['ann']}", who="", headers=elsewhere)
    assert (status, hub.last.headers["Location"]) == (303, "/status")
    cookie = hub.last.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert hub.tokens["ann"] not in cookie
    shown = elsewhere | {"Cookie": cookie.partition(";")[0]}
    hub.client.cookie_jar.clear()
    assert (await hub.ask("GET", "/status", who="", headers=shown))[0] == 200
    assert (await hub.ask("GET", "/status", who="", headers=elsewhere))[0] == 401
    assert (await hub.ask("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.5"}))[0] == 200


class TestBounds:
    """A door with narrow bounds."""

    @pytest.fixture
    def config(self) -> WebConfig:
        return WebConfig(
            port=0, max_body_octets=2000, body_timeout_s=0.2, idle_timeout_s=0.4, connections_per_address=3
        )

    async def test_a_body_that_is_too_large(self, hub: Hub) -> None:
        assert (await hub.ask("POST", "/api/v1/messages", data=b"x" * 2001))[0] == 413

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(10):
                yield b"x" * 1000
                await asyncio.sleep(0.01)

        assert (await hub.ask("POST", "/api/v1/messages", data=pieces()))[0] == 413

    async def test_a_body_that_is_compressed(self, hub: Hub) -> None:
        status, document = await hub.ask("POST", "/api/v1/messages", data=b"x", headers={"Content-Encoding": "gzip"})
        assert (status, document["code"]) == (415, "encoded")

    async def test_a_body_that_does_not_come(self, hub: Hub) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.door.port)
        head = f"POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hub.tokens['ann']}\r\n"
        writer.write(head.encode() + b"Content-Length: 100\r\n\r\n{")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 408")
        writer.close()
        await writer.wait_closed()

    async def test_a_client_that_drips_its_header(self, hub: Hub) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.door.port)
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    async def test_connections_of_one_address(self, hub: Hub) -> None:
        lines = [await asyncio.open_connection("127.0.0.1", hub.door.port) for _ in range(4)]
        # At once: a line on which nothing is said is closed after a moment.
        lines[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(5):
            try:
                left = await lines[3][0].read()
            except ConnectionError:
                left = b""
        assert left == b""
        assert lines[3][0].at_eof() or lines[3][0].exception()
        assert (await lines[0][0].readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        for _, writer in lines:
            writer.close()
        for _, writer in lines[:3]:
            await writer.wait_closed()

    async def test_bytes_that_are_no_http(self, hub: Hub) -> None:
        for data in (
            b"\x00\x01\x02\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", hub.door.port)
            writer.write(data)
            async with asyncio.timeout(5):
                assert b" 400 " in await reader.readline()
            writer.close()
            await writer.wait_closed()


# --- reminders ------------------------------------------------------------------------------------------------


async def test_a_reminder_is_planned_listed_and_forgotten(hub: Hub) -> None:
    wanted = {
        "to": NUMBER,
        "text": "交房租",
        "start": "2030-01-31T09:00",
        "repeat": "FREQ=MONTHLY",
        "zone": "Asia/Shanghai",
    }
    status, planned = await hub.ask("POST", "/api/v1/reminders", wanted)
    assert status == 201
    assert planned["next"][:3] == ["2030-01-31T01:00:00.000Z", "2030-03-31T01:00:00.000Z", "2030-05-31T01:00:00.000Z"]
    _, listed = await hub.ask("GET", "/api/v1/reminders")
    assert [one["id"] for one in listed["reminders"]] == [planned["id"]]
    status, _ = await hub.ask("DELETE", f"/api/v1/reminders/{planned['id']}")
    assert status == 200
    status, _ = await hub.ask("DELETE", f"/api/v1/reminders/{planned['id']}")
    assert status == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"start": "soon"}, "start"),
        ({"start": "2020-01-01T09:00"}, "over"),
        ({"repeat": "FREQ=SECONDLY"}, "FREQ"),
        ({"zone": "Nowhere"}, "time zone"),
        ({"text": 7}, "text"),
        ({"to": "+1202555"}, "to"),
        ({"often": "yes"}, "often"),
    ],
)
async def test_a_reminder_that_cannot_be_is_refused(hub: Hub, change: dict[str, Any], told: str) -> None:
    wanted = {"to": NUMBER, "text": "x", "start": "2030-01-01T09:00"} | change
    status, problem = await hub.ask("POST", "/api/v1/reminders", wanted)
    assert 400 <= status < 500
    assert told in problem["detail"]


async def test_without_a_number_the_proved_phone_is_reminded(hub: Hub) -> None:
    status, problem = await hub.ask("POST", "/api/v1/reminders", {"text": "x", "start": "2030-01-01T09:00"})
    assert (status, "proved no number" in problem["detail"]) == (422, True)


async def test_a_message_waits_for_the_end_of_quiet_hours(hub: Hub) -> None:
    _, taken = await hub.ask("POST", "/api/v1/messages", sms(quiet_hours="00:00-23:59"))
    _, story = await hub.ask("GET", f"/api/v1/messages/{taken['id']}")
    assert story["due"] > story["created"]
    assert "T15:59:00" in story["due"]  # 23:59 where the number lies
    status, problem = await hub.ask("POST", "/api/v1/messages", sms(quiet_hours="at night"))
    assert (status, problem["errors"][0]["field"]) == (422, "quiet_hours")
