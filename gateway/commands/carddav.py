"""`caiyou carddav`: passwords for devices that keep the address book, with all a phone needs to find it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from addressbook.dav.set_up import words
from gateway.commands.books import member, open_desk
from gateway.config import read_config
from gateway.core.dav_clients import DavPassword, SetUpState
from gateway.core.errors import NotFound
from gateway.store.desk import BooksOfStore
from gateway.web.dav_set_up import SetUp, set_up

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("carddav", help="phones and programs that keep a member's address book")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a password for a device; it is shown once, with a link and a code")
    add.add_argument("address", help="the member")
    add.add_argument("name", help="what the member calls the device")
    add.add_argument("--profile", type=Path, metavar="FILE", help="write a profile for iPhones and Macs")
    add.set_defaults(run=_add)
    show = actions.add_parser("list", help="show the devices of a member, and how each does")
    show.add_argument("address")
    show.set_defaults(run=_list)
    remove = actions.add_parser("remove", help="take a device's password back")
    remove.add_argument("address")
    remove.add_argument("id", type=int)
    remove.set_defaults(run=_remove)


def _add(options: argparse.Namespace) -> None:
    page_url = read_config(options.config).mms.page_url

    def work(books: BooksOfStore) -> SetUp:
        return set_up(books, member(books, options.address).id, options.name, page_url)

    with open_desk(options.config) as desk:
        made = desk.run_now(work)
    if options.profile is not None:
        options.profile.touch(0o600)  # there is a password in it
        options.profile.chmod(0o600)
        options.profile.write_bytes(made.profile)
    print(f"server    {made.access.url}\nuser      {made.access.user}\npassword  {made.access.password}")
    print(f"DAVx5     {made.link}\n\n{made.code_for_terminal()}")


def _list(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> list[tuple[DavPassword, SetUpState]]:
        account = member(books, options.address)
        found = books.dav_clients.passwords(account.id)
        return [(one, books.dav_clients.state(account.id, one.id, one.created_ms)) for one in found]

    with open_desk(options.config) as desk:
        for one, state in desk.read_now(work):
            at = f"{datetime.fromtimestamp(state.at_ms / 1000, UTC):%Y-%m-%d %H:%M}" if state.at_ms else "-"
            print(one.id, one.name, state.step.value, at, state.agent or "-", words(state, "en"), sep="\t")


def _remove(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        gone = desk.run_now(lambda books: books.dav_clients.take_back(member(books, options.address).id, options.id))
    if not gone:
        raise NotFound(f"{options.address} has no device {options.id}")
