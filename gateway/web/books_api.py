"""Handlers for address books: made, changed, shared; their groups, duplicates, changes, and what was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from addressbook.duplicates import Cluster
from gateway.core.accounts import Account
from gateway.core.book import Book, Changes, Group, Merged, Person, Undone, Version
from gateway.core.errors import NotFound
from gateway.store.desk import BooksOfStore
from gateway.web.answers import json_answer
from gateway.web.asking import Ask, read_id
from gateway.web.contacts_api import BY, person_json, version_json
from gateway.web.problems import FieldError, invalid, missing

MAX_CONTACTS: Final = 1000
#: Contacts taken back in one transaction.
SLICE: Final = 200


# --- books ----------------------------------------------------------------------------------------------------------


async def list_books(ask: Ask) -> web.StreamResponse:
    """Every book the account may read: its own, shared ones, its domain's, the system's."""
    found = await ask.api.desk.read(lambda books: books.address_books.of(ask.account_id))
    return json_answer({"books": [_book_json(one) for one in found]})


async def post_book(ask: Ask) -> web.StreamResponse:
    """Make a book."""
    given = await _texts(ask, ("name", "description", "colour", "slug"))
    if not given.get("name"):
        raise invalid([FieldError("name", "a book needs a name", "Give 1 to 128 characters.")])
    slug = given.pop("slug", "") or f"book-{ask.api.desk.new_id()}"
    book = await ask.api.desk.commit(lambda books: books.address_books.create(ask.account_id, slug, **given))
    return json_answer(_book_json(book), 201)


async def patch_book(ask: Ask) -> web.StreamResponse:
    """Change name, description or colour of a book."""
    given = await _texts(ask, ("name", "description", "colour"))

    def work(books: BooksOfStore) -> Book:
        book = books.address_books.managed(ask.account_id, ask.an_id("book"))
        books.address_books.change(book.id, **given)
        return books.address_books.get(ask.account_id, book.id)

    return json_answer(_book_json(await ask.api.desk.commit(work)))


async def delete_book(ask: Ask) -> web.StreamResponse:
    """Delete a book of one's own with all contacts in it, for good."""

    def work(books: BooksOfStore) -> None:
        books.address_books.delete(books.address_books.owned(ask.account_id, ask.an_id("book")).id)

    await ask.api.desk.commit(work)
    return json_answer({"id": ask.names[0], "removed": True})


async def list_shares(ask: Ask) -> web.StreamResponse:
    """Who else may read or write a book."""

    def read(books: BooksOfStore) -> list[tuple[Account | None, bool]]:
        book = books.address_books.managed(ask.account_id, ask.an_id("book"))
        return [(books.accounts.by_id(one), may) for one, may in books.address_books.shares(book.id).items()]

    shares = await ask.api.desk.read(read)
    return json_answer(
        {"shares": [{"account": one.address, "writable": may} for one, may in shares if one is not None]}
    )


async def put_share(ask: Ask) -> web.StreamResponse:
    """Let another account read a book, or also write."""
    writable = (await ask.an_object(("writable",))).get("writable", False)
    if not isinstance(writable, bool):
        raise invalid([FieldError("writable", "this is no choice", "Say true or false.")])

    def work(books: BooksOfStore) -> None:
        book = books.address_books.managed(ask.account_id, ask.an_id("book"))
        books.address_books.share(book.id, _named(books, ask), writable=writable)

    await ask.api.desk.commit(work)
    return json_answer({"account": ask.names[1], "writable": writable})


async def delete_share(ask: Ask) -> web.StreamResponse:
    """Take that back; an account can also let go of a book that was shared with it."""

    def work(books: BooksOfStore) -> bool:
        other = _named(books, ask)
        asked = books.address_books.get if other == ask.account_id else books.address_books.managed
        return books.address_books.unshare(asked(ask.account_id, ask.an_id("book")).id, other)

    if not await ask.api.desk.commit(work):
        raise missing(f"share with {ask.names[1][:64]}")
    return json_answer({"account": ask.names[1], "removed": True})


async def list_changes(ask: Ask) -> web.StreamResponse:
    """What is new, different or gone in a book since a revision."""
    since, limit = ask.whole("since", 0, 0, (1 << 63) - 1), ask.whole("limit", 1000, 1, 5000)

    def read(books: BooksOfStore) -> Changes:
        book = books.address_books.get(ask.account_id, ask.an_id("book"))
        return books.contacts.changes(book.id, since, limit)

    told = await ask.api.desk.read(read)
    return json_answer(
        {
            "revision": told.revision,
            "more": told.more,
            "changes": [
                {"contact": str(one.contact_id), "etag": one.etag, "revision": one.revision, "by": one.changed_by}
                for one in told.changes
            ],
        }
    )


async def list_deleted(ask: Ask) -> web.StreamResponse:
    """What was deleted from a book, the latest first: the last version of each."""
    limit = ask.whole("limit", 50, 1, 500)

    def read(books: BooksOfStore) -> list[Version]:
        book = books.address_books.get(ask.account_id, ask.an_id("book"))
        return books.contact_history.deleted(book.id, limit)

    return json_answer({"versions": [version_json(one, ask) for one in await ask.api.desk.read(read)]})


# --- duplicates -----------------------------------------------------------------------------------------------------


async def list_duplicates(ask: Ask) -> web.StreamResponse:
    """Contacts that may be one person, with the reasons; the certain ones first."""

    def read(books: BooksOfStore) -> tuple[list[Cluster], list[Person]]:
        book = books.address_books.get(ask.account_id, ask.an_id("book"))
        found = books.contact_merging.clusters(book.id)[: ask.whole("limit", 100, 1, 500)]
        return found, books.contacts.people([one for cluster in found for one in cluster.ids])

    clusters, people = await ask.api.desk.read(read)
    known = {one.id: person_json(one) for one in people}
    return json_answer(
        {
            "duplicates": [
                {
                    "certain": cluster.certain,
                    "contacts": [known[one] for one in cluster.ids if one in known],
                    "reasons": [
                        {
                            "contacts": [str(like.first), str(like.second)],
                            "certain": like.certain,
                            "shared": [{"what": what.value, "value": value} for what, value in like.reasons],
                        }
                        for like in cluster.likenesses
                    ],
                }
                for cluster in clusters
            ]
        }
    )


async def post_merge(ask: Ask) -> web.StreamResponse:
    """Make contacts one: the first stays, with everything of the others."""
    ids = _ids((await ask.an_object(("contacts",))).get("contacts"), "contacts")

    def work(books: BooksOfStore) -> Merged:
        book = books.address_books.writable(ask.account_id, ask.an_id("book"))
        return books.contact_merging.merge(book.id, ids, by=BY)

    done = await ask.api.desk.commit(work)
    return json_answer(
        {
            "contact": str(done.contact_id),
            "batch": str(done.batch_id),
            "left_out": [{"field": field, "value": value} for field, value in done.left_out],
        }
    )


async def post_apart(ask: Ask) -> web.StreamResponse:
    """Say that two contacts are two people: they are not told as duplicates again."""
    ids = _ids((await ask.an_object(("contacts",))).get("contacts"), "contacts")
    if len(ids) != 2:
        raise invalid([FieldError("contacts", "two contacts are kept apart", "Give two ids.")])

    def work(books: BooksOfStore) -> None:
        book = books.address_books.writable(ask.account_id, ask.an_id("book"))
        books.contact_merging.set_apart(book.id, *ids)

    await ask.api.desk.commit(work)
    return json_answer({"contacts": [str(one) for one in ids], "apart": True})


async def post_undo(ask: Ask) -> web.StreamResponse:
    """Take back a merging or an import: what somebody changed since is left alone."""
    batch_id = read_id(str((await ask.an_object(("batch",))).get("batch")), "batch")
    book_id = (
        await ask.api.desk.read(lambda books: books.address_books.writable(ask.account_id, ask.an_id("book")))
    ).id
    after, removed, restored, kept = 0, 0, 0, 0
    while True:

        def work(books: BooksOfStore, after: int = after) -> Undone:
            return books.contact_history.undo(batch_id, by=BY, after=after, limit=SLICE, book_id=book_id)

        done = await ask.api.desk.commit(work)
        removed, restored, kept = removed + done.removed, restored + done.restored, kept + done.kept
        if done.last is None:
            return json_answer({"batch": str(batch_id), "removed": removed, "restored": restored, "kept": kept})
        after = done.last


# --- groups ---------------------------------------------------------------------------------------------------------


async def list_groups(ask: Ask) -> web.StreamResponse:
    """The groups of a book, by name."""

    def read(books: BooksOfStore) -> list[Group]:
        return books.contact_groups.of_book(books.address_books.get(ask.account_id, ask.an_id("book")).id)

    found = await ask.api.desk.read(read)
    return json_answer({"groups": [{"name": one.name, "count": one.count} for one in found]})


async def post_group(ask: Ask) -> web.StreamResponse:
    """Make a group."""
    given = await ask.an_object(("name", "contacts"))
    name, ids = given.get("name"), _ids(given.get("contacts", []), "contacts", least=0)
    if not isinstance(name, str):
        raise invalid([FieldError("name", "a group needs a name", "Give 1 to 128 characters.")])

    def work(books: BooksOfStore) -> None:
        book = books.address_books.writable(ask.account_id, ask.an_id("book"))
        books.contact_groups.create(book.id, name, ids, by=BY)

    await ask.api.desk.commit(work)
    return json_answer({"name": name.strip(), "count": len(ids)}, 201)


async def get_group(ask: Ask) -> web.StreamResponse:
    """Who is in a group."""

    def read(books: BooksOfStore) -> list[Person]:
        book = books.address_books.get(ask.account_id, ask.an_id("book"))
        return books.contact_groups.members(book.id, ask.names[1])

    found = await ask.api.desk.read(read)
    return json_answer({"name": ask.names[1], "contacts": [person_json(one) for one in found]})


async def patch_group(ask: Ask) -> web.StreamResponse:
    """Put contacts into a group, take some out, or give it another name."""
    given = await ask.an_object(("name", "add", "remove"))
    add, remove = (_ids(given.get(field, []), field, least=0) for field in ("add", "remove"))
    name = given.get("name", ask.names[1])
    if not isinstance(name, str):
        raise invalid([FieldError("name", "this is no name", "Give 1 to 128 characters.")])

    def work(books: BooksOfStore) -> list[Person]:
        book = books.address_books.writable(ask.account_id, ask.an_id("book"))
        groups = books.contact_groups
        if not add:
            groups.members(book.id, ask.names[1])
        groups.add(book.id, ask.names[1], add, by=BY)
        groups.remove(book.id, ask.names[1], remove, by=BY)
        if name != ask.names[1]:
            groups.give_name(book.id, ask.names[1], name, by=BY)
        try:
            return groups.members(book.id, name)
        except NotFound:  # a group without a card of its own is gone with its last member
            return []

    found = await ask.api.desk.commit(work)
    return json_answer({"name": name, "contacts": [person_json(one) for one in found]})


async def delete_group(ask: Ask) -> web.StreamResponse:
    """Delete a group; its members stay."""

    def work(books: BooksOfStore) -> None:
        book = books.address_books.writable(ask.account_id, ask.an_id("book"))
        books.contact_groups.delete(book.id, ask.names[1], by=BY)

    await ask.api.desk.commit(work)
    return json_answer({"name": ask.names[1], "removed": True})


# --- within ---------------------------------------------------------------------------------------------------------


def _book_json(book: Book) -> dict[str, Any]:
    return {
        "id": str(book.id),
        "slug": book.slug,
        "name": book.name,
        "description": book.description,
        "colour": book.colour,
        "scope": book.scope.value,
        "right": book.right.value,
        "revision": book.revision,
        "contacts": book.used_cards,
        "octets": book.used_octets,
        "most_contacts": book.quota_cards,
        "most_octets": book.quota_octets,
    }


async def _texts(ask: Ask, fields: tuple[str, ...]) -> dict[str, str]:
    given = await ask.an_object(fields)
    wrong = [
        FieldError(field, "this is no text of at most 1000 characters", "Give a text.")
        for field, value in given.items()
        if not isinstance(value, str) or len(value) > 1000
    ]
    if wrong:
        raise invalid(wrong)
    return given


def _ids(given: Any, field: str, least: int = 1) -> Sequence[int]:
    if not isinstance(given, list) or not least <= len(given) <= MAX_CONTACTS:
        raise invalid([FieldError(field, f"this is no list of {least} to {MAX_CONTACTS} ids", "Give ids as texts.")])
    return [read_id(str(one), "contact") for one in given]


def _named(books: BooksOfStore, ask: Ask) -> int:
    account = books.accounts.by_address(ask.names[1].lower())
    if account is None:
        raise missing(f"account {ask.names[1][:64]}")
    return account.id
