"""What waits: messages for links, mails for other servers, calls to webhooks, reactions that failed."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from gateway.store.desk import BooksOfStore
from gateway.web.console.story_view import lasts
from gateway.web.console.wellness import wellness
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit

MAILS: Final = 50


async def show(visit: Visit) -> web.StreamResponse:
    """Every queue."""
    figures = await visit.services.health.figures()

    def work(books: BooksOfStore) -> tuple[list[Any], int]:
        return books.relay.waiting(MAILS), books.failures.count()

    mails, failed = await visit.desk.read(work)
    names = sorted({link for link, _ in figures.depth} | set(figures.waiting))
    queues = [
        {
            "link": name,
            "due": figures.waiting.get(name, (0, 0))[0],
            "queued": figures.depth.get((name, "queued"), 0),
            "under_way": figures.depth.get((name, "sending"), 0) + figures.depth.get((name, "uncertain"), 0),
            "oldest_s": figures.queue_age_s(name),
        }
        for name in names
    ]
    return visit.page(
        "console/queues.html", queues=queues, mails=mails, failed=failed, hub=wellness(figures), lasts=lasts
    )


ROUTES: Final = (Route("GET", "/admin/queues", Access.SYSTEM, show),)
