"""`caiyou handset`: what phones can show, and what is known of the phone of a number."""

from __future__ import annotations

import argparse
import json
from typing import Final, TypeAlias

from gateway.commands.books import open_desk
from gateway.config import read_config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.phone import normalise
from gateway.store.desk import BooksOfStore
from mms.handsets.catalogue import built_in
from mms.handsets.evidence import Evidence, Fetched, Known, Memory, Refused, Seen, Stated, Unfetched
from mms.handsets.explaining import known_json, known_lines, memory_lines, shown_json, value_lines
from mms.handsets.uaprof import url_in
from mms.handsets.user_agent import recognise

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_YES_OR_NO: Final = {"yes": True, "no": False}


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("handset", help="what phones can show, and how one knows").add_subparsers(
        metavar="ACTION", required=True
    )
    find = group.add_parser("list", help="handsets of the catalogue")
    find.add_argument("query", nargs="*", help="words of their names")
    find.add_argument("--limit", type=int, default=1000)
    find.set_defaults(run=_list)
    show = group.add_parser("show", help="one handset, and where each value stands")
    which = show.add_mutually_exclusive_group(required=True)
    which.add_argument("key", nargs="?")
    which.add_argument("--user-agent", metavar="TEXT", help="the handset that calls itself so")
    show.add_argument("--json", action="store_true")
    show.set_defaults(run=_show)
    of = group.add_parser("of", help="what is known of the phone of a number, and why")
    of.add_argument("number")
    of.add_argument("--json", action="store_true")
    of.set_defaults(run=_of)
    state = group.add_parser("set", help="state which phone a number has, or whether it takes MMS")
    state.add_argument("number")
    state.add_argument("key", nargs="?", default="", help="a key of `caiyou handset list`")
    state.add_argument("--mms", choices=tuple(_YES_OR_NO))
    state.set_defaults(run=_set)
    forget = group.add_parser("forget", help="forget what is known of the phone of a number")
    forget.add_argument("number")
    forget.add_argument("--stated", action="store_true", help="only what was stated; what was learnt stands")
    forget.set_defaults(run=_forget)
    add = group.add_parser("learn", help="note what a phone has shown of itself")
    add.add_argument("number")
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--user-agent", metavar="TEXT")
    what.add_argument("--fetched", action="store_true", help="it has fetched an MMS")
    what.add_argument("--refused", metavar="STATUS", help="it has refused an MMS")
    what.add_argument("--unfetched", action="store_true", help="it was told of an MMS and never fetched it")
    add.add_argument("--accept", default="", metavar="TEXT", help="with --user-agent: its header Accept")
    add.add_argument("--profile", default="", metavar="URL", help="with --user-agent: its header x-wap-profile")
    add.set_defaults(run=_learn)


def _list(options: argparse.Namespace) -> None:
    catalogue = built_in()
    for one in catalogue.find(" ".join(options.query), max(options.limit, 1)):
        level = catalogue.entries[one.key].level
        takes = f"{one.screen[0]}x{one.screen[1]} {one.max_octets // 1024} KiB" if one.mms else "no MMS"
        print(f"{one.key:28} {level.value:7} {one.year} {takes:20} {one.name}")


def _show(options: argparse.Namespace) -> None:
    key = options.key
    if options.user_agent is not None:
        found = recognise(options.user_agent)
        if found is None:
            raise NotFound("no handset of the catalogue calls itself so")
        key = found.key
    catalogue = built_in()
    handset, sources = catalogue.resolve(key), catalogue.sources(key)
    if options.json:
        print(json.dumps(shown_json(handset, sources), ensure_ascii=False))
        return
    above = " < ".join(entry.key for entry in catalogue.lineage(key))
    print(f"{handset.name} ({above}), {handset.year}")
    print("\n".join(value_lines(handset, sources)))


def _number(options: argparse.Namespace) -> str:
    number = normalise(options.number, read_config(options.config).hub.region)
    if number is None:
        raise BadRequest(f"number: {options.number[:32]!r} is no phone number")
    return number


def _of(options: argparse.Namespace) -> None:
    number = _number(options)

    def read(books: BooksOfStore) -> tuple[Known, Memory, str]:
        memory = books.handsets.memory(number)
        row = books.handsets.profile(memory.profile_url) if memory.profile_url else None
        return books.handsets.of(number), memory, "" if row is None else row.reason

    with open_desk(options.config) as desk:
        known, memory, reason = desk.read_now(read)
    if options.json:
        print(json.dumps({"number": number, **known_json(known)}, ensure_ascii=False))
        return
    print("\n".join([number, *known_lines(known), *memory_lines(memory, reason)]))


def _set(options: argparse.Namespace) -> None:
    number = _number(options)
    if not options.key and options.mms is None:
        raise BadRequest("give a key of `caiyou handset list`, or --mms yes or no, or both")
    mms = None if options.mms is None else _YES_OR_NO[options.mms]
    with open_desk(options.config) as desk:
        desk.run_now(
            lambda books: books.handsets.learn(number, Stated(books.now_ms, options.key, mms, by_operator=True))
        )


def _forget(options: argparse.Namespace) -> None:
    number = _number(options)
    with open_desk(options.config) as desk:
        if options.stated:
            desk.run_now(lambda books: books.handsets.withdraw(number))
        elif not desk.run_now(lambda books: books.handsets.forget(number)):
            raise NotFound(f"nothing is known of the phone of {number}")


def _learn(options: argparse.Namespace) -> None:
    number = _number(options)
    if options.profile and not url_in(options.profile):
        raise BadRequest("profile: write http://host/path")

    def evidence(now_ms: int) -> Evidence:
        if options.user_agent is not None:
            return Seen(now_ms, options.user_agent, accept=options.accept, profile=options.profile)
        if options.refused is not None:
            return Refused(now_ms, options.refused)
        return Fetched(now_ms) if options.fetched else Unfetched(now_ms)

    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.handsets.learn(number, evidence(books.now_ms)))
