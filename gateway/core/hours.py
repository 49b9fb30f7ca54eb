"""When something holds: days of the week and times of day in a zone, as an operator writes them."""

from __future__ import annotations

import functools
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.core.errors import BadRequest

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_TEXT: Final = 96  # characters; as wide as the column
MINUTE_MS: Final = 60_000

_WINDOW: Final = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*) )?"
    r"(?P<start>[0-2][0-9]:[0-5][0-9])-(?P<end>[0-2][0-9]:[0-5][0-9])"
)


@dataclass(frozen=True, slots=True)
class Window:
    """From one time of day to another; one that ends before it begins goes on into the next day."""

    days: frozenset[int]  # 0 = Monday; the day on which it begins
    start: int  # minutes since midnight
    end: int  # minutes since midnight, up to 1440; not within the window any more

    def holds(self, day: int, minute: int) -> bool:
        """Whether a minute of a day lies within."""
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or ((day - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows in one time zone."""

    windows: tuple[Window, ...]
    zone: str  # IANA name

    def hold_at(self, moment_ms: int) -> bool:
        """Whether a moment (Unix milliseconds) lies within one of the windows."""
        local = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zoneinfo.ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        return any(window.holds(local.weekday(), minute) for window in self.windows)


@functools.lru_cache(maxsize=256)
def read_hours(text: str) -> Hours:
    """Hours from "mon-fri 09:00-18:00; sat 10:00-12:00 Asia/Shanghai"; without days every day. Raises BadRequest."""
    if len(text) > MAX_TEXT:
        raise BadRequest(f"hours: longer than {MAX_TEXT} characters")
    rest, _, zone = text.strip().rpartition(" ")
    try:
        if not zone or zone.startswith((".", "/")) or ".." in zone:
            raise ValueError(zone)
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise BadRequest(f"hours: {zone or text!r} is no time zone; end with one, like Asia/Shanghai") from error
    return Hours(tuple(_window(part.strip()) for part in rest.split(";")), zone)


@functools.lru_cache(maxsize=1024)
def holds(text: str, minute: int) -> bool:
    """Whether hours written so hold in a minute (Unix minutes); remembered, for it is asked for every message.

    Hours that cannot be read any more (a time zone that is gone) never hold: a message must not fail of them.
    """
    try:
        return read_hours(text).hold_at(minute * MINUTE_MS)
    except BadRequest:
        return False


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise BadRequest(f"hours: {text[:40]!r} is not like mon-fri 09:00-18:00")
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if start == end or start == 1440:
        raise BadRequest(f"hours: {text[:40]!r} is empty; a whole day is 00:00-24:00")
    return Window(_days(match["days"]), start, end)


def _minutes(text: str) -> int:
    hour, minute = int(text[:2]), int(text[3:])
    if hour * 60 + minute > 1440:
        raise BadRequest(f"hours: there is no time {text}")
    return hour * 60 + minute


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise BadRequest(f"hours: {part!r} is no day; the days are {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)
