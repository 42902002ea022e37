"""`tearsheet crawl`: Scrapy, run as a child command, and the table of what it did."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from pipelines.cli.child import python_m, run
from pipelines.cli.options import db_option, output_options, sources_option
from pipelines.cli.output import say
from pipelines.cli.report import last_run, report_of, tell
from pipelines.errors import ConfigError, StoreError
from pipelines.sources import read_sources
from pipelines.store.archive import Archive

_CLEAR = "\r\x1b[K"  # to the start of the terminal's line, and wipe it


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@db_option
@sources_option
@output_options
@click.pass_context
def crawl(ctx: click.Context, names: tuple[str, ...], db: Path, sources_path: Path, form: str | None) -> None:
    """Fetch what is new at the sources named, or at all.

    Runs `scrapy crawl news`. Ctrl-C stops it cleanly; the next crawl goes on where it was. Exit code 1 means
    that a source failed; a crawl that found nothing new is a good one.

    \b
    Example:
        tearsheet crawl
        tearsheet crawl example-post example-times
    """
    file = read_sources(sources_path)
    file.config(os.environ)
    if not file.chosen(names):
        raise ConfigError(f"{sources_path}: follows no source yet; add one with `tearsheet sources add URL`")
    before = _runs_so_far(db)
    ticker = _Ticker(db, before) if sys.stderr.isatty() else None
    asked = ["-a", f"sources={','.join(names)}"] if names else []
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
    with suppress(StoreError), Archive(db) as archive:
        newest = last_run(archive, "crawl")
        if newest > before:
            report, errors = report_of(archive, newest)
            tell(archive, report, newest, errors, form)
    if code == 130:
        say("stopped; run the same command again to go on where it was")
    ctx.exit(code)


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


def _runs_so_far(db: Path) -> int:
    """The newest crawl before ours. What is wrong with the archive is said by the crawl itself."""
    with suppress(StoreError), Archive(db) as archive:
        return last_run(archive, "crawl")
    return 0


class _Ticker:
    """One line on the terminal that says how far a crawl is, read from the archive as it grows."""

    def __init__(self, db: Path, before: int) -> None:
        self._db = db
        self._before = before

    def __call__(self) -> None:
        with suppress(StoreError), Archive(self._db) as archive:
            newest = last_run(archive, "crawl")
            if newest > self._before:
                report = archive.run_report(newest)
                sums = {name: sum(row[name] for row in report) for name in ("found", "fetched", "stored", "failed")}
                told = " · ".join(f"{n} {name}" for name, n in sums.items())
                click.echo(f"{_CLEAR}{told}\r", err=True, nl=False)

    def clear(self) -> None:
        """Leave the line to what comes next."""
        click.echo(_CLEAR, err=True, nl=False)
