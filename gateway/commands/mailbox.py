"""`caiyou mailbox`: mailboxes that were opened for numbers whose phones could not show an MMS."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Final, TypeAlias

from gateway.commands.books import open_desk
from gateway.config import read_config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.mms import AutomaticMailbox, AutomaticState, Pickup
from gateway.core.phone import normalise
from gateway.passwords import hash_password_now
from gateway.store.desk import BooksOfStore
from mms.pickup import Mailboxes, new_pin

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_STATES: Final = (AutomaticState.OPEN, AutomaticState.ACTIVE, AutomaticState.SUSPENDED)


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("mailbox", help="mailboxes opened for numbers").add_subparsers(
        metavar="ACTION", required=True
    )
    listed = group.add_parser("list", help="mailboxes, the newest first")
    listed.add_argument("--state", choices=[state.value for state in _STATES])
    listed.add_argument("--limit", type=int, default=1000)
    listed.set_defaults(run=_list)
    for word, run, words in (
        ("of", _of, "the mailbox of a number, and what waits there"),
        ("suspend", _suspend, "as if nobody had looked by the deadline"),
        ("purge", _purge, "delete it with all that lies in it; not one whose owner has come"),
        ("resend-pin", _resend_pin, "send its owner a new PIN by SMS"),
    ):
        action = group.add_parser(word, help=words)
        action.add_argument("number")
        action.set_defaults(run=run)


def _list(options: argparse.Namespace) -> None:
    states = [AutomaticState(options.state)] if options.state else _STATES
    with open_desk(options.config) as desk:
        boxes = desk.read_now(lambda books: books.pickups.all(states, max(options.limit, 1)))
    for box in boxes:
        print(_line(box))


def _of(options: argparse.Namespace) -> None:
    number = _number(options)

    def read(books: BooksOfStore) -> tuple[AutomaticMailbox, list[Pickup]]:
        box = _box(number, books)
        return box, books.pickups.all_of(box.account_id)

    with open_desk(options.config) as desk:
        box, pickups = desk.read_now(read)
    print(_line(box))
    for one in pickups:
        told = "told" if one.notice_id is not None else "not told yet"
        seen = f"read {_when(one.read_ms)}" if one.read_ms else f"to be seen by {_when(one.look_by_ms)}, {told}"
        print(f"  message {one.message_id}: {one.state.value}, came {_when(one.made_ms)}, {seen}")


def _suspend(options: argparse.Namespace) -> None:
    number = _number(options)

    def work(books: BooksOfStore) -> None:
        box = _box(number, books)
        if box.state is not AutomaticState.OPEN:
            raise BadRequest(f"the mailbox is {box.state.value}, and only an open one can be suspended")
        books.pickups.suspend(box.account_id)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _purge(options: argparse.Namespace) -> None:
    number = _number(options)

    def work(books: BooksOfStore) -> tuple[list[str], list[int]]:
        box = _box(number, books)
        if box.state is AutomaticState.ACTIVE:
            raise BadRequest("its owner has come: delete the account in place of it")
        return books.pickups.purge(box.account_id)

    with open_desk(options.config) as desk:
        desk.blobs.forget(*desk.run_now(work))


def _resend_pin(options: argparse.Namespace) -> None:
    number = _number(options)
    config = read_config(options.config)
    mailboxes = Mailboxes(config.mms, hash_password_now, config.notices.fixed_signature)
    pin = new_pin()
    pin_hash = hash_password_now(pin)

    def work(books: BooksOfStore) -> bool:
        box = _box(number, books)
        is_sent = mailboxes.send_pin(box, pin, books)
        if is_sent:
            books.pickups.set_pin(box.account_id, pin_hash)
        return is_sent

    with open_desk(options.config) as desk:
        if not desk.run_now(work):
            raise BadRequest("no PIN was sent: one went out a moment ago, or enough today, or the phone wants no SMS")


def _number(options: argparse.Namespace) -> str:
    number = normalise(options.number, read_config(options.config).hub.region)
    if number is None:
        raise BadRequest(f"number: {options.number[:32]!r} is no phone number")
    return number


def _box(number: str, books: BooksOfStore) -> AutomaticMailbox:
    box = books.pickups.of_number(number)
    if box is None:
        raise NotFound(f"no mailbox was opened for {number}")
    return box


def _line(box: AutomaticMailbox) -> str:
    is_theirs = box.state is AutomaticState.ACTIVE
    until = "its owner has come" if is_theirs else f"purged {_when(box.purge_ms)}"
    return f"{box.number:16} {box.state.value:10} opened {_when(box.opened_ms)}, {until}"


def _when(ms: int | None) -> str:
    return f"{datetime.fromtimestamp((ms or 0) / 1000, UTC):%Y-%m-%d %H:%MZ}"
