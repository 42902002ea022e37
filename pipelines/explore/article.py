"""The page of one article: its text with the cuts folded in place, facts with origins, versions, company, evidence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasette import Forbidden

from pipelines.explore import captures, citing, company, facts, reading, versions
from pipelines.explore.compat import archive_for
from pipelines.explore.pages import render
from pipelines.explore.permits import may_annotate
from pipelines.explore.words import tongue
from pipelines.store import notes

_ARTICLE = """
SELECT articles.id, articles.source_id, articles.capture_id, articles.url, articles.title, articles.description,
       articles.authors, articles.agency, articles.credit, articles.dateline, articles.section, articles.tags,
       articles.language, articles.published_at, articles.published_precision, articles.published_from,
       articles.text_from, articles.modified_at, articles.first_seen_at, articles.gone_at, articles.paywalled,
       articles.live, articles.image, articles.captions, articles.links, articles.word_count, articles.removed_chars,
       articles.digest, articles.recipe_id, articles.claims, sources.name AS source_name,
       captures.fetched_at AS captured_at, captures.status, captures.mime, captures.completeness, captures.rendered,
       captures.final_url, payloads.digest AS payload_digest, payloads.size, payloads.codec, length(text) AS length
FROM articles
LEFT JOIN sources ON sources.id = articles.source_id
LEFT JOIN captures ON captures.id = articles.capture_id
LEFT JOIN payloads ON payloads.id = captures.payload_id
WHERE articles.id = ?
"""
_WINDOW = "SELECT substr(text, ? + 1, ?) FROM articles WHERE id = ?"
_CUTS = """
SELECT removals.n, start, stop, removals.zone, rule_id, why, origin
FROM removals LEFT JOIN rules ON rules.id = rule_id WHERE article_id = ? ORDER BY start, removals.n LIMIT 20000
"""
_CUT_TEXTS = """
SELECT n, substr(text, 1, :most) AS text FROM removals
WHERE article_id = :id AND n IN (SELECT value FROM json_each(:numbers))
"""
_ADDRESSES = "SELECT url, kind FROM addresses WHERE article_id = ? AND url <> ? ORDER BY kind, url LIMIT 21"
_NEAR = (
    "SELECT id, title, language FROM articles WHERE source_id = ? AND id < ? ORDER BY id DESC LIMIT 1",
    "SELECT id, title, language FROM articles WHERE source_id = ? AND id > ? ORDER BY id LIMIT 1",
)
_TAKEN_DOWN = "SELECT reason, at FROM takedowns WHERE article_id = ? ORDER BY at DESC LIMIT 1"
_LISTS = ("authors", "tags", "captions", "links", "claims")
_MOST_CUTS = 200  # that one part shows
_LONGEST_CUT = 2_000  # characters of one


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see of an article."""

    part: int
    cuts: bool  # unfolded
    versions: bool  # all of them
    captures: bool
    old: int | None  # two versions to compare
    new: int | None
    side: bool  # beside each other

    @classmethod
    def of(cls, args: Any) -> Asked:
        """What an address asks for; what makes no sense is not asked for."""
        return cls(
            part=_number(args.get("part")) or 1,
            cuts=bool(args.get("cuts")),
            versions=args.get("versions") == "all",
            captures=args.get("captures") == "all",
            old=_number(args.get("from")),
            new=_number(args.get("to")),
            side=args.get("diff") == "side",
        )


async def page(datasette: Any, request: Any) -> Any:
    """The article, or a page that says there is none."""
    db = await archive_for(datasette, request, "articles")
    number = min(int(request.url_vars["id"]), 2**63 - 1)
    asked = Asked.of(request.args)
    found = await db.execute_fn(lambda connection: _gather(connection, number, asked))
    if "article" not in found:
        context = {"archive": db.name, "id": number, **found}
        return await render(datasette, request, "missing", context, status=410 if found["taken_down"] else 404)
    told, words = found["history"], found.pop("words")
    old, new = told.numbered(asked.old), told.numbered(asked.new)
    chosen = None
    if old and new:
        chosen = await asyncio.to_thread(versions.choose, told, old, new, words, found["article"]["language"])
    elif words:
        await asyncio.to_thread(versions.compare, told.events[: versions.NEWEST], words)
    shown = await _may_read_notes(datasette, request)
    article = found["article"]
    context = {
        "archive": db.name,
        "asked": asked,
        **found,
        "chosen": chosen,
        "events": told.events[: versions.MOST if asked.versions else versions.NEWEST],
        "lang": tongue(article["language"]),
        "facts": facts.facts(article),
        "other_facts": facts.others(article),
        "cited": citing.plain(article),
        "citations": {form: citing.written(article, form) for form in ("bib", "csl.json")},
        "permalink": datasette.absolute_url(request, datasette.urls.path(f"/-/digest/{article['digest']}")),
        "notes": await db.execute_fn(lambda connection: notes.of_article(connection, number)) if shown else [],
        "may_annotate": shown and await may_annotate(datasette, request, db),
        "longest_remark": notes.LONGEST_REMARK,
    }
    return await render(datasette, request, "article", context)


async def _may_read_notes(datasette: Any, request: Any) -> bool:
    try:
        await archive_for(datasette, request, "notes")
    except Forbidden:
        return False
    return True


def _gather(connection: Any, number: int, asked: Asked) -> dict[str, Any]:
    """All that the page tells of an article; without `article`, whether it was taken down."""
    row = connection.execute(_ARTICLE, (number,)).fetchone()
    if row is None:
        gone = connection.execute(_TAKEN_DOWN, (number,)).fetchone()
        return {"taken_down": dict(gone) if gone else None}
    article = {**dict(row), **{name: _list(row[name]) for name in _LISTS}}
    told = versions.history(connection, article)
    wanted = _wanted(told, asked)
    addresses = connection.execute(_ADDRESSES, (number, article["url"])).fetchall()
    return {
        "article": article,
        **_read(connection, article, asked),
        "addresses": addresses[:20],
        "more_addresses": len(addresses) > 20,
        "history": told,
        "words": {one.number: versions.words_of(connection, number, one) for one in wanted},
        "company": company.company(connection, number),
        "evidence": captures.evidence(connection, number, article["capture_id"], every=asked.captures),
        "near": [connection.execute(sql, (article["source_id"], number)).fetchone() for sql in _NEAR],
    }


def _wanted(told: versions.History, asked: Asked) -> list[versions.Version]:
    """The versions whose words are needed: the two that were asked for, else those of the newest edits."""
    old, new = told.numbered(asked.old), told.numbered(asked.new)
    if old and new:
        return [old, new]
    newest = [one for one in told.events[: versions.NEWEST] if one.before and not one.back]
    return [version for one in newest for version in (one.before, one.version) if version]


def _read(connection: Any, article: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    """The part of the text that is shown, with what was cut there."""
    count = reading.parts(article["length"])
    number = min(max(asked.part, 1), count)
    start, stop = reading.stretch(number, article["length"])
    (window,) = connection.execute(_WINDOW, (start, stop - start, article["id"])).fetchone()
    place, text = reading.part_of(window, number, article["length"])
    cuts = connection.execute(_CUTS, (article["id"],)).fetchall()
    here = [
        (at - place, cut)
        for at, cut in reading.placed(cuts)
        if place <= at < place + len(text) or (at >= place + len(text) and number == count)
    ]
    return {
        "blocks": reading.folded(text, _with_texts(connection, article["id"], here[:_MOST_CUTS])),
        "parts_total": count,
        "part": number,
        "cuts": len(cuts),
        "cuts_left_out": max(0, len(here) - _MOST_CUTS),
        "cuts_here": len(here),
        "rules": _by_rule(cuts),
    }


def _with_texts(
    connection: Any, article_id: int, here: Sequence[tuple[int, Any]]
) -> list[tuple[int, Mapping[str, Any]]]:
    numbers = json.dumps([cut["n"] for _, cut in here])
    rows = connection.execute(_CUT_TEXTS, {"id": article_id, "numbers": numbers, "most": _LONGEST_CUT})
    texts = {row["n"]: row["text"] for row in rows}
    return [
        (at, {**dict(cut), "text": texts.get(cut["n"], ""), "clipped": cut["stop"] - cut["start"] > _LONGEST_CUT})
        for at, cut in here
    ]


def _by_rule(cuts: Sequence[Any]) -> list[dict[str, Any]]:
    """What each rule cut, the most first."""
    found: dict[str, dict[str, Any]] = {}
    for cut in cuts:
        told = found.get(cut["rule_id"])
        if told is None:
            told = found[cut["rule_id"]] = {**dict(cut), "cuts": 0, "chars": 0, "zones": {}}
        told["cuts"] += 1
        told["chars"] += cut["stop"] - cut["start"]
        told["zones"][cut["zone"]] = None
    return sorted(found.values(), key=lambda one: -one["chars"])


def _number(typed: str | None) -> int | None:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 7 else None


def _list(stored: str | None) -> list[Any]:
    """A JSON column; what somebody broke by hand counts as empty."""
    try:
        found = json.loads(stored or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []
