"""`tearsheet export`: take the archive, or a part of it, along to other programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click

from pipelines.cli.options import db_option
from pipelines.cli.output import say
from pipelines.cli.report import known_source
from pipelines.errors import ConfigError
from pipelines.explore.words import many
from pipelines.exports import bibtex, citing, markdown, parquet, rows
from pipelines.exports.placing import STDOUT, folder_for, part_of, placed
from pipelines.exports.warc import Warc
from pipelines.store.archive import Archive
from pipelines.store.outgoing import Captures, articles, chosen
from pipelines.store.rows import version
from pipelines.store.snapshot import write_snapshot

_ENDINGS = {
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".parquet": "parquet", ".warc": "warc", ".warc.gz": "warc",
    ".bib": "bibtex", ".csl": "csl", ".csl.json": "csl", ".db": "snapshot", ".sqlite": "snapshot",
    ".sqlite3": "snapshot",
}  # fmt: skip
_FORMATS = ("ndjson", "csv", "parquet", "markdown", "warc", "bibtex", "csl", "snapshot")
_PLACES = ("markdown", "snapshot")  # no streams
_BINARY = ("parquet", "warc")
_NOTED = ("ndjson", "csv", "markdown", "snapshot")  # that have a place for readers' notes


@click.command()
@click.argument("out", metavar="OUT")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="What to write; without it, as OUT ends.")
@click.option("--where", metavar="SQL", help="Articles for which this condition on the table `articles` holds.")
@click.option("--source", "sources", metavar="ID", multiple=True, help="Articles of this source; can be repeated.")
@click.option("--since", metavar="DATE", help="Published, or else first seen, on this day or later.")
@click.option("--formulas", is_flag=True, help="In CSV, leave alone what a spreadsheet would take for a formula.")
@click.option("--notes", is_flag=True, help="Readers' tags and notes, too; without it they stay here.")
@click.option("--replace", is_flag=True, help="Replace OUT where it is there already.")
@db_option
def export(
    out: str,
    form: str | None,
    where: str | None,
    sources: tuple[str, ...],
    since: str | None,
    formulas: bool,
    notes: bool,
    replace: bool,
    db: Path,
) -> None:
    """Export articles to OUT, a file or for markdown a folder; - is standard output.

    \b
    ndjson    every column of every article, one JSON object a line (.ndjson, .jsonl)
    csv       the same as a table that is safe to open in a spreadsheet (.csv)
    parquet   the same with typed columns (.parquet); takes the extra `parquet`
    markdown  a folder with a file for each article; run it again to bring it up to date
    warc      the pages as they came, for web archives (.warc.gz, .warc)
    bibtex    citations with capture date and digest (.bib)
    csl       the same as CSL-JSON, for Zotero and pandoc (.csl.json)
    snapshot  an SQLite file for the public, without pages and secrets (.db)

    OUT is whole or not there at all. The archive can be written to meanwhile.

    \b
    Example:
        tearsheet export spring.csv --since 2026-03
        tearsheet export pages.warc.gz --source example-post --where "title LIKE '%ferry%'"
    """
    task = _Task(Path(out), form or _form_of(out), formulas, notes, replace)
    task.check(db)
    try:
        with Archive(db) as archive:
            for source in sources:
                known_source(archive, source, "--source ")
            found = chosen(archive.db.conn, archive.path, where, sources, _day(since))
            label = ", ".join((where or "all", *sources, *([f"since {since}"] if since else [])))
            remarks = task.run(archive, found, label)
    except KeyboardInterrupt:
        rest = "what is in the folder is whole; run it again to go on" if task.form == "markdown" else "wrote nothing"
        say(f"\nstopped; {rest}")
        raise click.exceptions.Exit(130) from None
    say("; ".join((f"{many(len(found), 'article')} exported", *remarks)))


def _form_of(out: str) -> str:
    """The format that a name asks for. Raises ConfigError where it asks for none."""
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if out.lower().endswith(ending) and not Path(out).is_dir():
            return _ENDINGS[ending]
    if out.endswith("/") or Path(out).is_dir():
        return "markdown"
    raise ConfigError(f"{out}: does not say what to write; add --format, one of {', '.join(_FORMATS)}")


def _day(since: str | None) -> str | None:
    if since is not None and not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", since):
        raise ConfigError(f"--since {since!r}: write a day, month or year, such as 2026-03-01")
    return since


@dataclass(frozen=True, slots=True)
class _Task:
    out: Path
    form: str
    formulas: bool
    notes: bool
    replace: bool

    def check(self, db: Path) -> None:
        """Raises ConfigError where it cannot be done, before anything is read."""
        if self.out == STDOUT:
            if self.form in _PLACES:
                raise ConfigError(f"--format {self.form} makes no stream; name a file or folder for it")
            if self.form in _BINARY and sys.stdout.isatty():
                raise ConfigError(f"--format {self.form} is nothing for a terminal; name a file")
        elif self.out.exists() and db.exists() and self.out.samefile(db):
            raise ConfigError(f"{self.out}: is the archive itself; name another file")
        elif self.form == "snapshot" and self.out.with_name(f"{self.out.name}-wal").exists():
            raise ConfigError(f"{self.out}: a database of that name is in use; close it, or name another file")
        if self.notes and self.form not in _NOTED:
            raise ConfigError(f"--notes: {self.form} has no place for them; export {', '.join(_NOTED)}")
        if self.form == "parquet":
            parquet.arrow()

    def run(self, archive: Archive, ids: Sequence[int], label: str) -> list[str]:
        """Write it, with a progress bar; what else a person should know."""
        hidden = not sys.stderr.isatty()
        with click.progressbar(length=len(ids), label="exporting", file=sys.stderr, hidden=hidden) as bar:
            match self.form:
                case "markdown":
                    folder = folder_for(self.out)
                    written = markdown.write_markdown(self._articles(archive, ids, bar.update), folder)
                    return [f"{many(written, 'file')} new or changed"]
                case "snapshot":
                    with part_of(self.out, replace=self.replace) as part:
                        write_snapshot(archive.db.conn, archive.path, ids, part, bar.update, noted=self.notes)
                    return []
                case "warc":
                    return self._warc(archive, ids, label, bar.update)
            writer = self._writer()
            with placed(self.out, replace=self.replace) as file:
                writer(self._articles(archive, ids, bar.update), file)
            return []

    def _writer(self) -> Callable[[Iterator[dict[str, Any]], BinaryIO], None]:
        match self.form:
            case "ndjson":
                return rows.write_ndjson
            case "csv":
                return lambda articles, file: rows.write_csv(articles, file, formulas=self.formulas, noted=self.notes)
            case "parquet":
                return parquet.write_parquet
            case "bibtex":
                return bibtex.write_bibtex
        return citing.write_csl

    def _articles(
        self, archive: Archive, ids: Sequence[int], progress: Callable[[int], None]
    ) -> Iterator[dict[str, Any]]:
        for article in articles(archive.db.conn, archive.path, ids, noted=self.notes):
            yield article
            progress(1)

    def _warc(self, archive: Archive, ids: Sequence[int], label: str, progress: Callable[[int], None]) -> list[str]:
        captures = Captures(archive.db.conn, archive.path)
        name = None if self.out == STDOUT else self.out.name
        with placed(self.out, replace=self.replace) as file:
            warc = Warc(file, name=name, software=f"Tearsheet/{version()}", chosen=label, gzip=not _plain(self.out))
            for article_id in ids:
                warc.write(captures.of(article_id))
                progress(1)
        gone = many(captures.bodiless, "capture")
        return [f"{gone} left out, for the page is pruned or forgotten"] if captures.bodiless else []


def _plain(out: Path) -> bool:
    """Whether a WARC is to be left uncompressed."""
    return out.name.lower().endswith(".warc")
