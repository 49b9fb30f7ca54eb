"""The page behind a link that an administrator made: its owner chooses a new password."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.core.accounts import Account
from gateway.core.errors import NotFound
from gateway.passwords import hash_password
from gateway.store.desk import BooksOfStore
from gateway.store.entry_links import EntryPurpose
from gateway.web.site.routing import Access, Route
from gateway.web.site.sign_in import is_password
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

_OVER: Final = N_("This link is good no more. Ask your administrator for another.")


async def show(visit: Visit) -> web.StreamResponse:
    """The form, while the link is good."""
    account = await visit.desk.read(lambda books: _account(visit, books))
    return _page(visit, account)


async def choose(visit: Visit) -> web.StreamResponse:
    """The new password; the link is used up, and every session of the account ends."""
    account = await visit.desk.read(lambda books: _account(visit, books))
    password = visit.form.get("password")
    if not is_password(password):
        return _page(visit, account, visit.say("A password has at least 8 characters."), 422)
    if password != visit.form.get("again"):
        return _page(visit, account, visit.say("The two passwords are not the same."), 422)
    password_hash = await hash_password(password)

    def work(books: BooksOfStore) -> None:
        owner = _account(visit, books)
        books.entry_links.close(EntryPurpose.PASSWORD, owner.id)
        books.accounts.set_password(owner.id, password_hash)
        books.sessions.end_all(owner.id)

    await visit.desk.commit(work)
    return visit.move("/login", visit.say("The password is changed. Sign in with it."))


def _account(visit: Visit, books: BooksOfStore) -> Account:
    account_id = books.entry_links.account_of(visit.names["secret"][:100])
    account = books.accounts.by_id(account_id) if account_id is not None else None
    if account is None:
        raise NotFound(_OVER)
    return account


def _page(visit: Visit, account: Account, trouble: str = "", status: int = 200) -> web.Response:
    return visit.page("console/entry.html", status, address=account.address, trouble=trouble)


ROUTES: Final = (
    Route("GET", "/enter/{secret}", Access.OPEN, show),
    Route("POST", "/enter/{secret}", Access.OPEN, choose),
)
