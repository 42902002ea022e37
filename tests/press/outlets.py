"""The eight outlets of the kiosk as web sites of eight kinds: where each lists its articles, and what else it holds.

What the crawl of a site should end in stands beside it: which addresses are its articles, and which its robots.txt
forbids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import md5

from tests.kiosk.stands import stands
from tests.newsroom.markup import block
from tests.newsroom.truth import Article, Desk
from tests.press import listings
from tests.press.pages import Answer, article_page, list_page, login_form, moved, page, words_page

#: An answer, or how to make one for the n-th visit (from 0).
Page = Answer | Callable[[int], Answer]
EDITIONS = 2
#: Outlets that hold their newest article back until the second edition, and those that then edit one.
LATER = ("ledger", "kurier", "vallonne", "asagiri", "farol")
EDITED = {
    "beacon": "A reader on Linga adds that the dog was on board as well.",
    "vestnik": "Редакция уточняет: коров было четыре, одну не сразу заметили.",
    "mina": "وأضاف شهود من الحي أن الاحتفال استمر حتى صلاة الفجر.",
}
_WHICH = 3  # of its articles, counted from the newest, is the edited one


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One outlet in one edition, at its address."""

    desk: Desk
    base: str
    articles: tuple[Article, ...]  # that are out, newest first

    @property
    def twins(self) -> tuple[Article, ...]:
        """Those that listings also name at another address: as AMP, for print, for telephones."""
        return self.desk.articles[1:4]

    def links(self, pattern: str = "{}") -> list[tuple[str, Article]]:
        """Each article with its full address, written as the pattern says."""
        return [(self.base + pattern.format(one.url), one) for one in self.articles]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How an outlet is built."""

    means: str
    site: Callable[[Issue], dict[str, Page]] = field(repr=False)
    tags: str = "honest"  # validators: honest | date | new (another each time) | same (for everything) | none
    robots: str | None = None
    forbidden: str = "$^"  # pattern of the paths that robots.txt forbids
    beside: tuple[str, ...] = ()  # paths that its listings hold and that are no articles


@cache
def issue(slug: str, edition: int, base: str) -> Issue:
    """An outlet as it stands in an edition (1 or 2)."""
    desk = next(one for one in stands() if one.slug == slug)
    articles = list(desk.articles)
    if edition > 1 and slug in EDITED:
        more = block(EDITED[slug])
        one = articles[_WHICH]
        articles[_WHICH] = replace(
            one, blocks=(*one.blocks, more), body=(*one.body, more.text), modified_at="2025-06-03T06:00"
        )
    desk = replace(desk, articles=tuple(articles))
    return Issue(desk=desk, base=base, articles=desk.articles[1 if edition == 1 and slug in LATER else 0 :])


@cache
def site(slug: str, edition: int, base: str) -> Mapping[str, Page]:
    """Every page of an outlet by path, with its query where that matters; the key `""` is the 404 page."""
    now, kind = issue(slug, edition, base), KINDS[slug]
    pages: dict[str, Page] = {one.url: article_page(now.desk, one, _canonical(now, one)) for one in now.desk.articles}
    pages["/"] = list_page(now.desk, now.desk.about, now.links("{}")[:4])
    pages |= {one["path"]: words_page(now.desk, one["title"], one["text"]) for one in now.desk.pages}
    pages[""] = words_page(now.desk, "404", "404", status=404)
    if kind.robots is not None:
        pages["/robots.txt"] = Answer(mime="text/plain", body=kind.robots.format(base=base).encode())
    return pages | kind.site(now)


def _canonical(now: Issue, one: Article) -> str:
    return f'<link rel="canonical" href="{now.base}{one.url}">\n'


def _announced(now: Issue, mime: str, path: str, after: str = "") -> Answer:
    """A front page that names a feed."""
    front = list_page(now.desk, now.desk.about, now.links()[:4], after=after)
    named = f'<link rel="alternate" type="{mime}" href="{path}">\n</head>'.encode()
    return replace(front, body=front.body.replace(b"</head>", named, 1))


def _ledger(now: Issue) -> dict[str, Page]:
    """RSS of the newest with tracking in its links; a text sitemap of all, print versions among them; a loop."""
    more = [("/drafts/what-we-may-print-next-week", "A draft"), ("/2025/05/12/round-and-round-it-goes", "Round")]
    prints = [f"{now.base}{one.url}?print=1" for one in now.twins]
    pages: dict[str, Page] = {
        "/": _announced(now, "application/rss+xml", "/feed"),
        "/feed": listings.rss(
            now.desk,
            now.base,
            now.links("{}?utm_source=rss&utm_medium=feed")[:8],
            [(now.base + url, t) for url, t in more],
        ),
        "/sitemap.txt": listings.text_sitemap([*prints, *(url for url, _ in now.links())]),
        "/drafts/what-we-may-print-next-week": article_page(now.desk, now.desk.articles[1]),
        "/2025/05/12/round-and-round-it-goes": moved("/2025/05/12/there-and-back-again", 302),
        "/2025/05/12/there-and-back-again": moved("/2025/05/12/round-and-round-it-goes", 302),
    }
    return pages | {f"{one.url}?print=1": article_page(now.desk, one, _canonical(now, one)) for one in now.articles}


def _beacon(now: Issue) -> dict[str, Page]:
    """Atom, whose links have a parameter of the outlet's own; a story that is gone and does not say so."""
    gone = "/stories/the-story-we-took-down-again"
    links = "\n".join(f'<p><a href="{one.url}">{one.title}</a></p>' for one in now.articles[:5])
    return {
        "/": _announced(now, "application/atom+xml", "/beacon.atom"),
        "/beacon.atom": listings.atom(now.desk, now.links("{}?ref=atom"), [(now.base + gone, "Taken down")]),
        gone: words_page(
            now.desk, "Page not found", "Sorry, the page you were looking for could not be found.",
            "It may have been moved or deleted. Please check the address, or try one of these stories.", after=links,
        ),
    }  # fmt: skip


def _kurier(now: Issue) -> dict[str, Page]:
    """RDF, with an AMP address beside the plain one; a page that only leads to a login."""
    wall = "/artikel/9001-nur-fuer-abonnenten.html"
    twins = [(f"{now.base}/amp{one.url}", one.title) for one in now.twins]
    form = login_form("Bitte melden Sie sich an, um diesen Artikel zu lesen.", "Name", "Kennwort")
    pages: dict[str, Page] = {
        "/": _announced(now, "application/rdf+xml", "/rss.rdf"),
        "/rss.rdf": listings.rdf(now.desk, now.base, now.links(), [*twins, (now.base + wall, "Nur für Abonnenten")]),
        wall: moved("/anmelden?ziel=/artikel/9001", 302),
        "/anmelden": words_page(now.desk, "Anmelden", "Melden Sie sich an, um weiterzulesen.", after=form),
    }
    for one in now.articles:
        amp = f'<link rel="amphtml" href="{now.base}/amp{one.url}">\n'
        pages[one.url] = article_page(now.desk, one, _canonical(now, one) + amp)
        pages[f"/amp{one.url}"] = article_page(now.desk, one, _canonical(now, one))
    return pages


def _mina(now: Issue) -> dict[str, Page]:
    """JSON Feed with the whole texts; a page that is missing under 200; HTML where robots.txt should be."""
    gone = "/akhbar/9999/ghaib"
    front = _announced(now, "application/feed+json", "/feed.json")
    return {
        "/": front,
        "/robots.txt": front,
        "/feed.json": listings.json_feed(now.desk, now.base, now.links(), [(now.base + gone, "خبر محذوف")]),
        gone: words_page(now.desk, "الصفحة غير موجودة", "عذرا، الصفحة التي تبحث عنها غير موجودة أو تم حذفها."),
    }


def _vestnik(now: Issue) -> dict[str, Page]:
    """A plain sitemap that also lists mobile twins and other pages; a wall where a text should be."""
    wall = "/news/2025/05/17/1065"
    form = login_form("Войдите, чтобы читать дальше", "Имя", "Пароль")
    others = [f"{now.base}{path}" for path in ("/", "/about", "/news/", "/archive/2025/", wall)]
    mobile = [f"{now.base}/m{one.url}" for one in now.twins]
    pages: dict[str, Page] = {
        "/sitemap.xml": listings.sitemap(now.desk, now.links(), [*others, *mobile]),
        "/news/": list_page(now.desk, "Новости", now.links()[:5]),
        wall: words_page(now.desk, "Вход", "Этот материал доступен только подписчикам.", after=form),
    }
    for one in now.articles:
        handheld = f'<link rel="alternate" media="only screen and (max-width: 640px)" href="{now.base}/m{one.url}">\n'
        pages[one.url] = article_page(now.desk, one, _canonical(now, one) + handheld)
        pages[f"/m{one.url}"] = article_page(now.desk, one, _canonical(now, one))
    return pages


def _vallonne(now: Issue) -> dict[str, Page]:
    """An index with a news sitemap and packed members, print versions among them, and an archive that is closed."""
    newest, older = now.links()[:4], now.links()[4:]
    prints = [f"{now.base}/imprimer{one.url}" for one in now.twins]
    closed = [f"{now.base}/archives/2024/03/0{n}/un-vieil-article-de-la-vallee-{n}.html" for n in range(1, 4)]
    pages: dict[str, Page] = {
        "/archives/plan/index.xml": listings.sitemap_index(
            [
                (f"{now.base}/archives/plan/actualites.xml", None),
                (f"{now.base}/archives/plan/2025-05-b.xml.gz", newest[0][1].published_at),
                (f"{now.base}/archives/plan/2025-05-a.xml.gz", older[0][1].published_at),
            ]
        ),
        "/archives/plan/actualites.xml": listings.news_sitemap(now.desk, newest),
        "/archives/plan/2025-05-b.xml.gz": listings.sitemap(now.desk, newest, [*prints, *closed], packed=True),
        "/archives/plan/2025-05-a.xml.gz": listings.sitemap(now.desk, older, packed=True),
    }
    for one in now.articles:
        pages[f"/imprimer{one.url}"] = article_page(now.desk, one, _canonical(now, one))
    return pages


def _asagiri(now: Issue) -> dict[str, Page]:
    """The homepage alone, with links to tags, a gallery and a login beside the articles."""
    nav = '<nav><a href="/tag/minato">港</a> <a href="/shashin/">写真館</a> <a href="/login">ログイン</a></nav>'
    return {
        "/": list_page(now.desk, now.desk.about, now.links(), nav=nav),
        "/tag/minato": list_page(now.desk, "港", now.links()[:3]),
        "/shashin/": words_page(now.desk, "写真館", "写真は準備中です。"),
        "/login": words_page(now.desk, "ログイン", after=login_form("ログイン", "名前", "合言葉")),
        "/robots.txt": moved("/robots/all.txt"),
        "/robots/all.txt": Answer(mime="text/plain", body=b"User-agent: *\nDisallow: /login\nDisallow: /shashin/\n"),
    }


def _farol(now: Issue) -> dict[str, Page]:
    """Sections in pages, an archive by date, a calendar without end, and another session id at every visit.

    The front shows the three newest articles, the sections all but the two oldest, the archive those as well.
    """
    shown, last = now.articles[:-2], "/arquivo/2025/05/05/"
    days: dict[str, list[Article]] = {}
    for one in now.articles:
        days.setdefault(
            f"/arquivo/{one.published_at[:10].replace('-', '/')}/" if one.published_at else last, []
        ).append(one)
    listing = {"/": ("Notícias", now.articles[:3], ""), "/arquivo/": ("Arquivo", (), _row("/arquivo/2025/05/", "Maio"))}
    listing["/arquivo/2025/05/"] = ("Maio de 2025", (), " ".join(_row(day, day[-3:-1]) for day in sorted(days)))
    listing |= {day: (f"Arquivo de {day[9:-1]}", tuple(ones), "") for day, ones in days.items()}
    for number, path in enumerate(("/porto/pagina/{}/", "/ria/?pagina={}")):
        root, stock = f"/{path.split('/')[1]}/", shown[number::2]
        for n in range(1, 8):  # the last page of the shore is shown again for every number beyond it
            ones = stock[2 * n - 2 : 2 * n] or (stock[-2:] if number else ())
            follows = _row(path.format(n + 1), "Seguinte") if number or stock[2 * n : 2 * n + 2] else ""
            if ones:
                listing[root if n == 1 else path.format(n)] = (root.strip("/").title(), ones, follows)
    pages: dict[str, Page] = {path: _visited(now, path, *one) for path, one in listing.items()}
    return (
        pages
        | {f"/agenda/2025/{n:02}/": _calendar(now, n) for n in range(1, 13)}
        | {
            "/busca": words_page(now.desk, "Busca", "Nada encontrado."),
            "/entrar": words_page(now.desk, "Entrar", after=login_form("Entrar", "Nome", "Senha")),
        }
    )


def _row(path: str, words: str) -> str:
    return f'<a href="{path}">{words}</a>'


def _visited(now: Issue, path: str, title: str, articles: tuple[Article, ...], after: str) -> Callable[[int], Answer]:
    """A page whose links carry a session id that is new at every visit."""
    menu = {"/porto/": "Porto", "/ria/": "Ria", "/arquivo/": "Arquivo", "/agenda/2025/06/": "Agenda"}
    nav = (
        "<nav>"
        + " ".join(_row(*one) for one in {**menu, "/busca?q=ria": "Busca", "/entrar": "Entrar"}.items())
        + "</nav>"
    )
    plain = list_page(now.desk, title, [(one.url, one) for one in articles], nav=nav, after=f"<p>{after}</p>")

    def answer(visit: int) -> Answer:
        session = md5(f"{path} {visit}".encode()).hexdigest()

        def carried(match: re.Match[bytes]) -> bytes:
            mark = b"&amp;" if b"?" in match[1] else b"?"
            return b'href="' + match[1] + mark + f'PHPSESSID={session}"'.encode()

        return replace(plain, body=re.sub(rb'href="(/[^"]*)"', carried, plain.body))

    return answer


def _calendar(now: Issue, month: int) -> Answer:
    rows = " ".join(_row(f"/agenda/2025/{month:02}/{day:02}/", str(day)) for day in range(1, 29))
    follows = _row(f"/agenda/2025/{month % 12 + 1:02}/", "Mês seguinte")
    return page(now.desk, "Agenda", f"<h1>Agenda</h1><div>{rows}</div><p>{follows}</p>")


KINDS = {
    "ledger": Kind(
        means="RSS, text sitemap",
        site=_ledger,
        beside=("/drafts/what-we-may-print-next-week", "/2025/05/12/round-and-round-it-goes"),
        robots="User-agent: *\nDisallow: /drafts/\nDisallow: /*?print=\n\nSitemap: {base}/sitemap.txt\n",
        forbidden=r"/drafts/|.*\?print=",
    ),
    "beacon": Kind(means="Atom", site=_beacon, tags="new", beside=("/stories/the-story-we-took-down-again",)),
    "kurier": Kind(
        means="RDF",
        site=_kurier,
        beside=("/artikel/9001-nur-fuer-abonnenten.html",),
        robots="User-agent: *\nCrawl-delay: 0.2\nDisallow: /anmelden\n",
        forbidden="/anmelden",
    ),
    "mina": Kind(means="JSON Feed", site=_mina, tags="same", beside=("/akhbar/9999/ghaib",)),
    "vestnik": Kind(
        means="sitemap",
        site=_vestnik,
        beside=("/news/2025/05/17/1065",),
        tags="date",
        robots="User-agent: tearsheet\nDisallow: /about$\nUser-agent: *\nDisallow: /\nSitemap: {base}/sitemap.xml\n",
        forbidden="/about$",
    ),
    "vallonne": Kind(
        means="sitemap index, news",
        site=_vallonne,
        robots="User-agent: *\nDisallow: /archives/\nAllow: /archives/plan/\n"
        "Sitemap: {base}/archives/plan/index.xml\n",
        forbidden="/archives/(?!plan/)",
    ),
    "asagiri": Kind(means="homepage alone", site=_asagiri, forbidden="/login|/shashin/"),
    "farol": Kind(
        means="sections, archive by date",
        site=_farol,
        tags="none",
        robots="User-agent: *\nDisallow: /busca\nDisallow: /entrar\n",
        forbidden="/busca|/entrar",
    ),
}  # fmt: skip
