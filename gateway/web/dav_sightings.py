"""What programs that come over CardDAV get, written down so that a page can say how far setting up a phone has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from addressbook.dav.errors import DavError
from addressbook.dav.paths import Kind, Place
from gateway.core.dav_clients import Trouble
from gateway.core.errors import StoreUnavailable
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.dav_asking import known_agent
from gateway.web.dav_login import Login

#: Seconds for which the same is not written down again.
QUIET_S: Final = 60.0
#: Sightings remembered.
MAX_REMEMBERED: Final = 100_000
_ONLY_SEEN: Final = (False, None)
_CONDITIONS: Final = {
    "valid-address-data": Trouble.BAD_CARD,
    "supported-address-data": Trouble.BAD_CARD,
    "max-resource-size": Trouble.TOO_LARGE,
    "quota-not-exceeded": Trouble.FULL,
}


class Sightings:
    """Remembers what was written down of late, so that a sync costs no writing. `clock`: seconds that only grow."""

    def __init__(self, desk: Desk, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._clock = clock
        self._noted: dict[tuple[object, ...], tuple[tuple[bool, Trouble | None], float]] = {}

    async def wrong_password(self, user: str, request: web.BaseRequest) -> None:
        """Somebody came in the name of that user, and was not let in."""
        agent = known_agent(request.headers.get("User-Agent", ""))
        if not self._is_news((user.lower(), agent), (False, Trouble.PASSWORD)):
            return

        def work(books: BooksOfStore) -> None:
            account = books.accounts.by_address(user.lower())
            if account is not None:
                books.dav_clients.note(account.id, 0, agent, trouble=Trouble.PASSWORD)

        await self._write(work)

    async def seen(
        self,
        login: Login,
        request: web.BaseRequest,
        place: Place | None,
        error: DavError | None,
    ) -> None:
        """What became of the request of a member."""
        account, device = login.account, login.device
        agent = known_agent(request.headers.get("User-Agent", ""))
        trouble = None if error is None else trouble_of(error, place, account.address)
        synced = error is None and is_sync(request, place)
        password_id = 0 if device is None else device.id
        if not self._is_news((account.id, password_id, agent), (synced, trouble)):
            return
        await self._write(
            lambda books: books.dav_clients.note(account.id, password_id, agent, synced=synced, trouble=trouble)
        )

    def _is_news(self, key: tuple[object, ...], verdict: tuple[bool, Trouble | None]) -> bool:
        """Whether this is worth writing down: another verdict than the last, or the same after a minute."""
        now = self._clock()
        known = self._noted.get(key)
        if known is not None and now - known[1] < QUIET_S and verdict in (known[0], _ONLY_SEEN):
            return False
        if len(self._noted) >= MAX_REMEMBERED:
            self._noted.clear()
        self._noted[key] = verdict, now
        return True

    async def _write(self, work: Callable[[BooksOfStore], None]) -> None:
        try:
            await self._desk.commit(work)
        except StoreUnavailable:
            return  # the request has its answer; what is lost is a note


def is_sync(request: web.BaseRequest, place: Place | None) -> bool:
    """Whether a request that was answered well moves cards, or lists them."""
    if place is None or place.kind not in (Kind.BOOK, Kind.CARD):
        return False
    if request.method == "PROPFIND":
        return place.kind is Kind.BOOK and request.headers.get("Depth", "1") != "0"
    return request.method in ("REPORT", "PUT", "POST", "DELETE", "MOVE", "COPY")


def trouble_of(error: DavError, place: Place | None, user: str) -> Trouble | None:
    """What is wrong with a set-up that gets this refusal; None for what clients live with every day."""
    known = _CONDITIONS.get(error.condition.rpartition("}")[2])
    if known is not None:
        return known
    if error.status >= 500:
        return Trouble.FULL if error.status == 507 else Trouble.SERVER
    if error.status == 429:
        return Trouble.TOO_FAST
    if error.status == 403 and place is not None and place.user not in ("", user):
        return Trouble.OTHER_ACCOUNT
    if error.status == 403 and error.condition.endswith("}need-privileges"):
        return Trouble.READ_ONLY
    if error.status in (404, 409) and (place is None or place.kind is Kind.BOOK):
        return Trouble.NO_BOOK
    return None
