"""Imports in the background: looked at, let in, gone on with after a death, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from addressbook.vcard.meaning import contact_of
from gateway.core.book import Action
from gateway.core.imports import CHECKED_MS, MAX_OPEN, Batch, BatchState, Choices, WrongState
from gateway.importing import Importer, Run
from gateway.store import importing, strays
from tests.fakes.desk import Bench
from tests.unit.store.test_contacts import card

#: The statements are few; that both databases know them is shown by the two tests without this mark.
ON_SQLITE = pytest.mark.parametrize("store_config", ["sqlite"], indirect=True)
TABLE = "姓名,手机,邮箱,生日\n" + "".join(f"人{n},138001380{n:02},p{n}@example.org,1985-04-12\n" for n in range(12))


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.importing.SLICE", 5)


@pytest.fixture
def account(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("mail.example"))
    made: int = bench.run(lambda b: b.accounts.add("anna@mail.example").id)
    return made


@pytest.fixture
def book(bench: Bench, account: int) -> int:
    made: int = bench.run(lambda b: b.address_books.default(account).id)
    return made


def add(
    bench: Bench,
    account: int,
    book: int,
    octets: bytes,
    doubles: str = "merge",
    columns: tuple[str, ...] | None = None,
) -> int:
    batch_id = bench.desk.new_id()
    blob = bench.desk.blobs.put_now(batch_id, octets)
    bench.run(
        lambda b: b.imports.add(
            batch_id, account_id=account, book_id=book, file_name="list.csv", blob=blob,
            choices=Choices(doubles, columns, None),
        )
    )  # fmt: skip
    return batch_id


def batch(bench: Bench, batch_id: int) -> Batch:
    found = bench.ask(lambda b: b.imports.by_id(batch_id))
    assert found is not None
    return found


async def bring(bench: Bench, account: int, book: int, octets: bytes, doubles: str = "merge") -> Batch:
    """Look at a file and let it in."""
    batch_id = add(bench, account, book, octets, doubles)
    await Importer(bench.desk).look()
    bench.run(lambda b: b.imports.begin(b.imports.by_id(batch_id)))
    await Importer(bench.desk).look()
    return batch(bench, batch_id)


def names(bench: Bench, book: int) -> list[str]:
    cards = [
        bench.ask(lambda b, one=one: b.contacts.get(book, one.href))
        for one in bench.ask(lambda b: list(b.contacts.entries(book)))
    ]
    return sorted(contact_of(one.data).shown for one in cards)


async def test_a_file_is_looked_at_let_in_and_taken_back(bench: Bench, account: int, book: int) -> None:
    bench.run(lambda b: b.contacts.put(book, "old.vcf", card("old", "人3", "TEL:13800138003")))
    before = bench.ask(lambda b: b.contacts.get(book, "old.vcf"))
    batch_id = add(bench, account, book, TABLE.encode("gb18030"))
    assert batch(bench, batch_id).state is BatchState.CHECKING
    assert await Importer(bench.desk).look() == 1
    seen = batch(bench, batch_id)
    assert (seen.state, seen.kind, seen.all_rows) == (BatchState.CHECKED, "csv-table", 12)
    assert {name: seen.counts[name] for name in ("entries", "new", "known", "aside")} == {
        "entries": 12, "new": 11, "known": 1, "aside": 0,
    }  # fmt: skip
    assert [one["target"] for one in seen.counts["columns"]] == ["shown", "number:cell", "mail", "birthday"]
    assert seen.counts["doubles"][0]["other"]["name"] == "人3"
    assert names(bench, book) == ["人3"]

    bench.run(lambda b: b.imports.begin(seen))
    await Importer(bench.desk).look()
    done = batch(bench, batch_id)
    assert (done.state, done.done_rows, done.blob) == (BatchState.DONE, 12, "")
    assert (done.counts["added"], done.counts["merged"]) == (11, 1)
    assert not bench.desk.blobs.path(seen.blob).exists()
    found = bench.ask(lambda b: b.contacts.get(book, "old.vcf"))
    assert contact_of(found.data).mails[0].value == "p3@example.org"
    version = bench.ask(lambda b: b.contact_history.versions(found.contact_id))[0]
    assert (version.action, version.changed_by, version.batch_id) == (Action.IMPORTED, "import list.csv", batch_id)

    bench.run(lambda b: b.imports.undo(done))
    assert batch(bench, batch_id).state is BatchState.UNDOING
    await Importer(bench.desk).look()
    undone = batch(bench, batch_id)
    assert (undone.state, undone.counts["undone"]) == (BatchState.UNDONE, {"removed": 11, "restored": 1, "kept": 0})
    assert names(bench, book) == ["人3"]
    assert bench.ask(lambda b: b.contacts.get(book, "old.vcf")).data == before.data
    with pytest.raises(WrongState):
        bench.run(lambda b: b.imports.undo(undone))


@ON_SQLITE
async def test_a_file_that_comes_twice_changes_nothing(bench: Bench, account: int, book: int) -> None:
    await bring(bench, account, book, TABLE.encode())
    revision = bench.ask(lambda b: b.address_books.get(account, book).revision)
    again = await bring(bench, account, book, TABLE.encode())
    assert again.counts["same"] == 12
    assert "added" not in again.counts
    assert bench.ask(lambda b: b.address_books.get(account, book).revision) == revision


@ON_SQLITE
@pytest.mark.parametrize(
    ("doubles", "outcome", "count"), [("skip", "skipped", 12), ("add", "added", 24), ("replace", "same", 12)]
)
async def test_who_is_known_already(
    bench: Bench, account: int, book: int, doubles: str, outcome: str, count: int
) -> None:
    await bring(bench, account, book, TABLE.encode())
    again = await bring(bench, account, book, TABLE.encode(), doubles)
    assert again.counts[outcome] == 12
    assert len(names(bench, book)) == count


async def test_a_run_that_died_is_gone_on_with(bench: Bench, account: int, book: int) -> None:
    batch_id = add(bench, account, book, TABLE.encode())
    await Importer(bench.desk).look()
    bench.run(lambda b: b.imports.begin(b.imports.by_id(batch_id)))
    died = Run(bench.desk, batch_id)
    assert await died.step() is False
    assert batch(bench, batch_id).done_rows == 5
    other = Run(bench.desk, batch_id)
    assert await other.step() is False
    assert await died.step() is True  # it was not dead, only slow: its slice is not brought in twice
    assert await Importer(bench.desk).finish_these([batch_id]) == 1
    done = batch(bench, batch_id)
    assert (done.state, done.counts["added"]) == (BatchState.DONE, 12)
    assert len(names(bench, book)) == 12
    assert await Importer(bench.desk).finish_these([batch_id, 7]) == 0


@ON_SQLITE
async def test_an_import_is_taken_back_while_it_runs(bench: Bench, account: int, book: int) -> None:
    batch_id = add(bench, account, book, TABLE.encode())
    await Importer(bench.desk).look()
    bench.run(lambda b: b.imports.begin(b.imports.by_id(batch_id)))
    run = Run(bench.desk, batch_id)
    await run.step()
    bench.run(lambda b: b.imports.undo(b.imports.by_id(batch_id)))
    assert await run.step() is True
    await Importer(bench.desk).look()
    assert batch(bench, batch_id).counts["undone"]["removed"] == 5
    assert names(bench, book) == []


@ON_SQLITE
async def test_what_somebody_writes_meanwhile_is_not_overwritten(
    bench: Bench, account: int, book: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importing.decided
    told: list[int] = []

    def and_then(books: object, *more: object) -> object:
        plan = real(books, *more)  # type: ignore[arg-type]
        if not told:
            told.append(1)
            bench.run(lambda b: b.contacts.put(book, "m.vcf", card("m", "人0", "TEL:13800138000", "NOTE:mine")))
        return plan

    monkeypatch.setattr("gateway.importing.decided", and_then)
    done = await bring(bench, account, book, TABLE.encode(), "skip")
    assert (done.counts["added"], done.counts["skipped"]) == (11, 1)
    assert contact_of(bench.ask(lambda b: b.contacts.get(book, "m.vcf")).data).note == "mine"


@ON_SQLITE
async def test_a_full_book_ends_an_import_with_a_reason(bench: Bench, account: int, book: int) -> None:
    bench.run(lambda b: b.address_books.change(book, quota_cards=7))
    done = await bring(bench, account, book, TABLE.encode())
    assert (done.state, done.reason, done.counts["added"]) == (BatchState.FAILED, "the book is full", 7)
    assert done.counts["asides"][0]["line"] == 9
    bench.run(lambda b: b.imports.undo(done))
    await Importer(bench.desk).look()
    assert names(bench, book) == []


@ON_SQLITE
@pytest.mark.parametrize("octets", [b"PK\x03\x04", b"no list of contacts"])
async def test_what_is_no_list_fails_with_advice(bench: Bench, account: int, book: int, octets: bytes) -> None:
    batch_id = add(bench, account, book, octets)
    await Importer(bench.desk).look()
    failed = batch(bench, batch_id)
    assert failed.state is BatchState.FAILED
    assert "CSV" in failed.reason
    assert failed.blob == ""


@ON_SQLITE
async def test_columns_can_be_chosen_and_are_remembered(bench: Bench, account: int, book: int) -> None:
    table = "Wer,Was,Rufnr\n张三,x,13800138000\n".encode()
    batch_id = add(bench, account, book, table, columns=("shown", "company", "number:home"))
    await Importer(bench.desk).look()
    seen = batch(bench, batch_id)
    bench.run(lambda b: b.imports.check_again(seen, book, Choices("skip", ("shown", "nicknames", "number"), None)))
    await Importer(bench.desk).look()
    seen = batch(bench, batch_id)
    assert [one["target"] for one in seen.counts["columns"]] == ["shown", "nicknames", "number"]
    bench.run(lambda b: b.imports.begin(seen))
    await Importer(bench.desk).look()
    (one,) = bench.ask(lambda b: list(b.contacts.entries(book)))
    assert contact_of(bench.ask(lambda b: b.contacts.get(book, one.href)).data).nicknames == ("x",)
    digest = importing_digest(table)
    assert bench.ask(lambda b: b.imports.columns(account, digest)) == ["shown", "nicknames", "number"]
    assert bench.ask(lambda b: b.imports.columns(7, digest)) is None


def importing_digest(octets: bytes) -> str:
    from addressbook.imports.source import recognise

    return recognise(octets).header_digest


@ON_SQLITE
async def test_bad_rows_are_kept_with_their_lines(bench: Bench, account: int, book: int) -> None:
    done = await bring(bench, account, book, "姓名,手机\n张三,1.38E+10\n,x\n".encode())
    assert done.counts["asides"] == [
        {"line": 3, "reason": "no name, number or mail address in it can be used (手机: x)", "said": ",x"}
    ]
    assert done.counts["findings"] == [{"line": 2, "column": "手机", "value": "1.38E+10", "code": "digits_lost"}]
    assert (done.counts["added"], done.counts["aside"], done.counts["not_taken"]) == (1, 1, 1)


@ON_SQLITE
async def test_groups_come_with_their_members(bench: Bench, account: int, book: int) -> None:
    text = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:Anna\r\nN:;Anna;;;\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:g\r\nFN:Friends\r\nN:Friends;;;;\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n"
        "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a\r\nEND:VCARD\r\n"
    )
    done = await bring(bench, account, book, text.encode())
    assert (done.kind, done.counts["added"]) == ("vcard", 2)
    cards = {one.uid for one in bench.ask(lambda b: list(b.contacts.entries(book)))}
    assert cards == {"a", "g"}


@ON_SQLITE
async def test_ids_are_handed_over_once(bench: Bench, account: int, book: int) -> None:
    handed: list[list[int]] = []

    async def hand_over(ids: Sequence[int]) -> None:
        handed.append(list(ids))

    batch_id = add(bench, account, book, TABLE.encode())
    importer = Importer(bench.desk, hand_over)  # type: ignore[arg-type]
    assert [await importer.look(), await importer.look()] == [1, 0]
    assert handed == [[batch_id]]


@ON_SQLITE
async def test_a_file_nobody_lets_in_is_forgotten_after_a_week(bench: Bench, account: int, book: int) -> None:
    batch_id = add(bench, account, book, TABLE.encode())
    await Importer(bench.desk).look()
    blob = batch(bench, batch_id).blob
    bench.clock.pass_s(CHECKED_MS / 1000 + 1)
    await Importer(bench.desk).look()
    assert bench.ask(lambda b: b.imports.by_id(batch_id)) is None
    assert not bench.desk.blobs.path(blob).exists()


@ON_SQLITE
def test_the_file_of_an_import_is_no_stray(bench: Bench, account: int, book: int) -> None:
    batch_id = add(bench, account, book, TABLE.encode())
    blob = batch(bench, batch_id).blob
    assert bench.ask(lambda b: strays.without_row(b.tx, [blob, "2026/03/01/00/99"])) == ["2026/03/01/00/99"]
    assert Path(bench.desk.blobs.path(blob)).exists()


@ON_SQLITE
def test_not_too_many_wait_at_once(bench: Bench, account: int, book: int) -> None:
    ids = [add(bench, account, book, TABLE.encode()) for _ in range(MAX_OPEN + 1)]
    bench.run(lambda b: b.imports.checked(b.imports.by_id(ids[-1]), "csv-table", {}, 12))
    with pytest.raises(WrongState):
        bench.run(lambda b: b.imports.begin(b.imports.by_id(ids[-1])))


@ON_SQLITE
def test_an_account_goes_with_its_imports(bench: Bench, account: int, book: int) -> None:
    add(bench, account, book, TABLE.encode())
    bench.run(lambda b: b.imports.remember_columns(account, "d", ["shown"]))
    bench.run(lambda b: b.accounts.forget(account))
