"""Pages that lie, break or nest: the text must survive them."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lxml import html
from trafilatura.xpaths import BODY_XPATH

from pipelines.frame import frame_of
from pipelines.page import UndecodableError, decode
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture, Reason, Reject, Source
from tests.hostile import Hostile

SEEN = datetime(2026, 1, 1, tzinfo=UTC)
ODD = [
    *(f"{what}-in-{where}" for what in ("vt", "esc", "soh", "fffe", "surrogate") for where in ("nav", "body")),
    "nul-bytes", "raw-controls", "nested-300", "nested-300-beside", "nested-2000", "nested-2000-beside",
]  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    with Hostile() as hostile:
        yield hostile


def read(body: bytes, mime: str | None = "text/html", headers: tuple[tuple[str, str], ...] = ()) -> Article | Reject:
    capture = Capture(
        url="https://example.org/2025/05/01/story", fetched_at=SEEN, body=body, mime=mime, headers=headers
    )
    return process(capture, Recipe.default())


@pytest.mark.parametrize("name", ODD)
def test_odd_pages_keep_every_paragraph(site: Hostile, name: str) -> None:
    trap = site[name]
    with urllib.request.urlopen(trap.url) as response:
        article = read(response.read())
    assert isinstance(article, Article)
    assert article.title == trap.title
    text = " ".join(article.text.split())
    for paragraph in trap.body:
        assert " ".join(paragraph.split()) in text


MORE = "Für Fußgänger und Räder bleibt ein schmaler Weg geöffnet, über den täglich 4000 Menschen zur Arbeit gehen."
STORY = "Die Brücke über den Fluß wird im März für den Verkehr gesperrt, teilte die Behörde am Mittwoch mit."


@pytest.mark.parametrize(
    ("encoding", "header", "meta"),
    [
        ("utf-8", "windows-1251", None),
        ("utf-8", None, "iso-8859-1"),
        ("utf-8", "utf-16", None),
        ("cp1252", "iso-8859-1", None),
        ("cp1252", "windows-1252", None),
        ("cp1252", None, "iso-8859-1"),
        ("cp1252", None, None),
        ("utf-16", None, None),
        ("utf-8-sig", "iso-8859-1", None),
        ("iso-8859-15", "iso-8859-15", None),
    ],
)
def test_charsets_are_read_whatever_the_labels_say(encoding: str, header: str | None, meta: str | None) -> None:
    label = f'<meta charset="{meta}">' if meta else ""
    page = f"<html><head>{label}</head><body><article><p>{STORY}</p><p>{MORE}</p></article>"
    headers = (("Content-Type", f"text/html; charset={header}"),) if header else ()
    article = read(page.encode(encoding), headers=headers)
    assert isinstance(article, Article)
    assert STORY in article.text


def test_binary_is_undecodable() -> None:
    with pytest.raises(UndecodableError):
        decode(bytes(range(256)) * 20)
    outcome = read(b"\x00\x01\x02\xff\xfe\x03" * 500)
    assert isinstance(outcome, Reject)
    assert outcome.reason is Reason.UNDECODABLE


@pytest.mark.parametrize(
    ("body", "mime", "reason"),
    [
        (b"", "text/html", Reason.EMPTY),
        (b"<html><body></body></html>", "text/html", Reason.EMPTY),
        (b"%PDF-1.7", "application/pdf", Reason.NOT_HTML),
        (b"<html><body><p>Closed on Monday.</p></body></html>", "text/html", Reason.TOO_SHORT),
    ],
)
def test_what_is_no_article_says_why(body: bytes, mime: str, reason: Reason) -> None:
    outcome = read(body, mime)
    assert isinstance(outcome, Reject)
    assert outcome.reason is reason


MENU = "".join(f'<li><a href="/section/{name}">{name}</a></li>' for name in ("Politics", "Harbour", "Schools", "Sport"))
STEPS = (
    "The east ramp is closed first, for a week, and cars go by the tunnel.",
    'Then the deck is lifted off, which takes <a href="/crane">the largest crane of the coast</a> two nights.',
    "Divers look at the piers, and the west ramp opens last, in June.",
)
LATER = "Die Fähre fährt bis dahin alle zehn Minuten, sagte die Sprecherin der Stadt, und nimmt auch Lastwagen mit."
TEASER = "Wer im Mai gewählt wird, entscheidet sich zwischen drei Bewerbern, von denen zwei schon im Rathaus sitzen."


@pytest.mark.parametrize(
    "hollow",
    [
        "",
        '<div class="entry-content">1,024 views</div>',
        '<article class="teaser"><a href="/ferry">The ferry waits</a></article>',
        '<div itemprop="articleBody"></div>',
    ],
)
@pytest.mark.parametrize("listing", ["<ul>{}</ul>", "<table><tr><td><ol>{}</ol></td></tr></table>"])
@pytest.mark.parametrize("frame", ["<div>{}</div>", "<table><tr><td>{}</td></tr></table>"])
def test_an_article_whose_element_has_no_name_is_whole(listing: str, frame: str, hollow: str) -> None:
    """Headings and lists within it are text; menus and what stands in other elements are not, whatever their names."""
    steps = "".join(f"<li>{one}</li>" for one in STEPS)
    story = (
        f"<h1>Bridge to close</h1><p>{STORY} {STORY}</p><div class='slot'> </div><h2>What happens when</h2>"
        f"<ul>{steps}</ul><div></div><p>{MORE}</p><p>{LATER} {LATER}</p>"
    )
    menu = listing.format(MENU)
    page = f"<body>{menu}{hollow}{frame.format(story)}<div><h3>Elsewhere</h3><p>{TEASER}</p></div>{menu}</body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    told = [html.fromstring(one).text_content() for one in STEPS]
    assert [line for line in article.text.split("\n") if line] == [
        f"{STORY} {STORY}", "What happens when", *told, MORE, f"{LATER} {LATER}",
    ]  # fmt: skip
    assert not [cut for cut in article.removals if "Politics" in cut.text]  # it was never taken for text


def test_a_list_of_teasers_is_not_the_article_however_long() -> None:
    teasers = "".join(f"<li><h4>{day}</h4><p>{day}</p></li>" for day in DAYS)
    story = f"<div><h2>What happens when</h2><p>{STORY} {STORY}</p><p>{MORE}</p><p>{LATER} {LATER}</p></div>"
    article = read(f"<body><h1>Bridge to close</h1><div>{story}<ul>{teasers}</ul></div></body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == ["What happens when", f"{STORY} {STORY}", MORE, f"{LATER} {LATER}"]


def test_an_article_element_is_read_with_what_stands_before_most_of_its_text() -> None:
    slides = "".join(f"<div><h2>{day[:9]}</h2><p>{day}</p></div>" for day in DAYS)
    story = f"<article><section><p>{STORY}</p><div>{slides}</div></section></article>"
    menu = '<article class="teaser"><a href="/ferry">The ferry waits</a></article>'
    article = read(f"<body><h1>Bridge to close</h1>{menu}{story}<div><p>{TEASER}</p></div></body>".encode())
    assert isinstance(article, Article)
    assert [line for line in article.text.split("\n\n") if len(line) > 20] == [STORY, *DAYS]


@pytest.mark.parametrize("frame", ["<div>{}</div>", "<table><tr><td>{}</td></tr></table>", "<span>{}</span>"])
def test_a_page_that_no_reader_takes_apart_is_told_apart_by_its_own_lines(frame: str) -> None:
    """Where there is little text and no element has a name, a reader gives the whole page as one line."""
    told = f"{STORY} {MORE}"
    menu = "".join(
        f'<div><a href="/s/{one}">{one} news</a></div>' for one in ("Town", "Port", "School", "Sport", "Sea")
    )
    page = f"<body><div>{menu}</div><h1>Bridge to close</h1>{frame.format(told)}<div>{menu}</div></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert article.text == told


def test_a_headline_with_dashes_above_the_text_is_the_title_without_the_site_s_name() -> None:
    headline = "Harbour - Bridge to close for repairs - May 3, 2025"
    story = f"<div class='article-body'><h3>{headline}</h3><p>{STORY} {STORY}</p><p>{MORE}</p><p>{LATER}</p></div>"
    article = read(f"<title>{headline} - The Official Tide</title><body>{story}</body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == [f"{STORY} {STORY}", MORE, LATER]


CLASSES = (
    "post", "entry", "postarea", "art-postcontent", "text", "cell", "story", "content", "main", "main-column", "wide",
    "post-text", "post_text", "post-body", "post-entry", "postentry", "post_content", "postContent", "PostContent",
    "post_inner_wrapper", "article-text", "articleText", "entry-content", "page-content", "Page-Content", "art-content",
    "article__content", "article_content", "article-body", "articlebody", "article_body", "articleBody", "body-text",
    "ArticleContent", "article__container", "article wide", "wide article", "post-bodycopy", "story-content",
    "single-post", "theme-content", "blog-content", "single-content", "wpb_text_column", "story-body", "field-body",
    "box FullText", "content-main", "content_main", "content__body", "main-content", "Main-Content", "teaser",
    "site-header", "",
)  # fmt: skip
IDS = ("articleContent", "article", "story", "content", "primary-box", "the-primary", "contentBody", "left")


ELEMENTS = (
    *(f'<div class="{name}"></div>' for name in CLASSES), *(f'<section id="{name}"></section>' for name in IDS),
    "<article></article>", "<main></main>", '<div itemprop="articleBody"></div>', '<div role="main"></div>',
    '<div role="article"></div>', '<p class="post"></p>', '<div role="banner"></div>',
)  # fmt: skip


@pytest.mark.parametrize("element", ELEMENTS)
def test_the_article_s_element_is_the_one_trafilatura_reads_first(element: str) -> None:
    """Alone, and before and after any other."""
    for other in ELEMENTS:
        tree = html.document_fromstring(f"<html><body><div><p>{STORY}</p>{element}</div>{other}</body></html>")
        found = next((one[0] for path in BODY_XPATH if (one := path(tree))), None)
        assert frame_of(tree) is found


DAYS = [
    f"Am {day} fährt die Fähre alle zehn Minuten, sagte die Sprecherin der Stadt, und nimmt auch {what} mit."
    for day, what in zip(
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        ("Räder", "Lastwagen", "Busse", "Pferde", "Motorräder", "Kutschen", "Anhänger"),
        strict=True,
    )
]
DECK = "Cars have to take the tunnel until the deck is back"


@pytest.mark.parametrize(
    ("below", "description"),
    [
        (f'<div class="summary">{LATER}</div><h2 class="deck">{DECK}</h2>', DECK),
        (f'<div class="summary">{LATER}</div><ul class="deck"><li>{DECK}</li></ul>', LATER),
    ],
)
def test_the_standfirst_is_the_heading_called_so(below: str, description: str) -> None:
    """Whatever summary stands above it; what stands in a list is none."""
    page = f"<body><article><h1>Bridge to close</h1>{below}<p>{STORY}</p>{'<p>'.join(DAYS)}</article></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert article.description == description
    assert description not in article.text


@pytest.mark.parametrize("name", ["pf_subheadline", "article__crosshead", "text-zwischentitel", "intertitre"])
def test_a_line_called_a_heading_is_one(name: str) -> None:
    """Also where it is no heading to a browser."""
    story = f"<p>{STORY}</p><p>{DAYS[0]}</p><div class='{name}'>Who pays for it?</div><p>{MORE}</p><p>{DAYS[1]}</p>"
    article = read(f"<body><h1>Bridge to close</h1><article>{story}</article></body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n")[-3:] == ["Who pays for it?", MORE, DAYS[1]]


@pytest.mark.parametrize("name", ["visually-hidden", "sr-only", "screen-reader-text", "c-link__vh vh"])
def test_what_only_screen_readers_say_is_no_text(name: str) -> None:
    """A hint within a sentence is no part of it; the rest of the sentence is, and its link."""
    link = (
        f'<a href="https://cranes.example.net/crane">the crane<span class="{name}"> (opens in a new window)</span></a>'
    )
    story = f"<p>{STORY} They wait for {link}, she said.</p><p>{MORE}</p><p>{LATER}</p>"
    article = read(f"<body><h1>Bridge to close</h1><article>{story}</article></body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == [f"{STORY} They wait for the crane, she said.", MORE, LATER]
    assert [one.rpartition("/")[2] for one in article.links] == ["crane"]


def test_soft_hyphens_are_no_part_of_a_word() -> None:
    """However they are written; addresses keep what only looks like one."""
    written = STORY.replace("Verkehr", "Ver\u00adk&shy;ehr").replace("Behörde", "Be&#173;hör\u200b&#xAD;de\u2060")
    link = '<a href="https://cranes.example.net/?a=1&shy=2">The crane</a>'
    assert written != STORY
    article = read(f"<body><h1>Br&shy;idge</h1><article><p>{written}</p><p>{link} {MORE}</p></article></body>".encode())
    assert isinstance(article, Article)
    assert (article.title, article.text) == ("Bridge", f"{STORY}\n\nThe crane {MORE}")
    assert article.links == ("https://cranes.example.net/?a=1&shy=2",)


def test_spaces_without_width_part_words_where_there_are_no_others() -> None:
    told = ["สะพานจะปิด\u200bในเดือนมีนาคม\u200bเป็นเวลาหนึ่งปี\u200bเพื่อซ่อมแซมทางลาดด้านตะวันออก" + "ๆ" * n for n in range(5)]
    story = "".join(f"<p>{one}</p>" for one in told)
    article = read(f"<body><h1>สะพานปิด</h1><article>{story}</article></body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == told[1:]  # the first is as good as a standfirst


def test_a_quotation_within_a_sentence_is_no_paragraph() -> None:
    said = "Er sagte, man habe <q>nie gefragt, <em>wer zahlt</em></q> und <q>nie</q> gebaut, bis der Winter kam."
    article = read(f"<body><h1>Bridge</h1><article><p>{STORY}</p><p>{said}</p><p>{MORE}</p></article></body>".encode())
    assert isinstance(article, Article)
    told = "Er sagte, man habe “nie gefragt, wer zahlt” und “nie” gebaut, bis der Winter kam."
    assert article.text.split("\n\n") == [STORY, told, MORE]


RUBY = (
    "<ruby>日向灘<rp>（</rp><rt>ひゅうがなだ</rt><rp>）</rp></ruby>",
    "<ruby>日向灘<rp>（<rt>ひゅうがなだ<rp>）</ruby>",
    "<ruby><rb>日向灘</rb><rt> <span>ひゅうがなだ</span> </rt></ruby>",
    "<ruby><rb>日向灘</rb><rt>ひゅうがなだ</ruby>",
)


@pytest.mark.parametrize("word", RUBY)
def test_the_reading_of_a_word_stands_behind_it(word: str) -> None:
    """In brackets, as browsers write it that know no ruby."""
    told = [
        f"宮崎県の{{}}で{n}日、地震があった。被害の情報はなく、津波の心配もないと気象庁が説明した。" for n in range(4)
    ]
    story = "".join(f"<p>{one.format(word)}</p>" for one in told)
    article = read(f"<body><h1>地震</h1><article>{story}<p><ruby></ruby></p></article></body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == [one.format("日向灘（ひゅうがなだ）") for one in told]


@pytest.mark.parametrize("paragraphs", [4, 7])
def test_what_stands_around_the_article_s_element_is_not_read(paragraphs: int) -> None:
    """However short the article is."""
    told = [STORY, MORE, *DAYS[: paragraphs - 2]]
    story = "".join(f"<p>{one}</p>" for one in told)
    page = f"<body><div><p>{TEASER}</p></div><div class='article-body'>{story}</div><div><p>{TEASER}</p></div></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert article.text == "\n\n".join(told)


@pytest.mark.parametrize(
    ("items", "cut"),
    [
        (["The bridge closes in March for a year", "Cars have to take the tunnel until then"], True),
        (["The bridge closes in March for a year.", "Cars have to take the tunnel until then."], False),
        (["Bread", "Two pounds of flour"], False),
        (["The bridge closes in March for a year"], False),
    ],
)
def test_notes_above_the_text_sum_it_up(items: list[str], cut: bool) -> None:
    listing = "".join(f"<li>{one}</li>" for one in items)
    page = f"<body><article><h1>Bridge to close</h1><ul>{listing}</ul><p>{STORY}</p><p>{MORE}</p></article></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert [one for one in items if one in article.text] == ([] if cut else items)
    assert {one.rule for one in article.removals} == {"structure.title", *(["structure.highlights"] if cut else ())}


def test_a_body_in_pieces_is_one() -> None:
    pieces = "".join(
        f'<div class="page"><div class="article-body"><p>{one} {one}</p></div><div class="slot">Anzeige</div></div>'
        for one in (STORY, MORE, LATER)
    )
    article = read(f"<body><div>{pieces}</div><div class='elsewhere'><p>{TEASER}</p></div></body>".encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == [f"{STORY} {STORY}", f"{MORE} {MORE}", f"{LATER} {LATER}"]


@pytest.mark.parametrize(("listed", "kept"), [(4, 4), (2, 1), (1, 0)])
def test_addresses_that_an_article_lists_are_its_own(listed: int, kept: int) -> None:
    """With text below them, or one below each of several lines; a single one at the end leads to the page itself."""
    books = ("The long bridge", "A river in spring", "Ferries of the coast", "Forty tunnels")[:listed]
    addresses = [f"https://books.example.net/{n}" for n in range(listed)]
    rows = "".join(f"<p>{book}</p><p>{one}</p>" for book, one in zip(books, addresses, strict=True))
    page = f"<body><article><h1>What to read</h1><p>{STORY} {STORY}</p><p>{MORE} {LATER}</p>{rows}</article></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert [one for one in addresses if one in article.text] == addresses[:kept]


def test_practical_notes_at_the_end_stay_with_the_address_among_them() -> None:
    """They stand between an address and a figure, which are furniture at an edge only, and fence nothing."""
    notes = ["Where to ask", "www.ferries.example.net", "Cars : 12 €", "Bicycles : 3 €", "Inquiry", "02-751-1500"]
    rows = "".join(f"<p>{one}</p>" for one in notes)
    page = f"<body><article><h1>Bridge to close</h1><p>{STORY} {STORY}</p><p>{MORE} {LATER}</p>{rows}</article></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert article.text.split("\n\n")[2:] == notes[:-1]


@pytest.mark.parametrize(
    "own",
    [
        {"remove": "#page .story > div.offer"},
        {"remove": "div.offer, div.offer p"},
        {"body": "#page div.told"},
        {"body": "div.story", "remove": "#page .offer"},
        {"body": "#page div", "remove": "#page .offer"},  # each within another is there once
        {"body": "section.renamed", "remove": "#page .offer"},
    ],
)
def test_a_person_says_where_the_article_stands_and_what_is_none(own: dict[str, str]) -> None:
    """By selectors on the page as it was sent; one that fits nothing is as if it were not there."""
    first, last = "".join(f"<p>{one}</p>" for one in DAYS[:3]), "".join(f"<p>{one}</p>" for one in DAYS[3:])
    offer = f"<div class='offer'><p>{TEASER}</p></div>"
    story = f"<div class='told'><p>{STORY}</p>{first}</div>{offer}<div class='told'><p>{MORE}</p>{last}</div>"
    page = f"<body><div id='page'><h1>Ferries</h1><div class='story article-body'>{story}</div></div></body>"
    capture = Capture(
        url="https://example.org/1", fetched_at=SEEN, body=page.encode(), mime="text/html", source="paper"
    )
    article = process(capture, Recipe.default({"paper": Source(id="paper", page=own)}))
    assert isinstance(article, Article)
    assert article.text == "\n\n".join([STORY, *DAYS[:3], MORE, *DAYS[3:]])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<b>Ferry</b> <i>returns</i>", "Ferry returns"),
        ("<b>Ferry</b>\n  <a href='/x'>returns</a> <a href='/y'>in May</a>", "Ferry returns in May"),
        ("Ferry<span> </span><b>returns</b>", "Ferry returns"),
        ("<b>Fer</b><i>ry</i> returns", "Ferry returns"),
        ("<div><p>Ferry <b>returns</b></p></div>", "Ferry returns"),
    ],
)
def test_a_space_between_phrases_parts_words(written: str, shown: str) -> None:
    """In captions and standfirsts, which are read off the page as it is."""
    figure = f"<figure><img src='/a.jpg'><figcaption>{written}</figcaption></figure>"
    page = f"<body><article><h1>Bridge to close</h1><p>{STORY}</p>{figure}<p>{MORE} {LATER}</p></article></body>"
    article = read(page.encode())
    assert isinstance(article, Article)
    assert article.captions == (shown,)
