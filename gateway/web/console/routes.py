"""Routes: which link a message takes; added, changed, put into another order, and asked why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from gateway.core import phone
from gateway.core.audit import Act
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.link_orders import known_links
from gateway.core.outbox import NewSms, Purpose
from gateway.core.routes import Route as Line
from gateway.core.routes import checked
from gateway.store.desk import BooksOfStore
from gateway.store.explaining import explain_by
from gateway.web.console.administrator import NOTHING, actor
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

PAGE: Final = 100
#: Step between the preferences that are given when lines are put into another order.
STEP: Final = 10
_NUMBERS: Final = ("cost", "preference", "weight")
_TEXTS: Final = ("prefix", "link", "operator", "country", "sender", "purpose", "tag", "hours")
CONDITIONS: Final = {
    "operator": N_("operator"),
    "country": N_("country"),
    "sender": N_("sender"),
    "account": N_("account"),
    "purpose": N_("purpose"),
    "tag": N_("tag"),
    "hours": N_("hours"),
}


async def show_all(visit: Visit) -> web.StreamResponse:
    """The routing table, page by page; and where a number would go."""
    return await _page(visit)


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> web.Response:
    beginning, after = visit.query("prefix").strip()[:32], _after(visit.query("after"))
    asked = {name: visit.query(name).strip()[:500] for name in ("number", "sender", "account", "text")}
    number = phone.normalise(asked["number"], visit.services.region) if asked["number"] else ""

    def work(books: BooksOfStore) -> tuple[list[Line], dict[int, str], bool, dict[str, Any] | None]:
        lines = books.routes.page(beginning, after, PAGE)
        found = _explanation(visit, books, number, asked) if number else None
        return lines, _addresses(books, lines), books.routes.is_empty(), found

    lines, addresses, is_empty, found = await visit.desk.read(work)
    more = ""
    if len(lines) == PAGE:
        last = lines[-1]
        more = "?" + urlencode({"prefix": beginning, "after": f"{last.prefix},{last.preference},{last.id}"})
    return visit.page(
        "console/routes.html", status, lines=[(line, conditions_of(line, addresses)) for line in lines],
        trouble=trouble or (visit.say("This is no phone number.") if number is None else ""),
        names=CONDITIONS, is_empty=is_empty, found=found, asked=asked, prefix=beginning, more=more,
    )  # fmt: skip


def _explanation(visit: Visit, books: BooksOfStore, number: str, asked: dict[str, str]) -> dict[str, Any]:
    account = books.accounts.by_address(asked["account"]) if asked["account"] else None
    sms = NewSms(
        number,
        asked["text"],
        Purpose.API,
        account_id=account.id if account is not None else 0,
        sender=asked["sender"][:32],
    )
    return explain_by(books, visit.desk.router, sms)


def _addresses(books: BooksOfStore, lines: Sequence[Line]) -> dict[int, str]:
    found = {}
    for account_id in {line.account_id for line in lines if line.account_id}:
        account = books.accounts.by_id(account_id)
        found[account_id] = account.address if account is not None else str(account_id)
    return found


def conditions_of(line: Line, addresses: dict[int, str]) -> dict[str, str]:
    """What a line asks for beside the beginning of the number."""
    values = {name: str(getattr(line, name)) for name in CONDITIONS if name != "account"}
    if line.account_id:
        values["account"] = addresses.get(line.account_id, str(line.account_id))
    return {name: value for name, value in values.items() if value}


def _after(text: str) -> tuple[str, int, int]:
    match text[:80].rsplit(",", 2):
        case [prefix, preference, line_id] if preference.lstrip("-").isdecimal() and line_id.isdecimal():
            return prefix, int(preference), int(line_id[:19])
    return "", -(1 << 31), 0


# --- one line -----------------------------------------------------------------------------------------------------


async def show_new(visit: Visit) -> web.StreamResponse:
    """The form for a new line."""
    return await _form_page(visit, Line("", ""))


async def add(visit: Visit) -> web.StreamResponse:
    """Add a line."""
    return await _save(visit, None)


async def show(visit: Visit) -> web.StreamResponse:
    """The form of a line."""
    line = await visit.desk.read(lambda books: _line(visit, books))
    return await _form_page(visit, line)


async def change(visit: Visit) -> web.StreamResponse:
    """Write a line anew."""
    line = await visit.desk.read(lambda books: _line(visit, books))
    return await _save(visit, line)


async def remove(visit: Visit) -> web.StreamResponse:
    """Take a line away."""

    def work(books: BooksOfStore) -> None:
        line = _line(visit, books)
        books.routes.remove(line.id)
        books.audit.note(actor(visit), Act.ROUTE_REMOVED, _name(line), before=_values(line))

    await visit.desk.commit(work)
    return visit.move("/admin/routes", visit.say("The route is gone."))


async def set_order(visit: Visit) -> web.StreamResponse:
    """Try a line earlier or later than others of the same prefix."""
    step = {"up": -1, "down": 1}.get(visit.form.get("to"), 0)

    def work(books: BooksOfStore) -> None:
        line = _line(visit, books)
        for changed in reordered(books.routes.siblings(line.prefix), line.id, step):
            before = books.routes.get(changed.id)
            books.routes.change(changed)
            books.audit.note(
                actor(visit), Act.ROUTE_CHANGED, _name(changed), before=_values(before), after=_values(changed)
            )

    await visit.desk.commit(work)
    return visit.move("/admin/routes")


def reordered(lines: Sequence[Line], line_id: int, step: int) -> list[Line]:
    """The lines whose preference changes when one goes a place up (-1) or down (1) among them."""
    order = list(lines)
    place = next((n for n, line in enumerate(order) if line.id == line_id), -1)
    if place < 0 or not step or not 0 <= place + step < len(order):
        return []
    order[place], order[place + step] = order[place + step], order[place]
    numbered = [replace(line, preference=(n + 1) * STEP) for n, line in enumerate(order)]
    return [line for line in numbered if line not in lines]


def _line(visit: Visit, books: BooksOfStore) -> Line:
    try:
        return books.routes.get(visit.number("id"))
    except NotFound as error:
        raise NotFound(NOTHING) from error


async def _save(visit: Visit, before: Line | None) -> web.StreamResponse:
    form = visit.form
    given: dict[str, Any] = {name: form.get(name).strip() for name in _TEXTS}
    try:
        given |= {name: _number(form.get(name)) for name in _NUMBERS}
    except BadRequest as error:
        return await _form_page(visit, before or Line("", ""), visit.say(str(error)), 422)
    address = form.get("account").strip()

    def work(books: BooksOfStore) -> str:
        account = books.accounts.by_address(address) if address else None
        if address and account is None:
            return N_("There is no such account.")
        if given["link"] not in _link_names(visit, books):
            return N_("There is no such link.")
        line = replace(before or Line("", ""), **given, account_id=account.id if account is not None else 0)
        try:
            checked(line)
            if before is None:
                books.routes.add(line)
            else:
                books.routes.change(line)
        except (BadRequest, Conflict) as error:
            return str(error)
        act = Act.ROUTE_ADDED if before is None else Act.ROUTE_CHANGED
        was = {} if before is None else _values(before)
        books.audit.note(actor(visit), act, _name(line), before=was, after=_values(line))
        return ""

    trouble = await visit.desk.commit(work)
    if trouble:
        return await _form_page(visit, before or Line("", ""), visit.say(trouble), 422)
    return visit.move("/admin/routes", visit.say("Saved."))


def _number(text: str) -> int:
    plain = text.strip()
    if not (plain.lstrip("-").isdecimal() and plain.isascii() and len(plain) < 16):
        raise BadRequest("A number is too large, too small, or no number.")
    return int(plain)


def _link_names(visit: Visit, books: BooksOfStore) -> list[str]:
    return known_links(visit.services.links.of_the_file, books.link_orders.all())


def _name(line: Line) -> str:
    return f"{line.prefix or '*'} → {line.link}"


def _values(line: Line) -> dict[str, Any]:
    """A line for the log, without what it does not ask for."""
    values = {field.name: getattr(line, field.name) for field in fields(Line) if field.name != "id"}
    return {name: value for name, value in values.items() if value or name in ("prefix", "preference")}


async def _form_page(visit: Visit, line: Line, trouble: str = "", status: int = 200) -> web.Response:
    def work(books: BooksOfStore) -> tuple[list[str], dict[int, str], bool]:
        return _link_names(visit, books), _addresses(books, [line]), books.routes.is_empty()

    links, addresses, is_empty = await visit.desk.read(work)
    values = {name: getattr(line, name) for name in (*_TEXTS, *_NUMBERS)}
    values["account"] = addresses.get(line.account_id, "")
    values |= {name: visit.form.get(name) for name in values if visit.form.has(name)}
    return visit.page(
        "console/route.html", status, trouble=trouble, line=line, values=values, links=links, is_empty=is_empty,
        purposes=[purpose.value for purpose in Purpose], names=CONDITIONS,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", "/admin/routes", Access.SYSTEM, show_all),
    Route("GET", "/admin/routes/new", Access.SYSTEM, show_new),
    Route("POST", "/admin/routes/new", Access.SYSTEM, add),
    Route("GET", "/admin/routes/{id}", Access.SYSTEM, show),
    Route("POST", "/admin/routes/{id}", Access.SYSTEM, change),
    Route("POST", "/admin/routes/{id}/order", Access.SYSTEM, set_order),
    Route("POST", "/admin/routes/{id}/remove", Access.SYSTEM, remove),
)
