"""Drafts and signatures within one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.drafts import MAX_DRAFTS, Draft, DraftFile, DraftState, DraftText, Signature
from gateway.core.errors import Conflict, NotFound
from gateway.store.database import Transaction
from gateway.store.schema import draft_files, drafts, signatures

DAY_MS: Final = 86_400_000
_TEXT_FIELDS: Final = tuple(field.name for field in dataclasses.fields(DraftText))
_IS_LEAVING: Final = sa.text("drafts.state = 'leaving'")


class Drafts:
    """Mails being written; every question names the account whose they are, but for those of the chore."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def save(self, account_id: int, content: DraftText, draft_id: int = 0) -> int:
        """Keep what is being written; a new draft for id 0. Raises NotFound, and Conflict for too many of them."""
        values = {name: getattr(content, name) for name in _TEXT_FIELDS} | {"changed_ms": self._now_ms, "trouble": ""}
        if draft_id:
            changed = self._tx.execute(sa.update(drafts).where(*_being_written(account_id, draft_id)).values(values))
            if not changed.rowcount:
                raise NotFound("This draft is not there any more.")
            return draft_id
        if self.count(account_id) >= MAX_DRAFTS:
            raise Conflict("There are too many drafts. Delete some of them.")
        draft_id = self._new_id()
        self._tx.execute(
            sa.insert(drafts),
            values | {"id": draft_id, "account_id": account_id, "state": DraftState.WRITING, "due_ms": 0},
        )
        return draft_id

    def attach(self, account_id: int, draft_id: int, files: Sequence[DraftFile]) -> None:
        """Put files to a draft. Raises NotFound."""
        if self._row(account_id, draft_id) is None:
            raise NotFound("This draft is not there any more.")
        for file in files:
            self._tx.execute(sa.insert(draft_files), dataclasses.asdict(file) | {"draft_id": draft_id})

    def detach(self, account_id: int, draft_id: int, file_id: int) -> None:
        """Take a file away from a draft; its octets are swept with other strays."""
        if self._row(account_id, draft_id) is not None:
            self._tx.execute(
                sa.delete(draft_files).where(draft_files.c.id == file_id, draft_files.c.draft_id == draft_id)
            )

    def send(self, account_id: int, draft_id: int, due_ms: int) -> bool:
        """It leaves at that time, unless it is taken back; False when it is not being written."""
        return self._step(account_id, draft_id, DraftState.WRITING, DraftState.LEAVING, due_ms)

    def take_back(self, account_id: int, draft_id: int) -> bool:
        """It does not leave; False when it has left."""
        return self._step(account_id, draft_id, DraftState.LEAVING, DraftState.WRITING, 0)

    def discard(self, account_id: int, draft_id: int) -> bool:
        """Throw a draft away; False when it is not being written."""
        if not self._tx.read(sa.select(drafts.c.id).where(*_being_written(account_id, draft_id))).first():
            return False
        self._tx.execute(sa.delete(draft_files).where(draft_files.c.draft_id == draft_id))
        self._tx.execute(sa.delete(drafts).where(drafts.c.id == draft_id))
        return True

    def get(self, account_id: int, draft_id: int) -> Draft | None:
        """A draft with its files; None for one that is not the account's, or has left."""
        row = self._row(account_id, draft_id)
        return None if row is None or row["state"] == DraftState.LEFT else _draft(row, self._files(draft_id))

    def of(self, account_id: int, state: DraftState, limit: int = 100) -> list[Draft]:
        """Drafts of an account without their files: the newest first, those that leave in the order they do."""
        order = drafts.c.due_ms if state is DraftState.LEAVING else drafts.c.changed_ms.desc()
        statement = (
            sa.select(drafts)
            .where(drafts.c.account_id == account_id, drafts.c.state == state)
            .order_by(order)
            .limit(limit)
        )
        return [_draft(row, ()) for row in self._tx.read(statement).mappings()]

    def count(self, account_id: int) -> int:
        """Drafts of an account that have not left."""
        return int(
            self._tx.read(
                sa.select(sa.func.count())
                .select_from(drafts)
                .where(drafts.c.account_id == account_id, drafts.c.state != DraftState.LEFT)
            ).scalar_one()
        )

    def sent_since(self, account_id: int, since_ms: int) -> int:
        """Mails of an account that left, or are about to."""
        return int(
            self._tx.read(
                sa.select(sa.func.count())
                .select_from(drafts)
                .where(
                    drafts.c.account_id == account_id,
                    drafts.c.state.in_((DraftState.LEAVING, DraftState.LEFT)),
                    drafts.c.changed_ms >= since_ms,
                )
            ).scalar_one()
        )

    # --- leaving --------------------------------------------------------------------------------------------

    def due(self, limit: int = 20) -> list[Draft]:
        """Drafts of all accounts whose time to leave has come, with their files."""
        rows = self._tx.read(
            sa.select(drafts).where(_IS_LEAVING, drafts.c.due_ms <= self._now_ms).order_by(drafts.c.due_ms).limit(limit)
        ).mappings()
        return [_draft(row, self._files(row["id"])) for row in rows]

    def leave(self, draft_id: int) -> bool:
        """It leaves with this transaction; False when it was taken back, or another process has sent it."""
        gone = self._tx.execute(
            sa.update(drafts)
            .where(drafts.c.id == draft_id, _IS_LEAVING, drafts.c.due_ms <= self._now_ms)
            .values(state=DraftState.LEFT, changed_ms=self._now_ms, text="", to="", cc="", bcc="", subject="")
        )
        if not gone.rowcount:
            return False
        self._tx.execute(sa.delete(draft_files).where(draft_files.c.draft_id == draft_id))
        return True

    def come_back(self, draft_id: int, trouble: str) -> None:
        """It cannot leave: a draft again, which says why."""
        self._tx.execute(
            sa.update(drafts)
            .where(drafts.c.id == draft_id, _IS_LEAVING)
            .values(state=DraftState.WRITING, due_ms=0, changed_ms=self._now_ms, trouble=trouble[:500])
        )

    def forget_left(self, limit: int = 500) -> int:
        """Forget what left more than a day ago; returns how many."""
        old = self._tx.read(
            sa.select(drafts.c.id)
            .where(drafts.c.state == DraftState.LEFT, drafts.c.changed_ms < self._now_ms - DAY_MS)
            .limit(limit)
        ).scalars()
        ids = list(old)
        if ids:
            self._tx.execute(sa.delete(drafts).where(drafts.c.id.in_(ids)))
        return len(ids)

    # --- signatures -----------------------------------------------------------------------------------------

    def signatures(self, account_id: int) -> list[Signature]:
        """The signatures of an account, in their places."""
        rows = self._tx.read(
            sa.select(signatures).where(signatures.c.account_id == account_id).order_by(signatures.c.place)
        )
        return [Signature(row.place, row.name, row.text, bool(row.is_default)) for row in rows]

    def set_signatures(self, account_id: int, all_of_them: Sequence[Signature]) -> None:
        """These are the signatures from now on."""
        self._tx.execute(sa.delete(signatures).where(signatures.c.account_id == account_id))
        for signature in all_of_them:
            self._tx.execute(
                sa.insert(signatures),
                dataclasses.asdict(signature) | {"id": self._new_id(), "account_id": account_id},
            )

    # --- inside ---------------------------------------------------------------------------------------------

    def _row(self, account_id: int, draft_id: int) -> sa.RowMapping | None:
        return (
            self._tx.read(sa.select(drafts).where(drafts.c.id == draft_id, drafts.c.account_id == account_id))
            .mappings()
            .first()
        )

    def _files(self, draft_id: int) -> tuple[DraftFile, ...]:
        rows = self._tx.read(
            sa.select(draft_files).where(draft_files.c.draft_id == draft_id).order_by(draft_files.c.id)
        )
        return tuple(DraftFile(row.id, row.name, row.media_type, row.size_octets, row.blob) for row in rows)

    def _step(self, account_id: int, draft_id: int, before: DraftState, after: DraftState, due_ms: int) -> bool:
        return bool(
            self._tx.execute(
                sa.update(drafts)
                .where(drafts.c.id == draft_id, drafts.c.account_id == account_id, drafts.c.state == before)
                .values(state=after, due_ms=due_ms, changed_ms=self._now_ms)
            ).rowcount
        )


def _being_written(account_id: int, draft_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return drafts.c.id == draft_id, drafts.c.account_id == account_id, drafts.c.state == DraftState.WRITING


def _draft(row: sa.RowMapping, files: tuple[DraftFile, ...]) -> Draft:
    content: dict[str, Any] = {name: row[name] for name in _TEXT_FIELDS}
    content["is_forward"] = bool(content["is_forward"])
    return Draft(
        id=row["id"],
        account_id=row["account_id"],
        state=DraftState(row["state"]),
        due_ms=row["due_ms"],
        content=DraftText(**content),
        changed_ms=row["changed_ms"],
        trouble=row["trouble"],
        files=files,
    )
