"""`caiyou import` and `caiyou export`: files of contacts into books, back out of them, and books as files."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Any, Final, TypeAlias

from addressbook.csv_file.targets import all_targets
from addressbook.exports import KINDS, exported, kind_of
from addressbook.imports.decisions import Doubles
from addressbook.imports.source import MAX_FILE, UnknownFile, recognise
from gateway.commands.books import member, open_desk
from gateway.core.errors import BadRequest, CaiyouError
from gateway.core.imports import Batch, BatchState, Choices
from gateway.importing import Importer
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.importing import chosen_targets
from gateway.web.imports_api import cards_of

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Seconds between two looks at an import that the hub is working on.
_LOOK_S: Final = 0.5
#: Lines of each kind that are shown.
_SHOWN: Final = 20


def add_commands(commands: Commands) -> None:
    """Add both."""
    group = commands.add_parser("import", help="files of contacts: vCard, CSV of many programs, LDIF")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    for name, words in (
        ("check", "show what a file would bring, and change nothing"),
        ("add", "bring a file into a book"),
    ):
        one = actions.add_parser(name, help=words)
        one.add_argument("address", help="the member")
        one.add_argument("file", type=Path)
        one.add_argument("--book", default="", metavar="NAME", help="a book other than the member's own")
        one.add_argument(
            "--doubles",
            choices=[way.value for way in Doubles],
            default=Doubles.MERGE.value,
            help="what becomes of who is known already (default: merge)",
        )
        one.add_argument("--columns", metavar="A,B,…", help="what each column is; see `caiyou import columns`")
        one.add_argument("--day-first", action="store_true", default=None, help="3/4/1985 is the 3rd of April")
        one.set_defaults(run=_check if name == "check" else _add)
    show = actions.add_parser("list", help="show a member's imports, the latest first")
    show.add_argument("address")
    show.set_defaults(run=_list)
    undo = actions.add_parser("undo", help="take an import back: what it added goes, what it changed is as before")
    undo.add_argument("address")
    undo.add_argument("id", type=int)
    undo.set_defaults(run=_undo)
    actions.add_parser("columns", help="show everything that a column can be").set_defaults(run=_columns)

    export = commands.add_parser("export", help="a book as a file")
    export.add_argument("address", help="the member")
    export.add_argument("--book", default="", metavar="NAME", help="only this book; left out: all of the member's own")
    export.add_argument("--format", choices=list(KINDS), default="vcard")
    export.add_argument("--output", type=Path, metavar="FILE", help="left out: standard output")
    export.set_defaults(run=_export)


def _check(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        batch = asyncio.run(_looked_at(desk, options))
        _tell_check(batch)
        desk.run_now(lambda books: books.imports.forget(batch))
        desk.blobs.forget([batch.blob], [])


def _add(options: argparse.Namespace) -> None:
    async def work(desk: Desk) -> Batch:
        batch = await _looked_at(desk, options)
        _tell_findings(batch)
        await desk.commit(lambda books: books.imports.begin(batch))
        return await _over(desk, batch.id)

    with open_desk(options.config) as desk:
        batch = asyncio.run(work(desk))
    counts = ", ".join(f"{batch.counts[name]} {name}" for name in _OUTCOMES if batch.counts.get(name))
    print(f"import {batch.id}: {counts or 'nothing in it'}")
    for aside in batch.counts.get("asides", [])[:_SHOWN]:
        print(f"  line {aside['line']}: {aside['reason']}")
    if batch.state is BatchState.FAILED:
        raise BadRequest(f"the import ended early: {batch.reason}; `caiyou import undo` takes back what came in")


_OUTCOMES: Final = ("added", "merged", "replaced", "same", "skipped", "aside")


def _list(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        for one in desk.read_now(lambda books: books.imports.of(member(books, options.address).id)):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created_ms / 1000))
            counts = ", ".join(f"{one.counts[name]} {name}" for name in _OUTCOMES if one.counts.get(name))
            print(f"{one.id}  {when}  {one.state}  {one.file_name}  {one.kind}  {one.reason or counts}")


def _undo(options: argparse.Namespace) -> None:
    async def work(desk: Desk) -> Batch:
        def begin(books: BooksOfStore) -> None:
            books.imports.undo(books.imports.get(member(books, options.address).id, options.id))

        await desk.commit(begin)
        return await _over(desk, options.id)

    with open_desk(options.config) as desk:
        undone = asyncio.run(work(desk)).counts["undone"]
    print(f"{undone['removed']} removed, {undone['restored']} as before, {undone['kept']} kept")


def _columns(options: argparse.Namespace) -> None:
    print("\n".join(all_targets()))


def _export(options: argparse.Namespace) -> None:
    kind = kind_of(options.format)

    def read(books: BooksOfStore) -> list[bytes]:
        account = member(books, options.address)
        if options.book:
            chosen = [books.address_books.by_slug(account.id, options.book)]
        else:
            chosen = [one for one in books.address_books.of(account.id) if one.is_own]
        return [card for book in chosen for card in cards_of(books, book.id)]

    with open_desk(options.config) as desk:
        cards = desk.read_now(read)
    with contextlib.ExitStack() as stack:
        out = sys.stdout.buffer if options.output is None else stack.enter_context(options.output.open("wb"))
        for piece in exported(cards, kind):
            out.write(piece)
        out.flush()
    if options.output is not None:
        print(f"{len(cards)} contacts in {options.output}")


# --- what both ways of importing share -------------------------------------------------------------------------


async def _looked_at(desk: Desk, options: argparse.Namespace) -> Batch:
    """The file as a batch that was looked at."""
    octets = _octets(options.file)
    source = recognise(octets)
    columns = None if options.columns is None else tuple(text.strip() for text in options.columns.split(","))
    chosen_targets(source, columns)
    batch_id = desk.new_id()
    blob = desk.blobs.put_now(batch_id, octets)

    def add(books: BooksOfStore) -> None:
        account = member(books, options.address)
        if options.book:
            book = books.address_books.by_slug(account.id, options.book)
            book = books.address_books.writable(account.id, book.id)
        else:
            book = books.address_books.default(account.id)
        wanted = columns
        if wanted is None and source.layout is not None:
            remembered = books.imports.columns(account.id, source.header_digest)
            wanted = None if remembered is None else tuple(remembered)
        books.imports.add(
            batch_id,
            account_id=account.id,
            book_id=book.id,
            file_name=options.file.name,
            blob=blob,
            choices=Choices(options.doubles, wanted, options.day_first),
        )

    await desk.commit(add)
    batch = await _over(desk, batch_id)
    if batch.state is BatchState.FAILED:
        raise BadRequest(batch.reason)
    return batch


def _octets(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise UnknownFile(f"the file has more than {MAX_FILE >> 20} MiB: split it")
        return path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}") from error


async def _over(desk: Desk, batch_id: int) -> Batch:
    """Work on a batch until it is over; where a running hub is faster, wait for it."""
    told = asyncio.create_task(_progress(desk, batch_id))
    try:
        while True:
            await Importer(desk).finish_these([batch_id])
            batch = await desk.read(lambda books: books.imports.by_id(batch_id))
            if batch is None:
                raise CaiyouError("the import was deleted meanwhile")
            if not batch.state.is_open:
                return batch
            await asyncio.sleep(_LOOK_S)
    finally:
        told.cancel()


async def _progress(desk: Desk, batch_id: int) -> None:
    if not sys.stderr.isatty():
        return
    while True:
        await asyncio.sleep(_LOOK_S)
        batch = await desk.read(lambda books: books.imports.by_id(batch_id))
        if batch is not None and batch.state.is_open:
            print(f"\r{batch.state} {batch.done_rows}/{batch.all_rows or '?'} ", end="", file=sys.stderr)


def _tell_check(batch: Batch) -> None:
    counts: dict[str, Any] = batch.counts
    print(f"{batch.file_name}: {batch.kind} in {counts['charset']}, {counts['entries']} entries")
    print(
        f"{counts['new']} new, {counts['known']} known already, {counts['doubled']} twice in the file, "
        f"{counts['maybe']} maybe known, {counts['aside']} set aside"
    )
    for column in counts.get("columns", []):
        values = ", ".join(column["values"])
        print(f"  {column['heading']} -> {column['target'] or '(left out)'}   {values}")
    for double in counts["doubles"][:_SHOWN]:
        other = double["other"].get("name") or f"line {double['other'].get('line')}"
        print(f"  line {double['line']}: {double['contact']['name']} = {other} ({double['reason']})")
    _tell_findings(batch)
    for aside in counts["asides"][:_SHOWN]:
        print(f"  line {aside['line']}: set aside: {aside['reason']}")


def _tell_findings(batch: Batch) -> None:
    for one in batch.counts.get("findings", [])[:_SHOWN]:
        print(f"  line {one['line']}: {one['column']}: {one['value']}: {one['problem']}")
