"""What SQLite and the disk complain of, as one line that names the place and the remedy."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils.utils import sqlite3

from pipelines.errors import StoreError

#: Starts of SQLite's error names, and what each means for a person.
_MEANINGS = {
    "SQLITE_FULL": "the disk is full ({free} MB free); free some space and run the command again, nothing is lost",
    "SQLITE_IOERR": "the disk gave an error ({problem}; {free} MB free); check the disk and run the command again",
    "SQLITE_READONLY": "is read-only for you; check the permissions of the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check the permissions of the file and its folder",
    "SQLITE_BUSY": "another program is writing to it; close that program and run the command again",
    "SQLITE_LOCKED": "another program is writing to it; close that program and run the command again",
    "SQLITE_CORRUPT": "is damaged ({problem}); restore a copy, or save what is left with `sqlite3 {path} .recover`",
    "SQLITE_NOTADB": "is not an SQLite database; name another file with --db",
}
#: Errors that lie in the values of one row, not in the archive.
_OF_ONE_ROW = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError)


def explain(path: Path, problem: BaseException) -> StoreError:
    """The StoreError for whatever went wrong with the archive at `path`."""
    name = getattr(problem, "sqlite_errorname", None) or ""
    if isinstance(problem, OSError):
        name = {errno.ENOSPC: "SQLITE_FULL", errno.EROFS: "SQLITE_READONLY", errno.EACCES: "SQLITE_READONLY"}.get(
            problem.errno or 0, "SQLITE_IOERR"
        )
    words = " ".join(str(problem).split()) or type(problem).__name__
    meaning = next((text for start, text in _MEANINGS.items() if name.startswith(start)), "{problem}")
    return StoreError(f"{path}: " + meaning.format(path=path, problem=words, free=_free_megabytes(path)))


def concerns_one_row(problem: BaseException | None) -> bool:
    """Whether only the values at hand are at fault, so that the archive can go on without them."""
    if isinstance(problem, sqlite3.Error):
        return isinstance(problem, _OF_ONE_ROW)
    return isinstance(problem, Exception) and not isinstance(problem, OSError)


class SpoiltError(Exception):
    """What went wrong within a transaction that others share, so that none of it can be kept."""


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """All or nothing: commits what happens inside, or rolls back and raises StoreError from the cause.

    It is IMMEDIATE, so that waiting for another writer happens here and never in the middle. Within another one it is
    a part of that: nothing is durable before the whole is, and a fault raises SpoiltError.
    """
    if connection.in_transaction:
        try:
            yield connection
        except Exception as problem:
            raise SpoiltError from problem
        return
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except BaseException as problem:
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # the first error is the one to tell
                connection.execute("ROLLBACK")
        if isinstance(problem, Exception) and not isinstance(problem, StoreError):
            raise explain(path, problem) from problem
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into its StoreError."""
    try:
        yield
    except sqlite3.Error as problem:
        raise explain(path, problem) from problem


def _free_megabytes(path: Path) -> int:
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free // 1_000_000
    return 0
