"""What an address alone tells: whether it looks like an article, like a page that only leads to others, or neither."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from pipelines.urls import plain_form


class Shape(StrEnum):
    """What a page is, going by its address."""

    ARTICLE = "article"
    UNCLEAR = "unclear"
    LISTING = "listing"  # or anything else that is surely no article


#: How the weakest reason for an article ends.
WORDS = "words in the last part"
#: A part of the path that makes everything below it no article, in the languages of many outlets.
_NEVER = frozenset((
    "hashtag", "profile", "profiles", "user", "users", "member", "members", "search", "suche", "buscar",
    "busca", "recherche", "zoeken", "poisk", "find", "login", "log-in", "signin", "sign-in", "sign_in",
    "signup", "sign-up", "register", "registration", "registrieren", "logout", "password", "account", "konto",
    "cuenta", "subscribe", "subscription", "subscriptions", "abo", "abonnement", "suscripcion", "newsletter",
    "newsletters", "wp-login", "wp-admin", "wp-content", "wp-includes", "wp-json", "cgi-bin", "cart",
    "checkout", "warenkorb", "gallery", "galleries", "galerie", "galerien", "galeria", "galerias",
    "fotogalerie", "fotostrecke", "fotostrecken", "bildergalerie", "bilderstrecke", "photos", "photogallery",
    "photo-gallery", "fotos", "foto", "pictures", "slideshow", "diaporama", "video", "videos", "calendar",
    "kalender", "calendario", "calendrier", "agenda", "events", "veranstaltungen", "eventi", "page", "seite",
    "pagina", "comments", "kommentare", "contact", "kontakt", "contacto", "contact-us", "impressum", "imprint",
    "privacy", "privacy-policy", "datenschutz", "terms", "agb", "cookies", "cookie-policy", "faq", "sitemap",
    "advertise", "advertising", "mediadaten", "feed", "feeds", "rss", "atom", "share", "email-alerts",
    "horoscope", "horoscopes", "horoskop", "crossword", "crosswords", "javascript", "mailto", "wp-login.php",
))  # fmt: skip
#: A part of the path that lists what is filed under the next; an article may stand below that.
_SHELVES = frozenset((
    "tag", "tags", "tagged", "topic", "topics", "thema", "themen", "tema", "temas", "etiqueta", "etiquetas",
    "schlagwort", "schlagworte", "keyword", "keywords", "label", "labels", "mot-cle", "category", "categories",
    "kategorie", "kategorien", "categoria", "categorias", "rubric", "rubrik", "rubrique", "author", "authors",
    "autor", "autoren", "autores", "autori", "auteur", "auteurs", "byline", "bylines", "contributor",
    "contributors",
))  # fmt: skip
#: A part of the path that says so only where nothing else speaks for an article.
_SELDOM = frozenset((
    "about", "about-us", "aboutus", "ueber-uns", "uber-uns", "quienes-somos", "help", "hilfe", "legal", "jobs",
    "careers", "karriere", "stellenmarkt", "shop", "store", "tv", "radio", "audio", "podcast", "podcasts",
    "live", "media", "images", "image", "assets", "static", "archive", "archives", "archiv", "archivo",
    "weather", "wetter", "tiempo", "games", "spiele", "quiz", "section", "sections", "dossier", "dossiers",
    "programme", "program", "program-guide", "schedule", "home", "index", "app", "apps", "people",
))  # fmt: skip
#: A last part that is another form of the page before it.
_OTHER_FORM = frozenset(("amp", "print", "printable", "share", "email", "comments", "embed", "trackback"))
#: A part of the path that announces an article.
_ANNOUNCES = frozenset((
    "article", "articles", "articleshow", "artikel", "articulo", "articulos", "artigo", "story", "stories",
    "node", "nota", "noticia", "noticias", "post", "posts", "doc", "item", "view", "read", "leer", "lire",
    "archives", "a", "p",
))  # fmt: skip
_IDS = frozenset((
    "id", "aid", "nid", "sid", "pid", "storyid", "story_id", "story", "articleid", "article_id", "article",
    "artid", "art", "newsid", "news_id", "news", "idx", "idxno", "contentid", "content_id", "objid", "objectid",
    "docid", "postid", "post_id", "itemid", "entry", "nr",
))  # fmt: skip
_LISTS = frozenset((
    "page", "paged", "pg", "seite", "start", "offset", "s", "q", "query", "search", "keyword", "sort", "order",
    "filter", "tag", "cat", "author", "month", "year", "day", "date", "calendar", "ical", "replytocom", "share",
))  # fmt: skip
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|bmp|mp[34]|m4[av]|m3u8|ogg|wav|avi|mov|webm|pdf|docx?|xlsx?|pptx?|zip|gz|rar|"
    r"css|js|json|xml|rss|atom|txt|ics|apk|exe|dmg|epub)$",
    re.IGNORECASE,
)
_PAGE_ENDING = re.compile(r"\.(?:[sx]?html?|phtml|php\d?|aspx?|jspx?|cfm|cms|ece|do|story)$", re.IGNORECASE)
_MONTH = r"(?:0?[1-9]|1[0-2]|[a-z]{3,9})"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_ONLY = re.compile(r"/(?:19|20)\d\d[/-](?:0[1-9]|1[0-2])(?=/|$)")
_DATES = (
    re.compile(rf"/(?:19|20)\d\d[/-]{_MONTH}[/-]{_DAY}(?!\d)", re.IGNORECASE),
    re.compile(rf"(?<!\d){_DAY}[-.](?:0?[1-9]|1[0-2])[-.](?:19|20)\d\d(?!\d)"),
    re.compile(rf"/{_DAY}/(?:0?[1-9]|1[0-2])/(?:19|20)\d\d(?!\d)"),
    re.compile(r"/(?:19|20)\d\d/?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d{5})"),
    re.compile(r"(?<=[a-z_-])(?:20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d{5})", re.IGNORECASE),
    re.compile(rf"/\d\d_[a-z]{{3,10}}_{_DAY}(?!\d)", re.IGNORECASE),
    _MONTH_ONLY,
)
_TOKEN = re.compile(r"(?=.*[a-z])(?=.*\d.*\d)[a-z0-9]{8,}|[0-9a-f]{8}-[0-9a-f-]{27}", re.IGNORECASE)
_DEEPEST = 12  # parts of a path
_WORD_AND_YEAR = re.compile(r"[a-z]+(?:19|20)\d\d", re.IGNORECASE)


def shape(url: str) -> Shape:
    """What the page at a full http(s) address is likely to be."""
    return looks(url)[0]


def looks(url: str) -> tuple[Shape, str]:
    """What the page at a full http(s) address is likely to be, and what says so; no reason where nothing does."""
    form, plain = plain_form(url)
    if form in ("amp", "print"):
        return Shape.LISTING, f"the {form} form of a page"
    parts = urlsplit(plain if form == "tracking" else url)
    path = unquote(parts.path)
    segments = [one for one in path.split("/") if one]
    if _FILE.search(path):
        return Shape.LISTING, "a file"
    if _goes_in_circles(segments):
        return Shape.LISTING, "a path that repeats itself"
    if len(segments) > 1 and re.fullmatch(r"(?:index|default|[a-z])(?:\.\w+)?", segments[-1], re.IGNORECASE):
        segments.pop()
    names = [_PAGE_ENDING.sub("", one).lower() for one in segments]
    query = {key.lower(): value for key, value in parse_qsl(parts.query, keep_blank_values=True)}
    if what := next((one for one in names if one in _NEVER), names[-1] if names and names[-1] in _OTHER_FORM else None):
        return Shape.LISTING, f"under /{what}"
    if _SHELVES.intersection(names[-2:]) or (_SHELVES.intersection(names) and len(_words(names[-1])) < 4):
        return Shape.LISTING, f"under /{next(one for one in names if one in _SHELVES)}"
    if name := next((key for key, value in query.items() if key in _IDS and re.search(r"\d", value)), None):
        return Shape.ARTICLE, f"{name}= with a number"
    if not names:
        return (Shape.ARTICLE, "p= with a number") if query.get("p", "").isdigit() else (Shape.LISTING, "a front page")
    if asked := sorted(_LISTS & query.keys()):
        return Shape.LISTING, f"{asked[0]}= in the address"
    found, why = _dated(path) or _of_names(names)
    if found is not Shape.ARTICLE and (seldom := [one for one in names if one in _SELDOM]):
        return Shape.LISTING, f"under /{seldom[0]}"
    return found, why


def _goes_in_circles(segments: list[str]) -> bool:
    """Whether a path comes of links that are followed ever deeper: /a/b/a/b/…, or more parts than sites have."""
    if len(segments) > _DEEPEST:
        return True
    return any(
        segments[n : n + size] == segments[n + size : n + 2 * size] and not "".join(segments[n : n + size]).isdigit()
        for size in (1, 2, 3)
        for n in range(len(segments) - 2 * size + 1)
        if size > 1 or segments[n : n + 1] == segments[n + 2 : n + 3]
    )


def is_file(url: str) -> bool:
    """Whether the address names a picture, a recording, a document or data: nothing that a reader calls a page."""
    return bool(_FILE.search(urlsplit(url).path))


def slug_words(url: str) -> int:
    """How many words the last part of the path holds; two letters of a script without spaces count as one."""
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return sum(len(one) // 2 if _unspaced(one) else 1 for one in _words(_PAGE_ENDING.sub("", last)))


def date_in(url: str) -> str:
    """The digits of a date in the address, for sorting newest first; empty where there is none."""
    path = urlsplit(url).path
    match = re.search(r"(20\d\d)[/_-]?(0[1-9]|1[0-2])(?:[/_-]?(0[1-9]|[12]\d|3[01]))?(?!\d)", path)
    return "".join(part or "" for part in match.groups()) if match else ""


def number_in(url: str) -> int:
    """The longest number in the path or the query, the last of several; 0 where there is none of three digits."""
    parts = urlsplit(url)
    numbers = re.findall(r"(?<!\d)\d{3,18}(?!\d)", f"{parts.path}?{parts.query}")
    return int(max(reversed(numbers), key=len)) if numbers else 0


def _dated(path: str) -> tuple[Shape, str] | None:
    """What an address with a date is: a page of a calendar where nothing else is left of it."""
    for pattern in _DATES:
        if match := pattern.search(path):
            rest = _PAGE_ENDING.sub("", path[match.end() :]).strip("/_-.")
            before = path[: match.start()].rpartition("/")[2] if path[match.start()] != "/" else ""
            if not rest and not before:
                return Shape.LISTING, "a date and nothing else"
            if before or pattern is not _MONTH_ONLY or re.search(r"\d|\w-\w+-\w", rest):
                return Shape.ARTICLE, "a date in the address"
            return Shape.UNCLEAR, ""
    return None


def _of_names(names: list[str]) -> tuple[Shape, str]:
    last, before = names[-1], names[-2] if len(names) > 1 else ""
    words = _words(last)
    if len(words) >= 3 and re.search(r"[-_](?!(?:19|20)\d\d$)\d{3,}$", last):
        return Shape.ARTICLE, "words and a number in the last part"
    if len(words) >= 5 or (len(words) >= 4 and sum(map(len, words)) >= 16):
        return Shape.ARTICLE, f"{len(words)} {WORDS}"
    if any(len(one) >= 8 and _unspaced(one) for one in words):
        return Shape.ARTICLE, "a headline in the last part"
    if any(_is_id(one) for one in names):
        return Shape.ARTICLE, "a number in the address that no section has"
    if before in _ANNOUNCES and (last.isdigit() or len(last) >= 4):
        return Shape.ARTICLE, f"under /{before}"
    if last.isdigit():  # page two, a year, or a small number
        if len(last) == 4 and last[:2] not in ("19", "20"):
            return Shape.ARTICLE, "a number in the address that no section has"
        return Shape.LISTING, "a page number"
    return Shape.UNCLEAR, ""


def _is_id(name: str) -> bool:
    """Whether a part of a path holds a number or token that no section has."""
    if re.search(r"\d{5,}|[^\W\d_].*[-_.](?!(?:19|20)\d\d$)\d{4}$|^(?!(?:19|20)\d\d-)\d{3,}-[^\W\d_]", name):
        return True
    if _WORD_AND_YEAR.fullmatch(name):
        return False
    return any(_TOKEN.fullmatch(one) for one in (name, name.rpartition("-")[2], name.partition("-")[0]))


def _words(slug: str) -> list[str]:
    return [one for one in re.split(r"[\W\d_]+", slug) if one]


def _unspaced(word: str) -> bool:
    """Whether a word is in a script that writes without spaces: Thai, Lao, Japanese, Chinese."""
    return any("\u0e00" <= char <= "\u0eff" or "\u3040" <= char <= "\u9fff" for char in word)
