"""Requests of MM7 that go out, to a centre or to a service provider. The shell."""

from __future__ import annotations

import asyncio
import contextlib
import io
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from carriers.mm7 import authorisation
from carriers.mm7.authorisation import Challenge
from gateway.core.errors import CaiyouError
from mms.codec.mm7.packaging import Packed

#: Octets of an answer that are read.
MAX_ANSWER: Final = 1_000_000
#: Octets of a request from which on it is sent in pieces.
LARGE: Final = 1 << 20
#: An unused connection is closed after this: less than servers have, or a request would meet a connection that is just
#: being closed, and nobody would know its fate.
KEEPALIVE_S: Final = 4.0
#: However long a server wants us to rest, after this it is asked again.
LONGEST_REST_S: Final = 3600.0


class Unreachable(CaiyouError):
    """No connection could be made, so nothing was sent."""


class Lost(CaiyouError):
    """The request went out, at least in part, and no answer came."""


class Answer(NamedTuple):
    """What HTTP brought back."""

    status: int
    content_type: str
    body: bytes
    retry_after_s: float | None = None
    challenge: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Where requests go, and how they are authorised."""

    url: str
    scheme: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    connections: int = 16
    connect_timeout_s: float = 10.0
    response_timeout_s: float = 60.0
    tls: ssl.SSLContext | None = None


class Client:
    """Keeps connections to one server."""

    def __init__(self, access: Access, clock: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        self._access = access
        self._clock = clock
        self._nonce = nonce
        self._url = URL(access.url, encoded=True)
        self._session: aiohttp.ClientSession | None = None
        self._challenge: Challenge | None = None
        self._signed = 0  # requests under this challenge

    def open(self) -> None:
        """Get ready; connections are made when they are needed."""
        access = self._access
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=access.connections, ssl=access.tls or True, keepalive_timeout=KEEPALIVE_S
                ),
                timeout=aiohttp.ClientTimeout(
                    total=access.connect_timeout_s + access.response_timeout_s,
                    sock_connect=access.connect_timeout_s,
                    sock_read=access.response_timeout_s,
                ),
                headers={"User-Agent": "caiyou", "Accept-Encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def probe(self) -> None:
        """See whether the server takes a connection. Raises Unreachable."""
        url = urlsplit(self._access.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        tls = (self._access.tls or ssl.create_default_context()) if url.scheme == "https" else None
        try:
            async with asyncio.timeout(self._access.connect_timeout_s):
                _, writer = await asyncio.open_connection(url.hostname, port, ssl=tls)
        except (OSError, TimeoutError) as error:
            raise Unreachable(str(error) or "no connection in time") from error
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def ask(self, packed: Packed) -> Answer:
        """The answer to a request. Raises Unreachable, Lost."""
        answer = await self._post(packed, self._authorization())
        if answer.status == 401 and self._access.scheme == "digest":
            found = authorisation.challenge_of(answer.challenge)
            if found is not None:  # the first time, or the nonce is stale
                if self._challenge is None or found.nonce != self._challenge.nonce:
                    self._signed = 0  # requests side by side may get the same nonce, and no count may come twice
                self._challenge = found
                answer = await self._post(packed, self._authorization())
        return answer

    def _authorization(self) -> str:
        access = self._access
        if access.scheme == "basic":
            return authorisation.basic(access.user, access.password)
        if access.scheme != "digest" or self._challenge is None:
            return ""
        self._signed += 1
        return authorisation.digest(
            self._challenge,
            access.user,
            access.password,
            uri=self._url.raw_path_qs,
            count=self._signed,
            cnonce=self._nonce(),
        )

    async def _post(self, packed: Packed, authorization: str) -> Answer:
        assert self._session is not None
        head = dict(packed.head)
        if authorization:
            head["Authorization"] = authorization
        # aiohttp warns of larger bodies in one piece: they would hold up everything else.
        data = packed.body if len(packed.body) <= LARGE else io.BytesIO(packed.body)
        try:
            async with self._session.post(self._url, data=data, headers=head, allow_redirects=False) as answer:
                return await self._read(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(str(error) or "no connection in time") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Lost(str(error) or type(error).__name__) from error

    async def _read(self, answer: aiohttp.ClientResponse) -> Answer:
        parts: list[bytes] = []
        size = 0
        async for part in answer.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                answer.close()
                break
        return Answer(
            answer.status,
            answer.headers.get("Content-Type", ""),
            b"".join(parts)[:MAX_ANSWER],
            self._rest_s(answer.headers.get("Retry-After", "")),
            ", ".join(answer.headers.getall("WWW-Authenticate", [])),
        )

    def _rest_s(self, text: str) -> float | None:
        """Seconds that a Retry-After asks for (RFC 9110 section 10.2.3); None for nonsense."""
        if text.isascii() and text.isdigit() and len(text) < 10:
            return min(float(text), LONGEST_REST_S)
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        if until.tzinfo is None:
            return None
        return min(max(0.0, (until - self._clock()).total_seconds()), LONGEST_REST_S)


def tls_context(authority: str, certificate: str, key: str) -> ssl.SSLContext:
    """A client's context. Raises OSError, ssl.SSLError for files that are none."""
    context = ssl.create_default_context(cafile=authority or None)
    if certificate:
        context.load_cert_chain(certificate, key)
    return context
