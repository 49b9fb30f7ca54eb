"""What a handler of CardDAV works with: one request, who asks, and the answers it can give."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from addressbook.dav.errors import DavError
from addressbook.dav.multistatus import error_body
from addressbook.dav.names import dav
from addressbook.dav.paths import Place, book_path
from addressbook.dav.properties import Viewer
from gateway.core.accounts import Account, Token
from gateway.core.book import Book, NoBook
from gateway.store.desk import BooksOfStore, Desk

#: What every answer says the server can: DAVx5 drops a principal that does not.
CLASSES: Final = "1, 3, access-control, addressbook, extended-mkcol"
XML_TYPE: Final = "application/xml; charset=utf-8"
#: Seconds a client may take to send a body.
BODY_TIMEOUT_S: Final = 60.0
_SAFE: Final = (
    ("DAV", CLASSES),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "private, no-cache"),
    ("Server", "caiyou"),
)
#: Words of User-Agent headers, and what the device that says them is called in a card's history.
_AGENTS: Final = (
    ("davx5", "DAVx5"), ("thunderbird", "Thunderbird"), ("dataaccessd", "iPhone"), ("addressbook", "Mac"),
    ("vdirsyncer", "vdirsyncer"), ("syncevolution", "SyncEvolution"), ("evolution", "Evolution"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DavAsk:
    """One request with what is known of it."""

    desk: Desk
    request: web.BaseRequest
    place: Place
    account: Account
    device: Token | None = None  # whose password this is; None for the member's own
    viewer: Viewer = field(init=False)

    def __post_init__(self) -> None:
        name = self.account.display_name or self.account.address
        object.__setattr__(self, "viewer", Viewer(self.account.address, name, self.account.id))

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""
        return self.request.headers

    @property
    def by(self) -> str:
        """What its client is called in the history of cards: as the member calls the device, or by its program."""
        if self.device is not None and self.device.name:
            return self.device.name
        agent = self.headers.get("User-Agent", "")
        return known_agent(agent) or agent.split("/", 1)[0].strip()[:64] or "CardDAV"

    async def read_body(self, most: int) -> bytes | None:
        """The body, bounded in time; None for one of more than `most` octets. Raises DavError 408, 415."""
        if "Content-Encoding" in self.headers:
            raise DavError(415, "the body is compressed")
        if (self.request.content_length or 0) > most:
            return None
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                async for piece in self.request.content.iter_any():
                    body += piece
                    if len(body) > most:
                        return None
        except TimeoutError:
            raise DavError(408, "the body did not come in time") from None
        return bytes(body)

    # --- books ------------------------------------------------------------------------------------------------

    def must_be_own(self) -> None:
        """Raises DavError 403 when the path is in the home of somebody else."""
        if self.place.user and self.place.user != self.viewer.user:
            raise forbidden("this belongs to somebody else")

    def book(self, books: BooksOfStore, slug: str = "") -> Book:
        """A book in the home of the one who asks, that of the path by default. Raises NoBook."""
        return books.address_books.by_slug(self.account.id, slug or self.place.book)

    def writable(self, books: BooksOfStore, slug: str = "") -> Book:
        """As `book`, for who wants to change cards. Raises NoBook, and DavError 403."""
        found = self.book(books, slug)
        if not found.is_writable:
            raise forbidden("this book can only be read")
        return found

    def book_path(self, book: Book) -> str:
        """The path of a book in the home of the one who asks."""
        return book_path(self.viewer.user, book.slug)


def known_agent(header: str) -> str:
    """The name of the program a User-Agent header speaks of; "" for one we have no name for."""
    return next((name for word, name in _AGENTS if word in header.lower()), "")


def forbidden(detail: str) -> DavError:
    """Somebody who may not do that (RFC 3744 7.1.1); clients forget their change then."""
    return DavError(403, detail, dav("need-privileges"))


def no_such() -> DavError:
    """Nothing is there."""
    return DavError(404, "there is nothing at this path")


def no_parent(_: NoBook) -> DavError:
    """A card for a book that is not there (RFC 4918 9.7.1)."""
    return DavError(409, "there is no such book")


def dav_answer(
    status: int, body: bytes = b"", content_type: str = XML_TYPE, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An answer with the headers that all have."""
    answer = web.Response(status=status, body=body or None, headers=_SAFE)
    if body:
        answer.headers["Content-Type"] = content_type
    if headers:
        answer.headers.update(headers)
    return answer


def refusal(error: DavError) -> web.Response:
    """The answer to a request that is refused."""
    body = error_body(error)
    if body:
        return dav_answer(error.status, body)
    return dav_answer(error.status, f"{error.detail}\n".encode(), "text/plain; charset=utf-8")


def wanted_version(accept: str) -> str:
    """The version of vCard that an Accept header asks for: 3.0 unless it is 4.0 (RFC 6352 5.1.1)."""
    return "4.0" if "version=4.0" in accept.replace('"', "").replace(" ", "").lower() else "3.0"
