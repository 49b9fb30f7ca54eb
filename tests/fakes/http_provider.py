"""A provider behind HTTP that nobody has heard of: what it is asked, and whatever a test lets it answer.

`INVENTED` is its description; no line of code knows it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

INVENTED = """
title = "Carrier pigeons"
batch = 3

[options]
key = { text = "key of the loft" }
secret = { text = "what signs the webhooks" }

[request]
base = "https://pigeons.example"
path = "/v9/{option:key}/fly"

[request.headers]
X-Sign = "{sign:body}"

[request.json]
to = "{recipients|list}"
message = { body = "{text}", from = "{sender}", parts = "{segments|int}" }
tell = "{webhook:landed}"

[[request.sign]]
name = "body"
algorithm = "hmac-sha256"
key = "{option:secret}"
over = "{body}"

[response]
items = "pigeons"
id = "ring"
code = "mood"
reason = "coo"
recipient = "to"
error_code = "mood"
error_reason = "coo"

[response.codes]
glad = "accepted"
tired = "throttled"
lost = "temporary"
dead = "permanent"
stranger = "refused"

[[webhook]]
name = "landed"
kind = "report"
format = "json"
items = "[*]"

[webhook.fields]
id = "ring"
state = "where"
recipient = "to"

[webhook.states]
home = "delivered"
cat = "failed"

[webhook.check]
given = "{header:X-Sign}"
ours = "{sign:body}"

[[webhook.check.sign]]
name = "body"
algorithm = "hmac-sha256"
key = "{option:secret}"
over = "{body}"

[webhook.answer]
body = "coo"

[[webhook]]
name = "note"
kind = "sms"
format = "form"

[webhook.fields]
id = "n"
sender = "from"
recipient = "to"
text = "text"
"""

Behaviour = Callable[["Asked"], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Asked:
    """One request it got."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    request: Any = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class PigeonLoft:
    """`async with PigeonLoft() as loft:`; `loft.behave` is what it does."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.asked: list[Asked] = []
        self.under_way = 0
        self.most_under_way = 0
        self.port = 0
        self.behave: Behaviour = self.glad
        self._rings = 0
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, path, query, headers, await request.read(), request)
        self.asked.append(asked)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self.behave(asked)
        finally:
            self.under_way -= 1

    async def glad(self, asked: Asked) -> web.StreamResponse:
        """Takes everything."""
        pigeons = []
        for number in asked.json["to"]:
            self._rings += 1
            pigeons.append({"to": number, "ring": f"ring-{self._rings}", "mood": "glad"})
        return web.json_response({"pigeons": pigeons})

    async def mute(self, asked: Asked) -> web.StreamResponse:
        """Takes the request and hangs up."""
        asked.request.transport.abort()
        await asyncio.sleep(0)
        return web.Response()


def mood(word: str, status: int = 200, **headers: str) -> Behaviour:
    """Answers everything with this word."""

    async def behave(asked: Asked) -> web.StreamResponse:
        return web.json_response({"mood": word, "coo": "so it is"}, status=status, headers=headers)

    return behave
