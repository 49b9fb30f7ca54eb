"""Imports in the background: files are looked at, let in slice by slice, and taken back.

What is done stands in the store, so a run that was killed goes on where it was; of two processes at one batch the
slower one loses its slice and stops. Several batches take turns, so that a large file does not keep a small one
waiting.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from addressbook.csv_file.table import rows
from addressbook.imports.checking import Checker, columns
from addressbook.imports.source import Aside, Entry, Source, recognise
from gateway.core.errors import CaiyouError, StoreUnavailable
from gateway.core.imports import Batch, BatchState, WrongState
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.importing import SLICE, bring_in, chosen_targets, decided, kind_of, who_is_there

#: Batches that are open at once; each holds its file in memory.
MAX_RUNS: Final = 4
#: Seconds after which a batch that was handed over, and is not over, is handed over again.
PATIENCE_S: Final = 600.0
#: Rows of a table whose values are shown with its columns.
_SHOWN_ROWS: Final = 20


class Importer:
    """Works through the batches of imports. `hand_over` gives their ids to workers elsewhere."""

    def __init__(self, desk: Desk, hand_over: Callable[[list[int]], Awaitable[None]] | None = None) -> None:
        self._desk = desk
        self._hand_over = hand_over
        self._handed: dict[int, float] = {}  # batch -> when

    async def look(self) -> int:
        """Work until nothing is left to do, or hand over what there is; returns how many batches there were."""
        if self._hand_over is not None:
            return await self._hand(self._hand_over)
        runs: dict[int, Run] = {}
        seen: set[int] = set()
        while True:
            for batch in await self._desk.read(lambda books: books.imports.open()):
                if batch.id not in seen and len(runs) < MAX_RUNS:
                    runs[batch.id] = Run(self._desk, batch.id)
                    seen.add(batch.id)
            if not runs:
                break
            for batch_id, run in list(runs.items()):
                if await run.step():
                    del runs[batch_id]
        await self._forget_stale()
        return len(seen)

    async def finish_these(self, batch_ids: list[int]) -> int:
        """Work through these batches (a task of a worker); returns how many there still were."""
        found = 0
        for batch_id in batch_ids:
            run = Run(self._desk, batch_id)
            while not await run.step():
                pass
            found += run.began
        return found

    async def _hand(self, hand_over: Callable[[list[int]], Awaitable[None]]) -> int:
        now = asyncio.get_running_loop().time()
        open_ids = [batch.id for batch in await self._desk.read(lambda books: books.imports.open())]
        self._handed = {one: at for one, at in self._handed.items() if one in open_ids}
        due = [one for one in open_ids if now - self._handed.get(one, -PATIENCE_S) >= PATIENCE_S]
        if due:
            await hand_over(due)
            self._handed |= dict.fromkeys(due, now)
        return len(due)

    async def _forget_stale(self) -> None:
        for batch in await self._desk.read(lambda books: books.imports.stale()):
            await self._desk.commit(lambda books, batch=batch: books.imports.forget(batch))  # type: ignore[misc]
            await forget_file(self._desk, batch)


class Run:
    """One batch, step by step."""

    def __init__(self, desk: Desk, batch_id: int) -> None:
        self._desk = desk
        self._id = batch_id
        self._steps: Callable[[], Awaitable[bool]] | None = None
        self.began = False

    async def step(self) -> bool:
        """Do a little; True when the batch is over, or in other hands."""
        batch: Batch | None = None
        try:
            if self._steps is None:
                batch = await self._desk.read(lambda books: books.imports.by_id(self._id))
                if batch is None or not batch.state.is_open:
                    return True
                self.began = True
                self._steps = await self._begin(batch)
            return await self._steps()
        except (WrongState, StoreUnavailable):
            return True  # somebody else has it, or it is found again
        except CaiyouError as error:
            await self._fail(str(error))
            return True

    async def _begin(self, batch: Batch) -> Callable[[], Awaitable[bool]]:
        if batch.state is BatchState.UNDOING:
            return Undoing(self._desk, batch).step
        octets = await asyncio.to_thread(self._desk.blobs.get, batch.blob)
        source = await asyncio.to_thread(recognise, octets)
        if batch.state is BatchState.CHECKING:
            return Checking(self._desk, batch, source).step
        batch = await self._desk.commit(lambda books: books.imports.take(batch))
        return Running(self._desk, batch, source).step

    async def _fail(self, reason: str) -> None:
        def work(books: BooksOfStore) -> Batch | None:
            batch = books.imports.by_id(self._id)
            if batch is None or not batch.state.is_open or batch.state is BatchState.UNDOING:
                return None
            books.imports.finish(batch, reason)
            return batch

        batch = await self._desk.commit(work)
        if batch is not None:
            await forget_file(self._desk, batch)


class Checking:
    """A file that is only looked at."""

    def __init__(self, desk: Desk, batch: Batch, source: Source) -> None:
        self._desk = desk
        self._batch = batch
        self._source = source
        self._targets = chosen_targets(source, batch.choices.columns)
        self._entries = source.entries(self._targets, day_first=batch.choices.day_first)
        self._checker = Checker(desk.region)
        self._done = 0

    async def step(self) -> bool:
        """Look at a slice; True after the last."""
        part = await asyncio.to_thread(_slice, self._entries)
        if not part:
            await self._finish()
            return True
        region = self._desk.region
        book = await self._desk.read(lambda books: who_is_there(books, self._batch.book_id, part, region))
        await asyncio.to_thread(self._checker.look, part, book)
        before, self._done = self._done, self._done + len(part)
        if before // (10 * SLICE) != self._done // (10 * SLICE):
            done = self._done
            await self._desk.commit(lambda books: books.imports.looking(self._batch.id, done))
        return False

    async def _finish(self) -> None:
        check, source = self._checker.check, self._source
        told: dict[str, Any] = {
            **check.counts(),
            "charset": source.charset,
            "reasons": dict(check.reasons),
            "samples": check.samples,
            "doubles": check.doubles,
            "asides": check.asides,
            "findings": check.findings,
        }
        if source.layout is not None:
            first = islice(rows(source.text, source.layout.separator, source.layout.first_line), _SHOWN_ROWS)
            told["columns"] = columns(source, self._targets, [row.cells for row in first])
            told["day_first"] = source.day_first
        batch, kind, count = self._batch, kind_of(source), self._done
        await self._desk.commit(lambda books: books.imports.checked(batch, kind, told, count))


class Running:
    """A file that comes in."""

    def __init__(self, desk: Desk, batch: Batch, source: Source) -> None:
        self._desk = desk
        self._batch = batch
        targets = chosen_targets(source, batch.choices.columns)
        self._entries = source.entries(targets, day_first=batch.choices.day_first)
        self._skip = batch.done_rows  # what an earlier run has brought in
        self._done = batch.done_rows
        self._counts = batch.counts
        self._columns = (
            [str(target or "") for target in targets] if batch.choices.columns is not None and source.layout else None
        )
        self._digest = source.header_digest

    async def step(self) -> bool:
        """Bring in a slice; True after the last."""
        desk, batch = self._desk, self._batch
        while self._skip:
            self._skip -= len(await asyncio.to_thread(_slice, self._entries, min(self._skip, 10 * SLICE)))
        part = await asyncio.to_thread(_slice, self._entries)
        is_full = False
        if part:
            plan = await desk.read(lambda books: decided(books, batch, part, desk.region))
            done, counts = self._done, self._counts
            self._counts, is_full = await desk.commit(
                lambda books: bring_in(books, batch, plan, done, counts, desk.region)
            )
            self._done += len(part)
            if not is_full:
                return False
        reason = "the book is full" if is_full else ""
        await desk.commit(lambda books: self._finish(books, reason))
        await forget_file(desk, batch)
        return True

    def _finish(self, books: BooksOfStore, reason: str) -> None:
        books.imports.finish(self._batch, reason)
        if self._columns is not None:
            books.imports.remember_columns(self._batch.account_id, self._digest, self._columns)


class Undoing:
    """A file that is taken back; what is taken back already is not met again."""

    def __init__(self, desk: Desk, batch: Batch) -> None:
        self._desk = desk
        self._batch = batch
        self._after: int | None = 0
        self._told: Counter[str] = Counter()

    async def step(self) -> bool:
        """Take back a slice; True after the last."""
        batch, after = self._batch, self._after
        by = f"undo of import {batch.file_name}"
        assert after is not None
        undone = await self._desk.commit(
            lambda books: books.contact_history.undo(batch.id, by=by, after=after, limit=SLICE)
        )
        self._told.update(removed=undone.removed, restored=undone.restored, kept=undone.kept)
        self._after = undone.last
        if self._after is not None:
            return False
        counts = {**batch.counts, "undone": dict(self._told)}
        await self._desk.commit(lambda books: books.imports.undone(batch, counts))
        await forget_file(self._desk, batch)
        return True


async def forget_file(desk: Desk, batch: Batch) -> None:
    """Delete the file of a batch that needs it no more."""
    if batch.blob:
        await asyncio.to_thread(desk.blobs.forget, [batch.blob], [])


def _slice(entries: Iterator[Entry | Aside], size: int | None = None) -> Sequence[Entry | Aside]:
    return list(islice(entries, SLICE if size is None else size))
