"""Token buckets and counted connections, with a clock of our own."""

from __future__ import annotations

import pytest

from gateway.web.limits import Buckets, Lines, network


def test_a_rate_holds_over_time() -> None:
    buckets = Buckets()
    now = passed = 0.0
    for _ in range(1000):  # ten seconds, a request each hundredth
        passed += buckets.take("a", 5, now) == 0
        now += 0.01
    assert 50 <= passed <= 55  # five at once, then five a second


def test_no_rate_is_no_limit() -> None:
    buckets = Buckets()
    assert all(buckets.take("a", 0, 0.0) == 0 for _ in range(1000))


def test_how_long_to_wait_is_said_and_true() -> None:
    buckets = Buckets()
    assert buckets.take("a", 2, 0.0, 2) == 0
    assert buckets.take("a", 2, 0.0) == 1
    assert buckets.take("a", 2, 0.4) == 1
    assert buckets.take("a", 2, 0.5) == 0


def test_a_batch_overdraws_once_and_the_debt_is_paid() -> None:
    buckets = Buckets()
    assert buckets.take("a", 10, 0.0, 1000) == 0
    wait_s = buckets.take("a", 10, 0.0)
    assert wait_s == 100  # 990 owed and one more, at ten a second
    assert buckets.take("a", 10, 99.0) == 1
    assert buckets.take("a", 10, 100.0) == 0


def test_keys_are_apart_and_a_clock_that_goes_back_gives_nothing() -> None:
    buckets = Buckets()
    assert buckets.take("a", 1, 10.0) == 0
    assert buckets.take("b", 1, 10.0) == 0
    assert buckets.take("a", 1, 5.0) > 0


def test_the_table_is_bounded() -> None:
    buckets = Buckets(max_keys=2)
    for key in "abc":
        buckets.take(key, 1, 0.0)
    assert buckets.take("a", 1, 0.0) == 0  # forgotten: the oldest made room
    assert buckets.take("c", 1, 0.0) == 1


def test_a_burst_larger_than_the_rate() -> None:
    buckets = Buckets(20)
    assert [buckets.take("a", 0.1, 0.0) for _ in range(21)] == [0] * 20 + [10]


def test_lines_are_counted_per_address_and_in_all() -> None:
    lines = Lines(3, 2)
    assert lines.enter("192.0.2.1")
    assert lines.enter("192.0.2.1")
    assert not lines.enter("192.0.2.1")
    assert lines.enter("192.0.2.2")
    assert not lines.enter("192.0.2.3")
    lines.leave("192.0.2.1")
    assert lines.enter("192.0.2.3")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("not:an:address", "not:an:address", True),
    ],
)
def test_networks(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
