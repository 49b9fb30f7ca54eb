"""Handlers for passwords of devices: making one with all a phone needs, and whether the phone has come with it."""

from __future__ import annotations

import base64
from typing import Any, Final

from aiohttp import web

from addressbook.dav.set_up import words
from gateway.core.dav_clients import DavPassword, SetUpState
from gateway.store.desk import BooksOfStore
from gateway.web.answers import iso, json_answer
from gateway.web.asking import Ask
from gateway.web.dav_set_up import SetUp, set_up
from gateway.web.problems import FieldError, invalid, missing

MAX_NAME: Final = 64


async def post_password(ask: Ask) -> web.StreamResponse:
    """Make a password for a device; it is in this answer and nowhere else."""
    given = await ask.an_object(("name",))
    name = given.get("name", "")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
        raise invalid([FieldError("name", "this is no name", f"Call the device in 1 to {MAX_NAME} characters.")])
    page_url = ask.api.media.config.page_url
    made = await ask.api.desk.commit(lambda books: set_up(books, ask.account_id, name.strip(), page_url))
    return json_answer(_made(made), 201)


async def list_passwords(ask: Ask) -> web.StreamResponse:
    """The account's devices, and how each of them does."""

    def work(books: BooksOfStore) -> list[dict[str, Any]]:
        return [_document(books, ask.account_id, one) for one in books.dav_clients.passwords(ask.account_id)]

    return json_answer({"devices": await ask.api.desk.read(work)})


async def get_password(ask: Ask) -> web.StreamResponse:
    """How a device does: a page asks this while its member sets the phone up."""
    password_id = ask.an_id("device")

    def work(books: BooksOfStore) -> dict[str, Any] | None:
        known = {one.id: one for one in books.dav_clients.passwords(ask.account_id)}
        return _document(books, ask.account_id, known[password_id]) if password_id in known else None

    found = await ask.api.desk.read(work)
    if found is None:
        raise missing(f"device {password_id}")
    return json_answer(found)


async def delete_password(ask: Ask) -> web.StreamResponse:
    """Take a device's password back: within two seconds it gets nothing any more."""
    password_id = ask.an_id("device")
    if not await ask.api.desk.commit(lambda books: books.dav_clients.take_back(ask.account_id, password_id)):
        raise missing(f"device {password_id}")
    return json_answer({"id": str(password_id), "removed": True})


def _made(made: SetUp) -> dict[str, Any]:
    return {
        "id": str(made.password_id),
        "name": made.name,
        "url": made.access.url,
        "user": made.access.user,
        "password": made.access.password,
        "link": made.link,
        "qr": made.code(),
        "profile": base64.b64encode(made.profile).decode(),
    }


def _document(books: BooksOfStore, account_id: int, password: DavPassword) -> dict[str, Any]:
    state = books.dav_clients.state(account_id, password.id, password.created_ms)
    account = books.accounts.by_id(account_id)
    return {
        "id": str(password.id),
        "name": password.name,
        "created": iso(password.created_ms),
        **state_document(state, "zh" if account is None else account.language),
    }


def state_document(state: SetUpState, language: str) -> dict[str, Any]:
    """How far a set-up has come, for a page that asks again and again."""
    return {
        "step": state.step.value,
        "program": state.agent,
        "trouble": None if state.trouble is None else state.trouble.value,
        "at": iso(state.at_ms) if state.at_ms else None,
        "words": words(state, language),
    }
