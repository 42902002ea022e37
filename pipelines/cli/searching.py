"""`tearsheet search`, `query` and `sql`: questions to the archive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from pipelines.cli.child import python_m, show
from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import Row, emit, safe, say
from pipelines.cli.report import ask
from pipelines.config import nearest
from pipelines.errors import ConfigError
from pipelines.explore.questions import Question, questions
from pipelines.store.archive import Archive
from pipelines.store.functions import register

#: Around the words found; no stored text holds them.
_MARKS = ("\x02", "\x03")


@click.command()
@click.argument("words", metavar="QUERY")
@click.option("--source", metavar="ID", help="Only articles of this source.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most articles to list.")
@db_option
@output_options
def search(words: str, source: str | None, limit: int, db: Path, form: str | None) -> None:
    """Search titles, standfirsts and texts.

    The best matches come first. Words are all wanted; "a phrase", OR, NOT, prefix* and NEAR(a b) work as in
    SQLite's full-text search.

    \b
    Example:
        tearsheet search '"ice road" OR ferry'
        tearsheet search harbour --source example-post --csv
    """
    marks = _MARKS if form is None else ("", "")
    with Archive(db) as archive:
        rows = archive.search(words, source=source, limit=limit, marks=marks)
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


@click.command()
@click.argument("name", required=False)
@click.option("-p", "--param", "params", nargs=2, multiple=True, metavar="KEY VALUE", help="A parameter's value.")
@db_option
@output_options
def query(name: str | None, params: tuple[tuple[str, str], ...], db: Path, form: str | None) -> None:
    """Ask a saved question; without a name, list them.

    They are the same questions as in Datasette. A parameter that is not given is empty.

    \b
    Example:
        tearsheet query
        tearsheet query latest -p source example-post
    """
    known = {one.name: one for one in questions()}
    if name is None:
        emit([_facts(one) for one in known.values()], form)
        return
    if name not in known:
        raise ConfigError(f"no question {name!r}{nearest(name, list(known))}; `tearsheet query` lists them")
    question = known[name]
    for key, _ in params:
        if key not in question.params:
            knows = nearest(key, list(question.params)) if question.params else "; it takes none"
            raise ConfigError(f"{name} has no parameter {key!r}{knows}")
    with Archive(db) as archive:
        register(archive.db.conn, say)
        rows = ask(archive, question.sql, {**dict.fromkeys(question.params, ""), **dict(params)})
    emit(rows, form)
    if not rows:
        say(f"no rows for {question.title.rstrip('?')!r}")


def _facts(question: Question) -> dict[str, object]:
    return {"name": question.name, "title": question.title, "params": ", ".join(question.params)}


@click.command()
@click.argument("statement", metavar="SQL")
@db_option
@output_options
@click.pass_context
def sql(ctx: click.Context, statement: str, db: Path, form: str | None) -> None:
    """Ask the archive anything in SQL.

    Runs `sqlite-utils query`.

    \b
    Example:
        tearsheet sql "SELECT source_id, count(*) AS articles FROM articles GROUP BY source_id"
    """
    Archive(db).close()  # says what is wrong with it
    flags = {"json": [], "nl": ["--nl"], "csv": ["--csv"]}.get(form or "table", ["--table"])
    command = python_m("sqlite_utils", "query", db, statement, *flags)
    show(command)
    variables = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, encoding="utf-8") as tool:
        assert tool.stdout is not None
        for line in tool.stdout:
            sys.stdout.write(safe(line))
    ctx.exit(tool.returncode)
