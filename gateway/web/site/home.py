"""The front door, and what belongs to no area."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.web.answers import moved_answer
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import LANGUAGES


async def front(visit: Visit) -> web.StreamResponse:
    """Members go to their mail, or to their account where they have no mailbox; others sign in."""
    if visit.session is None or not visit.session.is_whole:
        return moved_answer("/login")
    account_id = visit.session.account_id
    mailbox_id = await visit.desk.read(lambda books: books.mails.mailbox_of(account_id))
    return moved_answer("/account" if mailbox_id is None else "/mail")


async def set_language(visit: Visit) -> web.StreamResponse:
    """Another language from now on: for the account, or for this browser."""
    language = visit.form.get("language")
    if language not in LANGUAGES:
        return visit.move("/")
    if visit.account is not None and visit.session is not None and visit.session.is_whole:
        account_id = visit.account.id
        await visit.desk.commit(lambda books: books.accounts.set_language(account_id, language))
    back = visit.form.get("back", "/")
    answer = visit.move(back if back.startswith("/") and not back.startswith("//") else "/")
    answer.set_cookie("caiyou_language", language, max_age=31_536_000, samesite="Lax", secure=visit.is_private)
    return answer


ROUTES: Final = (
    Route("GET", "/", Access.OPEN, front),
    Route("POST", "/language", Access.OPEN, set_language),
)
