"""How the hub, or a domain, is doing at a glance."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from gateway.core.administration import Domain
from gateway.core.sessions import Role
from gateway.store.audit import AuditQuery
from gateway.store.desk import BooksOfStore
from gateway.web.console.administrator import administrator
from gateway.web.console.phrases import ACTS, FIELDS, STANDINGS
from gateway.web.console.wellness import wellness
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The first page of the console; of the hub for its administrators, of their domain for others."""

    def work(books: BooksOfStore) -> tuple[dict[str, int], Domain | None, Any]:
        who = administrator(visit, books)
        domain = books.domains.get(who.domain_id) if who.reach is not None else None
        return books.members.counts(who.reach), domain, books.audit.page(AuditQuery(who.reach), limit=8)

    counts, domain, acts = await visit.desk.read(work)
    hub = None
    if visit.role is Role.SYSTEM:
        hub = wellness(await visit.services.health.figures(), await visit.services.health.trouble())
    return visit.page(
        "console/overview.html", counts=counts, domain=domain, acts=acts, hub=hub, standings=STANDINGS,
        names_of_acts=ACTS, fields=FIELDS,
    )  # fmt: skip


ROUTES: Final = (Route("GET", "/admin", Access.DOMAIN, show),)
