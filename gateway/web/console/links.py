"""Links to carriers: how they do, and what operators want of them while the hub runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from gateway.core import phone
from gateway.core import text as sms_text
from gateway.core.administration import read_count
from gateway.core.audit import Act
from gateway.core.errors import BadRequest, ConfigError, NotFound
from gateway.core.link_figures import TIMES_S
from gateway.core.link_orders import LinkOrder, Wish
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.owner import node_of
from gateway.store.desk import BooksOfStore
from gateway.web.console import link_form
from gateway.web.console.administrator import NOTHING, actor
from gateway.web.console.charts import bars
from gateway.web.console.modems import modem_view
from gateway.web.console.story_view import lasts
from gateway.web.console.wellness import LinkView, link_view
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

STATES: Final = {
    "up": N_("up"),
    "connecting": N_("connecting"),
    "down": N_("down"),
    "draining": N_("draining"),
    "paused": N_("paused"),
    "unserved": N_("served by no process"),
}
_WISHES: Final = {
    "run": (Wish.RUN, Act.LINK_RESUMED),
    "pause": (Wish.PAUSE, Act.LINK_PAUSED),
    "drain": (Wish.DRAIN, Act.LINK_DRAINED),
    "remove": (Wish.REMOVE, Act.LINK_REMOVED),
}
MAX_NODE: Final = 511
_TEST_SEGMENTS: Final = 3


async def show_all(visit: Visit) -> web.StreamResponse:
    """Every link: of the file, of the books, or seen once."""
    views, orders = await _links(visit)
    return visit.page("console/links.html", links=views, orders=orders, states=STATES, lasts=lasts)


async def _links(visit: Visit) -> tuple[list[LinkView], dict[str, LinkOrder]]:
    figures = await visit.services.health.figures()
    orders = {order.name: order for order in await visit.desk.read(lambda books: books.link_orders.all())}
    rows = {row["name"]: row for row in figures.links}
    protocols = dict(visit.services.links.of_the_file)
    for order in orders.values():
        if order.options:
            protocols.setdefault(order.name, str(json.loads(order.options).get("protocol", "")))
    for name, protocol in protocols.items():
        unserved = {"name": name, "protocol": protocol, "link_group": name, "state": "unserved", "since_ms": 0}
        rows.setdefault(name, unserved | {"lease_by": "", "last_error": ""})
    views = [link_view(rows[name], figures) for name in sorted(rows) if name in protocols or rows[name]["lease_by"]]
    return views, orders


async def _link(visit: Visit) -> tuple[LinkView, LinkOrder]:
    """The link the path names. Raises NotFound."""
    name = visit.names["name"]
    views, orders = await _links(visit)
    for one in views:
        if one.name == name:
            return one, orders.get(name) or LinkOrder(name)
    raise NotFound(NOTHING)


async def show(visit: Visit) -> web.StreamResponse:
    """One link."""
    return await _page(visit)


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> web.Response:
    one, order = await _link(visit)
    labels = [f"{upper_s * 1000:g} ms" if upper_s < 1 else f"{upper_s:g} s" for upper_s in TIMES_S]
    return visit.page(
        "console/link.html", status, trouble=trouble, link=one, order=order, states=STATES, lasts=lasts,
        times=bars(list(zip([*labels, f"> {TIMES_S[-1]:g} s"], one.reading.times, strict=True))),
        modems=[modem_view(name, values) for name, values in sorted(one.reading.parts.items())],
        node=node_of(one.owner), in_file=one.name in visit.services.links.of_the_file, max_node=MAX_NODE,
        form=visit.form,
    )  # fmt: skip


async def set_wish(visit: Visit) -> web.StreamResponse:
    """Pause, drain, resume; remove one that was added here."""
    one, order = await _link(visit)
    wish, act = _WISHES.get(visit.form.get("wish"), (None, None))
    if wish is None or act is None:
        raise BadRequest("This page does not take that.")
    if wish is Wish.REMOVE and one.name in visit.services.links.of_the_file:
        return await _page(
            visit, visit.say("It stands in the configuration file: pause it, and take it out there."), 409
        )
    if order.wish is Wish.REMOVE:
        return await _page(visit, visit.say("The link is being removed."), 409)

    def work(books: BooksOfStore) -> None:
        books.link_orders.set_wish(one.name, wish)
        books.audit.note(actor(visit), act, one.name)

    await visit.desk.commit(work)
    where = "/admin/links" if wish is Wish.REMOVE else f"/admin/links/{one.name}"
    return visit.move(where, visit.say("Ordered. Every process sees it within two seconds."))


async def move(visit: Visit) -> web.StreamResponse:
    """Let another process serve it."""
    one, order = await _link(visit)
    try:
        node = read_count(visit.form.get("node"), MAX_NODE)
    except BadRequest as error:
        return await _page(visit, visit.say(str(error)), 422)

    def work(books: BooksOfStore) -> None:
        books.link_orders.move(one.name, node)
        before = {} if order.move_to is None else {"node": order.move_to}
        books.audit.note(actor(visit), Act.LINK_MOVED, one.name, before=before, after={"node": node})

    await visit.desk.commit(work)
    return visit.move(f"/admin/links/{one.name}", visit.say("Ordered. Every process sees it within two seconds."))


async def send_test(visit: Visit) -> web.StreamResponse:
    """An SMS over this link and no other; then its story."""
    one, _ = await _link(visit)
    number = phone.normalise(visit.form.get("number").strip()[:40], visit.services.region)
    text = visit.form.get("text").strip()
    if number is None or not phone.is_mobile(number):
        return await _page(visit, visit.say("This is no mobile number."), 422)
    if not text or len(sms_text.split(text[:1000], sms_text.choose(text[:1000]))) > _TEST_SEGMENTS:
        return await _page(visit, visit.say("The text is empty, or longer than three SMS."), 422)
    message_id = await visit.desk.commit(lambda books: order_test(visit, books, one.name, number, text))
    return visit.move(f"/admin/messages/{message_id}")


def order_test(visit: Visit, books: BooksOfStore, link: str, number: str, text: str) -> int:
    """Put a test SMS into the outbox; its id."""
    message_id = books.outbox.add(
        NewSms(
            recipient=number,
            text=text,
            purpose=Purpose.API,
            account_id=visit.member.id,
            priority=Priority.URGENT,
            validity_s=3600,
            tag="test",
            link=link,
        )
    )
    books.audit.note(actor(visit), Act.TEST_SENT, link, after={"number": number})
    return message_id


# --- adding and changing ------------------------------------------------------------------------------------------


async def show_new(visit: Visit) -> web.StreamResponse:
    """The form for a link of a protocol."""
    return _form_page(visit, visit.query("protocol"), "", {})


async def add(visit: Visit) -> web.StreamResponse:
    """Add a link; what serves links takes it up within two seconds."""
    name, protocol = visit.form.get("name").strip(), visit.form.get("protocol")
    table, trouble = _table(visit, protocol, name, {})
    if trouble:
        return _form_page(visit, protocol, name, _as_given(visit, protocol), trouble, 422)
    _, orders = await _links(visit)
    known = orders.get(name)
    if name in visit.services.links.of_the_file or (known is not None and known.options):
        said = visit.say("There is such a link already.")
        return _form_page(visit, protocol, name, _as_given(visit, protocol), said, 409)
    await _save(visit, Act.LINK_ADDED, name, table, {})
    return visit.move(f"/admin/links/{name}", visit.say("Ordered. Every process sees it within two seconds."))


async def show_options(visit: Visit) -> web.StreamResponse:
    """The options of a link that was added here."""
    table = await _own_table(visit)
    return _form_page(visit, str(table["protocol"]), str(table["name"]), table, is_new=False)


async def change_options(visit: Visit) -> web.StreamResponse:
    """Give other options to a link that was added here."""
    before = await _own_table(visit)
    name, protocol = str(before["name"]), str(before["protocol"])
    table, trouble = _table(visit, protocol, name, before)
    if trouble:
        return _form_page(visit, protocol, name, _as_given(visit, protocol), trouble, 422, is_new=False)
    await _save(visit, Act.LINK_CHANGED, name, table, before)
    return visit.move(f"/admin/links/{name}", visit.say("Ordered. Every process sees it within two seconds."))


async def _own_table(visit: Visit) -> dict[str, Any]:
    """The [[link]] table of a link of the books. Raises NotFound."""
    one, order = await _link(visit)
    if not order.options or one.name in visit.services.links.of_the_file or order.wish is Wish.REMOVE:
        raise NotFound(NOTHING)
    table: dict[str, Any] = json.loads(order.options)
    return table


def _table(visit: Visit, protocol: str, name: str, before: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The table of the form, and what is wrong with it."""
    shelf = visit.services.links
    try:
        table = link_form.read_form(shelf, protocol, name, visit.form.get, before)
        shelf.check(table)
    except BadRequest as error:
        return {}, visit.say(str(error))
    except ConfigError as error:
        return {}, str(error)
    return table, ""


def _as_given(visit: Visit, protocol: str) -> dict[str, Any]:
    """What was filled in, to be shown again."""
    if protocol not in visit.services.links.options:
        return {}
    known = link_form.fields(visit.services.links, protocol, {})
    return {one.option.name: visit.form.get(one.option.name) for one in known}


async def _save(visit: Visit, act: Act, name: str, table: dict[str, Any], before: dict[str, Any]) -> None:
    shelf = visit.services.links
    options = shelf.options[str(table["protocol"])]

    def work(books: BooksOfStore) -> None:
        books.link_orders.set_options(name, json.dumps(table, ensure_ascii=False, sort_keys=True))
        books.audit.note(
            actor(visit), act, name, before=link_form.shown(before, options), after=link_form.shown(table, options)
        )

    await visit.desk.commit(work)


def _form_page(
    visit: Visit,
    protocol: str,
    name: str,
    table: dict[str, Any],
    trouble: str = "",
    status: int = 200,
    *,
    is_new: bool = True,
) -> web.Response:
    shelf = visit.services.links
    known = protocol in shelf.options
    fields = link_form.fields(shelf, protocol, table) if known else []
    if not is_new:  # a secret that stays as it is need not be typed again
        fields = [
            replace(one, option=replace(one.option, default='""')) if one.option.is_secret else one for one in fields
        ]
    return visit.page(
        "console/link_form.html", status, trouble=trouble, protocol=protocol if known else "", name=name, fields=fields,
        titles=shelf.titles, is_new=is_new,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", "/admin/links", Access.SYSTEM, show_all),
    Route("GET", "/admin/links/new", Access.SYSTEM, show_new),
    Route("POST", "/admin/links/new", Access.SYSTEM, add),
    Route("GET", "/admin/links/{name}", Access.SYSTEM, show),
    Route("POST", "/admin/links/{name}/wish", Access.SYSTEM, set_wish),
    Route("POST", "/admin/links/{name}/move", Access.SYSTEM, move),
    Route("POST", "/admin/links/{name}/test", Access.SYSTEM, send_test),
    Route("GET", "/admin/links/{name}/options", Access.SYSTEM, show_options),
    Route("POST", "/admin/links/{name}/options", Access.SYSTEM, change_options),
)
