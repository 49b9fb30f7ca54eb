"""The database: one writer that commits for many, and readers beside it.

The lever is the batch. `commit_with_others(work)` puts a work into the queue of the one writer; the writer takes all
that wait, runs them in one transaction, commits once (one fsync) and then answers every caller. A work may say
`tx.defer(statement, row)` for a write whose result it does not need: all deferred rows of a batch go to the database
as one executemany per statement.

Who runs where. On SQLite the statements of a batch run on the event loop; only COMMIT, which waits for the disk, and a
BEGIN that has to wait for a lock run in a thread: sqlite3 releases the interpreter lock at every step of an
executemany, and a busy event loop would make the writing thread wait for it again each time (measured: a tenth of the
speed). On PostgreSQL the whole batch runs in the thread, because every statement waits for the network.

When a work raises. A work that has only deferred is simply left out. If it has written, or the batch fails at
the database (a unique key), the batch is rolled back and its works run again one by one, each in a savepoint, so that
the one at fault fails alone. **So a work may run twice: it must not touch anything but `tx`.**
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.pool import QueuePool

from gateway.core.errors import CaiyouError, ConfigError, StoreUnavailable
from gateway.store import durable, prepared
from gateway.store.prepared import Row, Rows
from gateway.store.schema import metadata

T = TypeVar("T")
#: How often a transaction had written, and how many rows waited of each statement.
Mark = tuple[int, dict[int, int]]

#: Works in one transaction. More would make the first wait for the last: 256 works of 40 µs are 10 ms.
MAX_BATCH = 256

#: How often a batch is run that PostgreSQL ends because of a lock held by another process.
CONFLICT_TRIES = 5
_CONFLICTS = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure

#: Page cache of the writer (SQLite), KiB: the indexes of a full store are touched all over.
WRITER_CACHE_KIB = 65_536

#: Seconds a reader or a slow writer waits for the lock of SQLite.
BUSY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where rows and files are kept."""

    #: SQLAlchemy URL: empty for SQLite in the data directory, or `postgresql+psycopg://user@host/name`.
    url: str = ""
    #: Directory for the SQLite file, mail bodies and Maildirs.
    data_dir: str = "var"
    #: Number of this process among all that share the store (0-511); ids carry it.
    node: int = 0
    #: Connections for reading.
    readers: int = 4


class WorkFailed(CaiyouError):
    """A reaction inside a work failed; it was undone and the rest of the work goes on."""


class _BatchPoisoned(Exception):
    """Something that was written cannot be undone alone: run the batch again, one by one."""


class Transaction:
    """One transaction on one connection, shared by the works of a batch."""

    __slots__ = ("_deferred", "_driver", "_driver_error", "_strict", "_written", "connection", "dialect")

    def __init__(self, connection: Connection, *, strict: bool = True) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self._driver: Any = connection.connection.dbapi_connection
        self._driver_error: type[Exception] = cast("Any", connection.dialect.loaded_dbapi).Error
        #: Rows that wait, by statement, statements in the order first named.
        self._deferred: dict[int, tuple[sa.Executable, list[Row]]] = {}
        self._written = 0
        self._strict = strict

    def defer(self, statement: sa.Executable, row: Row) -> None:
        """Write this row with the others of the batch; `statement` must be a module constant (it is the key)."""
        group = self._deferred.get(id(statement))
        if group is None:
            self._deferred[id(statement)] = (statement, [row])
        else:
            group[1].append(row)

    def flush(self) -> None:
        """Send what was deferred: one executemany per statement, statements in the order first named."""
        if not self._deferred:
            return
        groups, self._deferred = self._deferred, {}
        self._written += 1
        for statement, rows in groups.values():
            sql, arrange = prepared.write(statement, self.connection.dialect, rows[0])
            parameters = [arrange(row) for row in rows]
            try:
                self._driver.cursor().executemany(sql, parameters)
            except self._driver_error as error:
                raise self._as_sqlalchemy(sql, error) from error

    def flush_for(self, *statements: sa.Executable) -> None:
        """Flush when a row of one of these statements waits: for a read that must see them."""
        if any(id(statement) in self._deferred for statement in statements):
            self.flush()

    def flush_rows(self, statement: sa.Executable, column: str, value: object) -> None:
        """Flush when a row of this statement waits that has this value: for a read of just those rows."""
        group = self._deferred.get(id(statement))
        if group is not None and any(row[column] == value for row in group[1]):
            self.flush()

    def waiting(self, statement: sa.Executable) -> Sequence[Row]:
        """Rows deferred for a statement and not yet sent."""
        group = self._deferred.get(id(statement))
        return () if group is None else group[1]

    def ask(self, statement: sa.Select[Any], parameters: Row) -> Rows:
        """As `read`, for what is asked for every message: `statement` must be a module constant, compiled once."""
        return self._ask(prepared.question(statement, self.connection.dialect), parameters)

    def ask_among(self, statement: sa.Select[Any], name: str, values: Sequence[Any], **more: Any) -> Rows:
        """As `ask`, for a statement whose parameter `name` is a list (`expanding`); no rows for an empty one."""
        if not values:
            return Rows()
        return self._ask(*prepared.question_of_list(statement, self.connection.dialect, name, values, more))

    def _ask(self, asked: prepared.Question, parameters: Row) -> Rows:
        try:
            rows = self._driver.execute(asked.sql, asked.arrange(parameters)).fetchall()
        except self._driver_error as error:
            raise self._as_sqlalchemy(asked.sql, error) from error
        return Rows(map(asked.make, rows))

    def read(self, statement: sa.Executable, parameters: Row | None = None) -> CursorResult[Any]:
        """Ask, without seeing what this batch has deferred so far."""
        return cast("CursorResult[Any]", self.connection.execute(statement, parameters))

    def execute(self, statement: sa.Executable, parameters: Row | Sequence[Row] | None = None) -> CursorResult[Any]:
        """Write at once, after all that was deferred."""
        self.flush()
        self._written += 1
        return cast("CursorResult[Any]", self.connection.execute(statement, parameters))

    def attempt(self, reaction: Callable[[], T]) -> T:
        """Run a part that may fail without spoiling the rest. Raises WorkFailed from its error, undone."""
        if self._strict:
            self.flush()
            savepoint = self.connection.begin_nested()
            try:
                result = reaction()
                self.flush()
            except Exception as error:
                self._deferred = {}
                savepoint.rollback()
                raise WorkFailed(f"{type(error).__name__}: {error}") from error
            savepoint.commit()
            return result
        mark = self.mark()
        try:
            return reaction()
        except Exception as error:
            self.undo_to(mark, error)
            raise WorkFailed(f"{type(error).__name__}: {error}") from error

    def mark(self) -> Mark:
        """Where this transaction stands, for `undo_to`."""
        return self._written, {key: len(rows) for key, (_, rows) in self._deferred.items()}

    def undo_to(self, mark: Mark, error: Exception) -> None:
        """Forget what was deferred since `mark`; if anything was written since, the whole batch is poisoned."""
        written, lengths = mark
        if self._written != written:
            raise _BatchPoisoned from error
        # A statement first named since then is forgotten: the order of the statements is that of the rows kept.
        self._deferred = {key: group for key, group in self._deferred.items() if key in lengths}
        for key, length in lengths.items():
            del self._deferred[key][1][length:]

    def _as_sqlalchemy(self, sql: str, error: Exception) -> exc.DBAPIError:
        told = exc.DBAPIError.instance(sql, None, error, self._driver_error, dialect=self.connection.dialect)
        return cast("exc.DBAPIError", told)


@dataclass(slots=True)
class _Waiting:
    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]


@dataclass(slots=True)
class WriterFigures:
    """Counters of the writer, for the metrics page."""

    commits: int = 0
    works: int = 0
    replays: int = 0
    failures: int = 0


@dataclass(slots=True)
class Store:
    """The database of one process. Make it with `open_store`, close it with `close`."""

    engine: Engine
    data_dir: str
    figures: WriterFigures = field(default_factory=WriterFigures)
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _wake: asyncio.Event | None = None
    _writer: asyncio.Task[None] | None = None
    _writer_thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="store-writer")
    )
    _readers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(4, thread_name_prefix="store-reader")
    )
    _closing: bool = False
    _kept: Connection | None = None  # the writer's connection between two batches (SQLite)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    async def commit_with_others(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the next batch and return its result once the batch is on disk.

        Raises what the work raised, or StoreUnavailable when nothing was written. Cancelling the caller does not
        take the work back: it may be committed all the same.
        """
        if self._closing:
            raise StoreUnavailable("the store is closing")
        if self._writer is None:
            self._start_writer()
        assert self._wake is not None
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, future))
        self._wake.set()
        return await future

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work`, which only asks, in a thread with a connection of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Transaction], T]) -> T:
        """As `read`, in this thread. Raises StoreUnavailable when the database does not answer."""
        try:
            with self.engine.connect() as connection, connection.begin():
                return work(Transaction(connection))
        except (exc.OperationalError, exc.InterfaceError) as error:
            raise StoreUnavailable(f"the store did not answer: {error.orig}") from error

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Run a slow writing `work` alone, in a thread, in a transaction of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.run_now, work)

    def run_now(self, work: Callable[[Transaction], T]) -> T:
        """As `run`, in this thread (command line, migrations, tests)."""
        try:
            with self.engine.connect() as plain:
                connection = plain.execution_options(caiyou_write=True)
                with connection.begin():
                    tx = Transaction(connection)
                    result = work(tx)
                    tx.flush()
                    return result
        except exc.OperationalError as error:
            raise StoreUnavailable(f"the store did not take it: {error.orig}") from error

    async def close(self) -> None:
        """Commit what waits, then let go of every connection."""
        self._closing = True
        if self._writer is not None and self._wake is not None:
            self._wake.set()
            await self._writer
        self._writer_thread.shutdown()
        self._readers.shutdown()
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self.engine.dispose()

    # --- the writer -----------------------------------------------------------------------------------------

    def _start_writer(self) -> None:
        self._wake = asyncio.Event()
        self._writer = asyncio.create_task(self._write_batches(), name="store-writer")

    async def _write_batches(self) -> None:
        assert self._wake is not None
        while True:
            if not self._waiting:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
            try:
                results = await self._write(batch)
            except BaseException as error:
                if not isinstance(error, Exception):
                    raise
                self.figures.failures += 1
                results = [_translated(error)] * len(batch)
            for waiting, result in zip(batch, results, strict=True):
                if waiting.future.done():
                    continue
                if isinstance(result, BaseException):
                    waiting.future.set_exception(result)
                else:
                    waiting.future.set_result(result)

    async def _write(self, batch: list[_Waiting]) -> list[Any]:
        loop = asyncio.get_running_loop()
        works = [waiting.work for waiting in batch]
        if not self.is_sqlite:
            return await loop.run_in_executor(self._writer_thread, self._write_off_loop, works)
        in_thread = functools.partial(loop.run_in_executor, self._writer_thread)
        connection = self._begin_at_once()
        if connection is None:
            connection = await in_thread(self._begin)
        try:
            try:
                results = _run_together(connection, works)
            except Exception:
                # Not only the database refuses a row: the driver does too (a lone surrogate is a UnicodeEncodeError).
                self.figures.replays += 1
                await in_thread(connection.rollback)
                await in_thread(connection.begin)
                results = _run_one_by_one(connection, works)
            await in_thread(connection.commit)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self._kept = connection
        self._count(works)
        return results

    def _begin_at_once(self) -> Connection | None:
        """Begin here and now on the connection kept from the last batch; None when somebody else has the lock.

        Only waiting for the lock is worth a thread, and hardly ever is there anything to wait for.
        """
        connection, self._kept = self._kept, None
        if connection is None:
            connection = self.engine.connect().execution_options(caiyou_write=True)
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            connection.begin()
        except exc.OperationalError:
            driver.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
            connection.close()
            return None
        return connection

    def _write_off_loop(self, works: list[Callable[[Transaction], Any]]) -> list[Any]:
        for tries_left in reversed(range(CONFLICT_TRIES)):
            try:
                return self._write_on_server(works)
            except exc.OperationalError as error:
                # Two processes that touch the same mailboxes in another order lock each other out: PostgreSQL ends
                # one of the two transactions, and that one has simply to be run again.
                if not tries_left or getattr(error.orig, "sqlstate", None) not in _CONFLICTS:
                    raise
                self.figures.replays += 1
        raise AssertionError("the last try returns or raises")

    def _write_on_server(self, works: list[Callable[[Transaction], Any]]) -> list[Any]:
        connection = self._begin()
        try:
            try:
                results = _run_together(connection, works)
            except (exc.OperationalError, exc.InterfaceError):
                raise
            except Exception:
                self.figures.replays += 1
                connection.rollback()
                connection.begin()
                results = _run_one_by_one(connection, works)
            connection.commit()
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()
        self._count(works)
        return results

    def _begin(self) -> Connection:
        connection = self.engine.connect().execution_options(caiyou_write=True)
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def _count(self, works: Sequence[object]) -> None:
        self.figures.commits += 1
        self.figures.works += len(works)


def _translated(error: Exception) -> Exception:
    if isinstance(error, exc.DBAPIError):
        return StoreUnavailable(f"the store did not take it: {error.orig}")
    return error


def _run_together(connection: Connection, works: Iterable[Callable[[Transaction], Any]]) -> list[Any]:
    tx = Transaction(connection, strict=False)
    results: list[Any] = []
    for work in works:
        mark = tx.mark()
        try:
            results.append(work(tx))
        except (_BatchPoisoned, exc.DBAPIError):
            raise
        except Exception as error:
            tx.undo_to(mark, error)
            results.append(error)
    tx.flush()
    return results


def _run_one_by_one(connection: Connection, works: Iterable[Callable[[Transaction], Any]]) -> list[Any]:
    results: list[Any] = []
    for work in works:
        savepoint = connection.begin_nested()
        tx = Transaction(connection, strict=True)
        try:
            result = work(tx)
            tx.flush()
            savepoint.commit()
        except Exception as error:
            savepoint.rollback()
            results.append(_translated(error))
        else:
            results.append(result)
    return results


# --- opening ------------------------------------------------------------------------------------------------


def open_store(config: StoreConfig) -> Store:
    """Connect, and make sure that what is committed is on disk. Raises ConfigError when it would not be."""
    try:
        durable.ensure_directory(Path(config.data_dir).absolute())
    except OSError as error:
        raise ConfigError(f"store.data_dir {config.data_dir} cannot be made: {error.strerror}") from error
    url = config.url or "sqlite:///" + os.path.join(os.path.abspath(config.data_dir), "caiyou.db")  # noqa: PTH100, PTH118
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise ConfigError(f"store.url is no database URL: {error}") from error
    if parsed.get_backend_name() == "sqlite":
        engine = _open_sqlite(parsed, config)
    elif parsed.get_backend_name() == "postgresql":
        engine = _open_postgresql(parsed, config)
    else:
        raise ConfigError(f"store.url names {parsed.get_backend_name()}; use sqlite or postgresql+psycopg")
    store = Store(engine, config.data_dir)
    try:
        _refuse_unsafe_settings(store)
    except exc.DBAPIError as error:
        raise ConfigError(f"the database at {parsed!r} cannot be used: {error.orig}") from error
    return store


class _SqliteCompiler(SQLiteCompiler):
    """Says INDEXED BY where a statement has that hint: without figures of the tables SQLite does not see which index
    leaves the fewest rows, and figures are out of date soon after a start."""

    def get_from_hint_text(self, table: sa.FromClause, text: str | None) -> str | None:
        """The hint as it was written."""
        return text


def _open_sqlite(url: sa.URL, config: StoreConfig) -> Engine:
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=config.readers + 1,
        max_overflow=4,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S, "cached_statements": 512},
    )

    engine.dialect.statement_compiler = _SqliteCompiler

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        # Transactions are begun by our own "begin" listener: the driver would begin them too late and never
        # IMMEDIATE, and a reader that turns writer half-way meets SQLITE_BUSY no time-out can cure.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "wal_autocheckpoint=4000",
            "cache_size=-16384",  # KiB a connection; what does not fit is in the page cache of the system
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("caiyou_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgresql(url: sa.URL, config: StoreConfig) -> Engine:
    return sa.create_engine(url, pool_size=config.readers + 1, max_overflow=4, pool_pre_ping=True)


def _refuse_unsafe_settings(store: Store) -> None:
    """A store that forgets what it has committed is worse than none (G7): say so at the start."""
    with store.engine.connect() as connection:
        if store.is_sqlite:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
            if mode != "wal" or level != 2:
                raise ConfigError(f"SQLite refuses to be durable here (journal_mode={mode}, synchronous={level})")
            return
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            value = connection.exec_driver_sql(f"SHOW {setting}").scalar()
            if value == "off":
                raise ConfigError(f"PostgreSQL runs with {setting}=off: committed messages could be lost; turn it on")


def create_tables(store: Store) -> None:
    """Make every table at once, without migrations: for tests that start from nothing."""
    metadata.create_all(store.engine)
