"""All pages of mail."""

from __future__ import annotations

from typing import Final

from gateway.web.site.routing import Route
from gateway.web.webmail import acts, bodies, lists, parts, reading

ROUTES: Final[tuple[Route, ...]] = (
    *lists.ROUTES,
    *acts.ROUTES,
    *reading.ROUTES,
    *bodies.ROUTES,
    *parts.ROUTES,
)
