"""What the forms of an article's page write: tags and remarks of readers who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasette import NotFound, Response

from pipelines.explore import compat
from pipelines.explore.compat import archive_for
from pipelines.explore.permits import ensure_annotate
from pipelines.store import notes
from pipelines.store.faults import transaction

_LONGEST = 200_000  # bytes of a form


async def write(datasette: Any, request: Any) -> Any:
    """Tag, note, edit or take off, and lead back to the page."""
    db = await archive_for(datasette, request, "articles", "notes")
    number = min(int(request.url_vars["id"]), 2**63 - 1)
    there = datasette.urls.path(f"/-/article/{number}") + "#notes"
    if request.method != "POST":
        return Response.redirect(there, status=303)
    await ensure_annotate(datasette, request, db)
    length = request.headers.get("content-length") or ""
    if not length.isdigit() or int(length) > _LONGEST:
        return Response.text(f"A note has at most {notes.LONGEST_REMARK:,} characters\n", status=413)
    form = await request.post_vars()
    author = (request.actor or {}).get("id")

    def put(connection: Any) -> bool:
        if not connection.execute("SELECT 1 FROM articles WHERE id = ?", (number,)).fetchone():
            return False
        with transaction(connection, Path(db.path or db.name)):
            _put(connection, number, form, None if author is None else str(author))
        return True

    if not await compat.write(db, put):
        raise NotFound("There is no such article")
    return Response.redirect(there, status=303)


def _put(connection: Any, article_id: int, form: dict[str, str], author: str | None) -> None:
    """What a form says; what makes no sense does nothing."""
    note = form.get("note", "")
    number = int(note) if note.isdecimal() and len(note) < 19 else None
    if number is None:
        for tag in notes.tags_of(form.get("tags", "")):
            notes.put_tag(connection, article_id, tag, author)
        notes.put_remark(connection, article_id, form.get("text", ""), author)
    elif form.get("do") == "remove":
        notes.remove(connection, article_id, number)
    else:
        notes.edit(connection, article_id, number, form.get("text", ""))
