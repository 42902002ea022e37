"""Pages of the press: articles with the heads of real sites, lists of teasers, forms, pages that are missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from tests.kiosk.stands import container
from tests.newsroom.feeds import teaser
from tests.newsroom.truth import Article, Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    mime: str = "text/html; charset=utf-8"
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = ()


def moved(target: str, status: int = 301) -> Answer:
    """Go there."""
    return Answer(status=status, headers=(("Location", target),))


def article_page(desk: Desk, one: Article, head: str = "", after: str = "") -> Answer:
    """An article as the kiosk shows it, with what the press says in its head and below it."""
    main = desk.container.format(container(one, desk)[0]) + after
    return page(desk, one.title, main, head=head)


def list_page(
    desk: Desk, title: str, links: Iterable[tuple[str, Article]], *, nav: str = "", after: str = ""
) -> Answer:
    """A front or section page: one teaser for each article, at the address given with it."""
    rows = "\n".join(
        f'<div class="teaser"><h3><a href="{escape(url)}">{escape(one.title, quote=False)}</a></h3>'
        f"<p>{escape(teaser(one), quote=False)}</p></div>"
        for url, one in links
    )
    return page(desk, title, f"<h1>{escape(title)}</h1>\n{rows}\n{after}", nav=nav)


def words_page(desk: Desk, title: str, *paragraphs: str, status: int = 200, after: str = "") -> Answer:
    """A page of a few paragraphs that is no article."""
    main = f"<h1>{escape(title)}</h1>" + "".join(f"<p>{escape(one)}</p>" for one in paragraphs) + after
    return page(desk, title, main, status=status)


def login_form(ask: str, name: str, password: str) -> str:
    """What stands where a text would."""
    return (
        f'<form action="/login" method="post"><p>{escape(ask)}</p><label>{name} <input name="user"></label>'
        f'<label>{password} <input type="password" name="password"></label><button>{escape(ask)}</button></form>'
    )


def page(desk: Desk, title: str, main: str, *, head: str = "", nav: str = "", status: int = 200) -> Answer:
    """A whole page of an outlet in its own charset, which its header, its own head, or both may name."""
    links = " ".join([nav, *(f'<a href="{one["path"]}">{one["title"]}</a>' for one in desk.pages)])
    top = f"<title>{escape(title, quote=False)} {desk.wording.get('mark', '|')} {escape(desk.name)}</title>\n{head}"
    text = desk.shell.replace("{head}", top).replace("{nav}", links).replace("{main}", main)
    charset = f"; charset={desk.charset}" if desk.charset_in_header else ""
    return Answer(status=status, mime=f"text/html{charset}", body=text.encode(desk.charset, "xmlcharrefreplace"))
