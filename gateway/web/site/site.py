"""The site: every request for a page of members or administrators goes through here.

Whatever a page does, this holds: a route names who may see it; a form counts only with the token of its session and
from a page of ours; bodies are bounded before they are read; nothing of ours stands in somebody else's frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from gateway.core.errors import BadRequest, CaiyouError, Conflict, NotFound, Refused
from gateway.core.sessions import Role
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.sessions import TOUCH_MS
from gateway.web.answers import asset_answer, moved_answer
from gateway.web.arranging import pages as arranging
from gateway.web.console import console
from gateway.web.limits import Buckets
from gateway.web.site import home, security, sign_in
from gateway.web.site.looks import STATIC, static_file
from gateway.web.site.routing import Access, Route, Table
from gateway.web.site.services import Services
from gateway.web.site.visit import Visit
from gateway.web.status import language_of
from gateway.web.viewing import Client
from gateway.web.webmail import webmail
from gateway.web.writing import leaving, people, signing_off, write

LANGUAGE_COOKIE: Final = "caiyou_language"
#: Requests a second of one address, and at once.
RATE, BURST = 30.0, 200.0

ROUTES: Final[tuple[Route, ...]] = (
    *home.ROUTES,
    *sign_in.ROUTES,
    *security.ROUTES,
    *write.ROUTES,
    *leaving.ROUTES,
    *people.ROUTES,
    *signing_off.ROUTES,
    *arranging.ROUTES,
    *console.ROUTES,
    *webmail.ROUTES,
)


class Site:
    """Answers for all pages."""

    def __init__(self, desk: Desk, services: Services, client: Client) -> None:
        self._desk = desk
        self._client = client
        self._services = services
        self._buckets = Buckets(BURST)
        self.table: Final = Table(ROUTES)

    @property
    def rooms(self) -> Mapping[str, Site]:
        """This site for the first word of each of its paths."""
        return dict.fromkeys((*self.table.words, STATIC.strip("/")), self)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        path = request.path
        if path.startswith(STATIC):
            return _static(path.removeprefix(STATIC), request)
        visit = self._visit(request)
        try:
            return await self._serve(visit, path)
        except CaiyouError as error:
            return _sorry(visit, error)
        except Exception as error:
            # A mistake of ours. The visitor learns nothing of it, the journal does.
            self._desk.journal.task_failed("site", f"{type(error).__name__}: {error}")
            return visit.page("site/sorry.html", 500, code=500, words_of_error="")

    def _visit(self, request: web.BaseRequest) -> Visit:
        wanted = request.query.get("lang", "") or request.cookies.get(LANGUAGE_COOKIE, "")
        return Visit(
            desk=self._desk,
            request=request,
            names={},
            address=self._client.address_of(request),
            is_private=self._client.is_private(request),
            language=language_of(wanted, request.headers.get("Accept-Language", "")),
            services=self._services,
        )

    async def _serve(self, visit: Visit, path: str) -> web.StreamResponse:
        if self._buckets.take(visit.address, RATE, self._services.clock()):
            raise TooMany
        route, names, other = self.table.find(visit.request.method, path)
        if route is None:
            if other:
                raise BadRequest("This page does not take that.")
            raise NotFound("There is no such page.")
        visit.names = names
        visit.area = route.handler.__module__.split(".")[2]  # gateway.web.<area>.<page>
        await self._recognise(visit)
        refusal = _refusal(visit, route.access)
        if refusal is not None:
            return refusal
        if route.method == "POST":
            await visit.read_form(route.max_octets)
            if not visit.is_ours():
                raise NotOurs
        return await route.handler(visit)

    async def _recognise(self, visit: Visit) -> None:
        """Who asks, by the cookie."""
        secret = visit.request.cookies.get(sign_in.cookie_of(visit), "")
        if not 20 <= len(secret) <= 100:
            return

        def work(books: BooksOfStore) -> Any:
            session = books.sessions.find(secret)
            account = None if session is None else books.accounts.by_id(session.account_id)
            return session, account, Role.MEMBER if account is None else books.accounts.role(account.id)

        session, account, role = await self._desk.read(work)
        if session is None or account is None:
            return
        visit.session, visit.account, visit.role = session, account, role
        if session.is_whole and "lang" not in visit.request.query:
            visit.language = account.language if account.language in ("zh", "en") else visit.language
        if self._desk.now_ms() - session.seen_ms > TOUCH_MS:
            await self._desk.commit(lambda books: books.sessions.touch(session))


#: Status of a refusal.
_CODES: Final = ((NotFound, 404), (BadRequest, 400), (Conflict, 409), (Refused, 403))


class TooMany(CaiyouError):
    """Too many requests came from one address."""


class NotOurs(CaiyouError):
    """A form came without the token of its session, or from a page that is not ours."""


def _refusal(visit: Visit, access: Access) -> web.StreamResponse | None:
    """Where to go instead; None when the visitor may."""
    if access is Access.OPEN:
        return None
    if visit.session is None:
        if visit.request.method == "GET":
            return moved_answer(f"/login?next={_safe(visit.request.path_qs)}")
        return moved_answer("/login")
    if access is Access.HALF:
        return None
    if not visit.session.is_whole:
        return moved_answer("/login/second")
    ranks = {Role.MEMBER: Access.MEMBER, Role.DOMAIN: Access.DOMAIN, Role.SYSTEM: Access.SYSTEM}
    if ranks[visit.role] < access:
        raise NotFound("There is no such page.")  # what is there for others is nobody's business
    return None


def _safe(path: str) -> str:
    """A path as a value of a query."""
    return quote(path[:500], safe="/")


def _static(name: str, request: web.BaseRequest) -> web.Response:
    found = static_file(name)
    if found is None or request.method not in ("GET", "HEAD"):
        return web.Response(status=404, text="There is no such file.\n")
    answer = asset_answer(found[0], found[1])
    if request.query_string == found[2]:
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def _sorry(visit: Visit, error: CaiyouError) -> web.Response:
    code, said = 500, ""
    if isinstance(error, TooMany):
        code, said = 429, visit.say("Too many requests came from your address. Wait a little.")
    elif isinstance(error, NotOurs):
        said = visit.say("The page was too old, or the form came from elsewhere. Load the page again and repeat.")
        code = 403
    else:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), 500)
        said = visit.say(str(error)) if code < 500 else ""
    return visit.page("site/sorry.html", code, code=code, words_of_error=said)
