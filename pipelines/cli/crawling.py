"""`tearsheet crawl`: Scrapy, run as a child command, and the table of what it did."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from pipelines.cli.child import python_m, run
from pipelines.cli.options import db_option, output_options, sources_option
from pipelines.cli.output import emit, say
from pipelines.cli.progress import Ticker
from pipelines.cli.report import last_run, remark, run_of, stirred, watched
from pipelines.errors import ConfigError, StoreError
from pipelines.sources import read_sources
from pipelines.store.agenda import pages_wait, visits
from pipelines.store.archive import Archive
from pipelines.store.held import large_log
from pipelines.store.rows import now
from pipelines.summary import problems, table
from pipelines.types import Source


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@click.option("--due", is_flag=True, help="Ask only feeds whose time has come, as `schedule` does.")
@db_option
@sources_option
@output_options
@click.pass_context
def crawl(
    ctx: click.Context, names: tuple[str, ...], due: bool, db: Path, sources_path: Path, form: str | None
) -> None:
    """Fetch what is new at the sources named, or at all.

    Runs `scrapy crawl news`. Ctrl-C stops it cleanly; the next crawl goes on where it was. --json gives all that is
    known of the run as one object: its sources, Scrapy's statistics, what is wrong, and the exit code.

    \b
    Exit codes:
        0    fine, also with nothing new
        1    some sources failed, or pages came and none was an article
        2    the sources file, a setting or an option is wrong
        3    the archive cannot be opened or written
        5    the processes that read pages cannot run
        130  stopped; what is missing comes with the next crawl

    \b
    Example:
        tearsheet crawl
        tearsheet crawl example-post example-times
    """
    file = read_sources(sources_path)
    file.config(os.environ)
    if not file.chosen(names):
        raise ConfigError(f"{sources_path}: follows no source yet; add one with `tearsheet sources add URL`")
    if due and (later := _next_due(db, file.chosen(names))):
        say(f"nothing is due before {later}")
        if form == "json":
            emit([{"run": None, "reason": f"nothing is due before {later}", "exit_code": 0}], "nl")
        return
    before = _runs_so_far(db)
    ticker = Ticker.if_watched(db, before, len(file.chosen(names)))
    asked = ["-a", f"sources={','.join(names)}"] if names else []
    asked += ["-a", "due=1"] if due else []
    command = scrapy_command("news", db, sources_path, *asked)
    code = run(
        [*command, "-s", "TEARSHEET_QUIET=1"],
        scrapy_variables(),
        shown=command,
        beat=ticker,
        stopping="stopping after the pages under way; Ctrl-C again stops at once",
    )
    if ticker:
        ticker.clear()
    told = _tell(db, before, code, form)
    if grown := large_log(db):
        say(grown)
    if form == "json":
        emit([told or {"run": None, "reason": "not begun", "exit_code": code}], "nl")
    if code == 130:
        say("stopped; run the same command again to go on where it was")
    ctx.exit(code)


def _tell(db: Path, before: int, code: int, form: str | None) -> dict[str, Any] | None:
    """Say what the run did that began after run `before`; all that is known of it, None where there was none."""
    with suppress(StoreError), Archive(db) as archive:
        newest = last_run(archive, "crawl")
        if newest > before:
            run = run_of(archive, newest)
            rows = run["sources"]
            if form != "json" and (form or stirred(rows)):
                emit(rows, form, table)
            remark(archive, rows, newest, run["errors"], run["findings"])
            for line in watched(archive, run["started_at"]):
                say(line)
            return {**run, "problems": problems(rows, run["errors"]), "exit_code": code}
    return None


def scrapy_command(spider: str, db: Path, sources: Path, *arguments: str) -> list[str]:
    """The line that runs a spider for this archive and sources file."""
    command = python_m("scrapy", "crawl", spider, *arguments)
    for name, path, default in (("DB", db, "archive.db"), ("SOURCES", sources, "sources.toml")):
        if str(path) != os.environ.get(f"TEARSHEET_{name}", default):
            command += ["-s", f"TEARSHEET_{name}={path}"]
    return command


def scrapy_variables() -> dict[str, str]:
    """What makes Scrapy find its settings in a folder without a scrapy.cfg."""
    known = "SCRAPY_SETTINGS_MODULE" in os.environ or Path("scrapy.cfg").exists()
    return {} if known else {"SCRAPY_SETTINGS_MODULE": "crawler.settings"}


def _next_due(db: Path, sources: Sequence[Source]) -> str | None:
    """When there is something to do at these sources (ISO 8601, UTC); None for now."""
    if not db.exists():
        return None
    with Archive(db) as archive:
        first = min((one.due_at for one in visits(archive, sources)), default="")
        return None if first <= now() or pages_wait(archive, sources) else first


def _runs_so_far(db: Path) -> int:
    """The newest crawl before ours. What is wrong with the archive is said by the crawl itself."""
    with suppress(StoreError), Archive(db) as archive:
        return last_run(archive, "crawl")
    return 0
