"""Every port on which carriers and peers may knock, under a fuzzer, while real traffic goes through the same ports.

The fuzzer begins with true logins of each protocol and spoils them: other octets, lies about lengths, halves, floods,
one octet at a time, nothing at all. What must hold: the traffic is unharmed, every offender is cut off and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from carriers.simulator.config import OFF, Account, SimulatorConfig
from carriers.simulator.server import Simulator
from carriers.smpp import pdu as smpp_pdu
from gateway.store.database import StoreConfig
from tests.fakes.downstream import ACCESS_NUMBER, SECRET, Hub, open_hub, until

SECONDS = float(os.environ.get("CAIYOU_HOSTILE_S", "6"))
ATTACKERS = 4  # at once on each port
SUBMITS = 150  # of each peer, while the fuzzer runs

pytestmark = [pytest.mark.slow]

SEEDS: dict[str, tuple[bytes, ...]] = {
    "smpp": (
        smpp_pdu.BindTransceiver("kite", SECRET).encode(),
        smpp_pdu.SubmitSm(source_addr="1", destination_addr="2", short_message=b"x" * 100).encode(),
        smpp_pdu.EnquireLink().encode(),
    ),
    "cmpp": (
        bytes.fromhex("000000270000000100000001") + b"900001" + bytes(16) + b"\x30" + bytes(4),
        bytes.fromhex("000000700000000400000002") + bytes(100),
        bytes.fromhex("0000000c0000000800000003"),
    ),
    "sgip": (
        bytes.fromhex("0000003d00000001b35c2d4048d4c0ed0000000102") + b"name".ljust(16, b"\0") * 2 + bytes(8),
        bytes.fromhex("0000001400000002b35c2d4048d4c0ed00000002"),
    ),
    "http": (
        b"POST /report?token=x HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n" + b"id=1&type=1&to=13800",
        b"GET /report?id=1&type=1&token=" + b"%00" * 300 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /sms HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + b"x" * 500,
    ),
}  # fmt: skip


def spoilt(seed: bytes, chance: random.Random) -> list[bytes]:
    """The pieces an attacker writes."""
    data = bytearray(seed)
    match chance.randrange(8):
        case 0:
            return [chance.randbytes(chance.randrange(1, 4000))]
        case 1:
            data[:4] = chance.choice((0, 3, 15, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 20)).to_bytes(4, "big")
        case 2:
            for _ in range(chance.randrange(1, 12)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        case 3:
            return [bytes(data[: chance.randrange(1, len(data))])]
        case 4:
            return [bytes((octet,)) for octet in data[:60]]
        case 5:
            return [bytes(data) * 200]
        case 6:
            return [bytes(data), chance.randbytes(200), bytes(data)]
        case _:
            return []
    return [bytes(data)]


async def attack(port: int, seeds: tuple[bytes, ...], chance: random.Random, until_s: float, met: Counter[str]) -> None:
    """One connection after another; `met` counts how each ended."""
    while time.monotonic() < until_s:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            met["refused"] += 1
            await asyncio.sleep(0.01)
            continue
        try:
            for piece in spoilt(chance.choice(seeds), chance):
                writer.write(piece)
                await asyncio.wait_for(writer.drain(), 1)
            async with asyncio.timeout(0.3):
                while await reader.read(65536):
                    pass
            met["cut off"] += 1
        except TimeoutError:
            met["left"] += 1  # it said too little to be wrong: we hang up
        except OSError:
            met["cut off"] += 1
        finally:
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_sockets() -> int:
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += os.readlink(entry).startswith("socket:")
    return found


async def test_hostile_bytes_on_every_port_harm_no_traffic(tmp_path: Path) -> None:
    carrier = Simulator(
        SimulatorConfig(
            smpp_port=0,
            cmpp_port=OFF,
            sgip_port=OFF,
            smgp_port=OFF,
            web_port=OFF,
            accounts=(Account("smpp", "caiyou", SECRET, ACCESS_NUMBER),),
            report_delay_s=0.02,
        )
    )
    await carrier.start()
    calls, hooks, nobody = free_port(), free_port(), free_port()
    links: list[dict[str, Any]] = [
        {"name": "sim", "protocol": "smpp", "host": "127.0.0.1", "port": carrier.ports["smpp"], "window": 32,
         "system_id": "caiyou", "password": SECRET, "access_number": ACCESS_NUMBER},
        {"name": "unicom", "protocol": "sgip", "host": "127.0.0.1", "port": nobody, "login_name": "n", "password": "p",
         "node_id": 3010092008, "call_host": "127.0.0.1", "call_port": calls, "access_number": ACCESS_NUMBER},
        {"name": "web", "protocol": "http", "provider": "kannel", "options": {"username": "u", "password": "p"},
         "base_url": f"http://127.0.0.1:{nobody}", "webhook_port": hooks, "webhook_token": "long-and-secret"},
    ]  # fmt: skip
    doors = {"connections": 100, "per_address": 100}
    try:
        async with open_hub(
            StoreConfig(data_dir=str(tmp_path)),
            carrier=carrier,
            link=links,
            downstream={"failed_logins": 1_000_000},
            downstream_smpp=doors,
            downstream_cmpp=doors,
        ) as hub:
            await _under_fire(hub, {"smpp": hub.smpp_port, "cmpp": hub.cmpp_port, "sgip": calls, "http": hooks})
    finally:
        await carrier.stop()


async def _under_fire(hub: Hub, ports: dict[str, int]) -> None:
    await hub.add_peer("kite")
    await hub.add_peer("900001")
    kite, shop = await hub.smpp(), await hub.cmpp()
    sockets, seed = open_sockets(), random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    met = {name: Counter[str]() for name in ports}
    end = time.monotonic() + SECONDS
    attackers = [
        asyncio.create_task(attack(port, SEEDS[name], random.Random(f"{seed} {name} {n}"), end, met[name]))
        for name, port in ports.items()
        for n in range(ATTACKERS)
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = 0.0
    for n in range(SUBMITS):
        began = time.monotonic()
        taken = await kite.submit(f"86138{n:08d}")
        group = await shop.submit(f"139{n:08d}")
        assert (taken.command_status, group.result) == (0, 0)
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(max(0.0, SECONDS * 0.8 / SUBMITS - (time.monotonic() - began)))
    await asyncio.gather(*attackers)

    await until(lambda: len(kite.receipts) == SUBMITS and len(shop.deliveries) == SUBMITS, 20)
    assert not kite.closed
    assert not shop.closed
    for n in range(SUBMITS):
        assert len(hub.texts(f"+86138{n:08d}")) == len(hub.texts(f"+86139{n:08d}")) == 1
    assert slowest < 2
    for name in ports:
        assert met[name]["cut off"] > 5, (name, met)
    counted = Counter[str]()
    for (fact, where), times in hub.app.journal.counts.items():
        if fact in ("peer_misbehaved", "login_failed"):
            counted[where] += times
    assert {"downstream_smpp", "downstream_cmpp", "unicom", "web"} <= counted.keys(), counted
    await until(lambda: open_sockets() <= sockets, 30)  # nothing of them stays open
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000  # KiB
    print(met, dict(counted), f"slowest submit {slowest:.3f} s")
