"""All routes of the console."""

from __future__ import annotations

from typing import Final

from gateway.web.console import accounts, acts, batch_pages, domains, entry, links, messages, overview, queues, routes
from gateway.web.site.routing import Route

ROUTES: Final[tuple[Route, ...]] = (
    *overview.ROUTES,
    *domains.ROUTES,
    *accounts.ROUTES,
    *batch_pages.ROUTES,
    *messages.ROUTES,
    *links.ROUTES,
    *queues.ROUTES,
    *routes.ROUTES,
    *acts.ROUTES,
    *entry.ROUTES,
)
