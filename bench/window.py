"""How well the dispatcher fills the window of a carrier that takes its time over every answer.

A carrier that answers after `delay` can be given at most window / delay messages a second. The outbox is filled first;
what reached the carrier, by the carrier's own clock, is divided by that. Timers are late on a busy machine, for
everybody: so a bare client, which does nothing but answer an answer with the next submit, is measured in the same run.
`python -m bench.window --least 0.95`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import uvloop

SECONDS = 5.0  # of work for one run


def main() -> None:
    """Print a row per window; ends with 1 when one is below `--least`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--delay-ms", type=float, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--receipts", action="store_true", help="the carrier sends a delivery receipt for each")
    parser.add_argument("--least", type=float, default=0.95, help="least share of the possible")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    rows = []
    for window in options.windows:
        possible = window / (options.delay_ms / 1000)
        count = int(possible * SECONDS)
        hub, bare, cores = [], [], []
        for _ in range(options.runs):
            bare.append(run(functools.partial(_bare, window=window, count=count), window, options, count)[0])
            ours = functools.partial(_send, window=window, count=count, options=options)
            rate, share = run(ours, window, options, count)
            hub.append(rate)
            cores.append(share)
        rate, reference = statistics.median(hub), statistics.median(bare)
        rows.append(
            {
                "window": window,
                "delay_ms": options.delay_ms,
                "receipts": options.receipts,
                "per_s": round(rate, 1),
                "bare_per_s": round(reference, 1),
                "possible_per_s": possible,
                "ratio": round(rate / possible, 4),
                "ratio_to_bare": round(rate / reference, 4),
                "cores": round(statistics.median(cores), 2),
                "runs": options.runs,
            }
        )
        print(
            f"window {window:3}, {options.delay_ms:g} ms: {rate:7.1f} of {possible:7.1f} messages/s = "
            f"{rate / possible:.1%}; bare client {reference:7.1f} = {reference / possible:.1%}; "
            f"to that {rate / reference:.1%} ({statistics.median(cores):.2f} cores)",
            flush=True,
        )
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "window", "rows": rows}, indent=1) + "\n")
    if any(row["ratio"] < options.least and row["ratio_to_bare"] < options.least for row in rows):
        sys.exit(1)


Client = Callable[..., Coroutine[None, None, float]]


def run(client: Client, window: int, options: argparse.Namespace, count: int) -> tuple[float, float]:
    """One run: messages a second at the carrier, and what the client returns."""
    with tempfile.TemporaryDirectory() as name, _sink(Path(name), options.delay_ms, options.receipts) as port:
        result = uvloop.run(asyncio.wait_for(client(Path(name), port), SECONDS * 10))
        time.sleep(0.3)  # the carrier writes its counters ten times a second
        figures = json.loads((Path(name) / "figures").read_text())
    assert figures["submits"] == count, figures
    # The first window goes out at once and opens the clock; the others follow it.
    return (count - window) / (figures["last"] - figures["first"]), result


async def _bare(directory: Path, port: int, *, window: int, count: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    header = struct.Struct(">LLLL")
    bind = b"bench\0bench\0\0\x34\0\0\0"
    body = b"\0\0\0" + b"10657\0\1\1" + b"8613800000000\0" + bytes(9) + b"\x37" + b"x" * 55
    writer.write(header.pack(16 + len(bind), 2, 0, 1) + bind)  # bind_transmitter
    await reader.readexactly(21)
    sent = answered = 0
    rest = b""
    room = window
    while answered < count:
        for _ in range(min(room, count - sent)):
            sent += 1
            writer.write(header.pack(16 + len(body), 4, 0, sent + 1) + body)
        room = 0
        rest += await reader.read(65536)
        while len(rest) >= 16 and len(rest) >= int.from_bytes(rest[:4], "big"):
            rest = rest[int.from_bytes(rest[:4], "big") :]
            answered += 1
            room += 1
    writer.close()
    return 0.0


@contextlib.contextmanager
def _sink(directory: Path, delay_ms: float, receipts: bool) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "bench.sink", "--port", str(port), "--figures", str(directory / "figures")]
    process = subprocess.Popen([*command, "--delay-ms", str(delay_ms), *(["--receipts"] if receipts else [])])
    try:
        while not (directory / "figures").exists():  # it writes them once it listens
            if process.poll() is not None:
                raise OSError("the carrier did not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


async def _send(directory: Path, port: int, *, window: int, count: int, options: argparse.Namespace) -> float:
    from bench.inside import fill, open_desk
    from carriers.factory import KINDS
    from carriers.link import LinkBasics
    from gateway.core.routing import Route
    from gateway.dispatcher import Dispatcher
    from gateway.inbound import Inbound
    from gateway.lane import LinkPolicy

    desk = open_desk(directory / "data")
    dispatcher = Dispatcher(desk, Inbound(desk, desk.journal), desk.journal, "bench")
    kind = KINDS["smpp"]
    config = kind.options(
        host="127.0.0.1", port=port, system_id="bench", password="bench", window=window, access_number="10657"
    )
    link = kind.make(LinkBasics("carrier", "carrier", dispatcher), config)
    dispatcher.add(link, "smpp", LinkPolicy())
    desk.router.set_routes([Route("", "carrier")])

    await fill(desk, count, want_report=options.receipts)
    began, cpu = time.perf_counter(), time.process_time()
    dispatcher.start()
    try:
        while await desk.read(lambda books: bool(books.outbox.depth())):
            await asyncio.sleep(0.25)
        return (time.process_time() - cpu) / (time.perf_counter() - began)
    finally:
        await dispatcher.stop()
        await desk.close()


if __name__ == "__main__":
    main()
