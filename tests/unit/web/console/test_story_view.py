"""Stories drawn: in order, with what lies between, masked, and a strip that is filled from end to end."""

from __future__ import annotations

import math

import pytest

from gateway.core.stories import Step, Story
from gateway.web.console.story_view import STRIP_WIDTH, lasts, strip, view

STEPS = (
    Step(3_600_000, "delivered", "reported for +8613800138000"),
    Step(1_250, "accepted", "by cmcc"),
    Step(1_000, "sending", "to 13800138000"),
    Step(1_000, "queued"),
)
STORY = Story(
    7,
    "sms",
    "delivered",
    {"to": "+8613800138000", "account": "ann@x.example", "text": "secret 13800138000", "port": None, "attempt": 0},
    STEPS,
    ({"number": 1, "state": "delivered", "carrier_id": "1", "code": "", "reports": [{"at_ms": 1, "state": "d"}]},),
)


def test_steps_stand_in_order_with_the_time_between() -> None:
    seen = view(STORY)
    assert [(it.step, it.after, it.tone) for it in seen.moments] == [
        ("queued", "", "plain"),
        ("sending", "0 ms", "line"),
        ("accepted", "250 ms", "carrier"),
        ("delivered", "59 min 58 s", "good"),
    ]
    assert seen.lasts == "59 min 59 s"
    assert seen.tone == "good"


def test_numbers_and_texts_are_shown_only_when_asked_for() -> None:
    masked, open_ = view(STORY), view(STORY, reveal=True)
    assert dict(masked.facts) == {"to": "+86138****8000", "account": "ann@x.example"}
    assert [it.detail for it in masked.moments][-1] == "reported for +86138****8000"
    assert "13800138000" not in repr(masked)
    assert dict(open_.facts)["text"] == "secret 13800138000"
    assert open_.moments[-1].detail == "reported for +8613800138000"


def test_the_strip_is_filled_and_an_hour_does_not_hide_a_moment() -> None:
    stretches = strip(STEPS[::-1])
    assert [it.tone for it in stretches] == ["line", "carrier"]
    assert stretches[0].x == 0
    assert math.isclose(sum(it.width for it in stretches), STRIP_WIDTH, abs_tol=0.5)
    assert stretches[0].width > STRIP_WIDTH / 10
    assert strip(()) == ()
    assert strip((Step(5, "queued"), Step(5, "sending"))) == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 ms"), (0, "0 ms"), (0.34, "340 ms"), (1.5, "1.5 s"), (59.94, "59.9 s"), (200, "3 min 20 s"),
        (3600, "1 h"), (7260, "2 h 1 min"), (187_200, "2 d 4 h"),
    ],
)  # fmt: skip
def test_lengths_of_time_are_told_in_two_units(seconds: float, words: str) -> None:
    assert lasts(seconds) == words


def test_a_story_of_a_thousand_steps_is_cut() -> None:
    seen = view(Story(1, "sms", "queued", {}, tuple(Step(n, "retry") for n in range(1000))))
    assert len(seen.moments) == 300
