"""CardDAV (RFC 6352): the room of the web door where programs find the members' address books."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aiohttp import web

from addressbook.dav.errors import DavError
from addressbook.dav.headers import read_credentials
from addressbook.dav.paths import ROOT_PATH, Kind, Place, read_path
from gateway.core.book import DEFAULT_SLUG, Book, NoBook, NotAllowed
from gateway.core.errors import NotFound, StoreUnavailable
from gateway.store.desk import Desk
from gateway.web import dav_reading, dav_writing
from gateway.web.dav_asking import DavAsk, dav_answer, forbidden, no_such, refusal
from gateway.web.dav_login import Logins, TooManyLogins
from gateway.web.dav_sightings import Sightings
from gateway.web.limits import Buckets

#: Requests a second of one member, and at once: a first upload of ten thousand cards comes as fast as it can.
RATE, BURST = 500.0, 2000.0
#: Members remembered to have a book.
MAX_OPENED: Final = 100_000
WELL_KNOWN: Final = "/.well-known/carddav"
#: What makes a client ask its user for a password; the charset is that of RFC 7617.
CHALLENGE: Final = 'Basic realm="caiyou", charset="UTF-8"'
#: Seconds after which a client may come again when the store is away.
STORE_RETRY_S: Final = 5

Handler = Callable[[DavAsk], Awaitable[web.StreamResponse]]
_HANDLERS: Final[dict[str, Handler]] = {
    "PROPFIND": dav_reading.propfind,
    "REPORT": dav_reading.report,
    "GET": dav_reading.get,
    "HEAD": dav_reading.get,
    "PUT": dav_writing.put,
    "POST": dav_writing.post,
    "DELETE": dav_writing.delete,
    "COPY": dav_writing.copy,
    "MOVE": dav_writing.move,
    "MKCOL": dav_writing.mkcol,
    "PROPPATCH": dav_writing.proppatch,
}
_ALLOWED: Final = ", ".join(("OPTIONS", *_HANDLERS))


class TooFast(DavError):
    """A member asks too often; the seconds to wait are in `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(429, "too many requests")
        self.retry_after_s = retry_after_s


class DavRoom:
    """Answers below /dav/, at /.well-known/carddav, and at / and /principals/ for programs that look there."""

    def __init__(self, desk: Desk, *, address_of: Callable[[web.BaseRequest], str], clock: Callable[[], float]) -> None:
        self._desk = desk
        self._address_of = address_of
        self._clock = clock
        self._logins = Logins(desk, clock)
        self._rates = Buckets(BURST)
        self._opened: set[int] = set()  # members who have a book
        self._sightings = Sightings(desk, clock)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        if request.path.startswith("/.well-known"):
            return self._well_known(request)
        try:
            return await self._serve(request)
        except TooManyLogins as error:
            answer = refusal(error)
            answer.headers["Retry-After"] = str(error.retry_after_s)
            return answer
        except StoreUnavailable as error:
            answer = refusal(DavError(503, str(error)))
            answer.headers["Retry-After"] = str(STORE_RETRY_S)
            return answer

    def _well_known(self, request: web.BaseRequest) -> web.Response:
        """Where everything begins (RFC 6764 5): told to everybody, whatever is asked."""
        if request.path.rstrip("/") != WELL_KNOWN:
            return refusal(no_such())
        return dav_answer(301, headers={"Location": ROOT_PATH})

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        given = read_credentials(request.headers.get("Authorization"))
        login = None if given is None else await self._logins.find(given, self._address_of(request))
        if login is None:
            if given is not None:
                await self._sightings.wrong_password(given.user, request)
            return dav_answer(401, headers={"WWW-Authenticate": CHALLENGE})
        place, error = None, None
        try:
            if wait_s := self._rates.take(login.account.id, RATE, self._clock()):
                raise TooFast(wait_s)
            await self._open_book(login.account.id)
            place = _place(request)
            answer = await self._handled(DavAsk(self._desk, request, place, login.account, login.device))
        except DavError as refused:
            error = refused
        except (NoBook, NotFound):
            error = no_such()
        except NotAllowed as refused:
            error = forbidden(str(refused))
        if error is not None:
            answer = refusal(error)
            if error.status == 405:
                answer.headers["Allow"] = _ALLOWED
            if isinstance(error, TooFast):
                answer.headers["Retry-After"] = str(error.retry_after_s)
        await self._sightings.seen(login, request, place, error)
        return answer

    async def _handled(self, ask: DavAsk) -> web.StreamResponse:
        if ask.request.method == "OPTIONS":
            return await self._options(ask)
        handler = _HANDLERS.get(ask.request.method)
        if handler is None:
            raise DavError(405, "there is no such method")
        return await handler(ask)

    async def _open_book(self, account_id: int) -> None:
        """A member has a book from the first look on: some clients give up on a home without any."""
        if account_id in self._opened:
            return
        if not await self._desk.read(lambda books: has_default(books.address_books.of(account_id))):
            await self._desk.commit(lambda books: books.address_books.default(account_id))
        if len(self._opened) >= MAX_OPENED:
            self._opened.clear()
        self._opened.add(account_id)

    async def _options(self, ask: DavAsk) -> web.Response:
        """What can be done here; where nothing is, a book or a card may be made."""
        if ask.place.kind is not Kind.PRINCIPAL:
            ask.must_be_own()
        return dav_answer(200, headers={"Allow": _ALLOWED})


def has_default(books: Iterable[Book]) -> bool:
    """Whether the book that everybody has is among these."""
    return any(book.is_own and book.slug == DEFAULT_SLUG for book in books)


def _place(request: web.BaseRequest) -> Place:
    """What the path names. Raises DavError: 409 where something is to be made that has no place (RFC 4918 9.3.1)."""
    try:
        return read_path(request.raw_path)
    except DavError as error:
        if request.method in ("PUT", "MKCOL"):
            raise DavError(409, error.detail) from None
        raise
