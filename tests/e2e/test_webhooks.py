"""Webhooks against a receiver on a real socket: signed, told again until taken, and never into our own network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web

from gateway import clock
from gateway.core.events import MessageSettled, SmsReceived
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore, Desk
from gateway.web import webhooks
from gateway.web.signing import is_genuine
from gateway.web.webhooks import WebhookConfig, WebhookLoop, announce_sms

SECRET = "whsec_test"
NUMBER = "+8613800138000"


@dataclass
class Receiver:
    """A program of a member: notes every call and answers as told."""

    port: int = 0
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # for the next calls; then 200
    pause_s: float = 0.0
    at_once: int = 0
    most_at_once: int = 0

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            body = await request.read()
            self.calls.append(({name.lower(): value for name, value in request.headers.items()}, body))
            await asyncio.sleep(self.pause_s)
            status = self.answers.pop(0) if self.answers else 200
            return web.Response(
                status=status, text="words", headers={"Location": f"http://127.0.0.1:{self.port}/other"}
            )
        finally:
            self.at_once -= 1


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = web.Server(receiver.take, access_log=None)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    receiver.port = listener.sockets[0].getsockname()[1]
    yield receiver
    listener.close()
    await server.shutdown(1)
    await listener.wait_closed()


@dataclass
class Office:
    """A desk with its webhook loop and an account."""

    desk: Desk
    account_id: int

    async def hook(self, url: str, events: str = "state mo") -> int:
        """Register a webhook."""
        return await self.desk.commit(lambda books: books.webhooks.add(self.account_id, url, SECRET, events))

    async def tell(self, *messages: int) -> None:
        """Let messages be delivered."""
        settled = [MessageSettled(number, self.account_id, "delivered", "DELIVRD", "tag") for number in messages]
        await self.desk.commit(lambda books: books.tell_owners(settled))

    def states(self) -> list[tuple[str, int, str]]:
        """State, attempt and answer of every call."""
        return self.desk.read_now(
            lambda books: [
                tuple(row)
                for row in books.tx.read(sa.text("SELECT state, attempt, answer FROM webhook_calls ORDER BY id"))
            ]
        )


async def until(is_so: Callable[[], bool], within_s: float = 8.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within_s):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.fixture
def config() -> WebhookConfig:
    return WebhookConfig(allow_private=True, timeout_s=0.5)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses as short as tests need them."""
    monkeypatch.setattr(webhooks, "PAUSES_S", (0.05, 0.1))
    monkeypatch.setattr(webhooks, "REST_S", (0, 0.05))


@pytest.fixture
async def office(tmp_path: Path, config: WebhookConfig) -> AsyncIterator[Office]:
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
        reactions={SmsReceived: (announce_sms,)},
    )

    def set_up(books: BooksOfStore) -> int:
        books.accounts.add_domain("example.org")
        return books.accounts.add("ann@example.org").id

    account_id = desk.run_now(set_up)
    loop = WebhookLoop(desk, config)
    await loop.start()
    yield Office(desk, account_id)
    await loop.stop()
    await desk.close()


async def test_a_call_is_signed_and_made_once(office: Office, receiver: Receiver) -> None:
    await office.hook(f"http://127.0.0.1:{receiver.port}/hook")
    await office.tell(17)
    await until(lambda: office.states() == [("delivered", 1, "200 words")])
    ((headers, body),) = receiver.calls
    assert is_genuine(SECRET, body, headers["x-caiyou-signature"], clock.now_ms() // 1000)
    document = json.loads(body)
    assert document["event_id"] == headers["x-caiyou-event-id"]
    assert (document["event"], document["message_id"], document["state"], document["tag"]) == (
        "state", "17", "delivered", "tag",
    )  # fmt: skip
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [500, 404, 302, 429])
async def test_what_is_not_taken_is_told_again(office: Office, receiver: Receiver, status: int) -> None:
    receiver.answers = [status, status]
    await office.hook(f"http://127.0.0.1:{receiver.port}/hook")
    await office.tell(1)
    await until(lambda: [state for state, *_ in office.states()] == ["delivered"])
    assert len(receiver.calls) == 3  # no redirect was followed
    assert len({headers["x-caiyou-event-id"] for headers, _ in receiver.calls}) == 1
    assert office.states()[0][1] == 3
    assert office.desk.journal.counts["webhook_failed", ""] == 2


async def test_gone_is_gone(office: Office, receiver: Receiver) -> None:
    receiver.answers = [410]
    await office.hook(f"http://127.0.0.1:{receiver.port}/hook")
    await office.tell(1)
    await until(lambda: office.states() == [("failed", 1, "410 words")])


async def test_after_three_days_it_is_given_up(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LIFETIME_MS", 0)
    receiver.answers = [500]
    await office.hook(f"http://127.0.0.1:{receiver.port}/hook")
    await office.tell(1)
    await until(lambda: office.states() == [("failed", 1, "500 words")])


async def test_a_receiver_that_is_slow_makes_only_its_own_calls_wait(office: Office, receiver: Receiver) -> None:
    slow = Receiver(pause_s=60)
    server = web.Server(slow.take, access_log=None, handler_cancellation=True)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    await office.hook(f"http://127.0.0.1:{port}/slow")
    await office.hook(f"http://127.0.0.1:{receiver.port}/quick")
    await office.tell(*range(200))
    await until(lambda: len(receiver.calls) == 200)
    assert receiver.most_at_once <= 4
    await until(lambda: any("Timeout" in answer for _, _, answer in office.states()))
    assert len({headers["x-caiyou-event-id"] for headers, _ in receiver.calls}) == 200
    listener.close()
    await server.shutdown(0)
    await listener.wait_closed()


async def test_a_receiver_that_comes_back_is_told(office: Office, receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    listener = await asyncio.get_running_loop().create_server(lambda: _Hangup(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    hook = await office.hook(f"http://127.0.0.1:{port}/hook")
    await office.tell(1, 2, 3)
    await until(lambda: all(attempt >= 1 and answer for _, attempt, answer in office.states()))
    await office.desk.commit(
        lambda books: books.tx.execute(
            sa.text("UPDATE webhooks SET url = :url WHERE id = :id"), {"url": url, "id": hook}
        )
    )
    await until(lambda: [state for state, *_ in office.states()] == ["delivered"] * 3)
    listener.close()
    await listener.wait_closed()


class _Hangup(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


async def test_a_call_that_nobody_settled_is_made_again(office: Office, receiver: Receiver) -> None:
    """As after a crash: claimed, and the lease is over."""
    hook = await office.hook(f"http://127.0.0.1:{receiver.port}/hook")

    def claim_and_crash(books: BooksOfStore) -> None:
        books.webhooks.call(hook, {"event": "state"})
        books.tx.flush()
        (call,) = books.webhooks.claim(10, lease_s=0, each=4, busy={})
        assert call.attempt == 1
        books.tx.flush()

    await office.desk.commit(claim_and_crash)
    office.desk.work_for_webhooks()
    await until(lambda: office.states() == [("delivered", 2, "200 words")])


async def test_a_claim_keeps_others_away_until_its_lease_is_over(office: Office) -> None:
    hook = await office.hook("http://127.0.0.1:1/")

    def claim(books: BooksOfStore) -> tuple[int, int, int]:
        for _ in range(6):
            books.webhooks.call(hook, {"event": "state"})
        books.tx.flush()
        first = books.webhooks.claim(10, lease_s=60, each=4, busy={hook: 1})
        books.tx.flush()
        second = books.webhooks.claim(10, lease_s=60, each=4, busy={hook: 4})
        third = books.webhooks.claim(10, lease_s=60, each=4, busy={})
        books.tx.flush()
        return len(first), len(second), len(third)

    assert await office.desk.commit(claim) == (3, 0, 3)


async def test_an_sms_is_told_to_whose_phone_it_is(office: Office, receiver: Receiver) -> None:
    await office.hook(f"http://127.0.0.1:{receiver.port}/mo", "mo")
    await office.hook(f"http://127.0.0.1:{receiver.port}/state", "state")

    def prove(books: BooksOfStore) -> None:
        books.phones.start_proof(office.account_id, NUMBER, "digest", books.now_ms + 1000)
        phone = books.phones.get(office.account_id, NUMBER)
        assert phone is not None
        books.phones.prove(phone.id)

    await office.desk.commit(prove)
    for sender in (NUMBER, "+8613900139000"):
        event = SmsReceived(5, "sim", sender, "8878", "收到", received_ms=1)
        await office.desk.commit(lambda books, event=event: books.publish(event))  # type: ignore[misc]
    await until(lambda: [state for state, *_ in office.states()] == ["delivered"])
    ((_, body),) = receiver.calls
    document: dict[str, Any] = json.loads(body)
    assert (document["event"], document["from"], document["to"], document["text"]) == ("mo", NUMBER, "8878", "收到")


async def test_an_sms_is_told_to_whose_notice_it_answers(office: Office, receiver: Receiver) -> None:
    await office.hook(f"http://127.0.0.1:{receiver.port}/mo")
    await office.desk.commit(
        lambda books: books.notices.add(
            account_id=office.account_id, number=NUMBER, mail_id=1, thread_id=1, reply_to="x@y", state="sent",
            message_id=3,
        )
    )  # fmt: skip
    await office.desk.commit(lambda books: books.publish(SmsReceived(5, "sim", NUMBER, "8878", "ok")))
    await until(lambda: len(receiver.calls) == 1)


class TestPublic:
    """Where private networks are not allowed."""

    @pytest.fixture
    def config(self) -> WebhookConfig:
        return WebhookConfig(timeout_s=0.5)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
    async def test_our_own_network_is_not_called(self, office: Office, receiver: Receiver, host: str) -> None:
        await office.hook(f"http://{host}:{receiver.port}/hook")
        await office.tell(1)
        await until(lambda: bool(office.states()[0][2]))
        assert receiver.calls == []
        assert office.states()[0][0] == "queued"
