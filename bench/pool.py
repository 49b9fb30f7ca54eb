"""A pool of modems: how near N modems come to N times one, through the whole hub, beside gammu-smsd and smstools.

Emulated modems on pseudo-terminals take 3 s for each message, as modems do; 20 a minute is all one can do. What is told
is the share of N x 20 that is reached, by the moments at which the modems had sent. With `--kill` one of them is pulled
out every 10 s and put back 3 s later: nothing may be lost, nothing may come twice without its story saying so.
`python -m bench.pool --modems 1,4 --seconds 20 --least 0.97`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.inside import open_desk
from carriers.gsm.config import GsmConfig
from carriers.gsm.pool import PoolLink
from carriers.link import LinkBasics
from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_faults import ModemFaults
from carriers.simulator.modem_pty import PtyModem
from carriers.simulator.modem_sim import Sim
from gateway import clock
from gateway.core.outbox import FINAL, NewSms, Purpose, State
from gateway.core.routing import Route
from gateway.dispatcher import Dispatcher
from gateway.inbound import Inbound
from gateway.lane import LinkPolicy
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.link_memory import StoredMemory

SEND_S = 3.0
KILL_EVERY_S = 10.0
AWAY_S = 3.0
LOOK_S = 0.01
#: Starting a modem and the first message are not what is measured.
START_S = 60.0


class Board:
    """Emulated modems on pseudo-terminals with fixed names, and when each has sent."""

    def __init__(self, folder: Path, modems: int, dialect: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.modems = [
            EmulatedModem(
                ModemConfig(
                    dialect=dialect, imei=f"86123405{n:07}", send_s=SEND_S, report_s=1.0,
                    sim=Sim(f"898600123456{n:08}", f"46000{n:010}", f"+8613800138{n:03}"),
                ),
                ModemFaults(report_first=dialect == "wavecom"),
            )
            for n in range(modems)
        ]  # fmt: skip
        self.times: list[list[float]] = [[] for _ in self.modems]
        self._plugged: dict[int, PtyModem] = {}
        self._watch: asyncio.Task[None] | None = None

    def path(self, number: int) -> Path:
        """The port of a modem."""
        return self.folder / f"modem-{number}"

    async def __aenter__(self) -> Board:
        for number in range(len(self.modems)):
            self.plug(number)
        self._watch = asyncio.create_task(self._note_times())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watch is not None
        self._watch.cancel()
        for number in list(self._plugged):
            await self.pull(number)

    def plug(self, number: int) -> None:
        """Put a modem in."""
        modem = self.modems[number]
        modem.is_gone = False
        pty = self._plugged[number] = PtyModem(modem, self.path(number))
        pty.start()

    async def pull(self, number: int) -> None:
        """Pull it out."""
        await self._plugged.pop(number).close()

    async def _note_times(self) -> None:
        while True:
            now = time.monotonic()
            for modem, times in zip(self.modems, self.times, strict=True):
                times.extend([now] * (len(modem.sent) - len(times)))
            await asyncio.sleep(LOOK_S)

    @property
    def sent(self) -> int:
        """Messages sent by all."""
        return sum(len(modem.sent) for modem in self.modems)

    def share(self, begin: float, end: float) -> float:
        """The share of what the modems can do that they have done in a span, each from one message to another."""
        rates = []
        for times in self.times:
            within = [at for at in times if begin <= at <= end]
            rates.append((len(within) - 1) / (within[-1] - within[0]) if len(within) > 1 else 0.0)
        return sum(rates) * SEND_S / len(rates)


@dataclass
class Hub:
    """Our side."""

    desk: Desk
    link: PoolLink

    async def send(self, count: int) -> list[int]:
        """Put messages to as many phones into the outbox."""

        def work(books: BooksOfStore) -> list[int]:
            return [books.outbox.add(NewSms(f"+86139{n:08}", f"message {n}", Purpose.API)) for n in range(count)]

        return await self.desk.commit(work)

    def stories(self, ids: list[int]) -> dict[int, list[str]]:
        """The steps of each message."""
        found = self.desk.read_now(lambda books: books.timeline.of(ids))
        return {message_id: [step.step for step in steps] for message_id, steps in found.items()}

    def states(self, ids: list[int]) -> Counter[str]:
        """Where the messages stand."""
        return self.desk.read_now(lambda books: Counter(_row(books, it)["state"] for it in ids))


def _row(books: BooksOfStore, message_id: int) -> Any:
    return books.outbox.get(message_id)


@contextlib.asynccontextmanager
async def open_hub(folder: Path, board: Board) -> AsyncIterator[Hub]:
    """A hub with its store and the pool."""
    desk = open_desk(folder)
    inbound = Inbound(desk, desk.journal)
    dispatcher = Dispatcher(desk, inbound, desk.journal, "bench")
    basics = LinkBasics("pool", "pool", dispatcher, memory=StoredMemory(desk.store, "pool", clock.now_ms))
    config = GsmConfig(ports=(f"{board.folder}/modem-*",), look_every_s=0.5)
    link = PoolLink(basics, config, lambda: datetime.now(UTC))
    dispatcher.add(link, "gsm", LinkPolicy(uncertain_wait_s=5))
    desk.router.set_routes([Route("", "pool")])
    dispatcher.start()
    try:
        yield Hub(desk, link)
    finally:
        await dispatcher.stop()
        await inbound.drain()
        await desk.close()


async def _until(is_so: Callable[[], object], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def ours(modems: int, seconds: float) -> float:
    """The share our pool reaches."""
    with tempfile.TemporaryDirectory() as name:
        async with Board(Path(name) / "ports", modems, "simcom") as board, open_hub(Path(name), board) as hub:
            await _until(lambda: sum(it.may_send for it in hub.link.modems()) == modems, START_S)
            await hub.send(int(modems * (seconds / SEND_S + 4)))
            await _until(lambda: all(board.times), START_S)
            begin = time.monotonic() - 2 * LOOK_S
            await asyncio.sleep(seconds + SEND_S)
            return board.share(begin - SEND_S, time.monotonic())


async def killed(modems: int, seconds: float) -> dict[str, float]:
    """What comes of it when a modem at random is pulled out again and again."""
    randomly = random.Random(modems)
    with tempfile.TemporaryDirectory() as name:
        async with Board(Path(name) / "ports", modems, "wavecom") as board, open_hub(Path(name), board) as hub:
            await _until(lambda: sum(it.may_send for it in hub.link.modems()) == modems, START_S)
            ids = await hub.send(int(modems * seconds / SEND_S))  # as many as can be sent without pulling any out
            begin, usable_s, kills = time.monotonic(), 0.0, 0
            last = begin
            while (now := time.monotonic()) < begin + seconds:
                usable_s += (now - last) * sum(it.may_send for it in hub.link.modems())
                last = now
                if now > begin + (kills + 0.5) * KILL_EVERY_S:
                    kills += 1
                    number = randomly.randrange(modems)
                    await board.pull(number)
                    asyncio.get_running_loop().call_later(AWAY_S, board.plug, number)
                await asyncio.sleep(0.02)
            sent = board.sent
            final = {state.value for state in FINAL}
            # The end of what is in doubt is waited for too.
            await _until(lambda: hub.states(ids).keys() <= final, seconds * 2 + START_S * 3)
            states, stories = hub.states(ids), hub.stories(ids)
            copies = Counter(it.recipient for modem in board.modems for it in modem.sent)
            doubled = {f"+86139{n:08}": ids[n] for n in range(len(ids)) if copies[f"+86139{n:08}"] > 1}
            return {
                "share": round(sent * SEND_S / (modems * seconds), 3),
                # Of what modems that were there can do; what was on the way at a pull, or at the end, is half.
                "share_of_usable": round((sent + (kills + modems) / 2) * SEND_S / usable_s, 3),
                "kills": kills,
                "messages": len(ids),
                "lost": len(ids) - states[State.DELIVERED.value],
                "doubled": len(doubled),
                "uncertain": sum("uncertain" in steps for steps in stories.values()),
                "doubled_without_doubt": sum("uncertain" not in stories[it] for it in doubled.values()),
            }


# --- gammu-smsd and smstools on the same modems -----------------------------------------------------------------


def _gammu(folder: Path, board: Board, messages: int) -> list[list[str]]:
    """A daemon for each modem; gammu-smsd knows no pool, so each has its part of the messages."""
    commands = []
    for number in range(len(board.modems)):
        place = folder / f"gammu-{number}"
        for box in ("inbox", "outbox", "sent", "error"):
            (place / box).mkdir(parents=True)
        (place / "smsdrc").write_text(
            f"[gammu]\ndevice = {board.path(number)}\nconnection = at115200\n\n"
            f"[smsd]\nservice = files\nlogfile = {place}/log\ndebuglevel = 0\nloopsleep = 1\n"
            "checksecurity = 0\nchecksignal = 0\ncheckbattery = 0\nchecknetwork = 0\ncommtimeout = 30\n"
            f"inboxpath = {place}/inbox/\noutboxpath = {place}/outbox/\n"
            f"sentsmspath = {place}/sent/\nerrorsmspath = {place}/error/\n"
        )
        for n in range(messages // len(board.modems)):
            to = f"+86139{number:03}{n:05}"
            (place / "outbox" / f"OUTA20261125_080000_{n:05}_{to}_sms0.txt").write_text(f"message {n}")
        commands.append(["gammu-smsd", "-c", str(place / "smsdrc")])
    return commands


def _smstools(folder: Path, board: Board, messages: int) -> list[list[str]]:
    """One daemon with a process for each modem."""
    place = folder / "smstools"
    for box in ("outgoing", "checked", "incoming", "failed", "sent"):
        (place / box).mkdir(parents=True)
    names = [f"GSM{n}" for n in range(len(board.modems))]
    boxes = "\n".join(f"{box} = {place}/{box}" for box in ("outgoing", "checked", "incoming", "failed", "sent"))
    devices = "\n".join(
        f"[{name}]\ndevice = {board.path(n)}\nincoming = no\nbaudrate = 115200\nrtscts = no\n"
        "signal_quality_ber_ignore = yes\n"
        for n, name in enumerate(names)
    )
    (place / "smsd.conf").write_text(
        f"devices = {', '.join(names)}\nlogfile = {place}/log\nloglevel = 4\ndelaytime = 1\n"
        f"infofile = {place}/info\npidfile = {place}/pid\n{boxes}\n\n{devices}"
    )
    for n in range(messages):
        (place / "outgoing" / f"message{n:05}").write_text(f"To: 86139{n:08}\n\nmessage {n}")
    return [["smsd", f"-c{place}/smsd.conf", "-t"]]


PEERS: dict[str, tuple[str, Callable[[Path, Board, int], list[list[str]]]]] = {
    "gammu-smsd": ("gammu-smsd", _gammu),
    "smstools": ("smsd", _smstools),
}


async def theirs(name: str, modems: int, seconds: float) -> float | None:
    """The share another gateway reaches; None when it is not installed, 0.0 when it sends nothing."""
    program, make = PEERS[name]
    if shutil.which(program) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        async with Board(Path(folder) / "ports", modems, "simcom") as board:
            commands = make(Path(folder), board, int(modems * (seconds / SEND_S + 4)))
            running = [
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                for command in commands
            ]
            try:
                await _until(lambda: all(board.times), START_S)
                begin = time.monotonic() - SEND_S
                await asyncio.sleep(seconds + SEND_S)
                return board.share(begin, time.monotonic())
            finally:
                for process in running:
                    process.terminate()
                for process in running:
                    try:
                        await asyncio.to_thread(process.wait, 10)
                    except subprocess.TimeoutExpired:
                        process.kill()


def main() -> None:
    """Run, print a row for each number of modems, fail below `--least`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--modems", default="1,2,4,8,16", help="numbers of modems")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each run")
    parser.add_argument("--least", type=float, default=0.0, help="share below which the run fails")
    parser.add_argument("--kill", type=int, default=0, metavar="N", help="pull modems out of a pool of N, too")
    parser.add_argument("--alone", action="store_true", help="without gammu-smsd and smstools")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    rows, failed = [], []
    for modems in [int(it) for it in options.modems.split(",") if it]:
        share = asyncio.run(ours(modems, options.seconds))
        row: dict[str, Any] = {"modems": modems, "caiyou": round(share, 4), "a_minute": round(share * modems * 20, 1)}
        if not options.alone:
            for name in PEERS:
                found = asyncio.run(theirs(name, modems, options.seconds))
                row[name] = "not installed" if found is None else round(found, 4)
        if share < options.least:
            failed.append(f"{modems} modems reach {share:.3f}")
        rows.append(row)
        print(json.dumps(row), flush=True)
    if options.kill:
        row = {"modems": options.kill, **asyncio.run(killed(options.kill, options.seconds))}
        if row["lost"] or row["doubled_without_doubt"] or row["share_of_usable"] < options.least:
            failed.append(f"modems pulled out: {row}")
        rows.append(row)
        print(json.dumps(row), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    if failed:
        sys.exit("; ".join(failed))


if __name__ == "__main__":
    main()
