"""How well a modem does, and when it is left alone."""

from __future__ import annotations

import pytest

from carriers.gsm.pool_health import WINDOW, WINDOW_S, Cure, HealthRules, ModemHealth, Result

RULES = HealthRules(first_pause_s=30.0, longest_pause_s=100.0)


def test_three_refusals_in_a_row() -> None:
    health = ModemHealth(RULES)
    assert [health.note(Result.REFUSED, 0.0) for _ in range(3)] == [None, None, Cure.LOOK]
    assert health.is_quarantined(29.9)
    assert not health.is_on_trial(29.9)
    assert health.is_on_trial(30.0)


def test_two_without_an_answer_are_enough_and_a_success_between_helps() -> None:
    health = ModemHealth(RULES)
    assert [health.note(Result.SILENT, 0.0) for _ in range(2)] == [None, Cure.LOOK]
    health = ModemHealth(RULES)
    for _ in range(9):
        assert health.note(Result.SILENT, 0.0) is None
        assert health.note(Result.TAKEN, 0.0) is None


def test_the_ladder_and_the_pauses() -> None:
    health, now, seen = ModemHealth(RULES), 0.0, []
    for _ in range(3):
        cure = health.note(Result.REFUSED, now)
    while len(seen) < 5:
        seen.append((cure, health.until - now))
        now = health.until
        cure = health.note(Result.REFUSED, now)  # one failure on trial is enough
    assert seen == [
        (Cure.LOOK, 30.0),
        (Cure.RESET, 60.0),
        (Cure.REOPEN, 100.0),
        (Cure.REOPEN, 100.0),
        (Cure.REOPEN, 100.0),
    ]


def test_a_success_on_trial_makes_it_well() -> None:
    health = ModemHealth(RULES)
    for _ in range(3):
        health.note(Result.REFUSED, 0.0)
    assert health.note(Result.TAKEN, 31.0) is None
    assert not health.is_on_trial(31.0)
    assert [health.note(Result.REFUSED, 32.0) for _ in range(3)] == [None, None, Cure.LOOK]
    assert health.until == 62.0


def test_what_fails_during_quarantine_does_not_lengthen_it() -> None:
    health = ModemHealth(RULES)
    for _ in range(3):
        health.note(Result.REFUSED, 0.0)
    assert health.note(Result.SILENT, 5.0) is None
    assert health.until == 30.0


def test_the_score() -> None:
    health = ModemHealth(RULES)
    assert health.score(0.0) == 1.0
    health.note(Result.TAKEN, 0.0, took_s=25.0)
    assert health.score(0.0) == pytest.approx(0.9)
    for _ in range(WINDOW):
        health.note(Result.TAKEN, 1.0, took_s=3.0)
    assert health.score(1.0) == 1.0
    for _ in range(WINDOW):
        health.note(Result.SILENT, 2.0)
    assert health.score(2.0) == pytest.approx(2 / (WINDOW + 2))
    assert health.score(2.0 + WINDOW_S) == 1.0  # an hour ago is forgotten
