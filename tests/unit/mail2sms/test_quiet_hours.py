"""Quiet hours where the phone is: zones from the number, changes of the clocks, countries with several zones."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.core.errors import BadRequest
from mail2sms.quiet import QuietHours, zones_of

NIGHT = QuietHours.parse("22:00-08:00")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


@pytest.mark.parametrize(
    ("number", "at", "allowed"),
    [
        ("+8613800138000", "2026-03-01T23:00+08:00", "2026-03-02T08:00+08:00"),
        ("+8613800138000", "2026-03-01T03:00+08:00", "2026-03-01T08:00+08:00"),
        ("+8613800138000", "2026-03-01T08:00+08:00", "2026-03-01T08:00+08:00"),
        ("+8613800138000", "2026-03-01T21:59:59+08:00", "2026-03-01T21:59:59+08:00"),
        ("+4915112345678", "2026-03-28T23:30+01:00", "2026-03-29T08:00+02:00"),  # the clocks go forward that night
        ("+4915112345678", "2026-10-24T23:30+02:00", "2026-10-25T08:00+01:00"),
        ("+12125550123", "2026-07-01T23:00-04:00", "2026-07-02T08:00-04:00"),  # New York, by its area code
        ("+14155550123", "2026-07-01T23:00-07:00", "2026-07-02T08:00-07:00"),  # San Francisco
        # A Russian mobile may be anywhere from Kaliningrad to Kamchatka: quiet until 08:00 in the west.
        ("+79161234567", "2026-07-01T23:00+12:00", "2026-07-02T08:00+03:00"),
        ("+99900000000", "2026-07-01T23:00+00:00", "2026-07-02T08:00+00:00"),  # of no country: UTC
    ],
)
def test_a_phone_is_written_to_when_it_is_day_there(number: str, at: str, allowed: str) -> None:
    assert iso(NIGHT.end_for(number, ms(at))) == iso(ms(allowed))


def test_quiet_hours_within_a_day() -> None:
    siesta = QuietHours.parse("13:00-15:00")
    assert iso(siesta.end_for("+393471234567", ms("2026-07-01T14:00+02:00"))) == iso(ms("2026-07-01T15:00+02:00"))
    assert siesta.end_after(ms("2026-07-01T15:00+02:00"), ZoneInfo("Europe/Rome")) == 0


def test_a_country_so_wide_that_it_is_always_quiet_somewhere_is_written_to_in_the_end() -> None:
    nearly_all_day = QuietHours.parse("01:00-00:30")
    at_ms = ms("2026-07-01T12:00+03:00")
    assert nearly_all_day.end_for("+79161234567", at_ms) > at_ms


def test_zones_are_those_of_the_numbering_plan() -> None:
    assert zones_of("+8613800138000") == (ZoneInfo("Asia/Shanghai"),)
    assert len(zones_of("+79161234567")) > 5
    assert zones_of("10086") == (UTC,)


@pytest.mark.parametrize(
    "text", ["", "22-08", "22:00", "24:00-08:00", "22:00-22:00", "22:00-8:00", " 22:00-08:00", "夜"]
)
def test_what_is_no_quiet_hours_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="22:00-08:00"):
        QuietHours.parse(text)
