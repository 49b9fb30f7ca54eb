"""Statements compiled once and given to the driver as they are.

SQLAlchemy goes through a statement, its parameters and its result again at every call: 60 to 80 µs where SQLite answers
in 5. What runs for every message or mail is a module constant, compiled here once per dialect; our columns need none
of SQLAlchemy's conversions but one (SQLite has no booleans).
"""

from __future__ import annotations

import operator
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

Row = Mapping[str, Any]
#: What the driver wants of a row: a tuple for numbered parameters, a mapping for named ones.
Arrange = Callable[[Row], Any]


class Rows(list[Any]):
    """The rows of an answer, as named tuples."""

    def first(self) -> Any:
        """The first row; None when there is none."""
        return self[0] if self else None

    def scalar(self) -> Any:
        """The first column of the first row; None when there is none."""
        return self[0][0] if self else None

    def scalars(self) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self]


@dataclass(frozen=True, slots=True)
class Question:
    """A SELECT, ready for one driver."""

    sql: str
    arrange: Arrange
    make: Callable[[Any], Any]  # a driver's row -> a named tuple


_WRITES: dict[tuple[int, str, tuple[str, ...]], tuple[str, Arrange]] = {}
_QUESTIONS: dict[tuple[int, str], Question] = {}


def write(statement: sa.Executable, dialect: sa.Dialect, row: Row) -> tuple[str, Arrange]:
    """The SQL of a deferred statement and what makes driver parameters of a row with these keys."""
    key = (id(statement), dialect.name, tuple(row))
    found = _WRITES.get(key)
    if found is None:
        compiled = statement.compile(dialect=dialect, column_keys=list(row))  # type: ignore[attr-defined]
        found = _WRITES[key] = str(compiled), _arranging(compiled, list(row))
    return found


def question(statement: sa.Select[Any], dialect: sa.Dialect) -> Question:
    """A SELECT that is a module constant; it must compare with no list (those are written anew for each length)."""
    key = (id(statement), dialect.name)
    found = _QUESTIONS.get(key)
    if found is None:
        compiled = statement.compile(dialect=dialect)
        columns = statement.selected_columns
        given = [name for name, value in compiled.params.items() if value is None]
        booleans = {n for n, column in enumerate(columns) if isinstance(column.type, sa.Boolean)}
        make = _maker(tuple(columns.keys()), frozenset(booleans) if dialect.name == "sqlite" else frozenset())
        found = _QUESTIONS[key] = Question(str(compiled), _arranging(compiled, given), make)
    return found


def _arranging(compiled: Any, given: list[str]) -> Arrange:
    fixed = {name: value for name, value in compiled.params.items() if value is not None and name not in given}
    if not compiled.positional:
        return (lambda row: {**fixed, **row}) if fixed else dict
    names = compiled.positiontup
    if fixed:
        return lambda row: tuple(fixed[n] if n in fixed else row[n] for n in names)
    if not names:
        return lambda row: ()
    if len(names) == 1:
        (only,) = names
        return lambda row: (row[only],)
    return operator.itemgetter(*names)


def _maker(names: tuple[str, ...], booleans: frozenset[int]) -> Callable[[Any], Any]:
    kind: Any = namedtuple  # its fields are known only here
    make: Callable[[Any], Any] = kind("Row", names)._make
    if not booleans:
        return make
    return lambda row: make(bool(value) if n in booleans else value for n, value in enumerate(row))
