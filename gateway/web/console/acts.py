"""The log of administrative acts: who, when, from where, what, before and after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.core.audit import Entry
from gateway.store.audit import PAGE, AuditQuery
from gateway.store.desk import BooksOfStore
from gateway.web.console.administrator import administrator
from gateway.web.console.phrases import ACTS, FIELDS
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit

_FILTERS: Final = ("actor", "subject", "act", "since", "until")


async def show(visit: Visit) -> web.StreamResponse:
    """Acts that fit what is asked for, newest first."""
    asked = {name: visit.query(name).strip()[:320] for name in _FILTERS}
    before = visit.query("before")

    def work(books: BooksOfStore) -> list[Entry]:
        return books.audit.page(
            AuditQuery(
                administrator(visit, books).reach,
                actor=asked["actor"].lower(),
                subject=asked["subject"],
                act=asked["act"],
                since_ms=day_ms(asked["since"], visit.zone),
                until_ms=day_ms(asked["until"], visit.zone, days=1),
                before=int(before) if before.isascii() and before.isdigit() and len(before) < 20 else 0,
            )
        )

    entries = await visit.desk.read(work)
    more = ""
    if len(entries) == PAGE:
        more = "?" + urlencode({name: value for name, value in asked.items() if value} | {"before": entries[-1].id})
    return visit.page("console/acts.html", entries=entries, more=more, asked=asked, names_of_acts=ACTS, fields=FIELDS)


def day_ms(text: str, zone: str, days: int = 0) -> int:
    """When a day (YYYY-MM-DD) begins in a time zone, or one so many days later; 0 for no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return max(0, int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0


ROUTES: Final = (Route("GET", "/admin/log", Access.DOMAIN, show),)
