"""`caiyou reminder`: SMS at a time, once or again and again."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TypeAlias

from gateway.commands.books import member, open_desk
from gateway.core.errors import BadRequest, NotFound
from gateway.core.phone import normalise
from gateway.core.reminders import Reminder
from gateway.store.desk import BooksOfStore
from mail2sms.quiet import zone_of
from mail2sms.reminders import plan, times

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("reminder", help="SMS at a time, once or again and again")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser("add", help="plan a reminder and show when it comes")
    add.add_argument("address", help="the member")
    add.add_argument("start", type=_moment, help="the first time, like 2026-03-01T08:30; the member's local time")
    add.add_argument("text")
    add.add_argument("--to", default="", help="another phone than the one the member has proved")
    add.add_argument("--repeat", default="", help="how it comes again, like FREQ=WEEKLY;BYDAY=MO,WE (RFC 5545)")
    add.add_argument("--zone", default="", help="time zone other than the member's, like Europe/Berlin")
    add.set_defaults(run=_add)
    show = actions.add_parser("list", help="show a member's reminders, the next one first")
    show.add_argument("address")
    show.set_defaults(run=_list)
    remove = actions.add_parser("remove", help="forget a reminder")
    remove.add_argument("address")
    remove.add_argument("id", type=int)
    remove.set_defaults(run=_remove)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write a time like 2026-03-01T08:30") from None


def _add(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> Reminder:
        account = member(books, options.address)
        number = normalise(options.to) if options.to else books.phones.proved(account.id)
        if not number:
            raise BadRequest("there is no phone to remind: prove one (caiyou phone prove), or name one with --to")
        return plan(
            books,
            account_id=account.id,
            number=number,
            text=options.text,
            start=options.start,
            rule=options.repeat,
            zone=options.zone or account.zone,
        )

    with open_desk(options.config) as desk:
        reminder = desk.run_now(work)
        print(f"reminder {reminder.id} to {reminder.number}, next:")
        for at_ms in times(reminder, desk.now_ms() - 1):
            print(f"  {_local(at_ms, reminder.zone)}")


def _list(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        for one in desk.read_now(lambda books: books.reminders.of(member(books, options.address).id)):
            when = _local(one.next_ms, one.zone) if one.state == "active" else one.reason or one.state
            print(f"{one.id}  {when}  {one.number}  {one.rule or 'once'}  {one.text}")


def _remove(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        if not desk.run_now(lambda books: books.reminders.remove(member(books, options.address).id, options.id)):
            raise NotFound(f"{options.address} has no reminder {options.id}")


def _local(at_ms: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone_of(zone)):%Y-%m-%d %H:%M %Z}"
