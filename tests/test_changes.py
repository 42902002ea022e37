"""Pages captured again: what makes a revision of an article, what each edit is, and what only is another wrapping."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.store import changes
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Capture, Fetched
from tests.store_values import START, article, check_whole, put, rows
from tests.store_values import capture as made

URL = "https://paper.example/news/harbour-bridge"
TITLE = "Harbour bridge opens after three years of work"
STORY = (
    "The new bridge over the harbour was opened on Monday by the mayor of Ostby, Maren Holt, in front of 400 people.",
    "It had taken three years to build, one more than planned, and it cost almost twice as much as the council said.",
    "“We are proud of what our engineers have done here,” the mayor said before she cut the ribbon with old scissors.",
    "Residents of the island had waited for a bridge since the ferry was sold, and many of them walked across at once.",
    "The first bus will cross it on Thursday, and the council hopes that shops on the island will gain by it as well.",
)


def page(
    *story: str,
    title: str = TITLE,
    comments: int = 12,
    ago: str = "5 minutes ago",
    ad: str = "Buy a boat",
    related: tuple[str, ...] = ("Ferry sold to a museum", "Council elects a new chair"),
    gap: str = "\n",
    quotes: str = "“”",
) -> bytes:
    """A page of the outlet, with all that such pages have around a text."""
    paragraphs = [one.replace("“", quotes[0]).replace("”", quotes[1]) for one in story or STORY]
    middle = len(paragraphs) // 2
    paragraphs[middle:middle] = [f'</p><div class="advert"><p>Advertisement</p><a href="/ad">{ad}</a></div><p>']
    links = "".join(f'<li><a href="/news/{n}-{len(one)}">{one}</a></li>' for n, one in enumerate(related))
    body = gap.join(f"<p>{one}</p>" for one in paragraphs)
    return f"""<!doctype html><html lang="en"><head><title>{title} - The Paper</title></head><body>
    <nav><a href="/">Home</a> <a href="/news">News</a></nav><main><article><h1>{title}</h1>
    <p class="updated">Updated {ago}</p><div class="share">{comments} comments · {comments * 3} shares</div>{gap}
    {body}{gap}<p>{comments} Comments</p></article><aside><h2>Related stories</h2><ul>{links}</ul></aside></main>
    <footer>© 2024 The Paper. All rights reserved.</footer></body></html>""".encode()


def see(writer: Writer, *pages: bytes) -> list[str]:
    """Captures an hour apart, read as a crawl does; what became of each."""
    (seen,) = writer.db.execute("SELECT count(*) FROM captures").fetchone()
    results = []
    for hours, body in enumerate(pages, seen):
        one = Capture(url=URL, fetched_at=START + timedelta(hours=hours), source="paper", body=body, mime="text/html")
        kept = writer.keep(Fetched(capture=one))
        results.append(writer.store(kept.capture_id, one, process(one, Recipe.default())))
    check_whole(writer)
    return results


def told(path: Path) -> list[tuple[str, str | None, str | None]]:
    return rows(path, "SELECT kind, before, after FROM changes ORDER BY article_id, n, part")


def edited(number: int, old: str, new: str) -> list[str]:
    """The story with a paragraph edited."""
    assert old in STORY[number]
    return [one.replace(old, new) if n == number else one for n, one in enumerate(STORY)]


@pytest.mark.parametrize(
    "again",
    [
        page(gap="\n\n   \t  \n"),
        page(comments=1315),
        page(ago="2 hours ago"),
        page(ad="Sell a boat, and quickly, before the winter comes to the harbour"),
        page(related=("A storm is coming", "Library opens on Sundays", "Why the bakery closed its doors")),
        page(related=()),
        page(quotes='""'),
        page(quotes="„“"),
        page(*(one.replace("harbour", "har\u00adbour").replace(" ", "\u00a0", 3) for one in STORY)),
        page(*(one.replace(", ", " , ") for one in STORY)),
        page(title=TITLE.upper()),
    ],
    ids=["space", "counters", "ago", "ad", "related", "no-related", "straight", "german", "hyphens", "commas", "case"],
)
def test_another_wrapping_is_no_revision(writer: Writer, path: Path, again: bytes) -> None:
    assert see(writer, page(), again, page(comments=2, ago="a day ago")) == ["new", "unchanged", "unchanged"]
    assert rows(path, "SELECT * FROM revisions") == []
    assert told(path) == []


@pytest.mark.parametrize(
    ("again", "kind"),
    [
        (page(title="Harbour bridge opens two years late"), "headline"),
        (page(*STORY, "Correction: An earlier version of this article misstated the cost."), "correction"),
        (page(*edited(0, "400", "600")), "number"),
        (page(*edited(2, "proud of", "happy about")), "quote"),
        (page(*edited(0, "Maren Holt", "Karin Holm")), "name"),
        (page(*STORY[:4], "The fishermen of the island had protested against it until the very end of the work.",
              STORY[4]), "addition"),
        (page(*STORY[:3], STORY[4]), "deletion"),
        (page(*edited(3, "Residents", "Residnets")), "typo"),
        (page(*edited(3, "walked across at once", "took their time")), "wording"),
    ],
)  # fmt: skip
def test_an_edit_is_a_revision_of_its_kind(writer: Writer, path: Path, again: bytes, kind: str) -> None:
    assert see(writer, page(), again) == ["new", "revised"]
    assert [one[0] for one in told(path)] == [kind]
    assert rows(path, "SELECT kinds, parts, seen_at FROM edits") == [(kind, 1, "2024-05-01T13:00:00Z")]


# texts that come back


def flip(writer: Writer, *texts: str) -> list[str]:
    """Captures an hour apart, by their texts alone."""
    (seen,) = writer.db.execute("SELECT count(*) FROM captures").fetchone()
    return [put(writer, made(hours=n), article(text=text))[1] for n, text in enumerate(texts, seen)]


def test_a_text_that_returns_is_no_new_one(writer: Writer, path: Path) -> None:
    assert flip(writer, *"ABABAB") == ["new", "revised", *["unchanged"] * 4]
    assert rows(path, "SELECT n, text FROM revisions ORDER BY n") == [(1, "A"), (2, "B")]
    hours = "SELECT n, substr(seen_from, 12, 2), substr(seen_until, 12, 2) FROM returns ORDER BY seen_from"
    assert rows(path, hours) == [
        (1, "14", "15"), (2, "15", "16"), (1, "16", "17"), (2, "17", None),
    ]  # fmt: skip
    assert rows(path, "SELECT text, capture_id FROM articles") == [("B", 6)]
    assert rows(path, "SELECT n, before, after FROM changes") == [(1, "A", "B")]
    assert flip(writer, "A", "C") == ["unchanged", "revised"]
    # the edit that gave C is told against A, which was shown before it
    assert rows(path, "SELECT n, before, after FROM changes ORDER BY n") == [(1, "A", "B"), (2, "A", "C")]
    assert flip(writer, "D")[0] == "revised"
    assert rows(path, "SELECT n, text FROM history ORDER BY n IS NULL, n") == [
        (1, "A"), (2, "B"), (3, "C"), (None, "D"),
    ]  # fmt: skip
    assert rows(path, "SELECT outcome FROM captures") == [("article",)] * 9
    check_whole(writer)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_returns_are_bounded_in_any_order(writer: Writer, path: Path, order: tuple[int, ...]) -> None:
    pages = [made(hours=hours) for hours in range(4)]
    kept = [writer.keep(Fetched(capture=one)).capture_id for one in pages]
    for one in order:
        writer.store(kept[one], pages[one], article(text="ABAB"[one]))
    assert rows(path, "SELECT text FROM articles") == [("B",)]
    assert sorted(rows(path, "SELECT text FROM revisions")) in ([("A",), ("B",)], [("A",)])
    check_whole(writer)


# derived


def test_changes_are_told_again_when_texts_are_read_again(writer: Writer, path: Path) -> None:
    flip(writer, "One dog ran.", "One cat ran.", "One cow ran.")
    assert told(path) == [("wording", "dog", "cat"), ("wording", "cat", "cow")]
    writer.store(2, made(hours=1), article(text="One hen ran.", recipe="recipe-2"))
    assert told(path) == [("wording", "dog", "hen"), ("wording", "hen", "cow")]
    writer.store(3, made(hours=2), article(text="One pig ran.", recipe="recipe-2"))
    assert told(path) == [("wording", "dog", "hen"), ("wording", "hen", "pig")]
    before = rows(path, "SELECT * FROM changes")
    with writer.transaction() as connection:
        connection.execute("DELETE FROM changes")
        for (article_id,) in connection.execute("SELECT id FROM articles").fetchall():
            changes.rebuild(connection, article_id)
    assert rows(path, "SELECT * FROM changes") == before


def test_texts_that_better_rules_make_equal_are_one(writer: Writer, path: Path) -> None:
    flip(writer, "One dog ran. 1 like", "One dog ran. 2 likes", "One cow ran.")
    writer.store(1, made(), article(text="One dog ran.", recipe="recipe-2"))
    writer.store(2, made(hours=1), article(text="One dog ran.", recipe="recipe-2"))
    assert rows(path, "SELECT text FROM history ORDER BY n IS NULL, n") == [("One dog ran.",), ("One cow ran.",)]
    assert told(path) == [("wording", "dog", "cow")]
    check_whole(writer)


# shown


def test_show_diff(writer: Writer, path: Path) -> None:
    nasty = [*STORY[:4], "\x1b[31mThe fishermen\u202e of the island protested against it until the end of the work."]
    see(writer, page(), page(*edited(0, "400", "600"), title="Bridge opens late"), page(*nasty), page(comments=2))
    said = CliRunner().invoke(main, ["show", URL, "--diff", "--db", str(path)])
    assert said.exit_code == 0, said.output
    lines = said.stdout.splitlines()
    assert lines[0] == "version 2  1 May 2024, 13:00 UTC  headline, number"
    assert "[-400-]{+600+}" in said.stdout
    assert "version 3" in said.stdout
    assert "version 1  1 May 2024, 15:00 UTC  the same words again" in said.stdout
    assert not set("\x1b\u202e\x02") & set(said.stdout)
    row = json.loads(
        CliRunner().invoke(main, ["show", URL, "--diff", "--nl", "--db", str(path)]).stdout.splitlines()[1]
    )
    assert row == {"version": 2, "seen_at": "2024-05-01T13:00:00Z", "kind": "number", "before": "400", "after": "600"}


def test_edits_of_one_article_are_found_by_indexes(writer: Writer) -> None:
    with Archive(writer.path) as archive:
        for sql in (
            "SELECT * FROM edits WHERE article_id = 1",
            "SELECT * FROM changes WHERE kind = 'correction'",
            "SELECT seen_from FROM history WHERE article_id = 1 AND n IS NULL",
            "SELECT 1 FROM returns WHERE article_id = 1 AND seen_until IS NULL",
        ):
            plan = [row[3] for row in archive.db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert not [step for step in plan if step.startswith("SCAN") and step != "SCAN history"]
