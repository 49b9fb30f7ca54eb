"""The rooms behind the web door: who answers below which first word of a path, in the hub and in its front workers."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carriers.factory import KINDS
from carriers.mm1.config import Mm1Config
from gateway.config import Config, LinkConfig, read_link
from gateway.fetching.rounds import Rounds
from gateway.fitting import FittingPool
from gateway.mail.submission import SubmissionConfig
from gateway.mmsc.door import Mm1Door
from gateway.options import describe
from gateway.passwords import hash_password_now
from gateway.store.desk import Desk
from gateway.store.sealing import Seal
from gateway.web.dav import DavRoom
from gateway.web.health import Health
from gateway.web.pickup import PickupPage
from gateway.web.server import Room
from gateway.web.site.services import LinkOption, LinkShelf, Services
from gateway.web.site.site import Site
from gateway.web.syncml import SyncmlRoom
from gateway.web.viewing import Client
from mms.pickup import Mailboxes


def mm1_links(config: Config) -> dict[str, Mm1Config]:
    """The options of the links over MM1 that the configuration has, by name."""
    return {entry.link.name: entry.options for entry in config.links if isinstance(entry.options, Mm1Config)}


def link_shelf(config: Config) -> LinkShelf:
    """What the configuration says of links, and what a link of each protocol can be told."""

    def check(table: Mapping[str, Any]) -> None:
        read_link(table, "link")

    return LinkShelf(
        {entry.link.name: entry.link.protocol for entry in config.links},
        {protocol: kind.title for protocol, kind in KINDS.items()},
        _options(LinkConfig),
        {protocol: _options(kind.options) for protocol, kind in KINDS.items()},
        check,
    )


def _options(kind: type) -> tuple[LinkOption, ...]:
    secrets = {field.name for field in dataclasses.fields(kind) if not field.repr}
    return tuple(
        LinkOption(option.name, option.type, option.default, option.text, option.name in secrets)
        for option in describe(kind)
    )


def rooms(desk: Desk, config: Config, pool: FittingPool, client: Client) -> Mapping[str, Room]:
    """By first word of the path."""
    address_of = client.address_of
    seal = Seal(Path(config.store.data_dir))
    submission = config.submission or SubmissionConfig()
    services = Services(
        region=config.hub.region,
        allowed_prefixes=config.web.allowed_prefixes,
        max_segments=config.web.max_segments,
        signature=config.notices.fixed_signature,
        mms=config.mms,
        notices=config.notices,
        mails_per_hour=submission.mails_per_hour_per_member,
        max_recipients=submission.max_recipients,
        pool=pool,
        health=Health(desk, time.monotonic),
        links=link_shelf(config),
        seal=seal,
        try_mailbox=Rounds(desk, config.fetching, seal).try_out,
    )
    dav = DavRoom(desk, address_of=address_of, clock=time.monotonic)
    mailboxes = Mailboxes(config.mms, hash_password_now, config.notices.fixed_signature)
    return {
        **Site(desk, services, client).rooms,
        "mm1": Mm1Door(
            desk,
            config.mms,
            pool,
            address_of=address_of,
            clock=time.monotonic,
            region=config.hub.region,
        ),
        "dav": dav,
        ".well-known": dav,
        "principals": dav,
        "syncml": SyncmlRoom(desk, address_of=address_of, clock=time.monotonic),
        "p": PickupPage(desk, config.mms, mailboxes, pool, address_of=address_of, clock=time.monotonic),
    }
