"""What lists, conversations and searches of a mailbox cost by how many mails are in it, and what filing costs.

`python -m bench.webmail --mails 1000 20000 200000 --json FILE`: milliseconds of wall time, medians and 95 in 100, with
SQLite; ends with 1 when one of them takes more than `--most` milliseconds. Mails are Chinese, of 200 characters.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.core.ids import IdSource
from gateway.core.mails import NewMail
from gateway.core.routing import Router
from gateway.core.search_words import SearchText, wanted_of
from gateway.core.webmail import Gist, Only
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.webmail.frame import frame_of

RUNS = 40
CHUNK = 1000
ADDED_INDEXES = (
    "ix_mails_mailbox_id_thread_id", "ix_mails_unread", "ix_mails_starred", "ix_mails_with_attachments",
    "ix_mails_of_phones", "ix_mails_without_gist",
)  # fmt: skip
#: Characters of the texts: 1000 of the most usual ones, as far as chance goes.
_LETTERS = [chr(0x4E00 + n * 7) for n in range(1000)] + ["的"] * 40


def fill(desk: Desk, mailbox_id: int, count: int) -> float:
    """File so many mails; seconds of processor time that filing took, without words and bodies."""
    dice = random.Random(1)
    taken = 0.0
    for start in range(0, count, CHUNK):
        ids: list[tuple[int, str]] = []

        def work(books: BooksOfStore, start: int = start, ids: list[tuple[int, str]] = ids) -> None:
            for n in range(start, min(start + CHUNK, count)):
                subject = "".join(dice.choices(_LETTERS, k=12))
                placed = books.mails.file(
                    NewMail(
                        mailbox_id=mailbox_id, blob="2026/01/01/00/1", size_octets=2000, wire_octets=2000,
                        sender=f"person{n % 300}@else.example", sender_name=f"人{n % 300}", subject=subject,
                        date_ms=1_700_000_000_000 + n * 60_000, message_id=f"<{n}@else.example>",
                        references=(f"<{n - 1}@else.example>",) if n % 10 else (),
                        kind="sms" if n % 20 == 0 else "mail",
                        flags="" if n % 50 == 0 else "FS" if n % 70 == 0 else "S",
                        folder="INBOX" if n % 5 else "Archive",
                    )
                )  # fmt: skip
                ids.append((placed.mail_id, subject))

        begin = time.process_time()
        desk.run_now(work)
        taken += time.process_time() - begin
        texts = [
            (mail_id, SearchText(f"人 person{place % 300}", subject, "".join(dice.choices(_LETTERS, k=200)), ""))
            for place, (mail_id, subject) in enumerate(ids)
        ]
        desk.search.add([(mail_id, mailbox_id, text) for mail_id, text in texts])

        def note(books: BooksOfStore, texts: list[tuple[int, SearchText]] = texts) -> None:
            for mail_id, text in texts:
                gist = Gist(text.body[:80], "Ann", 1 if mail_id % 9 == 0 else 0, text)
                books.webmail.set_gist(mail_id, gist)
            books.mails.placed([mail_id for mail_id, _ in texts])

        desk.run_now(note)
    return taken


def measured(work: Callable[[], Any]) -> dict[str, float]:
    """Median and 95 in 100 of a question, milliseconds."""
    work()
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1000)
    return {"p50": round(statistics.median(times), 2), "p95": round(sorted(times)[int(RUNS * 0.95)], 2)}


def one(count: int) -> dict[str, Any]:
    """All figures of a mailbox of so many mails."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(StoreConfig(data_dir=folder))
        create_tables(store)
        desk = Desk(
            store, Blobs(Path(folder)), Router(), Journal(), new_id=IdSource(lambda: time.time_ns() // 1_000_000),
            now_ms=lambda: time.time_ns() // 1_000_000, read_facts=read_facts, reactions={},
        )  # fmt: skip

        def open_mailbox(books: BooksOfStore) -> tuple[int, int]:
            books.accounts.add_domain("bench.example")
            account_id = books.accounts.add("ann@bench.example").id
            return account_id, books.mails.mailbox_of(account_id) or 0

        account_id, mailbox_id = desk.run_now(open_mailbox)
        filing_s = fill(desk, mailbox_id, count)
        lines = desk.read_now(lambda books: books.webmail.page(mailbox_id, "INBOX", limit=40))
        middle = 1_700_000_000_000 + count // 2 * 60_000

        def read(question: Callable[[BooksOfStore], Any]) -> dict[str, float]:
            return measured(lambda: desk.read_now(question))

        def find(text: str) -> dict[str, float]:
            return measured(lambda: desk.search.find(mailbox_id, wanted_of(text), limit=40))

        subject = lines[5].subject
        found = {
            "frame": read(lambda books: frame_of(books, account_id)),
            "first page": read(lambda books: books.webmail.page(mailbox_id, "INBOX", limit=40)),
            "a page in the middle": read(
                lambda books: books.webmail.page(mailbox_id, "INBOX", before=(middle, 1), limit=40)
            ),
            **{
                f"only {only.value}": read(
                    lambda books, only=only: books.webmail.page(mailbox_id, "INBOX", limit=40, only=only)
                )
                for only in (Only.UNREAD, Only.STARRED, Only.ATTACHMENTS, Only.PHONE)
            },
            "conversation": read(lambda books: books.webmail.thread(mailbox_id, lines[0].thread_id)),
            "beside": read(lambda books: books.webmail.beside(mailbox_id, lines[20])),
            "search, one character": find("的"),
            "search, two characters": find(subject[:2]),
            "search, four characters": find(subject[:4]),
            "search, letters": find("person17"),
        }
        store.engine.dispose()
        desk.search.close()
        desk.blobs.close()
        return {"mails": count, "filing_us": round(filing_s / count * 1e6, 1), "ms": found}


def filing(count: int) -> dict[str, float]:
    """Microseconds of processor time that filing a mail takes, with the indexes of lists and without them."""
    taken = {}
    for name, dropped in (("without", ADDED_INDEXES), ("with", ())):
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(StoreConfig(data_dir=folder))
            create_tables(store)
            with store.engine.begin() as connection:
                for index in dropped:
                    connection.execute(sa.text(f"DROP INDEX {index}"))
            desk = Desk(
                store, Blobs(Path(folder)), Router(), Journal(), new_id=IdSource(lambda: time.time_ns() // 1_000_000),
                now_ms=lambda: time.time_ns() // 1_000_000, read_facts=read_facts, reactions={},
            )  # fmt: skip
            mailbox_id = desk.run_now(
                lambda books: (
                    books.accounts.add_domain("bench.example"),
                    books.mails.mailbox_of(books.accounts.add("ann@bench.example").id) or 0,
                )[1]
            )
            taken[name] = round(fill(desk, mailbox_id, count) / count * 1e6, 1)
            store.engine.dispose()
            desk.search.close()
            desk.blobs.close()
    return taken


def main() -> int:
    """Measure, print, and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mails", type=int, nargs="+", default=[1000, 20_000, 200_000])
    asked.add_argument("--most", type=float, default=50.0, help="milliseconds that 95 in 100 may take")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    figures: dict[str, Any] = {"filing_us": filing(10_000), "mailboxes": []}
    print(f"filing, µs a mail: {figures['filing_us']}")
    slow = []
    for count in given.mails:
        figures["mailboxes"].append(found := one(count))
        for name, times in found["ms"].items():
            print(f"{count:>7} mails  {name:<24} p50 {times['p50']:8.2f} ms   p95 {times['p95']:8.2f} ms", flush=True)
            if times["p95"] > given.most:
                slow.append(f"{name} of {count}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))
    if slow:
        print(f"too slow: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
