"""`tearsheet note`: readers' own tags and remarks on articles, from the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipelines.cli.keeping import absent
from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import Row, emit, safe, say
from pipelines.errors import ArchiveError, ConfigError
from pipelines.explore.words import day, many
from pipelines.store import notes
from pipelines.store.archive import Archive
from pipelines.store.faults import explained


@click.command()
@click.argument("ref", metavar="ID", required=False)
@click.argument("text", metavar="TEXT", required=False)
@click.option("--tag", "tags", metavar="WORD", multiple=True, help="Tag the article; can be repeated.")
@click.option("--remove", is_flag=True, help="Take off the tags, or the remark whose number is TEXT.")
@db_option
@output_options
def note(ref: str | None, text: str | None, tags: tuple[str, ...], remove: bool, db: Path, form: str | None) -> None:
    """Note something on an article, tag it, or list what was noted.

    ID is what `tearsheet show` takes. Without TEXT and --tag the article's notes are listed; without ID all notes,
    or with --tag those with that tag. Notes stay whatever is read again, and can be searched: tag:WORD, note:WORD.

    \b
    Example:
        tearsheet note 1547812059136000000 "the mayor denied this on 3 March" --tag ferry
        tearsheet note 1547812059136000000 --tag ferry --remove
        tearsheet note 1547812059136000000 12 --remove
        tearsheet note --tag ferry --csv
    """
    wanted = [_tag(one) for one in tags]
    if ref is None:
        if remove:
            raise ConfigError("--remove: name the article first, as in `tearsheet note ID --tag WORD --remove`")
        with Archive(db) as archive, explained(db):
            rows = [row for row in notes.listed(archive.db.conn) if not wanted or row["tag"] in wanted]
        _list(rows, form, "tagged so" if wanted else "noted yet")
        return
    with Archive(db) as archive:
        article = archive.article(ref)
        if article is None:
            raise ArchiveError(f"{db}: {absent(archive, ref)}")
        if text is None and not wanted and not remove:
            with explained(db):
                rows = notes.listed(archive.db.conn, article["id"])
            _list(rows, form, "noted on this article yet")
            return
    (_take_off if remove else _put)(db, article, text, wanted)


def _tag(typed: str) -> str:
    if not (tag := notes.tag_of(typed)):
        raise ConfigError(f"--tag {typed!r}: a tag needs a letter or a figure")
    return tag


def _list(rows: list[dict[str, Any]], form: str | None, what: str) -> None:
    emit(rows, form, lambda found: "\n".join(map(_line, found)))
    if not rows:
        say(f"nothing is {what}")


def _line(row: Row) -> str:
    """One note: its number, what it says, and of which article."""
    said = f"#{row['tag']}" if row["tag"] else " ".join(row["text"].split())
    about = row["title"] or row["urlkey"]
    who = ", ".join(filter(None, (row["author"], day(row["made_at"].partition("T")[0]))))
    head = click.style(f"{row['note']:>4}  {safe(said)}", bold=True)
    return f"{head}\n      {safe(who)}: {safe(about)}  {_where(row)}"


def _where(row: Row) -> str:
    return f"tearsheet show {row['article_id']}" if row["article_id"] is not None else "(not in the archive now)"


def _put(db: Path, article: Mapping[str, Any], text: str | None, tags: list[str]) -> None:
    if text is not None and not notes.remark_of(text):
        raise ConfigError("TEXT is empty; write what is to be noted")
    with notes.noting(db) as connection:
        new = [tag for tag in tags if notes.put_tag(connection, article["id"], tag)]
        noted = text is not None and notes.put_remark(connection, article["id"], text)
    done = [*(["noted"] if noted else []), *([f"tagged {', '.join(new)}"] if new else [])]
    say(f"{'; '.join(done) or 'it has that tag already'}: {article['title'] or article['url']}")


def _take_off(db: Path, article: Mapping[str, Any], number: str | None, tags: list[str]) -> None:
    if number is None and not tags:
        raise ConfigError("--remove: say what, by --tag WORD or by a number that `tearsheet note ID` lists")
    if number is not None and not number.isdecimal():
        raise ConfigError(f"--remove: {number!r} is no number of a note; `tearsheet note ID` lists them")
    with notes.noting(db) as connection:
        gone = sum(notes.remove_tag(connection, article["id"], tag) for tag in tags)
        if number is not None and len(number) < 19:
            gone += notes.remove(connection, article["id"], int(number))
    if not gone:
        raise ArchiveError(f"{db}: the article has no such note; `tearsheet note {article['id']}` lists those it has")
    say(f"{many(gone, 'note')} taken off: {article['title'] or article['url']}")
