"""Requests that ask for what cannot be: told as such, where Datasette takes them for faults of its own."""

from __future__ import annotations

from typing import Any

from datasette import Response
from datasette.utils.sqlite import sqlite3
from datasette.views.base import DatasetteError

_MEMORY = "This query takes more memory than one query gets here. Ask for less at a time."
_OLD = "This archive was made by an older Tearsheet. `tearsheet repair` brings it up to date, and copies it first."
_TIME = "This took longer than a page may take here. Ask for less at a time."


def told(request: Any, exception: Exception) -> Any | None:
    """An answer for what the reader can mend; None leaves it to Datasette."""
    if isinstance(exception, DatasetteError) and exception.status == 500:
        exception.status = 400  # `?_sort=` by no column, for one (0.65)
        return None
    if isinstance(exception, KeyError) and exception.args[0] in _sorts(request):
        return _answer(request, f"To sort by {exception.args[0]}, show it too: add &_col={exception.args[0]}")  # 0.65
    if isinstance(exception, MemoryError):
        return _answer(request, _MEMORY)
    if isinstance(exception, sqlite3.OperationalError) and exception.args == ("interrupted",):
        return _answer(request, _TIME)
    if isinstance(exception, sqlite3.OperationalError) and str(exception).startswith(
        ("no such table", "no such column")
    ):
        return _answer(request, _OLD)  # SQL of a reader's own is answered by Datasette
    if isinstance(exception, sqlite3.OperationalError) and "unrecognized token" in str(exception):
        return _answer(request, f"A name in this database is not one that can be shown: {exception}")
    return None


def _sorts(request: Any) -> tuple[str | None, ...]:
    return request.args.get("_sort"), request.args.get("_sort_desc")


def _answer(request: Any, said: str) -> Any:
    if request.path.partition("?")[0].endswith(".json"):
        return Response.json({"ok": False, "error": said, "status": 400}, status=400)
    return Response.text(f"{said}\n", status=400)
