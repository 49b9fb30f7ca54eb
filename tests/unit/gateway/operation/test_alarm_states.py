"""Alarms: patience, repetition, hysteresis, one telling for one thing, and no flood."""

from __future__ import annotations

import itertools
import random

import pytest

from gateway.core.alarms import (
    Alarm,
    AlarmState,
    Budget,
    Finding,
    Kind,
    Pace,
    Word,
    after_telling,
    step,
    to_tell,
)

PACE = Pace(clear_after_s=120, repeat_s=3600, per_hour=3)
DOWN = Finding(Kind.LINK_DOWN, "a", "no route to host", after_s=60)
T0 = 1_772_323_200_000


def run(looks: list[tuple[int, bool]], finding: Finding = DOWN) -> list[tuple[int, str]]:
    """What is told when, for looks at (second, whether it is wrong then)."""
    alarm: Alarm | None = None
    told = []
    for second, wrong in looks:
        now_ms = T0 + second * 1000
        alarm = step(alarm, finding if wrong else None, now_ms, PACE)
        word = None if alarm is None else to_tell(alarm, now_ms, PACE)
        if alarm is not None and word is not None:
            told.append((second, word.value))
            alarm = after_telling(alarm, word, now_ms)
    return told


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([(0, True), (30, True), (59, True), (60, False), (200, False)], []),  # too short to be told
        ([(0, True), (60, True), (90, True)], [(60, "raised")]),
        ([(0, True), (60, True), (70, False), (189, False), (190, False), (500, False)],
         [(60, "raised"), (190, "cleared")]),
        # well for a moment: neither over nor raised anew
        ([(0, True), (60, True), (70, False), (100, True), (110, False), (300, False)],
         [(60, "raised"), (300, "cleared")]),
        ([(0, True), (60, True), (3659, True), (3660, True), (10_859, True), (10_860, True)],
         [(60, "raised"), (3660, "again"), (10_860, "again")]),
        ([(0, True), (60, True), (70, False), (190, False), (200, True), (259, True), (260, True)],
         [(60, "raised"), (190, "cleared"), (260, "raised")]),
    ],
)  # fmt: skip
def test_what_is_told_when(looks: list[tuple[int, bool]], told: list[tuple[int, str]]) -> None:
    assert run(looks) == told


def test_what_flaps_every_few_seconds_is_told_once() -> None:
    looks = [(0, True), (60, True)] + [(60 + n * 5, n % 2 == 0) for n in range(1, 600)]
    assert run(looks) == [(60, "raised")]


def test_repetitions_grow_to_a_day() -> None:
    told = run([(n * 60, True) for n in range(60 * 24 * 10)])
    pauses = [after - before for (before, _), (after, _) in itertools.pairwise(told)]
    assert pauses[:5] == [3600, 7200, 14_400, 28_800, 57_600]
    assert set(pauses[5:]) == {86_400}


def test_what_is_raised_by_name_stays_until_it_is_cleared_by_name() -> None:
    alarm = Alarm(Kind.SIM_SPENT, "modem-3", "12 left", AlarmState.OPEN, T0, by_name=True)
    assert step(alarm, None, T0 + 9_999_999, PACE) == alarm


def test_a_test_is_told_once_and_is_over() -> None:
    alarm: Alarm | None = Alarm(Kind.TEST, "host", "", AlarmState.OPEN, T0)
    alarm = step(alarm, None, T0, PACE)
    assert alarm is not None
    assert to_tell(alarm, T0, PACE) is Word.RAISED
    alarm = step(after_telling(alarm, Word.RAISED, T0), None, T0 + 5000, PACE)
    assert alarm is not None
    assert alarm.state is AlarmState.CLEARED
    assert to_tell(alarm, T0 + 5000, PACE) is None


def test_the_budget_of_an_hour() -> None:
    budget = Budget(3)
    budget.spend(2, T0)
    assert budget.room(T0) == 1
    budget.spend(1, T0 + 1_800_000)
    assert budget.room(T0 + 3_599_999) == 0
    assert budget.room(T0 + 3_600_000) == 2


def test_a_clock_that_jumps_keeps_nothing_open_for_ever_and_holds_nothing_back() -> None:
    dice = random.Random(7)
    alarm: Alarm | None = None
    now_ms = T0
    for _ in range(5000):
        now_ms += dice.choice((5000, 5000, 5000, 3_600_000, -3_600_000))
        alarm = step(alarm, DOWN if dice.random() < 0.5 else None, now_ms, PACE)
        word = alarm and to_tell(alarm, now_ms, PACE)
        if alarm and word:
            alarm = after_telling(alarm, word, now_ms)
    for _ in range(50):
        now_ms += 5000
        alarm = step(alarm, None, now_ms, PACE)
    assert alarm is None or alarm.state is AlarmState.CLEARED
