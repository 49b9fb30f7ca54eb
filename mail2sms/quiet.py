"""Hours in which a phone is left alone, by the clock on the wall where its owner is. Pure; times are Unix milliseconds.

Where a number lies is known from the numbering plans (libphonenumber's data): one zone for most numbers, several for
countries that are wide, and then it is quiet as long as it is quiet in any of them.
"""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import timezone

from gateway.core.errors import BadRequest

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
#: Zones of a country looked at; none has more.
_MAX_ROUNDS: Final = 24


class QuietHours(NamedTuple):
    """From one time of the day to another, over midnight when the second is the smaller."""

    start: datetime.time
    end: datetime.time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read "22:00-08:00". Raises BadRequest."""
        found = _HOURS.fullmatch(text)
        if found is None or text[:5] == text[6:]:
            raise BadRequest("write quiet hours as 22:00-08:00")
        return cls(datetime.time.fromisoformat(text[:5]), datetime.time.fromisoformat(text[6:]))

    def end_after(self, at_ms: int, zone: datetime.tzinfo) -> int:
        """When the quiet hours around a moment end; 0 when it is not quiet.

        By the clock on the wall: where it is put forward over the end, they end as late as the old clock says; where
        it is put back, the hour that comes twice is quiet twice.
        """
        start, end = self
        local = datetime.datetime.fromtimestamp(at_ms / 1000, zone)
        now = local.time().replace(fold=0)
        crosses_midnight = start > end
        is_quiet = (now >= start or now < end) if crosses_midnight else start <= now < end
        if not is_quiet:
            return 0
        day = local.date() + datetime.timedelta(days=1 if crosses_midnight and now >= start else 0)
        for fold in (0, 1):
            moment = datetime.datetime.combine(day, end.replace(fold=fold), zone)
            end_ms = round(moment.timestamp() * 1000)
            if end_ms > at_ms:
                return end_ms
        return 0

    def end_for(self, number: str, at_ms: int) -> int:
        """When a phone may be written to at the earliest, from a moment on: that moment, or the end of the quiet."""
        zones = zones_of(number)
        for _ in range(_MAX_ROUNDS):
            latest = max((self.end_after(at_ms, zone) for zone in zones), default=0)
            if not latest:
                break
            at_ms = latest
        return at_ms


@functools.lru_cache(maxsize=4096)
def zones_of(number: str) -> tuple[datetime.tzinfo, ...]:
    """The time zones a number in E.164 may be in; UTC for one of no country."""
    try:
        names = timezone.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        names = ()
    zones = tuple(zone_of(name) for name in names if name != "Etc/Unknown")
    return zones or (datetime.UTC,)


@functools.lru_cache(maxsize=1024)
def zone_of(name: str) -> datetime.tzinfo:
    """The time zone of that name; UTC for one that this machine does not know."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.UTC
