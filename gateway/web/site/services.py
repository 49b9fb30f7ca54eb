"""What pages need beside the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.core.fetching import Server
from gateway.fitting import FittingPool
from gateway.store.maildir_changes import MaildirMemory
from gateway.store.sealing import Seal
from gateway.web.health import Health
from gateway.web.limits import Buckets
from gateway.web.picture_fetching import PictureFetching
from gateway.web.site.guard import Guard
from mail2sms.sending import NoticeConfig
from mms.config import MmsConfig

#: Codes by SMS that one network address may have sent at once.
CODES_AT_ONCE: Final = 5.0
#: Tries to sign in to mailboxes elsewhere that one account has at once.
TRIES_AT_ONCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class LinkOption:
    """One option of a [[link]] table, as docs/configuration.md describes it."""

    name: str
    type: str  # text | a whole number | a number | true or false | list | table, or choices divided by " | "
    default: str  # as in TOML; "" when it must be given
    text: str
    is_secret: bool


@dataclass(frozen=True, slots=True)
class LinkShelf:
    """What the configuration says of links, and what a link of each protocol can be told."""

    of_the_file: Mapping[str, str]  # name -> protocol of the links in the configuration file
    titles: Mapping[str, str]  # protocol -> what people call it
    common: tuple[LinkOption, ...]  # options of every link
    options: Mapping[str, tuple[LinkOption, ...]]  # protocol -> its options
    check: Callable[[Mapping[str, Any]], None]  # a [[link]] table; raises ConfigError


@dataclass(slots=True)
class Services:
    """Made once for the site. `signature` goes before SMS with a code, as in gateway.web.server.WebDoor."""

    region: str
    allowed_prefixes: tuple[str, ...]  # of numbers that may be written to, as in [web]
    max_segments: int  # of a text
    signature: str | None
    mms: MmsConfig
    notices: NoticeConfig
    mails_per_hour: int  # that a member may write; 0 for no limit
    max_recipients: int  # of one mail
    pool: FittingPool
    health: Health
    links: LinkShelf
    seal: Seal  # of passwords that are said again to others
    try_mailbox: Callable[[Server, str], Awaitable[int]]  # counts the mails there; raises FetchFailed
    guard: Guard = field(default_factory=Guard)
    codes: Buckets = field(default_factory=lambda: Buckets(CODES_AT_ONCE))  # of network addresses
    mailbox_tries: Buckets = field(default_factory=lambda: Buckets(TRIES_AT_ONCE))  # of accounts, elsewhere
    pictures: PictureFetching = field(default_factory=PictureFetching)
    maildirs: MaildirMemory = field(default_factory=MaildirMemory)
    errands: set[asyncio.Task[None]] = field(default_factory=set)  # what goes on after its answer was given
    clock: Callable[[], float] = time.monotonic
