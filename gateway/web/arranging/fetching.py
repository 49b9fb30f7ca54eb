"""Mailboxes elsewhere whose mail a member wants here as well."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.core.errors import BadRequest, Conflict
from gateway.core.fetching import PORTS, FetchFailed, Protocol, Security, Server, Trouble
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

MAX_PASSWORD: Final = 255
#: One more try to sign in elsewhere every so many seconds, once the TRIES_AT_ONCE are spent.
TRY_EVERY_S: Final = 60.0

TROUBLES: Final = {
    Trouble.NONE: "",
    Trouble.UNREACHABLE: N_("The server does not answer."),
    Trouble.REFUSED: N_("The server refuses name or password."),
    Trouble.UNSAFE: N_("The server's certificate is not good, or it has no TLS."),
    Trouble.PRIVATE: N_("The server is not in the Internet."),
    Trouble.FULL: N_("Your mailbox here is full."),
    Trouble.BROKEN: N_("What the server says cannot be understood."),
}


async def show(visit: Visit) -> web.StreamResponse:
    """All of them, and how they do."""
    return await _page(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Another one, once signing in has worked."""
    form, account_id = visit.form, visit.member.id
    password = form.get("password")
    try:
        server = _server(visit)
    except BadRequest as error:
        return await _page(visit, visit.say(str(error)), 422)
    if not password or len(password) > MAX_PASSWORD:
        return await _page(visit, visit.say("Say the password you sign in with there."), 422)
    if visit.services.mailbox_tries.take(str(account_id), 1 / TRY_EVERY_S, visit.services.clock()):
        return await _page(visit, visit.say("You have tried very often. Wait a minute."), 429)
    try:
        count = await visit.services.try_mailbox(server, password)
    except FetchFailed as error:
        return await _page(visit, visit.say(TROUBLES[error.trouble]), 422)
    secret = visit.services.seal.close(password)
    is_deleted_there, only_new = form.has("is_deleted_there"), form.get("which") != "all"
    try:
        await visit.desk.commit(
            lambda books: books.fetching.add(
                account_id, server, secret, is_deleted_there=is_deleted_there, only_new=only_new
            )
        )
    except Conflict as error:
        return await _page(visit, visit.say(str(error)), 422)
    said = visit.say("It works: %(count)s mails are there. What comes from now on is fetched.", count=count)
    return visit.move("/settings/fetching", said)


async def change(visit: Visit) -> web.StreamResponse:
    """On, off, now, gone."""
    do, _, source_id = visit.form.get("do").partition("-")
    account_id = visit.member.id
    if source_id.isascii() and source_id.isdigit() and len(source_id) <= 19:
        number = int(source_id)
        if do == "gone":
            await visit.desk.commit(lambda books: books.fetching.remove(account_id, number))
        elif do in ("on", "off"):
            await visit.desk.commit(lambda books: books.fetching.switch(account_id, number, is_on=do == "on"))
    return visit.move("/settings/fetching")


def _server(visit: Visit) -> Server:
    """The server that was named. Raises BadRequest."""
    form = visit.form
    try:
        protocol, security = Protocol(form.get("protocol")), Security(form.get("security"))
    except ValueError as error:
        raise BadRequest("Something is missing, or cannot be.") from error
    port = form.get("port").strip()
    if port and not (port.isascii() and port.isdigit() and len(port) <= 5):
        raise BadRequest("A port is a number from 1 to 65535.")
    number = int(port) if port else PORTS[protocol, security]
    return Server(protocol, form.get("host").strip().lower(), number, security, form.get("user").strip())


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> web.StreamResponse:
    sources = await visit.desk.read(lambda books: books.fetching.of(visit.member.id))
    return visit.page(
        "arranging/fetching.html", status, sources=sources, trouble=trouble, troubles=TROUBLES, typed=visit.form
    )


ROUTES: Final = (
    Route("GET", "/settings/fetching", Access.MEMBER, show),
    Route("POST", "/settings/fetching/add", Access.MEMBER, add),
    Route("POST", "/settings/fetching", Access.MEMBER, change),
)
