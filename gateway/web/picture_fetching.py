"""Fetching pictures that mails want from elsewhere, on behalf of readers who asked for them.

The addresses come from strangers: nothing is fetched from private networks or odd ports, nothing large, slow or packed,
and no redirect is followed without a look. Who is asked learns neither the reader nor the mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

import aiohttp

from gateway.core.errors import Refused
from gateway.web.egress import fetched, guarded_client
from gateway.web.picture_types import picture_type

TIMEOUT_S: Final = 5.0
MAX_OCTETS: Final = 5 << 20
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
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._turns,
                guarded_client(
                    allow_private=self._allow_private,
                    limit=1,
                    headers={"User-Agent": "caiyou", "Accept": "image/*", "Accept-Encoding": "identity"},
                ) as client,
            ):
                octets = await fetched(
                    client,
                    address,
                    allow_private=self._allow_private,
                    max_octets=MAX_OCTETS,
                    what="picture",
                    refusal="no_picture",
                    ports=self._ports,
                )
        except TimeoutError as error:
            raise Refused("too_slow", f"there was no answer within {TIMEOUT_S:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Refused("no_picture", f"{type(error).__name__}: {error}") from error
        media_type = picture_type(octets)
        if not media_type:
            raise Refused("no_picture", "this is no picture that browsers show")
        return octets, media_type
