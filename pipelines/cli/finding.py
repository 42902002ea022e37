"""`tearsheet search`: the search of the explorer in a terminal."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import Row, emit, safe, say
from pipelines.store.archive import Archive
from pipelines.store.querying import parse

#: Around the words found; no stored text holds them.
_MARKS = ("\x02", "\x03")


@click.command()
@click.argument("words", metavar="QUERY")
@click.option("--source", metavar="ID", multiple=True, help="Only articles of this source; several may be named.")
@click.option("--since", metavar="DAY", help="Published on this day, month or year, or later: 2026-01-31.")
@click.option("--until", metavar="DAY", help="Published on this day, month or year, or before.")
@click.option("--language", metavar="CODE", multiple=True, help="Only articles in this language: en, zh.")
@click.option("--sort", type=click.Choice(("best", "newest")), default="best", show_default=True, help="What is first.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most articles to list.")
@db_option
@output_options
def search(
    words: str,
    source: tuple[str, ...],
    since: str | None,
    until: str | None,
    language: tuple[str, ...],
    sort: str,
    limit: int,
    db: Path,
    form: str | None,
) -> None:
    """Search titles, standfirsts and texts.

    Words are all wanted; "a phrase", OR, NOT, -word, prefix*, NEAR(a b), title:word work, and so do source:ID, lang:xx,
    agency:, section:, tag:, note:, since: and until:. Chinese, Japanese, Thai and Korean are found by their characters.

    \b
    Example:
        tearsheet search '"ice road" OR ferry'
        tearsheet search 'harbour source:example-post since:2026-01' --csv
    """
    query = parse(words, source=source, language=language, since=since, until=until)
    for hint in query.hints:
        say(hint)
    marks = _MARKS if form is None else ("", "")
    with Archive(db) as archive:
        rows = archive.search(query, newest=sort == "newest", limit=limit, marks=marks)
    emit(rows, form, _found)
    if not rows:
        say(f"nothing found for {words!r}")


def _found(rows: list[Row]) -> str:
    return "\n\n".join(_result(row) for row in rows)


def _result(row: Row) -> str:
    title = click.style(safe(row["title"] or "(no title)"), bold=True)
    day = (row["published_at"] or "date unknown").partition("T")[0]
    snippet = " ".join((row["snippet"] or "").split())
    start, stop = _MARKS
    shown = "".join(
        part if n == 0 else click.style(part.partition(stop)[0], bold=True) + part.partition(stop)[2]
        for n, part in enumerate(_safe_but(snippet, _MARKS).split(start))
    )
    return f"{title}\n  {safe(day)}  {safe(row['source_id'] or '')}  tearsheet show {row['id']}\n  {shown}"


def _safe_but(text: str, marks: tuple[str, str]) -> str:
    """Safe text in which the marks are left."""
    start, stop = marks
    return start.join(stop.join(safe(part) for part in piece.split(stop)) for piece in text.split(start))
