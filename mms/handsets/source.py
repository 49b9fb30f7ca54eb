"""Where a value of a handset comes from, told to people. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime


class Origin(enum.StrEnum):
    """Who says it."""

    CLASS = "class"
    FAMILY = "family"
    MODEL = "model"
    MEMBER = "member"  # the owner of the number said so
    OPERATOR = "operator"  # whoever runs the hub said so
    UAPROF = "UAProf"  # the maker's description of the device
    AGENT = "User-Agent"
    ACCEPT = "Accept"
    FETCHED = "fetched"  # an MMS was retrieved
    REFUSED = "refused"  # an MMS was refused
    UNFETCHED = "never fetched"  # a notification was delivered, the MMS never asked for


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value comes from."""

    origin: Origin
    #: A key, an address, a status, a header; "" when the origin says it all.
    detail: str = ""
    #: When it was learnt; 0 for what stands in the catalogue.
    seen_ms: int = 0

    def __str__(self) -> str:
        """Such as "class colour-2003", "UAProf 2026-11-25 http://…", "member said 2026-11-25"."""
        words = [self.origin.value]
        if self.origin in (Origin.MEMBER, Origin.OPERATOR):
            words.append("said")
        if self.seen_ms:
            words.append(datetime.fromtimestamp(self.seen_ms / 1000, UTC).date().isoformat())
        if self.detail:
            words.append(self.detail)
        return " ".join(words)
