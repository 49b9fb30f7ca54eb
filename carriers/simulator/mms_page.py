"""MMS by the JSON interface of the simulator: what phones got, and phones that send some."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from carriers.simulator.mmsc import Mmsc, ReceivedMms
from carriers.simulator.page import read_json
from gateway.core import phone
from gateway.core.errors import BadRequest, NotFound
from mms.content import Body, Part


def routes(mmsc: Mmsc) -> Sequence[web.RouteDef]:
    """Its addresses, for the page."""

    async def received(request: web.Request) -> web.Response:
        return web.json_response([_line(place, it) for place, it in enumerate(mmsc.received)])

    async def part(request: web.Request) -> web.Response:
        try:
            found = mmsc.received[int(request.match_info["place"])].body.parts[int(request.match_info["part"])]
        except IndexError:
            raise NotFound("there is no such MMS or part.") from None
        return web.Response(body=found.data, content_type="application/octet-stream")

    async def say(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if phone.normalise(number) is None:
            raise BadRequest("number: that is no phone number")
        asked = await read_json(request)
        if not all(isinstance(it, str) for it in asked.values()):
            raise BadRequest("an object of texts is wanted: text, picture, subject, to")
        mmsc.say(number, body_of(asked), subject=asked.get("subject", ""), to=asked.get("to", ""))
        return web.json_response({"number": number}, status=201)

    return (
        web.get("/api/mms", received),
        web.get(r"/api/mms/{place:\d{1,6}}/{part:\d{1,3}}", part),
        web.post("/api/handsets/{number}/mms", say),
    )


def _line(place: int, it: ReceivedMms) -> dict[str, Any]:
    return {
        "place": place,
        "number": it.number,
        "sender": it.sender,
        "subject": it.subject,
        "id": it.message_id,
        "account": it.account,
        "at": it.at.isoformat(),
        "repeated": it.repeated,
        "parts": [{"type": one.media_type, "name": one.name, "octets": len(one.data)} for one in it.body.parts],
    }


def body_of(asked: dict[str, str]) -> Body:
    """A picture (JPEG in base64) and a text, as a phone puts them one after the other."""
    parts: list[Part] = []
    if asked.get("picture"):
        try:
            data = base64.b64decode(asked["picture"], validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("picture: it is not base64") from None
        parts.append(Part("image/jpeg", data, "picture.jpg", "picture"))
    if asked.get("text"):
        parts.append(Part("text/plain", asked["text"].encode("utf-8", "replace"), "text.txt", "text", "utf-8"))
    if not parts:
        raise BadRequest("text, picture: one of them is wanted")
    return Body(tuple(parts))
