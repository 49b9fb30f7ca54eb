"""CardDAV requests that look: PROPFIND, the reports, GET. Their answers are made in a reader's thread of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aiohttp import web

from addressbook.dav.card import unfold, with_lines
from addressbook.dav.cards_written import CONTENT_TYPE, CardFacts, CardResponses, http_date
from addressbook.dav.errors import DavError
from addressbook.dav.headers import read_depth, read_tags, wants_minimum
from addressbook.dav.multistatus import multistatus, response, status_response
from addressbook.dav.names import ADDRESS_DATA, dav
from addressbook.dav.patching import read_dead
from addressbook.dav.paths import Kind, Place, read_href
from addressbook.dav.properties import (
    Properties,
    book_properties,
    home_properties,
    other_principal_properties,
    pick,
    principal_properties,
    read_sync_token,
    root_properties,
    sync_token,
)
from addressbook.dav.requests import (
    AddressData,
    ExpandProperty,
    Expansion,
    Multiget,
    PrincipalSearch,
    Query,
    SearchableProperties,
    SyncCollection,
    Wanted,
    read_propfind,
    read_report,
)
from addressbook.dav.versions import written_as
from addressbook.dav.xml_reader import MAX_OCTETS
from addressbook.dav.xml_writer import document, element, href
from gateway.core.book import Book, Card, Change, NoBook, TokenDead
from gateway.store.desk import BooksOfStore
from gateway.web.dav_asking import DavAsk, dav_answer, forbidden, wanted_version

#: Cards read from the store at a time.
PAGE: Final = 500
#: Changes in an answer without a limit: no book has so many cards.
ALL: Final = 1_000_000_000
_LIMITED: Final = dav("number-of-matches-within-limits")
_CARD_PROPERTIES_OF_ROW: Final = frozenset({ADDRESS_DATA, dav("getlastmodified")})


async def _xml_body(ask: DavAsk) -> bytes:
    body = await ask.read_body(MAX_OCTETS)
    if body is None:
        raise DavError(413, "the body is too large")
    return body


# --- PROPFIND ---------------------------------------------------------------------------------------------------------


async def propfind(ask: DavAsk) -> web.StreamResponse:
    """Properties of what is at a path, and of what is in it (RFC 4918 9.1)."""
    wanted = read_propfind(await _xml_body(ask))
    depth = _depth(ask)
    minimal = wants_minimum(ask.headers)
    return dav_answer(207, await ask.desk.read(lambda books: multistatus(_found(ask, books, wanted, depth, minimal))))


def _depth(ask: DavAsk) -> int:
    header = ask.headers.get("Depth")
    depth = read_depth(header, "1")
    if depth != "infinity":
        return int(depth)
    if ask.place.kind in (Kind.BOOK, Kind.CARD, Kind.PRINCIPAL):
        return 1  # nothing is deeper
    raise DavError(403, "one level is shown at a time", dav("propfind-finite-depth"))


def _found(ask: DavAsk, books: BooksOfStore, wanted: Wanted, depth: int, minimal: bool) -> Iterator[str]:
    place = ask.place
    if place.kind is Kind.CARD:
        yield _card_found(ask, books, wanted, minimal)
        return
    yield response(place.path, *pick(_properties(ask, books, place), wanted, minimal=minimal))
    if not depth:
        return
    if place.kind is Kind.BOOK:
        book = ask.book(books)
        responses = _responses(ask, book, wanted, minimal)
        if wanted.address_data is None:
            for entry in books.contacts.entries(book.id):
                yield responses.one(CardFacts(entry.href, entry.etag, entry.changed_ms))
        else:
            for card in _every_card(books, book):
                yield responses.one(_facts(card, wanted.address_data))
        return
    for inner in _inside(ask, books):
        yield response(inner.path, *pick(_properties(ask, books, inner), wanted, minimal=minimal))


def _inside(ask: DavAsk, books: BooksOfStore) -> Iterable[Place]:
    user = ask.viewer.user
    match ask.place.kind:
        case Kind.ROOT:
            return Place(Kind.PRINCIPALS), Place(Kind.HOMES)
        case Kind.PRINCIPALS:
            return (Place(Kind.PRINCIPAL, user),)
        case Kind.HOMES:
            return (Place(Kind.HOME, user),)
        case Kind.HOME:
            return [Place(Kind.BOOK, user, book.slug) for book in books.address_books.of(ask.account.id)]
    return ()


def _properties(ask: DavAsk, books: BooksOfStore, place: Place) -> Properties:
    """What is known of what is at a path that is no card. Raises DavError."""
    viewer = ask.viewer
    if place.user and place.user != viewer.user:
        if place.kind is Kind.PRINCIPAL:
            return _owner_properties(ask, books, place.user)
        raise forbidden("this belongs to somebody else")
    match place.kind:
        case Kind.PRINCIPAL:
            return principal_properties(viewer)
        case Kind.HOME:
            return home_properties(viewer, books.address_books.of(viewer.account_id))
        case Kind.BOOK:
            book = ask.book(books, place.book)
            return book_properties(viewer, book, _owner(books, book, viewer.user), read_dead(book.properties))
        case _:
            return root_properties(place, viewer)


def _owner(books: BooksOfStore, book: Book, own: str) -> str:
    if book.is_own or book.account_id is None:
        return own if book.is_own else ""
    owner = books.accounts.by_id(book.account_id)
    return "" if owner is None else owner.address


def _owner_properties(ask: DavAsk, books: BooksOfStore, user: str) -> Properties:
    """Of somebody else: only who shares a book with the one who looks is shown."""
    account = books.accounts.by_address(user)
    if account is None or all(book.account_id != account.id for book in books.address_books.of(ask.account.id)):
        raise forbidden("this is somebody else")
    return other_principal_properties(account.address, account.display_name or account.address)


def _card_found(ask: DavAsk, books: BooksOfStore, wanted: Wanted, minimal: bool) -> str:
    ask.must_be_own()
    book = ask.book(books)
    card = books.contacts.get(book.id, ask.place.card)
    return _responses(ask, book, wanted, minimal).one(_facts(card, wanted.address_data))


# --- REPORT -----------------------------------------------------------------------------------------------------------


async def report(ask: DavAsk) -> web.StreamResponse:
    """A REPORT (RFC 3253 3.6)."""
    wanted = read_report(await _xml_body(ask))
    minimal = wants_minimum(ask.headers)
    match wanted:
        case SearchableProperties():
            return dav_answer(200, _searchable())
        case ExpandProperty():
            return dav_answer(207, await ask.desk.read(lambda books: _expanded(ask, books, wanted)))
        case PrincipalSearch():
            return dav_answer(207, multistatus(_principals(ask, wanted, minimal)))
    ask.must_be_own()
    if ask.place.kind not in (Kind.HOME, Kind.BOOK):
        raise DavError(403, "there is no such report here", dav("supported-report"))
    read_depth(ask.headers.get("Depth"), "0")
    match wanted:
        case Multiget():
            body = await ask.desk.read(lambda books: multistatus(_multiget(ask, books, wanted, minimal)))
        case Query():
            body = await ask.desk.read(lambda books: multistatus(_query(ask, books, wanted, minimal)))
        case SyncCollection():
            body = await ask.desk.read(lambda books: _synced(ask, books, wanted, minimal))
    return dav_answer(207, body)


def _multiget(ask: DavAsk, books: BooksOfStore, wanted: Multiget, minimal: bool) -> Iterator[str]:
    """Cards by their paths, in the order asked for; whatever book of the home they are in."""
    places: dict[str, list[Place]] = {}
    strangers: list[str] = []
    for one in dict.fromkeys(wanted.hrefs):
        place = read_href(one)
        if place is not None and place.kind is Kind.CARD and place.user == ask.viewer.user:
            places.setdefault(place.book, []).append(place)
        else:
            strangers.append(one)
    for slug, in_book in places.items():
        try:
            book = ask.book(books, slug)
        except NoBook:
            yield from (status_response(place.path, 404) for place in in_book)
            continue
        responses = _responses(ask, book, wanted.wanted, minimal)
        for start in range(0, len(in_book), PAGE):
            some = in_book[start : start + PAGE]
            cards = books.contacts.get_many(book.id, [place.card for place in some])
            for place in some:
                card = cards.get(place.card)
                if card is None:
                    yield status_response(place.path, 404)
                else:
                    yield responses.one(_facts(card, wanted.wanted.address_data))
    yield from (status_response(one, 404) for one in strangers)


def _query(ask: DavAsk, books: BooksOfStore, wanted: Query, minimal: bool) -> Iterator[str]:
    found = 0
    here = [ask.book(books)] if ask.place.kind is Kind.BOOK else books.address_books.of(ask.account.id)
    for book in here:
        responses = _responses(ask, book, wanted.wanted, minimal)
        for card in _every_card(books, book):
            if not wanted.filter.fits(unfold(written_as(card.data, card.version, "3.0"))):
                continue
            if wanted.limit and found == wanted.limit:
                yield status_response(ask.place.path, 507, _LIMITED)
                return
            found += 1
            yield responses.one(_facts(card, wanted.wanted.address_data))


def _synced(ask: DavAsk, books: BooksOfStore, wanted: SyncCollection, minimal: bool) -> bytes:
    """What has changed since a token, and the token to ask with next time (RFC 6578 3.2)."""
    if ask.place.kind is not Kind.BOOK:
        raise DavError(403, "only a book can be synced", dav("supported-report"))
    book = ask.book(books)
    try:
        told = books.contacts.changes(book.id, _revision(ask, book, wanted.token), wanted.limit or ALL)
    except TokenDead:
        raise _dead_token(ask) from None
    answers = list(_changed(ask, books, book, told.changes, wanted.wanted, minimal))
    if told.more:
        answers.append(status_response(ask.place.path, 507, _LIMITED))
    return multistatus(answers, sync_token(book.id, told.revision))


def _changed(
    ask: DavAsk, books: BooksOfStore, book: Book, changed: Sequence[Change], wanted: Wanted, minimal: bool
) -> Iterator[str]:
    responses = _responses(ask, book, wanted, minimal)
    needs_rows = wanted.everything or not _CARD_PROPERTIES_OF_ROW.isdisjoint(wanted.names)
    for start in range(0, len(changed), PAGE):
        some = changed[start : start + PAGE]
        live = [change.href for change in some if change.etag is not None] if needs_rows else []
        cards = books.contacts.get_many(book.id, live) if live else {}
        for change in some:
            card = cards.get(change.href)
            if change.etag is None:
                yield status_response(responses.path(change.href), 404)
            elif card is None:
                yield responses.one(CardFacts(change.href, change.etag, 0))
            else:
                yield responses.one(_facts(card, wanted.address_data))


def _revision(ask: DavAsk, book: Book, token: str) -> int:
    if not token:
        return 0
    found = read_sync_token(token)
    if found is None or found[0] != book.id:
        raise _dead_token(ask)
    return found[1]


def _dead_token(ask: DavAsk) -> DavError:
    """Thunderbird recovers from 400 alone, others want what RFC 6578 says: 403."""
    status = 400 if "Thunderbird" in ask.headers.get("User-Agent", "") else 403
    return DavError(status, "the token is not known any more", dav("valid-sync-token"))


def _principals(ask: DavAsk, wanted: PrincipalSearch, minimal: bool) -> Iterator[str]:
    """Nobody is found but the one who asks: who else is a member is nobody's business."""
    own = f"{ask.viewer.name} {ask.viewer.user}".casefold()
    if all(text.casefold() in own for text in wanted.texts):
        found = pick(principal_properties(ask.viewer), wanted.wanted, minimal=minimal)
        yield response(Place(Kind.PRINCIPAL, ask.viewer.user).path, *found)


def _searchable() -> bytes:
    prop = element(dav("prop"), element(dav("displayname")))
    described = element(dav("description"), "name")
    return document(dav("principal-search-property-set"), element(dav("principal-search-property"), prop + described))


def _expanded(ask: DavAsk, books: BooksOfStore, wanted: ExpandProperty) -> bytes:
    return multistatus([_expand(ask, books, ask.place, wanted.properties)])


def _expand(ask: DavAsk, books: BooksOfStore, place: Place, wanted: Sequence[Expansion]) -> str:
    """The response of a place, with those of the resources its properties name in their place (RFC 3253 3.8)."""
    known = _properties(ask, books, place)
    found: list[str] = []
    for one in wanted:
        value = known.get(one.name)
        if value is None:
            continue
        named = {
            inner.path: inner
            for inner in (Place(Kind.PRINCIPAL, ask.viewer.user), Place(Kind.HOME, ask.viewer.user))
            if one.inner and href(inner.path) in value
        }
        inside = "".join(_expand(ask, books, inner, one.inner) for inner in named.values())
        found.append(element(one.name, inside) if inside else value)
    return response(place.path, found, [one.name for one in wanted if one.name not in known])


# --- GET --------------------------------------------------------------------------------------------------------------


async def get(ask: DavAsk) -> web.StreamResponse:
    """A card; of a book all its cards in one file."""
    ask.must_be_own()
    version = wanted_version(ask.headers.get("Accept", ""))
    if ask.place.kind is Kind.BOOK:

        def whole(books: BooksOfStore) -> bytes:
            return "".join(_text(card, version) for card in _every_card(books, ask.book(books))).encode()

        return dav_answer(200, await ask.desk.read(whole), CONTENT_TYPE)
    if ask.place.kind is not Kind.CARD:
        words = "Address books by CardDAV: give this address to a program that keeps contacts.\n"
        return dav_answer(200, words.encode(), "text/plain; charset=utf-8")
    card = await ask.desk.read(lambda books: books.contacts.get(ask.book(books).id, ask.place.card))
    headers = {"ETag": f'"{card.etag}"', "Last-Modified": http_date(card.changed_ms)}
    known = read_tags(ask.headers.get("If-None-Match"))
    if known is not None and known.fits(card.etag):
        return dav_answer(304, headers=headers)
    return dav_answer(200, _octets(card, version), CONTENT_TYPE, headers)


# --- cards ------------------------------------------------------------------------------------------------------------


def _responses(ask: DavAsk, book: Book, wanted: Wanted, minimal: bool) -> CardResponses:
    return CardResponses(ask.viewer, book.slug, wanted, minimal=minimal, is_writable=book.is_writable)


def _every_card(books: BooksOfStore, book: Book) -> Iterator[Card]:
    names = [entry.href for entry in books.contacts.entries(book.id)]
    for start in range(0, len(names), PAGE):
        some = names[start : start + PAGE]
        found = books.contacts.get_many(book.id, some)
        yield from (found[name] for name in some if name in found)


def _facts(card: Card, wanted: AddressData | None) -> CardFacts:
    data = ""
    if wanted is not None:
        data = _text(card, wanted.version)
        if wanted.lines is not None:
            data = with_lines(data, wanted.lines)
    return CardFacts(card.href, card.etag, card.changed_ms, data)


def _text(card: Card, version: str) -> str:
    return written_as(card.data, card.version, version)


def _octets(card: Card, version: str) -> bytes:
    """As it was put, octet by octet, where it is of that version."""
    return card.data if card.version == version else _text(card, version).encode()
