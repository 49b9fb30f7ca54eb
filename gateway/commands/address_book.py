"""`caiyou book` and `caiyou group`: address books, who shares them, how full they are, who is in their groups."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from gateway.commands.books import member, open_desk
from gateway.core.book import Book
from gateway.core.errors import BadRequest, NotFound
from gateway.store.desk import BooksOfStore

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add both groups."""
    book = commands.add_parser("book", help="address books of members, domains and the system")
    actions = book.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("list", help="show the books an account may read, and how full they are")
    show.add_argument("account")
    show.set_defaults(run=_list_books)
    add = actions.add_parser("add", help="make a book of an account, of a domain, or (system) of all members")
    add.add_argument("owner", help="name@domain, domain, or: system")
    add.add_argument("slug", help="its name in addresses")
    add.add_argument("--name", default="", help="its name for people")
    add.set_defaults(run=_add_book)
    share = actions.add_parser("share", help="let an account read a book, or also write")
    share.add_argument("book", type=int, help="its id, see `caiyou book list`")
    share.add_argument("account")
    way = share.add_mutually_exclusive_group()
    way.add_argument("--write", action="store_true")
    way.add_argument("--stop", action="store_true", help="take it back")
    share.set_defaults(run=_share)
    quota = actions.add_parser("quota", help="set how many contacts and megabytes a book may have")
    quota.add_argument("book", type=int)
    quota.add_argument("--contacts", type=int)
    quota.add_argument("--mb", type=int)
    quota.set_defaults(run=_set_quota)
    who = actions.add_parser("find", help="show whom an account means by a beginning, a number or a mail address")
    who.add_argument("account")
    who.add_argument("asked")
    who.set_defaults(run=_find)

    group = commands.add_parser("group", help="groups of contacts")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    show = actions.add_parser("list", help="show the groups of an account's own books")
    show.add_argument("account")
    show.set_defaults(run=_list_groups)
    members = actions.add_parser("show", help="show who is in a group")
    members.add_argument("account")
    members.add_argument("group")
    members.set_defaults(run=_show_group)


def _account_id(books: BooksOfStore, address: str) -> int:
    return member(books, address).id


def _list_books(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        found: list[Book] = desk.read_now(lambda books: books.address_books.of(_account_id(books, options.account)))
    for book in found:
        full = f"{book.used_cards}/{book.quota_cards} contacts, {book.used_octets >> 20}/{book.quota_octets >> 20} MB"
        print(f"{book.id}  {book.scope.value:8}  {book.right.value:5}  {full}  {book.name}")


def _add_book(options: argparse.Namespace) -> None:
    owner = options.owner

    def work(books: BooksOfStore) -> int:
        if "@" in owner:
            return books.address_books.create(_account_id(books, owner), options.slug, options.name).id
        domain_id = None if owner == "system" else books.accounts.domain_id(owner)
        if domain_id is None and owner != "system":
            raise NotFound(f"there is no domain {owner}")
        return books.address_books.create_shared(domain_id, options.slug, options.name)

    with open_desk(options.config) as desk:
        print(desk.run_now(work))


def _share(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        account_id = _account_id(books, options.account)
        if options.stop:
            if not books.address_books.unshare(options.book, account_id):
                raise NotFound("it is not shared so")
        else:
            books.address_books.check(options.book)
            books.address_books.share(options.book, account_id, writable=options.write)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _set_quota(options: argparse.Namespace) -> None:
    wanted = {}
    if options.contacts is not None:
        wanted["quota_cards"] = options.contacts
    if options.mb is not None:
        wanted["quota_octets"] = options.mb << 20
    if not wanted or min(wanted.values()) < 0:
        raise BadRequest("give --contacts or --mb, or both")

    def work(books: BooksOfStore) -> None:
        books.address_books.check(options.book)
        books.address_books.change(options.book, **wanted)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _find(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        people = desk.read_now(
            lambda books: books.contacts.complete(_account_id(books, options.account), options.asked)
        )
    for one in people:
        print("  ".join([str(one.id), one.name, *one.numbers, *one.mails]))


def _list_groups(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        found = desk.read_now(
            lambda books: [
                (book, group)
                for book in books.address_books.of(_account_id(books, options.account))
                if book.is_own
                for group in books.contact_groups.of_book(book.id)
            ]
        )
    for book, group in found:
        print(f"{group.count:5}  {group.name}  ({book.name})")


def _show_group(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        people = desk.read_now(
            lambda books: books.contact_groups.find(_account_id(books, options.account), options.group)
        )
    for one in people:
        print("  ".join([one.name, *one.numbers, *one.mails]))
