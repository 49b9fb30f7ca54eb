"""Accounts from a table (CSV): which columns are which, what each line would open, and why another opens nothing. Pure.

Columns are recognised by their header, in Chinese and English, in any order; files come in UTF-8 or in the GBK that
spreadsheets in China write, with commas, semicolons or tabs. Of a password that is not given one is made.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from addressbook.charsets import decoded
from gateway.core import phone
from gateway.core.addresses import Address
from gateway.core.administration import MAX_QUOTA_MB
from gateway.core.errors import BadRequest
from gateway.web.site.words import N_

#: Accounts of one file: their passwords are hashed one after the other, about forty a second.
MAX_LINES: Final = 500
MAX_OCTETS: Final = 1_048_576
DEFAULT_QUOTA_MB: Final = 1024
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128
#: Characters of passwords that are made: none that looks like another.
PASSWORD_CHARACTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - no password
PASSWORD_LENGTH: Final = 12  # of 31 characters: 59 bits

_COLUMNS: Final = {
    "name": (
        "name", "address", "account", "email", "e-mail", "mail", "user",
        "用户名", "账号", "帐号", "账户", "邮箱", "邮箱名", "邮件地址",
    ),
    "display_name": (
        "display name", "display_name", "full name", "real name", "person", "姓名", "显示名", "名字", "昵称",
    ),
    "password": ("password", "密码", "初始密码"),
    "number": ("number", "phone", "mobile", "cell", "tel", "手机", "手机号", "手机号码", "电话", "号码"),
    "quota_mb": ("quota", "quota_mb", "quota mb", "容量", "配额", "空间", "容量mb", "容量(mb)"),
    "language": ("language", "语言"),
}  # fmt: skip
_LANGUAGES: Final = {
    "": "",
    **dict.fromkeys(("zh", "中文", "汉语", "chinese"), "zh"),
    **dict.fromkeys(("en", "英文", "英语", "english"), "en"),
}
#: How the result is headed.
RESULT_HEADER: Final = ("line", "address", "name", "password", "number", "result")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: an account to open, or what is wrong with it."""

    number: int  # in the file, from 1
    address: str
    display_name: str = ""
    password: str = ""
    is_made: bool = False  # the password was made here
    phone: str = ""  # E.164
    quota_mb: int = DEFAULT_QUOTA_MB
    language: str = ""  # "" = that of the domain
    trouble: str = ""  # a text of N_; "" = it can be opened


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says."""

    columns: tuple[tuple[str, str], ...]  # (header, what it was recognised as; "" = left out)
    lines: tuple[Line, ...]

    @property
    def good(self) -> list[Line]:
        """Lines that can be opened."""
        return [line for line in self.lines if not line.trouble]


def read_table(
    data: bytes, *, domain: str, domains: Collection[str], region: str, new_password: Callable[[], str]
) -> Table:
    """The accounts of a file. `domain` is that of names without one, `domains` are those that may be opened in.

    Raises BadRequest for a file that is no table of accounts.
    """
    if len(data) > MAX_OCTETS:
        raise BadRequest("The file is too large.")
    rows = _rows(decoded(data))
    header = next(rows, [])
    names = [_column(title) for title in header]
    if "name" not in names:
        raise BadRequest("No column says the name or address of the account.")
    lines: list[Line] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        values = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
        if not any(values.values()):
            continue
        if len(lines) >= MAX_LINES:
            raise BadRequest("The file has too many lines; at most 500 accounts are opened at once.")
        line = _line(number, values, domain, region, new_password)
        if not line.trouble and line.address.rpartition("@")[2] not in domains:
            line = replace(line, trouble=N_("This is no domain of yours."))
        if not line.trouble and line.address in seen:
            line = replace(line, trouble=N_("The address stands in the file twice."))
        seen.add(line.address)
        lines.append(line)
    if not lines:
        raise BadRequest("The file has no line with an account.")
    return Table(tuple(zip([title.strip()[:40] for title in header], names, strict=True)), tuple(lines))


def _rows(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    divider = max((",", ";", "\t", "，"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadRequest("The file is no table that can be read.") from error


def _column(title: str) -> str:
    plain = title.strip().lower()
    return next((name for name, titles in _COLUMNS.items() if plain in titles), "")


def _line(number: int, values: dict[str, str], domain: str, region: str, new_password: Callable[[], str]) -> Line:
    name = values.get("name", "").lower()
    given = name if "@" in name else f"{name}@{domain}"
    line = Line(number, given[:320], values.get("display_name", "")[:128])
    try:
        line = replace(line, address=str(Address.parse(given)))
    except BadRequest:
        return replace(line, trouble=N_("This cannot be the name of a mailbox."))
    if not line.display_name.isprintable():
        return replace(line, display_name="", trouble=N_("The shown name has characters that cannot be shown."))
    password = values.get("password", "")
    if password and not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return replace(line, trouble=N_("A password has 8 to 128 characters."))
    line = replace(line, password=password or new_password(), is_made=not password)
    if text := values.get("number", ""):
        found = phone.normalise(text, region)
        if found is None or not phone.is_mobile(found):
            return replace(line, trouble=N_("The number is no mobile number."))
        line = replace(line, phone=found)
    if text := values.get("quota_mb", ""):
        plain = text.lower().removesuffix("mb").strip()
        if not (plain.isascii() and plain.isdigit() and 1 <= int(plain[:12]) <= MAX_QUOTA_MB):
            return replace(line, trouble=N_("The quota is no number of megabytes."))
        line = replace(line, quota_mb=int(plain[:12]))
    language = _LANGUAGES.get(values.get("language", "").lower())
    if language is None:
        return replace(line, trouble=N_("The language is neither zh nor en."))
    return replace(line, language=language)


def as_csv(lines: Sequence[Line]) -> str:
    """The lines as a table that `read_table` reads again, passwords that were made among them."""
    return _written(
        ("name", "display name", "password", "number", "quota", "language"),
        ((it.address, it.display_name, it.password, it.phone, it.quota_mb, it.language) for it in lines),
    )


def result_csv(results: Iterable[tuple[Line, str]]) -> str:
    """What became of each line, for a spreadsheet: a mark in front tells it that the file is UTF-8."""
    rows = (
        (
            line.number,
            line.address,
            _tame(line.display_name),
            line.password if not result else "",
            line.phone,
            result or "opened",
        )
        for line, result in results
    )
    return "\ufeff" + _written(RESULT_HEADER, rows)


def _written(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(itertools.chain([header], rows))
    return out.getvalue()


def _tame(text: str) -> str:
    """A cell that a spreadsheet shows and does not compute."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
