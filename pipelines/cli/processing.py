"""`tearsheet process`: read again what is kept, by today's rules, and say what that makes different."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipelines.cli.accounts import page, row_of, rows_of
from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import emit, say
from pipelines.cli.report import ask, known_source
from pipelines.cli.rereading import Read, reread
from pipelines.cli.work import Work, working
from pipelines.errors import ConfigError, StoreError
from pipelines.explore.words import many
from pipelines.lessons import recipe_in_force
from pipelines.lessons import stale as outdated
from pipelines.recipe import Recipe
from pipelines.reprocess import Account
from pipelines.restrip import pool_of
from pipelines.sources import SourcesFile
from pipelines.store.archive import Archive
from pipelines.store.extractions import STALE
from pipelines.store.faults import explained
from pipelines.store.payloads import HAS_BODY
from pipelines.store.readings import Progress, save, unfinished
from pipelines.summary import rejects
from pipelines.types import Readable

_PENDING = "outcome IS NULL"
_FAILED = "outcome = 'failed'"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which captures are to be read."""

    condition: str
    values: list[Any]
    stale: bool

    def after(self, position: int) -> _Asked:
        """Those that a run which got so far has left."""
        return _Asked(f"({self.condition}) AND id > ?", [*self.values, position], self.stale)

    def of(self, archive: Archive, recipe: Recipe) -> Iterable[tuple[int, Readable]]:
        """The captures; of stale articles what was extracted, where that is enough."""
        if self.stale:
            return archive.again(self.condition, self.values, recipe.base_for)
        return archive.captures(self.condition, self.values)


@click.command()
@click.option("--pending", is_flag=True, help="Captures that were never read; this is the default.")
@click.option("--stale", is_flag=True, help="Articles made by other rules, settings or lessons than are in force now.")
@click.option("--retry-failures", is_flag=True, help="Captures that went wrong unexpectedly.")
@click.option("--source", metavar="ID", help="Captures of this source.")
@click.option("--where", metavar="SQL", help="Captures for which this condition on the table `captures` holds.")
@click.option("--dry-run", is_flag=True, help="Only say what would become different; nothing is written.")
@db_option
@sources_option
@output_options
def process(
    pending: bool,
    stale: bool,
    retry_failures: bool,
    source: str | None,
    where: str | None,
    dry_run: bool,
    db: Path,
    sources_path: Path,
    form: str | None,
) -> None:
    """Read stored captures again, by the rules of today.

    Their articles are brought up to date, nothing is fetched. The report says what became different: `lost` are
    articles that are none any more, `went` and `back` the characters that texts lost and gained. A run that was
    stopped goes on where it was. Options narrow each other down: `--stale --source example-post` reads the stale
    articles of one source.

    \b
    Example:
        tearsheet process --stale --dry-run
        tearsheet process --where "fetched_at > '2026-01-01'"
    """
    file = sources_if_any(sources_path)
    with Archive(db) as archive:  # before the writer would make an archive that is not there
        recipe = recipe_in_force(archive, file.sources)
        conditions, values = [], []
        for wanted, condition in ((pending, _PENDING), (retry_failures, _FAILED)):
            conditions += [condition] if wanted else []
        if stale:
            conditions.append(STALE)
            values.append(json.dumps(outdated(archive, recipe)))
        if source is not None:
            conditions.append("source_id = ?")
            values.append(known_source(archive, source, "--source "))
        if where is not None:
            conditions.append(f"({where}\n)")  # a comment at its end does not reach further
        asked = _Asked(" AND ".join(conditions) or _PENDING, values, stale)
        _check(archive, asked, where)
        progress = Progress("") if dry_run else _begin(archive, recipe, [*conditions, source])
        asked = asked.after(progress.position) if progress.read else asked
        total = _count(archive, asked)
        if not total and not progress.read:
            emit([], form)
            say("nothing to read again")
            return
        if dry_run:
            accounts, seconds = _try(archive, file, recipe, asked, total)
            rows = [row_of(name, accounts[name], seconds) for name in sorted(accounts, key=str)]
            emit(rows, form, lambda _: page(rows, accounts.values()))
            say("nothing was written: this was a dry run")
            return
    failed = _run(db, file, asked, total, progress, form)
    if failed:
        say(f"{failed} failed; see the table `failures`, and `tearsheet process --retry-failures` after a fix")
        raise click.exceptions.Exit(1)


def _begin(archive: Archive, recipe: Recipe, asked: list[Any]) -> Progress:
    """The beginning, or how far a run of the same that was stopped got."""
    in_force = sorted(recipe.id_for(source) for source in (None, *{**recipe.sources, **recipe.lessons}))
    key = hashlib.sha256(json.dumps([asked, in_force]).encode()).hexdigest()
    with explained(archive.path):
        progress = unfinished(archive.db.conn, key)
    if progress.read:
        say(f"going on after {many(progress.read, 'page')}: the run that began with them was stopped")
    return progress


def _try(
    archive: Archive, file: SourcesFile, recipe: Recipe, asked: _Asked, total: int
) -> tuple[dict[str | None, Account], float]:
    """What would become different, and how long it took to tell."""
    began = time.monotonic()
    with pool_of(recipe, file.config(os.environ)) as pool, _bar(total) as bar:
        wanted = asked.of(archive, recipe)
        accounts = reread(archive, pool, wanted, Progress(""), lambda _: None, lambda _, n: bar.update(n))
    return accounts, round(time.monotonic() - began, 1)


def _run(db: Path, file: SourcesFile, asked: _Asked, total: int, progress: Progress, form: str | None) -> int:
    """Read, store and report; how many failed."""
    with working(db, file, "process", " ".join(asked.condition.split())) as work, _bar(total) as bar:

        def store(batch: list[Read]) -> None:
            work.writer.store_all(batch, work.run_id)

        def done(reached: Progress, n: int) -> None:
            save(work.writer, work.run_id, reached)
            work.progress = reached.stats()
            bar.update(n)

        work.progress = progress.stats()
        accounts = reread(work.archive, work.pool, asked.of(work.archive, work.recipe), progress, store, done)
        work.learn()
        work.progress = {}
        report = _report(work, progress)
        rows = rows_of(report, accounts)
        emit(rows, form, lambda _: page(rows, accounts.values()))
        for one in report:
            if why := rejects([one]):
                say(f"{one['source'] or 'no source'}: rejected {why}")
    return sum(row["failed"] for row in rows)


def _report(work: Work, progress: Progress) -> list[dict[str, Any]]:
    """What was done by source, by the runs that were stopped too."""
    found: dict[str | None, dict[str, Any]] = {}
    for run_id in (*progress.runs, work.run_id):
        for row in work.archive.run_report(run_id):
            known = found.setdefault(row["source"], {"source": row["source"], "rejected": {}})
            for name, value in row.items():
                if name == "rejected":
                    for reason, n in value.items():
                        known["rejected"][reason] = known["rejected"].get(reason, 0) + n
                elif name != "source":
                    known[name] = known.get(name, 0) + value
    seconds = round(time.monotonic() - work.began, 1)
    return [{**found[name], "seconds": seconds} for name in sorted(found, key=str)]


def _bar(total: int) -> Any:
    return click.progressbar(length=total, label="reading", file=sys.stderr, hidden=not sys.stderr.isatty())


def _check(archive: Archive, asked: _Asked, where: str | None) -> None:
    try:
        _count(archive, asked)
    except StoreError as problem:
        if where is None:
            raise
        raise ConfigError(f"--where {where!r}: {problem.__cause__}; it is a condition on columns of captures") from None


def _count(archive: Archive, asked: _Asked) -> int:
    # stale articles can do without their page, where their extraction is kept
    body = "payload_id IS NOT NULL" if asked.stale else HAS_BODY
    sql = f"SELECT count(*) AS n FROM captures WHERE {body} AND feed_id IS NULL AND {asked.condition}"
    return int(ask(archive, sql, asked.values)[0]["n"])
