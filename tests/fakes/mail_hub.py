"""A real desk on SQLite in a directory of the test, with reactions that note what happened."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gateway.core.accounts import Account
from gateway.core.events import MailArrived, MailSubmitted, PhoneMailArrived
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.passwords import hash_password_now
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import Desk

T = TypeVar("T")
PASSWORD = "correct horse 电池"
DOMAIN = "mail.example"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@functools.cache
def password_hash() -> str:
    return hash_password_now(PASSWORD)


@dataclass
class Hub:
    """The desk, and what it published."""

    desk: Desk
    events: list[Any] = field(default_factory=list)

    def add(self, name: str, **more: Any) -> Account:
        return self.desk.run_now(
            lambda books: books.accounts.add(f"{name}@{DOMAIN}", password_hash=password_hash(), **more)
        )

    def folder(self, account: Account, name: str = "INBOX") -> list[dict[str, Any]]:
        def work(books: Any) -> list[dict[str, Any]]:
            mailbox_id = books.mails.mailbox_of(account.id)
            return [dict(row) for row in books.mails.in_folder(mailbox_id, name)]

        return self.desk.read_now(work)

    def body(self, row: dict[str, Any]) -> bytes:
        return self.desk.blobs.get(row["blob"])

    def blobs(self) -> list[Path]:
        return [path for path in self.desk.blobs.root.rglob("*") if path.is_file()]


@contextlib.asynccontextmanager
async def open_hub(data_dir: Path) -> AsyncIterator[Hub]:
    store = open_store(StoreConfig(data_dir=str(data_dir)))
    create_tables(store)
    events: list[Any] = []

    def note(event: Any, books: Any) -> None:
        events.append(event)

    desk = Desk(
        store,
        Blobs(data_dir),
        Router(),
        Journal(),
        new_id=IdSource(now_ms),
        now_ms=now_ms,
        read_facts=read_facts,
        reactions=dict.fromkeys((MailArrived, MailSubmitted, PhoneMailArrived), (note,)),
    )
    desk.run_now(lambda books: books.accounts.add_domain(DOMAIN))
    try:
        yield Hub(desk, events)
    finally:
        await desk.close()


async def in_thread(work: Callable[[], T]) -> T:
    """Run a blocking client beside the loop of the doors."""
    return await asyncio.get_running_loop().run_in_executor(None, work)
