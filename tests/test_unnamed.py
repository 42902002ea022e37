"""Pages whose elements have no telling names, or no paragraphs: the article is where the headline and the text are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from pipelines.bare import wrap_bare_text
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture
from tests.hostile.prose import page as named
from tests.hostile.prose import paragraphs, title

SEEN = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "harbour"
STORY = paragraphs(NAME)
MENU = "".join(f'<div><a href="/{one}">{one} news</a></div>' for one in ("Town", "Port", "School", "Sport", "Sea"))
CHATTER = [one for n in range(12) for one in paragraphs(f"reader {n}", 1)]


def read(body: str, head: str = "") -> list[str]:
    """The paragraphs of an article below the headline, between a menu and a teaser."""
    shell = (
        f"<title>{title(NAME)} | The Tide</title>{head}<body>{MENU}<div><div><h1>{title(NAME)}</h1>{body}</div>{MENU}"
    )
    capture = Capture(url="https://example.org/2025/05/01/harbour", fetched_at=SEEN, body=shell.encode())
    outcome = process(capture, Recipe.default())
    assert isinstance(outcome, Article), outcome
    return [line for line in outcome.text.split("\n") if line]


@pytest.mark.parametrize("name", ["", ' class="article-body"', ' class="xa91"'])
@pytest.mark.parametrize(
    ("frame", "between"),
    [
        ("<div{}>{}</div>", "<br><br>"),
        ("<div{}>{}</div>", "<br>\n<br/>"),
        ("<div{}>{}</div>", '<br><br><img src="/quay.jpg"><br>'),
        ("<div{}><span>{}</span></div>", "<br><br>"),
        ("<div{}><font>{}</font></div>", "<br><br>"),
        ("<div{}><div>{}</div></div>", "</div><div>"),
        ("<div{}><div><span>{}</span></div></div>", "</span></div><div><span>"),
        ("<table><tr><td{}>{}</td></tr></table>", "<br><br>"),
    ],
)
def test_text_without_paragraphs_is_whole(frame: str, between: str, name: str) -> None:
    linked = [one.replace(" the ", ' <a href="/the">the</a> <b>', 1) + "</b>" for one in STORY]
    assert read(frame.format(name, between.join(linked))) == [html.fromstring(one).text_content() for one in linked]


def test_a_footer_without_paragraphs_is_not_the_article() -> None:
    footer = f"<div>{'The paper is printed at the old quay and can be had at every kiosk of the town. ' * 8}</div>"
    assert read("".join(f"<p>{one}</p>" for one in STORY) + "</div></div>" + footer) == list(STORY)


_PIECES = st.sampled_from(
    ["The ferry waits. ", "<br>", "<br> ", "<b>late</b>", "<a href='/x'>here</a>", "<p>Told.</p>", "<div>Held.</div>",
     "<span>a<br><br>b</span>", "<ul><li>One</li></ul>", " ", "<div>In <i>two</i> <div>or three</div> parts</div>"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_paragraphs_are_made_without_a_word_lost_or_moved(body: str) -> None:
    tree = html.document_fromstring(f"<body><div>{body}</div></body>")
    before = "".join(tree.text_content().split())
    wrap_bare_text(tree)
    assert "".join(tree.text_content().split()) == before
    assert not tree.xpath("//div/text()[normalize-space() and not(../a)]")


def _when(n: int) -> str:
    return f"July {n + 1}, 2025 at {n + 1}:05 pm"


def _comments(item: str, frame: str) -> str:
    said = (item.format(name=f"Reader {n}", when=_when(n), said=one) for n, one in enumerate(CHATTER))
    return frame.format("".join(said))


@pytest.mark.parametrize(
    ("item", "frame"),
    [
        ('<li><a href="/r">{name}</a> <span>{when}</span><p>{said}</p></li>', "<ol>{}</ol>"),
        ('<div class="x1"><div>{name}</div><div>{when}</div><div>{said}</div><a>Reply</a></div>', "<div>{}</div>"),
        ("<dt><b>{name}</b> <span>{when}</span></dt><dd><p>{said}</p></dd>", "<dl>{}</dl>"),
        ('<section><header>{name}, {when} <a href="#1">#</a></header><p>{said}</p></section>', "<form>{}</form>"),
        ('<div><time datetime="2025-07-01T10:00">1 h</time><p>{said}</p><a href="#2">Antworten</a></div>', "{}"),
    ],
)
@pytest.mark.parametrize("short", [3, 7])
def test_what_readers_wrote_is_no_text_whatever_it_is_called(item: str, frame: str, short: int) -> None:
    told = "".join(f"<p>{one}</p>" for one in STORY[:short])
    assert read(f"<div>{told}</div><div><h3>Twelve voices</h3>{_comments(item, frame)}</div>") == list(STORY[:short])


def test_the_text_below_the_headline_is_read_however_much_stands_elsewhere() -> None:
    told = "".join(f"<p>{one}</p>" for one in STORY[:3])
    chatter = "".join(f"<div><b>Reader</b><p>{one}</p></div>" for one in CHATTER)
    assert read(f"<div>{told}</div></div></div><div>{chatter}</div><div>") == list(STORY[:3])


def test_a_long_quotation_is_not_the_article() -> None:
    quoted = "".join(f"<p>{one}</p>" for one in STORY[1:])
    assert read(f"<div><p>{STORY[0]}</p><blockquote><div>{quoted}</div></blockquote></div>") == list(STORY)


@pytest.mark.parametrize(
    "entry",
    [
        "<li><time datetime='2025-07-0{n}T10:00'>July {n}, 2025 at 10:05 am</time><p>{said}</p></li>",
        "<li><span>July {n}, 2025 at 10:05 am</span><p>{said}</p></li>",
    ],
)
def test_a_chronicle_of_days_is_text(entry: str) -> None:
    days = "".join(entry.format(n=n + 1, said=one) for n, one in enumerate(CHATTER[:6]))
    text = "\n".join(read(f"<div>{''.join(f'<p>{one}</p>' for one in STORY)}<ul>{days}</ul></div>"))
    assert all(one in text for one in (*STORY, *CHATTER[:6]))


def test_the_article_is_no_answer_to_what_stands_in_the_rows_around_it() -> None:
    row = '<div class="row"><span>{when}</span> <a href="/x">{name}</a>{said}</div>'
    told = "".join(f"<p>{one}</p>" for one in STORY)
    rows = [row.format(when=_when(n), name="The Tide", said=said) for n, said in enumerate(("", told, "", ""))]
    text = read(f"<div><p>{CHATTER[0]}</p></div>{''.join(rows)}")
    assert text[-len(STORY) :] == list(STORY)


@pytest.mark.parametrize("live", [True, False])
def test_entries_of_a_live_report_are_text(live: bool) -> None:
    """It says so itself, or goes back in time."""
    entry = '<div class="x1"><span>{when}</span> <a href="#{when}">Share</a><p>{said}</p></div>'
    entries = [entry.format(when=_when(n), said=one) for n, one in enumerate(CHATTER)]
    script = '<script type="application/ld+json">{"@type": "LiveBlogPosting"}</script>' if live else ""
    told = "".join(f"<p>{one}</p>" for one in STORY[:3])
    text = "\n".join(read(f"<div>{told}{''.join(entries if live else entries[::-1])}</div>", script))
    assert all(one in text for one in (*STORY[:3], *CHATTER))


def test_comments_below_an_article_that_is_called_so_stay_out_too() -> None:
    comments = _comments('<li class="reply"><b>{name}</b> {when}<p>{said}</p></li>', '<ol id="comments">{}</ol>')
    body = named(NAME).replace("</article>", f"</article>{comments}").encode()
    outcome = process(
        Capture(url="https://example.org/2025/05/01/harbour", fetched_at=SEEN, body=body), Recipe.default()
    )
    assert isinstance(outcome, Article)
    assert CHATTER[0] not in outcome.text
