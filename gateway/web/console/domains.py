"""Domains: opened, set up, suspended, deleted and restored; other names of their addresses."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from aiohttp import web

from gateway.core.addresses import Address
from gateway.core.administration import GRACE_DAYS, Alias, Domain, Standing, read_domain
from gateway.core.audit import Act
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.sessions import Role
from gateway.store.desk import BooksOfStore
from gateway.store.domains import ALIASES
from gateway.web.console.administrator import NOTHING, actor, administrator, domain_within, domains_within
from gateway.web.console.phrases import STANDINGS
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

_MOVES: Final = {
    "suspend": (Standing.SUSPENDED, Act.DOMAIN_SUSPENDED, (Standing.ACTIVE,)),
    "resume": (Standing.ACTIVE, Act.DOMAIN_RESUMED, (Standing.SUSPENDED,)),
    "delete": (Standing.DELETING, Act.DOMAIN_DELETED, (Standing.ACTIVE, Standing.SUSPENDED)),
    "restore": (Standing.ACTIVE, Act.DOMAIN_RESTORED, (Standing.DELETING,)),
}
_WRONG: Final = N_("Something is missing, or cannot be.")
ZONES: Final = tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))


async def show_all(visit: Visit) -> web.StreamResponse:
    """Every domain within reach."""

    def work(books: BooksOfStore) -> tuple[list[Domain], dict[int, int]]:
        return domains_within(visit, books), books.domains.sizes()

    domains, sizes = await visit.desk.read(work)
    return visit.page("console/domains.html", domains=domains, sizes=sizes, standings=STANDINGS)


async def show_new(visit: Visit) -> web.StreamResponse:
    """The form for a new domain."""
    return _new_page(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Open a domain."""
    try:
        name = read_domain(visit.form.get("name"))
        settings = _settings(visit)
    except BadRequest as error:
        return _new_page(visit, visit.say(str(error)), 422)

    def work(books: BooksOfStore) -> int:
        domain_id = books.accounts.add_domain(name, **settings)
        books.audit.note(actor(visit), Act.DOMAIN_ADDED, name, domain_id=domain_id, after=settings)
        return domain_id

    try:
        domain_id = await visit.desk.commit(work)
    except Conflict:
        return _new_page(visit, visit.say("There is such a domain already."), 409)
    return visit.move(f"/admin/domains/{domain_id}", visit.say("The domain is open."))


def _new_page(visit: Visit, trouble: str = "", status: int = 200) -> web.Response:
    return visit.page("console/domain_new.html", status, trouble=trouble, form=visit.form, zones=ZONES)


def _settings(visit: Visit) -> dict[str, Any]:
    """What the form says of a domain. Raises BadRequest."""
    language, zone = visit.form.get("language"), visit.form.get("zone")
    if language not in ("zh", "en") or zone not in ZONES:
        raise BadRequest(_WRONG)
    return {"language": language, "zone": zone, "phone_mail": visit.form.has("phone_mail")}


async def show(visit: Visit) -> web.StreamResponse:
    """One domain."""
    return await _page(visit, visit.number("id"))


async def change(visit: Visit) -> web.StreamResponse:
    """Language, time zone, mail to numbers."""
    domain_id = visit.number("id")
    try:
        settings = _settings(visit)
    except BadRequest as error:
        return await _page(visit, domain_id, visit.say(str(error)), 422)

    def work(books: BooksOfStore) -> None:
        domain = domain_within(visit, books, domain_id)
        books.domains.change(domain_id, **settings)
        before = {"language": domain.language, "zone": domain.zone, "phone_mail": domain.phone_mail}
        books.audit.note(
            actor(visit), Act.DOMAIN_CHANGED, domain.name, domain_id=domain_id, before=before, after=settings
        )

    await visit.desk.commit(work)
    return visit.move(f"/admin/domains/{domain_id}", visit.say("Saved."))


async def set_standing(visit: Visit) -> web.StreamResponse:
    """Suspend, resume, delete, restore."""
    domain_id = visit.number("id")
    move = _MOVES.get(visit.form.get("move"))
    if move is None:
        raise BadRequest("This page does not take that.")
    standing, act, before = move

    def work(books: BooksOfStore) -> bool:
        domain = domain_within(visit, books, domain_id)
        if domain.id == administrator(visit, books).domain_id:
            raise NotFound(NOTHING)  # nobody locks himself out
        if domain.standing not in before:
            return False
        books.domains.set_standing(domain_id, standing)
        books.audit.note(actor(visit), act, domain.name, domain_id=domain_id)
        return True

    done = await visit.desk.commit(work)
    return visit.move(f"/admin/domains/{domain_id}", visit.say("Saved.") if done else "")


async def add_alias(visit: Visit) -> web.StreamResponse:
    """Let mail for another name go to an address."""
    domain_id = visit.number("id")
    name, target = visit.form.get("name").strip().lower(), visit.form.get("target").strip()

    def work(books: BooksOfStore) -> str:
        domain = domain_within(visit, books, domain_id)
        try:
            address = f"*@{domain.name}" if name == "*" else str(Address.parse(f"{name}@{domain.name}"))
            goal = str(Address.parse(target))
        except BadRequest:
            return N_("This is no name, or no address.")
        if books.accounts.by_address(address) is not None:
            return N_("There is an account of that name.")
        if any(one.target == goal for one in books.domains.aliases_named(domain_id, address.rpartition("@")[0])):
            return N_("There is such an alias already.")
        books.accounts.add_alias(address, goal)
        books.audit.note(actor(visit), Act.ALIAS_ADDED, address, domain_id=domain_id, after={"target": goal})
        return ""

    trouble = await visit.desk.commit(work)
    if trouble:
        return await _page(visit, domain_id, visit.say(trouble), 422)
    return visit.move(f"/admin/domains/{domain_id}", visit.say("Saved."))


async def remove_alias(visit: Visit) -> web.StreamResponse:
    """Take another name away."""
    domain_id, alias_id = visit.number("id"), visit.number("alias")

    def work(books: BooksOfStore) -> None:
        domain = domain_within(visit, books, domain_id)
        gone = books.domains.remove_alias(domain_id, alias_id)
        if gone is None:
            raise NotFound(NOTHING)
        books.audit.note(
            actor(visit),
            Act.ALIAS_REMOVED,
            f"{gone.name}@{domain.name}",
            domain_id=domain_id,
            before={"target": gone.target},
        )

    await visit.desk.commit(work)
    return visit.move(f"/admin/domains/{domain_id}", visit.say("Saved."))


async def _page(visit: Visit, domain_id: int, trouble: str = "", status: int = 200) -> web.Response:
    after = visit.query("after")[:64]

    def work(books: BooksOfStore) -> tuple[Domain, list[Alias], bool]:
        domain = domain_within(visit, books, domain_id)
        is_own = domain.id == administrator(visit, books).domain_id
        return domain, books.domains.aliases(domain_id, after), is_own

    domain, aliases, is_own = await visit.desk.read(work)
    return visit.page(
        "console/domain.html", status, trouble=trouble, domain=domain, aliases=aliases, standings=STANDINGS,
        zones=ZONES, grace_days=GRACE_DAYS, may_end=visit.role is Role.SYSTEM and not is_own, form=visit.form,
        more=aliases[-1].name if len(aliases) == ALIASES else "",
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", "/admin/domains", Access.DOMAIN, show_all),
    Route("GET", "/admin/domains/new", Access.SYSTEM, show_new),
    Route("POST", "/admin/domains/new", Access.SYSTEM, add),
    Route("GET", "/admin/domains/{id}", Access.DOMAIN, show),
    Route("POST", "/admin/domains/{id}", Access.DOMAIN, change),
    Route("POST", "/admin/domains/{id}/standing", Access.SYSTEM, set_standing),
    Route("POST", "/admin/domains/{id}/aliases", Access.DOMAIN, add_alias),
    Route("POST", "/admin/domains/{id}/aliases/{alias}", Access.DOMAIN, remove_alias),
)
