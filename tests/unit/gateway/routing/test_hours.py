"""Hours: windows of days in a zone, over midnight and over changes of the clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.core.errors import BadRequest
from gateway.core.hours import MINUTE_MS, holds, read_hours


def at(text: str, zone: str = "Asia/Shanghai") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ("09:00-21:00 Asia/Shanghai", "2026-11-25T09:00", True),
        ("09:00-21:00 Asia/Shanghai", "2026-11-25T08:59", False),
        ("09:00-21:00 Asia/Shanghai", "2026-11-25T21:00", False),
        ("mon-fri 09:00-21:00 Asia/Shanghai", "2026-11-28T10:00", False),  # a Saturday
        ("mon-fri 09:00-21:00; sat 10:00-12:00 Asia/Shanghai", "2026-11-28T10:00", True),
        ("fri 22:00-06:00 Asia/Shanghai", "2026-11-28T05:59", True),  # Friday's night, on Saturday
        ("fri 22:00-06:00 Asia/Shanghai", "2026-11-27T05:59", False),  # Thursday's night
        ("sat-mon 00:00-24:00 Asia/Shanghai", "2026-11-29T23:59", True),  # around the end of the week
        ("sat-mon 00:00-24:00 Asia/Shanghai", "2026-12-01T00:00", False),
        ("sun,wed 00:00-24:00 Asia/Shanghai", "2026-11-25T12:00", True),
    ],
)
def test_windows(hours: str, moment: str, expected: bool) -> None:
    assert read_hours(hours).hold_at(at(moment)) is expected
    assert holds(hours, at(moment) // MINUTE_MS) is expected


def test_the_zone_moves_its_clock() -> None:
    hours = read_hours("09:00-10:00 Europe/Berlin")
    assert hours.hold_at(at("2026-07-01T07:30", "UTC"))  # summer: +2
    assert not hours.hold_at(at("2026-12-01T07:30", "UTC"))
    assert hours.hold_at(at("2026-12-01T08:30", "UTC"))


@pytest.mark.parametrize(
    "text",
    [
        "", "09:00-21:00", "09:00-21:00 Nowhere/Land", "9:00-21:00 Asia/Shanghai", "25:00-26:00 Asia/Shanghai",
        "09:00-09:00 Asia/Shanghai", "foo 09:00-10:00 Asia/Shanghai", "mon-foo 09:00-10:00 Asia/Shanghai",
        "; Asia/Shanghai", "09:00-10:00 ../etc/passwd", "09:00-10:00 /etc/passwd", "x" * 100, "24:00-09:00 UTC",
        "09:00-24:01 UTC",
    ],
)  # fmt: skip
def test_what_is_not_hours_is_one_error(text: str) -> None:
    with pytest.raises(BadRequest):
        read_hours(text)


def test_hours_that_cannot_be_read_any_more_never_hold() -> None:
    assert not holds("09:00-10:00 Was/There", 0)
