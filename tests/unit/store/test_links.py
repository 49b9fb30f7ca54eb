"""The lease of a link: one owner at a time, and another within seconds when it is gone."""

from __future__ import annotations

import threading

import pytest

from gateway.store.database import StoreConfig, open_store
from gateway.store.links import LEASE_S
from tests.fakes.desk import Bench


def lease(bench: Bench, owner: str, *, over: bool = False) -> bool:
    return bench.run(lambda b: b.links.lease("a", "a", "smpp", owner, lambda other, until_ms: not other or over)).taken


def test_one_owner_until_its_lease_is_known_to_be_over(bench: Bench) -> None:
    assert lease(bench, "one")
    assert not lease(bench, "two")
    assert lease(bench, "one")
    assert lease(bench, "two", over=True)
    assert not lease(bench, "one")


@pytest.mark.parametrize("jump_s", [3600, -3600, 0])
def test_a_clock_that_jumps_makes_no_second_owner(bench: Bench, jump_s: float) -> None:
    lease(bench, "one")
    bench.clock.pass_s(jump_s)
    assert not lease(bench, "two")
    assert lease(bench, "one")
    assert not lease(bench, "two")


def test_every_renewal_can_be_seen_though_the_clock_stands_still(bench: Bench) -> None:
    seen = [bench.run(lambda b: b.links.lease("a", "a", "smpp", "one")).until_ms for _ in range(3)]
    assert seen[0] != seen[1] != seen[2]


def test_a_lease_given_back_is_free_at_once_but_only_by_its_owner(bench: Bench) -> None:
    lease(bench, "one")
    bench.run(lambda b: b.links.let_go("a", "two"))
    assert not lease(bench, "two")
    bench.run(lambda b: b.links.let_go("a", "one"))
    assert lease(bench, "two")


def test_a_late_renewal_and_a_taking_do_not_both_succeed(bench: Bench, store_config: StoreConfig) -> None:
    """Both have read the same lease that has run out; what the second writes must not count."""
    if bench.store.is_sqlite:
        pytest.skip("SQLite lets one transaction write at a time")
    second = Bench(open_store(store_config), clock=bench.clock, node=1)
    rounds, wins = 40, []
    seen: list[tuple[str, int]] = []
    lease(bench, "zero")

    def look() -> None:
        bench.clock.pass_s(LEASE_S + 1)
        (row,) = bench.ask(lambda b: b.links.all())
        seen.append((row["lease_by"], row["lease_until_ms"]))

    barrier = threading.Barrier(2, action=look)

    def compete(desk: Bench, owner: str) -> None:
        for n in range(rounds):
            barrier.wait(10)
            mine = desk.run(lambda b: b.links.lease("a", "a", "smpp", owner, lambda *held: held == seen[-1])).taken
            if mine:
                wins.append((n, owner))

    threads = [threading.Thread(target=compete, args=pair) for pair in ((bench, "one"), (second, "two"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [n for n, _ in wins] == list(range(rounds))
    second.store.engine.dispose()
    second.close()


def test_states_are_kept(bench: Bench) -> None:
    lease(bench, "one")
    bench.run(lambda b: b.links.set_state("a", "down", "x" * 300))
    (row,) = bench.ask(lambda b: b.links.all())
    assert (row["state"], len(row["last_error"])) == ("down", 255)
