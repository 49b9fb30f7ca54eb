"""Mailboxes as their owners see them: lists, conversations, what is done to mails, and the names that follow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.mails import NewMail
from gateway.core.outbox import NewSms, Purpose
from gateway.core.webmail import FileMove, MailLine, Only, PhoneMessage
from gateway.mail.facts import read_facts
from gateway.mail.mime.gist import gist_of
from gateway.store.database import StoreConfig, create_tables, open_store
from tests.fakes.desk import PHONE, Bench


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One for all: each test has mailboxes of its own."""
    url = request.getfixturevalue("postgres").url() if request.param == "postgresql" else ""
    store = open_store(StoreConfig(url=url, data_dir=str(tmp_path_factory.mktemp("data"))))
    create_tables(store)
    made = Bench(store)
    made.run(lambda b: b.accounts.add_domain("mail.example"))
    yield made
    made.close()
    store.engine.dispose()


@pytest.fixture
def boxes(bench: Bench) -> tuple[int, int]:
    made = next(_count)

    def work(b: Any) -> tuple[int, int]:
        anna, bert = (b.accounts.add(f"{name}{made}@mail.example").id for name in ("anna", "bert"))
        return int(b.mails.mailbox_of(anna)), int(b.mails.mailbox_of(bert))

    return bench.run(work)


_count = itertools.count()


def letter(subject: str, text: str = "Hello", more: str = "") -> bytes:
    return (
        f"From: Zhang San <zhang@else.example>\r\nTo: Anna <anna@mail.example>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject}@else.example>\r\n{more}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def file(bench: Bench, mailbox_id: int, subject: str, *, more: str = "", **options: Any) -> int:
    """A mail filed and placed as a door would do it."""
    data = letter(subject, more=more)

    def work(b: Any) -> int:
        b.tx.flush()
        facts = read_facts(data, b.now_ms)
        blob = b.keep(data)
        placed = b.mails.file(
            NewMail(
                mailbox_id=mailbox_id, blob=blob, size_octets=len(data), wire_octets=len(data), sender=facts.sender,
                subject=subject, date_ms=b.now_ms, message_id=facts.message_id, references=facts.references, **options,
            )
        )  # fmt: skip
        assert bench.desk.blobs.place([placed]) == [True]
        b.mails.placed([placed.mail_id])
        return int(placed.mail_id)

    bench.clock.pass_s(60)
    return bench.run(work)


def do(bench: Bench, change: Any) -> Any:
    """A change, and the names that follow it."""

    def work(b: Any) -> tuple[Any, list[Any]]:
        return change(b.webmail), b.aftermath.moves

    result, moves = bench.run(work)
    done = bench.desk.blobs.move(moves)
    bench.run(lambda b: b.mails.placed(done))
    return result


def names(bench: Bench, mailbox_id: int) -> set[str]:
    """Files of a Maildir as folder/part and flags."""
    base = bench.desk.blobs.maildir(mailbox_id, "INBOX")
    return {
        f"{path.parent.parent.relative_to(base)}/{path.parent.name}{path.name.partition(':')[2]}"
        for path in base.rglob("*,W=*")
    }


def page(bench: Bench, mailbox_id: int, folder: str = "INBOX", **options: Any) -> list[MailLine]:
    return bench.ask(lambda b: b.webmail.page(mailbox_id, folder, **options))


def test_lists_are_paged_by_place(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, bert = boxes
    ids = [file(bench, anna, f"mail {n}") for n in range(5)]
    file(bench, bert, "of somebody else")
    first = page(bench, anna, limit=3)
    assert [line.id for line in first] == ids[:1:-1]
    rest = page(bench, anna, before=(first[-1].date_ms, first[-1].id), limit=3)
    assert [line.id for line in rest] == [ids[1], ids[0]]
    assert bench.ask(lambda b: b.webmail.beside(anna, first[1])) == (ids[4], ids[2])
    assert page(bench, anna, "Trash") == []
    with pytest.raises(NotFound):
        page(bench, anna, "Nowhere")


def test_nobody_sees_or_changes_mails_of_others(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, bert = boxes
    mail_id = file(bench, anna, "private")
    with pytest.raises(NotFound):
        bench.ask(lambda b: b.webmail.one(bert, mail_id))
    assert bench.ask(lambda b: b.webmail.thread(bert, mail_id)) == []
    assert do(bench, lambda w: w.set_flags(bert, [mail_id], add="S")) == 0
    assert do(bench, lambda w: w.move(bert, [mail_id], "Trash")) == 0
    assert do(bench, lambda w: w.delete(bert, [mail_id])) == 0
    assert do(bench, lambda w: w.erase(bert, [mail_id])) == 0
    assert bench.ask(lambda b: b.webmail.one(anna, mail_id)).is_unread


def test_flags_are_in_the_row_and_in_the_name(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    mail_id = file(bench, anna, "flags")
    assert names(bench, anna) == {"./new"}
    assert do(bench, lambda w: w.set_flags(anna, [mail_id], add="SF")) == 1
    assert do(bench, lambda w: w.set_flags(anna, [mail_id], add="S")) == 0
    assert names(bench, anna) == {"./cur2,FS"}
    do(bench, lambda w: w.set_flags(anna, [mail_id], remove="SF"))
    assert names(bench, anna) == {"./new"}
    assert bench.ask(lambda b: b.mails.unplaced()) == []


def test_filters_find_by_flags_kind_and_attachments(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    plain, sms, starred = (
        file(bench, anna, name, **kind) for name, kind in (("a", {}), ("b", {"kind": "sms"}), ("c", {}))
    )
    do(bench, lambda w: w.set_flags(anna, [starred], add="FS"))
    gist = gist_of(letter("x", more=""))
    bench.run(lambda b: b.webmail.set_gist(plain, type(gist)(gist.snippet, gist.recipients, 2, gist.text)))

    def found(only: Only) -> list[int]:
        return [line.id for line in page(bench, anna, only=only)]

    assert found(Only.UNREAD) == [sms, plain]
    assert found(Only.STARRED) == [starred]
    assert found(Only.PHONE) == [sms]
    assert found(Only.ATTACHMENTS) == [plain]
    counts = {folder.name: folder.unread for folder in bench.ask(lambda b: b.webmail.folders(anna))}
    assert counts["INBOX"] == 2
    assert counts["Trash"] == 0


def test_deleted_mails_go_to_the_trash_and_then_for_good(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    mail_id = file(bench, anna, "away")
    used = bench.ask(lambda b: b.mails.quota(anna)[0])
    assert used > 0
    do(bench, lambda w: w.delete(anna, [mail_id]))
    assert names(bench, anna) == {".Trash/new"}
    assert [line.id for line in page(bench, anna, "Trash")] == [mail_id]
    do(bench, lambda w: w.delete(anna, [mail_id]))
    assert names(bench, anna) == set()
    assert page(bench, anna, "Trash") == []
    assert bench.ask(lambda b: b.mails.quota(anna)[0]) == 0


def test_folders_are_made_renamed_and_removed(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    mail_id = file(bench, anna, "contract")
    assert do(bench, lambda w: w.add_folder(anna, "  合同  2026 ")) == "合同 2026"
    do(bench, lambda w: w.move(anna, [mail_id], "合同 2026"))
    assert names(bench, anna) == {".&VAhUDA- 2026/new"}
    do(bench, lambda w: w.rename_folder(anna, "合同 2026", "Contracts"))
    assert names(bench, anna) == {".Contracts/new"}
    with pytest.raises(Conflict):
        do(bench, lambda w: w.remove_folder(anna, "Contracts"))
    do(bench, lambda w: w.delete(anna, [mail_id]))
    do(bench, lambda w: w.remove_folder(anna, "Contracts"))
    assert not (bench.desk.blobs.maildir(anna, "Contracts")).exists()
    for name in ("INBOX", "Trash", "a/b", "a.b", "", "body", "x" * 61, "a\nb" * 30):
        with pytest.raises((BadRequest, Conflict)):
            do(bench, lambda w, name=name: w.add_folder(anna, name))
    with pytest.raises(NotFound):
        do(bench, lambda w: w.rename_folder(anna, "INBOX", "Other"))
    with pytest.raises(NotFound):
        do(bench, lambda w: w.move(anna, [mail_id], "Nowhere"))


def test_a_conversation_has_its_mails_and_its_texts(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    first = file(bench, anna, "question")
    told = bench.run(
        lambda b: b.outbox.add(NewSms(PHONE, "you have mail", Purpose.NOTICE, account_id=1, mail_id=first))
    )
    second = file(bench, anna, "answer", more="In-Reply-To: <question@else.example>\r\n")
    file(bench, anna, "something else")
    thread = bench.ask(lambda b: b.webmail.thread(anna, b.webmail.one(anna, second).thread_id))
    assert [(type(it), it.id) for it in thread] == [(MailLine, first), (PhoneMessage, told), (MailLine, second)]


def test_a_move_that_was_cut_short_is_made_up_for(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    mail_id = file(bench, anna, "cut short")
    bench.run(lambda b: b.webmail.move(anna, [mail_id], "Trash"))  # and the hub is killed
    bench.run(lambda b: b.webmail.set_flags(anna, [mail_id], add="S"))
    rows = bench.ask(lambda b: b.mails.unplaced())
    assert bench.desk.blobs.place(rows, forgotten=True) == [True]
    assert names(bench, anna) == {".Trash/cur2,S"}


def test_a_file_that_a_mail_client_moved_is_found(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, _ = boxes
    mail_id = file(bench, anna, "moved")
    base = bench.desk.blobs.maildir(anna, "INBOX")
    (there,) = (base / "new").iterdir()
    there.rename(base / "cur" / f"{there.name}:2,Sa")
    do(bench, lambda w: w.set_flags(anna, [mail_id], add="F"))
    assert names(bench, anna) == {"./cur2,Fa"}  # the letter is a keyword of the mail program
    do(bench, lambda w: w.set_flags(anna, [mail_id], remove="F"))
    assert names(bench, anna) == {"./cur2,a"}


def test_a_name_that_is_gone_is_linked_again_and_a_body_that_is_gone_is_no_harm(
    bench: Bench, boxes: tuple[int, int]
) -> None:
    anna, _ = boxes
    mail_id = file(bench, anna, "gone")
    for path in (bench.desk.blobs.maildir(anna, "INBOX") / "new").iterdir():
        path.unlink()
    do(bench, lambda w: w.set_flags(anna, [mail_id], add="S"))
    assert names(bench, anna) == {"./cur2,S"}
    move = FileMove(1, anna, "1.none", "2026/01/01/00/1", "INBOX", "", "Trash", "S")
    assert bench.desk.blobs.move([move]) == []


@pytest.mark.parametrize("only", list(Only))
def test_every_list_uses_an_index(bench: Bench, boxes: tuple[int, int], only: Only) -> None:
    if not bench.store.is_sqlite:
        pytest.skip("plans of PostgreSQL depend on how many rows there are")
    anna, _ = boxes
    file(bench, anna, "one")
    seen: list[str] = []

    def work(b: Any) -> None:
        driver = b.tx.connection.connection.dbapi_connection
        driver.set_trace_callback(seen.append)
        b.webmail.page(anna, "INBOX", before=(2**50, 1), only=only)
        driver.set_trace_callback(None)
        asked = next(sql for sql in reversed(seen) if "ORDER BY" in sql)
        plan = " ".join(str(row[-1]) for row in driver.execute(f"EXPLAIN QUERY PLAN {asked}"))
        assert "TEMP B-TREE" not in plan, plan
        index = {
            Only.ALL: "folder_id_date_ms", Only.UNREAD: "unread", Only.STARRED: "starred",
            Only.ATTACHMENTS: "with_attachments", Only.PHONE: "of_phones",
        }[only]  # fmt: skip
        assert f"USING INDEX ix_mails_{index} " in plan, plan

    bench.ask(work)


def test_the_gist_of_mails_is_asked_for_and_noted(bench: Bench, boxes: tuple[int, int]) -> None:
    anna, bert = boxes
    mail_id = file(bench, anna, "gist")
    other = file(bench, bert, "gist of another")
    assert [row[1] for row in bench.ask(lambda b: b.webmail.without_gist(10, anna))] == [mail_id]
    assert {row[1] for row in bench.ask(lambda b: b.webmail.without_gist(1000))} >= {mail_id, other}
    bench.run(lambda b: b.webmail.set_gist(mail_id, gist_of(letter("gist", "Hello  there"))))
    line = bench.ask(lambda b: b.webmail.one(anna, mail_id))
    assert (line.snippet, line.recipients, line.attachment_count) == ("Hello there", "Anna", 0)
    assert bench.ask(lambda b: b.webmail.without_gist(10, anna)) == []
