"""The web page with the phones, and the JSON interface of the simulator."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from carriers.simulator.bubbles import fragment, language_of, whole_page
from carriers.simulator.operator import Operator
from carriers.simulator.traffic import Fact
from gateway.core import phone
from gateway.core.errors import BadRequest, CaiyouError, NotFound

MAX_BODY_OCTETS = 1 << 17
_WAITING_FACTS = 1000  # for one browser that does not keep up; it misses what is more
_BEAT_S = 1.0
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """Serves one operator; `touch` is called after anything was asked of it. `more` are addresses of other parts."""

    def __init__(self, operator: Operator, touch: Callable[[], None], more: Sequence[web.RouteDef] = ()) -> None:
        self._operator = operator
        self._more = more
        self._touch = touch
        self._queues: set[asyncio.Queue[Fact | None]] = set()
        self._runner: web.AppRunner | None = None
        self._host = ""

    async def start(self, host: str, port: int) -> int:
        """Listen; the port. Raises OSError when it is taken."""
        self._host = host
        app = web.Application(client_max_size=MAX_BODY_OCTETS, middlewares=[self._guard])
        app.add_routes([
            web.get("/", self._page),
            web.get("/phones", self._phones),
            web.get("/page.css", self._file("page.css", "text/css")),
            web.get("/page.js", self._file("page.js", "text/javascript")),
            web.post("/say", self._form_say),
            web.post("/faults", self._form_faults),
            web.post("/drop", self._form_drop),
            web.get("/events", self._events),
            web.get("/api/handsets", self._handsets),
            web.get("/api/handsets/{number}", self._handset),
            web.post("/api/handsets/{number}/say", self._say),
            web.get("/api/faults", self._faults),
            web.post("/api/faults", self._change_faults),
            web.get("/api/counters", self._counters),
            web.post("/api/drop", self._drop),
            *self._more,
        ])  # fmt: skip
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        self._operator.listeners.append(self._hear)
        return int(runner.addresses[0][1])

    async def stop(self) -> None:
        """Close; pages that are open are told."""
        if self._hear in self._operator.listeners:
            self._operator.listeners.remove(self._hear)
        for queue in self._queues:
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(None)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _hear(self, fact: Fact) -> None:
        for queue in self._queues:
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(fact)

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse pages of other sites, which a browser on this machine may have open; name errors in JSON."""
        host = urlsplit(f"//{request.host}").hostname or ""
        if self._host in _LOCAL and host not in _LOCAL:
            return web.json_response({"error": "this page is for this machine"}, status=403)
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin is not None and urlsplit(origin).netloc != request.host:
            return web.json_response({"error": "asked from another site"}, status=403)
        try:
            response = await handler(request)
        except NotFound as error:
            response = web.json_response({"error": str(error)}, status=404)
        except CaiyouError as error:
            response = web.json_response({"error": str(error)}, status=400)
        if not response.prepared:
            response.headers.update(_SAFE)
        return response

    # For people.

    async def _page(self, request: web.Request) -> web.Response:
        language = language_of(request.headers.get("Accept-Language", ""))
        return web.Response(text=whole_page(self._operator, language), content_type="text/html")

    async def _phones(self, request: web.Request) -> web.Response:
        language = language_of(request.headers.get("Accept-Language", ""))
        return web.Response(text=fragment(self._operator, language), content_type="text/html")

    def _file(self, name: str, content_type: str) -> _Handler:
        text = resources.files("carriers.simulator").joinpath("pages", name).read_text("utf-8")

        async def give(request: web.Request) -> web.Response:
            return web.Response(text=text, content_type=content_type)

        return give

    async def _form_say(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._operator.say(str(form.get("number", "")), str(form.get("text", "")), None, time_now())
        self._touch()
        return web.Response(status=303, headers={"Location": "/"})

    async def _form_faults(self, request: web.Request) -> web.Response:
        form = await request.post()
        changes = {name: str(value) for name, value in form.items()}
        # A browser does not send the boxes that are not ticked.
        changes |= {
            name: "off"
            for name, value in self._operator.faults.values().items()
            if isinstance(value, bool) and name not in changes
        }
        self._operator.change_faults(changes, time_now())
        self._touch()
        return web.Response(status=303, headers={"Location": "/"})

    async def _form_drop(self, request: web.Request) -> web.Response:
        self._operator.drop_lines()
        self._touch()
        return web.Response(status=303, headers={"Location": "/"})

    # For programs.

    async def _handsets(self, request: web.Request) -> web.Response:
        return web.json_response([
            {"number": it.number, "texts": len(it.texts), "last": it.texts[-1].line() if it.texts else None}
            for it in self._operator.handsets.values()
        ])  # fmt: skip

    async def _handset(self, request: web.Request) -> web.Response:
        raw = request.match_info["number"]
        found = self._operator.handsets.get(phone.normalise(raw) or raw)
        if found is None:
            raise NotFound(f"{raw[:32]} has received nothing and written nothing.")
        return web.json_response(found.line())

    async def _say(self, request: web.Request) -> web.Response:
        asked = await read_json(request)
        text, to = asked.get("text"), asked.get("to")
        if not isinstance(text, str) or not isinstance(to, str | None):
            raise BadRequest("text, to: text wanted")
        written = self._operator.say(request.match_info["number"], text, to, time_now())
        self._touch()
        return web.json_response(written.line(), status=201)

    async def _faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._operator.faults.values())

    async def _change_faults(self, request: web.Request) -> web.Response:
        self._operator.change_faults(await read_json(request), time_now())
        self._touch()
        return web.json_response(self._operator.faults.values())

    async def _counters(self, request: web.Request) -> web.Response:
        return web.json_response(self._operator.tally())

    async def _drop(self, request: web.Request) -> web.Response:
        dropped = self._operator.drop_lines()
        self._touch()
        return web.json_response({"dropped": dropped})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: every fact under its name, and the counters once a second."""
        response = web.StreamResponse(headers=_SAFE | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[Fact | None] = asyncio.Queue(_WAITING_FACTS)
        self._queues.add(queue)
        try:
            await response.write(_event("counters", self._operator.tally()))
            beat = time_now() + _BEAT_S
            while True:
                try:
                    async with asyncio.timeout(max(0.0, beat - time_now())):
                        fact = await queue.get()
                except TimeoutError:
                    beat = time_now() + _BEAT_S
                    await response.write(_event("counters", self._operator.tally()))
                    continue
                if fact is None:
                    return response
                await response.write(_event(fact.name, fact.values))
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self._queues.discard(queue)


def time_now() -> float:
    """The clock of the operator: that of the loop."""
    return asyncio.get_running_loop().time()


def _event(name: str, values: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(values, ensure_ascii=False)}\n\n".encode()


async def read_json(request: web.Request) -> dict[str, Any]:
    """The object in a request. Raises BadRequest."""
    # The type that no form of another site can send.
    if request.content_type != "application/json":
        raise BadRequest("Content-Type: application/json wanted")
    try:
        value = await request.json()
    except (ValueError, RecursionError) as error:
        raise BadRequest("that is not JSON") from error
    if not isinstance(value, dict):
        raise BadRequest("a JSON object is wanted")
    return value
