"""An hour of everything at once: every protocol and a pool of modems, under faults put in at random, to the message.

A hub in a process of its own sends what this process hands in over HTTP to operators and modems simulated here, while
faults come and go by chance. At the end every message that was accepted must have ended in one state, each phone must
have what its message says, and what came twice must have been announced as uncertain. Memory is watched on the way.
`python -m bench.soak --messages 500000 --seconds 3600`; a run prints its seed and can be repeated by it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from bench.hub import CAIYOU
from carriers.simulator.config import OFF, Account, SimulatorConfig
from carriers.simulator.faults import Faults
from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_faults import ModemFaults
from carriers.simulator.modem_network import Sent
from carriers.simulator.modem_pty import PtyModem
from carriers.simulator.modem_sim import Sim
from carriers.simulator.server import Simulator

BATCH = 50
#: Seconds a message may take after the last one was handed in and the last fault was taken away.
DRAIN_S = 1200
SECRET = "secret08"
ACCESS_NUMBER = "10657000"
#: Modems of the pool, and the seconds each takes for a message.
MODEMS = 4
MODEM_SEND_S = 0.2
MODEM_PORTS = tempfile.mkdtemp(prefix="caiyou-modems-")
#: Where the hub is called by the SGIP gateway.
CALL_PORT = 18805

_HEAD = """
[store]
data_dir = "{directory}/data"

[log]
level = "error"

[web]
port = {http_port}
recipient_daily_cap = 0
allowed_prefixes = ["*"]
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the phones: its share of the messages, its numbers, and the link's table in the configuration."""

    name: str
    prefix: str
    share: int
    table: Callable[[int], str]  # port of the operator -> the link's own options
    takes_long: bool = True


def _smpp(port: int) -> str:
    return f'protocol = "smpp"\nhost = "127.0.0.1"\nport = {port}\nsystem_id = "a"\npassword = "{SECRET}"\nwindow = 16'


def _cmpp(port: int) -> str:
    return f'protocol = "cmpp"\nhost = "127.0.0.1"\nport = {port}\nsp_id = "900001"\nsecret = "{SECRET}"\nwindow = 16'


def _smgp(port: int) -> str:
    return (
        f'protocol = "smgp"\nhost = "127.0.0.1"\nport = {port}\nclient_id = "10650001"\nsecret = "{SECRET}"\n'
        "window = 16"
    )


def _sgip(port: int) -> str:
    return (
        f'protocol = "sgip"\nhost = "127.0.0.1"\nport = {port}\nlogin_name = "sgipsp"\npassword = "{SECRET}"\n'
        f'node_id = 3010092008\ncall_host = "127.0.0.1"\ncall_port = {CALL_PORT}\nwindow = 16'
    )


def _gsm(_port: int) -> str:
    return f'protocol = "gsm"\nports = ["{MODEM_PORTS}/modem-*"]\nlook_every_s = 1.0\nquarantine_s = 5.0\nlate_s = 2.0'


WAYS = (
    Way("smpp", "+86138", 6, _smpp),
    Way("cmpp", "+86139", 6, _cmpp),
    Way("smgp", "+86189", 6, _smgp),
    Way("sgip", "+86186", 6, _sgip),
    Way("gsm", "+86137", 1, _gsm, takes_long=False),
)

#: What can go wrong, and how it is put right again: each is on for a few seconds.
FAULTS: tuple[dict[str, Any], ...] = (
    {"answer_delay_s": 0.5},
    {"throttle_for_s": 3.0},
    {"throttle_every_n": 20},
    {"drop_line_after_n_pdus": 40},
    {"drop_line_mid_pdu": True},
    {"answer_twice": True},
    {"never_answer_every_n": 50},
    {"garbage_bytes_every_n": 30},
    {"half_open": True},
    {"slow_read_octets_s": 2000},
    {"report_before_response": True},
    {"report_twice": True},
    {"refuse_numbers": {"1380000": 8}},
    {"report_state": {"1390000": "UNDELIV"}},
    {"unknown_status": 1031},
)


class Rack:
    """The modems, each on a pseudo-terminal with a name of its own; they lose no report when they are pulled out."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()  # (number, text) -> how often it was sent
        self.modems = [
            EmulatedModem(
                ModemConfig(
                    dialect="wavecom",
                    imei=f"86123405{n:07}",
                    send_s=MODEM_SEND_S,
                    report_s=0.5,
                    sim=Sim(f"898600123456{n:08}", f"46000{n:010}", f"+8613800138{n:03}"),
                ),
                ModemFaults(report_first=True),
            )
            for n in range(MODEMS)
        ]
        self._plugged: dict[int, PtyModem] = {}
        for modem in self.modems:
            modem.on_sent = self._note
        for n in range(MODEMS):
            self.plug(n)

    def plug(self, n: int) -> None:
        """Put a modem in."""
        self.modems[n].is_gone = False
        pty = self._plugged[n] = PtyModem(self.modems[n], Path(MODEM_PORTS) / f"modem-{n}")
        pty.start()

    async def pull(self, n: int) -> None:
        """Pull it out."""
        await self._plugged.pop(n).close()

    def behave(self, n: int) -> None:
        """Nothing goes wrong with it any more."""
        self.modems[n].faults = ModemFaults(report_first=True)

    async def close(self) -> None:
        """Pull all out."""
        for n in list(self._plugged):
            await self.pull(n)

    def _note(self, sent: Sent, _now: float) -> None:
        self.seen[sent.recipient, sent.text] += 1


@dataclass
class Soak:
    """What was handed in, and what was seen on the way."""

    options: argparse.Namespace
    random: random.Random
    accepted: dict[int, tuple[str, str]] = field(default_factory=dict)  # message id -> (number, text)
    refused: Counter[int] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


async def run(options: argparse.Namespace) -> int:
    seed = options.seed or random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}: repeat with --seed {seed}", flush=True)
    soak = Soak(options, random.Random(seed))
    simulator = Simulator(
        SimulatorConfig(
            smpp_port=0,
            cmpp_port=0,
            smgp_port=0,
            sgip_port=0,
            web_port=OFF,
            accounts=(
                Account("smpp", "a", SECRET, ACCESS_NUMBER),
                Account("cmpp", "900001", SECRET, ACCESS_NUMBER),
                Account("smgp", "10650001", SECRET, ACCESS_NUMBER),
                Account("sgip", "sgipsp", SECRET, ACCESS_NUMBER, call_port=CALL_PORT),
            ),
            report_delay_s=0.5,
            repeat_s=5.0,
            keep_handsets=len(WAYS) * options.numbers,  # or the first phones would be forgotten
            keep_texts=100_000,
        )
    )
    await simulator.start()
    rack = Rack()
    with tempfile.TemporaryDirectory(prefix="caiyou-soak-", dir=options.directory or None) as name:
        directory = Path(name)
        token, hub = await _start_hub(directory, simulator, options.http_port)
        began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(_watch(soak, hub.pid))
                spoiling = [group.create_task(_spoil(soak, simulator)), group.create_task(_spoil_modems(soak, rack))]
                await _hand_in(soak, token)
                for task in spoiling:
                    task.cancel()
                await asyncio.gather(*spoiling, return_exceptions=True)
                for n in range(MODEMS):
                    rack.behave(n)
                simulator.operator.faults.change(Faults().values())
                print(f"handed in after {time.monotonic() - began:.0f} s; waiting for the last to end", flush=True)
                await _drained(directory / "data" / "caiyou.db")
                watching.cancel()
        finally:
            hub.terminate()
            await hub.wait()
            await simulator.stop()
            await rack.close()
        return _judge(soak, directory / "data" / "caiyou.db", simulator, rack, time.monotonic() - began)


async def _start_hub(directory: Path, simulator: Simulator, http_port: int) -> tuple[str, asyncio.subprocess.Process]:
    config = directory / "caiyou.toml"
    tables = [
        f'\n[[link]]\nname = "{way.name}"\nuncertain = "resend"\nuncertain_wait_s = 5\n'
        + way.table(simulator.ports.get(way.name, 0))
        + (f'\naccess_number = "{ACCESS_NUMBER}"\n' if way.name != "gsm" else "\n")
        for way in WAYS
    ]
    config.write_text(_HEAD.format(directory=directory, http_port=http_port) + "".join(tables))

    async def command(*words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *CAIYOU, "--config", str(config), *words, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"caiyou {' '.join(words)} failed")
        return out.decode()

    await command("domain", "add", "soak.example")
    await command("account", "add", "soak@soak.example", "--no-password")
    token = (await command("token", "add", "soak@soak.example")).strip()
    for way in WAYS:
        await command("route", "add", way.prefix, way.name)
    hub = await asyncio.create_subprocess_exec(
        *CAIYOU, "--config", str(config), "serve", stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert hub.stderr is not None
    while line := await hub.stderr.readline():
        if line.startswith(b"caiyou is ready"):
            asyncio.get_running_loop().create_task(_pass_on(hub.stderr))
            return token, hub
    raise RuntimeError("the hub did not start")


async def _pass_on(stream: asyncio.StreamReader) -> None:
    while line := await stream.readline():
        sys.stderr.buffer.write(line)


async def _hand_in(soak: Soak, token: str) -> None:
    """Hand the messages in at an even rate; each says its own number in the run."""
    options, loop = soak.options, asyncio.get_running_loop()
    ways = [way for way in WAYS for _ in range(way.share)]
    begin, total = loop.time(), options.messages
    url = f"http://127.0.0.1:{options.http_port}/api/v1/messages"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        for first in range(0, total, BATCH):
            await asyncio.sleep(max(0.0, begin + first / total * options.seconds - loop.time()))
            batch = []
            for n in range(first, min(first + BATCH, total)):
                way = soak.random.choice(ways)
                number = f"{way.prefix}{soak.random.randrange(options.numbers):08d}"
                long = "，请带好资料" * 14 if way.takes_long and soak.random.random() < 0.05 else ""
                batch.append({"to": number, "text": f"第 {n} 条{long}"})
            async with client.post(url, json={"messages": batch}) as answer:
                told = json.loads(await answer.read())
            for sms, taken in zip(batch, told["messages"], strict=True):
                if taken["status"] == 202:
                    soak.accepted[int(taken["id"])] = (sms["to"], sms["text"])
                else:
                    soak.refused[taken["status"]] += 1
            if first and first % (total // 20 // BATCH * BATCH or BATCH) == 0:
                print(f"  {first} of {total} handed in, memory {soak.memory[-1:]} MiB", flush=True)


async def _watch(soak: Soak, pid: int) -> None:
    while True:
        status = Path(f"/proc/{pid}/status").read_text()
        kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        soak.memory.append(round(kib / 1024, 1))
        await asyncio.sleep(max(1.0, soak.options.seconds / 60))


async def _spoil(soak: Soak, simulator: Simulator) -> None:
    """One fault after another, each for a few seconds, with pauses in which all is well."""
    while True:
        await asyncio.sleep(soak.random.uniform(1, 6))
        fault = soak.random.choice(FAULTS)
        soak.faults.update(fault.keys())
        simulator.operator.faults.change(fault)
        await asyncio.sleep(soak.random.uniform(0.5, 4))
        simulator.operator.faults.change(Faults().values())


async def _spoil_modems(soak: Soak, rack: Rack) -> None:
    """Now and then a modem is pulled out for a while, or does something awkward once."""
    while True:
        await asyncio.sleep(soak.random.uniform(2, 10))
        n = soak.random.randrange(MODEMS)
        faults = rack.modems[n].faults
        match soak.random.randrange(5):
            case 0:
                soak.faults["modem pulled"] += 1
                await rack.pull(n)
                try:
                    await asyncio.sleep(soak.random.uniform(1, 4))
                finally:
                    rack.plug(n)
            case 1:
                soak.faults["modem does not answer"] += 1
                faults.answers_missing = 1
            case 2:
                soak.faults["modem does not prompt"] += 1
                faults.prompts_missing = 1
            case 3:
                soak.faults["modem refuses"] += 1
                faults.refuse_messages = ["512"]
            case _:
                soak.faults["modem breaks off"] += 1
                faults.half_answer_to = "AT+CSQ"
        await asyncio.sleep(soak.random.uniform(0.5, 4))
        # Faults pass. What a modem that is left alone has gathered would fail every trial of it, for ever.
        rack.behave(n)


async def _drained(database: Path) -> None:
    deadline = time.monotonic() + DRAIN_S
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        while time.monotonic() < deadline:
            open_states = dict(
                db.execute(
                    "SELECT state, count(*) FROM outbox WHERE state IN ('queued', 'sending', 'uncertain', 'accepted') "
                    "GROUP BY state"
                )
            )
            if not open_states:
                return
            await asyncio.sleep(2)
    print(f"not ended after {DRAIN_S} s: {open_states}", flush=True)


def _judge(soak: Soak, database: Path, simulator: Simulator, rack: Rack, took_s: float) -> int:
    """Hold what the hub says against what the phones have; 0 when all is accounted for."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        states = dict(db.execute("SELECT id, state FROM outbox"))
        uncertain = {row[0] for row in db.execute("SELECT DISTINCT subject_id FROM timeline WHERE step = 'uncertain'")}
    counts = Counter(states[message_id] for message_id in soak.accepted if message_id in states)
    lost = [message_id for message_id in soak.accepted if message_id not in states]
    seen = Counter(rack.seen)
    for handset in simulator.operator.handsets.values():
        for text in handset.texts:
            if text.is_whole and not text.from_phone:
                seen[handset.number, text.text] += 1
    not_there = [
        message_id
        for message_id, said in soak.accepted.items()
        if states.get(message_id) == "delivered" and not seen[said]
    ]
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        for message_id in not_there[:5]:  # what is not where it should be is told whole: the database goes
            for table, column in (("timeline", "subject_id"), ("segments", "message_id"), ("reports", "message_id")):
                for row in db.execute(f"SELECT * FROM {table} WHERE {column} = ?", (message_id,)):
                    print(f"  {table}: {row}")
    doubled = [message_id for message_id, said in soak.accepted.items() if seen[said] > 1]
    unannounced = [message_id for message_id in doubled if message_id not in uncertain]
    half = len(soak.memory) // 2
    early, late = statistics.median(soak.memory[half - half // 2 : half]), statistics.median(soak.memory[-half // 2 :])
    print(f"{len(soak.accepted)} accepted in {took_s:.0f} s, refused {dict(soak.refused)}; faults {dict(soak.faults)}")
    print(f"ended as {dict(counts)}: {sum(counts.values())} of {len(soak.accepted)}")
    print(f"lost {len(lost)}; said to be delivered and not on its phone {len(not_there)}")
    print(f"twice on a phone {len(doubled)}, of them not announced as uncertain {len(unannounced)}")
    print(f"memory, MiB: {soak.memory[:: max(1, len(soak.memory) // 12)]}; second quarter {early}, last {late}")
    for message_id in (lost + not_there + unannounced)[:10]:
        print(f"  {message_id} {states.get(message_id)} {soak.accepted[message_id]}")
    has_ended = not counts["queued"] and not counts["sending"]
    well = not lost and not not_there and not unannounced and has_ended and sum(counts.values()) == len(soak.accepted)
    print("all accounted for" if well else "NOT all accounted for")
    return 0 if well else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--numbers", type=int, default=10_000, help="phones of each way")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=18099)
    parser.add_argument("--directory", default="", help="where the hub keeps its data meanwhile")
    sys.exit(uvloop.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
