"""The door at which the other centre brings its mails: by its address, its login, or both; yes when it is on disk."""

# ruff: noqa: N802 (aiosmtpd finds the methods of its handler by their names)

from __future__ import annotations

import asyncio
import collections
import contextlib
import hmac
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Final, cast

import aiosmtpd.smtp

from carriers.mm4.config import NO_LISTENING, Mm4Config

#: Connections at the same time; more are closed without a word.
MAX_CONNECTIONS: Final = 64
MAX_RECIPIENTS: Final = 100
#: Octets of a command line: addresses of phones are long.
MAX_COMMAND: Final = 2048
#: Octets of a line; some centres put 8-bit octets on lines longer than RFC 5321 has them.
MAX_LINE: Final = 65_536
#: Seconds of silence after which a connection is closed.
IDLE_S: Final = 300.0
#: Seconds for the last words on connections when the link stops.
GOODBYE_S: Final = 1.0

Take = Callable[[Sequence[str], bytes], Awaitable[str]]


class Listener:
    """Listens for one link. `take` files a mail for its recipients and gives the reply of SMTP."""

    def __init__(self, config: Mm4Config, take: Take, misbehaved: Callable[[str], None]) -> None:
        self._config = config
        self._take = take
        self._misbehaved = misbehaved
        self._networks = config.networks()
        self._lines: set[_Line] = set()
        self._filing = 0
        self._eased = asyncio.Event()  # a mail was filed or a connection is gone, since it was last looked
        self._server: asyncio.Server | None = None
        self.port = config.listen_port

    async def open(self) -> None:
        """Begin to listen, if there is a port. Raises OSError."""
        config = self._config
        if config.listen_port == NO_LISTENING or self._server is not None:
            return
        tls = None
        if config.listen_certificate:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(config.listen_certificate, config.listen_key)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Line(self, tls, loop), config.listen_host or None, config.listen_port
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self, wait_s: float) -> None:
        """Let nobody in; mails that are being filed get so many seconds."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self._filing:
                    self._eased.clear()
                    await self._eased.wait()
        for line in list(self._lines):
            line.hang_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while self._lines:
                    self._eased.clear()
                    await self._eased.wait()

    # --- called by lines ----------------------------------------------------------------------------------------

    def enter(self, line: _Line, address: str) -> bool:
        """Whether somebody at this address may say anything."""
        if self._server is None:
            return False  # accepted while the door was being closed
        if len(self._lines) >= MAX_CONNECTIONS or not self._is_allowed(address):
            self._misbehaved(f"a connection from {address} was not let in")
            return False
        self._lines.add(line)
        return True

    def leave(self, line: _Line) -> None:
        """A connection is gone."""
        self._lines.discard(line)
        self._eased.set()

    def log_in(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> aiosmtpd.smtp.AuthResult:
        """See aiosmtpd's authenticator."""
        config = self._config
        name, password = getattr(data, "login", b""), getattr(data, "password", b"")
        is_right = bool(config.listen_user) and (
            hmac.compare_digest(name, config.listen_user.encode())
            & hmac.compare_digest(password, config.listen_password.encode())
        )
        if not is_right:
            self._misbehaved("a login with a wrong name or password")
        return aiosmtpd.smtp.AuthResult(success=is_right, handled=False)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """The envelope's sender: whoever it is, this is about the connection."""
        if self._config.listen_user and not session.authenticated:
            return "530 5.7.0 Log in first"
        envelope.mail_from = address or "<>"  # aiosmtpd takes an empty one for none
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """A recipient: of ours, or without any domain."""
        _, at, domain = address.rpartition("@")
        if at and domain.lower().rstrip(".") != self._config.own_domain:
            return f"550 5.7.1 This centre is {self._config.own_domain}, and hands nothing on"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients, send the rest by another mail"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The mail."""
        self._filing += 1
        try:
            return await self._take(tuple(envelope.rcpt_tos), envelope.content or b"")
        finally:
            self._filing -= 1
            self._eased.set()

    async def handle_exception(self, error: Exception) -> str:
        """Something that should not happen did."""
        self._misbehaved(f"a connection failed: {type(error).__name__}: {error}")
        return "451 4.3.0 Something went wrong here, try again later"

    def _is_allowed(self, address: str) -> bool:
        if not self._networks:
            return True
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks)


class _Line(aiosmtpd.smtp.SMTP):  # type: ignore[misc, unused-ignore]
    """One connection."""

    command_size_limit = MAX_COMMAND
    command_size_limits: ClassVar[dict[str, int]] = collections.defaultdict(  # type: ignore[misc]
        lambda: MAX_COMMAND
    )
    line_length_limit = MAX_LINE

    def __init__(self, listener: Listener, tls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop) -> None:
        config = listener._config
        super().__init__(
            listener,
            data_size_limit=config.max_octets,
            enable_SMTPUTF8=True,
            hostname=config.own_domain,
            ident="caiyou",
            tls_context=tls,
            timeout=IDLE_S,
            auth_require_tls=tls is not None,
            authenticator=listener.log_in,
            loop=loop,
        )
        self._listener = listener
        self._is_inside = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other centre calls, or (the second time) its TLS is up."""
        if not self._is_inside:
            peer = transport.get_extra_info("peername")
            if not self._listener.enter(self, str(peer[0]) if isinstance(peer, tuple) and peer else "local"):
                # uvloop's transports are no subclasses of asyncio's, so this cannot be asserted.
                cast("asyncio.Transport", transport).abort()
                return
            self._is_inside = True
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """More from the other centre; one that was not let in is not heard."""
        if self._is_inside:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """It will send no more; the base class would keep its socket, with nobody to close it."""
        if self._is_inside:
            super().eof_received()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone; after a failed TLS handshake this comes twice."""
        if self._is_inside:
            self._is_inside = False
            self._listener.leave(self)
            super().connection_lost(error)

    async def _handle_client(self) -> None:
        # A reply to somebody who has gone is nobody's error.
        with contextlib.suppress(ConnectionError):
            await super()._handle_client()

    def hang_up(self) -> None:
        """End the connection from our side."""
        transport = self.transport
        if transport is not None and not transport.is_closing():
            cast("asyncio.Transport", transport).write(b"421 4.3.2 This centre is closing\r\n")
            transport.close()
