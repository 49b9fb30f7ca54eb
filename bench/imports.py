"""Importing a large file of contacts: time, memory, what others notice of it, the same file again, and undo.

A table as Outlook in Chinese writes it (GB18030), every row another person with two numbers, a mail address, a company
and an address. The store is SQLite as a hub opens it, in a directory of its own. While the import runs, a small
transaction is made every 20 ms, as messages would make them, and its time is taken. `python -m bench.imports`.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from gateway import clock
from gateway.core.ids import IdSource
from gateway.core.imports import Batch, BatchState, Choices
from gateway.core.routing import Router
from gateway.importing import Importer
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import Desk

COUNT = 100_000
_FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉梅建国海波"
_HEADINGS = (
    "姓", "名", "单位", "部门", "职务", "商务地址 街道", "商务地址 市/县", "商务地址 邮政编码", "商务电话", "移动电话",
    "电子邮件地址", "电子邮件类型", "附注", "生日", "类别",
)  # fmt: skip
_PLACES = ("北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安")


def table(count: int, seed: int = 7) -> bytes:
    """The file."""
    dice = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    for number in range(count):
        writer.writerow(
            (
                dice.choice(_FAMILIES),
                "".join(dice.choices(_GIVEN, k=2)),
                f"{dice.choice(_PLACES)}{dice.choice(_GIVEN)}{dice.choice(_GIVEN)}有限公司",
                "销售部",
                "经理",
                f"人民路{number % 900 + 1}号",
                dice.choice(_PLACES),
                f"{100000 + number % 800000}",
                f"010-{60000000 + number}",
                f"1{dice.choice('35789')}{number:09d}",
                f"user{number}@example{number % 50}.cn",
                "SMTP",
                "2026年展会",
                f"{1950 + number % 50}/{number % 12 + 1}/{number % 28 + 1}",
                "客户;展会",
            )
        )
    return text.getvalue().encode("gb18030")


class Watcher:
    """The most memory the process has had, octets."""

    def __init__(self) -> None:
        self._process = psutil.Process(os.getpid())
        self.least = self.most = self._process.memory_info().rss
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.most = max(self.most, self._process.memory_info().rss)

    def grown_mib(self) -> float:
        """MiB more than at first."""
        self._over.set()
        self._thread.join()
        return (self.most - self.least) / (1 << 20)


async def others(desk: Desk, account_id: int, waits: list[float], over: asyncio.Event) -> None:
    """Small transactions, one after the other, each with a pause."""
    while not over.is_set():
        began = time.perf_counter()
        await desk.commit(lambda books: books.rules.add(account_id, "arrival", {}, 0))
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)


async def measure(directory: Path, count: int) -> dict[str, float]:
    """Seconds, MiB and milliseconds, by name."""
    store = open_store(StoreConfig(data_dir=str(directory)))
    create_tables(store)
    desk = Desk(
        store,
        Blobs(directory),
        Router(),
        Journal(),
        new_id=IdSource(clock.now_ms, 1),
        now_ms=clock.now_ms,
        read_facts=read_facts,
        reactions={},
    )

    def account(books: object) -> tuple[int, int]:
        books.accounts.add_domain("mail.example")  # type: ignore[attr-defined]
        made = books.accounts.add("anna@mail.example").id  # type: ignore[attr-defined]
        return made, books.address_books.default(made).id  # type: ignore[attr-defined]

    account_id, book_id = desk.run_now(account)
    octets = table(count)
    figures: dict[str, float] = {"rows": count, "file_mib": len(octets) / (1 << 20)}
    importer = Importer(desk)

    async def begin() -> int:
        batch_id = desk.new_id()
        blob = await desk.blobs.put(batch_id, octets)
        choices = Choices("merge", None, None)
        await desk.commit(
            lambda books: books.imports.add(
                batch_id, account_id=account_id, book_id=book_id, file_name="list.csv", blob=blob, choices=choices
            )
        )
        return batch_id

    async def batch(batch_id: int) -> Batch:
        found = await desk.read(lambda books: books.imports.by_id(batch_id))
        assert found is not None
        return found

    async def timed(name: str, work: Callable[[], Awaitable[object]]) -> None:
        waits: list[float] = []
        over = asyncio.Event()
        watcher = Watcher()
        noise = asyncio.create_task(others(desk, account_id, waits, over))
        began = time.perf_counter()
        await work()
        figures[f"{name}_s"] = time.perf_counter() - began
        over.set()
        await noise
        figures[f"{name}_mib"] = watcher.grown_mib()
        figures[f"{name}_others_ms"] = statistics.median(waits) * 1000
        figures[f"{name}_others_worst_ms"] = max(waits) * 1000
        wait = f"{figures[f'{name}_others_ms']:.1f} ms, at most {figures[f'{name}_others_worst_ms']:.0f} ms"
        print(
            f"{name:8} {figures[f'{name}_s']:7.1f} s  {figures[f'{name}_mib']:6.1f} MiB more; others wait {wait}",
            flush=True,
        )

    first = await begin()
    await timed("check", importer.look)
    checked = await batch(first)
    assert (checked.state, checked.counts["new"]) == (BatchState.CHECKED, count), checked
    await desk.commit(lambda books: books.imports.begin(checked))
    await timed("import", importer.look)
    done = await batch(first)
    assert (done.state, done.counts["added"]) == (BatchState.DONE, count), done.counts
    figures["rows_per_s"] = count / figures["import_s"]
    figures["store_mib"] = sum(path.stat().st_size for path in directory.glob("*.db*")) / (1 << 20)

    second = await begin()
    await importer.look()
    again = await batch(second)
    assert again.counts["known"] == count, again.counts
    await desk.commit(lambda books: books.imports.begin(again))
    await timed("again", importer.look)
    assert (await batch(second)).counts["same"] == count

    await desk.commit(lambda books: books.imports.undo(done))
    await timed("undo", importer.look)
    assert (await batch(first)).counts["undone"]["removed"] == count
    used = await desk.read(lambda books: books.address_books.get(account_id, book_id).used_cards)
    assert used == 0, used
    await desk.close()
    return figures


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=COUNT)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="bench-imports-"))
    try:
        figures = asyncio.run(measure(directory, given.count))
    finally:
        shutil.rmtree(directory)
    print(f"{figures['rows']:.0f} rows, {figures['file_mib']:.1f} MiB: {figures['rows_per_s']:.0f} rows a second")
    if given.json:
        given.json.write_text(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
