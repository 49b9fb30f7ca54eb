"""Versions of contacts, restoring, taking back an import, and forgetting; on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.book import MAX_VERSIONS, TOMBSTONE_MS, Action, Stored, TokenDead
from gateway.core.errors import NotFound
from gateway.store.schema import contact_versions
from tests.fakes.desk import Bench
from tests.unit.store.test_contacts import card


@pytest.fixture
def book(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("mail.example"))
    account: int = bench.run(lambda b: b.accounts.add("anna@mail.example").id)
    made: int = bench.run(lambda b: b.address_books.default(account).id)
    return made


def put(bench: Bench, book: int, href: str, data: bytes, **more: object) -> Stored:
    stored: Stored = bench.run(lambda b: b.contacts.put(book, href, data, **more))
    return stored


def test_every_version_is_kept_with_who_wrote_it(bench: Bench, book: int) -> None:
    first = put(bench, book, "a.vcf", card(name="one"), by="phone")
    put(bench, book, "a.vcf", card(name="two"), by="web")
    bench.run(lambda b: b.contacts.delete(book, "a.vcf", by="dav"))
    put(bench, book, "a.vcf", card(name="three"), by="cli")
    told = bench.ask(lambda b: b.contact_history.versions(first.contact_id))
    assert [(v.action, v.changed_by, v.is_current, v.revision) for v in told] == [
        (Action.CREATED, "cli", True, 4),
        (Action.DELETED, "dav", False, 3),
        (Action.CHANGED, "web", False, 2),
        (Action.CREATED, "phone", False, 1),
    ]
    assert [v.card for v in told] == [card(name="three"), b"", card(name="two"), card(name="one")]


def test_a_version_comes_back_also_of_what_was_deleted(bench: Bench, book: int) -> None:
    first = put(bench, book, "a.vcf", card(name="one"))
    put(bench, book, "a.vcf", card(name="two"))
    bench.run(lambda b: b.contacts.delete(book, "a.vcf"))
    assert [v.card for v in bench.ask(lambda b: b.contact_history.deleted(book))] == [card(name="two")]
    restored = bench.run(lambda b: b.contact_history.restore(first.contact_id, 1, by="web"))
    found = bench.ask(lambda b: b.contacts.get(book, "a.vcf"))
    assert (found.data, found.etag, found.changed_by) == (card(name="one"), restored.etag, "web")
    assert bench.ask(lambda b: b.contact_history.deleted(book)) == []
    with pytest.raises(NotFound):
        bench.run(lambda b: b.contact_history.restore(first.contact_id, 3))
    with pytest.raises(NotFound):
        bench.run(lambda b: b.contact_history.restore(7, 1))


def test_an_import_is_taken_back_but_not_what_was_changed_since(bench: Bench, book: int) -> None:
    put(bench, book, "old.vcf", card("old", "before"))
    put(bench, book, "gone.vcf", card("gone", "before"))
    bench.run(lambda b: b.contacts.delete(book, "gone.vcf"))
    batch = [(f"{n}.vcf", card(str(n), f"new {n}")) for n in range(5)]
    batch += [("old.vcf", card("old", "after")), ("gone.vcf", card("gone", "after"))]
    bench.run(lambda b: b.contacts.put_many(book, batch, action=Action.IMPORTED, batch_id=99, by="import"))
    put(bench, book, "3.vcf", card("3", "touched"))
    after, told = 0, []
    for _ in range(9):
        undone = bench.run(lambda b, after=after: b.contact_history.undo(99, after=after, limit=2))
        told.append((undone.removed, undone.restored, undone.kept))
        if undone.last is None:
            break
        after = undone.last
    assert tuple(map(sum, zip(*told, strict=True))) == (5, 1, 0)
    left = {c.href for c in bench.ask(lambda b: b.contacts.changes(book)).changes}
    assert left == {"3.vcf", "old.vcf"}
    assert bench.ask(lambda b: b.contacts.get(book, "old.vcf")).data == card("old", "before")


def test_deletions_are_forgotten_after_a_year_and_old_tokens_die(bench: Bench, book: int) -> None:
    put(bench, book, "a.vcf", card("a"))
    put(bench, book, "b.vcf", card("b"))
    bench.run(lambda b: b.contacts.delete(book, "a.vcf"))
    assert bench.run(lambda b: b.contact_history.forget()) == 0
    bench.clock.pass_s(TOMBSTONE_MS // 1000 + 1)
    put(bench, book, "c.vcf", card("c"))
    assert bench.run(lambda b: b.contact_history.forget()) == 1
    with pytest.raises(TokenDead):
        bench.ask(lambda b: b.contacts.changes(book, 2))
    assert [c.href for c in bench.ask(lambda b: b.contacts.changes(book, 3)).changes] == ["c.vcf"]
    assert [c.href for c in bench.ask(lambda b: b.contacts.changes(book)).changes] == ["b.vcf", "c.vcf"]


def test_versions_of_one_contact_are_bounded(bench: Bench, book: int) -> None:
    def write(b):  # type: ignore[no-untyped-def]
        for n in range(MAX_VERSIONS + 20):
            b.contacts.put(book, "a.vcf", card(name=f"version {n}"))

    bench.run(write)
    count = bench.ask(lambda b: b.tx.read(sa.select(sa.func.count()).select_from(contact_versions)).scalar())
    assert MAX_VERSIONS <= count <= MAX_VERSIONS + 1


async def test_works_of_one_batch_are_not_replayed(bench: Bench, book: int) -> None:
    """Deferred rows of different works run statement by statement: no order of works may break a key."""
    import asyncio

    other = bench.run(lambda b: b.address_books.create(b.accounts.by_address("anna@mail.example").id, "other").id)
    put(bench, book, "a.vcf", card("a", "one", "TEL:13800138000"))
    before = bench.store.figures.replays

    def replace(b):  # type: ignore[no-untyped-def]
        b.contacts.put(book, "a.vcf", card("a", "two", "TEL:13900139000", "CATEGORIES:x"))

    def add(b):  # type: ignore[no-untyped-def]
        b.contacts.put(other, "n.vcf", card("n", "new", "TEL:13700137000", "EMAIL:n@x.example"))

    def remove(b):  # type: ignore[no-untyped-def]
        b.contacts.delete(book, "a.vcf")

    await asyncio.gather(*(bench.desk.commit(work) for work in (replace, add, remove)))
    assert bench.store.figures.replays == before
    assert bench.ask(lambda b: b.contacts.changes(other)).revision == 1
    assert bench.ask(lambda b: b.contacts.changes(book)).changes == ()
