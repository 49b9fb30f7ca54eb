"""Statements compiled once and given to the driver as they are.

SQLAlchemy goes through a statement, its parameters and its result again at every call: 60 to 80 µs where SQLite answers
in 5. What runs for every message or mail is a module constant, compiled here once per dialect; our columns need none
of SQLAlchemy's conversions but one (SQLite has no booleans).
"""

from __future__ import annotations

import operator
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
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
_QUESTIONS: dict[tuple[int, str, int], Question] = {}


def write(statement: sa.Executable, dialect: sa.Dialect, row: Row) -> tuple[str, Arrange]:
    """The SQL of a deferred statement and what makes driver parameters of a row with these keys."""
    key = (id(statement), dialect.name, tuple(row))
    found = _WRITES.get(key)
    if found is None:
        compiled = statement.compile(dialect=dialect, column_keys=list(row))  # type: ignore[attr-defined]
        found = _WRITES[key] = str(compiled), _arranging(_places(compiled), compiled.params, list(row))
    return found


def question(statement: sa.Select[Any], dialect: sa.Dialect) -> Question:
    """A SELECT that is a module constant and compares with no list."""
    key = (id(statement), dialect.name, 0)
    found = _QUESTIONS.get(key)
    if found is None:
        compiled = statement.compile(dialect=dialect)
        given = [name for name, value in compiled.params.items() if value is None]
        arrange = _arranging(_places(compiled), compiled.params, given)
        found = _QUESTIONS[key] = Question(str(compiled), arrange, _maker(statement, dialect))
    return found


def question_of_list(
    statement: sa.Select[Any], dialect: sa.Dialect, name: str, values: Sequence[Any], more: Row
) -> tuple[Question, Row]:
    """As `question`, for one that compares with a list of at least one value; and its parameters.

    It is compiled once for every power of two; the last value fills the places that are left.
    """
    size = 1 << (len(values) - 1).bit_length()
    names = [f"{name}_{n}" for n in range(1, size + 1)]
    key = (id(statement), dialect.name, size)
    found = _QUESTIONS.get(key)
    if found is None:
        # The values only say how many there are; those that are given at each call take their places.
        compiled = statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state({**dict.fromkeys(more, ""), name: [""] * size})
        arrange = _arranging(state.positiontup, state.parameters, [*more, *names])
        found = _QUESTIONS[key] = Question(state.statement, arrange, _maker(statement, dialect))
    padded = [*values, *[values[-1]] * (size - len(values))]
    return found, {**more, **dict(zip(names, padded, strict=True))}


def _places(compiled: Any) -> Sequence[str] | None:
    """The names in the order of their numbered places; None where the driver takes them by name."""
    return compiled.positiontup if compiled.positional else None


def _arranging(places: Sequence[str] | None, parameters: Row, given: list[str]) -> Arrange:
    fixed = {name: value for name, value in parameters.items() if value is not None and name not in given}
    if places is None:
        return (lambda row: {**fixed, **row}) if fixed else dict
    if fixed:
        return lambda row: tuple(fixed[n] if n in fixed else row[n] for n in places)
    if not places:
        return lambda row: ()
    if len(places) == 1:
        (only,) = places
        return lambda row: (row[only],)
    return operator.itemgetter(*places)


def _maker(statement: sa.Select[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    columns = statement.selected_columns
    kind: Any = namedtuple  # its fields are known only here
    make: Callable[[Any], Any] = kind("Row", tuple(columns.keys()))._make
    booleans = {n for n, column in enumerate(columns) if isinstance(column.type, sa.Boolean)}
    if not booleans or dialect.name != "sqlite":
        return make
    return lambda row: make(bool(value) if n in booleans else value for n, value in enumerate(row))
