"""The front door, and what belongs to no area."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.web.answers import moved_answer
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import LANGUAGES


async def front(visit: Visit) -> web.StreamResponse:
    """Members go to their mail, others are shown what this is."""
    return moved_answer("/account" if visit.session is not None and visit.session.is_whole else "/login")


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
