"""SQLite under power cuts: a child commits, strace writes down what it did to its files, and every write that was not
on disk when the power went is dropped, kept or kept in part. What the child was told to be committed must be there."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes.strace import Call, read_trace, why_not

COMMITS = 16

CHILD = """
import os, sys
from sqlalchemy import event
from gateway.core.outbox import NewSms, Purpose
from gateway.store.database import StoreConfig, create_tables, open_store
from tests.fakes.desk import Bench, StoppedClock
store = open_store(StoreConfig(data_dir=sys.argv[1]))
@event.listens_for(store.engine, "checkout")
def tune(connection, record, proxy):
    connection.execute("PRAGMA wal_autocheckpoint=12")  # several checkpoints in a few commits
    connection.execute("PRAGMA synchronous=" + sys.argv[2])
create_tables(store)
bench = Bench(store)
for n in range(int(sys.argv[3])):
    message_id = bench.add("x" * 200 * (n % 7))
    os.write(1, b"ack %d\\n" % message_id)
"""


@dataclass
class Disk:
    """Files as written, and as they are on disk for certain."""

    safe: dict[str, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    loose: dict[str, list[tuple[int, bytes | None]]] = field(default_factory=lambda: defaultdict(list))
    promised: list[int] = field(default_factory=list)

    def take(self, call: Call, directory: str) -> bool:
        """Note a call; True when it changed a file."""
        name = os.path.relpath(call.path, directory) if call.path.startswith(directory) else ""
        if name.endswith("-shm") or call.failed:
            return False
        if call.name in ("write", "pwrite64") and call.data.startswith(b"ack "):
            self.promised.append(int(call.data.split()[1]))
        elif not name:
            return False
        elif call.name == "pwrite64":
            offset = int(call.arguments.rsplit(",", 1)[1])
            self.loose[name].append((offset, call.data))
        elif call.name == "ftruncate":
            self.loose[name].append((int(call.arguments.rsplit(",", 1)[1]), None))
        elif call.name == "unlink":
            self.safe.pop(name, None)
            self.loose.pop(name, None)
        elif call.name in ("fsync", "fdatasync"):
            for offset, data in self.loose.pop(name, []):
                _apply(self.safe[name], offset, data)
            return False
        else:
            return False
        return True

    def left(self, place: Path, dice: random.Random, kept: float) -> None:
        """Write what may be left, each loose write kept with this likelihood, some only in part."""
        place.mkdir()
        for name in {*self.safe, *self.loose}:
            content = bytearray(self.safe.get(name, b""))
            for offset, data in self.loose.get(name, []):
                if dice.random() >= kept:
                    continue
                if data is not None and 0 < kept < 1 and dice.random() < 0.3:
                    data = data[: len(data) // 512 // 2 * 512]  # a torn page
                _apply(content, offset, data)
            (place / name).write_bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        content[offset:] = bytes(max(0, offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def run(tmp_path: Path, synchronous: str) -> tuple[list[Call], str]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    directory, trace = tmp_path / "data", tmp_path / "trace"
    subprocess.run(
        [
            "strace", "-f", "-y", "-xx", "-s", "1000000", "-o", str(trace),
            "-e", "trace=pwrite64,write,ftruncate,fsync,fdatasync,unlink", "-e", "signal=none",
            sys.executable, "-c", CHILD, str(directory), synchronous, str(COMMITS),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    return [_plain(call) for call in read_trace(trace)], str(directory)


def _plain(call: Call) -> Call:
    """With -xx strace writes the names of files in hexadecimal too."""
    if call.name == "unlink":
        return Call(call.name, f'"{bytes.fromhex(call.path.replace(chr(92) + "x", "")).decode()}"', call.result)
    head, mark, rest = call.arguments.partition(">")
    number, _, name = head.partition("<")
    if mark and name.startswith("\\x"):
        name = bytes.fromhex(name.replace("\\x", "")).decode()
        return Call(call.name, f"{number}<{name}>{rest}", call.result)
    return call


def lost(disk: Disk, place: Path, dice: random.Random, kept: float) -> set[int]:
    """What of the promises is not there after the power came back; raises when the database is broken."""
    disk.left(place, dice, kept)
    connection = sqlite3.connect(place / "caiyou.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        try:
            there = {row[0] for row in connection.execute("SELECT id FROM outbox")}
        except sqlite3.OperationalError:
            there = set()  # the tables were not made yet
        return set(disk.promised) - there
    finally:
        connection.close()


def test_what_was_committed_survives_every_power_cut(tmp_path: Path) -> None:
    calls, directory = run(tmp_path, "FULL")
    dice = random.Random(9)
    disk, cuts = Disk(), 0
    for number, call in enumerate(calls):
        changed = disk.take(call, directory)
        if not disk.promised and dice.random() > 0.05:
            continue  # while the tables are made
        for way, kept in enumerate((0.0, 0.5, 1.0)):
            if not changed and way:
                continue
            cuts += 1
            assert lost(disk, tmp_path / f"cut{number}-{way}", dice, kept) == set(), f"after call {number}"
    assert len(disk.promised) == COMMITS
    assert any(name == "caiyou.db" for name in disk.safe), "no checkpoint was met"
    assert cuts > 100


def test_the_cuts_find_what_synchronous_normal_loses(tmp_path: Path) -> None:
    """That the test above can fail: the setting most programs use does not keep what it has committed."""
    calls, directory = run(tmp_path, "NORMAL")
    disk, dice, missing = Disk(), random.Random(9), 0
    for number, call in enumerate(calls):
        before = len(disk.promised)
        disk.take(call, directory)
        if len(disk.promised) > before:
            missing += bool(lost(disk, tmp_path / f"cut{number}", dice, 0.0))
    assert missing > COMMITS / 3
