"""`caiyou number`, `list`: whose numbers are, and who may be written to."""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from gateway.commands.books import open_desk
from gateway.commands.routes import account_id_of
from gateway.config import read_config
from gateway.core.content import read_word
from gateway.core.errors import BadRequest, NotFound
from gateway.core.lists import MAX_REASON, ListKind, Scope, read_pattern
from gateway.core.numbering import COLUMNS, PORTED_COLUMNS, header_of, read_ported, read_ranges
from gateway.core.phone import normalise
from gateway.store.desk import BooksOfStore, Desk

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Ported numbers in one transaction of an import; between two of them a running hub gets its turn.
PAGE = 5000


def add_commands(commands: Commands) -> None:
    """Add the groups."""
    number = commands.add_parser("number", help="whose numbers are").add_subparsers(metavar="ACTION", required=True)
    add = number.add_parser("import", help="read ranges, or ported numbers, from a CSV file")
    add.add_argument(
        "file",
        type=Path,
        help=f"header {','.join(COLUMNS)} (replaces the ranges imported before) or {','.join(PORTED_COLUMNS)} (adds)",
    )
    add.set_defaults(run=_import)
    look = number.add_parser("look-up", help="whose a number is, and who says so")
    look.add_argument("number")
    look.add_argument("--json", action="store_true")
    look.set_defaults(run=_look_up)

    lists = commands.add_parser("list", help="black and white lists of numbers, forbidden words").add_subparsers(
        metavar="ACTION", required=True
    )
    for word, run in (("add", _add), ("remove", _remove), ("show", _show)):
        action = lists.add_parser(word)
        action.set_defaults(run=run)
        kinds = [*(kind.value for kind in ListKind), "word"]
        if word == "show":
            action.add_argument("kind", choices=kinds, nargs="?")
            continue
        action.add_argument("kind", choices=kinds)
        action.add_argument("pattern", help="a number, a beginning like +86170*, or a word")
        whose = action.add_mutually_exclusive_group()
        whose.add_argument("--domain", default="", help="for this domain (default: for the whole hub)")
        whose.add_argument("--account", default="", metavar="ADDRESS", help="for this account")
        if word == "add":
            action.add_argument("--reason", default="", help="told to whoever writes to it")


def _import(options: argparse.Namespace) -> None:
    try:
        with options.file.open(encoding="utf-8-sig", newline="") as file, open_desk(options.config) as desk:
            _import_lines(desk, file)
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"file: {options.file} cannot be read: {error}") from error


def _import_lines(desk: Desk, file: TextIO) -> None:
    first = file.readline()
    lines = itertools.chain([first], file)
    if header_of(first) == COLUMNS:
        ranges = read_ranges(lines)

        def work(books: BooksOfStore) -> None:
            books.numbers.set_ranges(ranges)
            books.routes.changed()

        desk.run_now(work)
        print(f"{len(ranges)} ranges")
        return
    if header_of(first) != PORTED_COLUMNS:
        raise BadRequest(f"file: its first line must be {','.join(COLUMNS)} or {','.join(PORTED_COLUMNS)}")
    count = 0
    ported: Iterator[Any] = iter(read_ported(lines))
    while page := list(itertools.islice(ported, PAGE)):
        count += desk.run_now(lambda books, page=page: books.numbers.port(page))  # type: ignore[misc]
    print(f"{count} ported numbers")


def _look_up(options: argparse.Namespace) -> None:
    number = normalise(options.number, read_config(options.config).hub.region)
    if number is None:
        raise BadRequest(f"number: {options.number[:32]!r} is no phone number")
    with open_desk(options.config) as desk:
        ported = desk.read_now(lambda books: books.numbers.ported(number))
        owner = desk.router.numbering.owner(number)
    operator = ported.operator if ported is not None and ported.operator else owner.operator
    if options.json:
        print(
            json.dumps(
                {
                    "number": number,
                    "country": owner.country,
                    "operator": operator,
                    "range": None if owner.line is None else owner.line._asdict(),
                    "imported": owner.imported,
                    "ported": None if ported is None else ported._asdict(),
                },
                ensure_ascii=False,
            )
        )
        return
    print(f"{number}: {owner.country or 'no country known'}, operator {operator or 'not known'}")
    if owner.line is not None:
        line = owner.line
        imported = " (imported)" if owner.imported else ""
        print(f"  range {line.prefix}: {line.kind} {line.operator}; {line.source}, {line.dated}{imported}")
    if ported is not None:
        where = f"ported to {ported.operator}" if ported.operator else "back at the operator of its range"
        print(f"  {where}; {ported.source}, {ported.dated}")


def _scope(books: BooksOfStore, options: argparse.Namespace) -> tuple[Scope, int]:
    if options.account:
        return Scope.ACCOUNT, account_id_of(books, options.account)
    if options.domain:
        domain_id = books.accounts.domain_id(options.domain)
        if domain_id is None:
            raise NotFound(f"there is no domain {options.domain}")
        return Scope.DOMAIN, domain_id
    return Scope.HUB, 0


def _pattern(options: argparse.Namespace) -> str:
    """A number in the one spelling under which recipients are compared."""
    if options.pattern.endswith("*"):
        return read_pattern(options.pattern)
    return read_pattern(normalise(options.pattern, read_config(options.config).hub.region) or options.pattern)


def _add(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        if options.kind == "word":
            books.lists.add_word(read_word(options.pattern))
        else:
            if len(options.reason) > MAX_REASON or not options.reason.isprintable():
                raise BadRequest(f"reason: at most {MAX_REASON} characters")
            scope, scope_id = _scope(books, options)
            books.lists.add(ListKind(options.kind), scope, scope_id, _pattern(options), options.reason)
        books.routes.changed()

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _remove(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> bool:
        if options.kind == "word":
            gone = books.lists.remove_word(options.pattern)
        else:
            gone = books.lists.remove(ListKind(options.kind), *_scope(books, options), _pattern(options))
        books.routes.changed()
        return gone

    with open_desk(options.config) as desk:
        if not desk.run_now(work):
            raise NotFound(f"{options.pattern} is not on that list")


def _show(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        entries, words = desk.read_now(lambda books: (books.lists.entries(), books.lists.words()))
    for entry in entries:
        if options.kind in (None, entry.kind):
            whose = entry.scope if entry.scope is Scope.HUB else f"{entry.scope.value} {entry.scope_id}"
            print(f"{entry.id} {entry.kind:5} {whose:24} {entry.pattern:20} {entry.reason}".rstrip())
    if options.kind in (None, "word"):
        for word in words:
            print(f"word {word}")
