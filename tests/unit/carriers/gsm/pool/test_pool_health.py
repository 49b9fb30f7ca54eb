"""How well a modem does, and when it is left alone."""

from __future__ import annotations

import itertools

import pytest

from carriers.gsm.pool_health import LAST_RESORT_S, WINDOW, WINDOW_S, Cure, HealthRules, LastResort, ModemHealth, Result

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


def ill_since(now: float, *, times: int = 1) -> ModemHealth:
    """A modem that went into its quarantine then, the last of so many."""
    health = ModemHealth(HealthRules(first_pause_s=30.0, longest_pause_s=3600.0))
    health.quarantines = times - 1
    for _ in range(3):
        health.note(Result.REFUSED, now)
    return health


def test_while_one_is_well_nobody_is_let_out_early() -> None:
    last_resort, ill = LastResort(RULES), {"a": ill_since(0.0, times=6)}
    assert not any(last_resort.pick(ill, well=1, on_trial=0, now=float(now)) for now in range(900))


def test_when_none_is_well_one_after_the_other_is_tried_with_pauses_that_end_at_five_minutes() -> None:
    last_resort = LastResort(RULES)
    ill = {"a": ill_since(10.0, times=8), "b": ill_since(0.0, times=8)}
    seen = []
    for now in range(2400):
        key = last_resort.pick(ill, well=0, on_trial=0, now=float(now))
        if key:
            seen.append((now, key))
            ill[key] = ill_since(float(now), times=8)  # it fails again
    assert [key for _, key in seen[:4]] == ["b", "a", "b", "a"]
    pauses = [later - now for (now, _), (later, _) in itertools.pairwise(seen)]
    assert pauses[:4] == [60, 120, 240, 300]
    assert set(pauses[3:]) == {LAST_RESORT_S}


def test_one_trial_at_a_time() -> None:
    last_resort, ill = LastResort(RULES), {"a": ill_since(0.0), "b": ill_since(0.0)}
    last_resort.pick(ill, well=0, on_trial=0, now=0.0)
    assert last_resort.pick(ill, well=0, on_trial=1, now=40.0) == ""
    assert last_resort.pick(ill, well=0, on_trial=0, now=40.0) == "a"


def test_once_one_is_well_the_others_follow() -> None:
    last_resort = LastResort(RULES)
    ill = {key: ill_since(0.0, times=8) for key in "abc"}
    assert last_resort.pick(ill, well=0, on_trial=0, now=0.0) == ""
    assert last_resort.pick(ill, well=0, on_trial=0, now=30.0) == "a"
    del ill["a"]
    seen = [(now, key) for now in range(31, 300) if (key := last_resort.pick(ill, well=1, on_trial=0, now=float(now)))]
    assert seen == [(61, "b"), (91, "c")]


def test_let_out_it_is_on_trial() -> None:
    health = ill_since(0.0, times=8)
    assert not health.is_on_trial(60.0)
    health.let_out(60.0)
    assert health.is_on_trial(60.0)
