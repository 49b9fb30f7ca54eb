"""`caiyou link`: carrier links while the hub runs. What is ordered here, every process sees within two seconds."""

from __future__ import annotations

import argparse
import dataclasses
import json
import socket
import time
import tomllib
import typing
from pathlib import Path
from typing import Any, Final, TypeAlias

from carriers.factory import KINDS
from gateway import clock
from gateway.commands.books import open_desk, operator
from gateway.config import Config, LinkConfig, LinkEntry, read_config, read_link
from gateway.core.audit import Act
from gateway.core.errors import BadRequest, NotFound
from gateway.core.link_figures import LinkReading
from gateway.core.link_orders import LinkOrder, TraceOrder, Wish
from gateway.options import describe
from gateway.owner import node_of
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.links import LEASE_S

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Options that are never shown.
_SECRETS: Final = ("password", "secret", "token")
_TRACE_OCTETS: Final = 100_000_000
_TRACE_SECONDS: Final = 600
_NAME_LENGTH: Final = 32


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("link", help="carrier links").add_subparsers(metavar="ACTION", required=True)

    def add(word: str, about: str, run: Any) -> argparse.ArgumentParser:
        action = group.add_parser(word, help=about, description=about)
        if word != "list":
            action.add_argument("name", help="name of the link")
        action.set_defaults(run=run)
        return action

    add("list", "show the links and how they are", _list)
    add("show", "everything known of a link, but for its passwords", _show)
    for word, about, run in (
        ("add", "add a link, with the options of a [[link]] table", _add),
        ("change", "give other options to a link that was added here; what is not named stays", _change),
    ):
        action = add(word, about, run)
        action.add_argument(
            "options", nargs="*", metavar="OPTION=VALUE", help="like protocol=smpp host=10.0.0.7 window=32"
        )
        action.add_argument(
            "--secret-file", type=Path, metavar="FILE", help="read the password (or secret) from a file"
        )
    add("pause", "close its line and send what waits over other links", _wish(Wish.PAUSE))
    add("drain", "send nothing new over it, but keep receiving", _wish(Wish.DRAIN))
    add("resume", "send and receive again", _wish(Wish.RUN))
    add("remove", "close its line, send what waits over other links, and forget it", _remove)
    move = add("move", "let another process serve it", _move)
    move.add_argument("--to", type=int, required=True, metavar="NODE", help="store.node of that process")
    trace = add("trace", "write the octets of its line to a capture file", _trace)
    trace.add_argument("--file", type=Path, help="a file that is not there yet, on the machine that serves the link")
    trace.add_argument("--seconds", type=int, default=_TRACE_SECONDS, help=f"how long (default: {_TRACE_SECONDS})")
    trace.add_argument("--octets", type=int, default=_TRACE_OCTETS, help=f"most in the file (default: {_TRACE_OCTETS})")
    trace.add_argument("--mask", action="store_true", help="strike out texts and numbers; passwords always are")
    trace.add_argument("--stop", action="store_true", help="stop tracing")


# --- looking --------------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> None:
    config = read_config(options.config)

    def work(books: BooksOfStore) -> None:
        depth, orders = books.outbox.depth(), {order.name: order for order in books.link_orders.all()}
        known = {row["name"]: row for row in books.links.all()}
        for name, protocol in _protocols(config, orders).items():
            row = known.get(name)
            waiting = depth.get((name, "queued"), 0)
            error = f" ({row['last_error']})" if row is not None and row["last_error"] and row["state"] != "up" else ""
            print(f"{name:16} {protocol:6} {_state(row, books.now_ms):10} {waiting} waiting{error}")

    with open_desk(options.config) as desk:
        desk.read_now(work)


def _protocols(config: Config, orders: dict[str, LinkOrder]) -> dict[str, str]:
    """Every link there is, with what it speaks; those of the file first."""
    found = {entry.link.name: entry.link.protocol for entry in config.links}
    for order in orders.values():
        if order.options and order.name not in found:
            found[order.name] = str(json.loads(order.options).get("protocol", ""))
    return found


def _state(row: Any, now_ms: int) -> str:
    if row is None:
        return "unserved"
    if not row["lease_by"] or row["lease_until_ms"] < now_ms - LEASE_S * 1000:
        return "unserved"
    return str(row["state"])


def _show(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    with open_desk(options.config) as desk:
        order = desk.read_now(lambda books: books.link_orders.get(options.name)) or LinkOrder(options.name)
        entry = _entry(config, order)
        rows = desk.read_now(lambda books: [row for row in books.links.all() if row["name"] == options.name])
        depth = desk.read_now(lambda books: books.outbox.depth())
    row = rows[0] if rows else None
    now_ms = clock.now_ms()
    lines: list[tuple[str, object]] = [
        ("name", options.name),
        ("from", "the books" if order.options and not _in_file(config, options.name) else "the configuration file"),
        ("wanted", order.wish.value),
        ("state", _state(row, now_ms)),
    ]
    if row is not None:
        owner = row["lease_by"]
        reading = LinkReading.from_json(row["figures"])
        lines += [
            ("since", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row["since_ms"] / 1000))),
            ("process", f"{owner} (node {node_of(owner)})" if owner else "none"),
            ("last word", row["last_error"] or "-"),
            ("window", f"{reading.in_flight} of {reading.window or '?'}"),
            ("rate", f"{reading.rate:g} segments/s"),
            ("answers", _counts(reading.answers)),
            ("errors", _counts(reading.errors)),
            ("reports", _counts(reading.reports)),
        ]
    lines += [(state, depth.get((options.name, state), 0)) for state in ("queued", "sending", "uncertain")]
    if order.move_to is not None:
        lines.append(("moved to node", order.move_to))
    if order.trace is not None:
        lines.append(("traced to", order.trace.file))
    lines += _shown_options(entry)
    for label, value in lines:
        print(f"{label:24} {value}")


def _counts(counts: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _shown_options(entry: LinkEntry) -> list[tuple[str, str]]:
    """The options of a link, a star for each that is a secret."""
    shown = []
    for source in (entry.link, entry.options):
        for option in describe(type(source)):
            value = getattr(source, option.name)
            if option.name == "name" or value in ("", None, ()):
                continue
            shown.append((option.name, "*" if _is_secret(source, option.name) else str(value)))
    return shown


def _is_secret(source: object, name: str) -> bool:
    """A field its dataclass keeps out of its repr, or whose name says so."""
    fields: Any = dataclasses.fields(source)  # type: ignore[arg-type]
    return any(field.name == name and not field.repr for field in fields) or name.endswith(_SECRETS)


# --- ordering -------------------------------------------------------------------------------------------------------


def _add(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    if _in_file(config, options.name):
        raise BadRequest(f"{options.name} is in {options.config} already")
    table = _table(options, {"name": options.name})
    with open_desk(options.config) as desk:
        order = desk.read_now(lambda books: books.link_orders.get(options.name))
        if order is not None and order.options:
            raise BadRequest(f"there is a link {options.name} already; change it, or remove it first")
        _save(desk, Act.LINK_ADDED, options.name, table)


def _change(options: argparse.Namespace) -> None:
    if _in_file(read_config(options.config), options.name):
        raise BadRequest(f"{options.name} is in {options.config}; change it there and start the hub again")
    with open_desk(options.config) as desk:
        order = desk.read_now(lambda books: books.link_orders.get(options.name))
        if order is None or not order.options or order.wish is Wish.REMOVE:
            raise NotFound(f"no link called {options.name} was added here")
        table = _table(options, json.loads(order.options))
        _save(desk, Act.LINK_CHANGED, options.name, table)


def _save(desk: Desk, act: Act, name: str, table: dict[str, Any]) -> None:
    if not name or len(name) > _NAME_LENGTH or not name.isprintable() or " " in name:
        raise BadRequest(f"a name has at most {_NAME_LENGTH} characters and no blanks")
    read_link(table, "link")
    text = json.dumps(table, ensure_ascii=False, sort_keys=True)

    def work(books: BooksOfStore) -> None:
        books.link_orders.set_options(name, text)
        books.audit.note(operator(), act, name, after={"options": " ".join(sorted(table))})

    desk.run_now(work)


def _table(options: argparse.Namespace, table: dict[str, Any]) -> dict[str, Any]:
    """The [[link]] table with the options of the command line: values as in TOML, a bare word is text."""
    words = []
    for word in options.options:
        key, divider, value = word.partition("=")
        if not divider or not key or key == "name":
            raise BadRequest(f"write OPTION=VALUE, not {word!r}")
        words.append((key, value))
    protocol = dict(words).get("protocol") or table.get("protocol")
    kind = KINDS.get(str(protocol))
    types = typing.get_type_hints(LinkConfig) | (typing.get_type_hints(kind.options) if kind else {})
    table = table | {key: _value(value, types.get(key)) for key, value in words}
    if options.secret_file is not None and kind is not None:
        try:
            secret = options.secret_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadRequest(f"{options.secret_file} cannot be read: {error}") from error
        secrets = [field.name for field in dataclasses.fields(kind.options) if not field.repr]
        if not secrets:
            raise BadRequest(f"{protocol} has no option that is a secret")
        table[secrets[0]] = secret
    return table


def _value(text: str, hint: Any) -> Any:
    """What is written, as in TOML; digits for an option that is a text are a text."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if hint is str and not isinstance(value, str) else value


def _in_file(config: Config, name: str) -> bool:
    return any(entry.link.name == name for entry in config.links)


def _entry(config: Config, order: LinkOrder) -> LinkEntry:
    """The options of a link, wherever they stand. Raises NotFound."""
    for entry in config.links:
        if entry.link.name == order.name:
            return entry
    if not order.options:
        raise NotFound(f"no link is called {order.name}; `caiyou link list` shows them")
    return read_link(json.loads(order.options), f"link {order.name}")


def _known(desk: Desk, options: argparse.Namespace) -> LinkOrder:
    """What is ordered of a link there is. Raises NotFound."""
    order = desk.read_now(lambda books: books.link_orders.get(options.name)) or LinkOrder(options.name)
    _entry(read_config(options.config), order)
    return order


_ACTS: Final = {
    Wish.RUN: Act.LINK_RESUMED,
    Wish.PAUSE: Act.LINK_PAUSED,
    Wish.DRAIN: Act.LINK_DRAINED,
    Wish.REMOVE: Act.LINK_REMOVED,
}


def _order(desk: Desk, name: str, wish: Wish) -> None:
    def work(books: BooksOfStore) -> None:
        books.link_orders.set_wish(name, wish)
        books.audit.note(operator(), _ACTS[wish], name)

    desk.run_now(work)


def _wish(wish: Wish) -> Any:
    def run(options: argparse.Namespace) -> None:
        with open_desk(options.config) as desk:
            if _known(desk, options).wish is Wish.REMOVE:
                raise BadRequest(f"{options.name} is being removed")
            _order(desk, options.name, wish)

    return run


def _remove(options: argparse.Namespace) -> None:
    if _in_file(read_config(options.config), options.name):
        raise BadRequest(
            f"{options.name} is in {options.config}: pause it, and take it out there before the next start"
        )
    with open_desk(options.config) as desk:
        _known(desk, options)
        _order(desk, options.name, Wish.REMOVE)


def _move(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        books.link_orders.move(options.name, options.to)
        books.audit.note(operator(), Act.LINK_MOVED, options.name, after={"node": options.to})

    with open_desk(options.config) as desk:
        _known(desk, options)
        desk.run_now(work)


def _trace(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        _known(desk, options)
        if options.stop:
            desk.run_now(lambda books: books.link_orders.set_trace(options.name, None))
            return
        if options.file is None or options.seconds < 1 or options.octets < 1:
            raise BadRequest("name the --file; --seconds and --octets are at least 1")
        file = str(options.file.absolute())
        order = TraceOrder(file, clock.now_ms() + options.seconds * 1000, options.octets, options.mask)
        desk.run_now(lambda books: books.link_orders.set_trace(options.name, order))
    print(
        f"{options.name} is written to {file} for {options.seconds} s, on {socket.gethostname()} if it is served there"
    )
