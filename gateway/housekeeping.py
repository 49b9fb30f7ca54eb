"""What has to be looked after now and then: each chore is safe to run twice and in several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.core.audit import THE_HUB, Act
from gateway.core.errors import CaiyouError
from gateway.core.mms import CanMms
from gateway.core.routing import Route, Router
from gateway.departures import Departures
from gateway.journal import Journal
from gateway.mmsc.centre import Centre
from gateway.store import strays
from gateway.store.desk import BooksOfStore, Desk
from mail2sms.reminders import fire_due
from mms.dialogue.card_by_sms import CardBySms
from mms.pickup import Mailboxes

#: Seconds a link may be down, or its breaker open, before what waits for it goes to another link.
PATIENCE_S = 0.75
#: Pause between two looks at what waits for a link that is bad for longer than this, seconds.
LEAVE_AGAIN_S = 5.0
#: Pages of messages without a route in one look.
ROUTE_PAGES = 10
#: How much later than its own time a row may be seen, milliseconds.
LATE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every so many seconds."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[object]]


class Housekeeping:
    """Runs chores until it is stopped; one that fails is told of and runs again next time."""

    def __init__(self, journal: Journal, chores: list[Chore]) -> None:
        self._journal = journal
        self._chores = chores
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin with every chore."""
        self._tasks = [asyncio.create_task(self._repeat(chore), name=f"chore-{chore.name}") for chore in self._chores]

    async def stop(self) -> None:
        """Stop, each chore at its next pause."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, chore: Chore) -> None:
        while True:
            try:
                await chore.do()
            except Exception as error:
                # Whatever it was: a chore that ended here would not be done again until somebody restarts the hub.
                said = str(error) if isinstance(error, CaiyouError) else f"{type(error).__name__}: {error}"
                self._journal.task_failed(chore.name, said)
            await asyncio.sleep(chore.every_s)


def default_routes(links: list[str]) -> list[Route]:
    """Routes for a hub that was given none: every number over every link, in the order of the configuration."""
    return [Route("", link, preference=position) for position, link in enumerate(links)]


async def learn_routes(desk: Desk, links: list[str]) -> None:
    """Tell the router of this process what is new in the books."""
    has_more = True
    while has_more:
        version, upto = desk.router.version, desk.router.ported_upto
        known = await desk.read(lambda books, v=version, u=upto: books.routes.known(v, u))  # type: ignore[misc]
        desk.router.learn(known, default_routes(links))
        has_more = known.has_more


def chores(
    desk: Desk,
    router: Router,
    journal: Journal,
    links: list[str],
    release_held: Callable[[Any], object],
    give_up_parts: Callable[[], Awaitable[object]],
) -> list[Chore]:
    """The chores of a hub."""
    unrouted_from = [0]  # message behind which the next look at those without a route begins
    bad_since: dict[str, tuple[float, float]] = {}  # link -> since when, and when its queue was looked at

    async def find_routes() -> None:
        after: int | None = unrouted_from[0]
        for _ in range(ROUTE_PAGES):  # many may wait for a route that nobody makes
            if after is None or not await desk.read(lambda books: books.outbox.has_unrouted()):
                after = None
                break
            _, after = await desk.commit(
                lambda books, start=after: books.outbox.reroute(start)  # type: ignore[misc]
            )
        unrouted_from[0] = after or 0

    async def leave_bad_links() -> None:
        now = asyncio.get_running_loop().time()
        router.health.tick(now)
        distrusted = router.health.open_links()
        for name, facts in list(router.links.items()):
            if facts.up and name not in distrusted:
                bad_since.pop(name, None)
                continue
            since, looked = bad_since.setdefault(name, (now, 0.0))
            # What waits for it was looked at when it went; later only what came back to it meanwhile.
            pause_s = LEAVE_AGAIN_S if now - since > LEAVE_AGAIN_S else 0.0
            if (
                now - since >= PATIENCE_S
                and now - looked >= pause_s
                and any(other.up for other_name, other in router.links.items() if other_name != name)
            ):
                bad_since[name] = since, now
                await leave(name)

    async def note_health() -> None:
        if conditions := router.health.conditions():
            await desk.commit(lambda books: books.routes.note_health(conditions))

    async def leave(name: str) -> None:
        after: int | None = 0
        while after is not None:
            moved, after = await desk.commit(
                lambda books, start=after: books.outbox.leave_link(name, start)  # type: ignore[misc]
            )
            if moved:
                journal.rerouted(name, moved)

    async def expire() -> None:
        while overdue := await desk.read(lambda books: books.outbox.overdue()):
            await desk.commit(lambda books, ids=overdue: books.tell_owners(books.outbox.expire(ids)))  # type: ignore[misc]

    async def send_held() -> None:
        if await desk.read(lambda books: bool(books.notices.held_due(1))):
            await desk.commit(release_held)

    async def remind() -> None:
        while await desk.read(lambda books: bool(books.reminders.due(1))):
            await desk.commit(fire_due)

    async def react_again() -> None:
        if await desk.read(lambda books: bool(books.failures.due(1))):
            await desk.commit(lambda books: books.try_again())

    async def forget_contacts() -> None:
        while await desk.commit(lambda books: books.contact_history.forget()):
            pass

    async def forget_parked() -> None:
        while await desk.commit(lambda books: books.reports.forget_parked()):
            pass

    async def delete_overdue() -> None:
        bodies: list[str]
        boxes: list[int]
        while await desk.read(lambda books: bool(books.members.overdue(1) or books.domains.overdue())):
            bodies, boxes = await desk.commit(forget_overdue)
            await asyncio.get_running_loop().run_in_executor(None, desk.forget, bodies, boxes)
        await desk.commit(lambda books: books.entry_links.sweep())

    async def sweep_strays() -> None:
        loop = asyncio.get_running_loop()
        temporary, bodies = await loop.run_in_executor(None, strays.candidates, desk.blobs.root)
        without = await desk.read(lambda books: strays.without_row(books.tx, bodies)) if bodies else []
        paths = temporary + [desk.blobs.path(reference) for reference in without]
        if paths:
            journal.strays_removed(await loop.run_in_executor(None, strays.remove, paths))

    return [
        Chore("learn-routes", 2.0, lambda: learn_routes(desk, links)),
        Chore("find-routes", 2.0, find_routes),
        Chore("leave-bad-links", 0.25, leave_bad_links),
        Chore("note-health", 5.0, note_health),
        Chore("expire", 30.0, expire),
        Chore("send-held-notices", 5.0, send_held),
        Chore("remind", 1.0, remind),
        Chore("react-again", 5.0, react_again),
        Chore("place-forgotten", 300.0, desk.place_forgotten),
        Chore("give-up-parts", 60.0, give_up_parts),
        Chore("forget-parked-reports", 3600.0, forget_parked),
        Chore("forget-deleted-contacts", 3600.0, forget_contacts),
        Chore("delete-accounts", 60.0, delete_overdue),
        Chore("sweep-strays", 3600.0, sweep_strays),
    ]


def forget_overdue(books: BooksOfStore) -> tuple[list[str], list[int]]:
    """Forget accounts and domains whose time of grace is over: a few; (bodies to delete, mailboxes to delete)."""
    bodies: list[str] = []
    boxes: list[int] = []
    for member in books.members.overdue():
        gone = books.members.purge(member.account.id)
        bodies += gone[0]
        boxes += gone[1]
        books.audit.note(THE_HUB, Act.ACCOUNT_GONE, member.account.address, domain_id=member.domain_id)
    for domain in books.domains.overdue():
        books.domains.purge(domain.id)
        books.audit.note(THE_HUB, Act.DOMAIN_GONE, domain.name)
    return bodies, boxes


class NewPhones:
    """Sends what waits in mailboxes to phones that turn out to show MMS, whoever learnt it: hub, worker or command."""

    def __init__(self, desk: Desk, mailboxes: Mailboxes) -> None:
        self._desk = desk
        self._mailboxes = mailboxes
        self._since_ms = 0
        self._seen: set[tuple[str, int]] = set()

    async def send(self) -> int:
        """Look at the phones of which something was learnt since the last time; returns how many MMS went."""
        if not self._desk.router.carries_mms:
            return 0
        news = await self._desk.read(lambda books: books.pickups.with_news(self._since_ms))
        sent = 0
        for number, changed_ms in news:
            if (number, changed_ms) not in self._seen:
                sent += await self._desk.commit(lambda books, number=number: self._send(number, books))  # type: ignore[misc]
        if news:
            # What another process is still committing may be a little older.
            self._since_ms = max(changed_ms for _, changed_ms in news) - LATE_MS
            self._seen = {one for one in news if one[1] >= self._since_ms}
        return sent

    def _send(self, number: str, books: BooksOfStore) -> int:
        if books.handsets.of(number).mms is not CanMms.YES:
            return 0
        return self._mailboxes.send_waiting(number, books)


def writing_chores(desk: Desk, departures: Departures) -> list[Chore]:
    """The chores of mails that members write in the pages."""

    async def forget_left() -> None:
        while await desk.commit(lambda books: books.drafts.forget_left()):
            pass

    return [Chore("mails-leave", 1.0, departures.send_due), Chore("forget-left-mails", 3600.0, forget_left)]


def mms_chores(desk: Desk, mailboxes: Mailboxes, cards: CardBySms, centre: Centre) -> list[Chore]:
    """The chores of mailboxes that were opened for numbers, of cards made by SMS, and of MMS that phones fetch here."""

    async def tell_phones_again() -> None:
        while await desk.read(centre.has_due):
            await desk.commit(centre.pass_time)

    async def give_up_cards() -> None:
        while await desk.read(cards.has_overdue):
            await desk.commit(cards.give_up)

    async def tell_waiting() -> None:
        if await desk.read(mailboxes.has_untold):
            await desk.commit(mailboxes.tell_later)

    async def pass_time() -> None:
        while await desk.read(mailboxes.has_due):
            bodies, boxes = await desk.commit(mailboxes.pass_time)
            await asyncio.get_running_loop().run_in_executor(None, desk.forget, bodies, boxes)

    upgraded = NewPhones(desk, mailboxes)
    return [
        Chore("send-waiting-mms", 10.0, upgraded.send),
        Chore("tell-of-waiting-mms", 10.0, tell_waiting),
        Chore("mailboxes-of-numbers", 60.0, pass_time),
        Chore("give-up-cards", 30.0, give_up_cards),
        Chore("tell-phones-again", 10.0, tell_phones_again),
    ]
