"""Which mails of a mailbox have certain words: an index of pairs of characters, kept beside the mails.

Every word is kept with the number of its mailbox in front, so that a question touches what its mailbox has and nothing
else, however many others there are. With SQLite the index is a file of its own (FTS5), which never keeps mail waiting;
with PostgreSQL it is the table mail_words (tsvector under GIN). Mails are found by their ids, the newest first.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa

from gateway.core.errors import StoreUnavailable
from gateway.core.search_words import FIELDS, Field, SearchText, Wanted, words_of
from gateway.store.database import Store, Transaction
from gateway.store.schema import mail_words

#: Grows when words are made otherwise: the file is made anew then.
VERSION: Final = 2
#: Of the biggest id there can be: no mail is newer.
_NEWEST: Final = 2**63 - 1
#: Words of all fields of a mail; PostgreSQL knows no place beyond 16 383.
_MAX_PLACES: Final = 16_000
#: Places between two fields, so that no row of words goes over from one to the next.
_GAP: Final = 50
_WEIGHTS: Final = {Field.SENDER: "A", Field.SUBJECT: "B", Field.FILES: "C", Field.BODY: "D", Field.ANY: ""}
_BUSY_S: Final = 30.0
#: The newest mails that are read through for a single character; one that is in few of them is quicker by the index.
_READ_THROUGH: Final = 300
_FORGET_AT_ONCE: Final = 500
_READ: Final = "BEGIN"

#: (mail, mailbox, its text)
Indexed = tuple[int, int, SearchText]


class Search(Protocol):
    """The index. Calls wait for the disk or the server: they belong in threads. They raise StoreUnavailable."""

    def add(self, mails: Sequence[Indexed]) -> None:
        """Let these be found; what was known of them before counts no more."""

    def remove(self, mail_ids: Sequence[int]) -> None:
        """Let these be found no more."""

    def forget(self, mailbox_ids: Sequence[int]) -> None:
        """Forget mailboxes that are gone."""

    def find(self, mailbox_id: int, wanted: Sequence[Wanted], *, before: int = _NEWEST, limit: int = 100) -> list[int]:
        """Mails of a mailbox that have all that is wanted, with an id below `before`, the newest first."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever added: then all mails have to be read again."""

    def close(self) -> None:
        """Let go of every connection."""


def open_search(store: Store) -> Search:
    """The index that belongs to a store."""
    return FileSearch(Path(store.data_dir) / "search.db") if store.is_sqlite else ServerSearch(store)


class FileSearch:
    """An FTS5 index in a file, which is opened when it is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._lock = threading.Lock()
        self._is_ready = False

    def add(self, mails: Sequence[Indexed]) -> None:
        """Let these be found."""
        with self._connection() as connection:
            _remove(connection, [mail_id for mail_id, *_ in mails])
            for mail_id, mailbox_id, text in mails:
                kept = zlib.compress(json.dumps([text.of(field) for field in FIELDS], ensure_ascii=False).encode())
                connection.execute("INSERT INTO texts VALUES (?, ?, ?)", (mail_id, mailbox_id, kept))
                connection.execute(
                    "INSERT INTO words (rowid, sender, subject, body, files) VALUES (?, ?, ?, ?, ?)",
                    (mail_id, *_columns(mailbox_id, text)),
                )

    def remove(self, mail_ids: Sequence[int]) -> None:
        """Let these be found no more."""
        with self._connection() as connection:
            _remove(connection, mail_ids)

    def forget(self, mailbox_ids: Sequence[int]) -> None:
        """Forget mailboxes, so many mails at once that others need not wait long."""
        for mailbox_id in mailbox_ids:
            left = True
            while left:
                with self._connection() as connection:
                    asked = "SELECT mail_id FROM texts WHERE mailbox_id = ? LIMIT ?"
                    ids = [row[0] for row in connection.execute(asked, (mailbox_id, _FORGET_AT_ONCE))]
                    _remove(connection, ids)
                    left = bool(ids)

    def find(self, mailbox_id: int, wanted: Sequence[Wanted], *, before: int = _NEWEST, limit: int = 100) -> list[int]:
        """Mails that have all that is wanted, the newest first."""
        if not wanted:
            return []
        question = " AND ".join(_fts(mailbox_id, one) for one in wanted)
        with self._connection(_READ) as connection:
            if len(wanted) == 1 and len(wanted[0].words) == 1 and len(wanted[0].words[0]) == 1:
                found = _read_through(connection, mailbox_id, wanted[0], before, limit)
                if len(found) >= limit:
                    return found
            rows = connection.execute(
                "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
                (question, before, limit),
            ).fetchall()
        return [row[0] for row in rows]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever added."""
        with self._connection(_READ) as connection:
            return connection.execute("SELECT 1 FROM texts LIMIT 1").fetchone() is None

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """A connection in a transaction; who only asks begins with `BEGIN`, and waits for nobody.

        A writer that began as a reader would meet SQLITE_BUSY, which no waiting cures, when another was quicker.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        try:
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.close()
            raise StoreUnavailable(f"the index of words did not answer: {error}") from error
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            with self._lock:
                if not self._is_ready:
                    _make(connection)
                    self._is_ready = True
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the index of words cannot be opened: {error}") from error
        return connection


class ServerSearch:
    """The table mail_words of PostgreSQL."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, mails: Sequence[Indexed]) -> None:
        """Let these be found."""
        rows = [{"mail_id": mail_id, "words": _vector(mailbox_id, text)} for mail_id, mailbox_id, text in mails]

        def work(tx: Transaction) -> None:
            tx.execute(sa.delete(mail_words).where(mail_words.c.mail_id.in_([row["mail_id"] for row in rows])))
            if rows:
                tx.execute(
                    sa.text("INSERT INTO mail_words (mail_id, words) VALUES (:mail_id, CAST(:words AS tsvector))"), rows
                )

        self._store.run_now(work)

    def remove(self, mail_ids: Sequence[int]) -> None:
        """Let these be found no more."""
        self._store.run_now(
            lambda tx: tx.execute(sa.delete(mail_words).where(mail_words.c.mail_id.in_(list(mail_ids))))
        )

    def forget(self, mailbox_ids: Sequence[int]) -> None:
        """Forget mailboxes: what has any word of theirs."""
        asked = sa.text("DELETE FROM mail_words WHERE words @@ CAST(:question AS tsquery)")
        for mailbox_id in mailbox_ids:
            question = f"'{_salted(mailbox_id, '')}':*"
            self._store.run_now(lambda tx, question=question: tx.execute(asked, {"question": question}))  # type: ignore[misc]

    def find(self, mailbox_id: int, wanted: Sequence[Wanted], *, before: int = _NEWEST, limit: int = 100) -> list[int]:
        """Mails that have all that is wanted, the newest first."""
        if not wanted:
            return []
        question = " & ".join(_tsquery(mailbox_id, one) for one in wanted)
        # The mails found are sorted after all of them were found: else the server may read every mail from the newest
        # on, of all mailboxes, in the hope of meeting one.
        asked = sa.text(
            "WITH found AS MATERIALIZED (SELECT mail_id FROM mail_words WHERE words @@ CAST(:question AS tsquery)) "
            "SELECT mail_id FROM found WHERE mail_id < :before ORDER BY mail_id DESC LIMIT :limit"
        )
        values = {"question": question, "before": before, "limit": limit}
        return self._store.read_now(lambda tx: list(tx.read(asked, values).scalars()))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever added."""
        return self._store.read_now(lambda tx: tx.read(sa.select(mail_words.c.mail_id).limit(1)).first() is None)

    def close(self) -> None:
        """The store closes its own connections."""


def _make(connection: sqlite3.Connection) -> None:
    """The tables, made anew where words were made otherwise before."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:  # another process may have been quicker
        connection.execute("DROP TABLE IF EXISTS words")
        connection.execute("DROP TABLE IF EXISTS texts")
        # Words come ready, divided by blanks; whatever is not a blank belongs to a word.
        connection.execute(
            "CREATE VIRTUAL TABLE words USING fts5(sender, subject, body, files, content='', "
            "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
        )
        # An index without contents forgets a mail only when it is told what it had.
        connection.execute("CREATE TABLE texts (mail_id INTEGER PRIMARY KEY, mailbox_id INTEGER, text BLOB)")
        connection.execute("CREATE INDEX texts_of_mailboxes ON texts (mailbox_id, mail_id)")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _remove(connection: sqlite3.Connection, mail_ids: Iterable[int]) -> None:
    for mail_id in mail_ids:
        row = connection.execute("SELECT mailbox_id, text FROM texts WHERE mail_id = ?", (mail_id,)).fetchone()
        if row is None:
            continue
        text = SearchText(**dict(zip(FIELDS, json.loads(zlib.decompress(row[1])), strict=True)))
        connection.execute(
            "INSERT INTO words (words, rowid, sender, subject, body, files) VALUES ('delete', ?, ?, ?, ?, ?)",
            (mail_id, *_columns(row[0], text)),
        )
        connection.execute("DELETE FROM texts WHERE mail_id = ?", (mail_id,))


def _read_through(
    connection: sqlite3.Connection, mailbox_id: int, wanted: Wanted, before: int, limit: int
) -> list[int]:
    """Which of the newest mails have a word that begins so: what most of them have costs much by the index."""
    found: list[int] = []
    rows = connection.execute(
        "SELECT mail_id, text FROM texts WHERE mailbox_id = ? AND mail_id < ? ORDER BY mail_id DESC LIMIT ?",
        (mailbox_id, before, _READ_THROUGH),
    )
    (start,) = wanted.words
    for mail_id, kept in rows:
        texts = dict(zip(FIELDS, json.loads(zlib.decompress(kept)), strict=True))
        among = [texts[wanted.field]] if wanted.field else texts.values()
        if any(word.startswith(start) for text in among for word in words_of(text)):
            found.append(mail_id)
            if len(found) == limit:
                break
    return found


def _salted(mailbox_id: int, word: str) -> str:
    """A word of a mailbox; no hexadecimal number has a z."""
    return f"{mailbox_id:x}z{word}"


def _columns(mailbox_id: int, text: SearchText) -> list[str]:
    return [" ".join(_salted(mailbox_id, word) for word in words_of(text.of(field))) for field in FIELDS]


def _fts(mailbox_id: int, wanted: Wanted) -> str:
    phrase = " + ".join(f'"{_salted(mailbox_id, word)}"' for word in wanted.words)
    column = f"{wanted.field.value} : " if wanted.field else ""
    return f"({column}{phrase}{' *' if wanted.is_open else ''})"


def _vector(mailbox_id: int, text: SearchText) -> str:
    places: dict[str, list[str]] = {}
    place = 0
    for field in FIELDS:
        for word in words_of(text.of(field)):
            place += 1
            if place > _MAX_PLACES:
                break
            places.setdefault(word, []).append(f"{place}{_WEIGHTS[field]}")
        place += _GAP
    return " ".join(f"'{_salted(mailbox_id, word)}':{','.join(at)}" for word, at in places.items())


def _tsquery(mailbox_id: int, wanted: Wanted) -> str:
    marks = [_WEIGHTS[wanted.field]] * len(wanted.words)
    if wanted.is_open:
        marks[-1] += "*"
    words = [
        f"'{_salted(mailbox_id, word)}'" + (f":{mark}" if mark else "")
        for word, mark in zip(wanted.words, marks, strict=True)
    ]
    return f"({' <-> '.join(words)})"
