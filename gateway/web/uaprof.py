"""Fetching the UAProf documents that phones name, behind everybody's back: no request ever waits for one.

The addresses come from phones, so nothing is fetched from private networks, nothing large and nothing slow, and no
redirect is followed without a look. What cannot be had is remembered as well: dead addresses are normal.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from yarl import URL

from gateway.core.errors import BadRequest, Refused
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.egress import GuardedResolver, check_url
from mms.handsets.uaprof import MAX_OCTETS, Profile, read_profile

TIMEOUT_S: Final = 5.0
#: How often it is looked whether a document is due, seconds.
FETCH_EVERY_S: Final = 10.0
#: Documents of one look, and how many of them at the same time.
AT_ONCE: Final = 20
CONCURRENCY: Final = 4
MAX_REDIRECTS: Final = 3


class ProfileFetching:
    """Fetches what is due."""

    def __init__(self, desk: Desk, *, allow_private: bool = False) -> None:
        self._desk = desk
        self._allow_private = allow_private

    async def fetch_due(self) -> int:
        """Fetch documents phones have named and nobody has fetched; returns how many were looked for."""
        urls = await self._desk.read(lambda books: books.handsets.profiles_due(AT_ONCE))
        if not urls:
            return 0
        connector = aiohttp.TCPConnector(
            limit=CONCURRENCY, resolver=GuardedResolver(allow_private=self._allow_private), use_dns_cache=False
        )
        async with aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": "caiyou-uaprof/1", "Accept": "application/rdf+xml, application/xml, text/xml, */*"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small answer must not become a large one
            trust_env=False,
        ) as client:
            found = await asyncio.gather(*(self._fetch(client, url) for url in urls))

        def work(books: BooksOfStore) -> None:
            for url, (profile, reason) in zip(urls, found, strict=True):
                books.handsets.note_profile(url, profile, reason)

        await self._desk.commit(work)
        return len(urls)

    async def _fetch(self, client: aiohttp.ClientSession, url: str) -> tuple[Profile | None, str]:
        """The profile at an address, or why there is none."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return read_profile(await self._body(client, url)), ""
        except (Refused, BadRequest) as error:
            return None, str(error)
        except TimeoutError:
            return None, f"no answer within {TIMEOUT_S:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"

    async def _body(self, client: aiohttp.ClientSession, url: str) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            checked = check_url(url, allow_private=self._allow_private)
            async with client.get(checked, allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308):
                    url = str(response.url.join(URL(response.headers.get("Location", ""))))
                    continue
                if response.status != 200:
                    raise Refused("no_profile", f"the answer is {response.status}")
                body = bytearray()
                async for chunk in response.content.iter_chunked(65_536):
                    body += chunk
                    if len(body) > MAX_OCTETS:
                        raise Refused("too_large", f"the document has more than {MAX_OCTETS} octets")
                return bytes(body)
        raise Refused("redirects", f"more than {MAX_REDIRECTS} redirects")
