"""Files that no row speaks of: what a hub that was killed left between the body of a mail and its commit.

Only bodies of the last two days are looked at, none younger than an hour (its commit may be under way), and none with
a second name (it lies in a Maildir). A stray body is somebody's mail that was never accepted: the sender tries again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from gateway.core.ids import first_id_at, made_at_ms
from gateway.store import durable
from gateway.store.database import Transaction
from gateway.store.schema import draft_files, import_batches, inbox, mails, mms, outbox, relay

YOUNGEST_S = 3600
OLDEST_S = 48 * 3600
_HOUR_S = 3600
_AT_ONCE = 500


def candidates(blob_root: Path, now_s: float | None = None) -> tuple[list[Path], list[str]]:
    """(temporary files, references of bodies without a second name) that are old enough to be strays."""
    now = time.time() if now_s is None else now_s
    temporary: list[Path] = []
    bodies: list[str] = []
    for directory in _hours(blob_root, now):
        for entry in os.scandir(directory):
            facts = entry.stat(follow_symlinks=False)
            if facts.st_mtime > now - YOUNGEST_S:
                continue
            if entry.name.startswith(".") and entry.name.endswith(".tmp"):
                temporary.append(Path(entry.path))
            elif entry.name.isdigit() and facts.st_nlink == 1:
                bodies.append(Path(entry.path).relative_to(blob_root).as_posix())
    return temporary, bodies


def _hours(blob_root: Path, now: float) -> Iterator[Path]:
    for back in range(OLDEST_S // _HOUR_S + 1):
        directory = blob_root / f"{datetime.fromtimestamp(now - back * _HOUR_S, UTC):%Y/%m/%d/%H}"
        if directory.is_dir():
            yield directory


def without_row(tx: Transaction, references: Sequence[str]) -> list[str]:
    """Which of these bodies no mail, no MMS, no draft and no entry of the relay speaks of."""
    left: set[str] = set()
    for start in range(0, len(references), _AT_ONCE):
        left.update(_not_by_id(tx, references[start : start + _AT_ONCE]))
    few = sorted(left)[:_AT_ONCE]  # no index finds a row by its body: whatever is more waits for the next sweep
    for table in (mails, relay):
        if few:
            named = set(tx.read(sa.select(table.c.blob).where(table.c.blob.in_(few))).scalars())
            few = [reference for reference in few if reference not in named]
    return few


def _not_by_id(tx: Transaction, references: Sequence[str]) -> list[str]:
    """Leave out what the first row about a body speaks of: that row has the body's own id, or one made just after."""
    ids = {int(reference.rpartition("/")[2]): reference for reference in references}
    known = set(tx.read(sa.select(mails.c.id).where(mails.c.id.in_(list(ids)))).scalars())
    end = first_id_at(made_at_ms(max(ids)) + _HOUR_S * 1000)
    relayed = set(tx.read(sa.select(relay.c.blob).where(relay.c.id.between(min(ids), end))).scalars())
    # What is sent of an MMS lies under the id of its message; an MMS that came, a file of a draft and one that is to be
    # imported under their own.
    for table in (outbox, inbox, draft_files, import_batches):
        known |= set(tx.read(sa.select(table.c.id).where(table.c.id.in_(list(ids)))).scalars())
    handed_in = set(tx.read(sa.select(mms.c.letter).where(mms.c.letter.in_(list(references)))).scalars())
    return [
        reference
        for an_id, reference in ids.items()
        if an_id not in known and reference not in relayed and reference not in handed_in
    ]


def remove(paths: Sequence[Path]) -> int:
    """Take the files away; returns how many."""
    for path in paths:
        durable.remove(path)
    return len(paths)
