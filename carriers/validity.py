"""Until when a message is worth delivering, as CMPP, SGIP and SMGP write it: the absolute time of SMPP 3.3."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timezone

_YEAR_S = 366 * 86400
_QUARTER_HOUR = timedelta(minutes=15)


def expiry_time(validity_s: int | None, wall_clock: datetime, zone: timezone) -> bytes:
    """YYMMDDhhmmsstnnp: moment of expiry, tenths, quarter hours from UTC, their sign; empty = the carrier's default.

    `wall_clock` is aware, `zone` that of the gateway's clock. More than a year is cut to one.
    """
    if validity_s is None:
        return b""
    expiry = (wall_clock + timedelta(seconds=max(0, min(validity_s, _YEAR_S)))).astimezone(zone)
    quarters = round(zone.utcoffset(None) / _QUARTER_HOUR)
    sign = "-" if quarters < 0 else "+"
    return f"{expiry:%y%m%d%H%M%S}0{abs(quarters):02}{sign}".encode()
