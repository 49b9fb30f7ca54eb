"""Filters: in their order, changed, tried on mail that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.filters import MAX_FILTERS, Filter, Incoming, fits, read_filter, write_filter
from gateway.core.mails import MailFacts
from gateway.mail.mime.filtering import incoming_of
from gateway.store.desk import BooksOfStore
from gateway.web.arranging.filter_form import FIELDS, HOWS, filter_of, in_words, rows_of, typed
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit

#: Mails a filter is tried on, and those of them that are named.
TRIED, NAMED = 100, 20
Kept = list[tuple[dict[str, Any], bool]]  # settings, whether it is on


async def show(visit: Visit) -> web.StreamResponse:
    """All filters, in words."""
    kept = await visit.desk.read(lambda books: _kept(books, visit.member.id))
    shown = []
    for settings, is_on in kept:
        try:
            one = read_filter(settings)
            shown.append((one.name or in_words(visit, one), in_words(visit, one), is_on))
        except BadRequest:
            shown.append((str(settings.get("name", ""))[:100], visit.say("This filter cannot be read."), False))
    return visit.page("arranging/filters.html", filters=shown)


async def new(visit: Visit) -> web.StreamResponse:
    """A new filter; one for a sender where the query names one."""
    sender = visit.query("from")
    begun = Filter()
    if sender:
        begun = read_filter({"conditions": [{"field": "from", "how": "contains", "value": sender[:320]}]})
    return await _form(visit, begun, "")


async def edit(visit: Visit) -> web.StreamResponse:
    """A filter, opened again."""
    kept = await visit.desk.read(lambda books: _kept(books, visit.member.id))
    place = _place(visit.names["place"], kept)
    try:
        one = read_filter(kept[place][0])
    except BadRequest:
        one = Filter()
    return await _form(visit, one, str(place))


async def save(visit: Visit) -> web.StreamResponse:
    """Keep a filter, or try it first."""
    place_text = visit.form.get("place")
    try:
        one = filter_of(visit.form)
    except BadRequest as error:
        return await _form(visit, typed(visit.form), place_text, visit.say(str(error)), 422)
    if visit.form.get("do") == "try":
        return await _form(visit, one, place_text, found=await _try(visit, one))
    account_id = visit.member.id

    def work(books: BooksOfStore) -> None:
        kept = _kept(books, account_id)
        if place_text:
            place = _place(place_text, kept)
            kept[place] = (write_filter(one), kept[place][1])
        elif len(kept) >= MAX_FILTERS:
            raise Conflict("There are too many filters. Delete some of them.")
        else:
            kept.append((write_filter(one), True))
        books.rules.replace(account_id, "filter", kept)

    await visit.desk.commit(work)
    return visit.move("/settings/filters", visit.say("Saved."))


async def arrange(visit: Visit) -> web.StreamResponse:
    """Up, down, on, off, gone."""
    do, _, place_text = visit.form.get("do").partition("-")
    account_id = visit.member.id

    def work(books: BooksOfStore) -> None:
        kept = _kept(books, account_id)
        place = _place(place_text, kept)
        if do == "gone":
            del kept[place]
        elif do in ("on", "off"):
            kept[place] = (kept[place][0], do == "on")
        elif do == "up" and place:
            kept[place - 1], kept[place] = kept[place], kept[place - 1]
        elif do == "down" and place + 1 < len(kept):
            kept[place + 1], kept[place] = kept[place], kept[place + 1]
        books.rules.replace(account_id, "filter", kept)

    await visit.desk.commit(work)
    return visit.move("/settings/filters")


async def _form(
    visit: Visit,
    one: Filter,
    place: str,
    trouble: str = "",
    status: int = 200,
    found: tuple[int, int, Sequence[str]] | None = None,
) -> web.StreamResponse:
    def work(books: BooksOfStore) -> list[str]:
        return [kept.settings["address"] for kept in books.rules.of(visit.member.id, "forward")]

    return visit.page(
        "arranging/filter.html",
        status,
        one=one,
        rows=rows_of(one),
        place=place,
        trouble=trouble,
        found=found,
        fields=FIELDS,
        hows=HOWS,
        addresses=await visit.desk.read(work),
    )


async def _try(visit: Visit, one: Filter) -> tuple[int, int, Sequence[str]]:
    """How many of the newest mails of the inbox the filter fits, of how many, and what some of them are called."""

    def work(books: BooksOfStore) -> tuple[int, int, Sequence[str]]:
        mailbox_id = books.mails.mailbox_of(visit.member.id)
        rows = books.mails.in_folder(mailbox_id, "INBOX", TRIED) if mailbox_id is not None else []
        fitting = [row["subject"] for row in rows if fits(one, _stored(books, row))]
        return len(fitting), len(rows), fitting[:NAMED]

    return await visit.desk.read(work)


def _stored(books: BooksOfStore, row: Any) -> Incoming:
    """A mail that is there as filters look at it; its octets are read when they are asked for."""
    facts = MailFacts(row["sender"], row["sender_name"], row["subject"], row["date_ms"])
    opened: list[Incoming] = []

    def late() -> Incoming:
        if not opened:
            try:
                data = books.stored(row["blob"])
            except NotFound:
                data = b""
            opened.append(incoming_of(data, facts, row["envelope_recipient"]))
        return opened[0]

    return Incoming(
        sender=f"{facts.sender_name} <{facts.sender}>",
        recipients=lambda: late().recipients(),
        subject=facts.subject,
        size_octets=row["size_octets"],
        text=lambda: late().text(),
        files=lambda: late().files(),
    )


def _kept(books: BooksOfStore, account_id: int) -> Kept:
    return [(dict(one.settings), is_on) for one, is_on in books.rules.all_of(account_id, "filter")]


def _place(text: str, kept: Kept) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) < len(kept):
        return int(text)
    raise NotFound("This filter is not there any more.")


ROUTES: Final = (
    Route("GET", "/settings/filters", Access.MEMBER, show),
    Route("GET", "/settings/filters/new", Access.MEMBER, new),
    Route("GET", "/settings/filters/{place}", Access.MEMBER, edit),
    Route("POST", "/settings/filters/save", Access.MEMBER, save),
    Route("POST", "/settings/filters", Access.MEMBER, arrange),
)
