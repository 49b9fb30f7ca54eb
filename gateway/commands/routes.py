"""`caiyou route`, `ledger`: how messages leave, and what was used."""

from __future__ import annotations

import argparse
import csv
import sys
from datetime import datetime
from typing import TypeAlias

from gateway.commands.books import open_desk
from gateway.config import read_config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.routing import Route
from gateway.store.desk import BooksOfStore

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the groups."""
    route = commands.add_parser("route", help="the routing table").add_subparsers(metavar="ACTION", required=True)
    add = route.add_parser("add", help="send numbers that begin so over a link")
    add.add_argument("prefix", help='beginning of the number, like +86138; "" for every number')
    add.add_argument("link")
    add.add_argument("--cost", type=int, default=0, help="millionths of the currency unit per segment")
    add.add_argument("--preference", type=int, default=0, help="a lower number is tried first")
    add.set_defaults(run=_add_route)
    show = route.add_parser("list", help="show the routing table")
    show.set_defaults(run=_list_routes)
    clear = route.add_parser("clear", help="forget the routing table: every number over every link again")
    clear.set_defaults(run=_clear_routes)

    ledger = commands.add_parser("ledger", help="detail records as CSV")
    ledger.add_argument("--since", type=_moment, default=0, help="ISO 8601, like 2026-11-01T00:00+08:00")
    ledger.add_argument("--until", type=_moment, default=1 << 62)
    ledger.set_defaults(run=_export_ledger)


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("give the offset from UTC too, like +08:00")
    return int(moment.timestamp() * 1000)


def _add_route(options: argparse.Namespace) -> None:
    names = [entry.link.name for entry in read_config(options.config).links]
    if options.link not in names:
        raise NotFound(f"no link is called {options.link}; the links are {', '.join(names) or 'none'}")
    if options.prefix and not options.prefix.startswith("+"):
        raise BadRequest("write the prefix in the international form, like +86138")
    with open_desk(options.config) as desk:
        if not desk.read_now(lambda books: books.links.routes()):
            print("this is the first route: numbers that no route fits are sent nowhere from now on", file=sys.stderr)
        desk.run_now(
            lambda books: books.links.add_route(Route(options.prefix, options.link, options.cost, options.preference))
        )


def _list_routes(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        for route in desk.read_now(lambda books: books.links.routes()):
            print(
                f"{route.prefix or '(every number)':16} {route.link:16} cost {route.cost} preference {route.preference}"
            )


def _clear_routes(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.links.set_routes([]))


def _export_ledger(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        writer: csv.DictWriter[str] | None = None
        for line in books.ledger.export(since_ms=options.since, until_ms=options.until):
            if writer is None:
                writer = csv.DictWriter(sys.stdout, list(line))
                writer.writeheader()
            writer.writerow(line)

    with open_desk(options.config) as desk:
        desk.read_now(work)
