"""CardDAV requests that change something: PUT, POST, DELETE, COPY, MOVE, MKCOL, PROPPATCH."""

from __future__ import annotations

import uuid
from typing import Final

from aiohttp import web

from addressbook.dav.card import GivenCard, read_card, too_large, uid_of_name
from addressbook.dav.cards_written import CONTENT_TYPE
from addressbook.dav.errors import DavError
from addressbook.dav.headers import Tags, overwrites, read_destination, read_tags, wants_minimum, wants_representation
from addressbook.dav.multistatus import multistatus
from addressbook.dav.names import carddav, dav
from addressbook.dav.patching import Patch, plan, propstats, read_dead, write_dead
from addressbook.dav.paths import Kind, Place, name_in_path
from addressbook.dav.requests import PropertyChange, read_mkcol, read_proppatch
from addressbook.dav.xml_writer import document, element, href
from gateway.core.book import (
    MAX_CARD_OCTETS,
    Book,
    BookFull,
    CardTooLarge,
    NoBook,
    Precondition,
    SlugTaken,
    Stored,
    UidTaken,
)
from gateway.core.errors import BadRequest
from gateway.store.desk import BooksOfStore
from gateway.web.dav_asking import DavAsk, dav_answer, forbidden, no_parent

#: What a card may be called as a medium; some clients say nothing.
_CARD_TYPES: Final = (
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "application/vcard",
    "application/octet-stream",
    "",
)
#: Octets of a body that makes or changes a book.
MAX_PATCH_OCTETS: Final = 262_144


# --- cards ------------------------------------------------------------------------------------------------------------


async def put(ask: DavAsk) -> web.StreamResponse:
    """Store a card (RFC 6352 6.3.2)."""
    ask.must_be_own()
    if ask.place.kind is not Kind.CARD or ask.place.as_collection:
        raise DavError(405 if ask.place.kind is not Kind.CARD else 409, "a card has a name in a book")
    book = await _writable_book(ask)
    given = await _given_card(ask, uid_of_name(book.id, ask.place.card))
    match, none_match = read_tags(ask.headers.get("If-Match")), read_tags(ask.headers.get("If-None-Match"))

    def work(books: BooksOfStore) -> Stored:
        here = ask.writable(books)
        return books.contacts.put(
            here.id,
            ask.place.card,
            given.data,
            by=ask.by,
            if_match=_etag(books, here, ask.place.card, match),
            if_none_match=_must_be_new(books, here, ask.place.card, none_match),
        )

    stored = await _commit_card(ask, book, work)
    return _stored_answer(ask, given, stored, ask.place)


async def post(ask: DavAsk) -> web.StreamResponse:
    """Store a card under a name that the server chooses (RFC 5995)."""
    ask.must_be_own()
    if ask.place.kind is not Kind.BOOK:
        raise DavError(405, "cards are added to books")
    book = await _writable_book(ask)
    name = f"{uuid.uuid4()}.vcf"
    given = await _given_card(ask, uid_of_name(book.id, name))

    def work(books: BooksOfStore) -> Stored:
        return books.contacts.put(ask.writable(books).id, name, given.data, by=ask.by, if_none_match=True)

    stored = await _commit_card(ask, book, work)
    place = Place(Kind.CARD, ask.viewer.user, book.slug, name, False)
    answer = _stored_answer(ask, given, stored, place)
    answer.headers["Location"] = place.path
    return answer


async def delete(ask: DavAsk) -> web.StreamResponse:
    """Delete a card, or a book with all that is in it."""
    ask.must_be_own()
    match = read_tags(ask.headers.get("If-Match"))

    def work(books: BooksOfStore) -> None:
        if ask.place.kind is Kind.BOOK:
            book = ask.book(books)
            if not book.is_own:
                raise forbidden("this book belongs to somebody else")
            books.address_books.delete(book.id)
        elif ask.place.kind is Kind.CARD:
            here = ask.writable(books)
            etag = _etag(books, here, ask.place.card, match)
            books.contacts.delete(here.id, ask.place.card, by=ask.by, if_match=etag)
        else:
            raise forbidden("this cannot be deleted")

    try:
        await ask.desk.commit(work)
    except Precondition:
        raise DavError(412, "the card has changed") from None
    return dav_answer(204)


async def copy(ask: DavAsk) -> web.StreamResponse:
    """Copy a card to another place (RFC 4918 9.8)."""
    return await _transfer(ask, moves=False)


async def move(ask: DavAsk) -> web.StreamResponse:
    """Move a card to another place (RFC 4918 9.9)."""
    return await _transfer(ask, moves=True)


async def _transfer(ask: DavAsk, *, moves: bool) -> web.StreamResponse:
    ask.must_be_own()
    target = read_destination(ask.headers.get("Destination"), ask.request.host)
    replaces = overwrites(ask.headers.get("Overwrite"))
    if ask.place.kind is not Kind.CARD:
        raise forbidden("only cards are copied and moved")
    if target.kind is not Kind.CARD or target.as_collection:
        raise DavError(403, "a card has a name in a book", carddav("addressbook-collection-location-ok"))
    if target.user != ask.viewer.user:
        raise forbidden("the destination belongs to somebody else")
    if target.path == ask.place.path:
        raise DavError(403, "source and destination are the same")

    def work(books: BooksOfStore) -> Stored:
        source = ask.writable(books) if moves else ask.book(books)
        card = books.contacts.get(source.id, ask.place.card)
        try:
            there = ask.writable(books, target.book)
        except NoBook as error:
            raise no_parent(error) from None
        if not replaces and target.card in books.contacts.get_many(there.id, [target.card]):
            raise DavError(412, "there is a card already")
        if moves:
            books.contacts.delete(source.id, ask.place.card, by=ask.by)
        return books.contacts.put(there.id, target.card, card.data, by=ask.by)

    book = await ask.desk.read(lambda books: _book_or_none(ask, books, target.book))
    stored = await _commit_card(ask, book, work)
    return dav_answer(201 if stored.created else 204, headers={"Location": target.path} if stored.created else {})


def _book_or_none(ask: DavAsk, books: BooksOfStore, slug: str) -> Book | None:
    try:
        return ask.book(books, slug)
    except NoBook:
        return None


async def _writable_book(ask: DavAsk) -> Book:
    try:
        return await ask.desk.read(ask.writable)
    except NoBook as error:
        raise no_parent(error) from None


async def _given_card(ask: DavAsk, uid_if_none: str) -> GivenCard:
    content_type = ask.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in _CARD_TYPES:
        raise DavError(403, "a card is text/vcard", carddav("supported-address-data"))
    body = await ask.read_body(MAX_CARD_OCTETS)
    if body is None:
        raise too_large(MAX_CARD_OCTETS)
    return read_card(body, max_octets=MAX_CARD_OCTETS, uid_if_none=uid_if_none)


async def _commit_card(ask: DavAsk, book: Book | None, work: object) -> Stored:
    """Run a work that stores a card, and say what is wrong in the words of CardDAV."""
    try:
        return await ask.desk.commit(work)  # type: ignore[arg-type]
    except Precondition:
        raise DavError(412, "the card is not as the request says") from None
    except UidTaken as error:
        owner = f"{ask.book_path(book)}{name_in_path(error.href)}" if book else ""
        raise DavError(403, "another card has this UID", carddav("no-uid-conflict"), owner) from None
    except BookFull:
        raise DavError(507, "the book is full", dav("quota-not-exceeded")) from None
    except CardTooLarge:
        raise too_large(MAX_CARD_OCTETS) from None
    except BadRequest as error:
        raise DavError(403, str(error), carddav("valid-address-data")) from None


def _stored_answer(ask: DavAsk, given: GivenCard, stored: Stored, place: Place) -> web.Response:
    """The tag is told only where the next GET gives the octets that were put (RFC 6352 6.3.2.3)."""
    headers = {"ETag": f'"{stored.etag}"'} if given.as_given and given.version == "3.0" else {}
    status = 201 if stored.created else 204
    if wants_representation(ask.headers) and given.version == "3.0":
        headers |= {"ETag": f'"{stored.etag}"', "Content-Location": place.path}
        headers["Preference-Applied"] = "return=representation"
        return dav_answer(201 if stored.created else 200, given.data, CONTENT_TYPE, headers)
    return dav_answer(status, headers=headers)


def _etag(books: BooksOfStore, book: Book, name: str, tags: Tags | None) -> str | None:
    """The tag the store is to look for. Raises Precondition when none of those given is there."""
    if tags is None:
        return None
    if tags.anything:
        return "*"
    if len(tags.values) == 1:
        return next(iter(tags.values))
    card = books.contacts.get_many(book.id, [name]).get(name)
    if card is None or not tags.fits(card.etag):
        raise Precondition("the card has changed")
    return card.etag


def _must_be_new(books: BooksOfStore, book: Book, name: str, tags: Tags | None) -> bool:
    if tags is None or tags.anything:
        return tags is not None
    card = books.contacts.get_many(book.id, [name]).get(name)
    if card is not None and tags.fits(card.etag):
        raise Precondition("the card is one of those")
    return False


# --- books ------------------------------------------------------------------------------------------------------------


async def mkcol(ask: DavAsk) -> web.StreamResponse:
    """Make a book: an extended MKCOL (RFC 5689), or a plain one, for a home has nothing but books."""
    ask.must_be_own()
    making = read_mkcol(await _patch_body(ask), ask.headers.get("Content-Type", ""))
    if ask.place.kind is Kind.CARD:
        raise DavError(403, "a book is not made in a book", carddav("addressbook-collection-location-ok"))
    if ask.place.kind is not Kind.BOOK:
        raise DavError(405, "there is something at this path already")
    patch = plan(making.changes, {}, ask.place.book)
    if not patch.works:
        return dav_answer(403, document(dav("mkcol-response"), propstats(patch)))

    def work(books: BooksOfStore) -> None:
        books.address_books.default(ask.account.id)  # so that a client's own book is never the first
        book = books.address_books.create(
            ask.account.id, ask.place.book, patch.name or ask.place.book, patch.description or "", patch.colour or ""
        )
        if patch.dead:
            books.address_books.change(book.id, properties=write_dead(patch.dead))

    try:
        await ask.desk.commit(work)
    except SlugTaken:
        raise DavError(405, "there is a book already") from None
    except BadRequest as error:
        raise DavError(403, str(error)) from None
    return dav_answer(201)


async def proppatch(ask: DavAsk) -> web.StreamResponse:
    """Change properties of a book: name, description, colour, and whatever clients keep with it."""
    ask.must_be_own()
    changes = read_proppatch(await _patch_body(ask))

    def work(books: BooksOfStore) -> Patch:
        if ask.place.kind is not Kind.BOOK:
            if ask.place.kind is Kind.CARD:
                books.contacts.get(ask.book(books).id, ask.place.card)
            return _nothing_of(changes)
        book = ask.book(books)
        if not book.is_own:
            raise forbidden("this book belongs to somebody else")
        patch = plan(changes, read_dead(book.properties), book.slug)
        if patch.works:
            given = {"name": patch.name, "description": patch.description, "colour": patch.colour}
            columns = {name: value for name, value in given.items() if value is not None}
            books.address_books.change(book.id, **columns, properties=write_dead(patch.dead))
        return patch

    patch = await ask.desk.commit(work)
    if patch.works and wants_minimum(ask.headers):
        return dav_answer(200)
    told = element(dav("response"), href(ask.place.path) + propstats(patch))
    return dav_answer(207, multistatus([told]))


def _nothing_of(changes: tuple[PropertyChange, ...]) -> Patch:
    """What is no book keeps no properties."""
    names = tuple(dict.fromkeys(change.name for change in changes))
    return Patch(refused=dict.fromkeys(names, (403, "")), names=names)


async def _patch_body(ask: DavAsk) -> bytes:
    body = await ask.read_body(MAX_PATCH_OCTETS)
    if body is None:
        raise DavError(413, "the body is too large")
    return body
