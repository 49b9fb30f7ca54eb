"""The door at which requests of MM7 come in, of a centre or of service providers. The shell.

Before a word is read: the address it comes from, who calls, and how much it is. A request is answered when whoever
takes it says so, which is when it is on disk.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, cast

from aiohttp import web

from carriers.mm7.authorisation import Guard
from carriers.mm7.config import Network
from carriers.mm7.status import FORMAT_CORRUPT, UNAVAILABLE, UNSUPPORTED_OPERATION, UNSUPPORTED_VERSION, status
from gateway.core.errors import CaiyouError, MalformedPdu
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.envelope import Envelope, is_known_version
from mms.codec.mm7.messages import Fault, Message, Request

#: Requests under way at the same time; more are told to come later.
MAX_CALLS: Final = 64
#: Connections at the same time; more are closed without a word.
MAX_CONNECTIONS: Final = 256
#: Seconds until the head of the first request must be there, and that a connection may be idle afterwards.
HEAD_S: Final = 15.0
IDLE_S: Final = 75.0
#: Seconds a request may take to come.
READ_S: Final = 60.0
#: Octets that are taken from a connection at once: an MMS in one or two pieces.
READ_OCTETS: Final = 1 << 18
#: Seconds for requests under way when the door is closed.
LEAVE_S: Final = 2.0
#: Seconds after which who is put off may come again.
RETRY_AFTER_S: Final = 5
#: Seconds after which an address may come again from which logins failed too often.
SHUT_S: Final = 60


class Raw(NamedTuple):
    """An answer that is no MM7."""

    status: int
    body: bytes = b""
    head: tuple[tuple[str, str], ...] = ()


class Cut(NamedTuple):
    """No answer: the connection breaks."""


class Gate(Protocol):
    """Counts logins that fail, by address."""

    def is_shut(self, address: str) -> bool:
        """Whether nobody is heard from there now."""

    def failed(self, address: str) -> None:
        """A login from there failed."""


#: Who calls, what, and from which address -> what it is answered.
Take = Callable[[str, Envelope, str], Awaitable[Message | Raw | Cut]]


class Door:
    """Listens for requests of these kinds."""

    def __init__(
        self,
        dialect: Dialect,
        guard: Guard,
        kinds: tuple[type[Request], ...],
        take: Take,
        *,
        networks: Sequence[Network] = (),
        max_octets: int = packaging.MAX_OCTETS,
        is_vasp: bool,
        misbehaved: Callable[[str], None],
        gate: Gate | None = None,
    ) -> None:
        self._dialect = dialect
        self._guard = guard
        self._gate = gate
        self._kinds = kinds
        self._take = take
        self._networks = networks
        self._max_octets = max_octets
        self._is_vasp = is_vasp
        self._misbehaved = misbehaved
        self._calls = 0
        self._server: _Server | None = None
        self._listener: asyncio.Server | None = None
        self.port = 0

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen. Raises OSError when that address cannot be had."""
        if self._listener is not None:
            return
        server = _Server(
            self._handle,
            self._may_connect,
            keepalive_timeout=IDLE_S,
            lingering_time=2.0,
            auto_decompress=False,
            read_bufsize=READ_OCTETS,
            access_log=None,
        )
        self._listener = await asyncio.get_running_loop().create_server(server, host, port, ssl=tls)
        self._server = server
        self.port = int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close; requests under way get a moment."""
        listener, self._listener = self._listener, None
        server, self._server = self._server, None
        if listener is None or server is None:
            return
        listener.close()
        server.pre_shutdown()  # connections without a request would be waited for
        await server.shutdown(LEAVE_S)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        cast("_Line", request.protocol).begun()
        if self._calls >= MAX_CALLS:
            return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
        self._calls += 1
        try:
            return await self._answer(request)
        finally:
            self._calls -= 1

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        remote, gate = request.remote or "", self._gate
        if gate is not None and gate.is_shut(remote):
            return web.Response(status=429, headers={"Retry-After": str(SHUT_S)})
        now = asyncio.get_running_loop().time()
        authorization = request.headers.get("Authorization", "")
        user = self._guard.user(authorization, request.method, now)
        if user is None:
            is_stale = self._guard.is_stale(authorization, now)
            if authorization and not is_stale:
                self._misbehaved(f"a request from {remote} was not let in")
                if gate is not None:
                    gate.failed(remote)
            challenge = self._guard.challenge(now, is_stale=is_stale)
            await self._skip(request)
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        data = await self._body(request)
        if isinstance(data, int):
            return web.Response(status=data)
        content_type = request.headers.get("Content-Type", "")
        try:
            envelope = packaging.unpack(content_type, data, self._dialect)
        except MalformedPdu as error:
            self._misbehaved(f"a request that is no MM7: {error}")
            return self._packed(Envelope("", self._fault(FORMAT_CORRUPT, error.reason)), None)
        return await self._taken(request, user, envelope)

    async def _taken(self, request: web.BaseRequest, user: str, envelope: Envelope) -> web.StreamResponse:
        answer: Message | Raw | Cut
        if not is_known_version(envelope):
            answer = self._fault(UNSUPPORTED_VERSION)
        elif not isinstance(envelope.message, self._kinds):
            answer = self._fault(UNSUPPORTED_OPERATION, type(envelope.message).__name__)
        else:
            answer = await self._take(user, envelope, request.remote or "")
        if isinstance(answer, Cut):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if isinstance(answer, Raw):
            return web.Response(status=answer.status, body=answer.body, headers=dict(answer.head))
        return self._packed(Envelope(envelope.transaction_id, answer), envelope)

    def _packed(self, answer: Envelope, request: Envelope | None) -> web.Response:
        dialect = self._dialect
        if request is not None and is_known_version(request):
            dialect = dialect.answering(request.namespace, getattr(request.message, "version", ""))
        try:
            packed = packaging.pack(answer, dialect)
        except CaiyouError as error:
            self._misbehaved(f"an answer could not be written: {error}")
            return web.Response(status=500)
        head = {"Content-Type": dict(packed.head)["Content-Type"]}
        told = getattr(answer.message, "status", None)
        code = 500 if isinstance(answer.message, Fault) else 200  # SOAP 1.1 section 6.2
        if told is not None and told.code == UNAVAILABLE:
            code = 503
            head["Retry-After"] = str(RETRY_AFTER_S)
        return web.Response(status=code, body=packed.body, headers=head)

    def _fault(self, code: int, details: str = "") -> Fault:
        return Fault(status=status(code, details), fault_text="Client error", by_vasp=self._is_vasp)

    async def _body(self, request: web.BaseRequest) -> bytes | int:
        """The body, or the HTTP status to refuse it with."""
        if (request.content_length or 0) > self._max_octets:
            return 413
        parts: list[bytes] = []
        size = 0
        try:
            if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")  # RFC 9110 section 10.1.1
                request.writer.output_size = 0
            async with asyncio.timeout(READ_S):
                async for part in request.content.iter_any():
                    size += len(part)
                    if size > self._max_octets:
                        return 413
                    parts.append(part)
        except TimeoutError:
            return 408
        except (web.PayloadAccessError, web.RequestPayloadError, ConnectionError):
            return 400
        return b"".join(parts)

    async def _skip(self, request: web.BaseRequest) -> None:
        """Read past a body that does not count: who signs on demand sends it before it is asked to sign."""
        if (request.content_length or 0) <= self._max_octets:
            await self._body(request)

    def _may_connect(self, remote: str) -> bool:
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
        self._misbehaved(f"{address} is not among listen_allow")
        return False


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
