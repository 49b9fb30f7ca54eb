"""Black and white lists of numbers, and words no text may hold."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from gateway.core.lists import Entry, ListKind, Scope
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import forbidden_words, number_lists


class NumberLists:
    """Lists within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def entries(self) -> list[Entry]:
        """Every entry, oldest first."""
        return [
            Entry(row.id, ListKind(row.kind), Scope(row.scope), row.scope_id, row.pattern, row.reason)
            for row in self._tx.read(sa.select(number_lists).order_by(number_lists.c.id))
        ]

    def add(self, kind: ListKind, scope: Scope, scope_id: int, pattern: str, reason: str = "") -> int:
        """Put a pattern on a list; what was there under it is replaced. Returns the entry's id."""
        self.remove(kind, scope, scope_id, pattern)
        entry_id = self._new_id()
        self._tx.execute(
            sa.insert(number_lists),
            {
                "id": entry_id,
                "kind": kind.value,
                "scope": scope.value,
                "scope_id": scope_id,
                "pattern": pattern,
                "reason": fitting(reason, 255),
                "created_ms": self._now_ms,
            },
        )
        return entry_id

    def remove(self, kind: ListKind, scope: Scope, scope_id: int, pattern: str) -> bool:
        """Take a pattern off a list; False when it was not on it."""
        gone = self._tx.execute(
            sa.delete(number_lists).where(
                number_lists.c.kind == kind.value,
                number_lists.c.scope == scope.value,
                number_lists.c.scope_id == scope_id,
                number_lists.c.pattern == pattern,
            )
        ).rowcount
        return bool(gone)

    def words(self) -> list[str]:
        """The forbidden words."""
        return list(self._tx.read(sa.select(forbidden_words.c.word).order_by(forbidden_words.c.word)).scalars())

    def add_word(self, word: str) -> None:
        """Forbid a word."""
        self.remove_word(word)
        self._tx.execute(sa.insert(forbidden_words), {"word": word, "created_ms": self._now_ms})

    def remove_word(self, word: str) -> bool:
        """Allow a word again; False when it was not forbidden."""
        return bool(self._tx.execute(sa.delete(forbidden_words).where(forbidden_words.c.word == word)).rowcount)
