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
from pipelines.cli.report import ask, known_source
from pipelines.cli.work import working
from pipelines.errors import ConfigError, StoreError
from pipelines.lessons import recipe_in_force
from pipelines.lessons import stale as outdated
from pipelines.store.archive import Archive
from pipelines.store.extractions import STALE
from pipelines.summary import rejects

_PENDING = "outcome IS NULL"
_FAILED = "outcome = 'failed'"


@click.command()
@click.option("--pending", is_flag=True, help="Captures that were never read; this is the default.")
@click.option("--stale", is_flag=True, help="Articles made by other rules, settings or lessons than are in force now.")
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

    Their articles are brought up to date, nothing is fetched; `went` and `back` are the characters that their
    texts lost and gained. Options narrow each other down: `--stale --source example-post` reads the stale articles
    of one source.

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
            conditions.append(STALE)
            values.append(json.dumps(outdated(archive, recipe_in_force(archive, file.sources))))
        if source is not None:
            conditions.append("source_id = ?")
            values.append(known_source(archive, source, "--source "))
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
            if stale:
                work.reread(work.archive.again(condition, values, work.recipe.base_for), bar.update)
            else:
                work.reread(work.archive.captures(condition, values), bar.update)
        work.learn()
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
        "unchanged": report["unchanged"] + report["same"],
        "rejected": rejected,
        "failed": report["failed"],
        "went": report["went"],
        "back": report["back"],
        "seconds": report["seconds"],
    }


def _count(archive: Archive, condition: str, values: Sequence[Any], where: str | None) -> int:
    sql = f"SELECT count(*) AS n FROM captures WHERE payload_id IS NOT NULL AND feed_id IS NULL AND {condition}"
    try:
        return int(ask(archive, sql, values)[0]["n"])
    except StoreError as problem:
        if where is None:
            raise
        raise ConfigError(f"--where {where!r}: {problem.__cause__}; it is a condition on columns of captures") from None
