"""One writer at a time, by a lock that dies with its process.

The lock is flock on `<archive>.lock`, held by an open file: after kill -9 nothing stale survives. Workers must
not be plain forks of the writer, which would share that open file; forkserver, spawn and subprocess do not.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import sys
import time
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.store.faults import explain
from pipelines.store.rows import now

#: What a lock is for, as people are told of it.
WRITING, SCHEDULING, TELLING = "writes to it", "keeps its schedule", "tells of its watches' hits"
_FILES = {WRITING: ".lock", SCHEDULING: ".schedule.lock", TELLING: ".watches.lock"}
_POLL = 0.05  # seconds between two tries while waiting


class WriterLock:
    """The right to write one archive, to keep its schedule, or to tell of hits, from `take` to `release`."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file

    @classmethod
    def take(cls, archive: Path, *, wait: float = 0, what: str = WRITING) -> WriterLock:
        """Lock `archive`, waiting up to `wait` seconds. Raises StoreError that names who holds it since when."""
        path = _lock_file(archive, what)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as problem:
            raise explain(archive, problem) from problem
        try:
            deadline = time.monotonic() + wait
            while not _locked(file):
                if time.monotonic() >= deadline:
                    raise StoreError(f"{archive}: {_holder(path, what)}")
                time.sleep(_POLL)
            command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "command": command, "since": now()}).encode(), 0)
        except OSError as problem:
            os.close(file)
            raise explain(archive, problem) from problem
        except BaseException:
            os.close(file)
            raise
        return cls(file)

    def release(self) -> None:
        """Let the next writer in; a second call does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def holder(archive: Path, what: str = WRITING) -> str | None:
    """Who holds an archive's lock, and what to do about it, in words; None where nobody does."""
    path = _lock_file(archive, what)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise explain(archive, problem) from problem
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return f"{archive}: {_holder(path, what)}"
    finally:
        os.close(file)
    return None


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(archive: Path, what: str) -> Path:
    path = archive.resolve()  # one lock, whatever links lead to the file
    return path.with_name(path.name + _FILES[what])


def _holder(path: Path, what: str) -> str:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        pid, since, command = held["pid"], held["since"], held["command"]
    except (OSError, ValueError, KeyError, TypeError):  # it has locked and not yet written its name
        return f"another process {what}; wait for it to finish"
    return f"process {pid} ({command}) {what} since {since}; wait for it, or stop it with `kill {pid}`"
