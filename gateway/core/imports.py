"""The vocabulary of imports: a batch is one file on its way into a book, and can be taken back as one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from gateway.core.errors import Conflict

#: Batches an account may have that wait or run.
MAX_OPEN: Final = 10


class BatchState(StrEnum):
    """Where a batch is."""

    CHECKING = "checking"  # being looked at; nothing comes in
    CHECKED = "checked"  # looked at, not begun
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # what came in before stays, and can be taken back
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def is_open(self) -> bool:
        """Is there something left to do?"""
        return self in (BatchState.CHECKING, BatchState.WAITING, BatchState.RUNNING, BatchState.UNDOING)


#: How long a file that was looked at waits to be let in, milliseconds.
CHECKED_MS: Final = 7 * 86_400_000


class WrongState(Conflict):
    """The import is not where this can be done with it."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a member has chosen for a file."""

    doubles: str  # what becomes of who is known already: skip | merge | replace | add
    columns: tuple[str, ...] | None  # what the columns of a table are; None: as they were told
    day_first: bool | None  # how 3/4/1985 is meant; None: as the file tells


@dataclass(frozen=True, slots=True)
class Batch:
    """A file on its way into a book."""

    id: int
    account_id: int
    book_id: int
    file_name: str
    kind: str  # of the file: vcard, ldif, csv-google …; "" until it was looked at
    blob: str  # where the file lies; "" once it is not needed any more
    choices: Choices
    state: BatchState
    counts: dict[str, Any]  # what became of the entries; asides and findings with their lines
    done_rows: int
    all_rows: int
    reason: str  # why it failed
    created_ms: int
    finished_ms: int | None
    undone_ms: int | None
