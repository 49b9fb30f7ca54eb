"""The inside of a hub for benchmarks: a desk over a store of its own, without doors and without reactions."""

from __future__ import annotations

from pathlib import Path

from gateway import clock
from gateway.core.ids import IdSource
from gateway.core.mails import MailFacts
from gateway.core.outbox import NewSms, Purpose
from gateway.core.routing import Router
from gateway.journal import Journal
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore, Desk


def open_desk(directory: Path) -> Desk:
    """A desk on SQLite in that directory; close it after use."""
    store = open_store(StoreConfig(data_dir=str(directory)))
    create_tables(store)
    return Desk(
        store,
        Blobs(directory),
        Router(),
        Journal(),
        new_id=IdSource(clock.now_ms),
        now_ms=clock.now_ms,
        read_facts=lambda data, now: MailFacts(),
        reactions={},
    )


async def fill(desk: Desk, count: int, *, want_report: bool) -> None:
    """Put so many messages of one segment into the outbox, each to a phone of its own."""

    def work(books: BooksOfStore) -> None:
        for n in range(count):
            text = f"benchmark message number {n:07d}, forty characters or so"
            books.outbox.add(NewSms(f"+86138{n:08d}", text, Purpose.API, want_report=want_report))

    await desk.commit(work)
