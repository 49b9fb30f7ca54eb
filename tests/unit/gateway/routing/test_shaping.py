"""Turns by rate: for accounts, operators and beginnings, without standing in the way of others."""

from __future__ import annotations

import pytest

from gateway.core.shaping import MAX_TURNS, Limit, Shaping

PHONE = "+8613800138000"


def shaped(*limits: Limit) -> Shaping:
    made = Shaping()
    made.set_limits(limits)
    return made


def turns(shaping: Shaping, count: int, now: int = 0, first: int = 1, segments: int = 1, **more: object) -> list[int]:
    values = {"recipient": PHONE, "operator": "cmcc", "account_id": 5, **more}
    return [
        shaping.turn_ms(first + n, now_ms=now, segments=segments, **values)  # type: ignore[arg-type]
        for n in range(count)
    ]


def test_without_a_limit_everything_goes_at_once() -> None:
    assert Shaping().is_empty
    assert turns(shaped(Limit("account", "6", 1)), 3) == [0, 0, 0]


@pytest.mark.parametrize("limit", [("account", "5"), ("operator", "cmcc"), ("prefix", "+86138"), ("prefix", "+86")])
def test_each_message_has_its_turn(limit: tuple[str, str]) -> None:
    assert turns(shaped(Limit(*limit, 10)), 4) == [0, 100, 200, 300]


def test_a_burst_goes_at_once_after_a_rest() -> None:
    shaping = shaped(Limit("account", "5", 10, burst=3))
    assert turns(shaping, 5) == [0, 0, 0, 100, 200]
    assert turns(shaping, 5, now=10_000, first=10) == [10_000, 10_000, 10_000, 10_100, 10_200]


def test_segments_count() -> None:
    assert turns(shaped(Limit("account", "5", 10)), 3, segments=3) == [0, 300, 600]


def test_the_slowest_limit_decides_and_the_longest_beginning_counts() -> None:
    shaping = shaped(
        Limit("account", "5", 10),
        Limit("operator", "cmcc", 5),
        Limit("prefix", "+86", 1),
        Limit("prefix", "+86138", 100),
    )
    assert turns(shaping, 3) == [0, 200, 400]


def test_others_do_not_wait() -> None:
    shaping = shaped(Limit("account", "5", 1))
    turns(shaping, 100)
    assert turns(shaping, 2, first=1000, account_id=6) == [0, 0]


def test_a_message_keeps_its_turn_and_goes_when_it_has_come() -> None:
    shaping = shaped(Limit("account", "5", 10))
    assert turns(shaping, 3) == [0, 100, 200]
    assert turns(shaping, 3) == [0, 100, 200], "a work that runs twice takes nothing twice"
    assert turns(shaping, 3, now=150) == [150, 150, 200]


def test_a_limit_changed_begins_anew_and_one_that_stays_goes_on() -> None:
    shaping = shaped(Limit("account", "5", 1), Limit("operator", "unicom", 1))
    turns(shaping, 10)
    shaping.set_limits([Limit("account", "5", 1)])
    assert turns(shaping, 1, first=50) == [10_000]
    shaping.set_limits([Limit("account", "5", 100)])
    assert turns(shaping, 1, first=51) == [0]
    shaping.set_limits([Limit("account", "5", 0)])
    assert shaping.is_empty


def test_the_rate_holds_over_a_long_time() -> None:
    shaping = shaped(Limit("account", "5", 50, burst=5))
    sent = 0
    waiting = list(range(1, 2001))
    for now in range(0, 10_000, 100):
        ready = [n for n in waiting if turns(shaping, 1, now=now, first=n)[0] <= now]
        sent += len(ready)
        waiting = [n for n in waiting if n not in ready]
    assert sent == pytest.approx(50 * 10, abs=6)


def test_turns_remembered_are_bounded() -> None:
    shaping = shaped(Limit("account", "5", 1000))
    last = turns(shaping, MAX_TURNS + 1000)[-1]
    assert len(shaping._turns) <= MAX_TURNS
    assert last == pytest.approx(MAX_TURNS + 1000, abs=10), "those beyond come in their order too"
