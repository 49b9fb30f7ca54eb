"""Which modem takes a message."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from carriers.gsm.choice import Enquiry, ModemFacts, choose

TO = Enquiry("+8613912345678", "13912345678")


def modem(key: str, **facts: Any) -> ModemFacts:
    return ModemFacts(key, **facts)


PREFERENCES: list[tuple[str, ModemFacts, ModemFacts]] = [
    ("the number the message names", modem("b", number="+86138"), modem("a", prefixes=("139",))),
    ("the longer prefix", modem("b", prefixes=("1391",)), modem("a", prefixes=("139",))),
    ("a prefix with country code", modem("b", prefixes=("+86139",)), modem("a", prefixes=("139",))),
    ("kept for these before kept for none", modem("b", prefixes=("139",)), modem("a")),
    ("kept for none before kept for others", modem("b"), modem("a", prefixes=("150",))),
    ("health", modem("b", score=0.9), modem("a", score=0.5)),
    ("health before price", modem("b", score=0.9, price=5.0), modem("a", score=0.5)),
    ("price", modem("b", price=0.1), modem("a", price=0.2)),
    ("price before allowance", modem("b", price=0.1, allowance=5), modem("a", price=0.2, allowance=500)),
    ("allowance", modem("b", allowance=9), modem("a", allowance=8)),
    ("no cap", modem("b"), modem("a", allowance=8000)),
    ("signal", modem("b", signal=25), modem("a", signal=9)),
    ("the name", modem("a"), modem("b")),
]


@pytest.mark.parametrize(("why", "better", "worse"), PREFERENCES, ids=[it[0] for it in PREFERENCES])
def test_the_better_of_two(why: str, better: ModemFacts, worse: ModemFacts) -> None:
    enquiry = replace(TO, sender="+86138")
    for order in itertools.permutations((better, worse)):
        choice = choose(enquiry, order)
        assert choice.key == better.key
        assert choice.possible == (better.key, worse.key)


AGAINST: list[tuple[ModemFacts, str]] = [
    (modem("a", obstacle="its cap of 5 a day is reached"), "its cap"),
    (modem("a", is_registered=False), "not registered"),
    (modem("a", prefixes=("150",), only_prefixes=True), "kept for other numbers"),
    (modem("a", allowance=2), "2 segments are left, 3 are needed"),
    (modem("a", allowance=9, waiting=7), "2 segments are left, 3 are needed"),
    (modem("refused"), "has refused"),
]


@pytest.mark.parametrize(("facts", "words"), AGAINST, ids=[it[1] for it in AGAINST])
def test_a_modem_that_may_not_take_it(facts: ModemFacts, words: str) -> None:
    choice = choose(replace(TO, segments=3, not_by=frozenset({"refused"})), [facts])
    assert (choice.key, choice.possible) == ("", ())
    assert words in choice.explain()


def test_a_busy_modem_is_possible_and_not_taken() -> None:
    busy, free = modem("a", is_free=False), modem("b", score=0.4)
    assert choose(TO, [busy]).key == ""
    assert choose(TO, [busy]).possible == ("a",)
    assert choose(TO, [busy, free]).key == "b"
    assert choose(TO, [busy, free]).possible == ("a", "b")


def test_a_sim_kept_for_some_takes_those() -> None:
    kept = modem("a", prefixes=("139", "+852"), only_prefixes=True)
    assert choose(TO, [kept]).key == "a"
    assert choose(Enquiry("+85291234567"), [kept]).key == "a"
    assert choose(Enquiry("+4917612345"), [kept]).key == ""
    assert choose(Enquiry("10086"), [replace(kept, prefixes=("100",))]).key == "a"


def test_every_modem_has_its_reason() -> None:
    facts = [modem(f"m{n}", score=n / 5, is_free=n % 2 == 0, signal=n, price=1.5) for n in range(5)]
    choice = choose(TO, [*facts, modem("x", obstacle="blocked: no SIM")])
    assert {it.key for it in choice.reasons} == {"m0", "m1", "m2", "m3", "m4", "x"}
    assert choice.reasons[0].text == "free, health 0.8, price 1.5, signal 4"
    assert choice.reasons[-1].text == "blocked: no SIM"
    assert choose(TO, []).explain() == "there is no modem"


def test_little_differences_of_health_do_not_decide() -> None:
    assert choose(TO, [modem("b", score=0.97), modem("a", score=1.0, price=1.0)]).key == "b"
