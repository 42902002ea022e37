"""Table cells: titles and article ids lead to the article's page, sources to theirs, rules to what they cut."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from markupsafe import Markup

_RULES = frozenset(("rule", "rule_id"))
_SOURCES = frozenset(("source", "source_id", "first"))  # the first with a story
_IDS = frozenset(("article_id", "head_id", "other_id"))


def rendered(row: Any, value: Any, column: str, table: str | None, datasette: Any) -> Markup | None:
    """How a cell looks; None leaves it to Datasette."""
    label = value
    if isinstance(value, dict):  # a foreign key with the label of what it points to
        label, value = value.get("label") or value.get("value"), value.get("value")
    if column in _IDS and isinstance(value, int):
        return _link(datasette.urls.path(f"/-/article/{value}"), label)
    if column in _RULES and isinstance(value, str):
        return _link(datasette.urls.path(f"/-/removals/{quote(value, safe='')}"), label)
    if column in _SOURCES and isinstance(value, str) and value:
        return _link(datasette.urls.path(f"/-/source/{quote(value, safe='')}"), label)
    if column == "title" and isinstance(value, str | None) and (number := _article(row, table)):
        return _link(datasette.urls.path(f"/-/article/{number}"), label or "Untitled")
    return None


def _link(path: str, label: Any) -> Markup:
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(path, label)


def _article(row: Any, table: str | None) -> int | None:
    """The id of the article that a row speaks of."""
    name = "id" if table in ("articles", "recent") else "article_id"
    number = row[name] if name in row.keys() else None  # noqa: SIM118 - a sqlite row iterates over its values
    if isinstance(number, dict):
        number = number["value"]
    return number if isinstance(number, int) else None
