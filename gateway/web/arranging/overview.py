"""All settings of a member on one page."""

from __future__ import annotations

from typing import Final, NamedTuple

from aiohttp import web

from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_


class Entry(NamedTuple):
    """One page of settings."""

    path: str
    name: str
    about: str


#: In the order they are shown.
ENTRIES: Final = (
    Entry("/account", N_("My account"), N_("Name, language, password, where I am signed in")),
    Entry("/settings/signatures", N_("Signatures"), N_("Words under my mails")),
    Entry("/settings/filters", N_("Filters"), N_("Which mail goes to which folder, gets a star, goes on")),
    Entry("/settings/away", N_("Answer while away"), N_("What people hear while I am not there")),
    Entry("/settings/forwarding", N_("Sending mail on"), N_("Addresses that my mail may go to")),
    Entry("/settings/fetching", N_("Mailboxes elsewhere"), N_("Their mail comes here as well")),
)


async def show(visit: Visit) -> web.StreamResponse:
    """Where what is set."""
    return visit.page("arranging/overview.html", entries=ENTRIES)


ROUTES: Final = (Route("GET", "/settings", Access.MEMBER, show),)
