"""Recurrence rules by the wall clock: the examples of RFC 5545, changes of the clocks, bounds."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from mail2sms.recurrence import Recurrence

NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(recurrence: Recurrence, count: int) -> list[str]:
    moments = recurrence.next_after(0, count)
    return [f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(recurrence.zone):%Y-%m-%d %H:%M}" for at in moments]


def days(rule: str, count: int, start: str = "1997-09-02T09:00") -> list[str]:
    recurrence = Recurrence.read(datetime.fromisoformat(start), rule, NEW_YORK)
    assert all(text.endswith("09:00") for text in local(recurrence, count))
    return [text[5:10] for text in local(recurrence, count)]


# RFC 5545 3.8.5.3: each is "DTSTART;TZID=America/New_York:19970902T090000" unless another is given.
@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY;COUNT=10", "",
         ["09-02", "09-03", "09-04", "09-05", "09-06", "09-07", "09-08", "09-09", "09-10", "09-11"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", "", ["09-02", "09-12", "09-22", "10-02", "10-12"]),
        ("FREQ=WEEKLY;COUNT=5", "", ["09-02", "09-09", "09-16", "09-23", "09-30"]),
        ("FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "",
         ["09-02", "09-04", "09-09", "09-11", "09-16", "09-18", "09-23", "09-25", "09-30", "10-02"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "",
         ["09-02", "09-04", "09-16", "09-18", "09-30", "10-02", "10-14", "10-16"]),
        ("FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05T09:00",
         ["09-05", "10-03", "11-07", "12-05", "01-02", "02-06", "03-06", "04-03", "05-01", "06-05"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28T09:00", ["09-28", "10-29", "11-28", "12-29", "01-29", "02-26"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04T09:00", ["09-04", "10-07", "11-06"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29T09:00",
         ["09-29", "10-30", "11-27", "12-30", "01-29", "02-26", "03-30"]),
        ("FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10T09:00",
         ["06-10", "07-10", "06-10", "07-10", "06-10", "07-10", "06-10", "07-10", "06-10", "07-10"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12T09:00", ["05-12", "05-11", "05-17"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05T09:00",
         ["08-05", "08-10", "08-19", "08-24"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05T09:00",
         ["08-05", "08-17", "08-19", "08-31"]),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard(rule: str, start: str, expected: list[str]) -> None:
    assert days(rule, len(expected), start or "1997-09-02T09:00") == expected


def test_without_a_rule_it_comes_once() -> None:
    once = Recurrence.read(datetime.fromisoformat("2026-03-01T08:30"), "", SHANGHAI)
    assert local(once, 5) == ["2026-03-01 08:30"]
    assert once.after(once.next_after(0, 1)[0]) is None


def test_the_clock_on_the_wall_counts_over_a_change_of_the_clocks() -> None:
    daily = Recurrence.read(datetime.fromisoformat("2026-03-07T02:30"), "FREQ=DAILY;COUNT=3", NEW_YORK)
    # On the 8th there is no 02:30: it comes as much later as the clock was put forward.
    assert local(daily, 3) == ["2026-03-07 02:30", "2026-03-08 03:30", "2026-03-09 02:30"]


def test_a_time_that_comes_twice_counts_once() -> None:
    daily = Recurrence.read(datetime.fromisoformat("2026-10-31T01:30"), "FREQ=DAILY;COUNT=3", NEW_YORK)
    moments = daily.next_after(0, 5)
    assert [(b - a) // 60_000 for a, b in itertools.pairwise(moments)] == [24 * 60, 25 * 60]


def test_a_leap_day_comes_every_four_years() -> None:
    yearly = Recurrence.read(datetime.fromisoformat("2028-02-29T08:00"), "FREQ=YEARLY", SHANGHAI)
    assert local(yearly, 5) == ["2028-02-29 08:00", "2032-02-29 08:00"]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("every day", "FREQ=WEEKLY"),
        ("FREQ=SECONDLY", "FREQ must be"),
        ("FREQ=MINUTELY;INTERVAL=60", "FREQ must be"),
        ("FREQ=HOURLY;BYMINUTE=0,30", "BYMINUTE"),
        ("FREQ=DAILY;BYHOUR=8,9", "BYHOUR"),
        ("FREQ=HOURLY;BYDAY=MO", "hourly"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;COUNT=99999999999", "COUNT"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "not both"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("INTERVAL=2", "FREQ must be"),
        ("FREQ=WEEKLY;BYDAY=XX", "cannot be followed"),
        ("FREQ=DAILY;UNTIL=2027", "cannot be followed"),
        ("FREQ=MONTHLY;BYMONTHDAY=99", "BYMONTHDAY cannot be 99"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no time"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=1", "no time"),
        ("FREQ=DAILY;UNTIL=19990101", "no time"),
        ("FREQ=MONTHLY;BYDAY=1FR;BYMONTHDAY=31", "without other days"),
        ("FREQ=WEEKLY;BYDAY=1FR", "MONTHLY or YEARLY"),
        ("FREQ=MONTHLY;BYDAY=6FR", "BYDAY cannot"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=20", "beyond"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=MO;BYSETPOS=2", "BYSETPOS goes with"),
        ("FREQ=DAILY;BYYEARDAY=366;BYMONTH=1", "YEARLY"),
        ("FREQ=YEARLY;BYYEARDAY=366;BYWEEKNO=1", "YEARLY"),
        ("FREQ=YEARLY;BYMONTH=-1", "beginning"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH cannot be 13"),
        ("FREQ=WEEKLY;BYDAY=" + "MO," * 80 + "TU", "is no rule"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_in_words_and_at_once(rule: str, told: str) -> None:
    began = time.process_time()
    with pytest.raises(BadRequest, match=told):
        Recurrence.read(datetime.fromisoformat("2026-03-01T08:00"), rule, SHANGHAI)
    assert time.process_time() - began < 1


@given(
    st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.dictionaries(
        st.sampled_from(
            ["INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"]
        ),
        st.one_of(
            st.integers(-400, 400).map(str),
            st.lists(st.sampled_from(["MO", "TU", "SU", "1MO", "-1FR", "5SU"]), min_size=1, max_size=3).map(",".join),
            st.lists(st.integers(-31, 31), min_size=1, max_size=3).map(lambda days: ",".join(map(str, days))),
            st.sampled_from(["20261231", "20270101T000000Z", "X"]),
        ),
        max_size=4,
    ),
)
@settings(max_examples=150, deadline=None)
def test_any_rule_is_followed_or_refused_and_never_takes_long(frequency: str, parts: dict[str, str]) -> None:
    rule = ";".join([f"FREQ={frequency}", *(f"{name}={value}" for name, value in parts.items())])
    began = time.process_time()
    try:
        found = Recurrence.read(datetime.fromisoformat("2026-01-31T08:00"), rule, SHANGHAI)
    except BadRequest:
        found = None
    assert time.process_time() - began < 2, rule
    if found is not None:
        moments = found.next_after(0, 50)
        assert moments == sorted(set(moments))
        assert moments
