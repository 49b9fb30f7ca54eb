"""Mails are read some time after they came: lists show how they begin, searches find them, and deleted ones no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.search_words import wanted_of
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore
from gateway.store.erased import sweep_erased
from gateway.store.gists import GistReading, read_all_gists
from tests.fakes.desk import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = open_store(StoreConfig(data_dir=str(tmp_path / "data")))
    create_tables(store)
    made = Bench(store)
    yield made
    made.close()
    store.engine.dispose()


def open_mailbox(books: BooksOfStore) -> tuple[int, int]:
    books.accounts.add_domain("mail.example")
    account_id = books.accounts.add("anna@mail.example").id
    return account_id, books.mails.mailbox_of(account_id) or 0


async def file(bench: Bench, account_id: int, text: str) -> int:
    data = f"From: li@else.example\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()

    def work(books: BooksOfStore) -> int:
        return books.file_letter(account_id, blob=books.keep(data), data=data, kind="mail", announce=False) or 0

    return await bench.desk.commit(work)


async def test_what_came_is_read_found_and_forgotten(bench: Bench) -> None:
    account_id, mailbox_id = bench.run(open_mailbox)
    first, second = await file(bench, account_id, "合同评审"), await file(bench, account_id, "合同终稿")
    reading = GistReading(bench.desk)
    await reading.go_on()
    line = bench.ask(lambda books: books.webmail.one(mailbox_id, first))
    assert (line.snippet, line.attachment_count) == ("合同评审", 0)
    assert bench.desk.search.find(mailbox_id, wanted_of("合同")) == [second, first]
    await bench.desk.commit(lambda books: books.webmail.erase(mailbox_id, [first]))
    third = await file(bench, account_id, "合同作废")
    assert await read_all_gists(bench.desk, mailbox_id) == 1
    await bench.desk.close()  # names in Maildirs, and the index, have followed
    assert bench.desk.search.find(mailbox_id, wanted_of("合同")) == [third, second]
    bench.desk.search.close()


async def test_an_index_that_was_lost_is_made_again(bench: Bench) -> None:
    account_id, mailbox_id = bench.run(open_mailbox)
    mail_id = await file(bench, account_id, "会议纪要")
    await GistReading(bench.desk).go_on()
    await GistReading(bench.desk).go_on()
    assert bench.ask(lambda books: books.webmail.without_gist(10)) == []
    bench.desk.search.remove([mail_id])
    assert bench.desk.search.is_empty
    await GistReading(bench.desk).go_on()
    assert bench.desk.search.find(mailbox_id, wanted_of("会议")) == [mail_id]
    await bench.desk.close()


async def test_a_body_that_is_gone_is_not_asked_for_again(bench: Bench) -> None:
    account_id, mailbox_id = bench.run(open_mailbox)
    mail_id = await file(bench, account_id, "x")
    bench.desk.blobs.path(bench.ask(lambda books: books.webmail.one(mailbox_id, mail_id)).blob).unlink()
    await GistReading(bench.desk).go_on()
    assert bench.ask(lambda books: books.webmail.without_gist(10)) == []
    await bench.desk.close()


async def test_bodies_of_erased_mails_go_after_some_days_if_nothing_else_needs_them(bench: Bench) -> None:
    account_id, mailbox_id = bench.run(open_mailbox)
    alone, shared = await file(bench, account_id, "alone"), await file(bench, account_id, "shared")
    bodies = {line.id: line.blob for line in bench.ask(lambda books: books.webmail.some(mailbox_id, [alone, shared]))}
    data = bench.desk.blobs.get(bodies[shared])
    await bench.desk.commit(
        lambda books: books.file_letter(account_id, blob=bodies[shared], data=data, kind="mail", announce=False)
    )
    await bench.desk.commit(lambda books: books.webmail.erase(mailbox_id, [alone, shared]))
    await file(bench, account_id, "another")
    assert await sweep_erased(bench.desk) == 0
    assert bench.desk.blobs.get(bodies[alone])
    while bench.ask(lambda books: books.webmail.unplaced(list(bodies.values()))):
        await asyncio.sleep(0)
    while len(list(bench.desk.blobs.root.parent.glob("erased/*/*"))) < 2:
        await asyncio.sleep(0)
    bench.clock.pass_s(9 * 86_400)
    assert await sweep_erased(bench.desk) == 1
    assert not bench.desk.blobs.path(bodies[alone]).exists()
    assert bench.desk.blobs.get(bodies[shared]) == data
    assert await sweep_erased(bench.desk) == 0
    assert list(bench.desk.blobs.root.parent.glob("erased/*")) == []
    await bench.desk.close()
