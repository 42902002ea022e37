"""What a look at outlets finds: how they list their articles, which links are taken for some, and why."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from pipelines.cli.child import run
from pipelines.cli.crawling import scrapy_command, scrapy_variables
from pipelines.cli.output import Row, safe
from pipelines.cli.report import ask
from pipelines.store.archive import Archive

_SAMPLES = 5
_LISTED = {"feed": "listed by the feed", "news": "listed by the news sitemap"}


def look(ids: Sequence[str], sources: Path, *, shown: Sequence[str], path: Path) -> list[dict[str, Any]]:
    """Look at these sources of a file, and keep nothing; one row each.

    People see the command with the ids `shown` and the file `path`. Ends the program where Scrapy could not look.
    """
    with tempfile.TemporaryDirectory(prefix="tearsheet-") as folder:
        db = Path(folder, "check.db")
        lines = [
            scrapy_command("check", db, file, *(["-a", f"sources={','.join(names)}"] if names else []))
            for names, file in ((ids, sources), (shown, path))
        ]
        code = run([*lines[0], "-s", "TEARSHEET_QUIET=1"], scrapy_variables(), shown=lines[1])
        if code > 1:
            raise click.exceptions.Exit(code)
        with Archive(db) as archive:
            names = ids or [row["id"] for row in ask(archive, "SELECT id FROM sources WHERE config <> '{}'")]
            return [_found(archive, one) for one in names]


def _found(archive: Archive, source: str) -> dict[str, Any]:
    feeds = "SELECT kind, url, listed FROM feeds WHERE source_id = ? AND digest IS NOT NULL ORDER BY id"
    articles = (
        "SELECT entries.url, title, entries.kind, why, feeds.url AS via FROM entries LEFT JOIN feeds"
        " ON feeds.id = feed_id WHERE entries.source_id = ? AND state <> 'refused' ORDER BY published_at DESC,"
        " entries.id DESC LIMIT 1000"
    )
    left = "SELECT url, reason AS why FROM entries WHERE source_id = ? AND state = 'refused' ORDER BY id"
    failures = (
        "SELECT error || iif(coalesce(detail, '') = '', '', ': ' || detail) AS said FROM failures"
        " JOIN feeds ON feeds.url = failures.url WHERE source_id = ? ORDER BY failures.id LIMIT 1"
    )
    status = "SELECT max(status) AS status FROM feeds WHERE source_id = ?"
    (outlet,) = ask(archive, "SELECT name, homepage, language FROM sources WHERE id = ?", (source,))
    problem = ask(archive, failures, (source,))
    taken = [{"url": one["url"], "title": one["title"], "why": _why(one)} for one in ask(archive, articles, (source,))]
    return {
        "source": source,
        **outlet,
        "status": ask(archive, status, (source,))[0]["status"],
        "feeds": ask(archive, feeds, (source,)),
        "articles": _samples(taken),
        "left_out": _samples(ask(archive, left, (source,))),
        "problem": problem[0]["said"] if problem else None,
    }


def _why(entry: dict[str, Any]) -> str:
    if told := _LISTED.get(entry["kind"]):
        return told
    place = {"sitemap": "in the sitemap", "section": "a link on the page"}.get(entry["kind"], "listed")
    return f"{place}: {entry['why']}" if entry["why"] else place


def _samples(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A few of them, with as many different reasons as there are."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["why"], []).append(row)
    mixed = (row for turn in zip_longest(*kinds.values()) for row in turn if row is not None)
    return [row for row, _ in zip(mixed, range(_SAMPLES), strict=False)]


def told(rows: list[Row]) -> str:
    """The rows for people."""
    return "\n\n".join("\n".join(lines_of(row)) for row in rows)


def lines_of(row: Row) -> list[str]:
    """One source for people: what lists its articles, some of these and why, and some of what is left out."""
    about = "  ".join(str(row[name]) for name in ("source", "homepage", "name", "language") if row[name])
    lines = [click.style(safe(about), bold=True)]
    for feed in row["feeds"]:
        count = feed["listed"]
        listed = f"{count} article{'s' if count != 1 else ''}" if count else "leads to others"
        lines.append(safe(f"  {feed['kind']:<8} {feed['url']}  ({listed})"))
    for one in row["articles"]:
        lines.append(safe(f"  article  {one['url']}  {one['title'] or ''}".rstrip()))
        lines.append(safe(f"           {one['why']}"))
    lines += [safe(f"  left out {one['url']}  ({one['why']})") for one in row["left_out"]]
    if row["problem"] and not row["feeds"]:
        lines.append(safe(f"  {row['problem']}"))
    return lines
