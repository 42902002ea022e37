"""An archive held for writing: the lock, the connection, and transactions that are all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.store.faults import explained, transaction
from pipelines.store.lock import WriterLock
from pipelines.store.opening import check, open_archive

_LARGE_LOG = 64 * 1024**2  # bytes

Q = TypeVar("Q")
T = TypeVar("T")


def large_log(path: Path) -> str | None:
    """What keeps an archive's log from being merged into it, in words; None where it is of moderate size."""
    log = path.resolve().with_name(path.resolve().name + "-wal")
    size = log.stat().st_size if log.exists() else 0
    if size <= _LARGE_LOG:
        return None
    return (
        f"{log.name} has grown to {size // 1_000_000:,} MB, because another program reads an old state of the archive;"
        " it is merged when that is closed and a run ends"
    )


class Held:
    """Holds one archive. Use it from one thread at a time; which one may change."""

    def __init__(self, path: Path, database: Database, lock: WriterLock) -> None:
        self.path = path
        self.db = database
        self._lock = lock

    @classmethod
    def open(cls, path: Path, *, wait: float = 0) -> Self:
        """Lock the archive, make it or bring it up to date.

        Waits up to `wait` seconds for another writer, then raises StoreError that names it.
        """
        check(path, writing=True)
        lock = WriterLock.take(path, wait=wait)
        try:
            held = cls(path, open_archive(path, create=True), lock)
            held._opened()
        except BaseException:
            lock.release()
            raise
        return held

    def _opened(self) -> None:
        """What is to be done before anything else is."""

    def ask(self, question: Callable[[sqlite3.Connection, Q], T], about: Q) -> T:
        """The answer to a question of the store's that writes nothing, such as `known.held`."""
        with explained(self.path):
            return question(self._connection, about)

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, durable when it ends. Raises StoreError where the archive cannot take it."""
        return transaction(self._connection, self.path)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, as far as readers let it; they are waited for a second."""
        (patience,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
        self._connection.execute("PRAGMA busy_timeout = 1000").fetchone()
        with suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._connection.execute(f"PRAGMA busy_timeout = {patience}").fetchone()

    def close(self) -> None:
        """Merge the log, close the file and let the next writer in; a second call does nothing."""
        self.db.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = self.db.conn
        return connection
