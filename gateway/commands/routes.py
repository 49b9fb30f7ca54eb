"""`caiyou route`, `ledger`: how messages leave, why so, and what was used."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeAlias

from gateway.commands.books import member, open_desk, operator
from gateway.config import read_config
from gateway.core.audit import Act
from gateway.core.errors import BadRequest, NotFound
from gateway.core.explanation import as_lines
from gateway.core.link_orders import known_links
from gateway.core.outbox import NewSms, Purpose
from gateway.core.phone import normalise
from gateway.core.profiles import Profile, profile_json, read_profile
from gateway.core.routes import Route, checked
from gateway.core.shaping import KINDS, Limit
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.explaining import explain_by

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the groups."""
    route = commands.add_parser("route", help="which link a message takes").add_subparsers(
        metavar="ACTION", required=True
    )

    def action(word: str, run: Any, about: str) -> argparse.ArgumentParser:
        made = route.add_parser(word, help=about, description=about)
        made.set_defaults(run=run)
        return made

    add = action("add", _add_route, "send messages to numbers that begin so over a link")
    add.add_argument("prefix", help='beginning of the number, like +86138; "" for every number')
    add.add_argument("link")
    _add_conditions(add)
    change = action("set", _set_route, "change a route; what is not named stays")
    change.add_argument("id", type=int)
    change.add_argument("--prefix")
    change.add_argument("--link")
    _add_conditions(change)
    action("remove", _remove_route, "take a route away").add_argument("id", type=int)
    action("list", _list_routes, "show the routing table").add_argument("--json", action="store_true")
    action("clear", _clear_routes, "forget the routing table: every number over every link again")

    why = action("explain", _explain, "what would become of a message, and why; nothing is sent")
    why.add_argument("number")
    why.add_argument("--sender", default="")
    why.add_argument("--account", default="", metavar="ADDRESS")
    why.add_argument("--text", default="")
    why.add_argument("--purpose", default=Purpose.API.value, choices=[purpose.value for purpose in Purpose])
    why.add_argument("--tag", default="")
    why.add_argument("--at", type=_moment, default=0, metavar="TIME", help="ISO 8601 with offset (default: now)")
    why.add_argument("--id", type=int, default=0, metavar="MESSAGE", help="for the share among equal routes")
    why.add_argument("--json", action="store_true")

    rules = action("rules", _rules, "what a link carries and asks of senders and texts; without RULE=VALUE: show")
    rules.add_argument("link", nargs="?", default="")
    rules.add_argument(
        "rules", nargs="*", metavar="RULE=VALUE", help="JSON or text, like signature_place=front; -: off"
    )
    template = action("template", _template, "texts a carrier has approved; places as {code}")
    template.add_argument("what", choices=("add", "remove", "list"))
    template.add_argument("subject", nargs="?", default="", metavar="LINK|ID")
    template.add_argument("pattern", nargs="?", default="")
    rate = action("rate", _rate, "how fast messages go to a destination or for an account; without words: show")
    rate.add_argument("kind", nargs="?", choices=KINDS)
    rate.add_argument("value", nargs="?", default="", help="address of the account, operator, or beginning")
    rate.add_argument("per_s", nargs="?", type=float, default=0.0, help="segments a second; 0: no limit")
    rate.add_argument("--burst", type=int, default=1, help="segments that may go at once after a rest")
    action("health", _show_health, "how the links do, by what really happened").add_argument(
        "--json", action="store_true"
    )

    ledger = commands.add_parser("ledger", help="detail records as CSV")
    ledger.add_argument("--since", type=_moment, default=0, help="ISO 8601, like 2026-11-01T00:00+08:00")
    ledger.add_argument("--until", type=_moment, default=1 << 62)
    ledger.set_defaults(run=_export_ledger)


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cost", type=int, help="millionths of the currency unit per segment")
    parser.add_argument("--preference", type=int, help="a lower number is tried first")
    parser.add_argument("--weight", type=int, help="share among routes that are equal in all else")
    parser.add_argument("--operator", help="only numbers of this operator, like cmcc")
    parser.add_argument("--country", help="only numbers of this country, like CN")
    parser.add_argument("--sender", help="only messages with this sender; * behind: that begins so")
    parser.add_argument("--account", metavar="ADDRESS", help="only messages of this account; - for any")
    parser.add_argument("--purpose", help=f"one of {', '.join(Purpose)}")
    parser.add_argument("--tag", help="only messages with this tag")
    parser.add_argument("--hours", help='like "mon-fri 09:00-21:00 Asia/Shanghai"')


def account_id_of(books: BooksOfStore, address: str) -> int:
    """The id of an account; 0 for none. Raises NotFound."""
    if address in ("", "-"):
        return 0
    return member(books, address).id


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("give the offset from UTC too, like +08:00")
    return int(moment.timestamp() * 1000)


def _with_conditions(books: BooksOfStore, route: Route, options: argparse.Namespace) -> Route:
    names = {field.name for field in fields(Route)} - {"id", "account_id"}
    given = {name: value for name in names if (value := getattr(options, name, None)) is not None}
    if options.account is not None:
        given["account_id"] = account_id_of(books, options.account)
    return checked(replace(route, **given))


def _check_link(options: argparse.Namespace, books: BooksOfStore, link: str) -> None:
    names = known_links((entry.link.name for entry in read_config(options.config).links), books.link_orders.all())
    if link not in names:
        raise NotFound(f"no link is called {link}; the links are {', '.join(names) or 'none'}")


def _add_route(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> int:
        _check_link(options, books, options.link)
        route = _with_conditions(books, Route(options.prefix, options.link), options)
        _note(books, Act.ROUTE_ADDED, route)
        return books.routes.add(route)

    with open_desk(options.config) as desk:
        if not desk.read_now(lambda books: books.routes.all()):
            print("this is the first route: numbers that no route fits are sent nowhere from now on", file=sys.stderr)
        print(desk.run_now(work))


def _set_route(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        route = _with_conditions(books, books.routes.get(options.id), options)
        _check_link(options, books, route.link)
        before = books.routes.get(route.id)
        books.routes.change(route)
        _note(books, Act.ROUTE_CHANGED, route, before)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _remove_route(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        route = books.routes.get(options.id)
        books.routes.remove(options.id)
        _note(books, Act.ROUTE_REMOVED, route)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _note(books: BooksOfStore, act: Act, route: Route, before: Route | None = None) -> None:
    def values(one: Route | None) -> dict[str, Any]:
        return {} if one is None else {f.name: getattr(one, f.name) for f in fields(Route) if f.name != "id"}

    after = {} if before is None else values(route)
    books.audit.note(operator(), act, f"{route.prefix or '*'} → {route.link}", before=values(before), after=after)


def _list_routes(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        for route in desk.read_now(lambda books: books.routes.all()):
            values = {field.name: getattr(route, field.name) for field in fields(Route)}
            if options.json:
                print(json.dumps(values, ensure_ascii=False))
                continue
            asks = " ".join(
                f"{name.removesuffix('_id')} {values[name]}"
                for name in ("operator", "country", "sender", "account_id", "purpose", "tag", "hours")
                if values[name]
            )
            weight = f" weight {route.weight}" if route.weight != 1 else ""
            print(
                f"{route.id} {route.prefix or '(every number)':16} {route.link:16} cost {route.cost} "
                f"preference {route.preference}{weight} {asks}".rstrip()
            )


def _clear_routes(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.routes.replace_all([]))


# --- why ------------------------------------------------------------------------------------------------------------


def _explain(options: argparse.Namespace) -> None:
    region = read_config(options.config).hub.region
    number = normalise(options.number, region)
    if number is None:
        raise BadRequest(f"number: {options.number[:32]!r} is no phone number")
    with open_desk(options.config) as desk:
        found = desk.read_now(lambda books: _explanation(desk, books, number, options))
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print("\n".join(as_lines(found)))


def _explanation(desk: Desk, books: BooksOfStore, number: str, options: argparse.Namespace) -> dict[str, Any]:
    sms = NewSms(
        number,
        options.text,
        Purpose(options.purpose),
        account_id=account_id_of(books, options.account),
        sender=options.sender,
        tag=options.tag,
    )
    return explain_by(books, desk.router, sms, at_ms=options.at, message_id=options.id)


# --- links ----------------------------------------------------------------------------------------------------------


def _rules(options: argparse.Namespace) -> None:
    def read(books: BooksOfStore) -> None:
        for link, rules in books.routes.rules().items():
            if options.link in ("", link):
                shown = profile_json(rules.profile) | ({"templates": len(rules.templates)} if rules.templates else {})
                print(f"{link}: {json.dumps(shown, ensure_ascii=False)}")

    def change(books: BooksOfStore) -> None:
        _check_link(options, books, options.link)
        rules = books.routes.rules().get(options.link)
        values = profile_json(rules.profile if rules is not None else Profile())
        for word in options.rules:
            name, equals, text = word.partition("=")
            if not equals:
                raise BadRequest(f"rules: {word[:40]!r} is not like signature_place=front")
            if text == "-":
                values.pop(name, None)
            else:
                values[name] = _value(text)
        books.routes.set_profile(options.link, read_profile(values))

    with open_desk(options.config) as desk:
        if options.rules:
            desk.run_now(change)
        desk.read_now(read)


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    # A forced sender is digits, but no number.
    return text if isinstance(value, int | float) and not isinstance(value, bool) and len(text) > 2 else value


def _template(options: argparse.Namespace) -> None:
    def add(books: BooksOfStore) -> int:
        _check_link(options, books, options.subject)
        return books.routes.add_template(options.subject, options.pattern)

    with open_desk(options.config) as desk:
        if options.what == "add":
            print(desk.run_now(add))
        elif options.what == "remove":
            if not options.subject.isdigit():
                raise BadRequest("id: give the number that `caiyou route template list` shows")
            desk.run_now(lambda books: books.routes.remove_template(int(options.subject)))
        else:
            for link, template in desk.read_now(lambda books: books.routes.templates()):
                print(f"{template.id} {link:16} {template.pattern}")


def _rate(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        value = str(account_id_of(books, options.value)) if options.kind == "account" else options.value
        if value in ("", "0"):
            raise BadRequest("value: name the account, the operator or the beginning")
        if not 0 <= options.per_s <= 1_000_000 or not 1 <= options.burst <= 1_000_000:
            raise BadRequest("per_s: give 0 to 1000000 segments a second, and a burst of 1 to 1000000")
        books.routes.set_limit(Limit(options.kind, value, options.per_s, options.burst))

    with open_desk(options.config) as desk:
        if options.kind:
            desk.run_now(work)
        for limit in desk.read_now(lambda books: books.routes.limits()):
            print(f"{limit.kind:8} {limit.value:20} {limit.per_s:g} segments/s, burst {limit.burst}")


def _show_health(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        for row in desk.read_now(lambda books: books.routes.health()):
            if options.json:
                print(json.dumps(dict(row), ensure_ascii=False))
                continue
            figures = row["figures"]
            print(
                f"{row['link']:16} {row['operator'] or '(all)':10} score {row['score']:3} {row['breaker']:9} "
                f"{figures['submits']} submits, {figures['errors']} not taken, {figures['delivered']} delivered "
                f"{figures['why']}".rstrip()
            )


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
