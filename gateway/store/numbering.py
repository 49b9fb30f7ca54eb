"""Whose a number is: the table that comes with the hub, what was imported over it, and ported numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from importlib import resources

import sqlalchemy as sa

from gateway.core.ids import first_id_at
from gateway.core.numbering import NumberRange, Ported, read_ranges
from gateway.store.database import Transaction
from gateway.store.schema import number_ranges, ported_numbers

#: Ported numbers read at once: what a page costs the loop that takes it in is a few milliseconds.
PAGE = 20_000
#: How far ids of different processes may be committed out of their order.
OVERLAP_MS = 60_000

_PORT = sa.text(
    "INSERT INTO ported_numbers (number, id, operator, source, dated) "
    "VALUES (:number, :id, :operator, :source, :dated) ON CONFLICT (number) DO UPDATE SET "
    "id = excluded.id, operator = excluded.operator, source = excluded.source, dated = excluded.dated"
)
_PORTED_SINCE = (
    sa.select(ported_numbers.c.id, ported_numbers.c.number, ported_numbers.c.operator)
    .where(ported_numbers.c.id > sa.bindparam("after"))
    .order_by(ported_numbers.c.id)
    .limit(sa.bindparam("page"))
)


@functools.cache
def built_in() -> tuple[NumberRange, ...]:
    """The ranges that come with the hub."""
    text = resources.files("gateway.core").joinpath("numbers.csv").read_text(encoding="utf-8")
    return tuple(read_ranges(text.splitlines()))


class Numbers:
    """Ranges and ported numbers within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def ranges(self) -> list[NumberRange]:
        """What was imported, by beginning."""
        rows = self._tx.read(sa.select(number_ranges).order_by(number_ranges.c.prefix))
        return [NumberRange(row.prefix, row.country, row.operator, row.kind, row.source, row.dated) for row in rows]

    def set_ranges(self, wanted: Sequence[NumberRange]) -> None:
        """Replace what was imported before."""
        self._tx.execute(sa.delete(number_ranges))
        if wanted:
            self._tx.execute(sa.insert(number_ranges), [line._asdict() for line in wanted])

    def port(self, numbers: Iterable[Ported]) -> int:
        """Note ported numbers, each in place of what was known of it; returns how many."""
        rows = [{**line._asdict(), "id": self._new_id()} for line in numbers]
        if rows:
            self._tx.execute(_PORT, rows)
        return len(rows)

    def ported(self, number: str) -> Ported | None:
        """What is known of a number, also that it came back."""
        row = self._tx.read(sa.select(ported_numbers).where(ported_numbers.c.number == number)).first()
        return None if row is None else Ported(row.number, row.operator, row.source, row.dated)

    def ported_since(self, upto: int) -> tuple[list[tuple[str, str]], int, bool]:
        """A page of (number, operator) changed since, where the next begins, and whether there is one.

        What is at the end is read again for a minute: another process may commit an older id later.
        """
        rows = self._tx.ask(_PORTED_SINCE, {"after": upto, "page": PAGE})
        if len(rows) == PAGE:
            return [(row.number, row.operator) for row in rows], rows[-1].id, True
        last = rows[-1].id if rows else upto
        settled = first_id_at(self._now_ms - OVERLAP_MS)
        return [(row.number, row.operator) for row in rows], max(upto, min(last, settled)), False
