"""Tables of accounts: columns in two languages, charsets of spreadsheets, and what is wrong with a line."""

from __future__ import annotations

import csv
import io
import itertools

import pytest

from gateway.core.errors import BadRequest
from gateway.web.console.batch import MAX_LINES, MAX_OCTETS, Line, Table, as_csv, read_table, result_csv


def read(text: str | bytes) -> Table:
    made = itertools.count()
    return read_table(
        text if isinstance(text, bytes) else text.encode(),
        domain="example.cn",
        domains={"example.cn", "second.cn"},
        region="CN",
        new_password=lambda: f"made-password-{next(made)}",
    )


TABLES = (
    "name,display name,phone\nann,Ann,13800138000\n",
    "邮箱,姓名,手机\r\nann,Ann,138 0013 8000\r\n",
    "用户名;显示名;手机号\nANN@example.cn;Ann;+8613800138000\n",
    '账号\t姓名\t电话\n"ann"\t"Ann"\t8613800138000\n',
)


@pytest.mark.parametrize("text", TABLES)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_same_account_however_it_is_written(text: str, codec: str) -> None:
    assert read(text.encode(codec)).lines == (
        Line(2, "ann@example.cn", "Ann", "made-password-0", is_made=True, phone="+8613800138000"),
    )


def test_chinese_names_in_the_charset_of_spreadsheets() -> None:
    table = read("姓名,邮箱名,容量,语言,部门\n张伟,zhangwei,2048MB,中文,销售\n".encode("gbk"))
    (line,) = table.lines
    assert (line.display_name, line.quota_mb, line.language) == ("张伟", 2048, "zh")
    assert table.columns[-1] == ("部门", "")


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ("a b,,,,,", "This cannot be the name of a mailbox."),
        (",only a name,,,,", "This cannot be the name of a mailbox."),
        ("x@elsewhere.cn,,,,,", "This is no domain of yours."),
        ("ann,,,,,", "The address stands in the file twice."),
        ("bob,,short,,,", "A password has 8 to 128 characters."),
        ("bob,,,12345,,", "The number is no mobile number."),
        ("bob,,,01012345678,,", "The number is no mobile number."),
        ("bob,,,,0,", "The quota is no number of megabytes."),
        ("bob,,,,9999999999999999999999,", "The quota is no number of megabytes."),
        ("bob,,,,,fr", "The language is neither zh nor en."),
        ("bob,a\x07b,,,,", "The shown name has characters that cannot be shown."),
    ],
)
def test_a_line_that_opens_nothing_says_why(row: str, trouble: str) -> None:
    table = read(f"name,display name,password,number,quota,language\nann,,,,,\n{row}\ncarl,,,,,\n")
    assert [line.trouble for line in table.lines] == ["", trouble, ""]
    assert [line.address for line in table.good] == ["ann@example.cn", "carl@example.cn"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"display name,phone\nAnn,1\n",
        b"name\n",
        b"name\n\n,\n",
        b"\xff\xfe\x00\x00",
        b'name\n"' + b"x" * 200_000,
        b"name\n" + b"".join(b"a%d\n" % n for n in range(MAX_LINES + 1)),
        b"x" * (MAX_OCTETS + 1),
        bytes(range(256)) * 40,
    ],
)
def test_what_is_no_table_of_accounts_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        read(data)


def test_what_was_looked_at_is_read_again_as_it_was() -> None:
    first = read('name,姓名,password\nann,"Li, ""Ann""",long enough\nbob@second.cn,=1+1,\n')
    again = read(as_csv(first.good))
    assert [(it.address, it.display_name, it.password) for it in again.lines] == [
        (it.address, it.display_name, it.password) for it in first.lines
    ]


def test_a_result_computes_nothing_in_a_spreadsheet() -> None:
    lines = read("name,display name,phone\nann,=cmd|' /C calc'!A0,13800138000\nbob,Bob,\n").lines
    text = result_csv([(lines[0], ""), (lines[1], "There is such an account already.")])
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[1] == ["2", "ann@example.cn", "'=cmd|' /C calc'!A0", "made-password-0", "+8613800138000", "opened"]
    assert rows[2] == ["3", "bob@example.cn", "Bob", "", "", "There is such an account already."]
