"""A text by its digest: the address that stays, whatever an article says by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasette import NotFound, Response

from pipelines.explore import reading
from pipelines.explore.compat import archive_for
from pipelines.explore.pages import render
from pipelines.explore.words import tongue

LEAST = 8  # digits that tell a text

_MOST = 50  # texts and articles that a page lists
_STEP = 60_000  # characters of a text that are read at once
#: Articles that have or had a text whose digest begins so; `n` is NULL for the present one.
_HAVING = """
SELECT * FROM (
    SELECT digest, id AS article_id, NULL AS n, title, source_id, language, first_seen_at AS seen_from,
           gone_at AS seen_until, length(text) AS length
    FROM articles WHERE digest >= :low AND digest < :high ORDER BY digest LIMIT :most
)
UNION ALL
SELECT * FROM (
    SELECT revisions.digest, article_id, n, revisions.title, source_id, language, seen_from, seen_until,
           length(revisions.text)
    FROM revisions JOIN articles ON articles.id = article_id
    WHERE revisions.digest >= :low AND revisions.digest < :high ORDER BY revisions.digest LIMIT :most
)
ORDER BY 1, 7, 2
"""
_PIECE = {
    True: "SELECT substr(text, :at + 1, :size) FROM articles WHERE id = :id",
    False: "SELECT substr(text, :at + 1, :size) FROM revisions WHERE article_id = :id AND n = :n",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a digest, or its first digits, may mean: articles by digest, each with when it showed that text."""

    texts: dict[str, list[Mapping[str, Any]]]
    more: bool

    @property
    def only(self) -> Mapping[str, Any] | None:
        """An article that has or had the text, where the digits tell one text."""
        return next(iter(self.texts.values()))[0] if len(self.texts) == 1 else None


def find(connection: Any, digits: str) -> Found:
    """The texts whose digest begins with `digits`, lower-case."""
    rows = connection.execute(_HAVING, {"low": digits, "high": f"{digits}g", "most": _MOST + 1}).fetchall()
    texts: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows[:_MOST]:
        texts.setdefault(row["digest"], []).append(dict(row))
    return Found(texts, len(rows) > _MOST)


async def page(datasette: Any, request: Any) -> Any:
    """The exact text that has the digest, and which articles show or showed it; the choice where there are several."""
    db = await archive_for(datasette, request, "articles", "revisions")
    digits = request.url_vars["digest"].lower()
    found = (
        await db.execute_fn(lambda connection: find(connection, digits)) if len(digits) >= LEAST else Found({}, False)
    )
    context: dict[str, Any] = {"archive": db.name, "digits": digits, "least": LEAST, "found": found}
    one = found.only
    if one is None:
        return await render(datasette, request, "digest", context, status=300 if found.texts else 404)
    typed = request.args.get("part") or "1"
    count = reading.parts(one["length"])
    number = min(max(int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 1, 1), count)
    start, stop = reading.stretch(number, one["length"])
    window = await db.execute_fn(lambda connection: _piece(connection, one, start, stop - start))
    context |= {
        "one": one,
        "lang": tongue(one["language"]),
        "paragraphs": reading.paragraphs(reading.part_of(window, number, one["length"])[1]),
        "part": number,
        "parts_total": count,
    }
    return await render(datasette, request, "digest", context)


async def text(datasette: Any, request: Any) -> Any:
    """The text to the letter, so that sha256sum gives the digest."""
    db = await archive_for(datasette, request, "articles", "revisions")
    digits = request.url_vars["digest"].lower()
    found = (
        await db.execute_fn(lambda connection: find(connection, digits)) if len(digits) >= LEAST else Found({}, False)
    )
    one = found.only
    if one is None:
        raise NotFound("Several texts begin so; give more digits" if found.texts else "No text has this digest")
    whole = await db.execute_fn(lambda connection: "".join(_pieces(connection, one)))
    return Response.text(whole)


def _pieces(connection: Any, one: Mapping[str, Any]) -> Iterator[str]:
    for at in range(0, one["length"], _STEP):
        yield _piece(connection, one, at, _STEP)


def _piece(connection: Any, one: Mapping[str, Any], at: int, size: int) -> str:
    values = {"id": one["article_id"], "n": one["n"], "at": at, "size": size}
    row: Sequence[str] | None = connection.execute(_PIECE[one["n"] is None], values).fetchone()
    return row[0] if row else ""
