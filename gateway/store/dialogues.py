"""What phones are being asked step by step: one dialogue for each phone."""

from __future__ import annotations

import json

import sqlalchemy as sa

from gateway.core.dialogues import Dialogue
from gateway.store.database import Transaction
from gateway.store.schema import dialogues

_SAVE = sa.text(
    "INSERT INTO dialogues (number, kind, step, answers, language, access_number, began_ms, changed_ms, expires_ms) "
    "VALUES (:number, :kind, :step, :answers, :language, :access_number, :now, :now, :expires_ms) "
    "ON CONFLICT (number) DO UPDATE SET kind = excluded.kind, step = excluded.step, answers = excluded.answers, "
    "language = excluded.language, access_number = excluded.access_number, changed_ms = excluded.changed_ms, "
    "expires_ms = excluded.expires_ms"
)
_OF = sa.select(dialogues).where(dialogues.c.number == sa.bindparam("number"))


class Dialogues:
    """Dialogues within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def of(self, number: str) -> Dialogue | None:
        """The dialogue a phone is in; one whose time is over counts until it is ended."""
        row = self._tx.ask(_OF, {"number": number}).first()
        if row is None:
            return None
        return Dialogue(
            row.number, row.kind, row.step, json.loads(row.answers), row.language, row.access_number, row.expires_ms
        )

    def save(self, dialogue: Dialogue) -> None:
        """Begin a dialogue, or go on with it."""
        self._tx.execute(
            _SAVE,
            {
                "number": dialogue.number,
                "kind": dialogue.kind,
                "step": dialogue.step,
                "answers": json.dumps(dialogue.answers, ensure_ascii=False),
                "language": dialogue.language,
                "access_number": dialogue.access_number,
                "now": self._now_ms,
                "expires_ms": dialogue.expires_ms,
            },
        )

    def end(self, number: str) -> None:
        """The dialogue of a phone is over."""
        self._tx.execute(sa.delete(dialogues).where(dialogues.c.number == number))

    def overdue(self, limit: int = 100) -> list[Dialogue]:
        """Dialogues in which the phone has been silent too long."""
        rows = self._tx.read(
            sa.select(dialogues.c.number)
            .where(dialogues.c.expires_ms <= self._now_ms)
            .order_by(dialogues.c.expires_ms)
            .limit(limit)
        )
        found = (self.of(number) for number in rows.scalars().all())
        return [one for one in found if one is not None]
