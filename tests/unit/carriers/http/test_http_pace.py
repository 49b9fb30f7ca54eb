"""Rate and rest of a link."""

from __future__ import annotations

from carriers.http.pace import Pace
from carriers.link import Timing

TIMING = Timing(throttle_pause_s=1.0, longest_throttle_pause_s=5.0)


def test_without_a_rate_everything_may_go() -> None:
    pace = Pace(0.0, TIMING)
    assert (pace.allows(7, 0.0), pace.is_watched) == (7, False)


def test_a_rate_is_kept_over_any_span() -> None:
    pace, now, sent = Pace(50.0, TIMING), 100.0, []
    while now < 110.0:
        for _ in range(pace.allows(1000, now)):
            pace.spend()
            sent.append(now)
        now += 0.013
    assert 480 <= len(sent) <= 510
    assert max(sum(at <= other < at + 1 for other in sent) for at in sent) <= 50 * 1.1 + 1
    assert pace.allows(1000, 200.0) == 6  # what was not used is not saved up


def test_rest_doubles_until_something_is_taken() -> None:
    pace, now = Pace(0.0, TIMING), 0.0
    for expected in (1.0, 2.0, 4.0, 5.0, 5.0):
        assert pace.rest(now, None) == expected
        assert pace.rest(now, None) is None  # others that were under way say so too
        assert pace.allows(3, now + expected - 0.01) == 0
        now += expected
        assert pace.allows(3, now) == 3
    pace.taken(now)
    assert pace.rest(now, None) == 1.0


def test_the_time_a_provider_asks_for() -> None:
    pace = Pace(0.0, TIMING)
    assert pace.rest(0.0, 30.0) == 30.0
    pace.taken(29.0)
    assert pace.allows(1, 29.9) == 0
    assert pace.rest(30.0, 0.0) == 1.0
