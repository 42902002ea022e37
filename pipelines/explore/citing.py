"""An article as a citation: plain, BibTeX and CSL-JSON, on its page and as files."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from datasette import NotFound, Response

from pipelines.explore.compat import archive_for
from pipelines.explore.words import date
from pipelines.exports.bibtex import entry_of
from pipelines.exports.citing import name_of, outlet_of, write_csl
from pipelines.exports.plain import address, one_line
from pipelines.store.outgoing import articles

#: What each file is called and is.
_TYPES = {
    "txt": "text/plain; charset=utf-8",
    "bib": "application/x-bibtex; charset=utf-8",
    "csl.json": "application/vnd.citationstyles.csl+json; charset=utf-8",
}


def plain(article: Mapping[str, Any]) -> list[str]:
    """The parts of a sentence: author, headline, outlet, day, address with when what was captured."""
    who = _listed([" ".join(_spoken(one, article)) for one in article["authors"] if one_line(one)])
    if not who and article["agency"]:
        who = one_line(article["agency"])
    day = date(article["published_at"], "day").removesuffix(", time unknown") if article["published_at"] else "undated"
    title = one_line(article["title"]) or "Untitled"
    captured = f"captured {date(article['captured_at'])}; SHA-256 of the text {article['digest']}"
    where = f"{address(article['url'])} ({captured})"
    return [part for part in (who, f"“{title}”", outlet_of(article), day, where) if part]


def _spoken(author: str, article: Mapping[str, Any]) -> list[str]:
    """The parts of a name as they are spoken."""
    name = name_of(author, article["language"])
    return (
        [name.literal]
        if name.literal
        else [one for one in (name.given, name.particle, name.family, name.suffix) if one]
    )


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def written(article: Mapping[str, Any], form: str) -> str:
    """A citation in one of the forms: txt, bib, csl.json. `article` as `store.outgoing.articles` gives it."""
    match form:
        case "bib":
            return entry_of(article).strip() + "\n"
        case "csl.json":
            out = BytesIO()
            write_csl([article], out)
            return out.getvalue().decode()
    return f"{', '.join(plain(article))}.\n"


async def citation(datasette: Any, request: Any) -> Any:
    """A citation as a file."""
    db = await archive_for(datasette, request, "articles", "captures")
    number, form = min(int(request.url_vars["id"]), 2**63 - 1), request.url_vars["form"]
    path = Path(db.path or db.name)
    found = await db.execute_fn(lambda connection: next(articles(connection, path, [number]), None))
    if found is None:
        raise NotFound("There is no such article")
    headers = {"content-disposition": f'attachment; filename="article-{number}.{form}"'}
    return Response(written(found, form), headers=headers, content_type=_TYPES[form])
