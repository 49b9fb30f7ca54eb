"""The door at which a provider tells us of reports and SMS. Answered when they are on disk.

Before a word is read: the address it comes from, the token in its address, and how much it is. What comes twice does no
harm, so a provider that gave up waiting may come again.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from typing import Any, Final, cast
from urllib.parse import quote

from aiohttp import web

from carriers.http import document, signing
from carriers.http.callback import Call, Told, Turned, Webhook
from carriers.http.config import HttpConfig
from gateway.core.errors import BadRequest

#: Calls under way at the same time; more are told to come later.
MAX_CALLS: Final = 256
#: Connections at the same time; more are closed without a word.
MAX_CONNECTIONS: Final = 512
#: Seconds until the head of the first request must be there, and that a connection may be idle afterwards.
HEAD_S: Final = 15.0
IDLE_S: Final = 60.0
#: Seconds a provider may take to say what it wants.
READ_S: Final = 10.0
#: Seconds until a call is answered "later" although the store may yet take it.
STORE_S: Final = 25.0
#: Seconds for calls under way when the link stops.
LEAVE_S: Final = 2.0
#: What aiohttp puts in place of the method of a request it could not read.
_UNREADABLE: Final = "UNKNOWN"


class Delivery:
    """The receipt of one call: settled when everything it told is on disk, or something could not be put there."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(self, *, accepted: bool) -> None:
        """One of what it told is on disk, or is not."""
        if self._settled.done():
            return
        self._left -= 1
        if not accepted or self._left <= 0:
            self._settled.set_result(accepted)

    async def wait(self) -> bool:
        """Whether all of it is on disk; waits STORE_S at most."""
        try:
            async with asyncio.timeout(STORE_S):
                return await self._settled
        except TimeoutError:
            return False


class Receiver:
    """Listens for one link."""

    def __init__(
        self,
        config: HttpConfig,
        webhooks: Sequence[Webhook],
        options: dict[str, str],
        *,
        shared_ids: bool,
        take: Callable[[Told, Delivery], None],
        misbehaved: Callable[[str], None],
    ) -> None:
        self._config = config
        self._webhooks = {hook.name: hook for hook in webhooks}
        self._options = options
        self._shared_ids = shared_ids
        self._networks = config.networks()
        self._take = take
        self._misbehaved = misbehaved
        self._calls = 0
        self._server: _Server | None = None
        self._listener: asyncio.Server | None = None
        self.port = max(0, config.webhook_port)

    async def start(self) -> None:
        """Open the door. Raises OSError when that address cannot be had."""
        if self._listener is not None:
            return
        server = _Server(
            self._handle,
            self._may_connect,
            request_factory=self._request,
            keepalive_timeout=IDLE_S,
            lingering_time=2.0,
            auto_decompress=False,
            access_log=None,
        )
        host, port = self._config.webhook_host, self._config.webhook_port
        self._listener = await asyncio.get_running_loop().create_server(server, host, port)
        self._server = server
        self.port = int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the door; calls under way get a moment."""
        listener, self._listener = self._listener, None
        server, self._server = self._server, None
        if listener is None or server is None:
            return
        listener.close()
        await server.shutdown(LEAVE_S)

    def addresses(self) -> dict[str, str]:
        """Where the provider calls, by `webhook:<name>`."""
        token = f"?token={quote(self._config.webhook_token, safe='')}" if self._config.webhook_token else ""
        return {f"webhook:{name}": f"{self._base()}/{name}{token}" for name in self._webhooks}

    def _base(self) -> str:
        config = self._config
        host = f"[{config.webhook_host}]" if ":" in config.webhook_host else config.webhook_host
        return config.webhook_url.rstrip("/") or f"http://{host}:{self.port}"

    def _request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        protocol.begun()
        if message.method == _UNREADABLE:
            self._misbehaved("webhook: what came is no HTTP")
        return web.BaseRequest(message, payload, protocol, writer, task, asyncio.get_running_loop())

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._calls >= MAX_CALLS:
            return web.Response(status=503, headers={"Retry-After": "1"})
        self._calls += 1
        try:
            return await self._answer(request)
        except Turned as turned:
            self._misbehaved(f"webhook: {turned.reason}")
            return web.Response(status=turned.status, text=f"{turned.reason}\n")
        finally:
            self._calls -= 1

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        hook = self._webhooks.get(path.rstrip("/").rpartition("/")[2])
        if hook is None:
            raise Turned(404, f"there is nothing at this address; there are {', '.join(self._webhooks)}")
        self._check_token(query)
        call = Call(
            method=request.method,
            query=query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await self._body(request),
            url=f"{self._base()}/{hook.name}" + (f"?{query}" if query else ""),
        )
        told = hook.read(call, self._options, shared_ids=self._shared_ids)
        for problem in told.problems:
            self._misbehaved(f"webhook: {problem}")
        if told.found and not await self._is_on_disk(told):
            return web.Response(status=503, headers={"Retry-After": "5"})
        return web.Response(
            status=hook.status,
            body=hook.answer.encode() if hook.status != 204 else None,
            headers={"Content-Type": hook.content_type} if hook.status != 204 else None,
        )

    async def _is_on_disk(self, told: Told) -> bool:
        delivery = Delivery(len(told.found))
        self._take(told, delivery)
        return await delivery.wait()

    def _may_connect(self, remote: str) -> bool:
        """Whether somebody at this address may say anything."""
        if not self._networks:
            return True
        try:
            address = ipaddress.ip_address(remote.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self._networks):
            return True
        self._misbehaved(f"webhook: {address} is not among webhook_allow")
        return False

    def _check_token(self, query: str) -> None:
        if not self._config.webhook_token:
            return
        try:
            given = dict(document.read_form(query)).get("token", "")
        except BadRequest as error:
            raise Turned(400, str(error)) from error
        if not signing.same(self._config.webhook_token, given):
            raise Turned(403, "the token is missing or wrong")

    async def _body(self, request: web.BaseRequest) -> bytes:
        most = self._config.webhook_max_octets
        if (request.content_length or 0) > most:
            raise Turned(413, f"more than {most} octets")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(READ_S):
                async for part in request.content.iter_chunked(65536):
                    size += len(part)
                    if size > most:
                        raise Turned(413, f"more than {most} octets")
                    parts.append(part)
        except TimeoutError:
            raise Turned(408, "the body did not come in time") from None
        except (web.PayloadAccessError, web.RequestPayloadError):
            raise Turned(400, "the body broke off") from None
        return b"".join(parts)


class _Server(web.Server):
    """aiohttp's server, which hears only those who may connect."""

    def __init__(self, handler: Any, may_connect: Callable[[str], bool], **options: Any) -> None:
        super().__init__(handler, **options)
        self.may_connect = may_connect
        self.open_lines = 0

    def __call__(self) -> web.RequestHandler:
        return _Line(self, loop=self._loop, **self._kwargs)


class _Line(web.RequestHandler):
    """One connection; closed without a word when it may not be, or says nothing."""

    __slots__ = ("_head_timer", "_is_counted", "_of")

    def __init__(self, server: _Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._of = server
        self._is_counted = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        remote = str(peer[0]) if isinstance(peer, tuple) else ""
        # uvloop's transports are no subclasses of asyncio's, so this cannot be asserted.
        cut = cast("asyncio.Transport", transport).abort
        if self._of.open_lines >= MAX_CONNECTIONS or not self._of.may_connect(remote):
            cut()
            return
        self._of.open_lines += 1
        self._is_counted = True
        self._head_timer = asyncio.get_running_loop().call_later(HEAD_S, cut)
        super().connection_made(transport)

    def begun(self) -> None:
        """The head of a request is there."""
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def connection_lost(self, exc: BaseException | None) -> None:
        self.begun()
        if self._is_counted:
            self._is_counted = False
            self._of.open_lines -= 1
            super().connection_lost(exc)
