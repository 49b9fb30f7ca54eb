"""Every protocol through the dispatcher to the simulated operator: how well a window is filled, and how fast at most.

With a carrier that takes 50 ms for an answer a window of 16 allows 320 submits a second; the share of that which is
reached is printed, by the moments at which the answers were read. With a carrier that answers at once each protocol is
held against SMPP in the same run: all have the same outbox behind them, so what differs is codec and session.
`python -m bench.protocols --least 0.95`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench.inside import fill, open_desk
from carriers.factory import KINDS
from carriers.link import Link, LinkBasics
from carriers.session import SessionEvent, SubmitAnswered
from gateway.core.routing import Route
from gateway.dispatcher import Dispatcher, LinkPolicy
from gateway.inbound import Inbound

WINDOW = 16
SECONDS = 5.0
AT_ONCE = 20_000
NUMBER = "900001"
SECRET = "secret08"

#: Protocol -> its name in the factory, its own options, and its account at the operator.
PROTOCOLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "smpp": ("smpp", {"system_id": "bench", "password": SECRET}, "smpp:bench"),
    "cmpp": ("cmpp", {"sp_id": NUMBER, "secret": SECRET}, f"cmpp:{NUMBER}"),
    "smgp": ("smgp", {"client_id": "10650001", "secret": SECRET}, "smgp:10650001"),
    "sgip": (
        "sgip",
        {"login_name": "sgipsp", "password": SECRET, "node_id": 3010092008, "call_port": -1},
        "sgip:sgipsp",
    ),
}


class Watched(Dispatcher):
    """A dispatcher that notes when answers came."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answers: list[float] = []

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        """Note the answers, then go on."""
        now = time.perf_counter()
        self.answers += [now for event in events if isinstance(event, SubmitAnswered)]
        super().link_events(link, events)


def main() -> None:
    """Print a row per protocol; ends with 1 when one fills less than `--least` of the window."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay-ms", type=float, default=50)
    parser.add_argument("--least", type=float, default=0.95)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    possible = WINDOW / (options.delay_ms / 1000)
    rows: list[dict[str, Any]] = []
    for name in PROTOCOLS:
        filled = statistics.median(_run(name, int(possible * SECONDS), options.delay_ms) for _ in range(options.runs))
        at_once = statistics.median(_run(name, AT_ONCE, 0) for _ in range(options.runs))
        to_smpp = at_once / (rows[0]["at_once_per_s"] if rows else at_once)
        rows.append(
            {
                "protocol": name,
                "window": WINDOW,
                "per_s": round(filled, 1),
                "share": round(filled / possible, 4),
                "at_once_per_s": round(at_once),
                "to_smpp": round(to_smpp, 3),
            }
        )
        print(
            f"{name:6} window {WINDOW}, {options.delay_ms:g} ms: {filled:6.1f} of {possible:.0f}/s = "
            f"{filled / possible:.1%}; at once {at_once:6.0f}/s = {to_smpp:.0%} of smpp",
            flush=True,
        )
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "protocols", "rows": rows}, indent=1) + "\n")
    if any(row["share"] < options.least for row in rows):
        sys.exit(1)


def _run(name: str, count: int, delay_ms: float) -> float:
    """Messages a second from the first answer after the first window to the last."""
    with (
        tempfile.TemporaryDirectory(prefix="caiyou-bench-") as directory,
        _operator(Path(directory), name, delay_ms) as port,
    ):
        return uvloop.run(asyncio.wait_for(_send(Path(directory), name, port, count), 120))


@contextlib.contextmanager
def _operator(directory: Path, name: str, delay_ms: float) -> Iterator[int]:
    listening = directory / "listening.json"
    ports = [word for other in (*PROTOCOLS, "web") for word in (f"--{other}-port", "0" if other == name else "-1")]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "carriers.simulator", "--quiet", "--count-only", "--listen-file", str(listening)),
            *(*ports, "--account", f"{PROTOCOLS[name][2]}:{SECRET}", "--answer-delay-s", str(delay_ms / 1000)),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        while not listening.exists():
            if process.poll() is not None:
                raise OSError("the operator did not start")
            time.sleep(0.05)
        yield int(json.loads(listening.read_text())[name])
    finally:
        process.terminate()
        process.wait()


async def _send(directory: Path, name: str, port: int, count: int) -> float:
    desk = open_desk(directory / "data")
    dispatcher = Watched(desk, Inbound(desk, desk.journal), desk.journal, "bench")
    kind_name, own, _ = PROTOCOLS[name]
    kind = KINDS[kind_name]
    config = kind.options(host="127.0.0.1", port=port, window=WINDOW, access_number="10657", **own)
    dispatcher.add(kind.make(LinkBasics("carrier", "carrier", dispatcher), config), kind_name, LinkPolicy())
    desk.router.set_routes([Route("", "carrier")])

    await fill(desk, count, want_report=False)
    dispatcher.start()
    try:
        while len(dispatcher.answers) < count:
            await asyncio.sleep(0.1)
    finally:
        await dispatcher.stop()
        await desk.close()
    # The answers to the first window open the clock; the others follow one another.
    answers = dispatcher.answers
    return (count - WINDOW) / (answers[count - 1] - answers[WINDOW - 1])


if __name__ == "__main__":
    main()
