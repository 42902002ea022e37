"""`blocks`: the lines that sources repeat, and whether they are furniture or content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from sqlite_utils.utils import sqlite3

from pipelines.store.rows import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A line that a source repeats: a row of `blocks`."""

    source_id: str
    digest: int
    verdict: str | None = None  # furniture | content
    origin: str | None = None  # learned | yours
    zone: str | None = None  # edge | any
    articles: int
    looked_at: int
    first_seen_at: str
    last_seen_at: str
    text: str


_NAMES = tuple(one.name for one in fields(Repeated))


def of_source(connection: sqlite3.Connection, source: str) -> list[Repeated]:
    """The lines of a source, the commonest first."""
    rows = connection.execute(
        f"SELECT {', '.join(_NAMES)} FROM blocks WHERE source_id = ? ORDER BY articles DESC, digest", (source,)
    )
    return [Repeated(**dict(zip(_NAMES, row, strict=True))) for row in rows]


def sources(connection: sqlite3.Connection) -> list[str]:
    """The sources of which lines are known."""
    return [source for (source,) in connection.execute("SELECT DISTINCT source_id FROM blocks ORDER BY 1")]


def replace(connection: sqlite3.Connection, source: str, lines: Iterable[Repeated]) -> None:
    """Put these lines in the place of all that the source had."""
    connection.execute("DELETE FROM blocks WHERE source_id = ?", (source,))
    connection.executemany(
        f"INSERT INTO blocks ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})",
        [(*astuple(one)[:-1], clean(one.text)) for one in lines],
    )


def decide(connection: sqlite3.Connection, source: str, digest: int, verdict: str | None) -> None:
    """Write down what a person says of a line; None leaves it to the counts again."""
    connection.execute(
        "UPDATE blocks SET verdict = ?, origin = ?, zone = ? WHERE source_id = ? AND digest = ?",
        (verdict, verdict and "yours", "any" if verdict == "furniture" else None, source, digest),
    )
