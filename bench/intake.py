"""How many mails a second the SMTP door makes durable: 10 KB mails over 1, 10 and 100 connections.

The door, the store and the rules run in a process of their own with one event loop; the loader, which only writes
bytes made beforehand, runs here. Every mail counted was answered with 250, that is: its body fsynced, its row
committed, and a notice rule of the member judged. `python -m bench.intake --runs 5 --json FILE`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import multiprocessing
import multiprocessing.connection
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
import uvloop

from gateway.commands.serve import tune_collector
from gateway.core.events import MailArrived
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.journal import Journal
from gateway.mail.doors import MailDoors
from gateway.mail.facts import read_facts
from gateway.mail.intake import SmtpConfig
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore, Desk, Reaction
from gateway.store.schema import accounts
from mail2sms.notify import Notifier
from mail2sms.rules import Rule, write_rule
from mail2sms.sending import NoticeConfig

MAILS = {1: 400, 10: 2000, 100: 4000}
MEMBERS = 500  # as in the figure to beat: 500 users
DOMAIN = "bench.example"


def serve(data_dir: str, pipe: multiprocessing.connection.Connection) -> None:
    """The process under test: a desk on SQLite, the SMTP door, the notice rules of the hub."""
    tune_collector()
    uvloop.run(_serve(Path(data_dir), pipe))


async def _serve(data_dir: Path, pipe: multiprocessing.connection.Connection) -> None:
    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    store = open_store(StoreConfig(data_dir=str(data_dir)))
    create_tables(store)
    desk = Desk(
        store,
        Blobs(data_dir),
        Router(),
        Journal(),
        new_id=IdSource(now_ms),
        now_ms=now_ms,
        read_facts=read_facts,
        reactions=reactions(),
    )
    desk.run_now(lambda books: books.accounts.add_domain(DOMAIN))
    for number in range(MEMBERS):
        desk.run_now(functools.partial(open_account, number=number))
    doors = MailDoors(desk, smtp=SmtpConfig(port=0, connections_per_address=500))
    await doors.start()
    assert doors.smtp is not None
    pipe.send(doors.smtp.port)
    cpu = time.process_time()
    while await asyncio.get_running_loop().run_in_executor(None, pipe.recv) == "cpu":
        used, cpu = time.process_time() - cpu, time.process_time()
        pipe.send(used)
    await doors.stop()
    await desk.close()


def open_account(books: BooksOfStore, number: int) -> None:
    """A member with a proved number and two rules: one reads every mail to its end in vain, one sends an SMS."""
    account = books.accounts.add(f"m{number}@{DOMAIN}")
    books.tx.execute(sa.update(accounts).where(accounts.c.id == account.id).values(sms_daily_cap=1_000_000))
    mobile = f"+86138{number:08d}"
    books.phones.start_proof(account.id, mobile, "", 0)
    phone = books.phones.get(account.id, mobile)
    assert phone is not None
    books.phones.prove(phone.id)
    books.rules.add(account.id, "arrival", write_rule(Rule(keywords=("invoice", "发票"))))
    books.rules.add(account.id, "arrival", write_rule(Rule()))


def reactions() -> dict[type, tuple[Reaction, ...]]:
    """What the hub does on an arriving mail."""
    return {MailArrived: (Notifier(NoticeConfig()).notify_on_arrival,)}


def mail(size: int = 10_000) -> bytes:
    """A mail of about `size` octets, stuffed and ended as it goes on the wire."""
    header = (
        b"From: =?utf-8?B?5byg5LiJ?= <zhang@elsewhere.example>\r\nTo: member@bench.example\r\n"
        b"Subject: =?utf-8?B?5YWz5LqO5piO5aSp5LiJ54K555qE5Lya6K6u?=\r\n"
        b"Date: Tue, 24 Nov 2026 09:00:00 +0800\r\nMessage-ID: <1.2.3@elsewhere.example>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    line = "各位同事：请提前准备材料，会议室改到五楼。".encode() + b"\r\n"
    return header + line * ((size - len(header)) // len(line)) + b".\r\n"


async def load(port: int, connections: int, mails: int, member: str = "") -> float:
    """Send so many mails over so many connections, to one member or to all in turn; returns mails a second."""
    body = mail()
    envelope = b"MAIL FROM:<zhang@elsewhere.example> SIZE=%d\r\nRCPT TO:<%%b@bench.example>\r\nDATA\r\n" % len(body)
    left = mails

    async def client() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readuntil(b"\r\n")
        writer.write(b"EHLO bench\r\n")
        while (await reader.readuntil(b"\r\n"))[3:4] == b"-":
            pass
        while left > 0:
            left -= 1
            writer.write(envelope % (member or f"m{left % MEMBERS}").encode())
            for _ in range(3):
                await reader.readuntil(b"\r\n")
            writer.write(body)
            reply = await reader.readuntil(b"\r\n")
            assert reply.startswith(b"250"), reply
        writer.write(b"QUIT\r\n")
        await reader.read()
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    return mails / (time.perf_counter() - began)


def run(connections: int, port: int) -> float:
    """One run."""
    return uvloop.run(load(port, connections, MAILS[connections]))


def main() -> None:
    """Print a row per number of connections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", default="")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    rows = []
    with tempfile.TemporaryDirectory() as data_dir:
        process = context.Process(target=serve, args=(data_dir, theirs))
        process.start()
        try:
            port = ours.recv()
            run(10, port)  # warm up
            for connections, mails in MAILS.items():
                rates, shares = [], []
                for _ in range(arguments.runs):
                    ours.send("cpu")
                    ours.recv()
                    rates.append(run(connections, port))
                    ours.send("cpu")
                    shares.append(ours.recv() / (mails / rates[-1]))
                row = {
                    "connections": connections,
                    "mails_per_s": round(statistics.median(rates)),
                    "lowest": round(min(rates)),
                    "highest": round(max(rates)),
                    "cores": round(statistics.median(shares), 2),
                    "runs": arguments.runs,
                }
                rows.append(row)
                print(
                    f"{connections:4} connections: {row['mails_per_s']:6} mails/s "
                    f"({row['lowest']}-{row['highest']}, {row['cores']} cores)"
                )
        finally:
            with contextlib.suppress(OSError):
                ours.send("stop")
            process.join(20)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"bench": "intake", "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
