"""Handlers for contacts: found, read, written, with their history, and who of some recipients can be reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from addressbook.contact import Contact
from addressbook.contact_json import FIELDS, as_json, changed
from addressbook.new_card import parts_of
from addressbook.vcard.composing import write
from addressbook.vcard.meaning import contact_of
from addressbook.vcard.merging import merged
from gateway.core.book import Card, Person, Precondition, Version
from gateway.core.errors import BadRequest
from gateway.store.desk import BooksOfStore
from gateway.store.reaching import MAX_ASKED
from gateway.web.answers import iso, json_answer
from gateway.web.asking import Ask, read_id
from gateway.web.problems import FieldError, invalid

#: Who writes, in the history of contacts.
BY: Final = "API"


async def list_contacts(ask: Ask) -> web.StreamResponse:
    """Contacts by name, or those meant by what was typed, or the one behind a number or a mail address."""
    typed, who, limit = ask.text("find")[:64], ask.text("who")[:320], ask.whole("limit", 200, 1, 1000)
    after = _place(ask.text("after"))
    book = ask.text("book")

    def read(books: BooksOfStore) -> list[Person]:
        if who:
            person = books.contacts.who(ask.account_id, who)
            return [person] if person is not None else []
        if typed:
            return books.contacts.complete(ask.account_id, typed, limit)
        if book:
            ids = [books.address_books.get(ask.account_id, read_id(book, "book")).id]
        else:
            ids = [one.id for one in books.address_books.of(ask.account_id) if one.is_own]
        return books.contacts.of_books(ids, limit, after)

    people = await ask.api.desk.read(read)
    is_page = not typed and not who and len(people) == limit
    return json_answer(
        {
            "contacts": [person_json(one) for one in people],
            "next": f"{people[-1].id}:{people[-1].sort_key}" if is_page else None,
        }
    )


async def post_contact(ask: Ask) -> web.StreamResponse:
    """Add a contact: fields, or a vCard as it is."""
    given = await ask.an_object((*FIELDS, "card", "book"))
    wanted, card = given.pop("book", None), given.pop("card", None)
    if card is not None:
        data = _card_octets(card, given)
    else:
        contact = _changed(Contact(), given)
        if contact.shown and not contact.name:
            contact = replace(contact, name=parts_of(contact.shown))
        data = write(replace(contact, uid=f"{ask.api.desk.new_id()}"))

    def add(books: BooksOfStore) -> tuple[int, Card]:
        if wanted is None:
            book_id = books.address_books.default(ask.account_id).id
        else:
            book_id = books.address_books.writable(ask.account_id, read_id(str(wanted), "book")).id
        return books.contacts.by_id(books.contacts.put(book_id, None, data, by=BY).contact_id)

    return _answer(*await ask.api.desk.commit(add), ask, 201)


async def get_contact(ask: Ask) -> web.StreamResponse:
    """One contact with all its fields and its card."""
    return _answer(*await ask.api.desk.read(lambda books: _readable(books, ask)), ask)


async def put_contact(ask: Ask) -> web.StreamResponse:
    """Write a vCard in place of a contact's."""
    given = await ask.an_object(("card",))
    data = _card_octets(given.get("card"), {})

    def work(books: BooksOfStore) -> tuple[int, Card]:
        book_id, card = _writable(books, ask)
        books.contacts.put(book_id, card.href, data, by=BY, if_match=_if_match(ask))
        return books.contacts.by_id(card.contact_id)

    return _answer(*await ask.api.desk.commit(work), ask)


async def patch_contact(ask: Ask) -> web.StreamResponse:
    """Change some fields of a contact; what its card says beside stays."""
    given = await ask.an_object(FIELDS)

    def work(books: BooksOfStore) -> tuple[int, Card]:
        book_id, card = _writable(books, ask)
        if (etag := _if_match(ask)) not in (None, card.etag):
            raise Precondition(f"the contact has changed: it is {card.etag} now, not {etag}")
        data = merged(card.data, _changed(contact_of(card.data), given))
        books.contacts.put(book_id, card.href, data, by=BY)
        return books.contacts.by_id(card.contact_id)

    return _answer(*await ask.api.desk.commit(work), ask)


async def delete_contact(ask: Ask) -> web.StreamResponse:
    """Delete a contact; it can be restored for a year."""

    def work(books: BooksOfStore) -> None:
        book_id, card = _writable(books, ask)
        books.contacts.delete(book_id, card.href, by=BY, if_match=_if_match(ask))

    await ask.api.desk.commit(work)
    return json_answer({"id": ask.names[0], "removed": True})


async def list_versions(ask: Ask) -> web.StreamResponse:
    """What a contact was, the newest version first."""
    contact_id = ask.an_id("contact")

    def read(books: BooksOfStore) -> list[Version]:
        books.address_books.get(ask.account_id, books.contact_history.book_of(contact_id))
        return books.contact_history.versions(contact_id)

    return json_answer({"versions": [version_json(one, ask) for one in await ask.api.desk.read(read)]})


async def post_restore(ask: Ask) -> web.StreamResponse:
    """Make an earlier version of a contact the present one, also of one that was deleted."""
    contact_id = ask.an_id("contact")
    revision = (await ask.an_object(("revision",))).get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise invalid([FieldError("revision", "this is no revision", "Give one of the contact's versions.")])

    def work(books: BooksOfStore) -> tuple[int, Card]:
        books.address_books.writable(ask.account_id, books.contact_history.book_of(contact_id))
        books.contact_history.restore(contact_id, revision, by=BY)
        return books.contacts.by_id(contact_id)

    return _answer(*await ask.api.desk.commit(work), ask)


async def post_reach(ask: Ask) -> web.StreamResponse:
    """Which recipients can be reached by SMS and by MMS."""
    to = (await ask.an_object(("to",))).get("to")
    if (
        not isinstance(to, list)
        or not 1 <= len(to) <= MAX_ASKED
        or not all(isinstance(one, str) and 0 < len(one) <= 320 for one in to)
    ):
        raise invalid([FieldError("to", f"this is no list of 1 to {MAX_ASKED} recipients", "Give texts.")])
    found = await ask.api.desk.read(lambda books: books.reaching.reach(ask.account_id, to))
    return json_answer(
        {
            "recipients": [
                {
                    "to": one.asked,
                    "name": one.name,
                    "number": one.number,
                    "mail": one.mail,
                    "sms": one.sms.value,
                    "mms": one.mms.value,
                    "handset": one.handset,
                }
                for one in found
            ]
        }
    )


# --- within ---------------------------------------------------------------------------------------------------------


def person_json(one: Person) -> dict[str, Any]:
    """A contact in a list."""
    return {
        "id": str(one.id) if one.id else None,
        "book": str(one.book_id),
        "name": one.name,
        "organisation": one.organisation,
        "group": one.is_group,
        "mails": list(one.mails),
        "numbers": list(one.numbers),
    }


def version_json(one: Version, ask: Ask) -> dict[str, Any]:
    """A version of a contact."""
    found: dict[str, Any] = {
        "contact": str(one.contact_id),
        "revision": one.revision,
        "action": one.action.value,
        "changed": iso(one.changed_ms),
        "by": one.changed_by,
        "batch": str(one.batch_id) if one.batch_id else None,
        "current": one.is_current,
    }
    if one.card:
        found["contact_then"] = as_json(contact_of(one.card), ask.api.rules.region)
    return found


def _answer(book_id: int, card: Card, ask: Ask, status: int = 200) -> web.StreamResponse:
    answer = json_answer(
        {
            "id": str(card.contact_id),
            "book": str(book_id),
            "uid": card.uid,
            "etag": card.etag,
            "revision": card.revision,
            "changed": iso(card.changed_ms),
            "by": card.changed_by,
            **as_json(contact_of(card.data), ask.api.rules.region),
            "card": card.data.decode("utf-8", "replace"),
        },
        status,
    )
    answer.headers["ETag"] = f'"{card.etag}"'
    return answer


def _changed(contact: Contact, given: dict[str, Any]) -> Contact:
    """The contact with these fields. Raises Problem that names every field it is about."""
    errors = []
    for field, value in given.items():
        try:
            changed(contact if contact.call_name else replace(contact, shown="?"), {field: value})
        except BadRequest as error:
            where, _, what = str(error).partition(": ")
            errors.append(FieldError(where, what, "See /api/v1/openapi.json."))
    if errors:
        raise invalid(errors)
    return changed(contact, given)


def _readable(books: BooksOfStore, ask: Ask) -> tuple[int, Card]:
    book_id, card = books.contacts.by_id(ask.an_id("contact"))
    books.address_books.get(ask.account_id, book_id)
    return book_id, card


def _writable(books: BooksOfStore, ask: Ask) -> tuple[int, Card]:
    book_id, card = books.contacts.by_id(ask.an_id("contact"))
    books.address_books.writable(ask.account_id, book_id)
    return book_id, card


def _if_match(ask: Ask) -> str | None:
    given = ask.request.headers.get("If-Match")
    return None if given is None else given.strip().removeprefix("W/").strip('"')


def _card_octets(card: Any, others: dict[str, Any]) -> bytes:
    if not isinstance(card, str) or others:
        raise invalid([FieldError("card", "this is no vCard alone", "Give the text of one vCard, or fields.")])
    return card.encode("utf-8", "replace")


def _place(after: str) -> tuple[str, int]:
    """Where a page begins: what `next` of the page before said."""
    if not after:
        return ("", 0)
    contact_id, colon, sort_key = after.partition(":")
    if not colon or not contact_id.isascii() or not contact_id.isdigit() or len(contact_id) > 18:
        raise invalid([FieldError("after", "this is no place", "Give `next` of the page before.")])
    return (sort_key, int(contact_id))
