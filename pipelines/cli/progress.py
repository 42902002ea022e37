"""How far a crawl is: one line on the terminal, read from the archive as it grows and painted over itself."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import click

from pipelines.cli.output import clipped, width
from pipelines.cli.report import ask, last_run
from pipelines.errors import StoreError
from pipelines.explore.words import many
from pipelines.store.archive import Archive

_CLEAR = "\r\x1b[K"  # to the start of the terminal's line, and wipe it
_LATELY = 10.0  # seconds over which pages are counted to know how many come in one


class Ticker:
    """Paints the line when called. `before` is the newest run before this one, `sources` how many are asked."""

    def __init__(self, db: Path, before: int, sources: int) -> None:
        self._db = db
        self._before = before
        self._sources = sources
        self._began = time.monotonic()
        self._pages: deque[tuple[float, int]] = deque([(self._began, 0)])
        self._archive: Archive | None = None

    @classmethod
    def if_watched(cls, db: Path, before: int, sources: int) -> Ticker | None:
        """A ticker where somebody watches: stderr is a terminal that can repaint a line."""
        return cls(db, before, sources) if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else None

    def __call__(self) -> None:
        """Paint how it stands; nothing before there is anything to tell."""
        with suppress(StoreError):
            self._archive = self._archive or Archive(self._db)
            if figures := self._figures(self._archive):
                click.echo(f"{_CLEAR}{fitted(figures, _columns() - 1)}\r", err=True, nl=False)

    def clear(self) -> None:
        """Leave the line to what comes next."""
        click.echo(_CLEAR, err=True, nl=False)
        if self._archive:
            self._archive.close()

    def _figures(self, archive: Archive) -> list[tuple[int, str]]:
        """What to tell, in order, each with its weight: the lightest goes first where the line is too short."""
        newest = last_run(archive, "crawl")
        if newest <= self._before:
            return []
        report = archive.run_report(newest)
        fetched, stored, revised, failed = (
            sum(row[name] for row in report) for name in ("fetched", "stored", "revised", "failed")
        )
        rejected = sum(sum(row["rejected"].values()) for row in report)
        asked, queued = self._asked(archive, newest)
        return [
            (3, f"{min(asked, self._sources)} of {many(self._sources, 'source')}"),
            (4, f"{self._rate(fetched):.1f} pages/s"),
            (6, f"{stored + revised:,} new"),
            (2, f"{rejected:,} rejected"),
            (5, many(failed, "error")),
            (1, f"{queued:,} queued"),
            (7, _clock(time.monotonic() - self._began)),
        ]

    def _asked(self, archive: Archive, run_id: int) -> tuple[int, int]:
        """Sources whose feeds were asked in this run, and addresses that wait."""
        row = ask(
            archive,
            "SELECT (SELECT count(DISTINCT source_id) FROM feeds WHERE checked_at >= started_at) AS asked,"
            " (SELECT count(*) FROM entries WHERE state = 'queued') AS queued FROM runs WHERE id = ?",
            (run_id,),
        )[0]
        return int(row["asked"]), int(row["queued"])

    def _rate(self, fetched: int) -> float:
        """Pages a second, lately."""
        now = time.monotonic()
        self._pages.append((now, fetched))
        while len(self._pages) > 2 and self._pages[0][0] < now - _LATELY:
            self._pages.popleft()
        then, before = self._pages[0]
        return (fetched - before) / max(now - then, 0.1)


def fitted(parts: list[tuple[int, str]], room: int) -> str:
    """The parts in one line of at most `room` columns; the lightest are left out where they do not fit."""
    kept = list(parts)
    while len(kept) > 1 and width(_line(kept)) > room:
        kept.remove(min(kept))
    return clipped(_line(kept), max(1, room))


def _line(parts: list[tuple[int, str]]) -> str:
    return " · ".join(text for _, text in parts)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:  # a terminal that does not say
        return 80


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
