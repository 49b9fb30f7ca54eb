"""Peers: submit_sm in on many binds, submits out at the sink, receipts back to the peer that asked for them.

Two runs on hubs of their own. The first: 50 binds of 10 peers, an even rate; how long an answer takes, whether every
receipt comes to the peer whose message it is about, and once. The second: the hub is killed in the middle and started
again; peers bind again and go on. What was answered must reach the carrier, and what was in doubt may come twice there.
`python -m bench.downstream --rate 2000`.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import functools
import json
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from bench.hub import Hub

SINK_PORT, HTTP_PORT, SMPP_PORT = 47_101, 47_102, 47_103
PEERS, BINDS = 10, 5
PASSWORD = "secret08"
_HEADER = struct.Struct(">LLLL")
_ID = re.compile(rb"id:([0-9]+)")
SUBMIT, SUBMIT_RESP, DELIVER, DELIVER_RESP, ENQUIRE = 4, 0x80000004, 5, 0x80000005, 0x15
#: Seconds to wait for the last receipts.
PATIENCE_S = 60.0

_TABLES = """
uncertain_wait_s = 3

[downstream_smpp]
port = {port}
"""


class PeerHub(Hub):
    """A hub with a door for peers, that can be killed."""

    def open_door(self) -> None:
        """Let peers in, and do not wait long for what is uncertain after the kill."""
        with self._config.open("a") as file:
            file.write(_TABLES.format(port=SMPP_PORT))
        for number in range(PEERS):
            self.command("account", "add", f"peer{number}@bench.example", "--no-password")
            words = ["peer", "add", f"peer{number}", f"peer{number}@bench.example", "--binds", "10", "--secret-stdin"]
            subprocess.run(
                [sys.executable, "-m", "gateway", "--config", str(self._config), *words, "--protocols", "smpp"],
                input=PASSWORD + "\n", check=True, capture_output=True, text=True, timeout=60,
            )  # fmt: skip

    def kill(self) -> None:
        """End the hub without a word."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


class Bind(asyncio.Protocol):
    """One connection of a peer: as little work as a client can do."""

    def __init__(self, load: Load, peer: int) -> None:
        self.load = load
        self.peer = peer
        self.rest = b""
        self.sequence = 0
        self.bound = False
        self.sent: dict[int, tuple[int, float]] = {}  # sequence -> number of the message, when
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        body = b"peer%d\0" % self.peer + PASSWORD.encode() + b"\0\0\x34\0\0\0"
        transport.write(_HEADER.pack(16 + len(body), 9, 0, 1) + body)  # type: ignore[attr-defined]
        self.sequence = 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.bound = False
        self.load.in_doubt += [number for number, _ in self.sent.values()]
        self.load.gone(self)

    def submit(self, number: int) -> None:
        self.sequence += 1
        text = b"benchmark message number %07d, forty characters or so" % number
        body = (
            b"\0\0\x01" + b"1065700\0" + b"\x01\x01" + b"86138%08d\0" % number
            + b"\0\0\0\0\0\x01\0\0\0" + bytes((len(text),)) + text
        )  # fmt: skip
        self.sent[self.sequence] = number, time.perf_counter()
        self.transport.write(_HEADER.pack(16 + len(body), SUBMIT, 0, self.sequence) + body)

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        at, end = 0, len(data)
        out: list[bytes] = []
        load = self.load
        while end - at >= 16:
            length, command, status, sequence = _HEADER.unpack_from(data, at)
            if end - at < length:
                break
            if command == SUBMIT_RESP:
                number, sent = self.sent.pop(sequence)
                if status:
                    load.refused[status] += 1
                else:
                    load.latencies.append(time.perf_counter() - sent)
                    load.answered[data[at + 16 : at + length - 1]] = number, self.peer
            elif command == DELIVER:
                found = _ID.search(data, at, at + length)
                load.receipts[found[1] if found else b""].append(self.peer)
                out.append(_HEADER.pack(17, DELIVER_RESP, 0, sequence) + b"\0")
            elif command == 0x80000009:
                self.bound = status == 0
            elif command == ENQUIRE:
                out.append(_HEADER.pack(16, 0x80000015, 0, sequence))
            at += length
        self.rest = data[at:]
        if out:
            self.transport.write(b"".join(out))


class Load:
    """Every bind, and what came back."""

    def __init__(self) -> None:
        self.binds: list[Bind] = []
        self.answered: dict[bytes, tuple[int, int]] = {}  # id -> number of the message, peer
        self.receipts: collections.defaultdict[bytes, list[int]] = collections.defaultdict(list)  # id -> peers told
        self.refused: collections.Counter[int] = collections.Counter()
        self.latencies: list[float] = []
        self.in_doubt: list[int] = []
        self.next = 0
        self.is_over = False
        self._again: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        await asyncio.gather(*[self._bind(peer) for peer in range(PEERS) for _ in range(BINDS)])
        while not all(bind.bound for bind in self.binds):
            await asyncio.sleep(0.01)

    async def _bind(self, peer: int) -> None:
        loop = asyncio.get_running_loop()
        while not self.is_over:
            with contextlib.suppress(OSError):
                _, bind = await loop.create_connection(lambda: Bind(self, peer), "127.0.0.1", SMPP_PORT)
                self.binds.append(bind)
                return
            await asyncio.sleep(0.1)

    def gone(self, bind: Bind) -> None:
        self.binds.remove(bind)
        if not self.is_over:
            task = asyncio.get_running_loop().create_task(self._bind(bind.peer))
            self._again.add(task)
            task.add_done_callback(self._again.discard)

    async def send(self, count: int, rate: float) -> float:
        """Send so many at an even rate over all binds; returns the seconds it took."""
        began = time.perf_counter()
        last = self.next + count
        first = self.next
        while self.next < last:
            due = min(last, first + int((time.perf_counter() - began) * rate) + 1)
            ready = [bind for bind in self.binds if bind.bound and len(bind.sent) < 64]
            for place in range(min(due - self.next, 64 * len(ready))):
                ready[place % len(ready)].submit(self.next)
                self.next += 1
            await asyncio.sleep(0.005)
        while any(bind.sent for bind in self.binds):
            await asyncio.sleep(0.005)
        return time.perf_counter() - began

    async def finish(self, wanted: int) -> None:
        """Wait for so many receipts, or until none has come for a while."""
        deadline = time.monotonic() + PATIENCE_S
        seen, quiet = -1, time.monotonic()
        while len(self.receipts) < wanted and time.monotonic() < deadline:
            if len(self.receipts) != seen:
                seen, quiet = len(self.receipts), time.monotonic()
            elif time.monotonic() - quiet > 15:
                return
            await asyncio.sleep(0.05)

    def close(self) -> None:
        self.is_over = True
        for bind in list(self.binds):
            bind.transport.abort()


def main() -> None:
    """Print both runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=2000, help="submits a second over all binds")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    found = {"steady": steady(options), "killed": killed(options)}
    print(json.dumps(found, indent=1))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1))
    bad = [run for run in found.values() if run["lost"] or run["to_wrong_peer"]]
    sys.exit("messages or receipts were lost" if bad else 0)


def steady(options: argparse.Namespace) -> dict[str, object]:
    """All at one rate, with receipts."""
    with bench_hub("--receipts") as (_, figures):
        load = Load()
        count = int(options.rate * options.seconds)

        async def run() -> float:
            await load.connect()
            seconds = await load.send(count, options.rate)
            await load.finish(count)
            load.close()
            return seconds

        seconds = uvloop.run(run())
        time.sleep(0.5)  # the sink writes its counters ten times a second
        reached = json.loads(figures.read_text())
        return figures_of(load) | {
            "binds": PEERS * BINDS,
            "asked_per_s": options.rate,
            "answered_per_s": round(len(load.answered) / seconds, 1),
            "at_carrier": reached["submits"],
            "lost": len(load.answered) - len(load.receipts),
        }


def killed(options: argparse.Namespace) -> dict[str, object]:
    """The hub is killed half-way and started again."""
    with bench_hub("--receipts", "--stamps") as (hub, figures):
        load = Load()
        half = int(options.rate * options.seconds / 2)

        async def run() -> None:
            loop = asyncio.get_running_loop()
            await load.connect()
            sending = loop.create_task(load.send(2 * half, options.rate))
            while load.next < half:
                await asyncio.sleep(0.01)
            await loop.run_in_executor(None, functools.partial(restart, hub))
            await sending
            await load.finish(len(load.answered))
            load.close()

        uvloop.run(run())
        time.sleep(1)
        reached = json.loads(figures.read_text())
        arrivals = reached["arrivals"]
        numbers = collections.Counter(
            int(re.findall(rb"number (\d{7})", bytes.fromhex(body))[0]) for body, _ in arrivals
        )
        answered = {number for number, _ in load.answered.values()}
        return figures_of(load) | {
            "answered": len(answered),
            "in_doubt_for_the_peer": len(load.in_doubt),
            "in_doubt_and_at_carrier": len(set(load.in_doubt) & set(numbers)),
            "lost": len(answered - set(numbers)),
            "twice_at_carrier": sum(times > 1 for times in numbers.values()),
            "without_receipt": len(load.answered) - len(set(load.receipts) & set(load.answered)),
            # The sink forgets what it had to say on a line that broke.
            "forgotten_by_sink": reached["submits"] - reached["receipts_acked"],
        }


def restart(hub: PeerHub) -> None:
    """Kill the hub without a word and start it again."""
    hub.kill()
    hub.start()


def figures_of(load: Load) -> dict[str, object]:
    """What is the same of every run."""
    latencies = sorted(load.latencies)
    wrong = sum(
        any(peer != load.answered[an_id][1] for peer in peers)
        for an_id, peers in load.receipts.items()
        if an_id in load.answered
    )
    return {
        "answer_ms": {
            "p50": round(statistics.median(latencies) * 1000, 1),
            "p99": round(latencies[int(len(latencies) * 0.99)] * 1000, 1),
            "most": round(latencies[-1] * 1000, 1),
        },
        "refused": dict(load.refused),
        "receipts": len(load.receipts),
        "receipts_twice": sum(len(peers) > 1 for peers in load.receipts.values()),
        "to_wrong_peer": wrong,
    }


@contextlib.contextmanager
def bench_hub(*options: str) -> Iterator[tuple[PeerHub, Path]]:
    """A hub with its peers, and the sink above it."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        figures = directory / "sink.json"
        sink = subprocess.Popen(
            [sys.executable, "-m", "bench.sink", "--port", str(SINK_PORT), "--figures", str(figures), *options]
        )
        hub = PeerHub(directory / "hub", window=100, sink_port=SINK_PORT, http_port=HTTP_PORT, workers=0)
        try:
            hub.open_door()
            hub.start()
            yield hub, figures
        finally:
            hub.stop()
            sink.terminate()
            sink.wait()


if __name__ == "__main__":
    main()
