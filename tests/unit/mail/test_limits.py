"""Limits with a clock of our own."""

from __future__ import annotations

import pytest

from gateway.mail import limits
from gateway.mail.limits import Connections, FailedLogins, LoginLimits, Rate, networks


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.0.2.1", "192.0.2.1", 3),
        ("192.0.2.1", "192.0.2.62", 2),
        ("192.0.2.1", "192.0.5.1", 1),
        ("192.0.2.1", "192.0.16.1", 0),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", 3),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", 2),
        ("2001:db8:1::1", "2001:db8:2::1", 1),
        ("2001:db8::1", "2001:db9::1", 0),
        ("::ffff:192.0.2.1", "192.0.2.1", 3),
        ("fe80::1%eth0", "fe80::1", 3),
    ],
)
def test_networks_are_shared_by_neighbours(one: str, other: str, shared: int) -> None:
    common = [a for a, b in zip(networks(one), networks(other), strict=True) if a == b]
    assert len(common) == shared
    assert networks(one)[3 - shared :] == networks(other)[3 - shared :]


def test_a_peer_without_an_address_is_its_own_network() -> None:
    assert networks("local") == ("local",)


def test_a_rate_allows_so_many_and_then_refills() -> None:
    rate = Rate(3, 60.0)
    assert [rate.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert rate.take("b", 0.0)
    assert not rate.take("a", 19.9)
    assert rate.take("a", 20.1)
    assert not rate.take("a", 20.2)
    assert [rate.take("a", 10_000.0) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    rate = Rate(1, 60.0)
    assert rate.take("a", 100.0)
    assert not rate.take("a", 0.0)


def test_a_limit_of_zero_is_no_limit() -> None:
    rate = Rate(0, 60.0)
    assert all(rate.take("a", 0.0) for _ in range(1000))
    assert not rate.is_empty("a", 0.0)


def test_a_rate_forgets_the_oldest_key_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 2)
    rate = Rate(1, 60.0)
    for key in "abc":
        assert rate.take(key, 0.0)
    assert rate.take("a", 0.0)
    assert not rate.take("c", 0.0)


def test_connections_are_limited_in_all_and_per_address() -> None:
    present = Connections(3, 2)
    assert present.enter("192.0.2.1")
    assert present.enter("192.0.2.1")
    assert not present.enter("192.0.2.1")
    assert present.enter("192.0.2.2")
    assert not present.enter("192.0.2.3")
    present.leave("192.0.2.1")
    assert present.enter("192.0.2.3")
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        present.leave(address)
    assert len(present) == 0


def test_an_ipv6_neighbourhood_counts_as_one_address() -> None:
    present = Connections(10, 1)
    assert present.enter("2001:db8::1")
    assert not present.enter("2001:db8::2")
    assert present.enter("2001:db8:0:1::1")


def test_failed_logins_bar_the_address_then_its_neighbours() -> None:
    failures = FailedLogins(LoginLimits(per_minute=2, per_day=100))
    for last in (1, 2, 3):
        for _ in range(2):
            assert not failures.is_barred(f"192.0.2.{last}", 0.0)
            failures.failed(f"192.0.2.{last}", f"m{last}", 0.0)
    assert failures.is_barred("192.0.2.1", 0.0)
    assert failures.is_barred("192.0.2.9", 0.0)  # six failures in its /26, and two times three are allowed
    assert not failures.is_barred("192.0.2.99", 0.0)
    assert not failures.is_barred("192.0.2.9", 61.0)


def test_failed_logins_are_limited_by_the_day_too() -> None:
    failures = FailedLogins(LoginLimits(per_minute=100, per_day=3))
    for minute in range(3):
        failures.failed("192.0.2.1", "a", minute * 60.0)
    assert failures.is_barred("192.0.2.1", 1000.0)
    assert not failures.is_barred("192.0.2.1", 86_400.0 / 3 + 200)


def test_an_account_tried_too_often_is_slowed_from_everywhere() -> None:
    failures = FailedLogins(LoginLimits(account_per_minute=2))
    failures.failed("192.0.2.1", "Anna@mail.example", 0.0)
    assert not failures.is_slowed("anna@mail.example", 0.0)
    failures.failed("198.51.100.1", "anna@mail.example", 0.0)
    assert failures.is_slowed("anna@mail.example", 0.0)
    assert not failures.is_slowed("bert@mail.example", 0.0)
    assert not failures.is_slowed("anna@mail.example", 31.0)
