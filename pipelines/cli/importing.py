"""`tearsheet import`: files a person already has, kept and read like what was fetched."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import say
from pipelines.cli.report import tell
from pipelines.cli.work import Work, working
from pipelines.errors import ConfigError, ReadError
from pipelines.explore.words import many
from pipelines.readers.files import Skipped, find, read_paths
from pipelines.sources import SourcesFile
from pipelines.types import Capture, Fetched
from pipelines.urls import same_site, urlkey

#: The source of files that say nothing of where they come from.
_NOWHERE = "imports"


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--source", metavar="ID", help="File everything under this source.")
@db_option
@sources_option
@output_options
def import_(paths: tuple[Path, ...], source: str | None, db: Path, sources_path: Path, form: str | None) -> None:
    """Import text files, saved web pages, and folders.

    A page is filed under the source of its own address, a text under `imports`; --source decides otherwise.
    Files of other kinds in a folder are listed and skipped. What is in the archive already is not added again.
    Lines that files of one source repeat are learned as furniture and cut from all of them.

    \b
    Example:
        tearsheet import saved-pages/
        tearsheet import --source example-post clippings/*.txt
    """
    if source is not None and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", source):
        raise ConfigError(f"--source {source!r}: use lower-case letters, digits, - and _")
    file = sources_if_any(sources_path)
    limit = file.config(os.environ).body_limit
    total = len(find(paths))
    if not total:
        raise ReadError(f"{', '.join(map(str, paths))}: no files there")
    with working(db, file, "import", " ".join(map(str, paths))) as work:
        work.strip_again()
        intake = _Intake(work, file, source)
        hidden = not sys.stderr.isatty()
        with click.progressbar(length=total, label="importing", file=sys.stderr, hidden=hidden) as bar:
            files = read_paths(paths, source, limit=limit)
            work.read(intake.to_read(files, lambda: bar.update(1)))
        work.learn()
        for one in intake.skipped:
            if not one.named:
                say(f"skipped {one.path}: {one.reason}")
        if intake.known:
            say(f"in the archive already: {intake.known} of {many(total, 'file')}")
        fine = tell(work.archive, work.report(), work.run_id, form=form)
    if named := [f"{one.path}: {one.reason}" for one in intake.skipped if one.named]:
        raise ReadError("; ".join(named))
    if not fine:
        raise click.exceptions.Exit(1)


@dataclass(slots=True)
class _Intake:
    """What comes in from files, and what of it is to be read."""

    work: Work
    file: SourcesFile
    source: str | None
    skipped: list[Skipped] = field(default_factory=list)
    known: int = 0
    put: set[str] = field(default_factory=set)  # followed sources whose row is up to date

    def to_read(self, files: Iterator[Capture | Skipped], done: Callable[[], None]) -> Iterator[tuple[int, Capture]]:
        """First what a killed run left unread, then each new file, kept before anything reads it."""
        yield from self.work.archive.pending()
        for one in files:
            if isinstance(one, Skipped):
                self.skipped.append(one)
            else:
                capture = replace(one, source=self._filed(one))
                if self._has(capture):
                    self.known += 1
                else:
                    kept = self.work.writer.keep(Fetched(capture=capture), self.work.run_id)
                    if not kept.unchanged:
                        yield kept.capture_id, capture
            done()

    def _filed(self, capture: Capture) -> str:
        """The source named, or followed at this address, or called like the page's host."""
        known = self.file.sources.values()
        if self.source:
            followed = self.file.sources.get(self.source)
        else:
            followed = next((one for one in known if one.homepage and same_site(one.homepage, capture.url)), None)
        if followed and followed.id not in self.put:
            self.work.writer.put_sources([followed])
            self.put.add(followed.id)
        return followed.id if followed else self.source or capture.source or _NOWHERE

    def _has(self, capture: Capture) -> bool:
        """Whether the archive holds these bytes from this address."""
        digest = hashlib.sha256(capture.body).hexdigest()
        same = "urlkey = ? AND payload_id = (SELECT id FROM payloads WHERE digest = ?)"
        return any(self.work.archive.captures(same, (urlkey(capture.url), digest)))
