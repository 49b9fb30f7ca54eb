"""The rows of a table in a text: separators, headings, rows that break out of their lines. Pure.

Never raises for what is in the text: a row that cannot be read is told with its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from addressbook.csv_file.cells import lost_digits, mails, plain
from addressbook.csv_file.headings import meanings
from addressbook.csv_file.targets import Target

#: Columns of a table; Outlook has 92, Google's grow with the fullest contact.
MAX_COLUMNS: Final = 1_000
#: Characters of one cell: a long note.
MAX_CELL: Final = 100_000
#: Lines that one row may take: a note of many lines. A quote that nobody closes would else swallow the whole file.
MAX_ROW_LINES: Final = 500
#: Rows that are looked at to tell what a table is.
SAMPLE: Final = 50
_SEPARATORS: Final = ",;\t|，"
_SEPARATOR_LINE: Final = re.compile(r"\"?sep=(.)\"?\s*", re.IGNORECASE)
_HAS_DIGITS: Final = re.compile(r"\+?[0-9０-９][0-9０-９ ()./-]{5,}")
_CELLPHONE: Final = re.compile(r"(?:\+?86|0086)?[ -]?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row, or (error) why there is none."""

    line: int  # from 1, that it begins on
    cells: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text is a table."""

    separator: str
    headings: tuple[str, ...]  # as they stand there; without headings "1", "2", …
    first_line: int  # of the rows, from 1
    targets: tuple[Target | None, ...]  # what each column is taken for
    known: tuple[bool, ...]  # False: nobody knows its heading; it was told by what is in it, or is left out


def layout_of(text: str) -> Layout | None:
    """How a text is a table; None where it is none."""
    lines = _split(text[: 1 << 20])
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return None
    given = _SEPARATOR_LINE.fullmatch(lines[start].strip())
    if given is not None:
        start += 1
    best: tuple[tuple[float, ...], str, list[Row]] | None = None
    for separator in given[1] if given else _SEPARATORS:
        sample: list[Row] = []
        for row in rows(lines, separator, start + 1):
            if row.error == "" and any(cell.strip() for cell in row.cells):
                sample.append(row)
            if len(sample) == SAMPLE:
                break
        if sample and (best is None or _fitness(sample) > best[0]):
            best = _fitness(sample), separator, sample
    if best is None:
        return None
    return _with_headings(best[1], best[2])


def rows(text: str | Sequence[str], separator: str, first_line: int = 1) -> Iterator[Row]:
    """The rows of a text from a line on; rows without anything in them are left out."""
    source = _Lines(_split(text) if isinstance(text, str) else text, first_line - 1)
    while True:
        start = source.at
        reader = csv.reader(source, delimiter=separator, doublequote=True, skipinitialspace=True, strict=False)
        while True:
            start = source.at
            source.open_from = start
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _Swallowed:
                yield Row(start + 1, (), f"a quotation mark is not closed within {MAX_ROW_LINES} lines")
                source.at = start + 1
                break
            except csv.Error as error:
                yield Row(start + 1, (), f"this is no row of a table: {str(error)[:80]}")
                source.at = max(start + 1, min(source.at, start + MAX_ROW_LINES))
                break
            if len(cells) > MAX_COLUMNS:
                yield Row(start + 1, (), f"a row of more than {MAX_COLUMNS} cells")
            elif any(map(str.strip, cells)):
                yield Row(start + 1, tuple(cell[:MAX_CELL] for cell in cells))


def _split(text: str) -> list[str]:
    # str.splitlines would break at characters too that are no line ends in a table (form feeds, U+2028).
    return list(io.StringIO(text, newline=""))


class _Swallowed(Exception):
    """A row went on for too many lines."""


class _Lines:
    """The lines of a text for the csv module, which asks for more than one where a cell holds line ends."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self.lines = lines
        self.at = at
        self.open_from = at

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.at - self.open_from > MAX_ROW_LINES:
            raise _Swallowed
        if self.at >= len(self.lines):
            raise StopIteration
        line = self.lines[self.at]
        self.at += 1
        return line if line.endswith(("\n", "\r")) else line + "\n"


def _fitness(sample: list[Row]) -> tuple[float, ...]:
    """How much a separator makes a table of it: known headings, then columns in which all rows agree."""
    _, known = meanings(sample[0].cells)
    counts = [len(row.cells) for row in sample]
    width = counts[0]
    agreeing = sum(count == width for count in counts) / len(counts) if width > 1 else 0.0
    return (sum(known) if width > 1 or known[0] else 0, agreeing, width if agreeing > 0.5 else 0)


def _with_headings(separator: str, sample: list[Row]) -> Layout | None:
    first = sample[0]
    targets, known = meanings(first.cells)
    has_headings = any(known) and not any(_is_value(cell) for cell in first.cells)
    if not has_headings:
        values = [
            any(_is_value(row.cells[at]) for row in sample if at < len(row.cells)) for at in range(len(first.cells))
        ]
        if not any(values):
            return None
        has_headings = len(sample) > 1 and not any(_is_value(cell) for cell in first.cells)
    body = sample[1:] if has_headings else sample
    width = max(len(row.cells) for row in sample)
    columns = [[row.cells[at] for row in body if at < len(row.cells)] for at in range(width)]
    if has_headings:
        headings = [*first.cells, *(str(at + 1) for at in range(len(first.cells), width))]
    else:
        headings = [str(at + 1) for at in range(width)]
        targets, known = [None] * width, [False] * width
    targets += [None] * (width - len(targets))
    known += [False] * (width - len(known))
    guessed = _by_values(targets, known, columns)
    return Layout(
        separator=separator,
        headings=tuple(heading.strip()[:100] for heading in headings),
        first_line=body[0].line if body else first.line + 1,
        targets=tuple(guessed),
        known=tuple(known),
    )


def _is_value(cell: str) -> bool:
    text = plain(cell)
    return bool(mails(text)) or _HAS_DIGITS.fullmatch(text) is not None or lost_digits(text)


def _by_values(targets: list[Target | None], known: list[bool], columns: list[list[str]]) -> list[Target | None]:
    """What columns without a known heading are, by what is in them: mail addresses, numbers, and else the name."""
    found = list(targets)
    for at, cells in enumerate(columns):
        if known[at]:
            continue
        texts = [plain(cell) for cell in cells if cell.strip()]
        if not texts:
            continue
        most = len(texts) * 0.6
        if sum(bool(mails(text)) for text in texts) >= most:
            found[at] = Target("mail")
        elif sum(_CELLPHONE.fullmatch(text) is not None for text in texts) >= most:
            found[at] = Target("number", types=("cell",))
        elif sum(_HAS_DIGITS.fullmatch(text) is not None and len(text) <= 25 for text in texts) >= most:
            found[at] = Target("number")
    names = {"shown", "family", "given", "company", "nicknames"}
    if not any(target and target.field in names for target in found):
        for at, cells in enumerate(columns):
            if not known[at] and found[at] is None and any(_is_name(cell) for cell in cells):
                found[at] = Target("shown")
                break
    return found


def _is_name(cell: str) -> bool:
    text = cell.strip()
    return 0 < len(text) <= 40 and not any(char.isdigit() for char in text)
