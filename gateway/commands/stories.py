"""`caiyou trace` and `caiyou send`: the story of a message, and a message to try the way with."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway import stories_text
from gateway.commands.books import open_desk
from gateway.core import data_sms
from gateway.core.errors import BadRequest, NotFound
from gateway.core.outbox import NewSms, Purpose
from gateway.core.phone import normalise
from gateway.core.stories import Story
from gateway.store.desk import BooksOfStore
from gateway.store.stories import Stories

#: Ids are larger than any phone number: the first of 2024 in milliseconds, shifted by 22 bits.
_SMALLEST_ID = 10**16


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `trace` and `send`."""
    trace = commands.add_parser("trace", help="the story of a message, a mail, or all that went to and from a number")
    trace.add_argument("subject", help="id of a message or mail, or a number")
    trace.add_argument("--json", action="store_true", help="as the API gives it")
    trace.add_argument("--reveal", action="store_true", help="show numbers and texts in clear")
    trace.add_argument("--zone", type=_zone, help="time zone of the times shown (default: this machine's)")
    trace.set_defaults(run=_trace)

    send = commands.add_parser("send", help="put one SMS into the outbox of a running hub")
    send.add_argument("number")
    send.add_argument("text", nargs="?", default="")
    send.add_argument("--data", type=_octets, default=b"", metavar="HEX", help="octets for a program instead of a text")
    send.add_argument("--port", type=_port, help="the program on the phone; WAP pushes go to 2948")
    send.add_argument("--source-port", type=_port, help="what it says it comes from (default: 9200)")
    send.add_argument("--link", default="", help="take this link instead of the best one")
    send.set_defaults(run=_send)


def _octets(digits: str) -> bytes:
    try:
        data = bytes.fromhex(digits)
    except ValueError as error:
        raise argparse.ArgumentTypeError("data is written as hexadecimal digits") from error
    if not 1 <= len(data) <= data_sms.MAX_OCTETS:
        raise argparse.ArgumentTypeError(f"data has 1 to {data_sms.MAX_OCTETS} octets")
    return data


def _port(digits: str) -> int:
    if not (digits.isdecimal() and digits.isascii() and len(digits) < 6 and int(digits) <= 0xFFFF):
        raise argparse.ArgumentTypeError("a port is a whole number from 0 to 65535")
    return int(digits)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"there is no time zone {name}") from error


def _find(books: BooksOfStore, subject: str, *, with_texts: bool) -> Sequence[Story]:
    stories = Stories(books.tx, with_texts=with_texts)
    if subject.isdigit() and int(subject) >= _SMALLEST_ID:
        story = stories.of(int(subject))
        return [story] if story else []
    number = normalise(subject)
    if number is None:
        raise BadRequest(f"{subject} is neither an id nor a phone number")
    return stories.of_number(number)


def _trace(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        found = desk.read_now(lambda books: _find(books, options.subject, with_texts=options.reveal))
    if not found:
        raise NotFound(f"nothing is known of {options.subject}")
    if options.json:
        print(json.dumps([dataclasses.asdict(story) for story in found], ensure_ascii=False, indent=2))
        return
    zone: tzinfo | None = options.zone or datetime.now().astimezone().tzinfo
    assert zone is not None
    print(stories_text.render_all(found, zone, reveal=options.reveal))


def _send(options: argparse.Namespace) -> None:
    number = normalise(options.number)
    if number is None:
        raise BadRequest(f"{options.number} is no phone number; write it like 13800138000 or +8613800138000")
    if bool(options.text) == bool(options.data):
        raise BadRequest("give a text, or --data")
    if not options.data and (options.port, options.source_port) != (None, None):
        raise BadRequest("only --data goes to a port")
    sms = NewSms(
        number,
        options.text,
        Purpose.API,
        link=options.link,
        data=options.data,
        port=options.port,
        source_port=options.source_port,
    )
    with open_desk(options.config) as desk:
        print(desk.run_now(lambda books: books.outbox.add(sms)))
