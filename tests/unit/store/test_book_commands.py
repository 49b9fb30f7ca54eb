"""`caiyou book` and `caiyou group` on a store of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.commands.books import open_desk

Typed = Callable[..., str]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a command on a hub with two members; gives what it prints, or says for what it failed."""
    path = tmp_path / "caiyou.toml"
    path.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n')

    def work(books: object) -> None:
        books.accounts.add_domain("x.example")  # type: ignore[attr-defined]
        ann = books.accounts.add("ann@x.example").id  # type: ignore[attr-defined]
        books.accounts.add("bob@x.example")  # type: ignore[attr-defined]
        li = books.contacts.add(ann, "李四", ["li@y.example"], ["+8613900139000"])  # type: ignore[attr-defined]
        book = books.address_books.default(ann).id  # type: ignore[attr-defined]
        books.contact_groups.create(book, "朋友", [li])  # type: ignore[attr-defined]

    with open_desk(path) as desk:
        desk.run_now(work)

    def run(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(path), *words])
        told = capsys.readouterr()
        assert ended.value.code == code, told.err
        return told.out + told.err

    return run


def test_books_are_made_shared_and_bounded(typed: Typed) -> None:
    book = typed("book", "add", "ann@x.example", "work", "--name", "客户").strip()
    staff = typed("book", "add", "x.example", "staff").strip()
    typed("book", "share", book, "bob@x.example", "--write")
    lines = typed("book", "list", "bob@x.example").splitlines()
    assert [line.split()[:3] for line in lines] == [[book, "personal", "write"], [staff, "domain", "read"]]
    typed("book", "quota", book, "--contacts", "3", "--mb", "1")
    assert "0/3 contacts, 0/1 MB  客户" in typed("book", "list", "ann@x.example")
    typed("book", "share", book, "bob@x.example", "--stop")
    assert typed("book", "share", book, "bob@x.example", "--stop", code=1) == "caiyou: it is not shared so\n"
    assert "no book 7" in typed("book", "quota", "7", "--mb", "1", code=1)
    assert "give --contacts" in typed("book", "quota", book, code=1)
    assert "no domain" in typed("book", "add", "y.example", "x", code=1)


def test_people_and_groups_are_shown(typed: Typed) -> None:
    assert "李四  +8613900139000  li@y.example" in typed("book", "find", "ann@x.example", "lisi")
    assert typed("group", "list", "ann@x.example") == "    1  朋友  (Contacts)\n"
    assert typed("group", "show", "ann@x.example", "朋友") == "李四  +8613900139000  li@y.example\n"
    assert "no group" in typed("group", "show", "ann@x.example", "x", code=1)
