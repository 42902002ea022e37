"""`tearsheet schedule`: asks every feed in its own rhythm, by crawls of what is due, one after the other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cli.keeper import Keeper
from pipelines.cli.options import db_option, output_options, sources_option
from pipelines.cli.output import Row, emit, table
from pipelines.cli.rounds import Bell
from pipelines.config import duration
from pipelines.errors import ConfigError
from pipelines.schedule import reason, short_span
from pipelines.sources import SourcesFile, read_sources
from pipelines.store.agenda import Visit, visits
from pipelines.store.archive import Archive
from pipelines.store.rows import stamp


@click.command()
@click.option("--list", "only_list", is_flag=True, help="Show when each feed is due, and why.")
@click.option(
    "--deadline", default="30m", show_default=True, metavar="DURATION", help="Kill a crawl that takes longer than this."
)
@db_option
@sources_option
@output_options
def schedule(only_list: bool, deadline: str, db: Path, sources_path: Path, form: str | None) -> None:
    """Crawl on and on: ask every feed in its own rhythm, fetch what is new, look again at what may change.

    A feed is asked as often as it is worth, between `every` of its source and once a day, or at the times that
    `schedule` of its source names. Runs in the foreground until Ctrl-C or SIGTERM; sources.toml may change meanwhile.

    \b
    Example:
        tearsheet schedule
        tearsheet schedule --list
    """
    file = read_sources(sources_path)
    file.config(os.environ)
    if not file.sources:
        raise ConfigError(f"{sources_path}: follows no source yet; add one with `tearsheet sources add URL`")
    if only_list or form:
        emit(_rows(_visits(db, file, habits_too=True)), form, _told)
        return
    with Bell() as bell:
        Keeper(db, file, _deadline(deadline), bell).run()


def _deadline(text: str) -> float:
    try:
        return max(1.0, duration(text))
    except ValueError as problem:
        raise ConfigError(f"--deadline = {text!r} is {problem}") from None


def _visits(db: Path, file: SourcesFile, *, habits_too: bool = False) -> list[Visit]:
    if not db.exists():
        return visits(None, file.sources.values())
    with Archive(db) as archive:
        return visits(archive, file.sources.values(), habits_too=habits_too)


def _rows(to_ask: Sequence[Visit]) -> list[dict[str, Any]]:
    return [
        {
            "due_at": one.due_at or None,
            "source": one.feed.source,
            "kind": one.feed.kind,
            "interval": one.feed.interval,
            "checked_at": one.feed.checked_at,
            "why": _why(one),
            "url": one.feed.url,
        }
        for one in to_ask
    ]


def _why(visit: Visit) -> str:
    feed, now = visit.feed, datetime.now(UTC)
    if visit.habit is None:
        return "never asked"
    if visit.anew:
        return "its table in the sources file has changed"
    if feed.retry_at and feed.retry_at >= (feed.due_at or "") and feed.retry_at > stamp(now):
        return "its host asked for a pause" + (f" (status {feed.status})" if feed.status else "")
    return reason(visit.habit, now)


def _told(rows: list[Row]) -> str:
    """The table with times as people say them."""
    return table([{**row, "due_at": row["due_at"] or "now", "interval": _every(row["interval"])} for row in rows])


def _every(seconds: int | None) -> str:
    return short_span(seconds) if seconds else ""
