"""Who asks: tokens of the API, looked up once and remembered for two seconds.

A token that is revoked stops working within that time. Unknown ones are remembered too, so that guessing costs the
store nothing; what is remembered is the digest, never the secret.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.core.accounts import Token
from gateway.web.problems import Problem

#: Seconds a token is remembered: as long as a revoked one may still work.
LIFE_S: Final = 2.0
MAX_REMEMBERED: Final = 10_000
#: Characters of a secret that are looked at; ours have 46.
MAX_SECRET: Final = 128

SCOPES: Final = ("send", "read", "webhooks", "ledger", "settings", "admin", "route", "dav")


def bearer(header: str | None) -> str:
    """The secret in an Authorization header. Raises Problem."""
    if not header:
        raise unauthorised("the request has no token")
    if header[:7].lower() != "bearer " or not header.isascii() or not 8 <= len(header) <= 7 + MAX_SECRET:
        raise unauthorised("the Authorization header holds no bearer token")
    return header[7:].strip()


def unauthorised(detail: str) -> Problem:
    """Nobody we know."""
    return Problem(
        401,
        "unauthorised",
        detail,
        "Send the header 'Authorization: Bearer cy_…' with a token that is not revoked.",
    )


def forbidden(scope: str) -> Problem:
    """A token that may not do this."""
    return Problem(
        403,
        "scope_missing",
        f"this token has no scope '{scope}'",
        f"Use a token with the scope '{scope}'; the administrator makes one.",
    )


class Tokens:
    """The tokens seen of late. `look_up(secret)` asks the store; `clock` gives seconds that only grow."""

    def __init__(self, look_up: Callable[[str], Awaitable[Token | None]], clock: Callable[[], float]) -> None:
        self._look_up = look_up
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Token | None]] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Token | None]] = {}

    def remembered(self, secret: str) -> Token | None:
        """The token when it is known and fresh; None when the store must be asked (or knows it not)."""
        found = self._known.get(_digest(secret))
        return found[1] if found is not None and found[0] > self._clock() else None

    async def find(self, secret: str) -> Token | None:
        """The token of a secret; None when there is none. Many who ask at once are one question to the store."""
        digest = _digest(secret)
        found = self._known.get(digest)
        if found is not None and found[0] > self._clock():
            return found[1]
        task = self._asking.get(digest)
        if task is None:
            task = asyncio.ensure_future(self._ask(digest, secret))
            self._asking[digest] = task
            task.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(task)

    async def _ask(self, digest: bytes, secret: str) -> Token | None:
        token = await self._look_up(secret)
        self._known[digest] = (self._clock() + LIFE_S, token)
        self._known.move_to_end(digest)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return token


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
