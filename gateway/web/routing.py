"""The handler that tells why a message would go where it would go."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.core.outbox import NewSms, Purpose
from gateway.store.desk import BooksOfStore
from gateway.store.explaining import explain_by
from gateway.web.answers import json_answer
from gateway.web.asking import Ask
from gateway.web.messages_json import read_number


async def explain_route(ask: Ask) -> web.StreamResponse:
    """What would become of a message of this account; nothing is sent. The request line bounds it to 8190 octets."""
    number = read_number(ask.text("to"), ask.api.rules.region, "to")
    sms = NewSms(
        number,
        ask.text("text"),
        Purpose.API,
        account_id=ask.account_id,
        sender=ask.text("from")[:32],
        tag=ask.text("tag")[:128],
    )
    at_ms = ask.moment("at", 0)
    router = ask.api.desk.router

    def read(books: BooksOfStore) -> dict[str, Any]:
        return explain_by(books, router, sms, at_ms=at_ms)

    return json_answer(await ask.api.desk.read(read))
