"""`tearsheet query` and `sql`: questions to the archive."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pipelines.cli.child import python_m, show
from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import csv_table, emit, safe, say
from pipelines.cli.report import ask
from pipelines.config import nearest
from pipelines.errors import ConfigError, StoreError
from pipelines.explore.questions import FOLDER, NO_SEARCH, Question, is_of_search, questions_beside
from pipelines.store.archive import Archive
from pipelines.store.functions import register


@click.command()
@click.argument("name", required=False)
@click.option("-p", "--param", "params", nargs=2, multiple=True, metavar="KEY VALUE", help="A parameter's value.")
@db_option
@output_options
def query(name: str | None, params: tuple[tuple[str, str], ...], db: Path, form: str | None) -> None:
    """Ask a saved question; without a name, list them.

    They are the same questions as in Datasette; docs/queries.md has them all. A parameter that is not given is
    empty. Files queries/NAME.sql beside the archive are questions of your own.

    \b
    Example:
        tearsheet query
        tearsheet query latest -p source example-post
        tearsheet query missing -p address www.example.com/news/a-page
    """
    found, problems = questions_beside(db)
    known = {one.name: one for one in found}
    if name is None:
        emit([_facts(one) for one in found], form)
        for problem in problems:
            say(problem)
        return
    if name not in known:
        wrong = next((one for one in problems if one.startswith(f"{FOLDER}/{name}.sql:")), None)
        raise ConfigError(wrong or f"no question {name!r}{nearest(name, list(known))}; `tearsheet query` lists them")
    question = known[name]
    values = _values(question, params)
    with Archive(db) as archive:
        register(archive.db.conn, say)
        try:
            rows = ask(archive, question.sql, values)
        except StoreError as problem:
            raise ConfigError(NO_SEARCH) if is_of_search(str(problem)) else problem from None
    emit(rows, form)
    if not rows:
        say(f"no rows for {question.title.rstrip('?')!r}")


def _values(question: Question, params: Sequence[tuple[str, str]]) -> dict[str, str]:
    """A value for each parameter. Raises ConfigError for one that the question does not know or cannot do without."""
    values = dict.fromkeys(question.params, "")
    for key, value in params:
        if key not in values:
            knows = nearest(key, list(values)) if values else "; it takes none"
            raise ConfigError(f"{question.name} has no parameter {key!r}{knows}")
        values[key] = value
    if missing := question.missing(values):
        told = " ".join(f"-p {key} …" for key in missing)
        about = "; ".join(f"{key}: {question.params[key]}" for key in missing)
        raise ConfigError(f"{question.name} needs {about}; ask `tearsheet query {question.name} {told}`")
    return values


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
        if form == "csv":
            csv.field_size_limit(sys.maxsize)  # a text may be long
            for row in csv.reader(tool.stdout):
                sys.stdout.write(csv_table([row]))
        else:
            for line in tool.stdout:
                sys.stdout.write(safe(line))
    ctx.exit(tool.returncode)
