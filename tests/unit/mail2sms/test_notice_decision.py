"""Now, later or not at all: caps, quiet hours over midnight and clock changes, threads, digests."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail2sms.decision import Action, History, cap_of, day_start, decide, quiet_end
from mail2sms.quiet import zone_of
from mail2sms.rules import Facts, Rule
from tests.fakes.mail2sms import MINUTE_MS, at

SHANGHAI = zone_of("Asia/Shanghai")
BERLIN = zone_of("Europe/Berlin")
NIGHT = Rule(quiet_from="22:30", quiet_until="07:00")
FACTS = Facts("wang@example.org", "王五", "Hi", "INBOX", False, False, lambda: None, lambda: "")
URGENT = Facts("wang@example.org", "王五", "Hi", "INBOX", True, False, lambda: None, lambda: "")


@pytest.mark.parametrize(
    ("rule", "zone", "now", "end"),
    [
        (NIGHT, SHANGHAI, "2026-01-05T12:00", None),
        (NIGHT, SHANGHAI, "2026-01-05T22:29:59", None),
        (NIGHT, SHANGHAI, "2026-01-05T22:30", "2026-01-06T07:00"),
        (NIGHT, SHANGHAI, "2026-01-06T00:00", "2026-01-06T07:00"),
        (NIGHT, SHANGHAI, "2026-01-06T06:59:59", "2026-01-06T07:00"),
        (NIGHT, SHANGHAI, "2026-01-06T07:00", None),
        (Rule(quiet_from="12:00", quiet_until="13:30"), SHANGHAI, "2026-01-06T13:00", "2026-01-06T13:30"),
        (Rule(quiet_from="12:00", quiet_until="13:30"), SHANGHAI, "2026-01-06T11:59", None),
        (NIGHT, SHANGHAI, "2025-12-31T23:00", "2026-01-01T07:00"),
        # Clocks go forward on 2026-03-29 at 02:00 CET: that night has an hour less.
        (NIGHT, BERLIN, "2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        # 02:30 does not exist: the quiet hours end as late as the old clock says.
        (Rule(quiet_from="22:00", quiet_until="02:30"), BERLIN, "2026-03-29T01:00+01:00", "2026-03-29T02:30+01:00"),
        (Rule(quiet_from="22:00", quiet_until="02:30"), BERLIN, "2026-03-29T03:10+02:00", None),
        # Clocks go back on 2026-10-25 at 03:00 CEST: 02:00 to 03:00 comes twice.
        (NIGHT, BERLIN, "2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
        (Rule(quiet_from="22:00", quiet_until="02:30"), BERLIN, "2026-10-25T02:10+02:00", "2026-10-25T02:30+02:00"),
        (Rule(quiet_from="22:00", quiet_until="02:30"), BERLIN, "2026-10-25T02:45+02:00", None),
        (Rule(quiet_from="22:00", quiet_until="02:30"), BERLIN, "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
    ],
)
def test_quiet_hours(rule: Rule, zone: datetime.tzinfo, now: str, end: str | None) -> None:
    assert quiet_end(rule, at(now), zone) == (at(end) if end else 0)


@given(
    st.integers(at("2026-01-01T00:00"), at("2027-01-01T00:00")),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] != pair[1]),
)
def test_quiet_hours_end_ahead_within_a_day_and_in_no_quiet(now_ms: int, name: str, pair: tuple[int, int]) -> None:
    start, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in pair)
    rule = Rule(quiet_from=start, quiet_until=end)
    zone = zoneinfo.ZoneInfo(name)
    end_ms = quiet_end(rule, now_ms, zone)
    if end_ms:
        assert now_ms < end_ms <= now_ms + 26 * 3_600_000
        assert quiet_end(rule, end_ms, zone) == 0


@pytest.mark.parametrize(
    ("rule", "history", "now", "action", "until", "reason"),
    [
        (Rule(), History(), "2026-01-05T12:00", Action.SEND, None, ""),
        (NIGHT, History(), "2026-01-05T23:00", Action.HOLD, "2026-01-06T07:00", "quiet hours until 07:00"),
        (Rule(), History(sent_today=20, cap=20), "2026-01-05T12:00", Action.DROP, None, "daily cap of 20 reached"),
        (Rule(), History(sent_today=19, cap=20), "2026-01-05T12:00", Action.SEND, None, ""),
        (
            Rule(daily_cap=3),
            History(sent_today=3, cap=20),
            "2026-01-05T12:00",
            Action.DROP,
            None,
            "daily cap of 3 reached",
        ),
        (Rule(), History(sent_today=999), "2026-01-05T12:00", Action.SEND, None, ""),
        (NIGHT, History(sent_today=20, cap=20), "2026-01-05T23:00", Action.DROP, None, "daily cap of 20 reached"),
        (
            Rule(thread_minutes=30),
            History(told_thread_ms=at("2026-01-05T11:45")),
            "2026-01-05T12:00",
            Action.DROP,
            None,
            "thread told until 12:15",
        ),
        (
            Rule(thread_minutes=30),
            History(told_thread_ms=at("2026-01-05T11:30")),
            "2026-01-05T12:00",
            Action.SEND,
            None,
            "",
        ),
        (
            Rule(thread_minutes=30, digest="when held"),
            History(told_thread_ms=at("2026-01-05T11:45")),
            "2026-01-05T12:00",
            Action.HOLD,
            "2026-01-05T12:15",
            "thread waits until 12:15",
        ),
        (Rule(digest=60), History(), "2026-01-05T12:00", Action.HOLD, "2026-01-05T13:00", "digest at 13:00"),
        (
            Rule(digest=60),
            History(digest_due_ms=at("2026-01-05T12:20")),
            "2026-01-05T12:00",
            Action.HOLD,
            "2026-01-05T12:20",
            "digest at 12:20",
        ),
        (
            Rule(digest=60, quiet_from="22:30", quiet_until="07:00"),
            History(),
            "2026-01-05T22:00",
            Action.HOLD,
            "2026-01-06T07:00",
            "digest at 07:00",
        ),
        (Rule(digest="when held"), History(), "2026-01-05T12:00", Action.SEND, None, ""),
    ],
)
def test_verdicts(rule: Rule, history: History, now: str, action: Action, until: str | None, reason: str) -> None:
    verdict = decide(rule, FACTS, history, at(now), SHANGHAI)
    assert (verdict.action, verdict.until_ms, verdict.reason) == (action, at(until) if until else 0, reason)


@pytest.mark.parametrize("rule", [NIGHT, Rule(digest=60)])
def test_an_urgent_mail_wakes_only_where_the_rule_lets_it(rule: Rule) -> None:
    import dataclasses

    now_ms = at("2026-01-05T23:00")
    assert decide(rule, URGENT, History(), now_ms, SHANGHAI).action is Action.HOLD
    waking = dataclasses.replace(rule, wake_high=True)
    assert decide(waking, URGENT, History(), now_ms, SHANGHAI).action is Action.SEND
    assert decide(waking, FACTS, History(), now_ms, SHANGHAI).action is Action.HOLD
    assert decide(waking, URGENT, History(sent_today=5, cap=5), now_ms, SHANGHAI).action is Action.DROP


@given(
    st.integers(at("2026-01-01T00:00"), at("2027-01-01T00:00")),
    st.integers(0, 25),
    st.sampled_from(["off", "when held", 1, 45, 1440]),
    st.integers(0, 120),
    st.one_of(st.none(), st.integers(0, 120)),
)
def test_what_is_held_is_held_for_later_and_fits_the_store(
    now_ms: int, sent: int, digest: str | int, thread: int, told: int | None
) -> None:
    rule = Rule(quiet_from="22:30", quiet_until="07:00", digest=digest, thread_minutes=thread)
    history = History(sent, 20, None if told is None else now_ms - told * MINUTE_MS)
    verdict = decide(rule, FACTS, history, now_ms, BERLIN)
    assert len(verdict.reason) <= 32
    if verdict.action is Action.HOLD:
        assert now_ms < verdict.until_ms
        assert quiet_end(rule, verdict.until_ms, BERLIN) == 0
    assert (verdict.action is Action.DROP) or sent < 20


def test_caps() -> None:
    assert cap_of(Rule(), 0) == 0
    assert cap_of(Rule(daily_cap=5), 0) == 5
    assert cap_of(Rule(daily_cap=50), 20) == 20


def test_the_day_begins_at_the_members_midnight() -> None:
    assert day_start(at("2026-01-05T12:00"), SHANGHAI) == at("2026-01-05T00:00")
    assert day_start(at("2026-01-05T00:00"), SHANGHAI) == at("2026-01-05T00:00")
    assert day_start(at("2026-03-29T12:00+02:00"), BERLIN) == at("2026-03-29T00:00+01:00")


def test_an_unknown_zone_is_utc() -> None:
    assert zone_of("Mars/Olympus") is datetime.UTC
    assert zone_of("../etc/passwd") is datetime.UTC
