"""The configuration: one TOML file, assembled from the dataclasses that stand beside the code they configure.

What does not change while the hub runs is here: doors, carriers, secrets. What does (accounts, rules, routes, tariffs)
is in the database.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from carriers.factory import KINDS
from gateway.alarms import AlarmConfig
from gateway.core.errors import ConfigError
from gateway.core.outbox import Uncertain
from gateway.downstream.config import (
    DownstreamCmppConfig,
    DownstreamConfig,
    DownstreamMm7Config,
    DownstreamSmppConfig,
)
from gateway.fetching.rounds import FetchingConfig
from gateway.lane import LinkPolicy
from gateway.logs import LogConfig
from gateway.mail.intake import LmtpConfig, SmtpConfig
from gateway.mail.relay import RelayConfig
from gateway.mail.submission import SubmissionConfig
from gateway.options import read_table
from gateway.store.database import StoreConfig
from gateway.web.number_dip import NumberConfig
from gateway.web.phone_settings import PhonesConfig
from gateway.web.server import WebConfig
from gateway.web.webhooks import WebhookConfig
from mail2sms.sending import NoticeConfig
from mms.config import MmsConfig

ROLES = ("smtp", "web", "links", "peers", "house", "media")


@dataclass(frozen=True, slots=True)
class HubConfig:
    """The process as a whole."""

    #: Region whose national numbers are understood without a country code.
    region: str = "CN"
    #: What this process does: any of smtp, web, links, peers, house, media. Several processes may share one PostgreSQL.
    roles: tuple[str, ...] = ROLES

    def __post_init__(self) -> None:
        for role in self.roles:
            if role not in ROLES:
                raise ConfigError(f"roles must be of {', '.join(ROLES)}, not {role!r}")


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """A line to a carrier, whatever its protocol; the options of the protocol stand in the same table."""

    #: Name of the link; routes and stories call it so.
    name: str
    #: What the carrier speaks; the options of each protocol are listed below.
    protocol: str
    #: Links that belong to one account at a carrier: reports may come on any of them. Empty: the link alone.
    group: str = ""
    #: Segments a second; 0 = as fast as the carrier answers.
    rate_per_s: float = 0.0
    #: What to do with a submit that was never answered.
    uncertain: Uncertain = Uncertain.RESEND
    #: Seconds to wait for a report before such a submit is sent again.
    uncertain_wait_s: int = 60


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """A link with the options of its protocol."""

    link: LinkConfig
    options: Any

    @property
    def group(self) -> str:
        """The link group; the link's own name when none is given."""
        return self.link.group or self.link.name

    @property
    def policy(self) -> LinkPolicy:
        """How messages on it are treated."""
        whole_messages = bool(getattr(self.options, "whole_messages", False))
        return LinkPolicy(self.link.uncertain, self.link.uncertain_wait_s, whole_messages)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything."""

    hub: HubConfig = field(default_factory=HubConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    log: LogConfig = field(default_factory=LogConfig)
    smtp: SmtpConfig | None = None  # doors exist only when their table is in the file
    lmtp: LmtpConfig | None = None
    submission: SubmissionConfig | None = None
    relay: RelayConfig = field(default_factory=RelayConfig)
    web: WebConfig = field(default_factory=WebConfig)
    webhooks: WebhookConfig = field(default_factory=WebhookConfig)
    fetching: FetchingConfig = field(default_factory=FetchingConfig)
    numbers: NumberConfig = field(default_factory=NumberConfig)
    notices: NoticeConfig = field(default_factory=NoticeConfig)
    mms: MmsConfig = field(default_factory=MmsConfig)
    phones: PhonesConfig = field(default_factory=PhonesConfig)
    alarms: AlarmConfig = field(default_factory=AlarmConfig)
    downstream: DownstreamConfig = field(default_factory=DownstreamConfig)
    downstream_smpp: DownstreamSmppConfig | None = None
    downstream_cmpp: DownstreamCmppConfig | None = None
    downstream_mm7: DownstreamMm7Config | None = None
    links: tuple[LinkEntry, ...] = ()

    def with_roles(self, roles: Iterable[str]) -> Config:
        """The same with other roles."""
        return replace(self, hub=replace(self.hub, roles=tuple(roles)))


#: The tables of the file, but for [[link]].
TABLES: dict[str, type] = {
    "hub": HubConfig,
    "store": StoreConfig,
    "log": LogConfig,
    "smtp": SmtpConfig,
    "lmtp": LmtpConfig,
    "submission": SubmissionConfig,
    "relay": RelayConfig,
    "web": WebConfig,
    "webhooks": WebhookConfig,
    "fetching": FetchingConfig,
    "numbers": NumberConfig,
    "notices": NoticeConfig,
    "mms": MmsConfig,
    "phones": PhonesConfig,
    "alarms": AlarmConfig,
    "downstream": DownstreamConfig,
    "downstream_smpp": DownstreamSmppConfig,
    "downstream_cmpp": DownstreamCmppConfig,
    "downstream_mm7": DownstreamMm7Config,
}

_LINK_KEYS = frozenset(LinkConfig.__dataclass_fields__)


def read_config(path: Path) -> Config:
    """The configuration in a file. Raises ConfigError naming file, table and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; write one from deploy/caiyou.toml") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    return read_tables(tables, str(path))


def read_tables(tables: Mapping[str, Any], source: str) -> Config:
    """The configuration in parsed TOML; `source` is what errors call it."""
    unknown = sorted(set(tables) - set(TABLES) - {"link"})
    if unknown:
        raise ConfigError(f"{source}: there is no table [{unknown[0]}]; the tables are {', '.join(TABLES)}, [[link]]")
    values: dict[str, Any] = {
        name: read_table(kind, tables[name], f"{source} [{name}]") for name, kind in TABLES.items() if name in tables
    }
    links = tuple(read_link(table, f"{source} [[link]] {n}") for n, table in enumerate(tables.get("link", []), 1))
    names = [entry.link.name for entry in links]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ConfigError(f"{source}: two links are called {doubled[0]!r}")
    return Config(links=links, **values)


def read_link(table: Mapping[str, Any], where: str) -> LinkEntry:
    """One [[link]] table; `where` is what errors call it. Raises ConfigError."""
    where = f"{where} ({table['name']})" if isinstance(table.get("name"), str) else where
    link = read_table(LinkConfig, {key: value for key, value in table.items() if key in _LINK_KEYS}, where)
    kind = KINDS.get(link.protocol)
    if kind is None:
        raise ConfigError(f"{where}: protocol must be one of {', '.join(KINDS)}, not {link.protocol!r}")
    options = {key: value for key, value in table.items() if key not in _LINK_KEYS}
    return LinkEntry(link, read_table(kind.options, options, where))
