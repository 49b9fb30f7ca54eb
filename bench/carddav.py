"""Phones and vdirsyncer at the address books of the hub and of Radicale, measured in the same run.

A phone asks as DAVx5 does: PROPFIND for the token, a sync-collection where it has changed, cards ten at a time.
vdirsyncer lists the whole book every time, whatever the server can, so most of its time is its own.
`python -m bench.carddav --sizes 10000,100000 --json FILE`; ends with 1 when a sync of a phone without changes, or
after ten, is not `--least` times as fast as Radicale's, or takes twice as long in the largest book as in the smallest.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from bench.card_servers import Caiyou, Radicale, Server, card
from tests.interop.carddav_judges import judge

ACCOUNT = "ann"
#: Cards that a phone asks for at once.
MULTIGET = 10
#: Tries of a sync; the middle one counts.
TRIES = 3
#: Seconds an answer may take.
MOST_S = 3600
#: Connections that are cut off, after which a phone gives up.
CUT_OFF = 60
#: Cards of each of the many accounts.
CARDS_OF_MANY = 100
MORE_IS_BETTER = frozenset({"cards_per_s"})
NO_RATIO = frozenset({"uploaded", "memory_mib", "cut_off", "first_not_served", "again_not_served"})
_TOKEN = re.compile(rb"<(?:\w+:)?sync-token>([^<]+)<")
_HREF = re.compile(rb"<(?:\w+:)?href>([^<]+\.vcf)<")
_ASK_TOKEN = b'<propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/"><prop><sync-token/><CS:getctag/></prop></propfind>'
_SYNC = (
    '<sync-collection xmlns="DAV:"><sync-token>{}</sync-token><sync-level>1</sync-level><prop><getetag/></prop>'
    "</sync-collection>"
)
_MULTIGET = (
    '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><getetag/><C:address-data/>'
    "</prop>{}</C:addressbook-multiget>"
)
_VDIRSYNCER = """
[general]
status_path = "{here}/status"
[pair books]
a = "local"
b = "remote"
collections = [["contacts", "contacts", "contacts"]]
[storage local]
type = "filesystem"
path = "{here}/cards"
fileext = ".vcf"
[storage remote]
type = "carddav"
url = "{url}/"
username = "{user}"
password = "{password}"
"""


class Phone:
    """Keeps one book in step."""

    def __init__(self, server: Server, client: aiohttp.ClientSession, account: str = ACCOUNT) -> None:
        self._client = client
        self._url = server.url
        self._book = server.book(account)
        self._auth = aiohttp.encode_basic_auth(server.user(account), server.passwords[account])
        self._token = ""
        self.cut_off = 0  # connections

    async def ask(self, method: str, path: str, body: str | bytes, depth: str = "0") -> bytes:
        """One request, answered well; asked again in a second when the connection is cut off, as phones do."""
        while True:
            try:
                return await self._ask_once(method, path, body, depth)
            except aiohttp.ClientConnectionError:
                self.cut_off += 1
                if self.cut_off == CUT_OFF:
                    raise
                await asyncio.sleep(1)

    async def _ask_once(self, method: str, path: str, body: str | bytes, depth: str = "0") -> bytes:
        headers = {"Authorization": self._auth, "Depth": depth}
        headers["Content-Type"] = "text/vcard; charset=utf-8" if method == "PUT" else "application/xml; charset=utf-8"
        async with self._client.request(method, self._url + path, data=body, headers=headers) as answer:
            told = await answer.read()
            if answer.status not in (200, 201, 204, 207):
                raise RuntimeError(f"{method} {path}: {answer.status} {told[:200]!r}")
            return told

    async def put(self, number: int, note: str) -> None:
        """Change a card; somebody else does that."""
        await self.ask("PUT", f"{self._book}c{number}.vcf", card(f"c{number}", number, note))

    async def sync(self) -> int:
        """Bring the book in step; how many cards came."""
        told = await self.ask("PROPFIND", self._book, _ASK_TOKEN)
        found = _TOKEN.search(told)
        assert found is not None, told
        if self._token and found[1].decode() == self._token:
            return 0
        return await self.ask_changes()

    async def ask_changes(self, *, fetch: bool = True) -> int:
        """The second half of a sync, which some clients begin with."""
        told = await self.ask("REPORT", self._book, _SYNC.format(self._token))
        found = _TOKEN.search(told)
        assert found is not None, told[-300:]
        self._token = found[1].decode()
        names = list(dict.fromkeys(_HREF.findall(told)))
        for start in range(0, len(names) if fetch else 0, MULTIGET):
            hrefs = "".join(f"<href>{name.decode()}</href>" for name in names[start : start + MULTIGET])
            await self.ask("REPORT", self._book, _MULTIGET.format(hrefs), depth="1")
        return len(names)


async def phone_rows(server: Server, size: int) -> dict[str, float]:
    """Milliseconds of a phone's syncs in a book of that size."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(MOST_S)) as client:
        phone = Phone(server, client)
        started = time.perf_counter()
        await phone.ask_changes(fetch=False)
        # The first one warms the caches of a server that has some.
        listed_ms = (time.perf_counter() - started) * 1000
        unchanged, reported, changed, puts = [], [], [], []
        for round_ in range(TRIES):
            unchanged.append(await _timed(phone.sync))
            reported.append(await _timed(phone.ask_changes))
            started = time.perf_counter()
            for number in range(10):
                await phone.put((round_ * 10 + number) * 7919 % size, f"changed in round {round_}")
            puts.append((time.perf_counter() - started) * 100)
            changed.append(await _timed(phone.sync))
        return {
            "list_ms": listed_ms,
            "unchanged_ms": statistics.median(unchanged),
            "unchanged_report_ms": statistics.median(reported),
            "ten_changes_ms": statistics.median(changed),
            "put_ms": statistics.median(puts),
        }


async def _served(work: Callable[[], Any]) -> float:
    """As `_timed`; endless for a phone that is cut off again and again."""
    try:
        return await _timed(work)
    except aiohttp.ClientConnectionError:
        return float("inf")


async def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1000


class Folder:
    """A folder of cards that vdirsyncer keeps."""

    def __init__(self, server: Server, here: Path) -> None:
        self.cards = here / "cards" / "contacts"
        self.cards.mkdir(parents=True)
        self._config = here / "config"
        user, password = server.user(ACCOUNT), server.passwords[ACCOUNT]
        root = server.url if isinstance(server, Caiyou) else f"{server.url}/{ACCOUNT}"
        self._config.write_text(_VDIRSYNCER.format(here=here, url=root, user=user, password=password))

    def ask(self, command: str, most_s: float) -> float:
        """Seconds that a command takes; `inf` where it takes longer than `most_s` and is ended."""
        started = time.perf_counter()
        try:
            done = subprocess.run(
                [judge("vdirsyncer"), "-c", str(self._config), command],
                input=b"y\n" * 50,
                capture_output=True,
                timeout=most_s,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            return float("inf")
        assert done.returncode == 0, done.stderr[-500:]
        return time.perf_counter() - started


def vdirsyncer_rows(server: Server, size: int, here: Path, most_s: float) -> dict[str, float]:
    """Seconds of vdirsyncer: the first upload of a folder of that size, and two syncs afterwards."""
    folder = Folder(server, here)
    for number in range(size):
        (folder.cards / f"c{number}.vcf").write_bytes(card(f"c{number}", number))
    folder.ask("discover", most_s)
    uploaded = folder.ask("sync", most_s)
    rows = {"upload_s": uploaded}
    if uploaded == float("inf"):
        return rows
    rows["unchanged_s"] = statistics.median(folder.ask("sync", most_s) for _ in range(3))
    for number in range(10):
        (folder.cards / f"c{number}.vcf").write_bytes(card(f"c{number}", number, "changed"))
    return {**rows, "ten_changes_s": folder.ask("sync", most_s)}


async def count_cards(server: Server) -> int:
    """How many cards are in the book."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(MOST_S)) as client:
        return await Phone(server, client).ask_changes(fetch=False)


async def many_rows(server: Server, count: int) -> dict[str, float]:
    """So many phones at the same moment, each with an account of its own: first listing, then nothing new."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(MOST_S)) as client:
        phones = [Phone(server, client, f"u{number}") for number in range(count)]
        rows: dict[str, float] = {}
        for name, fetch in (("first", False), ("again", True)):
            started = time.perf_counter()
            works = [phone.sync if fetch else partial(phone.ask_changes, fetch=False) for phone in phones]
            times = await asyncio.gather(*(_served(work) for work in works))
            rows[f"{name}_s"] = time.perf_counter() - started
            rows[f"{name}_p50_ms"] = statistics.median(times)
            rows[f"{name}_p99_ms"] = sorted(times)[int(len(times) * 0.99) - 1]
            rows[f"{name}_not_served"] = times.count(float("inf"))
        rows["cut_off"] = sum(phone.cut_off for phone in phones)
        return rows


def on(
    kind: type[Server], accounts: dict[str, int], work: Callable[[Server, Path], dict[str, float]]
) -> dict[str, float]:
    """What is measured at a server that is made for it."""
    with tempfile.TemporaryDirectory(prefix="caiyou-bench-") as name:
        server = kind(Path(name) / kind.name)
        server.seed(accounts)
        server.start()
        try:
            rows = work(server, Path(name))
            rows["memory_mib"] = server.memory_mib()
            return rows
        finally:
            server.stop()


def told(title: str, ours: dict[str, float], theirs: dict[str, float]) -> dict[str, Any]:
    """Print two columns and what one is of the other."""
    print(f"{title:<44}{'caiyou':>12}{'Radicale':>12}{'ratio':>9}")
    ratios = {}
    for name in ours:
        if name in theirs and float("inf") not in (ours[name], theirs[name]) and name not in NO_RATIO:
            ratios[name] = ours[name] / theirs[name] if name in MORE_IS_BETTER else theirs[name] / ours[name]
        other = f"{theirs[name]:12.1f}" if name in theirs else f"{'-':>12}"
        print(f"  {name:<42}{ours[name]:12.1f}{other}{f'{ratios[name]:8.1f}x' if name in ratios else '':>9}")
    sys.stdout.flush()
    return {"what": title, "caiyou": ours, "radicale": theirs, "ratio": ratios}


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000", help="cards in the book")
    parser.add_argument("--upload", type=int, default=10_000, help="cards that vdirsyncer uploads (0: none)")
    parser.add_argument("--accounts", type=int, default=1_000, help="accounts that sync at once (0: none)")
    parser.add_argument("--most", type=float, default=300.0, help="seconds after which an upload is given up")
    parser.add_argument("--least", type=float, default=5.0)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    failed: list[str] = []
    sizes = [int(size) for size in options.sizes.split(",") if size.strip()]
    by_size: dict[int, dict[str, float]] = {}
    for size in sizes:

        def sync(server: Server, here: Path, size: int = size) -> dict[str, float]:
            return asyncio.run(phone_rows(server, size))

        ours, theirs = (on(kind, {ACCOUNT: size}, sync) for kind in (Caiyou, Radicale))
        rows.append(told(f"a phone, {size} cards", ours, theirs))
        by_size[size] = ours
        ratios = rows[-1]["ratio"]
        failed += [
            f"{name}, {size} cards" for name in ("unchanged_ms", "ten_changes_ms") if ratios[name] < options.least
        ]
    for name in ("unchanged_ms", "unchanged_report_ms", "ten_changes_ms") if len(sizes) > 1 else ():
        growth = by_size[sizes[-1]][name] / by_size[sizes[0]][name]
        print(f"{name} grows {growth:.2f} fold from {sizes[0]} to {sizes[-1]} cards")
        if growth > 2:
            failed.append(f"{name} grows {growth:.2f} fold")
    if options.upload:

        def upload(server: Server, here: Path) -> dict[str, float]:
            found = vdirsyncer_rows(server, options.upload, here / "folder", options.most)
            kept = asyncio.run(count_cards(server))
            return {**found, "uploaded": kept, "cards_per_s": kept / min(found["upload_s"], options.most)}

        ours, theirs = (on(kind, {ACCOUNT: 0}, upload) for kind in (Caiyou, Radicale))
        rows.append(told(f"vdirsyncer, a folder of {options.upload} cards", ours, theirs))
    if options.accounts:
        accounts = {f"u{number}": CARDS_OF_MANY for number in range(options.accounts)}

        def many(server: Server, here: Path) -> dict[str, float]:
            return asyncio.run(many_rows(server, options.accounts))

        ours, theirs = (on(kind, accounts, many) for kind in (Caiyou, Radicale))
        rows.append(told(f"{options.accounts} accounts at once, {CARDS_OF_MANY} cards each", ours, theirs))
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "carddav", "rows": rows}, indent=1) + "\n")
    if failed:
        sys.exit(f"not as it should be: {', '.join(failed)}")


if __name__ == "__main__":
    main()
