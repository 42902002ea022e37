"""What a run did: its table on stdout, and on stderr what in it deserves a word."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.cli.output import Row, emit, say
from pipelines.errors import ConfigError
from pipelines.explore.words import many
from pipelines.store import watches
from pipelines.store.archive import Archive
from pipelines.store.faults import explained
from pipelines.summary import SCREEN, UNHEARD, folded, health_lines, problems, rejects, remarks, table
from pipelines.watching import told

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


def run_of(archive: Archive, run_id: int) -> dict[str, Any]:
    """All that is known of a run: its row, the report with one row per source, and what its statistics hold beside."""
    row = ask(archive, "SELECT * FROM runs WHERE id = ?", (run_id,))[0]
    stats = json.loads(row.pop("stats"))
    sources = stats.pop("sources", None) or archive.run_report(run_id)
    return {"run": row.pop("id"), **row, "errors": 0, "findings": {}, "scrapy": {}, **stats, "sources": sources}


def tell(archive: Archive, report: Sequence[Row], run_id: int, errors: int = 0, form: str | None = None) -> bool:
    """The report, and what in it needs a look; whether all went well. Nothing new is fine, and nothing says so."""
    if form or stirred(report):
        emit(report, form, table)
    return remark(archive, report, run_id, errors)


def stirred(report: Sequence[Row]) -> bool:
    """Whether a run did anything."""
    return any(row["rejected"] or any(row.get(name) for name in _STIR) for row in report)


def remark(
    archive: Archive,
    report: Sequence[Row],
    run_id: int,
    errors: int = 0,
    findings: Mapping[str, Any] | None = None,
) -> bool:
    """What in a report needs a look, on stderr; whether all went well."""
    for line in folded(_rejected(report), "sources with rejected pages"):
        say(line)
    for line in folded(_stripped(report), "sources stripped again"):
        say(line)
    if any((row["found"] and row["rejected"]) or row.get("refused") for row in report):
        where = "" if str(archive.path) == "archive.db" else f" --db {archive.path}"
        say(f"`tearsheet query missing{where}` says of each address why it is not in the archive")
    wrong = problems(report, errors)
    for line in folded([_with_reason(archive, line, run_id) for line in wrong], "more like these"):
        say(line)
    for line in folded(remarks(report), "more like these"):
        say(line)
    for line in health_lines(findings or {}, wrong):
        say(line)
    if not wrong and not any(row.get(name) for row in report for name in _NEWS):
        counts = archive.counts()
        held = f"{many(counts['articles'], 'article')} of {many(counts['sources'], 'source')}"
        say(f"nothing new: {archive.path} holds {held}")
    return not wrong


def watched(archive: Archive, at: str) -> list[str]:
    """A line for each watch that came upon something since then, or that could not tell of it."""
    with explained(archive.path):
        return told(watches.since(archive.db.conn, at))


def _rejected(report: Sequence[Row]) -> list[str]:
    rows = [(row, why) for row in report if (why := rejects([row]))]
    rows.sort(key=lambda one: -sum(one[0]["rejected"].values()) if len(rows) > SCREEN else 0)
    return [f"{row['source'] or 'no source'}: rejected {why}" for row, why in rows]


def _stripped(report: Sequence[Row]) -> list[str]:
    lines = []
    for row in report:
        if again := row.get("rebuilt"):
            moved = [f"{many(row[way], 'character')} {told}" for way, told in _WAYS.items() if row[way]]
            lines.append(
                ", ".join([f"{row['source'] or 'no source'}: stripped {many(again, 'article')} again", *moved])
            )
    return lines


def _with_reason(archive: Archive, line: str, run_id: int) -> str:
    """A line of the summary; of a source without an answer, what its address said instead."""
    if not line.endswith(UNHEARD):
        return line
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
