"""What a handler of the API works with: the hub's parts, and one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.core.accounts import Token
from gateway.fitting import FittingPool
from gateway.store.desk import Desk
from gateway.web.limits import Buckets
from gateway.web.messages_json import MessageRules, read_time
from gateway.web.problems import FieldError, Problem, bad_json, invalid, too_many
from gateway.web.submissions import MessageTaker
from gateway.web.tokens import Tokens, bearer, forbidden, unauthorised
from mms.config import MmsConfig

#: Wrong tokens an address may show before it has to wait: so many at once, and one more each ten seconds.
WRONG_TOKENS: Final = 20
WRONG_TOKENS_PER_S: Final = 0.1
#: Bodies with media that are read at the same time: each is held in memory.
LARGE_BODIES: Final = 8
#: Octets a second at which a large body must come at least.
SLOWEST: Final = 262_144


@dataclass(slots=True)
class Media:
    """What handlers of MMS and cards work with."""

    config: MmsConfig
    pool: FittingPool
    bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_BODIES))
    #: Who draws: half of the pool at most, for what is to be sent goes first.
    turns: asyncio.Semaphore = field(init=False)
    waiting: int = 0  # for a turn

    def __post_init__(self) -> None:
        self.turns = asyncio.Semaphore(max(1, self.pool.size // 2))


@dataclass(slots=True)
class Api:
    """The parts of the hub the handlers use."""

    desk: Desk
    tokens: Tokens
    submissions: MessageTaker
    rules: MessageRules
    default_rate_per_s: int
    max_body_octets: int
    body_timeout_s: float
    address_of: Callable[[web.BaseRequest], str]
    clock: Callable[[], float]  # seconds that only grow
    media: Media
    private_webhooks: bool = False  # webhooks may point into private networks
    recipient_daily_cap: int = 0  # messages a day from one account to one number; 0 = no limit
    signature: str | None = None  # before the SMS with a code; None = that of the language
    rates: Buckets = field(default_factory=Buckets)
    wrong: Buckets = field(default_factory=lambda: Buckets(WRONG_TOKENS))

    async def authorise(self, request: web.BaseRequest, scope: str) -> Token:
        """Who asks. Raises Problem for nobody, for one who may not, and for one who guesses."""
        secret = bearer(request.headers.get("Authorization"))
        token = self.tokens.remembered(secret)
        if token is None:
            token = await self.check(secret, self.address_of(request))
        if scope not in token.scopes:
            raise forbidden(scope)
        return token

    async def check(self, secret: str, address: str) -> Token:
        """The token of a secret. Raises Problem, and after many wrong ones from an address only that."""
        now = self.clock()
        if wait_s := self.wrong.take(("ask", address), WRONG_TOKENS_PER_S, now, 0):
            raise too_many("too many wrong tokens came from this address", wait_s)
        token = await self.tokens.find(secret)
        if token is None:
            self.wrong.take(("ask", address), WRONG_TOKENS_PER_S, now)
            self.desk.journal.login_failed("api", address)
            raise unauthorised("this token is unknown or revoked")
        return token

    def spend(self, token: Token, messages: int = 1) -> None:
        """Count messages against the rate of a token. Raises Problem when it sends too fast."""
        rate = token.rate_per_s or self.default_rate_per_s
        if rate and (wait_s := self.rates.take(token.id, rate, self.clock(), messages)):
            raise too_many(f"this token may send {rate} messages a second", wait_s)

    async def read_body(self, request: web.BaseRequest, limit: int = 0) -> bytes:
        """The body, bounded in size (0: as requests are) and time. Raises Problem."""
        check_encoding(request)
        content = request.content
        limit = limit or self.max_body_octets
        if (request.content_length or 0) > limit:
            raise too_large(limit)
        if content.is_eof():
            body = content.read_nowait(-1)
            if len(body) > limit:
                raise too_large(limit)
            return body
        found = bytearray()
        try:
            async with asyncio.timeout(self.body_seconds(limit)):
                async for chunk in content.iter_any():
                    if len(found) + len(chunk) > limit:
                        raise too_large(limit)
                    found += chunk
        except TimeoutError:
            raise too_slow() from None
        return bytes(found)

    def body_seconds(self, limit: int) -> float:
        """How long a body of so many octets may take."""
        return self.body_timeout_s + max(0, limit - self.max_body_octets) / SLOWEST

    async def read_json(self, request: web.BaseRequest) -> Any:
        """The JSON in the body. Raises Problem."""
        try:
            return orjson.loads(await self.read_body(request))
        except orjson.JSONDecodeError as error:
            raise bad_json(str(error)) from None
        except RecursionError:
            raise bad_json("it is nested too deeply") from None


@dataclass(slots=True)
class Ask:
    """One request with what is known of it."""

    api: Api
    request: web.BaseRequest
    token: Token
    names: tuple[str, ...] = ()  # the variable parts of the path

    @property
    def account_id(self) -> int:
        """The account that asks."""
        return self.token.account_id

    @property
    def sees_all(self) -> bool:
        """Whether every account's things are shown."""
        return "admin" in self.token.scopes

    def an_id(self, what: str) -> int:
        """The id in the path. Raises Problem."""
        return read_id(self.names[0], what)

    async def an_object(self, fields: tuple[str, ...]) -> dict[str, Any]:
        """The JSON object in the body, with no field but these. Raises Problem."""
        found = await self.api.read_json(self.request)
        if not isinstance(found, dict):
            raise invalid([FieldError("body", "it is no JSON object", f"Send an object with {', '.join(fields)}.")])
        unknown = [
            FieldError(str(name)[:64], "there is no such field", f"Use only {', '.join(fields)}.")
            for name in found
            if name not in fields
        ]
        if unknown:
            raise invalid(unknown)
        return found

    def text(self, name: str) -> str:
        """A value of the query; empty when it is not there."""
        return self.request.query.get(name, "")

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number of the query. Raises Problem."""
        given = self.text(name)
        if not given:
            return default
        if not given.isascii() or not given.isdigit() or len(given) > 19 or not least <= int(given) <= most:
            raise invalid([FieldError(name, "this number cannot be used", f"Give {least} to {most}.")])
        return int(given)

    def moment(self, name: str, default: int) -> int:
        """A moment of the query in Unix milliseconds. Raises Problem."""
        given = self.text(name)
        # A "+" in a query string is a blank: be kind to those who did not write %2B.
        return read_time(given.replace(" ", "+"), name) if given else default

    def before(self) -> int | None:
        """Where the page begins."""
        return self.whole("before", 0, 1, (1 << 63) - 1) or None


Handler = Callable[[Ask], Awaitable[web.StreamResponse]]


def read_id(text: str, what: str) -> int:
    """An id as it stands in a path. Raises Problem."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 1 << 63:
        raise Problem(404, "not_found", f"there is no {what} {text[:32]}", "An id is a number of at most 19 digits.")
    return int(text)


def check_encoding(request: web.BaseRequest) -> None:
    """Raises Problem for a body that is compressed."""
    if "Content-Encoding" in request.headers:
        raise Problem(415, "encoded", "the body is compressed", "Send it without Content-Encoding.")


def too_large(limit: int) -> Problem:
    """A body of too many octets."""
    return Problem(413, "too_large", f"the body is larger than {limit} octets", "Send less at once.")


def too_slow() -> Problem:
    """A body that takes too long."""
    return Problem(408, "too_slow", "the body did not come in time", "Send it at once.")
