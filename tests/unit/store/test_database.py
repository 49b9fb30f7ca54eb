"""The writer: many works in one commit, and a work that fails fails alone."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from gateway.core.errors import Conflict, StoreUnavailable
from gateway.store.database import Store, Transaction, WorkFailed
from gateway.store.schema import stops, timeline

STOP = sa.insert(stops)
STEP = sa.insert(timeline)


def stop_row(number: str) -> dict[str, object]:
    return {"number": number, "stopped_ms": 1, "word": "T", "inbox_id": None}


def stopped(tx: Transaction) -> set[str]:
    return set(tx.read(sa.select(stops.c.number)).scalars())


async def test_works_that_wait_together_are_committed_together(store: Store) -> None:
    def work(number: str):
        return lambda tx: tx.defer(STOP, stop_row(number))

    await asyncio.gather(*(store.commit_with_others(work(str(n))) for n in range(100)))
    assert store.figures.works == 100
    assert store.figures.commits < 100
    assert len(await store.read(stopped)) == 100
    await store.close()


async def test_a_result_comes_back_and_is_on_disk(store: Store) -> None:
    assert await store.commit_with_others(lambda tx: tx.defer(STOP, stop_row("1")) or 7) == 7
    assert await store.read(stopped) == {"1"}
    await store.close()


async def test_a_work_that_raises_leaves_the_others_alone(store: Store) -> None:
    def bad(tx: Transaction) -> None:
        tx.defer(STOP, stop_row("bad"))
        raise Conflict("no")

    def bad_after_writing(tx: Transaction) -> None:
        tx.execute(STOP, stop_row("worse"))
        raise Conflict("no")

    results = await asyncio.gather(
        store.commit_with_others(lambda tx: tx.defer(STOP, stop_row("1"))),
        store.commit_with_others(bad),
        store.commit_with_others(bad_after_writing),
        store.commit_with_others(lambda tx: tx.defer(STOP, stop_row("2"))),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), Conflict, Conflict, type(None)]
    assert await store.read(stopped) == {"1", "2"}
    await store.close()


async def test_a_unique_key_hit_by_two_works_of_a_batch_fails_one_of_them(store: Store) -> None:
    results = await asyncio.gather(
        *(store.commit_with_others(lambda tx: tx.defer(STOP, stop_row("same"))) for _ in range(3)),
        store.commit_with_others(lambda tx: tx.defer(STOP, stop_row("other"))),
        return_exceptions=True,
    )
    assert sum(isinstance(result, StoreUnavailable) for result in results) == 2
    assert results[3] is None
    assert await store.read(stopped) == {"same", "other"}
    assert store.figures.replays == 1
    await store.close()


@pytest.mark.parametrize("writes", ["deferred", "at once"])
async def test_a_failed_attempt_is_undone_and_the_work_goes_on(store: Store, writes: str) -> None:
    def reaction(tx: Transaction) -> None:
        if writes == "deferred":
            tx.defer(STOP, stop_row("undone"))
        else:
            tx.execute(STOP, stop_row("undone"))
        raise ZeroDivisionError("broken")

    def work(tx: Transaction) -> str:
        tx.defer(STOP, stop_row("before"))
        try:
            tx.attempt(lambda: reaction(tx))
        except WorkFailed as error:
            tx.defer(STOP, stop_row("after"))
            return str(error)
        return ""

    answer = await store.commit_with_others(work)
    assert answer == "ZeroDivisionError: broken"
    assert await store.read(stopped) == {"before", "after"}
    await store.close()


async def test_reads_see_what_was_committed_and_run_beside_the_writer(store: Store) -> None:
    async def write(n: int) -> None:
        await store.commit_with_others(
            lambda tx: tx.defer(STEP, {"subject_id": n, "id": n, "at_ms": 0, "step": "x", "detail": ""})
        )
        count = await store.read(lambda tx: tx.read(sa.select(sa.func.count()).select_from(timeline)).scalar_one())
        assert count >= 1

    await asyncio.gather(*(write(n) for n in range(50)))
    await store.close()


async def test_a_closing_store_takes_nothing_more_but_commits_what_waits(store: Store) -> None:
    waiting = asyncio.ensure_future(store.commit_with_others(lambda tx: tx.defer(STOP, stop_row("1"))))
    await asyncio.sleep(0)
    await store.close()
    await waiting
    with pytest.raises(StoreUnavailable):
        await store.commit_with_others(lambda tx: None)
