"""Breakers and scores from outcomes; time is a number."""

from __future__ import annotations

import pytest

from gateway.core.health import Breaker, Condition, Health, HealthRules, Ring
from gateway.core.link_figures import TIMES_S, LinkReading
from gateway.core.messages import Outcome, ReportState

PHONE = "+8613800138000"
OK, LATER, NEVER, LOST = Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.PERMANENT, Outcome.UNCERTAIN
RULES = HealthRules()


def operator_of(number: str) -> str:
    return {"+86138": "cmcc", "+86130": "unicom"}.get(number[:6], "")


def feed(health: Health, outcome: Outcome, count: int, now: float, number: str = PHONE) -> None:
    for _ in range(count):
        health.answered("a", [(number, outcome, True)], operator_of, now)


def test_a_ring_forgets_slot_by_slot() -> None:
    ring = Ring(3, 10.0, 1)
    ring.turn(0)
    ring.add(0, 1)
    ring.turn(10)
    ring.add(0, 2)
    ring.turn(29)
    assert ring.sums() == [3]
    assert ring.sums(skip=2) == [1]
    ring.turn(30)
    assert ring.sums() == [2]
    ring.turn(1000)
    assert ring.sums() == [0]
    ring.turn(990)  # a clock that goes back forgets nothing
    ring.add(0, 1)
    assert ring.sums() == [1]


def test_what_is_well_stays_closed_with_full_score() -> None:
    health = Health()
    feed(health, OK, 1000, 0)
    health.tick(1)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED
    assert health.score("a") == 100
    assert not health.has_trouble
    assert health.version == 0


def test_errors_in_a_row_open_it() -> None:
    health = Health()
    feed(health, LATER, RULES.errors_in_a_row - 1, 0)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED
    feed(health, LOST, 1, 0)
    assert health.breaker("a", "cmcc") is Breaker.OPEN
    assert health.open_links() == ["a"]
    assert "10 submits in a row" in next(c.why for link, op, c in health.conditions() if not op)


def test_a_share_of_errors_opens_it_only_when_there_were_enough() -> None:
    health = Health()
    for _ in range(9):
        feed(health, OK, 1, 0)
        feed(health, LATER, 1, 0)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED
    feed(health, OK, 1, 0)
    feed(health, LATER, 1, 0)
    assert health.breaker("a", "cmcc") is Breaker.OPEN


def test_numbers_refused_for_good_open_it_late_and_too_fast_never() -> None:
    health = Health()
    feed(health, OK, 5, 0)
    feed(health, NEVER, 40, 0)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED
    feed(health, NEVER, 10, 0)
    assert health.breaker("a", "cmcc") is Breaker.OPEN
    busy = Health()
    feed(busy, Outcome.THROTTLED, 1000, 0)
    assert busy.breaker("a", "cmcc") is Breaker.CLOSED


def test_an_operator_on_a_link_has_a_breaker_of_its_own() -> None:
    health = Health()
    feed(health, OK, 100, 0, "+8613000000000")
    for _ in range(30):
        feed(health, LATER, 1, 0)
        feed(health, OK, 2, 0, "+8613000000000")
    assert health.breaker("a", "cmcc") is Breaker.OPEN
    assert health.breaker("a", "unicom") is Breaker.CLOSED
    assert health.breaker("a", "") is Breaker.CLOSED


def test_half_open_lets_a_few_try_and_closes_when_they_are_taken() -> None:
    health = Health()
    feed(health, LATER, 10, 0)
    health.tick(RULES.open_s - 1)
    assert health.breaker("a", "cmcc") is Breaker.OPEN
    health.tick(RULES.open_s)
    assert health.breaker("a", "cmcc") is Breaker.HALF_OPEN
    for _ in range(RULES.probes):
        assert health.may_probe("a", "cmcc")
        health.take_probe("a", "cmcc")
    assert not health.may_probe("a", "cmcc")
    feed(health, OK, RULES.probes, RULES.open_s + 1)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED
    health.tick(RULES.open_s + 2)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED, "what opened it must not open it again"


def test_a_failed_trial_opens_it_for_twice_as_long() -> None:
    health = Health()
    feed(health, LATER, 10, 0)
    now = RULES.open_s
    for wait in (60, 120, 240, 480, 600, 600):
        health.tick(now)
        assert health.breaker("a", "cmcc") is Breaker.HALF_OPEN
        feed(health, LOST, 1, now)
        assert health.breaker("a", "cmcc") is Breaker.OPEN
        health.tick(now + wait - 1)
        assert health.breaker("a", "cmcc") is Breaker.OPEN
        now += wait


def test_probes_of_which_nothing_is_heard_are_given_out_again() -> None:
    health = Health()
    feed(health, LATER, 10, 0)
    health.tick(30)
    for _ in range(RULES.probes):
        health.take_probe("a", "cmcc")
    health.tick(39)
    assert not health.may_probe("a", "cmcc")
    health.tick(40)
    assert health.may_probe("a", "cmcc")


def test_an_open_link_that_is_used_for_want_of_another_closes_when_it_takes_messages() -> None:
    health = Health()
    feed(health, LATER, 10, 0)
    feed(health, OK, RULES.probes, 5)
    assert health.breaker("a", "cmcc") is Breaker.CLOSED


def test_undelivered_and_missing_reports_open_it() -> None:
    health = Health()
    feed(health, OK, 100, 0)
    health.reported("a", [(PHONE, ReportState.FAILED)] * 60, operator_of, 1)
    health.tick(2)
    assert health.breaker("a", "cmcc") is Breaker.OPEN
    silent = Health()
    feed(silent, OK, 100, 0)
    silent.tick(RULES.report_wait_s - 1)
    assert silent.breaker("a", "cmcc") is Breaker.CLOSED
    silent.tick(RULES.report_wait_s)
    assert silent.breaker("a", "cmcc") is Breaker.OPEN
    assert silent.score("a") == 70


def test_reports_in_time_and_intermediate_ones() -> None:
    health = Health()
    feed(health, OK, 100, 0)
    health.reported("a", [(PHONE, ReportState.ENROUTE)] * 50, operator_of, 1)
    health.reported("a", [(PHONE, ReportState.DELIVERED)] * 100, operator_of, 2)
    health.tick(RULES.report_wait_s)
    condition = {operator: found for _, operator, found in health.conditions()}[""]
    assert condition.figures().unreported == 0
    assert condition.figures().delivered == 100
    assert health.score("a") == 100


def test_the_score_falls_with_errors_failures_and_slowness() -> None:
    condition = Condition(RULES, 0)
    condition.answered({OK: 90, LATER: 10}, 0, 0)
    condition.tick(1)
    assert condition.score == 94
    condition.reported(50, 50, 1)
    condition.tick(1)
    assert condition.score == 79
    condition.answer_s = 10
    condition.tick(1)
    assert condition.score == 69


def test_answer_times_are_means_between_readings() -> None:
    health = Health()
    times = (0,) * len(TIMES_S)
    health.timed("a", LinkReading(times=(*times, 10), time_sum_s=1.0), 0)
    health.timed("a", LinkReading(times=(*times, 20), time_sum_s=51.0), 1)
    condition = next(found for _, _, found in health.conditions())
    assert condition.answer_s == pytest.approx(5.0)
    health.timed("a", LinkReading(times=(*times, 1), time_sum_s=0.5), 2)  # another process has begun anew
    assert condition.answer_s == pytest.approx(5.0)


def test_a_forgotten_link_is_unknown() -> None:
    health = Health()
    feed(health, LATER, 10, 0)
    health.forget("a")
    assert not health.has_trouble
    assert not health.knows("a")
    assert health.score("a") == 100
    assert health.may_probe("a", "cmcc")
