"""The web door: the HTTP API, the status page, health and metrics.

One low-level aiohttp server with a dispatch of our own in front: a message is put in at a third less cost than by way
of an application with router and middlewares (37 against 48 µs, measured).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiohttp import web

from gateway.core.errors import CaiyouError, ConfigError
from gateway.store.desk import Desk
from gateway.web import openapi, status
from gateway.web.answers import asset_answer, json_answer, moved_answer, page_answer, problem_answer, text_answer
from gateway.web.asking import Api, Ask, Media
from gateway.web.health import Figures, Health
from gateway.web.limits import Lines
from gateway.web.messages import post_messages
from gateway.web.messages_json import MessageRules
from gateway.web.metrics import HubCollector, HubFigures, metrics_page
from gateway.web.problems import Problem, explain
from gateway.web.pulse import Pulse
from gateway.web.routes import MESSAGES, NoSuchMethod, Routes
from gateway.web.submissions import MessageTaker, Submissions
from gateway.web.tokens import Tokens
from gateway.web.viewing import COOKIE, SESSION_S, Client, Proxies, Viewers, wants_page

#: Seconds requests under way may take to end when the door closes.
CLOSING_S: Final = 10.0
DAV_METHODS: Final = frozenset({"OPTIONS", "PROPFIND", "REPORT"})


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The HTTP API and the status page."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 lets the system choose.
    port: int = 8080
    #: Largest body of a request; a thousand messages of ten Chinese segments need about 2 MiB.
    max_body_octets: int = 4_194_304
    #: Seconds a client may take to send the body of a request.
    body_timeout_s: float = 20.0
    #: Seconds a connection may be idle, or take to send its first request.
    idle_timeout_s: float = 75.0
    #: Connections in all.
    max_connections: int = 5000
    #: Connections from one address (IPv6: from one /64). Trusted proxies have no limit of their own.
    connections_per_address: int = 200
    #: Addresses or networks of reverse proxies whose X-Forwarded-For is believed.
    trusted_proxies: tuple[str, ...] = ()
    #: Segments the longest text may take.
    max_segments: int = 10
    #: Messages a day from one account to one number; 0 = no limit.
    recipient_daily_cap: int = 20
    #: Beginnings of the numbers that may be written to, such as "+86"; empty = the home country, "*" = all.
    allowed_prefixes: tuple[str, ...] = ()
    #: Messages a second of a token that has no rate of its own; 0 = no limit. Each worker counts for itself.
    rate_per_s: int = 0
    #: Front workers: processes that take HTTP off the hub's hands. 0: the hub answers itself; 1 is enough for 5000
    #: messages a second; more share the port.
    workers: int = 0


class Room(Protocol):
    """Who answers everything below one first word of the path."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse: ...


class WebDoor:
    """Answers HTTP. `figures` gives more gauges for the metrics page by name.

    In a front worker `submissions` is the line to the hub; without it messages go into the outbox from here. `hub`
    then gives what the hub's process says of itself.
    `rooms` makes, from what tells whom a request comes from, those who answer below first words of paths.
    `signature` goes before the SMS with a code: None for that of the member's language, "" where the route signs.
    """

    def __init__(
        self,
        desk: Desk,
        config: WebConfig,
        media: Media,
        *,
        region: str = "CN",
        private_webhooks: bool = False,
        figures: Callable[[], Mapping[str, float]] = dict,
        submissions: MessageTaker | None = None,
        signature: str | None = None,
        hub: Callable[[], HubFigures] | None = None,
        rooms: Callable[[Client], Mapping[str, Room]] = lambda client: {},
    ) -> None:
        self._hub = hub
        self._desk = desk
        self._config = config
        self._more_figures = figures
        self._proxies = Proxies(config.trusted_proxies)
        self._submissions = submissions or Submissions(desk, config.recipient_daily_cap)
        self._api = Api(
            desk=desk,
            tokens=Tokens(lambda secret: desk.read(lambda books: books.accounts.token(secret)), time.monotonic),
            submissions=self._submissions,
            rules=MessageRules.of(region, config.allowed_prefixes, config.max_segments),
            default_rate_per_s=config.rate_per_s,
            max_body_octets=config.max_body_octets,
            body_timeout_s=config.body_timeout_s,
            address_of=self._proxies.address_of,
            clock=time.monotonic,
            media=media,
            private_webhooks=private_webhooks,
            recipient_daily_cap=config.recipient_daily_cap,
            signature=signature,
        )
        self._routes = Routes()
        self._rooms = rooms(self._proxies)
        self._viewers = Viewers(self._api, self._proxies, time.monotonic)
        self._health = Health(desk, time.monotonic)
        self._pulse = Pulse()
        self._server: _Server | None = None
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port the door listens on."""
        assert self._listener is not None, "the door is closed"
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen."""
        config = self._config
        lines = Lines(config.max_connections, config.connections_per_address)
        self._server = _Server(
            self._handle,
            lines,
            self._proxies,
            request_factory=self._make_request,
            keepalive_timeout=config.idle_timeout_s,
            lingering_time=2.0,
            auto_decompress=False,
            access_log=None,
        )
        self._pulse.start()
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._server, config.host, config.port, backlog=1024, reuse_port=config.workers > 1
            )
        except OSError as error:
            await self._pulse.stop()
            raise ConfigError(
                f"[web] cannot listen on {config.host}:{config.port}: {error.strerror}; choose another port"
            ) from error

    async def stop(self) -> None:
        """Take no more requests, and answer those under way."""
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            self._server.pre_shutdown()
            await self._submissions.drain()
            await self._server.shutdown(CLOSING_S)
        if self._listener is not None:
            await self._listener.wait_closed()
        self._listener = self._server = None
        await self._pulse.stop()

    def _make_request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        return web.BaseRequest(
            message, payload, protocol, writer, task, task.get_loop(), client_max_size=self._config.max_body_octets
        )

    # --- requests -------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.method == "POST" and request.raw_path == MESSAGES:
                return await post_messages(self._api, request)
            return await self._serve(request)
        except CaiyouError as error:
            problem = explain(error)
            if wants_page(problem, request):
                return page_answer(status.login_page(self._language(request)), problem.status)
            answer = problem_answer(problem)
            if isinstance(problem, NoSuchMethod):
                answer.headers["Allow"] = ", ".join(problem.allowed)
            return answer
        except Exception as error:
            # A mistake of ours. The client learns nothing of it, the journal does.
            self._desk.journal.task_failed("web", f"{type(error).__name__}: {error}")
            return problem_answer(explain(CaiyouError()))

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/api/"):
            if path == openapi.PATH:
                return json_answer(openapi.document())
            route, names = self._routes.find(request.method, path)
            token = await self._api.authorise(request, route.scope)
            return await route.handler(Ask(self._api, request, token, names))
        # Programs for address books look at the root too, in ways that browsers do not.
        room = self._rooms.get("dav" if path == "/" and request.method in DAV_METHODS else path.split("/", 2)[1])
        if room is not None:
            return await room.answer(request)
        if request.method not in ("GET", "HEAD"):
            raise NoSuchMethod(path, ["GET"])
        if path == "/healthz":
            trouble = await self._health.trouble()
            return text_answer(trouble + "\n", 503) if trouble else text_answer("ok\n")
        if path == "/metrics":
            return await self._metrics(request)
        if path == "/status":
            return await self._status(request)
        name = path.removeprefix("/assets/")
        if name in status.ASSETS and path == f"/assets/{name}":
            return asset_answer(status.asset(name), status.ASSETS[name])
        raise Problem(404, "no_such_path", f"there is nothing at {path[:64]}", "See /status and /api/v1/openapi.json.")

    async def _metrics(self, request: web.BaseRequest) -> web.StreamResponse:
        await self._viewers.check(request)
        collector = HubCollector(
            self._desk.journal,
            self._hub() if self._hub else HubFigures(self._desk.store.figures, self._pulse.lag_s, os.getpid()),
            await self._health.figures(),
            self._more_figures() if self._hub is None else {"front_loop_lag_seconds": self._pulse.lag_s},
        )
        body, content_type = metrics_page(collector, request.headers.get("Accept", ""))
        return text_answer(body, content_type=content_type)

    async def _status(self, request: web.BaseRequest) -> web.StreamResponse:
        secret = request.query.get("token")
        if secret:
            answer = moved_answer("/status")
            answer.set_cookie(
                COOKIE,
                await self._viewers.enter(request, secret),
                max_age=SESSION_S,
                httponly=True,
                samesite="Strict",
                secure=self._proxies.is_private(request),
            )
            return answer
        await self._viewers.check(request)
        trouble = await self._health.trouble()
        figures = Figures() if trouble else await self._health.figures()
        return page_answer(
            status.status_page(
                figures,
                trouble=trouble,
                lag_s=self._pulse.lag_s,
                now_ms=self._desk.now_ms(),
                language=self._language(request),
            )
        )

    @staticmethod
    def _language(request: web.BaseRequest) -> str:
        return status.language_of(request.query.get("lang", ""), request.headers.get("Accept-Language", ""))


class _Server(web.Server):
    """aiohttp's server, with a limit of connections per address."""

    def __init__(self, handler: Any, lines: Lines, proxies: Proxies, **options: Any) -> None:
        super().__init__(handler, **options)
        self.lines = lines
        self.proxies = proxies

    def __call__(self) -> web.RequestHandler:
        return _Line(self, loop=self._loop, **self._kwargs)


class _Line(web.RequestHandler):
    """One connection; refused without a word when its address has too many."""

    __slots__ = ("_counted", "_server")

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._counted: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._server.proxies.trusts(address):
            if not self._server.lines.enter(address):
                assert isinstance(transport, asyncio.Transport)
                transport.abort()
                return
            self._counted = address
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._counted is not None:
            self._server.lines.leave(self._counted)
            self._counted = None
        if self.transport is not None:  # else it was refused and aiohttp knows nothing of it
            super().connection_lost(exc)
