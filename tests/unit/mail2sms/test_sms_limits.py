"""How often the hub may say something, counted by keys: over midnight, apart, per account."""

from __future__ import annotations

from gateway.core.outbox import NewSms, Purpose
from mail2sms.limits import free_key, was_sent
from tests.fakes.mail2sms import ANN, STRANGER, World, at


def say(world: World, *, account_id: int = 0, apart_ms: int = 0) -> bool:
    key = free_key(world.books, "x", per_day=3, apart_ms=apart_ms, account_id=account_id)
    if key is not None:
        world.books.outbox.add(NewSms(STRANGER, "x", Purpose.REPLY, account_id=account_id, key=key))
    return key is not None


def test_a_day_is_any_24_hours_not_a_date() -> None:
    world = World(at("2026-01-05T23:50+00:00"))
    assert [say(world) for _ in range(4)] == [True, True, True, False]
    world.later(minutes=20)  # another date
    assert not say(world)
    world.later(hours=23, minutes=40)
    assert say(world)


def test_the_last_one_counts_from_yesterday_too() -> None:
    world = World(at("2026-01-05T23:59:58+00:00"))
    assert say(world, apart_ms=10_000)
    world.later(seconds=4)
    assert not say(world, apart_ms=10_000)
    world.later(seconds=6)
    assert say(world, apart_ms=10_000)


def test_over_a_long_time_never_more_than_the_limit_in_any_day() -> None:
    world = World()
    said: list[int] = []
    for _ in range(200):
        if say(world):
            said.append(world.books.now_ms)
        world.later(minutes=47)
    assert len(said) > 15
    for first, fourth in zip(said, said[3:], strict=False):
        assert fourth - first >= 86_400_000


def test_accounts_are_counted_apart() -> None:
    world = World()
    assert [say(world) for _ in range(4)][-1] is False
    assert say(world, account_id=ANN)


def test_a_key_is_seen_once_used() -> None:
    world = World()
    assert not was_sent(world.books, ANN, "k")
    world.books.outbox.add(NewSms(STRANGER, "x", Purpose.NOTICE, account_id=ANN, key="k"))
    assert was_sent(world.books, ANN, "k")
    assert not was_sent(world.books, 0, "k")
