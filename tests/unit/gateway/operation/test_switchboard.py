"""The switchboard: orders in the books become links of this process; what cannot be read leaves the old link alone."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.config import LinkEntry, read_link
from gateway.core.link_orders import TraceOrder, Wish
from gateway.dispatcher import Dispatcher
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.switchboard import Switchboard
from gateway.trace import Trace
from tests.fakes import clockwork
from tests.fakes.desk import Bench

TABLE = {"name": "x", "protocol": "smpp", "host": "10.0.0.1", "system_id": "a", "password": "secret08", "window": 4}


class SyncDesk:
    """The desk, committing at once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.router, self.journal, self.now_ms = bench.router, bench.desk.journal, bench.clock
        self.work_for_link: Any = None

    async def commit(self, work: Any) -> Any:
        await asyncio.sleep(0)
        return self._bench.run(work)

    read = commit


class QuietLink:
    """A link that never comes up; it can be tapped."""

    def __init__(self, entry: LinkEntry) -> None:
        self.entry = entry
        self.name, self.group = entry.link.name, entry.group
        self.state, self.is_up, self.line, self.tap = "down", False, 0, None
        self.stopped = 0

    def room(self) -> int:
        return 0

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self.stopped += 1


@dataclasses.dataclass
class Board:
    """A switchboard with one link of the file, a."""

    bench: Bench
    made: list[QuietLink] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        desk: Any = SyncDesk(self.bench)
        self.dispatcher = Dispatcher(desk, None, desk.journal, "one")  # type: ignore[arg-type]
        entries = [read_link(TABLE | {"name": "a"}, "file")]
        self.board = Switchboard(desk, self.dispatcher, entries, self.make)

    def make(self, entry: LinkEntry) -> Any:
        self.made.append(QuietLink(entry))
        return self.made[-1]

    def order(self, name: str, **changes: Any) -> None:
        self.bench.run(lambda b: b.link_orders.set_options(name, json.dumps(TABLE | {"name": name} | changes)))

    async def look(self, times: int = 4) -> None:
        for _ in range(times):
            self.bench.clock.pass_s(3)
            await asyncio.sleep(3)
            await self.board.look()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Any]:
    store = open_store(StoreConfig(data_dir=str(tmp_path / "data")))
    create_tables(store)
    bench = Bench(store, links=())
    yield bench
    bench.close()
    store.engine.dispose()


def play(bench: Bench, story: Any) -> None:
    async def run() -> None:
        made = Board(bench)
        made.dispatcher.start()
        await story(made)
        await made.board.stop()
        await made.dispatcher.stop()

    clockwork.run(run())


def test_links_of_the_books_come_change_and_go(board: Bench) -> None:
    async def story(it: Board) -> None:
        it.order("x")
        await it.look()
        assert list(it.dispatcher.served) == ["a", "x"]
        assert it.board.names == ["a", "x"]
        first = it.made[-1]
        await it.look()
        assert it.made[-1] is first  # nothing has changed
        it.order("x", window=9, password="new")
        await it.look()
        second = it.made[-1]
        assert (first.stopped > 0, second.entry.options.window, second.entry.options.password) == (True, 9, "new")
        it.bench.run(lambda b: b.link_orders.set_wish("x", Wish.REMOVE))
        await it.look(8)
        assert list(it.dispatcher.served) == ["a"]
        assert it.board.names == ["a"]
        assert "x" not in it.bench.router.links

    play(board, story)


def test_what_cannot_be_read_leaves_the_old_link_alone_and_is_told_once(board: Bench) -> None:
    async def story(it: Board) -> None:
        it.order("x")
        await it.look()
        link = it.made[-1]
        it.order("x", window="many")
        await it.look()
        assert it.dispatcher.served["x"].lane.link is link
        assert it.bench.desk.journal.counts["task_failed", "link-x"] == 1
        it.order("x", window=5)
        await it.look()
        assert it.made[-1].entry.options.window == 5

    play(board, story)


def test_a_link_of_the_file_keeps_its_options_whatever_the_books_say(board: Bench) -> None:
    async def story(it: Board) -> None:
        it.order("a", window=99)
        it.bench.run(lambda b: b.link_orders.set_wish("a", Wish.PAUSE))
        await it.look()
        assert [link.entry.options.window for link in it.made] == [4]
        assert it.dispatcher.served["a"].order.wish is Wish.PAUSE

    play(board, story)


def test_a_trace_begins_and_ends_by_order_by_time_and_by_what_is_wrong(board: Bench, tmp_path: Path) -> None:
    def order(file: Path, seconds: int = 3600) -> None:
        trace = TraceOrder(str(file), board.clock() + seconds * 1000, 1_000_000, False)
        board.run(lambda b: b.link_orders.set_trace("a", trace))

    def standing() -> TraceOrder | None:
        found = board.ask(lambda b: b.link_orders.get("a"))
        return None if found is None else found.trace

    async def story(it: Board) -> None:
        await it.look()
        link = it.made[0]
        order(tmp_path / "one.pcap")
        await it.look()
        assert link.tap is not None
        board.run(lambda b: b.link_orders.set_trace("a", None))
        await it.look()
        assert link.tap is None
        order(tmp_path / "two.pcap", seconds=1)
        await it.look()
        assert (link.tap, standing()) == (None, None)
        order(tmp_path / "nowhere" / "three.pcap")
        await it.look()
        assert (link.tap, standing()) == (None, None)
        order(tmp_path / "one.pcap")  # it is there already
        await it.look()
        assert (link.tap, standing()) == (None, None)
        assert it.bench.desk.journal.counts["trace_ended", "a"] == 3

    play(board, story)
    assert (tmp_path / "one.pcap").stat().st_mode & 0o777 == 0o600


def test_a_disk_that_takes_nothing_ends_a_trace_and_not_the_line(tmp_path: Path) -> None:
    trace = Trace(TraceOrder(str(tmp_path / "x.pcap"), 0, 1 << 30, False), "smpp", None, lambda: 0)
    trace.close()
    trace._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    trace.opened(1)
    trace.sent(bytes(16))
    trace.received(b"x" * 100)
    trace.closed()
    trace.flush()
    trace.close()
    assert "takes nothing" in trace.trouble
