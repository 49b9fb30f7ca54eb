"""Phones with an MMS program by the JSON interface of the simulator: what they do, what they got, what they send."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from carriers.simulator.mms_page import body_of
from carriers.simulator.mms_phones import MAKES, FetchedMms, Habit, MmsPhone, MmsPhones
from carriers.simulator.page import read_json
from gateway.core import phone
from gateway.core.errors import BadRequest, NotFound


def routes(phones: MmsPhones) -> Sequence[web.RouteDef]:
    """Its addresses, for the page."""

    async def everybody(request: web.Request) -> web.Response:
        return web.json_response([_phone_line(it) for it in phones.phones.values()])

    async def fetched(request: web.Request) -> web.Response:
        return web.json_response([_mms_line(place, it) for place, it in enumerate(phones.received)])

    async def part(request: web.Request) -> web.Response:
        try:
            found = phones.received[int(request.match_info["place"])].message.body
            data = found.parts[int(request.match_info["part"])].data if found is not None else b""
        except IndexError:
            raise NotFound("there is no such MMS or part.") from None
        return web.Response(body=data, content_type="application/octet-stream")

    async def change(request: web.Request) -> web.Response:
        found = phones.phone(_number(request))
        asked = await read_json(request)
        habit, make = asked.get("habit", found.habit), asked.get("make")
        if habit not in list(Habit) or make not in (None, *MAKES):
            raise BadRequest(f"habit: one of {', '.join(Habit)}; make: one of {', '.join(MAKES)}")
        found.habit = Habit(habit)
        found.make = MAKES[make] if make is not None else found.make
        if isinstance(asked.get("user_agent"), str):
            found.make = dataclasses.replace(found.make, user_agent=asked["user_agent"])
        return web.json_response(_phone_line(found))

    async def send(request: web.Request) -> web.Response:
        number = _number(request)
        asked = await read_json(request)
        wants_reports = bool(asked.pop("reports", False))
        if not all(isinstance(it, str) for it in asked.values()) or not asked.get("to"):
            raise BadRequest("texts are wanted: to, text, picture, subject; and reports: true or false")
        to = tuple(asked["to"].replace(",", " ").split())
        conf = await phones.send(
            number, body_of(asked), to, subject=asked.get("subject", ""), wants_reports=wants_reports
        )
        answer = {"status": conf.response_status.title, "text": conf.response_text, "id": conf.message_id}
        return web.json_response(answer, status=201 if conf.response_status.is_ok else 409)

    return (
        web.get("/api/phones", everybody),
        web.get("/api/phones/mms", fetched),
        web.get(r"/api/phones/mms/{place:\d{1,6}}/{part:\d{1,3}}", part),
        web.post("/api/phones/{number}", change),
        web.post("/api/phones/{number}/mms", send),
    )


def _number(request: web.Request) -> str:
    number = phone.normalise(request.match_info["number"])
    if number is None:
        raise BadRequest("number: that is no phone number")
    return number


def _phone_line(it: MmsPhone) -> dict[str, Any]:
    return {
        "number": it.number,
        "habit": it.habit.value,
        "user_agent": it.make.user_agent,
        "told": [{"id": one.transaction_id, "location": one.content_location} for one in it.told],
        "fetched": len(it.fetched),
        "reports": [{"kind": one.TYPE.title, "id": one.message_id} for one in it.reports],
    }


def _mms_line(place: int, it: FetchedMms) -> dict[str, Any]:
    parts = it.message.body.parts if it.message.body is not None else ()
    return {
        "place": place,
        "number": it.number,
        "sender": it.message.sender,
        "subject": it.message.subject,
        "id": it.message.message_id,
        "at": it.at.isoformat(),
        "octets": it.octets,
        "parts": [{"type": one.media_type, "name": one.name, "octets": len(one.data)} for one in parts],
    }
