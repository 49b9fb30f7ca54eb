"""`caiyou import` and `caiyou export`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.commands.books import open_desk
from tests.fakes.commands import reply_of

Typed = Callable[..., str]
TABLE = "姓名,手机,爱好\n张三,13800138000,围棋\n李四,1.38E+10,\n,,x\n"


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""
    config = tmp_path / "caiyou.toml"
    config.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n')
    with open_desk(config) as desk:
        desk.run_now(lambda books: books.accounts.add_domain("example.cn"))
        desk.run_now(lambda books: books.accounts.add("ann@example.cn"))
    (tmp_path / "list.csv").write_bytes(TABLE.encode("gb18030"))

    return functools.partial(reply_of, config)


def test_a_file_is_checked_brought_in_and_taken_back(typed: Typed, tmp_path: Path) -> None:
    file = str(tmp_path / "list.csv")
    said = typed("import", "check", "ann@example.cn", file)
    assert "list.csv: csv-table in gb18030, 3 entries\n2 new, 0 known already" in said
    assert "爱好 -> (left out)   围棋, x" in said
    assert "line 3: 手机: 1.38E+10: a spreadsheet has shortened the number" in said
    assert "line 4: set aside: no name" in said
    assert typed("import", "list", "ann@example.cn") == ""

    said = typed("import", "add", "ann@example.cn", file, "--columns", "shown,number:cell,note")
    assert "2 added, 1 aside" in said
    said = typed("import", "add", "ann@example.cn", file, "--doubles", "skip")
    assert "2 skipped, 1 aside" in said

    number = typed("import", "list", "ann@example.cn").splitlines()[-1].split()[0]
    target = tmp_path / "out.vcf"
    assert typed("export", "ann@example.cn", "--format", "vcard-3.0", "--output", str(target)).startswith("2 contacts")
    assert b"NOTE:\xe5\x9b\xb4\xe6\xa3\x8b" in target.read_bytes()
    assert typed("import", "undo", "ann@example.cn", number) == "2 removed, 0 as before, 0 kept\n"
    assert typed("export", "ann@example.cn", "--output", str(target)).startswith("0 contacts")


def test_what_cannot_be_done_is_told(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04...")
    file = str(tmp_path / "list.csv")
    assert "save the list as CSV" in typed("import", "add", "ann@example.cn", str(tmp_path / "book.xlsx"))
    assert "cannot be read" in typed("import", "add", "ann@example.cn", str(tmp_path / "none.csv"))
    assert "no account" in typed("import", "add", "bob@example.cn", file)
    assert "the table has 3 columns" in typed("import", "check", "ann@example.cn", file, "--columns", "shown")
    assert "there is no book work" in typed("import", "check", "ann@example.cn", file, "--book", "work")
    assert "there is no import 7" in typed("import", "undo", "ann@example.cn", "7")
    assert "number:cell" in typed("import", "columns").splitlines()
