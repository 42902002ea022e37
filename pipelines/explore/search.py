"""The search page, and the same as JSON, CSV and Atom."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from datasette import Response

from pipelines.explore import atom, timeline
from pipelines.explore.charts import bars
from pipelines.explore.compat import archive_for
from pipelines.explore.pages import render
from pipelines.explore.permits import may_annotate
from pipelines.explore.words import END, HIT, without_overrides
from pipelines.exports.plain import guarded, plain
from pipelines.store import search as searching
from pipelines.store.search import MOST, Matches, Query

SIZE = 20  # results on a page
_LARGEST = 200  # results in one JSON answer
_FED = 50  # articles in a feed
_SOURCES = "SELECT id, name FROM sources WHERE EXISTS (SELECT 1 FROM articles WHERE source_id = sources.id)"
#: The parameters that narrow, and the field of Query that holds each.
_GROUPS = {
    "source": "sources", "language": "languages", "agency": "agencies", "section": "sections", "tag": "tags",
    "note": "notes",
}  # fmt: skip
_TOLD = (
    "id", "source_id", "source_name", "published_at", "published_precision", "first_seen_at", "url", "language",
    "agency", "section", "description", "passage",
)  # fmt: skip
_CELLS = (
    "id", "published_at", "first_seen_at", "source_id", "source_name", "title", "description", "url", "language",
    "agency", "section",
)  # fmt: skip
_ROWS = (
    f"SELECT {', '.join('sources.name' if one == 'source_name' else f'articles.{one}' for one in _CELLS)}"
    " FROM json_each(?) AS asked CROSS JOIN articles ON articles.id = asked.value"
    " LEFT JOIN sources ON sources.id = articles.source_id ORDER BY asked.key"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as its address says it."""

    path: str
    query: Query
    newest: bool
    page: int
    size: int

    def link(self, ending: str = "", page: int = 1, sort: str | None = None, **changes: Any) -> str:
        """The address of this search with something changed: since, until, `add_source` and the like, or `without`."""
        query = self.query
        without = changes.pop("without", None)
        args: list[tuple[str, str]] = [("q", query.words)] if query.words else []
        for name, field in _GROUPS.items():
            values = [one for one in getattr(query, field) if (name, one) != without]
            added = changes.get(f"add_{name}")
            args += [(name, one) for one in ([added] if added is not None else values)]
        for name in ("since", "until"):
            value = changes.get(name, getattr(query, name))
            if value and without != (name, value):
                args.append((name, value))
        if (sort or ("newest" if self.newest else "best")) == "newest" and query.tree is not None:
            args.append(("sort", "newest"))
        if self.size != SIZE and ending == ".json":
            args.append(("size", str(self.size)))
        if page > 1:
            args.append(("page", str(page)))
        return f"{self.path}{ending}?{urlencode(args, errors='replace')}"


@dataclass(slots=True)
class Answer:
    """What was found: `ids` in the order asked for, `hits` those of the page."""

    found: Matches
    ids: Sequence[int]
    hits: Sequence[Mapping[str, Any]]
    names: Mapping[str, str]  # of all sources with articles


def asked_for(request: Any, path: str) -> Asked:
    """What an address asks; whatever it is, a search."""
    args = request.args
    filters = {name: args.getlist(name) for name in _GROUPS}
    query = searching.parse(
        args.get("q") or "", **filters, since=args.get("since") or None, until=args.get("until") or None
    )
    newest = args.get("sort") == "newest" or query.tree is None
    return Asked(path, query, newest, _number(args, "page", MOST // SIZE), _number(args, "size", _LARGEST, SIZE))


def _number(args: Any, name: str, most: int, usual: int = 1) -> int:
    typed = args.get(name) or ""
    return min(max(int(typed), 1), most) if re.fullmatch("[0-9]{1,6}", typed) else usual


async def page(datasette: Any, request: Any) -> Any:
    """Ranked results with passages; whatever is typed, an answer."""
    db = await archive_for(datasette, request, "articles")
    asked = asked_for(request, datasette.urls.path("/-/search"))
    match request.url_vars.get("format"):
        case "json":
            return await _json(datasette, request, db, asked)
        case "csv":
            return await _csv(db, asked)
        case "atom":
            return await _atom(datasette, request, db, asked)
    answer = await db.execute_fn(lambda connection: _answer(connection, replace(asked, size=SIZE)))
    unit, drawn = timeline.bars_of(answer.found.facts, answer.names, asked.link)
    context = {
        "archive": db.name,
        "asked": asked,
        "query": asked.query,
        "found": answer.found,
        "count": len(answer.ids),
        "hits": answer.hits,
        "most": MOST,
        "notes": _notes(answer.found),
        "older": _older(asked, answer.found),
        "chips": _chips(asked, answer.names),
        "facets": timeline.facets(answer.found.facts, answer.names, asked.link),
        "chart": bars(drawn, title=f"Matches by {unit}", unit="articles") if len(drawn) > 1 else "",
        "sources": sorted(answer.names.items(), key=lambda one: one[1].casefold()),
        "kept": [(name, one) for name in ("language", "agency", "section", "tag", "note")
                 for one in getattr(asked.query, _GROUPS[name])],
        "days": (_padded(asked.query.since, last=False), _padded(asked.query.until, last=True)),
        "last_page": -(-len(answer.ids) // SIZE),
        "may_watch": bool(asked.query) and await may_annotate(datasette, request, db),
        "watch_query": searching.typed(asked.query),
    }  # fmt: skip
    return await render(datasette, request, "search", context)


def _answer(connection: Any, asked: Asked, *, whole: bool = False) -> Answer:
    """Look, rank, and read what the page shows of its hits; of a `whole` answer no passage is read."""
    found = searching.matches(connection, asked.query)
    ids = found.ids if asked.newest else searching.best(connection, asked.query, found)
    shown = [] if whole else ids[(asked.page - 1) * asked.size : asked.page * asked.size]
    names = {row[0]: row[1] or row[0] for row in connection.execute(_SOURCES)}
    return Answer(found, ids, searching.hits(connection, asked.query, shown, (HIT, END)), names)


def _notes(found: Matches) -> list[str]:
    """What a reader should know of an answer."""
    said = list(found.hints)
    if found.looked_to is not None:
        said.append(f"Articles since {_day(found.looked_to)} were looked through; older ones were not.")
    return said


def _day(article_id: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=max(article_id >> 20, -(1 << 35)))
    return moment.date().isoformat()


def _older(asked: Asked, found: Matches) -> str | None:
    """Where the search goes on with older articles; None where there are none, or a day holds more than fit."""
    if not found.more:
        return None
    looked_to = found.looked_to if found.looked_to is not None else found.ids[-1]
    day = _day(looked_to)
    return None if day == asked.query.until else asked.link(until=day)


def _chips(asked: Asked, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What the search is narrowed to: name, value, and the address without it."""
    found = [
        (name, names.get(value, value) if name == "source" else value, asked.link(without=(name, value)))
        for name, field in _GROUPS.items()
        for value in getattr(asked.query, field)
    ]
    days = [(name, getattr(asked.query, name)) for name in ("since", "until")]
    return [*found, *((name, day, asked.link(without=(name, day))) for name, day in days if day)]


def _padded(day: str | None, *, last: bool) -> str:
    """A day for a form's field, where only a month or year was said."""
    if not day or len(day) == 10:
        return day or ""
    first, until = Query(since=day, until=day).span()
    return _day(until if last else first)


async def _json(datasette: Any, request: Any, db: Any, asked: Asked) -> Any:
    answer = await db.execute_fn(lambda connection: _answer(connection, asked))

    def url(path: str) -> str:
        return str(datasette.absolute_url(request, path))

    more = asked.page * asked.size < len(answer.ids)
    older = _older(replace(asked, path=f"{asked.path}.json"), answer.found)
    return Response.json(
        {
            "query": searching.typed(asked.query),
            "sort": "newest" if asked.newest else "best",
            "count": len(answer.ids),
            "complete": not answer.found.more,
            "hints": _notes(answer.found),
            "facets": timeline.counts(answer.found.facts),
            "articles": [
                {
                    "title": one["plain_title"],
                    **{name: _unmarked(one[name]) for name in _TOLD},
                    "page": url(datasette.urls.path(f"/-/article/{one['id']}")),
                }
                for one in answer.hits
            ],
            "next": url(asked.link(".json", asked.page + 1)) if more else None,
            "older": url(older) if older and not more else None,
        }
    )


def _unmarked(value: Any) -> Any:
    return re.sub(f"[{HIT}{END}]", "", value) if isinstance(value, str) else value


async def _csv(db: Any, asked: Asked) -> Any:
    """Every match that was found, as a table that a spreadsheet does not calculate."""

    def read(connection: Any) -> list[Any]:
        ids = _answer(connection, asked, whole=True).ids
        return list(connection.execute(_ROWS, (json.dumps(ids),)))

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_CELLS)
    for row in await db.execute_fn(read):
        writer.writerow(["" if one is None else guarded(plain(one)) if isinstance(one, str) else one for one in row])
    headers = {"content-disposition": 'attachment; filename="search.csv"'}
    return Response(out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


async def _atom(datasette: Any, request: Any, db: Any, asked: Asked) -> Any:
    """The newest matches: whoever follows a search wants what came last."""
    newest = replace(asked, newest=True, size=_FED, page=1)
    answer = await db.execute_fn(lambda connection: _answer(connection, newest))
    typed = searching.typed(asked.query)
    return atom.feed(
        datasette,
        request,
        answer.hits,
        title=f"Search: {without_overrides(typed)}" if typed else "Search",
        name=f"search:{typed}",
        page=newest.link(),
    )
