"""Messages: HTTP in, submit at the carrier, against Kannel on the same sink in the same run.

Rows: messages a second from the first request to the last submit (or the last acknowledged report), medians of the
runs, each system at the best of two windows and two numbers of HTTP connections.
`python -m bench.messages --runs 5 --json FILE`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.hub import Hub
from bench.kannel import Kannel, is_here

SINK_PORT = 19101
HTTP_PORT = 19110
KANNEL_PORT = 19120
WINDOWS = (10, 100)
CONNECTIONS = (16, 128)
COUNT = 20_000
#: (window, connections, runs, messages) -> messages a second of each run.
Measure = Callable[[int, int, int, int], list[float]]
#: Kannel with reports and a file per message is slow: fewer messages tell as much.
SLOW_COUNT = 5_000


@contextlib.contextmanager
def sink(directory: Path, *options: str) -> Iterator[Path]:
    """The carrier; gives the file its counters are in."""
    figures = directory / "figures"
    figures.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sink", "--port", str(SINK_PORT), "--figures", str(figures), *options]
    )
    try:
        while not figures.exists():
            time.sleep(0.02)
        yield figures
    finally:
        process.kill()
        process.wait()


def load(kind: str, port: int, count: int, *, token: str = "", receipts: bool = False, **more: Any) -> dict[str, Any]:
    """Run the load and return what it says."""
    words = ["--kind", kind, "--port", str(port), "--count", str(count), "--token", token]
    words += ["--receipts"] if receipts else []
    for name, value in more.items():
        words += [f"--{name}", str(value)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", *words], capture_output=True, text=True, check=True, timeout=300
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    if answer["refused"]:
        raise RuntimeError(f"{kind} refused messages: {answer['refused']}")
    return answer


def wait_for(figures: Path, key: str, count: int, timeout_s: float = 180) -> dict[str, Any]:
    """Wait until a counter of the sink has come so far."""
    end = time.time() + timeout_s
    while True:
        found: dict[str, Any] = json.loads(figures.read_text())
        if found[key] >= count:
            return found
        if time.time() > end:
            raise TimeoutError(f"{found} after {timeout_s} s, wanted {key} {count}")
        time.sleep(0.05)


def rate(figures: Path, send: Callable[[int, int], dict[str, Any]], count: int, *, receipts: bool) -> float:
    """Messages a second of one run on a system that is up."""
    before = json.loads(figures.read_text())["submits"]
    answer = send(count, before)
    key, last = ("receipts_acked", "last_ack") if receipts else ("submits", "last")
    return count / (wait_for(figures, key, before + count)[last] - answer["start"])


def caiyou(directory: Path, window: int, connections: int, runs: int, count: int, *, receipts: bool) -> list[float]:
    """Runs of the hub, durable."""
    shutil.rmtree(directory / "hub", ignore_errors=True)
    with sink(directory, *(["--receipts"] if receipts else [])) as figures:
        hub = Hub(directory / "hub", window=window, sink_port=SINK_PORT, http_port=HTTP_PORT)
        hub.start()
        try:
            return _runs(figures, runs, count, receipts, lambda n, first: load(
                "caiyou", HTTP_PORT, n, token=hub.token, receipts=receipts, connections=connections, first=first
            ))  # fmt: skip
        finally:
            hub.stop()


def kannel(
    directory: Path, store: str, window: int, connections: int, runs: int, count: int, *, receipts: bool
) -> list[float]:
    """Runs of Kannel with one of its stores."""
    shutil.rmtree(directory / "kannel", ignore_errors=True)
    with sink(directory, *(["--receipts"] if receipts else [])) as figures:
        peer = Kannel(directory / "kannel", store=store, window=window, sink_port=SINK_PORT, base_port=KANNEL_PORT)
        try:
            peer.start()
            return _runs(figures, runs, count, receipts, lambda n, first: load(
                "kannel", KANNEL_PORT, n, receipts=receipts, connections=connections, first=first
            ))  # fmt: skip
        finally:
            peer.stop()


def _runs(
    figures: Path, runs: int, count: int, receipts: bool, send: Callable[[int, int], dict[str, Any]]
) -> list[float]:
    rate(figures, send, 1000, receipts=receipts)  # warm up
    return [rate(figures, send, count, receipts=receipts) for _ in range(runs)]


def best(measure: Measure, runs: int, count: int) -> tuple[tuple[int, int], list[float]]:
    """The best window and number of HTTP connections by one short run each, and the runs with them."""
    chosen = max(itertools.product(WINDOWS, CONNECTIONS), key=lambda choice: measure(*choice, 1, count // 3)[0])
    return chosen, measure(*chosen, runs, count)


def compare(directory: Path, runs: int) -> list[dict[str, Any]]:
    """Every system without and with reports."""
    rows: list[dict[str, Any]] = []
    for receipts in (False, True):
        systems: list[tuple[str, Measure, int]] = [
            (
                "caiyou, durable",
                lambda w, c, r, n, d=receipts: caiyou(directory, w, c, r, n, receipts=d),  # type: ignore[misc]
                COUNT,
            )
        ]
        if is_here():
            for store in ("spool", "file", "none"):
                count = SLOW_COUNT if receipts else COUNT
                systems.append(
                    (
                        f"Kannel, store {store}",
                        lambda w, c, r, n, s=store, d=receipts: kannel(directory, s, w, c, r, n, receipts=d),  # type: ignore[misc]
                        count,
                    )
                )
        ours = 0.0
        for name, measure, count in systems:
            (window, connections), rates = best(measure, runs, count)
            median = statistics.median(rates)
            ours = ours or median
            rows.append(
                {
                    "system": name,
                    "reports": receipts,
                    "window": window,
                    "connections": connections,
                    "per_s": round(median),
                    "lowest": round(min(rates)),
                    "highest": round(max(rates)),
                    "ours_is": round(ours / median, 2),
                }
            )
            print(
                f"{name:22} {'with' if receipts else 'no  '} reports, window {window:3}, {connections:3} connections: "
                f"{median:7.0f}/s ({min(rates):.0f}-{max(rates):.0f})   caiyou is {ours / median:.2f} x",
                flush=True,
            )
    return rows


def latency(directory: Path, per_s: float = 100, seconds: float = 20) -> dict[str, Any]:
    """From the request to the submit at a low rate, milliseconds."""
    shutil.rmtree(directory / "hub", ignore_errors=True)
    with sink(directory, "--stamps") as figures:
        hub = Hub(directory / "hub", window=100, sink_port=SINK_PORT, http_port=HTTP_PORT)
        hub.start()
        try:
            load("caiyou", HTTP_PORT, 200, token=hub.token, connections=8)
            answer = load(
                "caiyou", HTTP_PORT, int(per_s * seconds), token=hub.token, connections=8, first=1000, rate=per_s
            )
            wait_for(figures, "submits", 200 + int(per_s * seconds))
            time.sleep(0.3)
            arrivals = json.loads(figures.read_text())["arrivals"]
        finally:
            hub.stop()
    sent = {int(n): at for n, at in answer["sent"].items()}
    marks = {f"number {n:07d}".encode().hex(): n for n in sent}
    delays = []
    for body, at in arrivals:
        start = body.find(b"number ".hex())
        n = marks.get(body[start : start + 28]) if start >= 0 else None
        if n is not None:
            delays.append((at - sent[n]) * 1000)
    delays.sort()
    row = {
        "per_s": per_s,
        "messages": len(delays),
        "p50_ms": round(delays[len(delays) // 2], 2),
        "p99_ms": round(delays[int(len(delays) * 0.99)], 2),
        "max_ms": round(delays[-1], 2),
    }
    print(f"request to submit at {per_s:.0f}/s: p50 {row['p50_ms']} ms, p99 {row['p99_ms']} ms, max {row['max_ms']} ms")
    return row


def memory(directory: Path, messages: int = 200_000) -> dict[str, Any]:
    """Resident memory of the hub while messages go through, reports and all.

    As many go through before, or the page caches of the database would still be filling.
    """
    shutil.rmtree(directory / "hub", ignore_errors=True)
    samples = []
    with sink(directory, "--receipts") as figures:
        hub = Hub(directory / "hub", window=100, sink_port=SINK_PORT, http_port=HTTP_PORT)
        hub.start()
        try:
            step = messages // 10
            for k in range(20):
                load("caiyou", HTTP_PORT, step, token=hub.token, receipts=True, connections=64, first=k * step)
                wait_for(figures, "receipts_acked", (k + 1) * step)
                if k >= 9:
                    samples.append(round(hub.memory_mib(), 1))
        finally:
            hub.stop()
    growth = samples[-1] - samples[0]
    print(f"resident memory over {messages} messages, MiB: {samples}; grown by {growth:.1f}")
    return {"messages": messages, "mib": samples, "growth_mib": round(growth, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", default="")
    parser.add_argument("--only", choices=("compare", "latency", "memory"))
    options = parser.parse_args()
    found: dict[str, Any] = {"bench": "messages"}
    with tempfile.TemporaryDirectory(prefix="caiyou-bench-") as name:
        directory = Path(name)
        parts: dict[str, Callable[[], Any]] = {
            "compare": lambda: compare(directory, options.runs),
            "latency": lambda: latency(directory),
            "memory": lambda: memory(directory),
        }
        for part, measure in parts.items():
            if options.only in (None, part):
                found[part] = measure()
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
