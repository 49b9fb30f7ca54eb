"""Handlers for reminders: SMS at a time, once or again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from aiohttp import web

from gateway.core.errors import BadRequest, Refused
from gateway.core.reminders import Reminder
from gateway.store.desk import BooksOfStore
from gateway.web.answers import iso, json_answer
from gateway.web.asking import Ask
from gateway.web.messages_json import read_number
from gateway.web.problems import FieldError, invalid, missing
from mail2sms.reminders import plan, times

_FIELDS: Final = ("to", "text", "start", "repeat", "zone")
#: Coming times shown with each reminder.
SHOWN: Final = 5


async def post_reminder(ask: Ask) -> web.StreamResponse:
    """Plan a reminder; without `to` it goes to the phone the account has proved."""
    given = await ask.an_object(_FIELDS)
    wrong = [
        FieldError(name, "this must be a text", "Put it in quotation marks.")
        for name, value in given.items()
        if not isinstance(value, str)
    ]
    if wrong:
        raise invalid(wrong)
    start = _start(given.get("start"))
    number = read_number(given["to"], ask.api.rules.region, "to") if "to" in given else ""
    if number and ask.api.rules.prefixes and not number.startswith(ask.api.rules.prefixes):
        raise Refused("destination_not_allowed", "to: this hub does not send to this country")

    def work(books: BooksOfStore) -> tuple[Reminder, list[int]]:
        account = books.accounts.by_id(ask.account_id)
        assert account is not None, "a token belongs to an account"
        recipient = number or books.phones.proved(ask.account_id) or ""
        if not recipient:
            raise BadRequest("to: the account has proved no number; name one, or prove it first")
        reminder = plan(
            books,
            account_id=ask.account_id,
            number=recipient,
            text=given.get("text", ""),
            start=start,
            rule=given.get("repeat", ""),
            zone=given.get("zone", account.zone),
        )
        return reminder, times(reminder, books.now_ms - 1, SHOWN)

    reminder, coming = await ask.api.desk.commit(work)
    return json_answer(_document(reminder, coming), 201)


def _start(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value)[:40])
    except ValueError:
        wrong = FieldError("start", "this is no time", "Write 2026-03-01T08:30, or the same with an offset from UTC.")
        raise invalid([wrong]) from None


async def list_reminders(ask: Ask) -> web.StreamResponse:
    """The account's reminders, the next one first."""

    def work(books: BooksOfStore) -> list[dict[str, Any]]:
        return [
            _document(reminder, times(reminder, books.now_ms, SHOWN) if reminder.state == "active" else [])
            for reminder in books.reminders.of(ask.account_id)
        ]

    return json_answer({"reminders": await ask.api.desk.read(work)})


async def delete_reminder(ask: Ask) -> web.StreamResponse:
    """Forget a reminder."""
    reminder_id = ask.an_id("reminder")
    if not await ask.api.desk.commit(lambda books: books.reminders.remove(ask.account_id, reminder_id)):
        raise missing(f"reminder {reminder_id}")
    return json_answer({"id": str(reminder_id), "removed": True})


def _document(reminder: Reminder, coming: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": str(reminder.id),
        "to": reminder.number,
        "text": reminder.text,
        "start": reminder.start,
        "repeat": reminder.rule,
        "zone": reminder.zone,
        "state": reminder.state,
        "next": [iso(at_ms) for at_ms in coming],
    }
    if reminder.reason:
        found["reason"] = reminder.reason
    return found
