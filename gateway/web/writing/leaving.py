"""Mails on their way out: taken back within ten seconds, or before their time; and the drafts."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.core.drafts import DraftState
from gateway.store.desk import BooksOfStore
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.writing.form import number_of
from gateway.web.writing.write import UNDO_MS


async def show(visit: Visit) -> web.StreamResponse:
    """A mail that leaves soon."""
    draft = await visit.desk.read(lambda books: books.drafts.get(visit.member.id, visit.number("id")))
    if draft is None:
        return visit.move("/drafts", visit.say("The mail has left."))
    if draft.state is not DraftState.LEAVING:
        return visit.move(f"/write/{draft.id}")
    left_ms = max(0, draft.due_ms - visit.desk.now_ms())
    return visit.page("writing/leaving.html", draft=draft, seconds=-(-left_ms // 1000), is_soon=left_ms <= UNDO_MS)


async def take_back(visit: Visit) -> web.StreamResponse:
    """Back to writing."""
    draft_id = number_of(visit.form.get("draft"))
    if await visit.desk.commit(lambda books: books.drafts.take_back(visit.member.id, draft_id)):
        return visit.move(f"/write/{draft_id}", visit.say("Taken back: it is a draft again."))
    return visit.move("/drafts", visit.say("It has left already."))


async def drafts(visit: Visit) -> web.StreamResponse:
    """What is being written, and what leaves later."""

    def work(books: BooksOfStore) -> tuple[object, object]:
        account_id = visit.member.id
        return books.drafts.of(account_id, DraftState.WRITING), books.drafts.of(account_id, DraftState.LEAVING)

    written, leaving = await visit.desk.read(work)
    return visit.page("writing/drafts.html", drafts=written, leaving=leaving)


ROUTES: Final = (
    Route("GET", "/write/leaving/{id}", Access.MEMBER, show),
    Route("POST", "/write/back", Access.MEMBER, take_back),
    Route("GET", "/drafts", Access.MEMBER, drafts),
)
