"""Who serves a link: never two at once, whatever clocks do; and what becomes of it when operators want otherwise.

Two dispatchers over one store, on a loop whose clock jumps from timer to timer; the wall clock is turned by the tests.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from carriers.link import LinkListener
from carriers.session import SubmitAnswered
from gateway.core.errors import StoreUnavailable
from gateway.core.link_figures import LinkReading
from gateway.core.link_orders import LinkOrder, Wish, known_links, lets_go_for_move, may_take
from gateway.core.messages import Outcome
from gateway.core.outbox import State, Uncertain
from gateway.dispatcher import Dispatcher
from gateway.lane import LinkPolicy
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.links import LEASE_S
from tests.fakes import clockwork
from tests.fakes.desk import Bench


@dataclass
class World:
    """The store, and who has a line to the carrier."""

    bench: Bench
    lines: set[str] = field(default_factory=set)
    most: int = 0

    def enter(self, owner: str) -> None:
        self.lines.add(owner)
        self.most = max(self.most, len(self.lines))


class SyncDesk:
    """The desk of one process: commits at once, unless its store is away."""

    def __init__(self, world: World) -> None:
        self._bench = world.bench
        self.router = world.bench.router
        self.journal = world.bench.desk.journal
        self.now_ms = world.bench.clock
        self.is_away = False
        self.work_for_link: Any = None

    async def commit(self, work: Callable[[Any], Any]) -> Any:
        await asyncio.sleep(0)
        if self.is_away:
            raise StoreUnavailable
        return self._bench.run(work)

    read = commit


class PlainLink:
    """A link whose carrier lets everybody in at once."""

    def __init__(self, name: str, owner: str, world: World, listener: LinkListener) -> None:
        self.name = self.group = name
        self.owner = owner
        self.state = "down"
        self.line = 0
        self.submitted: list[Any] = []
        self._unanswered: list[Any] = []
        self._world = world
        self._listener = listener

    @property
    def is_up(self) -> bool:
        return self.state == "up"

    def room(self) -> int:
        return 10 if self.is_up else 0

    def submit(self, segment: Any) -> None:
        self.submitted.append(segment)
        self._unanswered.append(segment)

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None: ...

    def flush(self) -> None: ...

    async def run(self) -> None:
        self.line += 1
        self.state = "up"
        self._world.enter(self.owner)
        self._listener.link_up(self, "carrier")
        try:
            await asyncio.Event().wait()
        finally:
            self.state = "down"

    async def stop(self) -> None:
        await asyncio.sleep(1.0)  # the carrier takes its time to say goodbye
        self.state = "down"
        self._world.lines.discard(self.owner)
        unanswered, self._unanswered = self._unanswered, []
        self._listener.link_events(self, [SubmitAnswered(segment, Outcome.UNCERTAIN) for segment in unanswered])


@dataclass
class Process:
    """One process that may serve link a."""

    desk: SyncDesk
    dispatcher: Dispatcher
    link: PlainLink


def process(world: World, node: int, is_gone: Callable[[str], bool] = lambda owner: False) -> Process:
    desk = SyncDesk(world)
    owner = f"process-{node}"
    dispatcher = Dispatcher(
        desk,
        None,
        desk.journal,
        owner,
        node=node,
        is_gone=is_gone,  # type: ignore[arg-type]
    )
    link = PlainLink("a", owner, world, dispatcher)
    dispatcher.add(link, "smpp", LinkPolicy(Uncertain.RESEND), window=10)
    return Process(desk, dispatcher, link)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(StoreConfig(data_dir=str(tmp_path / "data")))
    create_tables(store)
    bench = Bench(store)
    yield World(bench)
    bench.close()
    store.engine.dispose()


def play(story: Coroutine[Any, Any, None]) -> None:
    clockwork.run(story)


async def pass_s(world: World, seconds: float, each_s: float = 0.5) -> None:
    """Let time pass, on the wall too."""
    for _ in range(int(seconds / each_s)):
        world.bench.clock.pass_s(each_s)
        await asyncio.sleep(each_s)


@pytest.mark.parametrize("seed", range(6))
def test_clocks_that_jump_make_no_two_owners(world: World, seed: int) -> None:
    dice = random.Random(seed)

    async def story() -> None:
        both = [process(world, 0), process(world, 1)]
        for one in both:
            one.dispatcher.start()
        for _ in range(40):
            await pass_s(world, dice.uniform(1, 20))
            world.bench.clock.pass_s(dice.choice((3600, -3600, 0, 30, -30)))
            away = dice.choice(both)
            away.desk.is_away = not away.desk.is_away
        for one in both:
            one.desk.is_away = False
        await pass_s(world, 40)
        assert len(world.lines) == 1
        for one in both:
            await one.dispatcher.stop()

    play(story())
    assert world.most == 1


def test_a_jump_of_the_clock_costs_no_line(world: World) -> None:
    async def story() -> None:
        both = [process(world, 0), process(world, 1)]
        for one in both:
            one.dispatcher.start()
        await pass_s(world, 5)
        for jump_s in (3600, -7200):
            world.bench.clock.pass_s(jump_s)
            await pass_s(world, 30)
        assert [one.link.line for one in both] == [1, 0]
        for one in both:
            await one.dispatcher.stop()

    play(story())


@pytest.mark.parametrize(("known_to_be_dead", "at_least_s", "at_most_s"), [(True, 0, 2), (False, 9, 13)])
def test_another_takes_over_within_seconds(
    world: World, known_to_be_dead: bool, at_least_s: float, at_most_s: float
) -> None:
    async def story() -> None:
        dead = process(world, 0)
        dead.dispatcher.start()
        await pass_s(world, 3)
        other = process(world, 1, is_gone=lambda owner: known_to_be_dead)
        dead.desk.is_away = True  # and never comes back
        other.dispatcher.start()
        begin = asyncio.get_running_loop().time()
        while not other.link.is_up:
            await pass_s(world, 0.5)
        assert at_least_s <= asyncio.get_running_loop().time() - begin <= at_most_s
        await other.dispatcher.stop()
        await dead.dispatcher.stop()

    play(story())


def test_a_move_goes_to_the_process_named_and_stays_when_that_one_does_not_come(world: World) -> None:
    async def story() -> None:
        both = [process(world, 0), process(world, 1)]
        for one in both:
            one.dispatcher.start()
        await pass_s(world, 5)
        assert both[0].link.is_up

        async def move(node: int) -> None:
            order = LinkOrder("a", move_to=node, moved_ms=world.bench.clock())
            for one in both:
                one.dispatcher.order(order)
            await pass_s(world, 30)

        await move(1)
        assert both[1].link.is_up
        await move(7)
        assert [one.link.is_up for one in both].count(True) == 1
        lines = [one.link.line for one in both]
        await pass_s(world, 120)
        assert [one.link.line for one in both] == lines  # it does not go to and fro
        for one in both:
            await one.dispatcher.stop()

    play(story())
    assert world.most == 1


def test_pause_drain_and_resume(world: World) -> None:
    bench = world.bench
    bench.router.drop_link("b")

    async def story() -> None:
        one = process(world, 0)
        one.dispatcher.start()
        await pass_s(world, 3)
        state = lambda: bench.ask(lambda b: b.links.all())[0]["state"]  # noqa: E731
        assert (one.link.is_up, state(), bench.router.links["a"].up) == (True, "up", True)

        one.dispatcher.order(LinkOrder("a", wish=Wish.DRAIN))
        await pass_s(world, 3)
        bench.add()
        await pass_s(world, 3)
        assert (one.link.is_up, state(), one.link.submitted) == (True, "draining", [])
        assert not bench.router.links["a"].up

        one.dispatcher.order(LinkOrder("a", wish=Wish.PAUSE))
        await pass_s(world, 3)
        assert (one.link.is_up, state()) == (False, "paused")

        one.dispatcher.order(LinkOrder("a"))
        await pass_s(world, 3)
        assert (one.link.is_up, state(), len(one.link.submitted)) == (True, "up", 1)
        reading = LinkReading.from_json(bench.ask(lambda b: b.links.all())[0]["figures"])
        assert (reading.submitted, reading.in_flight, reading.window) == (1, 1, 10)
        await one.dispatcher.stop()

    play(story())


def test_what_waits_for_a_link_that_is_paused_goes_over_another_and_comes_back_to_none_that_is_removed(
    world: World,
) -> None:
    bench = world.bench

    async def story() -> None:
        one = process(world, 0)
        one.dispatcher.start()
        await pass_s(world, 3)
        ids = [bench.add() for _ in range(3)]
        bench.router.drop_link("b")
        one.dispatcher.order(LinkOrder("a", wish=Wish.DRAIN))
        await pass_s(world, 3)
        waiting = bench.add(link="a")
        bench.run(lambda b: b.link_orders.set_options("a", '{"name": "a"}'))
        bench.run(lambda b: b.link_orders.set_wish("a", Wish.REMOVE))
        order = bench.ask(lambda b: b.link_orders.get("a"))
        one.dispatcher.order(order)
        await pass_s(world, 30)
        assert bench.row(waiting)["link"] == ""
        # What was on the wire has no answer yet: the link is known until it is settled.
        assert {bench.state(an_id) for an_id in ids} <= {State.UNCERTAIN.value, State.SENDING.value}
        assert bench.ask(lambda b: b.link_orders.get("a")) is not None
        await pass_s(world, 120)
        assert {bench.row(an_id)["link"] for an_id in ids} == {""}  # queued again by the policy, and for anybody
        assert bench.ask(lambda b: b.link_orders.get("a")) is None
        assert bench.ask(lambda b: b.links.all()) == []
        await pass_s(world, 30)
        assert bench.ask(lambda b: b.links.all()) == []  # no renewal makes its row again
        await one.dispatcher.stop()

    play(story())


def test_rules_of_moves_and_names() -> None:
    order = LinkOrder("a", move_to=1, moved_ms=1000)
    assert lets_go_for_move(order, node=0, served_since_ms=999)
    assert not lets_go_for_move(order, node=0, served_since_ms=1000)
    assert not lets_go_for_move(order, node=1, served_since_ms=0)
    assert not lets_go_for_move(replace(order, move_to=None), node=0, served_since_ms=0)
    now_ms = order.moved_ms + 10_000
    assert may_take(order, node=1, now_ms=now_ms, free_for_s=0, patience_s=15)
    assert not may_take(order, node=0, now_ms=now_ms, free_for_s=14, patience_s=15)
    assert may_take(order, node=0, now_ms=now_ms, free_for_s=LEASE_S * 1.5, patience_s=15)
    assert may_take(order, node=0, now_ms=now_ms + 60_000, free_for_s=0, patience_s=15)  # long past
    orders = [LinkOrder("b", "{}"), LinkOrder("a"), LinkOrder("c", "{}", Wish.REMOVE)]
    assert known_links(["x", "a"], orders) == ["x", "a", "b"]
