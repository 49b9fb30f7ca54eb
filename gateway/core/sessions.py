"""Who is signed in to the pages: what an account may do there, and one session of a browser."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

#: Milliseconds without a click after which a session is over; the second is for browsers that are to stay signed in.
IDLE_MS: Final = 12 * 3_600_000
KEPT_IDLE_MS: Final = 30 * 86_400_000
#: No session lasts longer than this.
LONGEST_MS: Final = 90 * 86_400_000
#: Sessions of one account; the one not used for longest makes room.
MAX_SESSIONS: Final = 100


class Role(enum.StrEnum):
    """What an account may do beyond its own affairs."""

    MEMBER = "member"
    DOMAIN = "domain"  # administers its own domain
    SYSTEM = "system"  # administers everything


class SecondFactor(enum.StrEnum):
    """What is asked for after the password."""

    NONE = ""
    SMS = "sms"
    TOTP = "totp"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that has shown a password; `is_whole` once it has shown the second factor too, where one is asked."""

    id: int
    account_id: int
    csrf: str
    is_kept: bool
    is_whole: bool
    address: str  # network address it was opened from
    agent: str  # User-Agent it was opened with
    created_ms: int
    seen_ms: int

    def is_over(self, now_ms: int) -> bool:
        """Whether it has been idle, or there, for too long."""
        idle_ms = KEPT_IDLE_MS if self.is_kept else IDLE_MS
        return now_ms > self.seen_ms + idle_ms or now_ms > self.created_ms + LONGEST_MS
