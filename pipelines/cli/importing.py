"""`tearsheet import`: files a person already has, kept and read like what was fetched."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from pipelines.cli.intake import Intake
from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import say
from pipelines.cli.pieces import Shelf
from pipelines.cli.report import tell
from pipelines.cli.work import working
from pipelines.errors import ConfigError, ReadError
from pipelines.explore.words import many
from pipelines.filing import Filing
from pipelines.readers.folders import find
from pipelines.summary import folded


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--source", metavar="ID", help="File everything under this source.")
@db_option
@sources_option
@output_options
def import_(paths: tuple[Path, ...], source: str | None, db: Path, sources_path: Path, form: str | None) -> None:
    """Import web archives, saved pages, texts, mail, rows of other tools, and folders of these.

    Read are WARC and WACZ files, web pages and plain texts, newsletters (.eml, .mbox), lines of JSON by
    news-please, newspaper4k, Fundus, trafilatura or Tearsheet itself, and lists of addresses, which are queued
    for the next crawl; packed with gzip, too. docs/imports.md says what becomes what.

    A page is filed under the source of its own address, a text under `imports`; --source decides otherwise.
    Files of other kinds in a folder are listed and skipped, damaged records told and passed over. What is in the
    archive already is not added again, and an import that was stopped goes on where it was.

    \b
    Example:
        tearsheet import CC-NEWS-20260101000000-00001.warc.gz
        tearsheet import --source example-post clippings/
    """
    if source is not None and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", source):
        raise ConfigError(f"--source {source!r}: use lower-case letters, digits, - and _")
    file = sources_if_any(sources_path)
    file.config(os.environ)
    own = {db.resolve().with_name(f"{db.name}{ending}") for ending in ("", "-wal", "-shm", "-journal", ".lock")}
    files = [(path, named) for path, named in find(paths) if path.resolve() not in own]
    if not files:
        raise ReadError(f"{', '.join(map(str, paths))}: no files there")
    with working(db, file, "import", " ".join(map(str, paths))) as work:
        work.strip_again()
        shelf = Shelf(work.archive, work.config.body_limit)
        intake = Intake(work, Filing(file, source), shelf)
        hidden = not sys.stderr.isatty()
        total = sum(path.stat().st_size for path, _ in files if path.is_file())
        with click.progressbar(length=max(total, 1), label="importing", file=sys.stderr, hidden=hidden) as bar:
            intake.bring(files, bar.update)
        work.learn()
        _remark(intake, len(files))
        fine = tell(work.archive, work.report(), work.run_id, form=form)
    if named := [f"{one.path}: {one.reason}" for one in shelf.skipped if one.named]:
        raise ReadError("; ".join(named))
    if not fine:
        raise click.exceptions.Exit(1)


def _remark(intake: Intake, files: int) -> None:
    """What else is to be said of an import, on stderr."""
    for one in intake.shelf.skipped:
        if not one.named:
            say(f"skipped {one.path}: {one.reason}")
    for line in folded(intake.flaws, "more like these"):
        say(line)
    counts = intake.counts
    if counts["flaw"]:
        say(f"damaged: {many(counts['flaw'], 'piece')}; see the table `failures`, stage `import`")
    if intake.passed:
        kinds = ", ".join(f"{n:,} {what}" for what, n in intake.passed.most_common(5))
        more = f" and {many(len(intake.passed) - 5, 'kind')} more" if len(intake.passed) > 5 else ""
        say(f"no pages: {kinds}{more}")
    if counts["forgotten"]:
        say(f"forgotten for good, and not brought back: {counts['forgotten']:,}")
    known, over = counts["known"], intake.shelf.finished
    if known or over:
        said = [many(known, "page")] if known else []
        said += [f"all of {many(over, 'file')} read before"] if over else []
        say(f"in the archive already: {' and '.join(said)} of {many(files, 'file')}")
    if counts["queued"]:
        say(f"queued for the next crawl: {many(counts['queued'], 'address', 'addresses')}")
        for source in [one for one, n in intake.queued.items() if n and not intake.filing.follows(one)][:5]:
            say(f"{source}: is not followed, so `crawl` leaves its addresses alone; `tearsheet sources add URL`")
