"""Imports of contacts: batches with their progress, remembered columns, and who of a book somebody in a file may be."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.imports.decisions import Kept
from addressbook.numbers import match_key
from addressbook.vcard.meaning import contact_of
from gateway.core.errors import NotFound
from gateway.core.imports import CHECKED_MS, MAX_OPEN, Batch, BatchState, Choices, WrongState
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import contact_mails, contact_numbers, contacts, import_batches, import_mappings

#: Values in one question.
PAGE: Final = 500
#: Batches of an account that are listed, the latest first.
SHOWN: Final = 100

_b = import_batches.c
_c = contacts.c
# Both halves of the condition make the partial index of open batches fit.
_OPEN = sa.select(import_batches).where(sa.text("state IN ('waiting', 'running')")).order_by(_b.id).limit(MAX_OPEN)
# Only from where it was: of two processes that have read the same rows one comes too late, and its slice is undone.
_ADVANCE = (
    sa.update(import_batches)
    .where(
        _b.id == bindparam("b_id"),
        _b.done_rows == bindparam("b_from"),
        _b.state == "running",
        _b.undone_ms.is_(None),
    )
    .values(done_rows=bindparam("b_to"), counts=bindparam("b_counts"))
)
_VALUES: sa.BindParameter[Any] = bindparam("wanted", expanding=True)
_BY_UID = sa.select(_c.id).where(_c.book_id == bindparam("book_id"), _c.uid.in_(_VALUES), sa.not_(_c.deleted))
_BY_MAIL = sa.select(contact_mails.c.contact_id.label("id")).where(
    contact_mails.c.book_id == bindparam("book_id"), contact_mails.c.address.in_(_VALUES)
)
_BY_NUMBER = sa.select(contact_numbers.c.contact_id.label("id"), contact_numbers.c.number).where(
    contact_numbers.c.book_id == bindparam("book_id"), contact_numbers.c.match_key.in_(_VALUES)
)
_GROUPS = sa.select(_c.id, _c.name).where(_c.book_id == bindparam("book_id"), _c.kind == "group", sa.not_(_c.deleted))
_IDS: sa.BindParameter[Any] = bindparam("ids", expanding=True)
_KEPT = sa.select(_c.id, _c.href, _c.card).where(_c.id.in_(_IDS), sa.not_(_c.deleted)).order_by(_c.id)

_STORED: Final = {BatchState.CHECKING: "waiting", BatchState.UNDOING: "running"}


class ProgressLost(WrongState):
    """Somebody else has gone on with this batch meanwhile."""


class Imports:
    """Batches of imports within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    # --- batches --------------------------------------------------------------------------------------------

    def add(
        self,
        batch_id: int,
        *,
        account_id: int,
        book_id: int,
        file_name: str,
        blob: str,
        choices: Choices,
    ) -> None:
        """Keep a batch that is to be looked at; its file lies under the same id."""
        row = {
            "id": batch_id,
            "account_id": account_id,
            "book_id": book_id,
            "file_name": fitting(file_name, 255),
            "blob": blob,
            "mapping": _written(choices, checking=True),
            "state": "waiting",
            "created_ms": self._now_ms,
        }
        self._tx.execute(sa.insert(import_batches), row)

    def get(self, account_id: int, batch_id: int) -> Batch:
        """A batch of an account. Raises NotFound."""
        batch = self.by_id(batch_id)
        if batch is None or batch.account_id != account_id:
            raise NotFound(f"there is no import {batch_id}")
        return batch

    def by_id(self, batch_id: int) -> Batch | None:
        """A batch."""
        self._tx.flush()
        row = self._tx.read(sa.select(import_batches).where(_b.id == batch_id)).first()
        return None if row is None else _batch(row)

    def of(self, account_id: int) -> list[Batch]:
        """The batches of an account, the latest first."""
        self._tx.flush()
        rows = self._tx.read(
            sa.select(import_batches).where(_b.account_id == account_id).order_by(_b.id.desc()).limit(SHOWN)
        )
        return [_batch(row) for row in rows]

    def open(self) -> list[Batch]:
        """Batches of anybody with something left to do, the oldest first."""
        self._tx.flush()
        return [_batch(row) for row in self._tx.read(_OPEN)]

    def check_again(self, batch: Batch, book_id: int, choices: Choices) -> None:
        """Look again with other choices. Raises WrongState for what has begun."""
        values = {"book_id": book_id, "mapping": _written(choices, checking=True), "counts": "{}", "done_rows": 0}
        self._move(batch, (BatchState.CHECKED,), state="waiting", **values)

    def looking(self, batch_id: int, done: int) -> None:
        """So many entries were looked at."""
        self._tx.execute(sa.update(import_batches).where(_b.id == batch_id).values(done_rows=done))

    def checked(self, batch: Batch, kind: str, counts: dict[str, Any], all_rows: int) -> None:
        """It was looked at: this is what would become of it."""
        values = {"format": kind, "counts": _json(counts), "all_rows": all_rows, "done_rows": 0}
        mapping = _written(batch.choices, checking=False)
        self._move(batch, (BatchState.CHECKING,), state="checked", mapping=mapping, **values)

    def begin(self, batch: Batch) -> None:
        """Let it come in. Raises WrongState for what has begun, or when too many wait."""
        if sum(one.state.is_open for one in self.of(batch.account_id)) >= MAX_OPEN:
            raise WrongState(f"{MAX_OPEN} imports wait already: let them end first")
        self._move(batch, (BatchState.CHECKED,), state="waiting")

    def take(self, batch: Batch) -> Batch:
        """The batch as one that runs."""
        if batch.state is BatchState.WAITING:
            self._move(batch, (BatchState.WAITING,), state="running", counts="{}", done_rows=0)
        found = self.by_id(batch.id)
        assert found is not None, "nobody deletes an open batch"
        return found

    def advance(self, batch_id: int, done: int, to: int, counts: dict[str, Any]) -> None:
        """Entries up to `to` are in. Raises ProgressLost if they are not behind `done` any more."""
        row = {"b_id": batch_id, "b_from": done, "b_to": to, "b_counts": _json(counts)}
        if self._tx.execute(_ADVANCE, row).rowcount != 1:
            raise ProgressLost("somebody else has gone on with this import")

    def finish(self, batch: Batch, reason: str = "") -> None:
        """It is over; `reason` is why it failed."""
        state = BatchState.FAILED if reason else BatchState.DONE
        values = {"state": state.value, "reason": reason[:1000], "finished_ms": self._now_ms, "blob": ""}
        self._move(batch, (BatchState.RUNNING, BatchState.WAITING, BatchState.CHECKING), **values)

    def undo(self, batch: Batch) -> None:
        """Begin to take it back, whether it has ended or is still running. Raises WrongState."""
        allowed = (BatchState.DONE, BatchState.FAILED, BatchState.RUNNING, BatchState.WAITING)
        self._move(batch, allowed, state="running", undone_ms=self._now_ms)

    def undone(self, batch: Batch, counts: dict[str, Any]) -> None:
        """All of it is taken back."""
        values = {"state": "undone", "counts": _json(counts), "blob": "", "undone_ms": self._now_ms}
        self._move(batch, (BatchState.UNDOING,), **values)

    def stale(self, limit: int = 20) -> list[Batch]:
        """Files that were looked at a week ago and that nobody has let in."""
        before = self._now_ms - CHECKED_MS
        rows = self._tx.read(
            sa.select(import_batches).where(_b.state == "checked", _b.created_ms < before).limit(limit)
        )
        return [_batch(row) for row in rows]

    def forget(self, batch: Batch) -> None:
        """Delete a batch that has not begun, or is over. Raises WrongState. What it brought stays."""
        if batch.state.is_open:
            raise WrongState("this import is under way: undo it instead")
        self._tx.execute(sa.delete(import_batches).where(_b.id == batch.id))

    def _move(self, batch: Batch, allowed: Sequence[BatchState], **values: Any) -> None:
        if batch.state not in allowed:
            raise WrongState(f"this import is {batch.state}")
        stored = _STORED.get(batch.state, batch.state.value)
        undoing = _b.undone_ms.is_not(None) if batch.state is BatchState.UNDOING else _b.undone_ms.is_(None)
        done = self._tx.execute(
            sa.update(import_batches).where(_b.id == batch.id, _b.state == stored, undoing).values(values)
        )
        if done.rowcount != 1:
            raise WrongState("this import has gone on meanwhile")

    # --- columns --------------------------------------------------------------------------------------------

    def columns(self, account_id: int, header_digest: str) -> list[str] | None:
        """What the columns of a table with these headings were last time."""
        m = import_mappings.c
        row = self._tx.read(
            sa.select(m.mapping).where(m.account_id == account_id, m.header_digest == header_digest)
        ).first()
        return None if row is None else [str(one) for one in json.loads(row.mapping)]

    def remember_columns(self, account_id: int, header_digest: str, columns: Sequence[str]) -> None:
        """Keep that for the next table."""
        m = import_mappings.c
        self._tx.execute(sa.delete(import_mappings).where(m.account_id == account_id, m.header_digest == header_digest))
        row = {"account_id": account_id, "header_digest": header_digest, "mapping": _json(list(columns))}
        self._tx.execute(sa.insert(import_mappings), {**row, "used_ms": self._now_ms})

    # --- who is known ---------------------------------------------------------------------------------------

    def who_may_be(
        self, book_id: int, uids: Set[str], mails: Set[str], numbers: Set[str], groups: Set[str]
    ) -> dict[int, Kept]:
        """Who of a book has one of these UIDs, mail addresses, numbers or names of groups."""
        self._tx.flush()
        ids = {row.id for row in self._among(_BY_UID, uids, book_id)}
        ids |= {row.id for row in self._among(_BY_MAIL, mails, book_id)}
        match_keys = {match_key(number) for number in numbers}
        ids |= {row.id for row in self._among(_BY_NUMBER, match_keys, book_id) if row.number in numbers}
        if groups:
            ids |= {row.id for row in self._tx.ask(_GROUPS, {"book_id": book_id}) if row.name in groups}
        found: dict[int, Kept] = {}
        in_order = sorted(ids)
        for start in range(0, len(in_order), PAGE):
            for row in self._tx.ask_among(_KEPT, "ids", in_order[start : start + PAGE]):
                card = bytes(row.card)
                found[row.id] = Kept(row.href, contact_of(card), card)
        return found

    def _among(self, statement: sa.Select[Any], values: Set[str], book_id: int) -> list[Any]:
        wanted = sorted(values)
        rows: list[Any] = []
        for start in range(0, len(wanted), PAGE):
            rows += self._tx.ask_among(statement, "wanted", wanted[start : start + PAGE], book_id=book_id)
        return rows


def _batch(row: Any) -> Batch:
    given = json.loads(row.mapping)
    state = BatchState(row.state)
    if state is BatchState.RUNNING and row.undone_ms is not None:
        state = BatchState.UNDOING
    elif state is BatchState.WAITING and given.get("checking"):
        state = BatchState.CHECKING
    columns = given.get("columns")
    return Batch(
        id=row.id,
        account_id=row.account_id,
        book_id=row.book_id,
        file_name=row.file_name,
        kind=row.format,
        blob=row.blob,
        choices=Choices(given["doubles"], None if columns is None else tuple(columns), given.get("day_first")),
        state=state,
        counts=json.loads(row.counts),
        done_rows=row.done_rows,
        all_rows=row.all_rows,
        reason=row.reason,
        created_ms=row.created_ms,
        finished_ms=row.finished_ms,
        undone_ms=row.undone_ms,
    )


def _written(choices: Choices, *, checking: bool) -> str:
    return _json({**asdict(choices), "checking": checking})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
