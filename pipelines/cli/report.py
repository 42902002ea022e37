"""What a run did: its table on stdout, and on stderr what in it deserves a word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipelines.cli.output import Row, emit, say
from pipelines.errors import ConfigError
from pipelines.explore.words import many
from pipelines.store.archive import Archive
from pipelines.store.faults import explained
from pipelines.summary import problems, rejects, table

_NEWS = ("found", "stored", "revised")
_WAYS = {"went": "went", "back": "came back"}
_STIR = ("fetched", "failed", *_NEWS)


def ask(archive: Archive, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
    """Rows of a question that `Archive` has no method for. Raises StoreError."""
    with explained(archive.path):
        return list(archive.db.query(sql, values))


def known_source(archive: Archive, source: str, asked: str = "") -> str:
    """The source again. Raises ConfigError where the archive has none of that name; `asked` begins its line."""
    if not ask(archive, "SELECT 1 FROM sources WHERE id = ?", (source,)):
        names = ", ".join(row["id"] for row in ask(archive, "SELECT id FROM sources ORDER BY id"))
        raise ConfigError(f"{asked}{source}: not in {archive.path}; it has {names or 'no source yet'}")
    return source


def last_run(archive: Archive, kind: str) -> int:
    """The newest run of a kind; 0 where there was none."""
    return int(ask(archive, "SELECT coalesce(max(id), 0) AS id FROM runs WHERE kind = ?", (kind,))[0]["id"])


def report_of(archive: Archive, run_id: int) -> tuple[list[dict[str, Any]], int]:
    """A run's report, one row per source, and how many pages could not be stored."""
    stats = json.loads(ask(archive, "SELECT stats FROM runs WHERE id = ?", (run_id,))[0]["stats"])
    return stats.get("sources") or archive.run_report(run_id), stats.get("errors", 0)


def tell(archive: Archive, report: Sequence[Row], run_id: int, errors: int = 0, form: str | None = None) -> bool:
    """Show a report; whether all went well. A run that brought nothing says so in one line."""
    stirred = [row for row in report if any(row.get(name) for name in _STIR) or row["rejected"]]
    if form or stirred:
        emit(report, form, table)
    for row in report:
        if why := rejects([row]):
            say(f"{row['source'] or 'no source'}: rejected {why}")
        if again := row.get("rebuilt"):
            moved = [f"{many(row[way], 'character')} {told}" for way, told in _WAYS.items() if row[way]]
            say(", ".join([f"{row['source'] or 'no source'}: stripped {many(again, 'article')} again", *moved]))
    if any((row["found"] and row["rejected"]) or row.get("refused") for row in report):
        where = "" if str(archive.path) == "archive.db" else f" --db {archive.path}"
        say(f"`tearsheet query missing{where}` says of each address why it is not in the archive")
    wrong = problems(report, errors)
    for line in wrong:
        say(_with_reason(archive, line, run_id))
    if not wrong and not any(row.get(name) for row in report for name in _NEWS):
        counts = archive.counts()
        held = f"{many(counts['articles'], 'article')} of {many(counts['sources'], 'source')}"
        say(f"nothing new: {archive.path} holds {held}")
    return not wrong


def _with_reason(archive: Archive, line: str, run_id: int) -> str:
    """A line of the summary; of a source without an answer, what its address said instead."""
    source = line.partition(":")[0]
    rows = ask(
        archive,
        "SELECT failures.url, error, failures.detail FROM failures JOIN feeds ON feeds.url = failures.url"
        " WHERE run_id = ? AND source_id = ? ORDER BY failures.id DESC LIMIT 1",
        (run_id, source),
    )
    if not rows:
        return line
    said = ", ".join(part for part in (rows[0]["error"], rows[0]["detail"]) if part)
    return f"{source}: {rows[0]['url']}: {said}; see `tearsheet sources check {source}`"
