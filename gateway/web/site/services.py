"""What pages need beside the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.fitting import FittingPool
from gateway.web.health import Health
from gateway.web.picture_fetching import PictureFetching
from gateway.web.site.guard import Guard
from mail2sms.sending import NoticeConfig
from mms.config import MmsConfig


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
    guard: Guard = field(default_factory=Guard)
    pictures: PictureFetching = field(default_factory=PictureFetching)
    clock: Callable[[], float] = time.monotonic
