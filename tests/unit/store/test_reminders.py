"""Reminders on both databases: each time once, over restarts, stops and jumps of the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.core.errors import BadRequest
from mail2sms.reminders import LATE_MS, MAX_ACTIVE, fire_due, plan
from tests.fakes.desk import PHONE, START_MS, Bench

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
#: The clock of the tests stands at 2026-03-01T08:00 in Shanghai.
NINE = datetime.fromisoformat("2026-03-01T09:00")


@pytest.fixture
def account_id(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("x.example"))
    return int(bench.run(lambda b: b.accounts.add("m@x.example")).id)


def add(bench: Bench, account_id: int, rule: str = "", **more: Any) -> int:
    values = {"number": PHONE, "text": "交房租", "start": NINE, "zone": "Asia/Shanghai", **more}
    return int(bench.run(lambda b: plan(b, account_id=account_id, rule=rule, **values)).id)


def fire(bench: Bench, at_ms: int) -> list[str]:
    """Let the clock stand there; what goes out, as the times in the keys."""
    bench.clock.ms = at_ms
    before = set(sent(bench))
    while bench.run(fire_due):
        pass
    return [text for text in sent(bench) if text not in before]


def sent(bench: Bench) -> list[str]:
    rows = bench.ask(lambda b: b.tx.connection.exec_driver_sql("SELECT key FROM outbox ORDER BY id").scalars().all())
    return [datetime.fromtimestamp(int(key.split()[-1]) / 1000, UTC).isoformat()[:16] for key in rows]


def state(bench: Bench, account_id: int) -> tuple[str, str]:
    (reminder,) = bench.ask(lambda b: b.reminders.of(account_id))
    return reminder.state, reminder.reason


def test_it_comes_at_its_time_once(bench: Bench, account_id: int) -> None:
    reminder_id = add(bench, account_id)
    assert fire(bench, START_MS + HOUR_MS - 1) == []
    assert fire(bench, START_MS + HOUR_MS) == ["2026-03-01T01:00"]
    assert fire(bench, START_MS + HOUR_MS + 1000) == []
    assert state(bench, account_id) == ("ended", "")
    assert bench.steps(reminder_id) == ["reminder"]


def test_it_comes_again_and_again(bench: Bench, account_id: int) -> None:
    add(bench, account_id, "FREQ=DAILY;COUNT=3")
    came = [fire(bench, START_MS + HOUR_MS + day * DAY_MS) for day in range(5)]
    assert came == [["2026-03-01T01:00"], ["2026-03-02T01:00"], ["2026-03-03T01:00"], [], []]
    assert state(bench, account_id) == ("ended", "")


def test_one_that_is_a_little_late_is_sent_one_that_is_too_late_is_not(bench: Bench, account_id: int) -> None:
    reminder_id = add(bench, account_id, "FREQ=DAILY")
    assert fire(bench, START_MS + HOUR_MS + LATE_MS) == ["2026-03-01T01:00"]
    # The hub is down for three days; on the fourth it comes back half an hour after the time.
    assert fire(bench, START_MS + HOUR_MS + 4 * DAY_MS + LATE_MS // 2) == ["2026-03-05T01:00"]
    assert fire(bench, START_MS + HOUR_MS + 5 * DAY_MS) == ["2026-03-06T01:00"]
    assert bench.steps(reminder_id) == ["reminder"] * 4  # sent, left out, sent, sent


def test_a_clock_that_was_far_ahead_for_a_while_silences_nothing(bench: Bench, account_id: int) -> None:
    add(bench, account_id, "FREQ=DAILY")
    assert fire(bench, START_MS + 400 * DAY_MS) == []  # a jump: all those days are left out
    assert fire(bench, START_MS + HOUR_MS) == []  # set right again: the time is worked out anew, and lies behind by now
    assert fire(bench, START_MS + HOUR_MS + DAY_MS) == ["2026-03-02T01:00"]


def test_a_clock_set_back_sends_no_time_twice(bench: Bench, account_id: int) -> None:
    add(bench, account_id, "FREQ=DAILY")
    assert fire(bench, START_MS + HOUR_MS) == ["2026-03-01T01:00"]
    assert fire(bench, START_MS) == []
    assert fire(bench, START_MS + HOUR_MS + 1) == []
    assert fire(bench, START_MS + HOUR_MS + DAY_MS) == ["2026-03-02T01:00"]


def test_a_phone_that_said_stop_is_left_alone_for_good(bench: Bench, account_id: int) -> None:
    add(bench, account_id, "FREQ=DAILY")
    bench.run(lambda b: b.stops.stop(PHONE, "TD"))
    assert fire(bench, START_MS + HOUR_MS) == []
    assert state(bench, account_id) == ("stopped", "the phone said stop")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"start": datetime.fromisoformat("2026-02-01T09:00")}, "over"),
        ({"start": datetime.fromisoformat("2026-02-01T09:00"), "rule": "FREQ=DAILY;UNTIL=20260203"}, "over"),
        ({"zone": "Mars/Olympus"}, "time zone"),
        ({"text": "   "}, "segments"),
        ({"text": "长" * 400}, "segments"),
        ({"rule": "often"}, "rule"),
    ],
)
def test_what_cannot_be_planned_is_refused(bench: Bench, account_id: int, more: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        add(bench, account_id, **more)


def test_a_start_with_an_offset_is_read_in_the_zone(bench: Bench, account_id: int) -> None:
    add(bench, account_id, "FREQ=DAILY", start=datetime.fromisoformat("2026-03-01T02:00+01:00"))
    (reminder,) = bench.ask(lambda b: b.reminders.of(account_id))
    assert (reminder.start, reminder.next_ms) == ("2026-03-01T09:00:00", START_MS + HOUR_MS)


def test_an_account_has_only_so_many(bench: Bench, account_id: int) -> None:
    for _ in range(MAX_ACTIVE):
        add(bench, account_id)
    with pytest.raises(BadRequest, match="at most"):
        add(bench, account_id)


def test_only_its_owner_removes_a_reminder(bench: Bench, account_id: int) -> None:
    reminder_id = add(bench, account_id)
    assert not bench.run(lambda b: b.reminders.remove(account_id + 1, reminder_id))
    assert bench.run(lambda b: b.reminders.remove(account_id, reminder_id))
    assert fire(bench, START_MS + HOUR_MS) == []
