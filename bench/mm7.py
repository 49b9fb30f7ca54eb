"""MM7: how well a link fills its connections to an MMS centre that takes its time, and how fast it is at most.

With a centre that takes 50 ms for an answer 16 connections allow 320 submits a second; the share of that which is
reached is printed, by the moments at which answers came, beside that of a bare client in the same run. Each submit
carries a picture of 30 KB, as phones of 2004 take, then one of 300 KB. The centre is the simulated one in a process of
its own.
`python -m bench.mm7 --least 0.9`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from carriers.link import Link, LinkBasics
from carriers.mm7.authorisation import basic
from carriers.mm7.config import Mm7Config
from carriers.mm7.link import Mm7Link
from carriers.mm7.outgoing import submit_of
from carriers.session import SessionEvent, SubmitAnswered
from carriers.simulator.config import USUAL_PORTS
from gateway.core.messages import Outcome, Segment
from gateway.core.text import Alphabet
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import ours
from mms.codec.pdu import RetrieveConf
from mms.content import SMIL, Arrangement, Body, Part

CONNECTIONS = 16
SECONDS = 5.0
AT_ONCE = 2_000
SIZES = (30_000, 300_000)
SECRET = "secret08"

#: Options, port, octets of the picture, how many -> MMS a second.
Send = Callable[[argparse.Namespace, int, int, int], Coroutine[Any, Any, float]]


class Sender:
    """Submits what is left whenever there is room, and notes when answers came."""

    def __init__(self, count: int, mms: bytes) -> None:
        self._left = count
        self._mms = mms
        self.answers: list[float] = []
        self.refused = 0
        self.count = count
        self.done = asyncio.Event()

    def fill(self, link: Link) -> None:
        """Submit as many as there is room for."""
        for _ in range(min(self._left, link.room())):
            number = self.count - self._left
            self._left -= 1
            link.submit(
                Segment(number + 1, 1, 1, "", f"+86138{number:08}", "bench", Alphabet.GSM7, want_report=False,
                        validity_s=3600, mms=self._mms)
            )  # fmt: skip
        link.flush()

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        """Note the answers, then go on."""
        now = time.perf_counter()
        for event in events:
            if isinstance(event, SubmitAnswered):
                self.answers.append(now)
                self.refused += event.outcome is not Outcome.ACCEPTED
        if len(self.answers) == self.count:
            self.done.set()
        self.fill(link)

    def link_up(self, link: Link, peer: str) -> None:
        """Begin."""
        self.fill(link)

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        """Nothing of it is expected."""
        raise SystemExit(f"the link went down: {reason}")

    def link_refused(self, link: Link, reason: str) -> None:
        """Nothing of it is expected."""
        raise SystemExit(f"the link was refused: {reason}")

    def link_misbehaved(self, link: Link, reason: str) -> None:
        """Nothing of it is expected."""
        raise SystemExit(f"the centre misbehaved: {reason}")

    def link_throttled(self, link: Link, pause_s: float) -> None:
        """The centre does not throttle here."""

    def link_ready(self, link: Link) -> None:
        """There is room."""
        self.fill(link)


def main() -> None:
    """Print a row per size; ends with 1 when the connections are filled less than `--least`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay-ms", type=float, default=50)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--dialect", choices=ours(), default="3gpp-rel6")
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    possible = options.connections / (options.delay_ms / 1000)
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        filled = statistics.median(
            _run(options, size, int(possible * SECONDS), options.delay_ms) for _ in range(options.runs)
        )
        bare = statistics.median(
            _run(options, size, int(possible * SECONDS), options.delay_ms, send=_send_bare) for _ in range(options.runs)
        )
        at_once = statistics.median(_run(options, size, AT_ONCE, 0) for _ in range(options.runs))
        rows.append({
            "octets": size, "connections": options.connections, "per_s": round(filled, 1),
            "share": round(filled / possible, 4),
            "bare_share": round(bare / possible, 4), "at_once_per_s": round(at_once),
        })  # fmt: skip
        print(
            f"{size // 1000:3} KB, {options.connections} connections, {options.delay_ms:g} ms: {filled:6.1f} of "
            f"{possible:.0f}/s = {filled / possible:.1%} (a bare client {bare / possible:.1%}); "
            f"at once {at_once:5.0f}/s",
            flush=True,
        )
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "mm7", "rows": rows}, indent=1) + "\n")
    if rows[0]["share"] < options.least:
        sys.exit(1)


def _run(options: argparse.Namespace, size: int, count: int, delay_ms: float, send: Send | None = None) -> float:
    """MMS a second from the first answer after the first window to the last."""
    with (
        tempfile.TemporaryDirectory(prefix="caiyou-bench-") as directory,
        _centre(Path(directory), options.dialect, delay_ms) as port,
    ):
        return uvloop.run(asyncio.wait_for((send or _send)(options, port, size, count), 120))


@contextlib.contextmanager
def _centre(directory: Path, dialect: str, delay_ms: float) -> Iterator[int]:
    listening = directory / "listening.json"
    ports = [word for name in USUAL_PORTS if name != "mm7" for word in (f"--{name}-port", "-1")]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "carriers.simulator", "--quiet", "--count-only", "--listen-file", str(listening)),
            *(*ports, "--mm7-port", "0", "--mm7-dialect", dialect, "--mm7-auth", "basic"),
            *("--account", f"mm7:vasp1:{SECRET}", "--answer-delay-s", str(delay_ms / 1000)),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        while not listening.exists():
            if process.poll() is not None:
                raise OSError("the centre did not start")
            time.sleep(0.05)
        yield int(json.loads(listening.read_text())["mm7"])
    finally:
        process.terminate()
        process.wait()


def _mms(size: int) -> bytes:
    picture = Part("image/jpeg", os.urandom(size), "a.jpg", "a.jpg")
    smil = Part(SMIL, b"<smil><body><par><img src='a.jpg'/></par></body></smil>", "smil.xml", "smil")
    return RetrieveConf(body=Body((smil, picture), Arrangement.RELATED, "smil"), date_s=0).encode()


def _config(options: argparse.Namespace, port: int) -> Mm7Config:
    return Mm7Config(
        url=f"http://127.0.0.1:{port}/mm7", vasp_id="vasp1", access_number="10657000", service_code="S", auth="basic",
        dialect=options.dialect, password=SECRET, parallel=options.connections,
    )  # fmt: skip


async def _send_bare(options: argparse.Namespace, port: int, size: int, count: int) -> float:
    """The same octets again and again, answers not looked at: what machine and centre allow."""
    config = _config(options, port)
    segment = Segment(1, 1, 1, "", "+8613800000001", "bench", Alphabet.GSM7, want_report=False, mms=_mms(size))
    packed = packaging.pack(submit_of(segment, config, config.how(), datetime.now(UTC)), config.how())
    head = dict(packed.head) | {"Authorization": basic("vasp1", SECRET)}
    answers: list[float] = []
    left = iter(range(count))

    async def post(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(config.url, data=packed.body, headers=head) as answer:
                await answer.read()
            answers.append(time.perf_counter())

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(post(session) for _ in range(options.connections)))
    first: int = options.connections
    return (count - first) / (answers[-1] - answers[first - 1])


async def _send(options: argparse.Namespace, port: int, size: int, count: int) -> float:
    sender = Sender(count, _mms(size))
    config = _config(options, port)
    link = Mm7Link(LinkBasics("bench", "bench", sender), config, lambda: datetime.now(UTC))
    task = asyncio.create_task(link.run())
    done = asyncio.create_task(sender.done.wait())
    await asyncio.wait({task, done}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    await link.stop()
    await task
    if sender.refused:
        raise SystemExit(f"{sender.refused} of {count} were not accepted")
    first: int = options.connections
    return (len(sender.answers) - first) / (sender.answers[-1] - sender.answers[first - 1])


if __name__ == "__main__":
    main()
