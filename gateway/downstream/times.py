"""Times as SMPP and CMPP write them (SMPP 3.4 section 7.1.1): YYMMDDhhmmsstnnp. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_SHAPE: Final = re.compile(r"([0-9]{12})([0-9])([0-9]{2})([+\-R])", re.ASCII)
_DAYS: Final = (365, 30, 1)  # of the years, months and days of a relative time
#: A moment further away is none that anybody means.
MOST_AHEAD_MS: Final = 366 * 86_400_000


def moment_ms(written: str, now_ms: int) -> int | None:
    """The moment a time says, Unix milliseconds; None for "" and raises ValueError for what is no time.

    Absolute ones carry their offset from UTC in quarter hours, relative ones (R) count from now.
    """
    if not written:
        return None
    match = _SHAPE.fullmatch(written)
    if match is None:
        raise ValueError(f"{written[:32]!r} is no time")
    digits, _, quarters, sign = match.groups()
    if sign == "R":
        pairs = [int(digits[at : at + 2]) for at in range(0, 12, 2)]
        days = sum(count * length for count, length in zip(pairs[:3], _DAYS, strict=True))
        seconds = days * 86_400 + pairs[3] * 3600 + pairs[4] * 60 + pairs[5]
        found = now_ms + seconds * 1000
    else:
        offset = timedelta(minutes=15 * int(quarters)) * (-1 if sign == "-" else 1)
        local = datetime.strptime(digits, "%y%m%d%H%M%S").replace(tzinfo=UTC)
        found = int((local - offset).timestamp() * 1000)
    if found > now_ms + MOST_AHEAD_MS:
        raise ValueError(f"{written!r} is more than a year away")
    return found


def stamp(moment: int, offset_h: float) -> str:
    """YYMMDDhhmm, as receipts and reports write a moment (Unix milliseconds)."""
    return f"{local_time(moment, offset_h):%y%m%d%H%M}"


def local_time(moment: int, offset_h: float) -> datetime:
    """A moment (Unix milliseconds) as a clock shows it that is so many hours ahead of UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC) + timedelta(hours=offset_h)
