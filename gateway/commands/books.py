"""The store for commands that work on it directly, beside a hub that may be running."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from gateway import clock
from gateway.config import Config, read_config
from gateway.core.accounts import Account
from gateway.core.audit import Actor
from gateway.core.errors import NotFound
from gateway.core.ids import LAST_ID, IdSource
from gateway.core.link_orders import known_links
from gateway.core.routing import LinkFacts, Router
from gateway.housekeeping import default_routes
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import open_store
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.upgrade import upgrade

#: Nodes 768-1023 are for commands, so that their ids never meet those of a running hub (0-511) or its workers.
_FIRST_NODE = 768
_NODES = 256


def operator() -> Actor:
    """Who gives this command, for the log of acts."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"  # one without a name, as in containers
    return Actor(0, f"{name}@{socket.gethostname()}")


def member(books: BooksOfStore, address: str) -> Account:
    """The account at an address. Raises NotFound."""
    account = books.accounts.by_address(address)
    if account is None:
        raise NotFound(f"there is no account {address}")
    return account


def opened_member(books: BooksOfStore, address: str) -> Account:
    """As `member`; who finds none is told how to open one."""
    try:
        return member(books, address)
    except NotFound as error:
        raise NotFound(f"{error}; open it with: caiyou account add {address}") from None


@contextlib.contextmanager
def open_desk(path: Path) -> Iterator[Desk]:
    """The desk of the hub with this configuration; reactions do not run here."""
    config = read_config(path)
    store = open_store(config.store)
    upgrade(store)
    router = Router()
    desk = Desk(
        store,
        Blobs(Path(config.store.data_dir)),
        router,
        Journal(),
        new_id=IdSource(clock.now_ms, _FIRST_NODE + os.getpid() % _NODES),
        now_ms=clock.now_ms,
        read_facts=read_facts,
        reactions={},
        region=config.hub.region,
    )
    _learn_routes(desk, config)
    try:
        yield desk
    finally:
        store.engine.dispose()
        desk.blobs.close()


def _learn_routes(desk: Desk, config: Config) -> None:
    orders = desk.read_now(lambda books: books.link_orders.all())
    names = known_links((entry.link.name for entry in config.links), orders)
    for name in names:
        desk.router.set_link(name, LinkFacts(up=True))
    # Ported numbers are asked for one by one: a command looks at few, and there may be millions.
    known = desk.read_now(lambda books: books.routes.known(desk.router.version, LAST_ID))
    desk.router.learn(known, default_routes(names))
