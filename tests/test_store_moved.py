"""Articles that move: another headline gives another address, and it stays one article with one history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.fingerprint import fingerprint
from pipelines.store import notes
from pipelines.store.writer import Writer
from pipelines.types import Article, Capture, Feed, Fetched, Reason, Reject
from tests.store_values import article, capture, check_whole, put, rows

BASE = "https://paper.example/news/"
OLD, NEW = BASE + "ferry-to-return-123456", BASE + "ferry-will-not-return-123456"
PLAIN_OLD, PLAIN_NEW = BASE + "ferry-to-return", BASE + "ferry-will-not-return"

PARAGRAPHS = (
    "The ferry between the two towns will be back in the water before the end of this month, its owner said.",
    "It has been in the yard since a storm tore a hole in its side in the autumn, and repairs took long.",
    "In the meantime people have had to take the bus around the fjord, which needs an hour and a half in good weather.",
    "The mayor of the smaller town called the news a relief for all who work on the other side and for their families.",
)
OTHER = (
    "A court has turned down the complaint of three fishermen against the new rules for nets in the northern waters.",
    "The judges found that the rules serve to keep the young cod alive and that nobody had been treated badly.",
    "The fishermen said after the verdict that they would now go to the highest court, whatever that may cost them.",
    "Their lawyer pointed to a study from last year, according to which the stock of cod had not shrunk for a decade.",
)
EDIT = "The police corrected the figures in the afternoon: seven boats were damaged, not nine."


def text(*, edits: int = 0, of: Sequence[str] = PARAGRAPHS) -> str:
    """A story with so many sentences more at its end."""
    return "\n".join((*of, *(f"{EDIT} That is what the harbour master wrote in note {n}." for n in range(edits))))


def story(url: str, words: str, **values: Any) -> Article:
    """An article with the fingerprint of its text."""
    return article(url, words, **{"fingerprint": fingerprint(words), **values})


def read(writer: Writer, url: str, words: str, *, to: str | None = None, hours: float = 0, **values: Any) -> str:
    """Fetch a page, which may lead to another address, and store what it was read as."""
    page = capture(url, hours=hours, final_url=to, entry=None)
    return put(writer, page, story(to or url, words, **values))[1]


HISTORY = "SELECT n, title, seen_from, seen_until FROM history ORDER BY n IS NULL, n"
ADDRESSES = "SELECT url, kind FROM addresses ORDER BY url"


@pytest.fixture
def writer(writer: Writer) -> Iterator[Writer]:
    """The usual one; what it leaves behind is whole."""
    yield writer
    check_whole(writer)


# by its own address


def test_a_headline_that_changes_the_address_is_a_revision(writer: Writer, path: Path) -> None:
    read(writer, PLAIN_OLD, text(), title="Ferry to return")
    before = rows(path, "SELECT id FROM articles")
    again = read(writer, PLAIN_OLD, text(edits=1), to=PLAIN_NEW, hours=2, title="Ferry will not return")
    assert again == "revised"
    assert rows(path, "SELECT id FROM articles") == before
    assert rows(path, "SELECT url, title FROM articles") == [(PLAIN_NEW, "Ferry will not return")]
    assert rows(path, ADDRESSES) == [(PLAIN_OLD, "seen"), (PLAIN_NEW, "canonical")]
    assert rows(path, "SELECT DISTINCT kind FROM changes ORDER BY kind") == [("addition",), ("headline",)]


def test_so_is_one_that_only_a_canonical_address_tells_of(writer: Writer, path: Path) -> None:
    read(writer, PLAIN_OLD, text())
    page = capture(PLAIN_OLD, hours=2, entry=None)
    assert put(writer, page, story(PLAIN_NEW, text(edits=1), title="Another"))[1] == "revised"
    assert rows(path, "SELECT url, title FROM articles") == [(PLAIN_NEW, "Another")]


def test_it_may_move_more_than_once(writer: Writer, path: Path) -> None:
    third = BASE + "ferry-sold"
    read(writer, PLAIN_OLD, text())
    read(writer, PLAIN_OLD, text(edits=1), to=PLAIN_NEW, hours=1, title="Second")
    assert read(writer, PLAIN_OLD, text(edits=2), to=third, hours=2, title="Third") == "revised"
    assert read(writer, PLAIN_NEW, text(edits=2), to=third, hours=3, title="Third") == "unchanged"
    assert rows(path, "SELECT url, title FROM articles") == [(third, "Third")]
    assert rows(path, "SELECT title FROM revisions ORDER BY n") == [("A story",), ("Second",)]


def test_much_may_be_written_anew_where_the_time_of_publication_stays(writer: Writer, path: Path) -> None:
    read(writer, PLAIN_OLD, text(), title="First")
    rewritten = "\n".join((*PARAGRAPHS[:2], *OTHER[1:]))
    assert read(writer, PLAIN_OLD, rewritten, to=PLAIN_NEW, hours=1, title="Second") == "revised"
    third = {"title": "Third", "published_at": "2024-05-01T13:00:00Z"}
    assert read(writer, PLAIN_NEW, text(of=OTHER), to=BASE + "x", hours=2, **third) == "new"
    assert rows(path, "SELECT url FROM articles ORDER BY url") == [(PLAIN_NEW,), (BASE + "x",)]


def test_a_newer_story_that_an_address_leads_to_is_another(writer: Writer, path: Path) -> None:
    read(writer, PLAIN_OLD, text())
    values = {"title": "Court turns down fishermen", "published_at": "2024-05-01T13:00:00Z"}
    assert read(writer, PLAIN_OLD, text(of=OTHER), to=PLAIN_NEW, hours=2, **values) == "new"
    assert rows(path, "SELECT url FROM articles ORDER BY url") == [(PLAIN_OLD,), (PLAIN_NEW,)]
    assert rows(path, "SELECT * FROM revisions") == []


def test_an_address_that_leads_to_another_edition_every_day_joins_nothing(writer: Writer, path: Path) -> None:
    for day in (1, 2, 3):
        words = text(of=(*PARAGRAPHS[:3], OTHER[day]))
        values = {"title": f"Day {day}", "published_at": f"2024-05-0{day}T06:00:00Z"}
        assert read(writer, BASE + "today", words, to=f"{BASE}day-{day}", hours=24 * day, **values) == "new"
    assert rows(path, "SELECT count(*) FROM articles") == [(3,)]


@pytest.mark.parametrize("to", ["https://paper.example/", "https://paper.example/news", "https://other.example/x"])
def test_a_page_moves_to_no_list_and_no_other_site(writer: Writer, path: Path, to: str) -> None:
    writer.put_feeds([Feed(source="paper", url="https://paper.example/news", kind="section")])
    read(writer, PLAIN_OLD, text())
    read(writer, PLAIN_OLD, text(edits=1), to=to, hours=2, title="Another")
    assert rows(path, "SELECT url FROM articles WHERE title = 'A story'") == [(PLAIN_OLD,)]
    assert rows(path, "SELECT * FROM revisions") == []


# by the number in it


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OLD, NEW),
        (BASE + "a-123456.html", BASE + "b-123456.html"),
        (BASE + "a/a-70123456", "https://paper.example/local/b/a-70123456"),
        (BASE + "a-6f1e2d3c-0a1b-4c2d-8e3f-0123456789ab", BASE + "b-6f1e2d3c-0a1b-4c2d-8e3f-0123456789ab"),
        (BASE + "a_c4g0x2k8vd5o", BASE + "b_c4g0x2k8vd5o"),
    ],
)
def test_a_new_address_with_the_old_number_is_the_same_article(writer: Writer, path: Path, old: str, new: str) -> None:
    read(writer, old, text())
    assert read(writer, new, text(edits=1), hours=1, title="Another") == "revised"
    assert read(writer, old, text(edits=1), to=new, hours=2, title="Another") == "unchanged"
    assert read(writer, old, text(), hours=3) == "unchanged", "the old address may answer for a while as it did"
    assert read(writer, new, text(edits=2), hours=4, title="Another") == "revised"
    assert rows(path, "SELECT url FROM articles") == [(new,)]
    assert rows(path, ADDRESSES) == sorted([(old, "seen"), (new, "canonical")])


@pytest.mark.parametrize(
    ("old", "new", "values"),
    [
        ("ferry-20240501", "court-20240501", {}),  # a date
        ("ferry-01052024", "court-01052024", {}),
        ("ferry-240501", "court-240501", {}),
        ("ferry-2024-05-01", "court-2024-05-01", {}),
        ("ferry-1234", "court-1234", {}),  # too short
        ("ferry-123456", "court-123457", {}),
        ("live-123456", "live-day-2-123456", {"live": True, "published_at": "2024-05-02T10:00:00Z"}),
        ("ferry-123456", "court-123456", {"source": "other"}),
    ],
)
def test_much_the_same_text_alone_makes_no_article_one(
    writer: Writer, path: Path, old: str, new: str, values: dict[str, Any]
) -> None:
    read(writer, BASE + old, text(), live=bool(values.get("live")))
    assert read(writer, BASE + new, text(edits=1), hours=1, title="Another", **values) == "new"
    assert rows(path, "SELECT count(*) FROM articles") == [(2,)]


def test_the_same_number_alone_makes_no_article_one(writer: Writer) -> None:
    read(writer, OLD, text(of=(*PARAGRAPHS, OTHER[0])))
    assert read(writer, NEW, text(of=(*OTHER, PARAGRAPHS[0])), hours=1, title="B", published_at=None) == "new"


# under two spellings of one address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("News/Story.aspx?ID=5", "news/story.aspx?id=5"),
        ("local/x-88", "top-stories/x-88"),
        ("local/ferry-to-return", "ferry-to-return"),
        ("local/towns/x-88.html", "top-stories/x-88.html"),
        ("local/story?id=88", "top-stories/story?id=88"),
    ],
)
def test_equal_words_under_two_spellings_are_one_article(writer: Writer, path: Path, one: str, other: str) -> None:
    one, other = (f"https://paper.example/{last}" for last in (one, other))
    read(writer, one, text())
    assert read(writer, other, text(), hours=1) == "unchanged"
    assert read(writer, other, text(edits=1), hours=2) == "unchanged", "the page itself tells what is shown when"
    assert read(writer, one, text(edits=1), hours=3) == "revised"
    assert rows(path, "SELECT url FROM articles") == [(one,)]
    assert rows(path, ADDRESSES) == sorted([(one, "canonical"), (other, "seen")])


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        ("local/video", "sport/video", {}),  # says nothing
        ("local/index.html", "sport/index.html", {}),
        ("2024/05/01/the-stars-tell", "2024/05/02/the-stars-tell", {}),
        ("local/x-88", "local/x-89", {}),
        ("local/x-88", "sport/x-88", {"title": "Another"}),
        ("local/x-88", "sport/x-88", {"source": "other"}),
        ("News/Story.aspx?ID=5", "news/story.aspx?id=6", {"title": "Another"}),
    ],
)
def test_other_addresses_are_other_articles(writer: Writer, one: str, other: str, values: dict[str, Any]) -> None:
    read(writer, f"https://paper.example/{one}", text())
    assert read(writer, f"https://paper.example/{other}", text(), hours=1, **values) == "new"


def test_edits_are_seen_under_the_other_spelling_when_the_first_is_gone(writer: Writer, path: Path) -> None:
    one, other = BASE + "local/x-88", BASE + "top-stories/x-88"
    read(writer, one, text())
    read(writer, other, text(), hours=1)
    gone = capture(one, hours=2, entry=None, status=404)
    put(writer, gone, Reject(Reason.NOT_FOUND))
    assert read(writer, other, text(edits=1), hours=3) == "revised"
    assert rows(path, "SELECT url, gone_at FROM articles") == [(other, None)]


# two articles that turn out to be one


def apart(writer: Writer) -> None:
    """The story as two articles, as an archive has it in which both addresses were read before one led to the other."""
    read(writer, PLAIN_OLD, text(), title="First")
    read(writer, PLAIN_NEW, text(edits=1), hours=1, title="Second", authors=("Ana",))


def test_two_articles_that_prove_to_be_one_have_one_history(writer: Writer, path: Path) -> None:
    apart(writer)
    ((first,), _) = rows(path, "SELECT id FROM articles ORDER BY first_seen_at")
    assert read(writer, PLAIN_OLD, text(edits=1), to=PLAIN_NEW, hours=2, title="Second") == "unchanged"
    assert rows(path, "SELECT id, url, title, authors, first_seen_at FROM articles") == [
        (first, PLAIN_NEW, "Second", '["Ana"]', "2024-05-01T12:00:00Z")
    ]
    assert rows(path, HISTORY) == [
        (1, "First", "2024-05-01T12:00:00Z", "2024-05-01T13:00:00Z"),
        (None, "Second", "2024-05-01T13:00:00Z", None),
    ]
    assert rows(path, ADDRESSES) == [(PLAIN_OLD, "seen"), (PLAIN_NEW, "canonical")]
    assert rows(path, "SELECT DISTINCT article_id FROM bands") == [(first,)]
    assert rows(path, "SELECT * FROM similar") == rows(path, "SELECT * FROM clusters") == []


def test_what_people_wrote_of_either_stays(writer: Writer, path: Path) -> None:
    writer.db.execute("INSERT INTO watches (id, name, query, made_at) VALUES (1, 'ferry', 'ferry', '2024')")
    writer.db.conn.commit()
    apart(writer)
    for number, (article_id, key) in enumerate(rows(path, "SELECT id, urlkey FROM articles ORDER BY first_seen_at")):
        with notes.noting(path) as connection:
            notes.put_tag(connection, article_id, "boats")
            notes.put_tag(connection, article_id, f"tag-{number}")
            notes.put_remark(connection, article_id, f"Remark {number}.")
            connection.execute(
                "INSERT INTO hits (watch_id, urlkey, article_id, seen_at) VALUES (1, ?, ?, ?)",
                (key, article_id, f"2024-05-0{number + 1}"),
            )
    read(writer, PLAIN_OLD, text(edits=1), to=PLAIN_NEW, hours=2, title="Second")
    ((article_id, key),) = rows(path, "SELECT id, urlkey FROM articles")
    assert rows(path, "SELECT coalesce(tag, text) FROM notes ORDER BY 1") == [
        ("Remark 0.",), ("Remark 1.",), ("boats",), ("tag-0",), ("tag-1",)
    ]  # fmt: skip
    assert rows(path, "SELECT DISTINCT article_id, urlkey FROM notes") == [(article_id, key)]
    assert rows(path, "SELECT article_id, urlkey, seen_at FROM hits") == [(article_id, key, "2024-05-01")]


def test_an_address_that_leads_to_another_held_story_joins_nothing(writer: Writer, path: Path) -> None:
    read(writer, PLAIN_OLD, text(), title="First")
    values = {"title": "Court turns down fishermen", "published_at": "2024-05-01T13:00:00Z"}
    read(writer, PLAIN_NEW, text(of=OTHER), hours=1, **values)
    read(writer, PLAIN_OLD, text(of=OTHER), to=PLAIN_NEW, hours=2, **values)
    assert rows(path, "SELECT url FROM articles ORDER BY url") == [(PLAIN_OLD,), (PLAIN_NEW,)]


# in any order


def moves(writer: Writer, number: int, plan: Sequence[tuple[str, int]], order: Sequence[int], *, ids: bool) -> None:
    """Captures of a story, hour by hour: at its `old` address, by way of it, or at the `new` one; with so many edits.

    Read in any order, they give one article with the history in which they were taken.
    """
    old, new = (f"{BASE}{number}x-{name}" + (f"-{900_000 + number}" if ids else "") for name in ("ferry", "boat"))
    pages: list[tuple[Capture, Article]] = []
    for hour, (way, edits) in enumerate(plan):
        asked, end = (old if way in ("old", "by way") else new), (old if way == "old" else new)
        words = text(edits=edits)
        page = capture(asked, hours=hour, final_url=end, body=f"{number} {hour}".encode(), entry=None)
        pages.append((page, story(end, words, source=f"s{number}", title=f"{edits} edits")))
    kept = [writer.keep(Fetched(capture=page)).capture_id for page, _ in pages]
    for n in order:
        writer.store(kept[n], *pages[n])
    found = writer.db.execute("SELECT id, url, title FROM articles WHERE source_id = ?", [f"s{number}"]).fetchall()
    assert [row["url"] for row in found] == [old if plan[-1][0] == "old" else new]
    shown = [edits for hour, (_, edits) in enumerate(plan) if hour == 0 or plan[hour - 1][1] != edits]
    history = writer.db.execute(
        "SELECT title, seen_from FROM history WHERE article_id = ? ORDER BY seen_from", [found[0]["id"]]
    ).fetchall()
    assert [row["title"] for row in history] == [f"{edits} edits" for edits in shown]


@pytest.mark.parametrize("ids", [True, False])
def test_captures_of_a_page_that_moves_are_read_in_any_order(writer: Writer, ids: bool) -> None:
    writer.db.execute("PRAGMA synchronous = OFF")
    plan = [("old", 0), ("new", 1), ("by way", 1), ("new", 2)]
    for number, order in enumerate(permutations(range(4))):
        moves(writer, number, plan, order, ids=ids)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_number_of_them(writer: Writer, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, 3))
    ways = ["old"] * before + data.draw(st.lists(st.sampled_from(["new", "by way"]), min_size=1, max_size=4))
    edits = [0]
    for more in data.draw(st.lists(st.integers(0, 1), min_size=len(ways) - 1, max_size=len(ways) - 1)):
        edits.append(edits[-1] + more)
    order = data.draw(st.permutations(range(len(ways))))
    (number,) = writer.db.execute("SELECT count(*) FROM captures").fetchone()
    moves(writer, number, list(zip(ways, edits, strict=True)), order, ids=True)
