"""All pages of mail."""

from __future__ import annotations

from typing import Final

from gateway.web.site.routing import Route
from gateway.web.webmail import acts, bodies, folders, lists, parts, previews, reading, searching

ROUTES: Final[tuple[Route, ...]] = (
    *lists.ROUTES,
    *searching.ROUTES,
    *acts.ROUTES,
    *reading.ROUTES,
    *bodies.ROUTES,
    *folders.ROUTES,
    *parts.ROUTES,
    *previews.ROUTES,
)
