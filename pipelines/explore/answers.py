"""The rows of a question as cells with links, and as a chart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from pipelines.explore import words
from pipelines.explore.cells import rendered
from pipelines.explore.charts import Bar, Rank, bars, ranks
from pipelines.explore.questions import Question

_SOURCES = frozenset(("source", "source_id", "first"))
_TIME = re.compile(r"\d{4}-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d)?Z?)?)?")
_LONGEST = 600  # characters of a cell
_RANKS = 30
_BARS = 400


class Column(NamedTuple):
    """A column on the page: its name in the row and as readers see it."""

    name: str
    label: str


class Cell(NamedTuple):
    """A value as the page shows it; a number stands at the end of its column."""

    label: str
    shown: Any
    number: bool = False
    nowrap: bool = False


def columns_of(names: Sequence[str], rows: Sequence[Any]) -> list[Column]:
    """The columns to show: those that hold something; the id of an article stands behind its title."""
    shown = [
        name
        for name in names
        if (name != "article_id" or "title" not in names)
        and (name == "title" or any(row[name] not in (None, "") for row in rows))
    ]
    return [Column(name, name.replace("_", " ").replace("article id", "article")) for name in shown]


def cells(datasette: Any, row: Any, columns: Sequence[Column]) -> list[Cell]:
    """A row of the table."""
    return [_cell(datasette, row, column) for column in columns]


def _cell(datasette: Any, row: Any, column: Column) -> Cell:
    name, label = column
    value = row[name]
    if name == "title" and not value and "article_id" in row.keys() and row["article_id"] is not None:  # noqa: SIM118
        return Cell(label, _link(datasette.urls.path(f"/-/article/{row['article_id']}"), "Untitled"))
    if name == "article_id" and isinstance(value, int):
        return Cell(label, _link(datasette.urls.path(f"/-/article/{value}"), "open"))
    if (linked := rendered(row, value, name, None, datasette)) is not None:
        return Cell(label, linked)
    if value is None:
        return Cell(label, "")
    if isinstance(value, int | float):
        return Cell(label, f"{value:,.0f}" if value == int(value) else f"{value:,.1f}", number=True)
    text = value if isinstance(value, str) else "(bytes)"
    if name == "url" and (address := words.web(text)):
        return Cell(label, Markup('<a href="{}" rel="noopener noreferrer"><bdi>{}</bdi></a>').format(address, text))
    if _TIME.fullmatch(text) and name != "period":
        return Cell(label, words.date(text), nowrap=True)
    return Cell(label, Markup("<bdi>{}</bdi>").format(text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")))


def _link(path: str, label: str) -> Markup:
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(path, label)


def chart(datasette: Any, question: Question, rows: Sequence[Any]) -> Markup:
    """The chart of a question; empty where it has none, or there is nothing to draw."""
    wanted = question.chart
    if wanted is None or not rows or not {wanted.x, wanted.y, wanted.by or wanted.x} <= set(rows[0].keys()):
        return Markup("")
    unit = wanted.y.replace("_", " ")
    title = f"{unit.capitalize()} by {(wanted.by or wanted.x).replace('_', ' ')}"
    known = [row for row in rows if isinstance(row[wanted.y], int | float) and row[wanted.x] is not None]
    if wanted.kind == "ranks":
        sums: dict[str, float] = {}
        for row in known:
            sums[str(row[wanted.x])] = sums.get(str(row[wanted.x]), 0) + row[wanted.y]
        if len(sums) < len(known):
            sums = dict(sorted(sums.items(), key=lambda one: -one[1]))
        found = [Rank(label=name, value=value, href=_of(datasette, wanted.x, name)) for name, value in sums.items()]
        return ranks(found[:_RANKS], title=title, unit=unit)
    parts: dict[str, list[tuple[str, float]]] = {}
    for row in known:
        series = str(row[wanted.by]) if wanted.by else unit
        parts.setdefault(str(row[wanted.x]), []).append((series, row[wanted.y]))
    labels = in_a_row(sorted(parts))[-_BARS:]
    return bars([Bar(label=name, parts=parts.get(name, ())) for name in labels], title=title, unit=unit)


def _of(datasette: Any, column: str, name: str) -> str | None:
    return datasette.urls.path(f"/-/source/{quote(name, safe='')}") if column in _SOURCES else None


def in_a_row(labels: Sequence[str]) -> list[str]:
    """Sorted months, days or Mondays with those between them that nothing fell into; other labels as they are."""
    if len(labels) < 2:
        return list(labels)
    if all(re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", one) for one in labels):
        first, last = (12 * int(one[:4]) + int(one[5:]) - 1 for one in (labels[0], labels[-1]))
        return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(max(first, last - _BARS), last + 1)]
    try:
        days = [date.fromisoformat(one) for one in labels]
    except ValueError:
        return list(labels)
    step = 7 if all(one.weekday() == 0 for one in days) else 1
    count = min((days[-1] - days[0]).days // step, _BARS)
    return [(days[-1] - timedelta(days=step * n)).isoformat() for n in range(count, -1, -1)]
