"""Speed with a full store: messages and mails a second with a million of each already there, over an empty one.

The million is written by SQL in the shape the hub leaves it in (delivered messages with segment, reports, stories and
ledger lines; filed mails with their rows), then the hub serves on top of it. `python -m bench.full_store`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import intake
from bench.hub import Hub
from bench.messages import HTTP_PORT, SINK_PORT, load, rate, sink

COUNT = 20_000
MAILS = 4_000

#: Ids of past messages: 2026-01-01 and onwards, a millisecond apart, below any id made today.
_FIRST_ID = (1_767_225_600_000 - 1_704_067_200_000) << 22


def fill(database: Path, count: int) -> None:
    """Put `count` settled messages and `count` filed mails into a store that the hub has made."""
    db = sqlite3.connect(database)
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;")
    (mailbox,) = db.execute("SELECT id FROM mailboxes LIMIT 1").fetchone()
    (folder,) = db.execute("SELECT id FROM folders LIMIT 1").fetchone()
    (account,) = db.execute("SELECT id FROM accounts LIMIT 1").fetchone()
    db.execute("BEGIN")
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
    the_id = f"({_FIRST_ID} + (i << 22))"
    at = "(1767225600000 + i)"
    phone = "('+86138' || substr('00000000' || ((i * 7919) % 100000000), -8))"
    db.execute(
        f"{numbers} INSERT INTO outbox (id, account_id, purpose, state, link, priority, due_ms, expires_ms, sender, "
        f"recipient, text, alphabet, segments, want_report, attempt, created_ms, settled_ms, code) SELECT {the_id}, "
        f"{account}, 'api', 'delivered', 'sink', 1, {at}, {at} + 172800000, '', {phone}, "
        f"'an older message number ' || i || ', forty characters', 'gsm7', 1, 1, 1, {at}, {at} + 900, 'DELIVRD' FROM n"
    )
    db.execute(
        f"{numbers} INSERT INTO segments (message_id, number, state, link_group, carrier_id, answered_ms, settled_ms) "
        f"SELECT {the_id}, 1, 'delivered', 'sink', 'old' || printf('%x', i), {at} + 5, {at} + 900 FROM n"
    )
    db.execute(
        f"{numbers} INSERT INTO reports (id, link_group, link, carrier_id, recipient, state, code, text, message_id, "
        f"number, received_ms) SELECT {the_id} + 1, 'sink', 'sink', 'old' || printf('%x', i), {phone}, 'delivered', "
        f"'DELIVRD', '', {the_id}, 1, {at} + 900 FROM n"
    )
    for k, step in enumerate(("queued", "sending", "accepted", "report", "delivered")):
        db.execute(
            f"{numbers} INSERT INTO timeline (subject_id, id, at_ms, step, detail) SELECT {the_id}, "
            f"{the_id} + {k}, {at} + {k}, '{step}', 'on link sink, as it was' FROM n"
        )
    db.execute(
        f"{numbers} INSERT INTO ledger (id, at_ms, account_id, fact, message_id, segment, link, party, units) "
        f"SELECT {the_id} + 2, {at}, {account}, 'sms-sent', {the_id}, 1, 'sink', {phone}, 1 FROM n"
    )
    db.execute(
        f"{numbers} INSERT INTO mails (id, mailbox_id, folder_id, sender, subject, date_ms, received_ms, size_octets, "
        f"message_id, thread_id, blob, file_name, placed) SELECT {the_id} + 3, {mailbox}, {folder}, "
        f"'zhang@elsewhere.example', 'an older mail, number ' || i, {at}, {at}, 10000, '<old' || i || '@elsewhere>', "
        f"{the_id} + 3, '2026/01/01/00/' || ({the_id} + 3), i || '.M0Q1.caiyou,S=10000,W=10000', 1 FROM n"
    )
    db.execute("COMMIT")
    db.execute("ANALYZE")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def measure(directory: Path, runs: int, past: int) -> dict[str, float]:
    """Messages and mails a second of a hub with so many of each in its past."""
    shutil.rmtree(directory / "hub", ignore_errors=True)
    with sink(directory) as figures:
        hub = Hub(directory / "hub", window=100, sink_port=SINK_PORT, http_port=HTTP_PORT)
        hub.command("account", "add", "m0@bench.example", "--no-password")
        hub.command("phone", "prove", "m0@bench.example", "13900000000")
        hub.command("rule", "add", "m0@bench.example", "arrival", '{"keywords": ["invoice"]}')
        if past:
            began = time.time()
            fill(directory / "hub" / "data" / "caiyou.db", past)
            os.sync()  # or the system would still be writing the past while the present is measured
            print(f"  {past} messages and mails written in {time.time() - began:.0f} s", flush=True)
        hub.start()

        def send(count: int, first: int) -> dict[str, Any]:
            return load("caiyou", HTTP_PORT, count, token=hub.token, connections=64, first=first)

        try:
            rate(figures, send, 1000, receipts=False)
            messages = [rate(figures, send, COUNT, receipts=False) for _ in range(runs)]
            asyncio.run(intake.load(hub.smtp_port, 100, 500, member="m0"))
            mails = [asyncio.run(intake.load(hub.smtp_port, 100, MAILS, member="m0")) for _ in range(runs)]
        finally:
            hub.stop()
    return {"messages_per_s": statistics.median(messages), "mails_per_s": statistics.median(mails)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--past", type=int, default=1_000_000)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="caiyou-bench-", dir=Path.cwd()) as name:
        empty = measure(Path(name), options.runs, 0)
        full = measure(Path(name), options.runs, options.past)
    row: dict[str, Any] = {"past": options.past}
    for key, before in empty.items():
        row[key] = {"empty": round(before), "full": round(full[key]), "share": round(full[key] / before, 2)}
        print(
            f"{key:14} empty {before:.0f}, with {options.past} in the store {full[key]:.0f}: {full[key] / before:.0%}"
        )
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "full-store", **row}, indent=1) + "\n")


if __name__ == "__main__":
    main()
