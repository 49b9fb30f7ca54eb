"""Fetching the UAProf documents that phones name, behind everybody's back: no request ever waits for one.

The addresses come from phones, so nothing is fetched from private networks, nothing large and nothing slow, and no
redirect is followed without a look. What cannot be had is remembered as well: dead addresses are normal.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp

from gateway.core.errors import BadRequest, Refused
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.egress import fetched, guarded_client
from mms.handsets.uaprof import MAX_OCTETS, Profile, read_profile

TIMEOUT_S: Final = 5.0
#: How often it is looked whether a document is due, seconds.
FETCH_EVERY_S: Final = 10.0
#: Documents of one look, and how many of them at the same time.
AT_ONCE: Final = 20
CONCURRENCY: Final = 4


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
        async with guarded_client(
            allow_private=self._allow_private,
            limit=CONCURRENCY,
            headers={"User-Agent": "caiyou-uaprof/1", "Accept": "application/rdf+xml, application/xml, text/xml, */*"},
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
                document = await fetched(
                    client,
                    url,
                    allow_private=self._allow_private,
                    max_octets=MAX_OCTETS,
                    what="document",
                    refusal="no_profile",
                )
                return read_profile(document), ""
        except (Refused, BadRequest) as error:
            return None, str(error)
        except TimeoutError:
            return None, f"no answer within {TIMEOUT_S:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"
