"""The answer of a member who is away."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from aiohttp import web

from gateway.core.away import MAX_SUBJECT, MAX_TEXT, Away, read_away, write_away
from gateway.core.errors import BadRequest
from gateway.store.desk import BooksOfStore
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import in_zone


async def show(visit: Visit) -> web.StreamResponse:
    """What is answered, and when."""

    def work(books: BooksOfStore) -> tuple[Away, bool]:
        for kept, is_on in books.rules.all_of(visit.member.id, "away"):
            try:
                return read_away(kept.settings), is_on
            except BadRequest:
                break
        return Away(""), False

    away, is_on = await visit.desk.read(work)
    return _page(visit, away, is_on)


async def change(visit: Visit) -> web.StreamResponse:
    """Another answer; who had the one before has this one too."""
    form = visit.form
    text = form.get("text").replace("\r\n", "\n").replace("\0", "").strip()[:MAX_TEXT]
    subject = " ".join(form.get("subject").replace("\0", "").split())[:MAX_SUBJECT]
    is_on = form.has("is_on")
    from_ms, until_ms = _day(visit, form.get("from_day")), _day(visit, form.get("until_day"), days=1)
    away = Away(text, subject, from_ms or 0, until_ms or 0, form.has("known_only"))
    if from_ms is None or until_ms is None or (until_ms and from_ms >= until_ms):
        return _page(visit, away, is_on, visit.say("The days cannot be read, or end before they begin."), 422)
    if is_on and not text:
        return _page(visit, away, is_on, visit.say("Say what is to be answered."), 422)
    account_id = visit.member.id

    def work(books: BooksOfStore) -> None:
        books.rules.replace(account_id, "away", [(write_away(away), is_on)] if text else [])
        books.away.forget(account_id)

    await visit.desk.commit(work)
    return visit.move("/settings/away", visit.say("Saved."))


def _page(visit: Visit, away: Away, is_on: bool, trouble: str = "", status: int = 200) -> web.StreamResponse:
    last_day = away.until_ms - 1 if away.until_ms else 0
    return visit.page(
        "arranging/away.html",
        status,
        away=away,
        is_on=is_on,
        trouble=trouble,
        from_day=f"{in_zone(away.from_ms, visit.zone):%Y-%m-%d}" if away.from_ms else "",
        until_day=f"{in_zone(last_day, visit.zone):%Y-%m-%d}" if last_day else "",
        max_text=MAX_TEXT,
    )


def _day(visit: Visit, text: str, days: int = 0) -> int | None:
    """The beginning of a local day, so many days later, in milliseconds; 0 for none named, None for what is no day."""
    if not text:
        return 0
    try:
        day = datetime.fromisoformat(text[:10]).date() + timedelta(days=days)
        zone = in_zone(0, visit.zone).tzinfo
        return max(0, int(datetime.combine(day, time(), zone).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


ROUTES: Final = (
    Route("GET", "/settings/away", Access.MEMBER, show),
    Route("POST", "/settings/away", Access.MEMBER, change),
)
