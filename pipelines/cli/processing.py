"""`tearsheet process`: read again what is kept, by today's rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import Row, emit, say
from pipelines.cli.report import ask
from pipelines.cli.work import working
from pipelines.errors import ConfigError, StoreError
from pipelines.sources import SourcesFile
from pipelines.store.archive import Archive
from pipelines.summary import rejects
from pipelines.types import Recipe

_PENDING = "outcome IS NULL"
_FAILED = "outcome = 'failed'"
_STALE = (
    "id IN (SELECT capture_id FROM articles WHERE recipe_id IS NOT"
    " coalesce((SELECT value FROM json_each(?) WHERE key = source_id), ?))"
)


@click.command()
@click.option("--pending", is_flag=True, help="Captures that were never read; this is the default.")
@click.option("--stale", is_flag=True, help="Articles made by other rules or settings than those in force now.")
@click.option("--retry-failures", is_flag=True, help="Captures that went wrong unexpectedly.")
@click.option("--source", metavar="ID", help="Captures of this source.")
@click.option("--where", metavar="SQL", help="Captures for which this condition on the table `captures` holds.")
@db_option
@sources_option
@output_options
def process(
    pending: bool,
    stale: bool,
    retry_failures: bool,
    source: str | None,
    where: str | None,
    db: Path,
    sources_path: Path,
    form: str | None,
) -> None:
    """Read stored captures again, by the rules of today.

    Their articles are brought up to date, nothing is fetched. Options narrow each other down:
    `--stale --source example-post` reads the stale articles of one source.

    \b
    Example:
        tearsheet process --stale
        tearsheet process --where "fetched_at > '2026-01-01'"
    """
    file = sources_if_any(sources_path)
    with Archive(db) as archive:  # before the writer would make an archive that is not there
        conditions, values = [], []
        for wanted, condition in ((pending, _PENDING), (retry_failures, _FAILED)):
            conditions += [condition] if wanted else []
        if stale:
            conditions.append(_STALE)
            values += _recipes(file)
        if source is not None:
            conditions.append("source_id = ?")
            values.append(_known(archive, source))
        if where is not None:
            conditions.append(f"({where})")
        condition = " AND ".join(conditions) or _PENDING
        total = _count(archive, condition, values, where)
    if not total:
        emit([], form)
        say("nothing to read again")
        return
    with working(db, file, "process", condition) as work:
        hidden = not sys.stderr.isatty()
        with click.progressbar(length=total, label="reading", file=sys.stderr, hidden=hidden) as bar:
            work.read(work.archive.captures(condition, values), lambda: bar.update(1))
        report = work.report()
        emit([_row(one) for one in report], form)
        for one in report:
            if why := rejects([one]):
                say(f"{one['source'] or 'no source'}: rejected {why}")
    failed = sum(row["failed"] for row in report)
    if failed:
        say(f"{failed} failed; see the table `failures`, and `tearsheet process --retry-failures` after a fix")
        raise click.exceptions.Exit(1)


def _row(report: Row) -> dict[str, Any]:
    changed = sum(report[name] for name in ("stored", "revised", "rebuilt"))
    rejected = sum(report["rejected"].values())
    return {
        "source": report["source"],
        "changed": changed,
        "unchanged": report["unchanged"],
        "rejected": rejected,
        "failed": report["failed"],
        "seconds": report["seconds"],
    }


def _recipes(file: SourcesFile) -> list[str]:
    """The recipe in force for each source, as JSON, and for those that no file names."""
    recipe = Recipe.default(file.sources)
    return [json.dumps({one: recipe.id_for(one) for one in file.sources}), recipe.id_for(None)]


def _known(archive: Archive, source: str) -> str:
    if not ask(archive, "SELECT 1 FROM sources WHERE id = ?", (source,)):
        names = ", ".join(row["id"] for row in ask(archive, "SELECT id FROM sources ORDER BY id"))
        raise ConfigError(f"--source {source}: not in {archive.path}; it has {names or 'no source yet'}")
    return source


def _count(archive: Archive, condition: str, values: Sequence[Any], where: str | None) -> int:
    sql = f"SELECT count(*) AS n FROM captures WHERE payload_id IS NOT NULL AND feed_id IS NULL AND {condition}"
    try:
        return int(ask(archive, sql, values)[0]["n"])
    except StoreError as problem:
        if where is None:
            raise
        raise ConfigError(f"--where {where!r}: {problem.__cause__}; it is a condition on columns of captures") from None
