"""What has to be looked after now and then: each chore is safe to run twice and in several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.core.errors import CaiyouError
from gateway.core.routing import Route, Router
from gateway.journal import Journal
from gateway.store import strays
from gateway.store.desk import Desk
from mail2sms.reminders import fire_due

#: Seconds a link may be down before what waits for it goes to another link.
PATIENCE_S = 10.0


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
            except CaiyouError as error:
                self._journal.task_failed(chore.name, str(error))
            await asyncio.sleep(chore.every_s)


def default_routes(links: list[str]) -> list[Route]:
    """Routes for a hub that was given none: every number over every link, in the order of the configuration."""
    return [Route("", link, preference=position) for position, link in enumerate(links)]


def chores(
    desk: Desk,
    router: Router,
    journal: Journal,
    links: list[str],
    release_held: Callable[[Any], object],
    give_up_parts: Callable[[], Awaitable[object]],
) -> list[Chore]:
    """The chores of a hub."""
    down_since: dict[str, float] = {}

    async def learn_routes() -> None:
        routes = await desk.read(lambda books: books.links.routes())
        router.set_routes(routes or default_routes(links))

    async def find_routes() -> None:
        if await desk.read(lambda books: books.outbox.has_unrouted()):
            await desk.commit(lambda books: books.outbox.reroute())

    async def leave_dead_links() -> None:
        now = asyncio.get_running_loop().time()
        for name, facts in router.links.items():
            if facts.up:
                down_since.pop(name, None)
            elif now - down_since.setdefault(name, now) >= PATIENCE_S and any(f.up for f in router.links.values()):
                await leave(name)

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

    async def forget_parked() -> None:
        while await desk.commit(lambda books: books.reports.forget_parked()):
            pass

    async def sweep_strays() -> None:
        loop = asyncio.get_running_loop()
        temporary, bodies = await loop.run_in_executor(None, strays.candidates, desk.blobs.root)
        without = await desk.read(lambda books: strays.without_row(books.tx, bodies)) if bodies else []
        paths = temporary + [desk.blobs.path(reference) for reference in without]
        if paths:
            journal.strays_removed(await loop.run_in_executor(None, strays.remove, paths))

    return [
        Chore("learn-routes", 2.0, learn_routes),
        Chore("find-routes", 2.0, find_routes),
        Chore("leave-dead-links", 2.0, leave_dead_links),
        Chore("expire", 30.0, expire),
        Chore("send-held-notices", 5.0, send_held),
        Chore("remind", 1.0, remind),
        Chore("react-again", 5.0, react_again),
        Chore("place-forgotten", 300.0, desk.place_forgotten),
        Chore("give-up-parts", 60.0, give_up_parts),
        Chore("forget-parked-reports", 3600.0, forget_parked),
        Chore("sweep-strays", 3600.0, sweep_strays),
    ]
