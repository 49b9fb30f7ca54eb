"""One slice of a file of contacts on its way into a book, or only looked at; each within one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from addressbook.csv_file.targets import Target, read_target
from addressbook.imports.decisions import Decided, Doubles, Kept, Outcome, decide, wanted
from addressbook.imports.source import Aside, Entry, Source
from gateway.core.book import Action, BookFull, Stored
from gateway.core.errors import BadRequest
from gateway.core.imports import Batch
from gateway.store.desk import BooksOfStore

#: Entries of one slice: as many as other writers may have to wait for.
SLICE: Final = 100
#: Entries set aside, and values not taken, that are kept with their lines; the counts are of all.
KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class Slice:
    """What is to be done with a slice, and the revision of the book in whose light that was decided."""

    entries: Sequence[Entry | Aside]
    decided: Decided
    revision: int


def chosen_targets(source: Source, columns: Sequence[str] | None) -> list[Target | None]:
    """The meanings of the columns of a table. Raises BadRequest for a choice that does not fit it."""
    if source.layout is None:
        return []
    if columns is None:
        return list(source.layout.targets)
    if len(columns) != len(source.layout.headings):
        raise BadRequest(f"the table has {len(source.layout.headings)} columns, the choice is of {len(columns)}")
    return [read_target(text) for text in columns]


def kind_of(source: Source) -> str:
    """What a file is, in one word: vcard, ldif, csv-google …"""
    return f"{source.format.value}-{source.program}" if source.program else source.format.value


def who_is_there(books: BooksOfStore, book_id: int, entries: Sequence[Entry | Aside], region: str) -> dict[int, Kept]:
    """Whom of a book the entries may be."""
    return books.imports.who_may_be(book_id, *wanted(entries, region))


def decided(books: BooksOfStore, batch: Batch, entries: Sequence[Entry | Aside], region: str) -> Slice:
    """What is to be done with a slice. Raises NoBook, NotAllowed."""
    book = books.address_books.writable(batch.account_id, batch.book_id)
    known = who_is_there(books, batch.book_id, entries, region)
    found = decide(entries, known, Doubles(batch.choices.doubles), lambda: str(books.new_id()), region)
    return Slice(entries, found, book.revision)


def bring_in(
    books: BooksOfStore, batch: Batch, part: Slice, done: int, counts: Mapping[str, Any], region: str
) -> tuple[dict[str, Any], bool]:
    """Write a slice behind `done` entries; returns the counts with it, and whether the book is full.

    Raises NoBook, NotAllowed, and ProgressLost when somebody else was faster.
    """
    book = books.address_books.writable(batch.account_id, batch.book_id)
    if book.revision != part.revision:  # somebody has written meanwhile: what was decided may be wrong
        part = decided(books, batch, part.entries, region)
    writes = part.decided.writes
    answers = books.contacts.put_many(
        batch.book_id,
        [(one.href, one.card) for one in writes],
        by=f"import {batch.file_name}",
        action=Action.IMPORTED,
        batch_id=batch.id,
    )
    new = dict(counts)
    is_full = False
    for outcome, times in part.decided.outcomes.items():
        _count(new, outcome, times)
    new["maybe"] = new.get("maybe", 0) + part.decided.maybe
    asides = list(part.decided.asides)
    for one, answer in zip(writes, answers, strict=True):
        if isinstance(answer, Stored):
            _count(new, one.outcome if answer.changed else Outcome.SAME)
        else:
            is_full = is_full or isinstance(answer, BookFull)
            asides.append(Aside(one.line, str(answer), ""))
    _count(new, Outcome.ASIDE, len(asides))
    _keep(new, "asides", [{"line": one.line, "reason": one.reason, "said": one.said} for one in asides])
    findings = [
        {"line": entry.line, "column": one.column, "value": one.value, "code": one.code}
        for entry in part.entries
        if isinstance(entry, Entry)
        for one in entry.findings
    ]
    new["not_taken"] = new.get("not_taken", 0) + len(findings)
    _keep(new, "findings", findings)
    books.imports.advance(batch.id, done, done + len(part.entries), new)
    return new, is_full


def _count(counts: dict[str, Any], outcome: Outcome, times: int = 1) -> None:
    counts[outcome.value] = counts.get(outcome.value, 0) + times


def _keep(counts: dict[str, Any], name: str, more: list[dict[str, Any]]) -> None:
    counts[name] = [*counts.get(name, ()), *more][:KEPT]
