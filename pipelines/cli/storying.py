"""`tearsheet story`: who carries the story of an article, who had it first, and what each made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import Row, emit, safe, say
from pipelines.errors import ArchiveError
from pipelines.explore.words import date
from pipelines.store.archive import Archive
from pipelines.store.clusters import story as story_of
from pipelines.store.faults import explained


@click.command()
@click.argument("ref", metavar="ID")
@db_option
@output_options
def story(ref: str, db: Path, form: str | None) -> None:
    """Show who carries an article's story, and what each cut and added.

    The first one is who had it first, as far as times and credits tell; the others stand beside its text, with the
    paragraphs that they left out (-) and those of their own (+). ID is as for `tearsheet show`.

    \b
    Example:
        tearsheet query syndicated
        tearsheet story 1547812059136000000
        tearsheet story https://example.org/news/ice-road --json
    """
    with Archive(db) as archive:
        article = archive.article(ref)
        if article is None:
            raise ArchiveError(f"{db}: holds no article {ref!r}; find one with `tearsheet search`")
        with explained(db):
            rows = story_of(archive.db.conn, article["id"])
    if rows:
        emit(rows, form, lambda carried: "\n".join(line for row in carried for line in _told(row)))
    else:
        emit([], form)
        say("no other article in the archive carries this story")


def _told(row: Row) -> Iterator[str]:
    title = click.style(safe(row["title"] or "(no title)"), bold=True)
    yield f"{safe(row['source_id'] or 'no source')}: {title}"
    facts = [date(row["published_at"], row["published_precision"]) if row["published_at"] else "date unknown"]
    if row["article_id"] == row["head_id"]:
        facts.append("first")
    elif row["hours_behind"] is not None:
        facts.append(f"{row['hours_behind']:.1f} hours after the first")
    if row["of_own"] is not None:
        facts.append(f"{row['of_own']:.0%} of it is the first one's, {row['of_head']:.0%} of which it has")
    if row["agency"]:
        facts.append(f"credits {safe(row['agency'])}")
    yield f"  {' · '.join(facts)}"
    yield f"  {safe(row['url'])}"
    yield from (click.style(f"  - {safe(one)}", fg="red") for one in row["paragraphs_cut"])
    yield from (click.style(f"  + {safe(one)}", fg="green") for one in row["paragraphs_added"])
    yield ""
