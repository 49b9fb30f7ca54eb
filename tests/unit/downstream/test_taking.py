"""Submits on their way to the disk: taken together, answered when they are there, refused when they cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from gateway.core.errors import StoreUnavailable
from gateway.core.peers import Destination, Peer, Refusal, Submitted
from gateway.downstream.taking import Taking
from gateway.journal import Journal
from gateway.store.gathering import MAX_TOGETHER

PEER = Peer(name="kite", account_id=1, secret="secret08", id=1)


def submit(text: str) -> Submitted:
    return Submitted(PEER, (Destination(1, "+8613800138000", "1", {}),), "", text)


class Store:
    """Stands for the desk and its books: commits when it is let, and cannot take some texts."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.batches: list[list[str]] = []
        self.commits = 0
        self.is_away = False
        self.bad: set[str] = set()

    async def commit(self, work: Callable[[Any], Any]) -> Any:
        await self.let.wait()
        self.commits += 1
        if self.is_away:
            raise StoreUnavailable("away")
        return work(self)

    @property
    def peer_submits(self) -> Store:
        return self

    def take(self, submits: Sequence[Submitted]) -> list[tuple[Refusal | None, ...]]:
        texts = [one.text for one in submits]
        if self.bad & set(texts):
            raise ValueError("a column does not hold it")
        self.batches.append(texts)
        return [(None,)] * len(submits)


class Answers:
    """What was answered, in order."""

    def __init__(self, store: Store) -> None:
        self.found: list[tuple[str, Any]] = []
        self.flushes = 0
        self.taking = Taking(store, Journal(), self._flush)  # type: ignore[arg-type]

    def _flush(self) -> None:
        self.flushes += 1

    def put(self, *texts: str) -> None:
        for text in texts:
            self.taking.put(submit(text), lambda answers, text=text: self.found.append((text, answers[0])))  # type: ignore[misc]


async def test_all_that_wait_go_together_and_are_answered_afterwards() -> None:
    store = Store()
    answers = Answers(store)
    answers.put(*[str(number) for number in range(MAX_TOGETHER + 3)])
    await asyncio.sleep(0)
    assert answers.found == []
    assert answers.taking.unanswered == MAX_TOGETHER + 3
    store.let.set()
    await answers.taking.drain()
    assert [len(batch) for batch in store.batches] == [MAX_TOGETHER, 3]
    assert answers.found == [(str(number), None) for number in range(MAX_TOGETHER + 3)]
    assert (answers.taking.unanswered, answers.flushes) == (0, 2)


async def test_what_comes_meanwhile_goes_in_the_next_batch() -> None:
    store = Store()
    store.let.set()
    answers = Answers(store)
    answers.put("a")
    await answers.taking.drain()
    answers.put("b", "c")
    await answers.taking.drain()
    assert store.batches == [["a"], ["b", "c"]]


async def test_a_store_that_is_away_means_later() -> None:
    store = Store()
    store.is_away = True
    store.let.set()
    answers = Answers(store)
    answers.put("a", "b")
    await answers.taking.drain()
    assert answers.found == [("a", Refusal.UNAVAILABLE), ("b", Refusal.UNAVAILABLE)]
    assert (answers.taking.unanswered, store.commits) == (0, 1)
    store.is_away = False
    answers.put("c")
    await answers.taking.drain()
    assert answers.found[-1] == ("c", None)


async def test_one_that_cannot_be_stored_fails_alone() -> None:
    store = Store()
    store.bad = {"bad"}
    store.let.set()
    answers = Answers(store)
    answers.put("good", "bad", "better")
    await answers.taking.drain()
    assert answers.found == [("good", None), ("bad", Refusal.UNAVAILABLE), ("better", None)]
