"""Asking by HTTP where a number is today, beside the way of messages: none ever waits for an answer.

What is answered is written into the books as a ported number, with its source and date, and every process learns it.
A service that is slow or away is left alone for a while; until it answers the table of ranges stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from gateway.core.errors import ConfigError, StoreUnavailable
from gateway.core.lookups import Lookups
from gateway.core.numbering import NumberLookup, Ported, is_operator
from gateway.store.desk import Desk

#: Octets of an answer that are read.
MAX_ANSWER: Final = 4096
#: How often it is looked whether there is a number to ask about, seconds.
LOOK_EVERY_S: Final = 0.25
#: Pauses after so many rounds in a row without any answer, seconds; the last one repeats.
REST_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """Who is asked where numbers are (携号转网). Without a URL nobody is, and imports alone tell."""

    #: Address asked about a number, with {number} in it, like https://dip.example/v1?n={number}. Empty: nobody.
    lookup_url: str = ""
    #: Where the operator stands in the JSON of the answer, names with dots between: data.operator.
    lookup_field: str = "operator"
    #: What the answers call the operators, like 1=cmcc; a word that is not listed is taken as it is.
    lookup_words: tuple[str, ...] = ()
    #: Value of the header Authorization.
    lookup_authorization: str = ""
    #: Seconds an answer may take.
    lookup_timeout_s: float = 2.0
    #: Seconds after which a number is asked about again.
    lookup_max_age_s: float = 604_800.0
    #: Questions under way at the same time.
    lookup_concurrency: int = 8

    def __post_init__(self) -> None:
        if self.lookup_url and ("{number}" not in self.lookup_url or not self.lookup_url.startswith("http")):
            raise ConfigError("lookup_url must be an http or https address with {number} in it")
        for word in self.lookup_words:
            if not is_operator(word.partition("=")[2]):
                raise ConfigError(f"lookup_words: {word!r} is not like 1=cmcc")
        if self.lookup_timeout_s <= 0 or self.lookup_concurrency < 1:
            raise ConfigError("lookup_timeout_s and lookup_concurrency must be above 0")


def operator_in(answer: bytes, field: str, words: dict[str, str]) -> str | None:
    """The operator an answer names; None when it names none that can be used."""
    try:
        found: Any = json.loads(answer)
        for name in field.split("."):
            found = found[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    word = words.get(str(found), str(found).lower())
    return word if is_operator(word) else None


class HttpDip:
    """A portability service behind HTTP; one question a number."""

    def __init__(self, config: NumberConfig, now_ms: Any) -> None:
        self._config = config
        self._now_ms = now_ms
        self._words = dict(word.split("=", 1) for word in config.lookup_words)
        self._source = config.lookup_url.split("//", 1)[-1].split("/", 1)[0][:128]
        self._client: aiohttp.ClientSession | None = None

    async def look_up(self, number: str) -> Ported | None:
        """What is known of a number; None when nothing is, or nobody answered in time. Raises nothing."""
        config = self._config
        if self._client is None:
            headers = {"Authorization": config.lookup_authorization} if config.lookup_authorization else {}
            self._client = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=config.lookup_timeout_s),
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        url = config.lookup_url.replace("{number}", quote(number, safe=""))
        try:
            async with self._client.get(url, allow_redirects=False) as response:
                if response.status != 200:
                    return None
                answer = await response.content.read(MAX_ANSWER)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
        operator = operator_in(answer, config.lookup_field, self._words)
        if operator is None:
            return None
        day = datetime.fromtimestamp(self._now_ms() / 1000, UTC).date().isoformat()
        return Ported(number, operator, self._source, day)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.close()


class NumberDips:
    """Asks about what the router of this process wants to know."""

    def __init__(self, desk: Desk, config: NumberConfig, lookup: NumberLookup | None = None) -> None:
        self._desk = desk
        self._config = config
        self._http = HttpDip(config, desk.now_ms) if config.lookup_url and lookup is None else None
        self._lookup = lookup or self._http
        self._task: asyncio.Task[None] | None = None
        self._silent = 0  # rounds in a row without an answer

    async def start(self) -> None:
        """Begin to ask, when there is somebody to be asked."""
        if self._lookup is not None:
            self._desk.router.lookups = Lookups(self._config.lookup_max_age_s)
            self._task = asyncio.create_task(self._ask_on(self._lookup), name="number-dips")

    async def stop(self) -> None:
        """Ask no more."""
        self._desk.router.lookups = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    async def _ask_on(self, lookup: NumberLookup) -> None:
        while True:
            wanted = self._desk.router.lookups
            numbers = wanted.take(self._config.lookup_concurrency) if wanted is not None else []
            if not numbers:
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            answers = await asyncio.gather(*(lookup.look_up(number) for number in numbers), return_exceptions=True)
            for number, answer in zip(numbers, answers, strict=True):
                if not isinstance(answer, Ported) and wanted is not None:
                    wanted.missed(number)
            ported = [answer for answer in answers if isinstance(answer, Ported)]
            if ported:
                self._silent = 0
                await self._note(ported)
            else:
                await asyncio.sleep(REST_S[min(self._silent, len(REST_S) - 1)])
                self._silent += 1

    async def _note(self, ported: Sequence[Ported]) -> None:
        """Keep the answers; those that say what is known already change nothing."""
        numbering = self._desk.router.numbering
        new = [answer for answer in ported if numbering.whose(answer.number)[1] != answer.operator]
        if not new:
            return
        numbering.port((answer.number, answer.operator) for answer in new)
        with contextlib.suppress(StoreUnavailable):
            await self._desk.commit(lambda books: books.numbers.port(new))
