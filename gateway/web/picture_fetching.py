"""Fetching pictures that mails want from elsewhere, on behalf of readers who asked for them.

The addresses come from strangers: nothing is fetched from private networks or odd ports, nothing large, slow or packed,
and no redirect is followed without a look. Who is asked learns neither the reader nor the mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

import aiohttp
from yarl import URL

from gateway.core.errors import Refused
from gateway.web.egress import GuardedResolver, check_url
from gateway.web.picture_types import picture_type

TIMEOUT_S: Final = 5.0
MAX_OCTETS: Final = 5 << 20
MAX_REDIRECTS: Final = 3
#: Pictures that are fetched at the same time, for all readers.
CONCURRENCY: Final = 20


class PictureFetching:
    """Fetches pictures; `ports` are those that may be called, None for all."""

    def __init__(self, *, allow_private: bool = False, ports: Collection[int] | None = (80, 443)) -> None:
        self._allow_private = allow_private
        self._ports = ports
        self._turns = asyncio.Semaphore(CONCURRENCY)

    async def fetch(self, address: str) -> tuple[bytes, str]:
        """The octets and the type of the picture at an address. Raises Refused with the reason why there is none."""
        connector = aiohttp.TCPConnector(
            limit=1, resolver=GuardedResolver(allow_private=self._allow_private), use_dns_cache=False
        )
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._turns,
                aiohttp.ClientSession(
                    connector=connector,
                    headers={"User-Agent": "caiyou", "Accept": "image/*", "Accept-Encoding": "identity"},
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,  # a small answer must not become a large one
                    trust_env=False,
                ) as client,
            ):
                octets = await self._octets(client, address)
        except TimeoutError as error:
            raise Refused("too_slow", f"there was no answer within {TIMEOUT_S:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Refused("no_picture", f"{type(error).__name__}: {error}") from error
        media_type = picture_type(octets)
        if not media_type:
            raise Refused("no_picture", "this is no picture that browsers show")
        return octets, media_type

    async def _octets(self, client: aiohttp.ClientSession, address: str) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            checked = URL(check_url(address, allow_private=self._allow_private))
            if self._ports is not None and checked.port not in self._ports:
                raise Refused("bad_port", f"port {checked.port} is not called for pictures")
            async with client.get(checked, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    address = str(answer.url.join(URL(answer.headers.get("Location", ""))))
                    continue
                if answer.status != 200:
                    raise Refused("no_picture", f"the answer is {answer.status}")
                octets = bytearray()
                async for chunk in answer.content.iter_chunked(65_536):
                    octets += chunk
                    if len(octets) > MAX_OCTETS:
                        raise Refused("too_large", f"the picture has more than {MAX_OCTETS} octets")
                return bytes(octets)
        raise Refused("redirects", f"more than {MAX_REDIRECTS} redirects")
