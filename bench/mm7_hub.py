"""MMS through the whole hub over MM7: how well its link fills its connections to a centre that takes 50 ms.

Three rows, all against the simulated centre in a process of its own, which brings a delivery report for every MMS:
a bare client that posts the same octets and answers reports with the same ones; the link with the MMS fitted and
waiting in the outbox; and everything from the first request of the API (one picture to a hundred phones each) to the
last report. 16 connections and 50 ms allow 320 a second. What is measured is when MMS came to the centre.
`python -m bench.mm7_hub --least 0.9`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import uvloop
from aiohttp import web

from bench.hub import Hub
from bench.inside import open_desk
from carriers.mm7.authorisation import basic
from carriers.mm7.config import Mm7Config
from carriers.mm7.outgoing import submit_of
from carriers.simulator.config import USUAL_PORTS
from gateway.core.messages import Segment
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose
from gateway.core.text import Alphabet
from gateway.store.desk import BooksOfStore
from mms.assembly import assemble
from mms.codec.mm7 import packaging
from mms.content import Content, Part
from mms.fitting import FittingJob
from mms.handsets.catalogue import resolve
from mms.letter_fitting import fit_letter
from mms.letters import Letter, write_letter
from tests.fakes.media import jpeg

HTTP_PORT, CALL_PORT = 47_131, 47_132
SECRET = "secret08"
ACCESS_NUMBER = "10657000"
#: Phones of one request, and so of one letter.
PHONES = 100
PICTURE = (1024, 768)
#: Seconds for the last MMS and the last report.
PATIENCE_S = 300.0

WORDS = {
    "bare": "a bare client",
    "link": "the hub's link, MMS fitted before",
    "whole": "the hub from the first request on, with fitting",
}

_TABLES = """
[mms]
unknown_phones = "mms"

[[link]]
name = "mmsc"
protocol = "mm7"
url = "http://127.0.0.1:{port}/mm7"
dialect = "3gpp-rel6"
vasp_id = "vasp1"
auth = "basic"
password = "{secret}"
service_code = "S"
access_number = "{number}"
parallel = {connections}
listen_port = {call_port}
listen_allow = ["127.0.0.1"]
"""


class Row(NamedTuple):
    """What one run came to."""

    per_s: float
    seconds: float  # from the first request, or from the start, to the last report
    cpu_ms: float  # of a core, for each MMS and its report, without what the centre takes


class Centre:
    """The simulated centre, and what it says came."""

    def __init__(self, directory: Path, delay_ms: float) -> None:
        listening = directory / "listening.json"
        listening.unlink(missing_ok=True)
        ports = [word for name in USUAL_PORTS if name not in ("mm7", "web") for word in (f"--{name}-port", "-1")]
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "carriers.simulator", "--quiet", "--listen-file", str(listening), *ports),
                *("--mm7-port", "0", "--web-port", "0", "--mm7-auth", "basic", "--report-delay-s", "0.2"),
                *("--account", f"mm7:vasp1:{SECRET}:{ACCESS_NUMBER}:127.0.0.1:{CALL_PORT}"),
                *("--answer-delay-s", str(delay_ms / 1000)),
            ],
            stdin=subprocess.DEVNULL,
        )
        while not listening.exists():
            if self._process.poll() is not None:
                raise OSError("the centre did not start")
            time.sleep(0.05)
        found = json.loads(listening.read_text())
        self.port = int(found["mm7"])
        self._page = f"http://127.0.0.1:{found['web']}/api/"

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def counters(self) -> dict[str, int]:
        """What it counted."""
        return dict(self._ask("counters"))

    def wait(self, count: int) -> float:
        """Until so many reports were taken; the moment."""
        end = time.time() + PATIENCE_S
        while (found := self.counters())["reports_acknowledged"] < count:
            if time.time() > end:
                raise TimeoutError(f"after {PATIENCE_S:g} s: {found}")
            time.sleep(0.1)
        return time.time()

    def arrivals(self) -> list[float]:
        """When MMS came, in order; ends the bench when a phone got none, or two."""
        rows = self._ask("mms")
        if len({row["number"] for row in rows}) != len(rows):
            raise SystemExit(f"{len(rows)} MMS came for {len({row['number'] for row in rows})} phones")
        return sorted(datetime.fromisoformat(row["at"]).timestamp() for row in rows)

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(self._page + path, timeout=60) as answer:
            return json.loads(answer.read())


def main() -> None:
    """Print the rows; ends with 1 when the hub's link fills its connections less than `--least`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--delay-ms", type=float, default=50)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--only", choices=("bare", "link", "whole"), help="one row alone")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    possible = options.connections / (options.delay_ms / 1000)
    photo = jpeg(PICTURE, quality=85)
    pdu, fitting_s = _fitted(photo)
    print(
        f"{options.count} MMS of {len(pdu) / 1000:.0f} KB, {options.connections} connections, {options.delay_ms:g} ms;"
    )
    print(f"fitting one letter to one kind of phone takes {fitting_s * 1000:.0f} ms of a core", flush=True)
    measures: dict[str, Callable[[Path], Row]] = {
        "bare": lambda directory: _bare(options, directory, pdu),
        "link": lambda directory: _hub(options, directory, pdu=pdu),
        "whole": lambda directory: _hub(options, directory, photo=photo),
    }
    found: dict[str, list[Row]] = {name: [] for name in measures if options.only in (None, name)}
    for number in range(options.runs):
        for name, rows in found.items():
            with tempfile.TemporaryDirectory(prefix=f"caiyou-bench-{name}-") as directory:
                rows.append(measures[name](Path(directory)))
        words = (f"{name} {rows[-1].per_s:.1f}/s ({rows[-1].cpu_ms:.1f} ms)" for name, rows in found.items())
        print(f"run {number + 1}: {', '.join(words)}", flush=True)
    middle = {name: Row(*map(statistics.median, zip(*rows, strict=True))) for name, rows in found.items()}
    for name, row in middle.items():
        print(
            f"{WORDS[name]}: {row.per_s:.1f} of {possible:.0f}/s = {row.per_s / possible:.1%}, "
            f"{row.cpu_ms:.1f} ms of a core each; {row.seconds:.1f} s to the last report"
        )
    if options.json:
        told = [
            {
                "row": name, "count": options.count, "octets": len(pdu), "connections": options.connections,
                "per_s": round(row.per_s, 1), "share": round(row.per_s / possible, 4), "seconds": round(row.seconds, 2),
                "cpu_ms": round(row.cpu_ms, 2), "fitting_ms": round(fitting_s * 1000, 1),
            }
            for name, row in middle.items()
        ]  # fmt: skip
        Path(options.json).write_text(json.dumps({"bench": "mm7_hub", "rows": told}, indent=1) + "\n")
    if "link" in middle and middle["link"].per_s / possible < options.least:
        sys.exit(1)


def _fitted(photo: bytes) -> tuple[bytes, float]:
    """What the hub makes of the picture, and how long it takes: the least of five."""
    body = assemble(Content((Part("image/jpeg", photo, "a.jpg"),)), screen=(640, 480), charset="")
    letter = Letter(
        subject="bench", sender="bench@bench.example", recipients=("+8613800000000",), body=body, date_ms=0,
        message_id="<1.mms@bench.example>",
    )  # fmt: skip
    handset = resolve("unknown")
    job = FittingJob(write_letter(letter, domain="bench.example"), handset, handset.max_octets, "", "+8613800000000", 0)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        pdu = fit_letter(job).pdu
        took.append(time.perf_counter() - begun)
    return pdu, min(took)


def _cpu_s(pid: int) -> float:
    """What a process has used of cores."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rate(arrivals: list[float], connections: int) -> float:
    """MMS a second from the first window on."""
    return (len(arrivals) - connections) / (arrivals[-1] - arrivals[connections - 1])


# --- the hub --------------------------------------------------------------------------------------------------------


def _hub(options: argparse.Namespace, directory: Path, *, photo: bytes = b"", pdu: bytes = b"") -> Row:
    """MMS a second, and seconds to the last report: from the start with `pdu` waiting, or from the first request."""
    with contextlib.closing(Centre(directory, options.delay_ms)) as centre:
        hub = Hub(
            directory,
            http_port=HTTP_PORT,
            workers=0,
            tables=_TABLES.format(
                port=centre.port, secret=SECRET, number=ACCESS_NUMBER, connections=options.connections,
                call_port=CALL_PORT,
            ),
        )  # fmt: skip
        if pdu:
            asyncio.run(_queue(directory, pdu, options.count))
        begun = time.time()
        hub.start()
        try:
            cpu_s = sum(map(_cpu_s, hub.pids)) if photo else 0.0
            if photo:
                begun = time.time()
                for first in range(0, options.count, PHONES):
                    _post(hub, photo, range(first, min(first + PHONES, options.count)))
            span = centre.wait(options.count) - begun
            cpu_s = sum(map(_cpu_s, hub.pids)) - cpu_s
            time.sleep(0.5)
            states = _states(directory)
            if states != {"delivered": options.count}:
                raise SystemExit(f"not all were delivered: {states}")
            return Row(_rate(centre.arrivals(), options.connections), span, cpu_s / options.count * 1000)
        finally:
            hub.stop()


async def _queue(directory: Path, pdu: bytes, count: int) -> None:
    """Put fitted MMS into the outbox for the link, each with octets of its own on disk."""
    desk = open_desk(directory / "data")
    try:
        ids = [desk.new_id() for _ in range(count)]
        blobs = await asyncio.gather(*(desk.blobs.put(one, pdu) for one in ids))

        def work(books: BooksOfStore) -> None:
            for place, (one, blob) in enumerate(zip(ids, blobs, strict=True)):
                number = f"+86138{place:08}"
                books.mms.add(NewMms(number, blob, len(pdu), Purpose.API, "bench", way=Way.MMS, link="mmsc"), one)
            books.tx.flush()
            for one, blob in zip(ids, blobs, strict=True):
                books.mms.fitted(one, blob=blob, handset="unknown", receipt="[]", story="as it is")

        await desk.commit(work)
    finally:
        await desk.close()


def _post(hub: Hub, photo: bytes, places: range) -> None:
    """One picture to so many phones."""
    body = {
        "to": [f"+86138{place:08}" for place in places],
        "subject": "bench",
        "parts": [{"type": "image/jpeg", "name": "a.jpg", "data": base64.b64encode(photo).decode()}],
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{hub.http_port}/api/v1/mms",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202


def _states(directory: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"file:{directory}/data/caiyou.db?mode=ro", uri=True)) as store:
        return dict(store.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())


# --- the bare client ------------------------------------------------------------------------------------------------


def _bare(options: argparse.Namespace, directory: Path, pdu: bytes) -> Row:
    """The same octets again and again to other phones, answers not looked at: what machine and centre allow."""
    with contextlib.closing(Centre(directory, options.delay_ms)) as centre:
        begun, cpu_s = time.time(), time.process_time()
        uvloop.run(asyncio.wait_for(_send_bare(options, centre, pdu), PATIENCE_S))
        cpu_s = time.process_time() - cpu_s
        return Row(_rate(centre.arrivals(), options.connections), time.time() - begun, cpu_s / options.count * 1000)


async def _send_bare(options: argparse.Namespace, centre: Centre, pdu: bytes) -> None:
    config = Mm7Config(
        url=f"http://127.0.0.1:{centre.port}/mm7", vasp_id="vasp1", access_number=ACCESS_NUMBER, service_code="S",
        auth="basic", password=SECRET,
    )  # fmt: skip
    phone = "+8613800000000"
    segment = Segment(1, 1, 1, "", phone, "bench", Alphabet.GSM7, validity_s=3600, mms=pdu, want_report=True)
    packed = packaging.pack(submit_of(segment, config, config.how(), datetime.now(UTC)), config.how())
    head = dict(packed.head) | {"Authorization": basic("vasp1", SECRET)}
    places = iter(range(options.count))

    async def post(session: aiohttp.ClientSession) -> None:
        for place in places:
            body = packed.body.replace(phone.encode(), b"+86138%08d" % place, 1)
            async with session.post(config.url, data=body, headers=head) as answer:
                await answer.read()

    async with _reports(options.count) as done, aiohttp.ClientSession() as session:
        await asyncio.gather(*(post(session) for _ in range(options.connections)))
        await done.wait()


@contextlib.asynccontextmanager
async def _reports(count: int) -> AsyncIterator[asyncio.Event]:
    """A server that answers every report with Success, unread but for its transaction."""
    done = asyncio.Event()
    left = iter(range(count - 1))
    answer = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>{}</env:Header><env:Body>'
        '<DeliveryReportRsp xmlns="http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4">'
        "<MM7Version>6.8.0</MM7Version><Status><StatusCode>1000</StatusCode></Status></DeliveryReportRsp></env:Body>"
        "</env:Envelope>"
    )

    async def take(request: web.BaseRequest) -> web.Response:
        text = await request.text()
        header = text.partition("Header>")[2].partition("</")
        end = header[2].partition(">")[0]
        if next(left, None) is None:
            done.set()
        return web.Response(text=answer.format(f"{header[0]}</{end}>"), content_type="text/xml")

    runner = web.ServerRunner(web.Server(take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", CALL_PORT).start()
    try:
        yield done
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    main()
