"""The end of a run: what came is held against the watches, and whoever is to hear of hits is told.

Hits are stored first, so nothing is lost where telling fails or is killed. One process tells at a time, and writes down
what was taken as soon as it was: only a kill between the two has it told again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from pipelines import telling, watching, ways
from pipelines.errors import ArchiveError, ConfigError, StoreError
from pipelines.store import hits, watches
from pipelines.store.faults import explained, transaction
from pipelines.store.lock import TELLING, WriterLock
from pipelines.store.opening import open_beside
from pipelines.watching import Way

_PRINTED = 1000  # hits printed at once
_TOLD = {"command": 1000, "webhook": 100}  # hits told at once
_PATIENCE = 10.0  # seconds that the end of a run waits for another process that tells
_LONGEST = 120.0  # seconds after which the end of a run begins no further telling


def after_run(path: Path) -> list[str]:
    """What every run ends with, once the archive is let go of: look, and tell. A line for each watch that had news.

    Never raises for what goes wrong: the run itself was fine.
    """
    try:
        with _beside(path) as connection:
            if not watches.any_of(connection):
                return []
            new = look(path, connection)
            problems: dict[str, str] = {}
            if lock := _lock(path):
                with _held(lock):
                    problems = _tell(path, connection, lambda _: True, time.monotonic() + _LONGEST)
            return watching.told((name, new[name], problems.get(name)) for name in sorted({*new, *problems}))
    except ArchiveError as problem:
        return [f"watches: {problem}"]


def run(path: Path, names: Iterable[str], put: Callable[[list[dict[str, Any]]], object], wait: float) -> list[str]:
    """Look, `put` what was not put before, and tell; all of it for watches of these names, or every one.

    A line for each that could not be told. Raises ArchiveError.
    """
    with _beside(path) as connection:
        look(path, connection)
        wanted = _chosen(path, connection, names)
        with _held(WriterLock.take(path, wait=wait, what=TELLING)):
            for watch in wanted:
                _print(path, connection, watch, put)
            chosen = {watch["name"] for watch in wanted}
            problems = _tell(path, connection, chosen.__contains__, float("inf"))
    return watching.told((name, 0, problem) for name, problem in problems.items())


def look(path: Path, connection: Any) -> Counter[str]:
    """Hold all that came or changed against the watches, a handful in each transaction; new hits by watch."""
    new: Counter[str] = Counter()
    left = 1
    while left:
        with transaction(connection, path):
            left, some = hits.look(connection)
        new += some
    return new


def _lock(path: Path) -> WriterLock | None:
    """The right to tell; None where another process keeps it, which tells these hits too, or the next run does."""
    with suppress(StoreError):
        return WriterLock.take(path, wait=_PATIENCE, what=TELLING)
    return None


@contextmanager
def _held(lock: WriterLock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _beside(path: Path) -> Iterator[Any]:
    with closing(open_beside(path)) as database, explained(path):
        yield database.conn


def _chosen(path: Path, connection: Any, names: Iterable[str]) -> list[dict[str, Any]]:
    every = {watch["name"]: watch for watch in watches.all_of(connection)}
    for name in names:
        if name not in every:
            raise ConfigError(f"{path}: has no watch {name!r}; `tearsheet watch list` shows them")
    return [every[name] for name in dict.fromkeys(names)] or list(every.values())


def _print(path: Path, connection: Any, watch: dict[str, Any], put: Callable[[list[dict[str, Any]]], object]) -> None:
    while some := hits.unprinted(connection, watch, _PRINTED):
        put([watching.hit(watch["name"], one) for one in some])
        with transaction(connection, path):
            hits.printed(connection, watch["id"], some)


def _tell(path: Path, connection: Any, concerns: Callable[[str], bool], until: float) -> dict[str, str]:
    """Tell what is owed; what went wrong, by watch. A watch that cannot be told is left for the next run."""
    wrong: dict[str, str] = {}
    known: Mapping[str, Way] | None = None
    for watch in watches.all_of(connection):
        if not watch["owed"] or not concerns(watch["name"]) or time.monotonic() >= until:
            continue
        try:
            known = ways.read(path) if known is None else known
            problem = _tell_one(path, connection, watch, known.get(watch["name"]), until)
        except ConfigError as why:
            problem = str(why)
            with transaction(connection, path):
                hits.not_told(connection, watch["id"], [], problem)
        if problem:
            wrong[watch["name"]] = problem
    return wrong


def _tell_one(path: Path, connection: Any, watch: dict[str, Any], way: Way | None, until: float) -> str | None:
    """Tell what one watch owes, in handfuls; what went wrong."""
    if way is None:
        raise ConfigError(
            "what it calls is not known on this machine; say it again with"
            f" `tearsheet watch add {watch['name']} --command …` or `--webhook …`"
        )
    while time.monotonic() < until and (some := hits.owed(connection, watch, _TOLD[way.kind])):
        problem = None
        try:
            told = [watching.hit(watch["name"], one) for one in some]
            telling.tell(way, path, watch["name"], watch["query"], told)
        except telling.TellingError as why:
            problem = str(why)
        with transaction(connection, path):
            if problem:
                hits.not_told(connection, watch["id"], some, problem)
                return problem
            hits.told(connection, watch["id"], some)
    return None
