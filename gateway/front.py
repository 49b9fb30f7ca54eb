"""A front worker: the web door in a process of its own, and the hub's side of keeping such workers alive.

The worker is a small composition root: its own readers of the store, its own web door, and a line to the hub over which
messages go into the hub's outbox. When the hub goes, the worker goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

from gateway import clock, housekeeping
from gateway.config import Config
from gateway.core.ids import LAST_ID, IdSource
from gateway.core.link_orders import known_links
from gateway.core.routing import LinkFacts, Router
from gateway.fitting import FittingPool
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.rooms import rooms
from gateway.store.blobs import Blobs
from gateway.store.database import open_store
from gateway.store.desk import Desk, Reactions
from gateway.web.asking import Media
from gateway.web.channel import WorkerEnd
from gateway.web.server import WebDoor

#: Nodes 512-767 are for front workers; hubs have 0-511, commands 768-1023.
_FIRST_NODE = 512
_NODES = 256
#: Seconds before a worker that died is started again.
RESTART_S = 1.0


def socket_path(config: Config) -> Path:
    """Where the hub listens for its workers. A Unix socket's path has room for about a hundred characters."""
    return Path(config.store.data_dir).resolve() / "run" / f"front-{config.store.node}.sock"


async def run_worker(config: Config, number: int, reactions: Reactions) -> None:
    """Be worker `number` until the hub goes away. What phones bring to its door has the hub's reactions."""
    over = asyncio.Event()
    journal = Journal()
    store = open_store(config.store)
    router = Router()
    router.ported_upto = LAST_ID  # the hub chooses links: a worker need not hold millions of ported numbers
    desk = Desk(
        store,
        Blobs(Path(config.store.data_dir)),
        router,
        journal,
        new_id=IdSource(clock.now_ms, _FIRST_NODE + (config.store.node * 8 + number) % _NODES),
        now_ms=clock.now_ms,
        read_facts=read_facts,
        reactions=reactions,
        region=config.hub.region,
    )
    end = WorkerEnd(journal, over.set)
    await asyncio.get_running_loop().create_unix_connection(lambda: end, str(socket_path(config)))
    desk.work_for_link = lambda link: end.send("w", link)
    desk.work_for_relay = lambda: end.send("r", True)
    desk.work_for_webhooks = lambda: end.send("h", True)
    names = [entry.link.name for entry in config.links]
    house = housekeeping.Housekeeping(journal, [housekeeping.Chore("learn", 1.0, lambda: _learn(desk, router, names))])
    await _learn(desk, router, names)
    house.start()
    pool = FittingPool(1, config.mms.fit_timeout_s)
    web = WebDoor(
        desk,
        config.web,
        Media(config.mms, pool),
        region=config.hub.region,
        private_webhooks=config.webhooks.allow_private,
        submissions=end,
        hub=end.hub,
        signature=config.notices.fixed_signature,
        rooms=lambda client: rooms(desk, config, pool, client),
    )
    await web.start()
    end.send("u", True)
    await over.wait()
    await web.stop()
    await pool.close()
    await house.stop()
    await desk.close()


async def _learn(desk: Desk, router: Router, names: list[str]) -> None:
    """Read routes and the state of the links, which the hub keeps in the books."""
    orders, up = await desk.read(lambda books: (books.link_orders.all(), books.links.up()))
    known = known_links(names, orders)
    await housekeeping.learn_routes(desk, known)
    for name in known:
        router.set_link(name, LinkFacts(up=name in up))
    for name in set(router.links) - set(known):
        router.drop_link(name)


class Fronts:
    """The hub's front workers: started, started again when they die, ended with the hub."""

    def __init__(self, config: Config, config_file: Path, journal: Journal) -> None:
        self._config = config
        self._file = config_file
        self._journal = journal
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every worker."""
        self._tasks = [asyncio.create_task(self._keep(n), name=f"front-{n}") for n in range(self._config.web.workers)]

    async def stop(self) -> None:
        """End the workers: they go by themselves when the channel closes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway",
                "--config",
                str(self._file),
                "front",
                str(number),
            )
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                await _end(process)
                raise
            self._journal.task_failed(f"front-{number}", f"ended with {code}; started again")
            await asyncio.sleep(RESTART_S)


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
