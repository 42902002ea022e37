"""`tearsheet sources health`: how each outlet is beside its own history, and what can be done about what is wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cli.options import db_option, output_options, sources_option
from pipelines.cli.output import Row, emit, say, table
from pipelines.errors import ConfigError
from pipelines.health import examine, remedy, span
from pipelines.sources import read_sources
from pipelines.store.archive import Archive
from pipelines.store.figures import Figures
from pipelines.store.health import Finding, Look
from pipelines.store.rows import stamp

_HOUR = 3600


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@db_option
@sources_option
@output_options
def health(names: tuple[str, ...], db: Path, sources_path: Path, form: str | None) -> None:
    """Tell how the outlets are, each beside its own history; exit code 1 when one of them is ill.

    An outlet is ill when it is silent for much longer than ever, brings far less or far more than usual, changed its
    layout so that texts, dates or authors are missing, turns pages away, or when its feeds fail. Nothing is written:
    the table `findings` is kept by crawls.

    \b
    Example:
        tearsheet sources health
        tearsheet sources health example-post --nl
    """
    file = read_sources(sources_path)
    chosen = [one.id for one in file.chosen(names)]
    if not chosen:
        raise ConfigError(f"{sources_path}: follows no source yet; add one with `tearsheet sources add URL`")
    now = int(time.time())
    with Archive(db) as archive:
        asked = set(archive.followed())
        looks = [(one, examine(one, now)) for one in archive.figures([one for one in chosen if one in asked], now)]
    ill = sum(bool(look.findings) for _, look in looks)
    rows = [_row(figures, look, now) for figures, look in looks]
    rows += [_row(Figures(source=one), None, now) for one in chosen if one not in asked]
    emit(rows, form, lambda rows: table([_shown(row, now) for row in rows]))
    for figures, look in looks:
        for finding in look.findings:
            say(f"{look.source}: {finding.detail}; {remedy(finding.kind, figures)}")
    if ill:
        raise click.exceptions.Exit(1)


def _row(figures: Figures, look: Look | None, now: int) -> dict[str, Any]:
    """All that is told of a source, for machines."""
    findings = [_told(one, now) for one in look.findings] if look else []
    state = "ill" if findings else "well" if look else "not crawled yet"
    return {
        "source": figures.source,
        "state": state,
        "findings": findings,
        "articles": figures.articles,
        "queued": figures.queued,
        **(look.vitals if look else {}),
    }


def _told(one: Finding, now: int) -> dict[str, Any]:
    began_at = stamp(datetime.fromtimestamp(one.began_at or now, UTC))
    return {"kind": one.kind, "detail": one.detail, "value": one.value, "usual": one.usual, "began_at": began_at}


def _shown(row: Row, now: int) -> dict[str, Any]:
    """What of it fits a line; · where too little is known to say."""

    def hours(name: str) -> str:
        return span(row[name] * _HOUR) if row.get(name) else "·"

    def share(name: str) -> str:
        return f"{row[name]:.0%}" if row.get(name) is not None else "·"

    def ago(name: str) -> str:
        return span(max(0, now - _seconds(row[name]))) if row.get(name) else "·"

    usual = f" of {row['usual_week']:g}" if row.get("usual_week") is not None else ""
    rejected = sum(row.get("rejects", {}).values())
    return {
        "source": row["source"],
        "state": row["state"],
        "answered": ago("last_success_at"),
        "newest": ago("newest_at"),
        "usual gap": hours("usual_gap"),
        "week": f"{row.get('articles_week', 0)}{usual}",
        "date": share("dated"),
        "author": share("authored"),
        "standfirst": share("standfirst"),
        "length": row.get("length") or "·",
        "cut": share("cut"),
        "rejected": f"{rejected} of {row['pages_week']}" if row.get("pages_week") else "·",
    }


def _seconds(time_: str) -> int:
    return int(datetime.fromisoformat(time_).timestamp())
