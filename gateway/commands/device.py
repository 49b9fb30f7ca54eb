"""`caiyou device`: phones that keep the address book in step by SyncML: secrets, set-up by SMS, what each has."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TypeAlias

from gateway.commands.books import member, open_desk
from gateway.config import read_config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.phone import normalise
from gateway.store.desk import BooksOfStore
from gateway.store.sync_devices import SyncDevice, Synced
from gateway.web.phone_settings import PATH, SentSettings, ask_to_sync, set_up_by_sms

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("device", help="phones that keep a member's address book by SyncML")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("list", help="show the phones of a member, and what each has")
    show.add_argument("address", help="the member")
    show.set_defaults(run=_list)
    secret = actions.add_parser("secret", help="make a password for a phone, or another for one that is known")
    secret.add_argument("address")
    secret.add_argument("id", type=int, nargs="?", help="a phone of the list; without it the next new one")
    secret.add_argument("--name", default="", help="what the member calls it")
    secret.add_argument("--number", help="where it takes SMS")
    secret.set_defaults(run=_secret)
    set_up = actions.add_parser("set-up", help="send a phone its settings by SMS; the PIN it asks for is shown")
    set_up.add_argument("address")
    set_up.add_argument("number", help="the phone")
    set_up.add_argument("--name", default="", help="what the member calls it")
    set_up.set_defaults(run=_set_up)
    sync = actions.add_parser("sync", help="ask a phone by SMS to synchronise now")
    sync.add_argument("address")
    sync.add_argument("id", type=int)
    sync.add_argument("--old", action="store_true", help="in the form of SyncML 1.1")
    sync.set_defaults(run=_sync)
    forget = actions.add_parser("forget", help="forget a phone: its password ends, and it begins anew when it comes")
    forget.add_argument("address")
    forget.add_argument("id", type=int)
    forget.set_defaults(run=_forget)


def _device(books: BooksOfStore, options: argparse.Namespace) -> SyncDevice:
    for one in books.sync_devices.of(member(books, options.address).id):
        if one.id == options.id:
            return one
    raise NotFound(f"{options.address} has no device {options.id}")


def _list(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> tuple[list[SyncDevice], list[Synced]]:
        found = books.sync_devices.of(member(books, options.address).id)
        return found, books.sync_devices.synced([one.id for one in found])

    with open_desk(options.config) as desk:
        devices, synced = desk.read_now(work)
    for one in devices:
        books = ", ".join(
            f"{it.book}: {it.cards} cards, {_time(it.synced_ms)}" for it in synced if it.sync_device_id == one.id
        )
        mine = "own password" if one.secret else "member's password"
        print(one.id, one.shown, one.device_id or "not seen yet", one.number or "-", mine, books or "-", sep="\t")


def _secret(options: argparse.Namespace) -> None:
    number = _number(options, options.number) if options.number else None

    def work(books: BooksOfStore) -> SyncDevice:
        if options.id is None:
            return books.sync_devices.add_secret(member(books, options.address).id, options.name, number)
        device = _device(books, options)
        books.sync_devices.renew_secret(device.id)
        books.sync_devices.change(device.id, name=options.name or None, number=number)
        return books.sync_devices.get(device.id)[0]

    with open_desk(options.config) as desk:
        made = desk.run_now(work)
    page_url = read_config(options.config).mms.page_url
    print(f"server    {page_url.rstrip('/')}{PATH}\nuser      {options.address}\npassword  {made.secret}")


def _set_up(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    number = _number(options, options.number)

    def work(books: BooksOfStore) -> SentSettings:
        account_id = member(books, options.address).id
        return set_up_by_sms(books, account_id, number, options.name, config.phones, config.mms.page_url)

    with open_desk(options.config) as desk:
        sent = desk.run_now(work)
    print(f"device    {sent.device.id}\nmessage   {sent.message_id}\nPIN       {sent.pin}")


def _sync(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        print(desk.run_now(lambda books: ask_to_sync(books, _device(books, options), is_old=options.old)))


def _forget(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.sync_devices.forget(_device(books, options).id))


def _number(options: argparse.Namespace, text: str) -> str:
    number = normalise(text, read_config(options.config).hub.region)
    if number is None:
        raise BadRequest(f"{text} is no phone number")
    return number


def _time(at_ms: int | None) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M}" if at_ms else "never"
