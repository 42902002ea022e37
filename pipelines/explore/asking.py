"""The page of a saved question: what to fill in, a chart where it helps, the rows; and the list of all questions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from datasette.database import QueryInterrupted
from datasette.utils.sqlite import sqlite3

from pipelines.explore import answers, visits
from pipelines.explore.compat import archive_for, ensure_may_ask
from pipelines.explore.pages import render
from pipelines.explore.questions import NO_SEARCH, Question, is_of_search, questions_beside
from pipelines.explore.terms import terms_of

_LONGEST = 1000  # characters of a value that are taken
_SHOWN = 100  # rows on the page; CSV and JSON have the others
_TOO_LONG = "This takes too long in an archive of this size. A shorter span of time, or one source, is faster."
_SOURCES = "SELECT id, name FROM sources ORDER BY coalesce(name, id) COLLATE NOCASE LIMIT 2000"


async def listed(datasette: Any, request: Any) -> Any:
    """Every question that can be asked here."""
    db = await archive_for(datasette, request, "articles")
    return await _list(datasette, request, db)


async def page(datasette: Any, request: Any) -> Any:
    """A question with its answer; where there is no such question, those that there are."""
    db = await archive_for(datasette, request, "articles")
    name = request.url_vars["name"]
    question = next((one for one in questions_beside(db.path)[0] if one.name == name), None)
    if question is None:
        return await _list(datasette, request, db, unknown=name)
    await ensure_may_ask(datasette, request.actor, db.name, name)
    values = {key: (request.args.get(key) or "").strip()[:_LONGEST] for key in question.params}
    visit = await _visit(request, db, question)
    asked = {**values, **_since(question, values, visit)}
    context = {
        "archive": db.name,
        "question": question,
        "values": values,
        "since_visit": any(asked[key] != value for key, value in values.items()),
        "sources": await _sources(db, question),
        **_links(datasette, db.name, question, asked),
        **await _answer(datasette, db, question, asked),
    }
    answer = await render(datasette, request, "question", context)
    if visit is not None:
        path = datasette.urls.path("/-/question")
        answer.set_cookie(visits.COOKIE, visit.cookie(), path=path, max_age=visits.YEAR, httponly=True, samesite="lax")
    return answer


async def _list(datasette: Any, request: Any, db: Any, unknown: str | None = None) -> Any:
    found, problems = questions_beside(db.path)
    context = {
        "archive": db.name,
        "questions": found,
        "problems": [] if terms_of(datasette).public else problems,
        "unknown": unknown,
    }
    return await render(datasette, request, "questions", context, status=200 if unknown is None else 404)


async def _answer(datasette: Any, db: Any, question: Question, asked: Mapping[str, str]) -> dict[str, Any]:
    """The rows as cells, the chart, and what is to be said instead of them."""
    nothing: dict[str, Any] = {"columns": [], "rows": [], "count": 0, "more": False, "chart": "", "hint": None}
    if question.missing(asked):
        return {**nothing, "waits": True}
    try:
        found = await db.execute(question.sql, asked, truncate=True, log_sql_errors=False)
    except QueryInterrupted:
        return {**nothing, "hint": _TOO_LONG}
    except sqlite3.Error as problem:
        said = str(problem)
        return {**nothing, "hint": NO_SEARCH if is_of_search(said) else f"This could not be asked: {said}"}
    rows = found.rows
    columns = answers.columns_of(found.columns, rows)
    return {
        "columns": columns,
        "rows": [answers.cells(datasette, row, columns) for row in rows[:_SHOWN]],
        "count": len(rows),
        "more": found.truncated,
        "chart": answers.chart(datasette, question, rows),
        "hint": None,
    }


async def _sources(db: Any, question: Question) -> list[Any]:
    """The sources to choose from, where a parameter is one."""
    wanted = any(form.kind == "source" for form in question.forms.values())
    return list((await db.execute(_SOURCES)).rows) if wanted else []


def _links(datasette: Any, database: str, question: Question, asked: Mapping[str, str]) -> dict[str, str]:
    """Where Datasette shows the same rows, with the SQL, and gives them as CSV and JSON."""
    query = datasette.urls.query
    told = urlencode({key: value for key, value in asked.items() if value})
    return {
        "sql_link": f"{query(database, question.name)}?{told}".rstrip("?"),
        "csv_link": f"{query(database, question.name, 'csv')}?{told}".rstrip("?"),
        "json_link": f"{query(database, question.name, 'json')}?{urlencode({'_shape': 'array'})}&{told}".rstrip("&"),
    }


async def _visit(request: Any, db: Any, question: Question) -> visits.Visit | None:
    """The visit that this page belongs to, where the question asks for it."""
    if not any(form.kind == "visit" for form in question.forms.values()):
        return None
    newest = (await db.execute("SELECT coalesce(max(id), 0) FROM captures")).single_value()
    now = int(time.time())
    known = visits.visited(request.cookies.get(visits.COOKIE), newest, now)
    return known or visits.Visit(0, newest, now)


def _since(question: Question, values: Mapping[str, str], visit: visits.Visit | None) -> dict[str, str]:
    """What an empty parameter of the kind `visit` becomes: the number of the last capture that was seen."""
    if visit is None or not visit.since:
        return {}
    return {key: str(visit.since) for key, form in question.forms.items() if form.kind == "visit" and not values[key]}
