"""What the rules cut: which ones, their latest cuts, the oddest first; and the cuts of one rule in their places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from pipelines.explore.compat import archive_for
from pipelines.explore.oddness import REASONS, oddest
from pipelines.explore.pages import render

_LOOKED_AT = 1500  # cuts of the newest articles
_ODD = 20
_RULES = 30
_COUNTED = 10_000  # cuts of one rule, at most
_PAGE = 20  # cuts of one rule on a page
_AROUND = 160  # characters before and after a cut
_CUT = 1200  # characters of one that are shown
_LONGEST = 300_000  # characters of a text in which places are looked up
_LATEST = """
SELECT removals.article_id, removals.n, removals.zone, removals.rule_id, removals.text, articles.source_id,
       sources.name AS source_name, articles.title, articles.language
FROM (SELECT * FROM removals ORDER BY article_id DESC, n DESC LIMIT :most) AS removals
JOIN articles ON articles.id = removals.article_id LEFT JOIN sources ON sources.id = articles.source_id
ORDER BY removals.article_id DESC, removals.n DESC
"""
_RULE = "SELECT id, zone, language, origin, pattern, reach, why FROM rules WHERE id = ?"
_TOTAL = "SELECT count(*) FROM (SELECT 1 FROM removals WHERE rule_id = ? LIMIT ?)"
_OF_RULE = """
SELECT removals.article_id, removals.n, removals.start, removals.zone, removals.text, articles.source_id,
       sources.name AS source_name, articles.title, articles.language
FROM removals JOIN articles ON articles.id = removals.article_id LEFT JOIN sources ON sources.id = articles.source_id
WHERE removals.rule_id = :rule AND (removals.article_id, removals.n) < (:article, :n)
ORDER BY removals.article_id DESC, removals.n DESC LIMIT :most
"""
_TEXT = "SELECT text FROM articles WHERE id = ? AND length(text) <= ?"
_CUTS = "SELECT start, stop, text FROM removals WHERE article_id = ? ORDER BY start"


async def page(datasette: Any, request: Any) -> Any:
    """The odd cuts among the latest, and the rules that made those: the commonest first, or the last to cut."""
    db = await archive_for(datasette, request, "articles", "removals", "rules")
    recent = request.args.get("sort") == "recent"
    found = await db.execute_fn(lambda connection: _latest(connection, recent=recent))
    context = {"archive": db.name, "recent": recent, "reasons": REASONS, "counted": _COUNTED, "longest": _CUT, **found}
    return await render(datasette, request, "removals", context)


async def rule(datasette: Any, request: Any) -> Any:
    """One rule with its cuts, the newest articles first, each with the words before and after it."""
    db = await archive_for(datasette, request, "articles", "removals", "rules")
    name = unquote(request.url_vars["rule"])
    row = (await db.execute(_RULE, (name,))).first()
    before = _cursor(request.args.get("before") or "")
    found = await db.execute_fn(lambda connection: _of_rule(connection, name, before))
    context = {
        "archive": db.name,
        "id": name,
        "rule": row,
        "counted": _COUNTED,
        "longest": _CUT,
        "before": request.args.get("before"),
        **found,
    }
    return await render(datasette, request, "rule", context, status=200 if row or found["cuts"] else 404)


def _latest(connection: Any, *, recent: bool) -> dict[str, Any]:
    cuts = [dict(row) for row in connection.execute(_LATEST, {"most": _LOOKED_AT})]
    counts = Counter(cut["rule_id"] for cut in cuts)
    latest: dict[str, Mapping[str, Any]] = {}
    for cut in cuts:
        latest.setdefault(cut["rule_id"], cut)
    totals = {name: connection.execute(_TOTAL, (name, 2)).fetchone()[0] for name in counts if counts[name] == 1}
    rules = [
        {**dict(row), "cuts": n, "latest": latest[name]}
        for name, n in (list(counts.items())[:_RULES] if recent else counts.most_common(_RULES))
        if (row := connection.execute(_RULE, (name,)).fetchone())
    ]
    return {
        "odd": oddest(cuts, totals, lambda cut: _stays(connection, cut), _ODD),
        "rules": rules,
        "more_rules": len(counts) - len(rules),
        "looked_at": len(cuts),
        "all": len(cuts) < _LOOKED_AT,
    }


def _stays(connection: Any, cut: Mapping[str, Any]) -> bool:
    """Whether the words of a cut stand in what was kept of the article."""
    row = connection.execute(_TEXT, (cut["article_id"], _LONGEST)).fetchone()
    return row is not None and " ".join(cut["text"].split()) in " ".join(row["text"].split())


def _of_rule(connection: Any, name: str, before: Mapping[str, int]) -> dict[str, Any]:
    rows = connection.execute(_OF_RULE, {"rule": name, **before, "most": _PAGE + 1}).fetchall()
    cuts = [{**dict(row), "around": _around(connection, row)} for row in rows[:_PAGE]]
    last = cuts[-1] if len(rows) > _PAGE else None
    (total,) = connection.execute(_TOTAL, (name, _COUNTED)).fetchone()
    return {"cuts": cuts, "total": total, "older": f"{last['article_id']},{last['n']}" if last else ""}


def _cursor(asked: str) -> dict[str, int]:
    """Where the page begins: after a cut that is named `article,n`; anything else means the newest."""
    match = re.fullmatch(r"([0-9]{1,18}),([0-9]{1,9})", asked)
    return {"article": int(match[1]), "n": int(match[2])} if match else {"article": 2**63 - 1, "n": 0}


def _around(connection: Any, cut: Mapping[str, Any]) -> tuple[str, str] | None:
    """The kept words before and after a cut; None where the text is too long to look that up."""
    row = connection.execute(_TEXT, (cut["article_id"], _LONGEST)).fetchone()
    if row is None:
        return None
    return kept_around(row["text"], connection.execute(_CUTS, (cut["article_id"],)).fetchall(), cut["start"])


def kept_around(text: str, cuts: Sequence[Mapping[str, Any]], start: int) -> tuple[str, str]:
    """The ends of what a text keeps before and after the cut that begins at `start` of the extracted text."""
    place = start - sum(cut["stop"] - cut["start"] for cut in cuts if cut["start"] < start)
    before, after = text[max(0, place - _AROUND) : place], text[place : place + _AROUND]
    if place > _AROUND:
        before = "…" + before.partition(" ")[2]
    if place + _AROUND < len(text):
        after = after.rpartition(" ")[0] + "…"
    return " ".join(before.split()), " ".join(after.split())
