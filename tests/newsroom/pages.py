"""The HTML of an outlet: the frame around every page, article pages, lists, and pages that are no articles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from tests.newsroom import markup, metadata
from tests.newsroom.feeds import teaser
from tests.newsroom.layout import Line, lines
from tests.newsroom.truth import Article, Desk

#: What each shell puts around the navigation, the main part and the side column.
_SHELLS = {
    "columns": (
        '<header><a href="/">{name}</a></header>\n<nav>{nav}</nav>\n'
        "<div>\n<div>\n{main}\n</div>\n<div>\n{side}\n</div>\n</div>\n<footer>{foot}</footer>"
    ),
    "table": (
        '<table width="980"><tr><td colspan="2"><a href="/">{name}</a><br>{nav}</td></tr>\n'
        '<tr><td valign="top" width="200">{side}</td>\n<td valign="top">\n{main}\n</td></tr>\n'
        '<tr><td colspan="2">{foot}</td></tr></table>'
    ),
    "article": (
        '<header><a href="/">{name}</a><nav>{nav}</nav></header>\n'
        "<main><article>\n{main}\n</article></main>\n<aside>\n{side}\n</aside>\n<footer>{foot}</footer>"
    ),
}
_SCRIPT = (
    "<script>window.layer = window.layer || []; layer.push({page: location.pathname, slots: ['top', 'side']});</script>"
)


def document(desk: Desk, title: str, main: str, head: str = "", language: str | None = None) -> str:
    """A whole page: `main` in the outlet's frame. Right-to-left languages say so."""
    language = language or desk.language
    direction = ' dir="rtl"' if language == "ar" else ""
    if desk.feed.get("announced"):
        kind = "atom" if "atom" in desk.means else "rss"
        link = f'title="{escape(desk.name)}" href="{desk.feed["path"]}"'
        head += f'\n<link rel="alternate" type="application/{kind}+xml" {link}>'
    popular = desk.articles[-4:]
    body = _SHELLS[desk.shell].format(
        name=escape(desk.name),
        nav=_links([("/", desk.wording["home"]), *((f"/{part}/", label) for part, label in desk.sections.items())]),
        main=main,
        side=f"<h4>{desk.wording['popular']}</h4>\n" + _list((one.url, one.title) for one in popular),
        foot=_links([(one["path"], one["title"]) for one in desk.pages if one.get("where") == "foot"])
        + f"<p>{desk.wording['imprint']}</p>",
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"{direction}>\n<head>\n<meta charset="{desk.charset}">\n'
        f'<title>{escape(title, quote=False)}</title>\n<meta name="viewport" content="width=device-width">\n'
        f"{head}\n{_SCRIPT}\n</head>\n<body>\n{body}\n{_SCRIPT}\n</body>\n</html>\n"
    )


def article_page(article: Article, desk: Desk, base: str) -> str:
    """An article with its outlet's furniture, all in one container."""
    inside = markup.html((one.block, one.frame) for one in lines(article, desk))
    scope = ' itemscope itemtype="https://schema.org/NewsArticle"' if "microdata" in desk.metadata else ""
    main = f"<div{scope}>{metadata.inner(article, desk)}{desk.container}\n{inside}\n</div></div>"
    title = f"{article.title} {desk.wording['title_mark']} {desk.name}"
    return document(desk, title, main, metadata.head(article, desk, base), article.language)


def shown(article: Article, desk: Desk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of an article's container that are no body text: (furniture, lines that hold a field)."""
    found: tuple[Line, ...] = lines(article, desk)
    return (
        tuple(one.block.text for one in found if one.role == "furniture"),
        tuple(one.block.text for one in found if one.role == "field"),
    )


def front_page(desk: Desk) -> str:
    """The homepage: the newest articles, the sections, and the outlet's other pages."""
    others = [(one["path"], one["title"]) for one in desk.pages if one.get("where") == "front"]
    if "tags" in desk.wording:
        tags = sorted({tag for one in desk.articles for tag in one.tags})
        others += [(f"/tag/{_slug(tag)}", tag) for tag in tags[:6]]
    if "author" in desk.wording:
        others += [
            (f"/author/{_slug(name)}", name) for name in sorted({n for one in desk.articles for n in one.authors})
        ]
    sections = _list((f"/{part}/", label) for part, label in desk.sections.items())
    main = f"{_teasers(desk.articles[: desk.front])}\n{sections}\n{_list(others)}"
    return document(desk, f"{desk.name} {desk.wording['title_mark']} {desk.about}", main)


def section_pages(desk: Desk, part: str) -> dict[str, str]:
    """The pages of one section by path: `/news/`, `/news/page/2` and so on."""
    filed = [one for one in desk.articles if one.shelf == part]
    count = max(1, -(-len(filed) // desk.per_page))
    paths = [f"/{part}/", *(f"/{part}/page/{number}" for number in range(2, count + 1))]
    found = {}
    for number, path in enumerate(paths):
        here = filed[number * desk.per_page : (number + 1) * desk.per_page]
        pager = _links((other, str(at)) for at, other in enumerate(paths, start=1) if other != path)
        older = f'<a rel="next" href="{paths[number + 1]}">{desk.wording["older"]}</a>' if number + 1 < count else ""
        main = f"<h1>{desk.sections[part]}</h1>\n{_teasers(here)}\n<p>{pager} {older}</p>"
        found[path] = document(desk, f"{desk.sections[part]} {desk.wording['title_mark']} {desk.name}", main)
    return found


def other_pages(desk: Desk) -> dict[str, str]:
    """Pages by path that no crawler should take for articles: about, login, gallery, tag and author pages."""
    found = {}
    for one in desk.pages:
        main = f"<h1>{escape(one['title'])}</h1>\n{_text(one)}"
        found[one["path"]] = document(desk, f"{one['title']} {desk.wording['title_mark']} {desk.name}", main)
    if "tags" in desk.wording:
        for tag in sorted({tag for one in desk.articles for tag in one.tags}):
            tagged = [one for one in desk.articles if tag in one.tags]
            found[f"/tag/{_slug(tag)}"] = document(desk, f"{tag} - {desk.name}", f"<h1>{tag}</h1>\n{_teasers(tagged)}")
    if "author" in desk.wording:
        for name in sorted({name for one in desk.articles for name in one.authors}):
            wrote = [one for one in desk.articles if name in one.authors]
            life = desk.wording["biography"].format(author=name, name=desk.name)
            main = f"<h1>{name}</h1>\n<p>{life}</p>\n{_teasers(wrote)}"
            found[f"/author/{_slug(name)}"] = document(desk, f"{name} - {desk.name}", main)
    return found


def missing_page(desk: Desk) -> str:
    """What stands where nothing is."""
    return document(
        desk, f"404 {desk.wording['title_mark']} {desk.name}", f"<h1>404</h1>\n<p>{desk.wording['missing']}</p>"
    )


def _text(page: Mapping[str, Any]) -> str:
    if "html" in page:
        return str(page["html"])
    return markup.html((one, None) for one in markup.parse(page["text"]))


def _teasers(articles: Iterable[Article]) -> str:
    return "\n".join(
        f'<div><h2><a href="{one.url}">{escape(one.title, quote=False)}</a></h2>'
        f"<p>{escape(teaser(one), quote=False)}</p></div>"
        for one in articles
    )


def _links(pairs: Iterable[tuple[str, str]]) -> str:
    return " ".join(f'<a href="{path}">{escape(label, quote=False)}</a>' for path, label in pairs)


def _list(pairs: Iterable[tuple[str, str]]) -> str:
    return (
        "<ul>" + "".join(f'<li><a href="{path}">{escape(text, quote=False)}</a></li>' for path, text in pairs) + "</ul>"
    )


def _slug(text: str) -> str:
    return text.lower().replace(" ", "-")
