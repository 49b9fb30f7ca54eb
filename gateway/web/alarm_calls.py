"""Calls to the operators' own program: what is wrong is POSTed and signed as webhooks are, until it is taken."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from gateway.core.errors import CaiyouError
from gateway.store.alarms import AlarmCall
from gateway.store.desk import Desk
from gateway.web.signing import headers

#: Pauses between attempts, seconds; the last one repeats.
PAUSES_S: Final = (5, 30, 120, 600)
#: How long a call is tried.
LIFETIME_MS: Final = 86_400_000
LOOK_EVERY_S: Final = 2.0
TIMEOUT_S: Final = 10.0
MOST_AT_ONCE: Final = 10


class AlarmCaller:
    """Makes the calls of this process. The URL is the operator's own and may point into a private network."""

    def __init__(self, desk: Desk, url: str, secret: str) -> None:
        self._desk = desk
        self._url = url
        self._secret = secret
        self._client: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to call, when there is anybody to call."""
        if self._url:
            self._client = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                headers={"User-Agent": "caiyou-webhook/1", "Content-Type": "application/json"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
            self._task = asyncio.create_task(self._run(), name="alarm-calls")

    async def stop(self) -> None:
        """Stop; what was not taken is called again at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def call(self, body: Mapping[str, Any]) -> None:
        """One call, now and once; for when the store cannot keep it. Raises what goes wrong."""
        status = await self._post(json.dumps({"event_id": "", **body}, ensure_ascii=False).encode(), "")
        if not 200 <= status < 300:
            raise CaiyouError(f"the program for alarms answered {status}")

    async def _run(self) -> None:
        while True:
            try:
                if await self._desk.read(lambda books: books.alarms.has_calls()):
                    for call in await self._desk.commit(
                        lambda books: books.alarms.due_calls(MOST_AT_ONCE, MOST_AT_ONCE * TIMEOUT_S + 20)
                    ):
                        await self._make(call)
            except CaiyouError:
                pass  # told of by the store itself
            except Exception as error:
                self._desk.journal.task_failed("alarm-calls", f"{type(error).__name__}: {error}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _make(self, call: AlarmCall) -> None:
        status = 0
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError):
            status = await self._post(call.body.encode(), str(call.id))
        now_ms = self._desk.now_ms()
        again_ms: int | None = now_ms + PAUSES_S[min(call.attempt, len(PAUSES_S)) - 1] * 1000
        if 200 <= status < 300:
            again_ms = None
        else:
            words = f"alarm: {status or 'no answer'}"
            self._desk.journal.webhook_failed(call.id, words)
            if now_ms - call.created_ms >= LIFETIME_MS:
                again_ms = None
        await self._desk.commit(lambda books: books.alarms.settle_call(call.id, again_ms))

    async def _post(self, body: bytes, event_id: str) -> int:
        assert self._client is not None
        signed = headers(self._secret, body, event_id, self._desk.now_ms() // 1000)
        async with self._client.post(self._url, data=body, headers=signed, allow_redirects=False) as response:
            return response.status
