"""What mail programs do to files of a Maildir is seen in the rows; what we do ourselves is not undone by that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.webmail import MailLine, from_utf7, in_utf7
from gateway.store.maildir_changes import MaildirMemory, take_changes
from tests.fakes.maildir import Box, maildir_box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with maildir_box(tmp_path / "data") as made:
        yield made


async def test_marks_are_taken_over(box: Box) -> None:
    mail_id = box.file("x")
    assert await box.look() == 0
    seen = box.path(mail_id).rename(box.base / "cur" / f"{box.path(mail_id).name}:2,RSab")
    assert await box.look() == 1
    assert box.line(mail_id).flags == "RS"
    assert await box.look() == 0
    seen.rename(seen.with_name(seen.name.replace("RSab", "")))
    assert await box.look() == 1
    assert box.line(mail_id).is_unread


async def test_a_folder_is_looked_at_only_when_it_changed_and_not_all_the_time(box: Box) -> None:
    mail_id = box.file("x")
    memory = MaildirMemory()
    for part in ("new", "cur"):
        os.utime(box.base / part, (1, 1))
    os.utime(box.base, (1, 1))
    assert await take_changes(box.bench.desk, memory, box.mailbox_id, "INBOX") == 0
    box.path(mail_id).rename(box.base / "cur" / f"{box.path(mail_id).name}:2,S")
    assert await take_changes(box.bench.desk, memory, box.mailbox_id, "INBOX") == 0  # it was looked at just now
    key = box.mailbox_id, "INBOX"
    memory.seen[key] = 0.0, memory.seen[key][1]
    assert await take_changes(box.bench.desk, memory, box.mailbox_id, "INBOX") == 1


async def test_what_is_under_way_is_not_undone(box: Box) -> None:
    marked, moved, erased = box.file("marked"), box.file("moved"), box.file("erased")
    box.path(marked).rename(box.base / "cur" / f"{box.path(marked).name}:2,")
    box.bench.run(lambda books: books.webmail.set_flags(box.mailbox_id, [marked], add="S"))
    box.bench.run(lambda books: books.webmail.move(box.mailbox_id, [moved], "Trash"))
    box.bench.run(lambda books: books.webmail.erase(box.mailbox_id, [erased]))  # and no name has followed yet
    assert await box.look() == 0
    assert box.list() == ["marked"]
    assert box.list("Trash") == ["moved"]
    assert not box.line(marked).is_unread


@pytest.mark.parametrize("name", ["Trash", "项目 & 甲"])
@pytest.mark.parametrize("is_renamed", [False, True])
async def test_moves_are_followed_wherever_one_looks_first(box: Box, name: str, is_renamed: bool) -> None:
    for first in (name, "INBOX"):
        mail_id = box.file(f"to {first}")
        cur = box.base / f".{in_utf7(name)}" / "cur"
        if not cur.is_dir():
            box.folder(name)
        target = f"1772323200.P1.dovecot,S=9,W=9{mail_id}:2,S" if is_renamed else f"{box.path(mail_id).name}:2,S"
        box.path(mail_id).rename(cur / target)
        await box.look("INBOX") if first == "INBOX" else None
        await box.look(name)
        await box.look("INBOX")
        line = box.line(mail_id)
        assert (line.folder, line.flags) == (name, "S")
        assert not box.list("INBOX")
    assert await box.look(name) == 0


async def test_copies_and_what_was_put_there_become_mails(box: Box) -> None:
    original = box.file("original")
    cur = box.folder("Archive")
    here = box.path(original)
    os.link(here, cur / f"{here.name}:2,S")  # as Dovecot does
    os.link(here, cur / "1.P1.dovecot:2,S")  # as others do
    (cur / "2.P1.dovecot,S=30,W=31:2,S").write_bytes(b"Subject: appended\nFrom: a@b.example\n\nx\n")
    assert await box.look() == 0
    assert await box.look("Archive") == 3
    assert sorted(box.list("Archive")) == ["appended", "original", "original"]
    assert box.list() == ["original"]
    assert await box.look("Archive") == 0
    assert await box.look() == 0
    assert box.bench.ask(lambda books: books.mails.unplaced()) == []
    assert len({line.file_name for line in (*_page(box, "Archive"), box.line(original))}) == 4
    line = next(one for one in _page(box, "Archive") if one.subject == "appended")
    (cur / "2.P1.dovecot,S=30,W=31:2,S").unlink()
    assert box.bench.desk.blobs.get(line.blob).startswith(b"Subject: appended")


async def test_a_maildir_that_was_lost_deletes_nothing(box: Box) -> None:
    mail_id, other = box.file("kept"), box.file("other")
    box.path(mail_id).unlink()
    assert await box.look() == 0
    assert sorted(box.list()) == ["kept", "other"]
    box.path(other).unlink()
    assert await box.look() == 0
    assert sorted(box.list()) == ["kept", "other"]


async def test_odd_files_do_no_harm(box: Box) -> None:
    box.file("x")
    (box.base / "cur" / ".hidden").touch()
    (box.base / "cur" / "1.M1Q99.host:2,S").write_bytes(b"no row")
    (box.base / "cur" / ("y" * 200 + ":2,S")).write_bytes(b"Subject: long name\n\n")
    (box.base / "cur" / "\udcff:2,S").touch()
    for name in (".&bad-", ".\udcff", ".a\nb", ".&AC8-", "." + "z" * 254):
        (box.base / name).mkdir()
    for _ in range(2):
        await box.look()
    assert sorted(box.list()) == ["x"]
    names = {one.name for one in box.bench.ask(lambda books: books.webmail.folders(box.mailbox_id)) if one.id}
    assert names == {"INBOX", "z" * 254}


def _page(box: Box, folder: str) -> list[MailLine]:
    return box.bench.ask(lambda books: books.webmail.page(box.mailbox_id, folder))


@pytest.mark.parametrize("name", ["INBOX", "项目 甲", "a&b", "~peter/台北", "x y", "😀"])
def test_folder_names_are_written_and_read(name: str) -> None:
    assert in_utf7(name).isascii()
    assert from_utf7(in_utf7(name)) == name
