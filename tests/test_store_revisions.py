"""Which article a capture belongs to, and the texts it had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Fetched, Reason, Reject
from tests.store_values import URL, article, capture, check_whole, contents, cut, put, rows

PRINT = URL + "/print"
HISTORY = (
    "SELECT n, substr(seen_from, 12, 5), substr(seen_until, 12, 5), title, text FROM history ORDER BY n IS NULL, n"
)


@pytest.fixture
def writer(writer: Writer) -> Iterator[Writer]:
    """The usual one; what it leaves behind is whole."""
    yield writer
    check_whole(writer)


# revisions


def test_other_words_make_a_revision(writer: Writer, path: Path) -> None:
    put(writer, capture(), article(text="First words.", removals=(cut(12, "\nShare"),)))
    before = rows(path, "SELECT id, first_seen_at FROM articles")
    assert put(writer, capture(hours=1), article(text="Second words."))[1] == "revised"
    assert put(writer, capture(hours=2), article(text="Second words.", title="A new headline"))[1] == "revised"
    assert rows(path, HISTORY) == [
        (1, "12:00", "13:00", "A story", "First words."),
        (2, "13:00", "14:00", "A story", "Second words."),
        (None, "14:00", None, "A new headline", "Second words."),
    ]
    assert rows(path, "SELECT id, first_seen_at FROM articles") == before
    assert rows(path, "SELECT capture_id FROM articles") == [(3,)]
    assert rows(path, "SELECT count(*) FROM removals") == [(0,)]
    with Archive(path) as archive:
        assert [one["id"] for one in archive.search("second headline")] == [before[0][0]]
        assert archive.search("first") == []


def test_equal_words_make_none(writer: Writer, path: Path) -> None:
    put(writer, capture(), article())
    assert put(writer, capture(hours=1), article(tags=("new",)))[1] == "unchanged"
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("article",), ("unchanged",)]
    assert rows(path, "SELECT capture_id, tags FROM articles") == [(1, "[]")]
    assert rows(path, "SELECT * FROM revisions") == []


def test_words_that_only_another_recipe_tells_apart_make_none(writer: Writer, path: Path) -> None:
    put(writer, capture(), article(text="The news.\n\nShare this"))
    value = article(text="The news.", removals=(cut(9, "\n\nShare this"),), recipe="recipe-2")
    assert put(writer, capture(hours=1), value)[1] == "unchanged"
    assert rows(path, "SELECT text FROM articles") == [("The news.\n\nShare this",)]
    assert writer.store(1, capture(), value) == "rebuilt"
    assert rows(path, "SELECT text, recipe_id, capture_id FROM articles") == [("The news.", "recipe-2", 1)]


def test_another_recipe_replaces_in_place(writer: Writer, path: Path) -> None:
    put(writer, capture(), article(text="Old. Share", published_at="2024-05-01", published_precision="day"))
    before = rows(path, "SELECT id, first_seen_at, url FROM articles")
    value = article(text="Old.", removals=(cut(4, " Share"),), recipe="recipe-2")
    assert writer.store(1, capture(), value) == "rebuilt"
    assert writer.store(1, capture(), value) == "unchanged"
    assert rows(path, "SELECT id, first_seen_at, url FROM articles") == before
    assert rows(path, "SELECT text, recipe_id FROM articles") == [("Old.", "recipe-2")]
    assert rows(path, "SELECT text FROM removals") == [(" Share",)]
    assert rows(path, "SELECT * FROM revisions") == []
    assert rows(path, "SELECT outcome FROM captures") == [("article",)]


def test_an_older_capture_read_again_corrects_its_revision(writer: Writer, path: Path) -> None:
    put(writer, capture(), article(text="First. Share"))
    put(writer, capture(hours=1), article(text="Second."))
    assert writer.store(1, capture(), article(text="First.", recipe="recipe-2")) == "rebuilt"
    assert writer.store(1, capture(), article(text="First.", recipe="recipe-2")) == "unchanged"
    assert rows(path, "SELECT text FROM history ORDER BY n") == [("Second.",), ("First.",)]
    assert rows(path, "SELECT outcome FROM captures ORDER BY id") == [("article",), ("article",)]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (3, 0, 2, 1), (2, 3, 0, 1), (1, 3, 2, 0)])
def test_captures_read_in_any_order_give_one_history(writer: Writer, path: Path, order: tuple[int, ...]) -> None:
    texts = ("First.", "Second.", "Second.", "Third.")
    pages = [capture(hours=hours) for hours in range(4)]
    kept = [writer.keep(Fetched(capture=page)).capture_id for page in pages]
    for one in order:
        writer.store(kept[one], pages[one], article(text=texts[one]))
    assert rows(path, HISTORY) == [
        (1, "12:00", "13:00", "A story", "First."),
        (2, "13:00", "15:00", "A story", "Second."),
        (None, "15:00", None, "A story", "Third."),
    ]
    assert rows(path, "SELECT first_seen_at FROM articles") == [("2024-05-01T12:00:00Z",)]
    assert rows(path, "SELECT count(*) FROM captures WHERE outcome IS NULL") == [(0,)]


SHOWN = {
    "A": "The ferry sank off the coast on Monday morning.",
    "B": "All were saved, the port said in the evening.",
    "C": "A court will look into what the captain did.",
}
TIMELINE = """
WITH shown AS (
    SELECT text, seen_from, seen_until FROM revisions WHERE article_id = :id UNION ALL
    SELECT text, returns.seen_from, returns.seen_until FROM returns JOIN revisions USING (article_id, n)
    WHERE article_id = :id
)
SELECT text, substr(seen_from, 12, 2) - 12 AS since, substr(seen_until, 12, 2) - 12 AS until FROM shown UNION ALL
SELECT text, substr(seen_from, 12, 2) - 12, NULL FROM history WHERE article_id = :id AND n IS NULL
    AND NOT EXISTS (SELECT 1 FROM shown WHERE seen_until IS NULL)
ORDER BY since
"""


def timeline(texts: str) -> list[tuple[str, int, int | None]]:
    """Which text was shown from when to when, if these were seen hour by hour."""
    starts = [n for n, one in enumerate(texts) if n == 0 or texts[n - 1] != one]
    return [(SHOWN[texts[start]], start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]


def told(writer: Writer, number: int, texts: str, order: Sequence[int], *, moved: int = 0) -> bool:
    """Whether the captures of a page give its history, read in this order; some came by way of another address."""
    url = f"{URL}/{number}"
    pages = [
        capture(f"{URL}/s/{number}" if moved >> n & 1 else url, hours=n, body=f"{number} {n}".encode(), entry=None,
                final_url=url)
        for n in range(len(texts))
    ]  # fmt: skip
    kept = [writer.keep(Fetched(capture=page)).capture_id for page in pages]
    for n in order:
        writer.store(kept[n], pages[n], article(url, SHOWN[texts[n]]))
    row = writer.db.execute("SELECT id, text FROM articles WHERE url = ?", [url]).fetchone()
    found = writer.db.execute(TIMELINE, {"id": row["id"]}).fetchall()
    return row["text"] == SHOWN[texts[-1]] and list(map(tuple, found)) == timeline(texts)


def test_every_order_of_up_to_four_captures_gives_one_history(writer: Writer) -> None:
    writer.db.execute("PRAGMA synchronous = OFF")
    wrong, number = [], 0
    for length in (2, 3, 4):
        for texts in ("A" + "".join(rest) for rest in product("ABC" if length < 4 else "AB", repeat=length - 1)):
            for order in permutations(range(length)):
                number += 1
                if not told(writer, number, texts, order):
                    wrong.append((texts, order))
    assert not wrong


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_of_more_captures_gives_one_history(writer: Writer, data: st.DataObject) -> None:
    texts = "".join(data.draw(st.lists(st.sampled_from("AABC"), min_size=4, max_size=9)))
    order = data.draw(st.permutations(range(len(texts))))
    moved = data.draw(st.integers(0, 2 ** len(texts) - 1))
    (number,) = writer.db.execute("SELECT count(*) FROM captures").fetchone()
    assert told(writer, number, texts, order, moved=moved)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_captures_of_one_second_are_read_in_any_order(writer: Writer, data: st.DataObject) -> None:
    hours = sorted(data.draw(st.lists(st.integers(0, 2), min_size=2, max_size=6)))
    texts = data.draw(st.lists(st.sampled_from("ABC"), min_size=len(hours), max_size=len(hours)))
    (number,) = writer.db.execute("SELECT count(*) FROM captures").fetchone()
    url = f"{URL}/{number}"
    pages = [capture(url, hours=at, body=f"{number} {n}".encode(), entry=None) for n, at in enumerate(hours)]
    kept = [writer.keep(Fetched(capture=page)).capture_id for page in pages]
    for n in data.draw(st.permutations(range(len(hours)))):
        assert writer.store(kept[n], pages[n], article(url, SHOWN[texts[n]])) != "failed"
    row = writer.db.execute("SELECT id, text FROM articles WHERE url = ?", [url]).fetchone()
    assert row["text"] == SHOWN[texts[-1]]
    assert {text for text, _, _ in writer.db.execute(TIMELINE, {"id": row["id"]})} <= {SHOWN[one] for one in texts}


def test_an_article_that_proves_to_be_none_goes(writer: Writer, path: Path) -> None:
    put(writer, capture(), article(text="First."))
    put(writer, capture(hours=1), article(text="Please log in."))
    assert writer.store(2, capture(hours=1), Reject(Reason.LOGIN)) == "rejected:login"
    assert rows(path, "SELECT * FROM articles") == []
    assert rows(path, "SELECT id, outcome FROM captures") == [(1, None), (2, "login")]
    assert writer.store(1, capture(), article(text="First.")) == "new"


# addresses


def test_two_addresses_lead_to_one_article(writer: Writer, path: Path) -> None:
    assert put(writer, capture(PRINT), article())[1] == "new"
    assert put(writer, capture(), article())[1] == "unchanged"
    assert put(writer, capture(URL + "/x?utm_source=mail", final_url=URL), article())[1] == "unchanged"
    assert rows(path, "SELECT url, kind FROM addresses ORDER BY url") == [
        (URL, "canonical"),
        (PRINT, "print"),
        (URL + "/x?utm_source=mail", "tracking"),
    ]
    assert rows(path, "SELECT url FROM articles") == [(URL,)]


def test_another_rendition_is_no_revision(writer: Writer) -> None:
    put(writer, capture(), article(text="The whole story."))
    assert put(writer, capture(PRINT, hours=1), article(text="The story, to print."))[1] == "unchanged"
    assert put(writer, capture(hours=2), article(text="The story, edited."))[1] == "revised"


def test_an_edit_is_seen_whichever_form_of_the_page_came_first(writer: Writer) -> None:
    """Once the page itself was seen, it alone says what is shown when; a form that came before is taken for it."""
    writer.db.execute("PRAGMA synchronous = OFF")
    wrong = []
    histories = product(map("".join, product("A", "ABC", "ABC", "ABC")), product((False, True), repeat=4))
    for number, (texts, forms) in enumerate(histories):
        url = f"{URL}/{number}"
        for n, (text, form) in enumerate(zip(texts, forms, strict=True)):
            page = capture(f"{url}/print" if form else url, hours=n, body=f"{number} {n}".encode(), entry=None)
            put(writer, page, article(url, SHOWN[text]))
        row = writer.db.execute("SELECT id FROM articles WHERE url = ?", [url]).fetchone()
        found = writer.db.execute(TIMELINE, {"id": row["id"]}).fetchall()
        if list(map(tuple, found)) != timeline(as_the_page(texts, forms)):
            wrong.append((texts, forms))
    assert not wrong


def as_the_page(texts: str, forms: Sequence[bool]) -> str:
    """What was shown, hour by hour, as far as captures of the page itself tell, and those of forms that came before."""
    first = forms.index(False) if False in forms else len(texts)
    before, shown = texts[:first], list(texts)
    since = len(before.rstrip(before[-1:]))  # the last text that only forms show
    if first < len(texts) and before[-1:] not in before[:since]:  # one that came back was the page's own by that
        shown[since:first] = texts[first] * (first - since)
    for n in range(first + 1, len(texts)):
        if forms[n]:
            shown[n] = shown[n - 1]
    return "".join(shown)


def test_the_same_rendition_revises_under_its_own_address(writer: Writer, path: Path) -> None:
    put(writer, capture(PRINT), article(text="The story."))
    assert put(writer, capture(PRINT, hours=1), article(text="The story, edited."))[1] == "revised"
    assert rows(path, "SELECT url, text FROM articles") == [(URL, "The story, edited.")]


def test_a_canonical_address_of_another_story_is_not_believed(writer: Writer, path: Path) -> None:
    front = "https://paper.example/en/"
    for n in range(4):
        value = article(front, text=f"Story {n}.", title=f"Story {n}", published_at=f"2024-05-01T0{n}:00:00Z")
        assert put(writer, capture(URL + f"/{n}"), value)[1] == "new"
    assert rows(path, "SELECT url FROM articles ORDER BY id") == [(f"{URL}/{n}",) for n in range(4)]
    canonical = "SELECT url FROM addresses WHERE kind = 'canonical' ORDER BY url"
    assert rows(path, canonical) == [(f"{URL}/{n}",) for n in range(4)]
    value = article(front, text="Story 0, edited.", title="Story 0", published_at="2024-05-01T00:00:00Z")
    assert put(writer, capture(URL + "/0", hours=1), value)[1] == "revised"
    assert rows(path, "SELECT url FROM articles ORDER BY id") == [(f"{URL}/{n}",) for n in range(4)]


def test_an_address_that_a_story_was_read_at_stays_its_own(writer: Writer, path: Path) -> None:
    put(writer, capture(PRINT), article(text="Story 0."))
    put(writer, capture(URL, hours=1), article(text="Story 0."))
    other = article(text="Another.", title="Another", published_at="2024-05-02T00:00:00Z")
    assert put(writer, capture(URL + "/1", hours=2), other)[1] == "new"
    assert rows(path, "SELECT url FROM articles ORDER BY id") == [(URL,), (URL + "/1",)]


def test_a_page_that_moved_keeps_its_number(writer: Writer, path: Path) -> None:
    put(writer, capture(), article())
    before = rows(path, "SELECT id FROM articles")
    new = "https://paper.example/archive/story"
    assert put(writer, capture(final_url=new, hours=1), article(new))[1] == "moved"
    assert put(writer, capture(new, hours=2), article(new, text="Edited."))[1] == "revised"
    assert rows(path, "SELECT id FROM articles") == before
    assert rows(path, "SELECT url, kind FROM addresses ORDER BY url") == [(URL, "seen"), (new, "canonical")]
    assert put(writer, capture(hours=3), article(text="Edited."))[1] == "unchanged"
    assert rows(path, "SELECT url FROM articles") == [(new,)]


def test_an_address_with_another_story_every_day_is_no_identity(writer: Writer, path: Path) -> None:
    for day in (1, 2):
        page = capture("https://paper.example/today", final_url=URL + f"/{day}", hours=24 * day)
        value = article(URL + f"/{day}", text=f"Day {day}.", published_at=f"2024-05-0{day}T06:00:00Z")
        assert put(writer, page, value)[1] == "new"
    assert rows(path, "SELECT count(*) FROM articles") == [(2,)]


def test_a_recipe_that_reads_another_address_keeps_the_number(writer: Writer, path: Path) -> None:
    put(writer, capture(PRINT), article(PRINT, text="Some words."))
    before = rows(path, "SELECT id FROM articles")
    assert writer.store(1, capture(PRINT), article(text="Others.", title="Other", recipe="recipe-2")) == "rebuilt"
    assert rows(path, "SELECT url FROM articles") == [(URL,)]
    assert rows(path, "SELECT id FROM articles") == before


def test_a_recipe_that_merges_two_articles_leaves_one(writer: Writer, path: Path) -> None:
    put(writer, capture(), article())
    put(writer, capture(PRINT), article(PRINT, text="Printed words."))
    assert writer.store(2, capture(PRINT), article(text="Printed words.", recipe="recipe-2")) == "unchanged"
    assert rows(path, "SELECT url, text FROM articles") == [(URL, "The words of the story.")]
    assert rows(path, "SELECT url FROM addresses ORDER BY url") == [(URL,), (PRINT,)]
    assert contents(writer)["revisions"] == []
