"""The saved questions: that they are answered rightly, walk indexes, and have pages that help. 0.65 and 1.0."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlite_utils import Database

from pipelines.errors import ConfigError
from pipelines.explore.answers import in_a_row
from pipelines.explore.questions import Question, questions, questions_beside, read
from pipelines.explore.visits import Visit, visited
from pipelines.store.functions import register
from tests.reading_room import ARABIC, COUNCIL, FERRY, HOSTILE, OLD, OVERRIDE, ROOT, Site, stock
from tests.shelf import add_article, add_capture, add_source, insert

_DAY = 1_700_000_000  # seconds since 1970; where the hand-made articles begin
_HOUR = 3600


class Room:
    """The reading room with stories that several outlets carry, and addresses that gave no article."""

    def __init__(self, path: Path) -> None:
        self.path = stock(path)
        self.db = Database(path)
        register(self.db.conn)
        for name in ("fast", "slow"):
            add_source(self.db, name, name.title())
        for n, minutes in enumerate((1, 2, 90)):  # mean 31, median 2
            self.story(n, minutes)
        self.addresses()

    def story(self, n: int, minutes: int) -> None:
        """A story that `fast` has first, and `slow` some minutes later."""
        at = _DAY + n * 86400
        head, other = at << 20, (at + 60 * minutes) << 20
        for number, source, delay in ((head, "fast", 0), (other, "slow", minutes)):
            published = self.db.execute("SELECT strftime('%FT%TZ', ?, 'unixepoch')", [at + 60 * delay]).fetchone()[0]
            add_article(
                self.db, number, source, f"Story {n}", f"The mayor of Sund opened bridge {n}.", language="en",
                published_at=published, published_precision="minute", first_seen_at=published,
            )  # fmt: skip
            insert(self.db, "clusters", article_id=number, head_id=head)

    def addresses(self) -> None:
        """What became of addresses, one of each kind."""
        row = {"source_id": "slow", "kind": "feed", "found_at": "2026-11-21T06:00:00Z"}
        for name, facts in {
            "waits": {"state": "queued"},
            "broken": {"state": "failed", "reason": "timeout", "tries": 3},
            "private": {"state": "refused", "reason": "forbidden by robots.txt"},
            "double": {"state": "fetched", "reason": "duplicate of https://slow.example/news/1"},
            "shop?item=1&lang=en": {"state": "queued"},
        }.items():
            insert(self.db, "entries", url=f"https://www.slow.example/{name}", urlkey=f"example,slow)/{name}",
                   **row, **facts)  # fmt: skip
        (read,) = self.db.execute("SELECT capture_id FROM articles WHERE id = ?", [COUNCIL]).fetchone()
        insert(self.db, "entries", **{**row, "source_id": "post"}, url="https://post.example/news/council",
               urlkey="example,post)/news/council", state="fetched", capture_id=read)  # fmt: skip
        for name, outcome in (("topics", "listing"), ("unread", None), ("crashed", "failed")):
            capture = add_capture(self.db, "slow", f"example,slow)/{name}", name.encode(), outcome=outcome)
            insert(self.db, "entries", url=f"https://slow.example/{name}", urlkey=f"example,slow)/{name}",
                   state="fetched", capture_id=capture, **row)  # fmt: skip
        insert(self.db, "failures", capture_id=capture, stage="process", error="OutOfTime", at="2026-11-21T06:00:00Z")
        add_capture(self.db, "slow", "example,slow)/imported", b"empty", outcome="empty")
        key = self.db.execute("SELECT sha256('example,slow)/gone')").fetchone()[0]
        insert(self.db, "takedowns", key=key, article_id=1, source_id="slow", digest="d", reason="a minor is named",
               at="2026-11-20T08:00:00Z")  # fmt: skip
        insert(self.db, "hosts", host="https://slow.example", robots=b"User-agent: *\nDisallow: /secret/",
               verdict="rules")  # fmt: skip

    def ask(self, name: str, **values: str) -> list[dict[str, Any]]:
        """The rows of a question."""
        question = next(one for one in questions() if one.name == name)
        return list(self.db.query(question.sql, {**dict.fromkeys(question.params, ""), **values}))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(tmp_path_factory.mktemp("questions") / "archive.db")
    yield room
    room.db.close()


@pytest.fixture(scope="module")
def site(room: Room) -> Site:
    return Site(room.path)


def told(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    """Some columns of the rows."""
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in rows]


# every one of them: on Datasette's page and on ours, and by an index

ASKED = {
    "agencies": ("", "Northern Wire"),
    "copied": (f"article={FERRY}", "Island ferry out of service"),
    "corrections": ("source=post", "Correction: the ferry stays"),
    "coverage": ("words=ferry", "2017-11"),
    "cut_most": ("", "Ferry stays in port"),
    "cuts": ("", "Sign up for our letter"),
    "cuts_of_rule": ("rule=copyright-footer", "© Harbour Post"),
    "delay": ("", "slow"),
    "deleted": ("", "Storm tears away the mole"),
    "edited": ("", "Ferry service suspended"),
    "first": ("", "wire"),
    "headlines": ("", "Ferry service suspended"),
    "health": ("", "failing"),
    "latest": ("source=post", "Council votes on a loan"),
    "latest_per_source": ("each=1", "Council votes on a loan"),
    "missing": ("address=live", "robots.txt forbids it"),
    "new": ("since=2017-01-01", "Council votes on a loan"),
    "quotes": ("person=Maud+Ferris", "We wait"),
    "search": ("words=ferry&source=wire", "Island ferry out of service"),
    "silent": ("", "post"),
    "syndicated": ("", "Island ferry out of service"),
}


@pytest.fixture(scope="module", autouse=True)
def _stocked(room: Room) -> None:
    """What only these questions need, on rows of the reading room."""
    with room.db.conn:
        room.db.execute("UPDATE articles SET gone_at = '2026-11-21T05:00:00Z' WHERE id = ?", [OLD])
        room.db.execute(
            "UPDATE articles SET text = text || ? WHERE id = ?", ["\n\n“We wait for March,” said Maud Ferris.", FERRY]
        )


@pytest.mark.parametrize("question", questions(), ids=lambda one: one.name)
def test_every_question_is_answered_on_both_pages(site: Site, question: Question) -> None:
    asked, answer = ASKED[question.name]
    theirs = site.page(f"/archive/{question.name}?{asked}")
    assert question.title in theirs
    rows = site.rows(f"/archive/{question.name}.json?_shape=array&{asked}")
    assert answer in json.dumps(rows, ensure_ascii=False)
    ours = site.page(f"/-/question/{question.name}?{asked}")
    assert f"<h1>{question.title}</h1>" in ours
    assert answer in ours
    if rows[0].get("article_id"):
        link = f"/-/article/{rows[0]['article_id']}"
        assert link in theirs
        assert link in ours
    for where in ("archive", "-/question"):
        assert site.get(f"/{where}/{question.name}").status_code == 200  # with every parameter empty


#: Walks along an index or the ids themselves, in order, that end at a LIMIT; and one that reads an index only.
WALKS = {
    "latest": {"SCAN articles"},
    "cut_most": {"SCAN articles USING COVERING INDEX articles_removed"},
    "agencies": {"SCAN articles USING COVERING INDEX articles_agency"},  # counts them all; the index holds no text
    "corrections": {"SCAN revisions USING COVERING INDEX revisions_until"},
    "headlines": {"SCAN revisions USING COVERING INDEX revisions_until"},
    "edited": {"SCAN revisions USING INDEX revisions_until"},
    "cuts": {"SCAN removals"},
    "missing": {"SCAN entries"},
}
_BIG = {"articles", "member", "head", "newest", "entries", "captures", "removals", "latest", "revisions", "changes",
        "payloads", "blocks", "addresses"}  # fmt: skip


@pytest.mark.parametrize("question", questions(), ids=lambda one: one.name)
def test_every_question_walks_indexes(room: Room, question: Question) -> None:
    values = dict.fromkeys(question.params, "x")
    plan = [row[3] for row in room.db.execute(f"EXPLAIN QUERY PLAN {question.sql}", values)]
    made = {step.split()[1] for step in plan if step.startswith(("MATERIALIZE ", "CO-ROUTINE "))}
    scans = {step for step in plan if step.startswith("SCAN ") and step.split()[1] in _BIG - made}
    assert scans == WALKS.get(question.name, set())
    for step in scans - {"SCAN articles USING COVERING INDEX articles_agency"}:
        alias = step.split()[1]
        assert re.search(rf"FROM {alias}\b[^()]*?\bORDER BY \S+ DESC\s+LIMIT\b|FROM {alias} CROSS JOIN.*LIMIT",
                         question.sql, re.DOTALL), step  # fmt: skip


def test_questions_stand_beside_tables(room: Room) -> None:
    assert {one.name for one in questions()}.isdisjoint({*room.db.table_names(), *room.db.view_names()})
    assert {one.name for one in questions()} == set(ASKED)
    assert all(one.title and one.description for one in questions())


def test_questions_can_be_read_without_datasette() -> None:
    program = "import sys, pipelines.explore.questions as q; q.questions(); print('datasette' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# right answers


def test_the_newest_of_each_source(room: Room) -> None:
    rows = room.ask("latest_per_source", each="2")
    assert told(rows, "source", "title") == [
        ("fast", "Story 2"), ("fast", "Story 1"), ("post", "Council votes on a loan"), ("post", "Ferry stays in port"),
        ("sahil", "توقف العبّارة"), ("slow", "Story 2"), ("slow", "Story 1"),
        ("wire", room.db["articles"].get(HOSTILE)["title"]), ("wire", "Storm tears away the mole"),
    ]  # fmt: skip
    assert len(room.ask("latest_per_source", each="nonsense")) == 5  # one of each
    assert len(room.ask("latest_per_source", each="999")) == 12


def test_who_is_first_and_how_far_behind_the_others_are(room: Room) -> None:
    rows = told(room.ask("first"), "source", "stories", "first", "first_percent", "median_minutes_behind")
    assert rows == [("fast", 3, 3, 100, None), ("wire", 1, 1, 100, None), ("slow", 3, 0, 0, 2), ("post", 1, 0, 0, None)]
    rows = room.ask("delay")
    assert rows == [{"source": "slow", "stories": 3, "median_minutes": 2, "quickest_quarter": 1, "slowest_quarter": 90}]
    assert room.ask("delay", first="fast") == rows
    assert room.ask("delay", first="post") == []
    assert told(room.ask("delay", since="2023-11-16"), "stories", "median_minutes") == [(1, 90)]


def test_what_is_carried_most(room: Room) -> None:
    rows = told(room.ask("syndicated"), "outlets", "first", "title", "carried_by")
    assert rows == [
        (2, "fast", "Story 2", "fast,slow"), (2, "fast", "Story 1", "fast,slow"), (2, "fast", "Story 0", "fast,slow"),
        (2, "wire", "Island ferry out of service", "post,wire"),
    ]  # fmt: skip
    assert told(room.ask("syndicated", since="2023-11-15", until="2023-11-15"), "title") == ["Story 1"]


def test_what_was_taken_down_corrected_and_renamed(room: Room) -> None:
    assert told(room.ask("deleted"), "gone", "article_id") == [("2026-11-21T05:00:00Z", OLD)]
    assert room.ask("deleted", source="post") == []
    assert told(room.ask("corrections"), "note", "article_id") == [("Correction: the ferry stays", FERRY)]
    assert told(room.ask("headlines"), "headline_before", "headline_after") == [("Ferry service suspended", "Ferry")]
    assert room.ask("headlines", source="wire") == []


def test_coverage_by_month_week_and_day(room: Room) -> None:
    assert told(room.ask("coverage", words="bridge"), "period", "source", "articles") == [
        ("2023-11", "fast", 3), ("2023-11", "slow", 3),
    ]  # fmt: skip
    assert set(told(room.ask("coverage", words="bridge", by="week"), "period")) == {"2023-11-13"}  # a Monday
    rows = told(room.ask("coverage", words="bridge", by="day", since="2023-11-15"), "period", "source", "articles")
    assert rows == [(f"2023-11-{day}", source, 1) for day in (16, 15) for source in ("fast", "slow")]
    assert room.ask("coverage", words="bridge", until="2023-01-01") == []
    assert told(room.ask("coverage", words='"nothing'), "articles") == []


def test_the_share_of_agencies(room: Room) -> None:
    rows = told(room.ask("agencies"), "source", "agency", "articles", "percent")
    assert [row for row in rows if row[1] == "Northern Wire"] == [
        ("post", "Northern Wire", 1, 50.0),
        ("wire", "Northern Wire", 1, 33.3),
    ]


def test_who_is_silent_longest(room: Room) -> None:
    for name, at, gap in (("fast", "2023-11-16T00:00:00Z", 12), ("slow", "2023-11-18T00:00:00Z", 48)):
        insert(room.db, "feeds", source_id=name, kind="feed", url=f"https://{name}.example/rss")
        insert(room.db, "vitals", source_id=name, looked_at=at, newest_at=at, usual_gap=gap, articles_week=1,
               pages_week=1)  # fmt: skip
    rows = room.ask("silent")
    assert told(rows, "source") == ["fast", "slow", "post"]
    assert rows[0]["days_silent"] == pytest.approx(rows[1]["days_silent"] + 2)
    assert rows[0]["times_usual"] == pytest.approx(rows[0]["days_silent"] * 2, abs=1)


def test_what_was_cut_most(room: Room) -> None:
    (row,) = room.ask("cut_most", source="post")
    assert (row["article_id"], row["cuts"], row["characters_cut"]) == (FERRY, 3, row["characters_cut"])
    assert row["percent"] == round(100 * row["characters_cut"] / (
        row["characters_cut"] + len(room.db["articles"].get(FERRY)["text"])))  # fmt: skip


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://www.slow.example/waits?utm_source=x", "waits to be fetched"),
        ("slow.example/broken/", "could not be fetched: timeout"),
        ("http://slow.example/private#top", "forbidden by robots.txt"),
        ("slow.example/double", "duplicate of https://slow.example/news/1"),
        ("slow.example/topics", "fetched, but it is a list of other pages"),
        ("slow.example/unread", "fetched, and waits to be read"),
        ("slow.example/crashed", "fetched, but it could not be read: OutOfTime"),
        ("slow.example/imported", "fetched, but there is no text on the page"),
        ("https://slow.example/gone?fbclid=1", "forgotten on 2026-11-20: a minor is named"),
        ("https://m.slow.example/gone", "forgotten on 2026-11-20: a minor is named"),
        ("slow.example/shop", "waits to be fetched"),  # with other parameters
        ("slow.example/never", "never found by any feed"),
        ("slow.example/secret/plan", "never found by any feed; robots.txt forbids it"),
        ("https://elsewhere.example/a", "never found by any feed; no source has this host"),
        ("zeppelin", "no address that was found last holds it"),
        ("post.example/news", "what begins so and was found is in the archive"),
    ],
)
def test_why_an_address_is_not_here(room: Room, address: str, reason: str) -> None:
    assert told(room.ask("missing", address=address), "reason") == [reason]


def test_an_address_that_is_here(room: Room) -> None:
    with room.db.conn:
        room.db.execute("UPDATE addresses SET urlkey = 'example,post)/amp' WHERE url = 'https://post.example/amp'")
        room.db.execute("UPDATE articles SET urlkey = 'example,wire)/mole' WHERE id = ?", [OLD])
    rows = room.ask("missing", address="post.example/amp")
    assert told(rows, "reason", "article_id") == [("it is in the archive, under another address", FERRY)]
    rows = room.ask("missing", address="wire.example/mole")
    assert told(rows, "reason") == ["it is in the archive; the outlet had taken it down by 2026-11-21"]


def test_a_part_of_an_address_lists_what_gave_no_article(room: Room) -> None:
    every = told(room.ask("missing"), "url")
    assert len(every) == 9
    begins = told(room.ask("missing", address="https://slow.example"), "url")
    assert sorted(begins) == sorted(url for url in every if "slow" in url)
    assert told(room.ask("missing", address="Live/"), "reason") == ["robots.txt forbids it"]


def test_an_archive_that_tells_nothing_of_what_was_found(tmp_path: Path) -> None:
    bare = Room(tmp_path / "archive.db")
    with bare.db.conn:
        bare.db.execute("DELETE FROM entries")
    reason = "it is not here, and this archive does not tell what was found"
    assert told(bare.ask("missing", address="slow.example/never"), "reason") == [reason]
    bare.db.close()


def test_quotes_of_a_person(room: Room) -> None:
    add_article(
        room.db, (_DAY + 9) << 20, "slow", "Brücke", "Die Brücke sei sicher, sagte Åsa Lindqvist.\n\n„Wir warten“, "
        "so Lindqvist.\n\nLindqvists Sprecher sagte: „Nein, wir kommentieren das nicht.“", language="de",
        first_seen_at="2001-01-01T00:00:00Z",
    )  # fmt: skip
    rows = told(room.ask("quotes", person="asa lindqvist"), "speech", "sentence")
    assert rows == [
        ("reported", "Die Brücke sei sicher, sagte Åsa Lindqvist."),
        ("quoted", "„Wir warten“, so Lindqvist."),
    ]
    assert room.ask("quotes", person="Asa Lindqvist", source="post") == []
    assert room.ask("quotes", person='"; --') == []


def test_what_is_new(room: Room) -> None:
    last = room.db.execute("SELECT max(id) FROM captures").fetchone()[0]
    add_article(room.db, 77, "slow", "Come last", "It was imported and is old.", first_seen_at="2001-01-01T00:00:00Z")
    edited = add_capture(room.db, "post", "https://post.example/again", b"again")
    with room.db.conn:
        room.db.execute("UPDATE articles SET capture_id = ? WHERE id = ?", [edited, FERRY])  # whose revision is older
    assert told(room.ask("new", since=str(last)), "title") == ["Come last"]
    assert told(room.ask("new", since="2026-11-20T06:01:01Z"), "title") == []
    assert len(room.ask("new", since="2026-11-20")) == 6  # those of the reading room
    assert told(room.ask("new"), "title")[:2] == ["Ferry stays in port", "Come last"]  # by what came last


# pages


def test_the_page_has_a_form_a_chart_and_the_rows_to_take_away(site: Site) -> None:
    page = site.page("/-/question/coverage?words=bridge&by=week")
    for said in (
        'name="words" value="bridge"',
        '<option value="week" selected>week</option>',
        '<input id="p-since" name="since" value="" aria-describedby="about-since" type="date">',
        "Articles by source",
        '<figure class="chart few">',
        "/archive/coverage.csv?words=bridge&amp;by=week",
        "/archive/coverage.json?_shape=array&amp;words=bridge&amp;by=week",
        'href="/archive/coverage?words=bridge&amp;by=week"',
        'href="/-/source/fast"',
    ):
        assert said in page
    page = site.page("/-/question/delay?first=fast")
    assert '<option value="fast" selected>Fast</option>' in page
    assert "<svg" in page
    for where in ("csv", "json"):
        assert "slow" in site.page(f"/archive/delay.{where}?first=fast&_shape=array")


def test_the_page_helps_where_there_is_no_answer(site: Site) -> None:
    waiting = site.page("/-/question/coverage")
    assert "required" in waiting
    assert 'id="answer"' not in waiting
    assert "Try it with less filled in" in site.page("/-/question/deleted?source=post")
    for typed in ("ferry AND", '"', "nosuch:ferry", "*"):
        assert "no complete search expression" in site.page(f"/-/question/search?words={quote(typed)}"), typed
    page = site.page("/-/question/nosuch", 404)
    assert "There is no question <bdi>nosuch</bdi> here" in page
    assert 'href="/-/question/missing"' in page
    page = site.page("/-/questions")
    assert all(one.description.replace("'", "&#39;").replace('"', "&#34;") in page for one in questions())


def test_a_question_that_takes_too_long_says_so(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS i FROM n"
    own(path, "endless", f"-- title: For ever\n{endless}")
    slow = Site(path, settings={"sql_time_limit_ms": 20})
    assert "This takes too long" in slow.page("/-/question/endless")


@pytest.mark.parametrize("name", ["latest", "agencies", "missing", "new", "cuts"])
def test_hostile_rows_stay_text(site: Site, name: str) -> None:
    page = site.page(f"/-/question/{name}?{urlencode({'address': '<script>alert(1)</script>'})}")
    for trick in ("<script>alert", "<img src=x", "<svg onload", 'href="javascript:', OVERRIDE):
        assert trick not in page
    answer = site.get(f"/-/question/{name}")
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert "style=" not in page


def test_a_question_that_may_not_be_seen_gives_no_page(room: Room) -> None:
    for closed in ({"tables": {"articles": {"allow": False}}}, {"allow": False}):
        assert Site(room.path, metadata={"databases": {"archive": closed}}).get("/-/question/latest").status_code == 403


# the last visit


def test_a_visit_ends_after_half_an_hour() -> None:
    assert visited(None, 5, 100) is None
    assert visited("1-2", 5, 100) is None
    assert visited("9-9-50", 5, 100) is None  # of another archive
    begun = Visit(0, 5, 100)
    soon = visited(begun.cookie(), 7, 160)
    assert soon == Visit(0, 7, 160)
    assert visited(soon.cookie(), 9, 160 + _HOUR) == Visit(7, 9, 160 + _HOUR)


def test_the_page_remembers_the_last_visit(room: Room) -> None:
    site = Site(room.path)
    first = site.get("/-/question/new")
    said = first.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "samesite=lax" in said.lower()
    assert "since your last visit" not in first.text
    newest = room.db.execute("SELECT max(id) FROM captures").fetchone()[0]
    add_article(room.db, 78, "slow", "Come since", "It came after the visit.")
    again = asked_with(site, f"tearsheet_visit=0-{newest}-1000")
    assert "1 row since your last visit" in again.text
    assert "Come since" in again.text
    assert "Nothing came since then" in asked_with(site, f"tearsheet_visit={newest + 1}-{newest + 1}-1000").text
    assert "set-cookie" not in site.get("/-/question/latest").headers


def asked_with(site: Site, cookie: str) -> Any:

    return asyncio.run(site.datasette.client.get("/-/question/new", headers={"cookie": cookie}))


# questions of one's own


def own(archive: Path, name: str, script: str) -> None:
    folder = archive.parent / "queries"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.sql").write_text(script, encoding="utf-8")


def test_questions_of_ones_own_stand_beside_the_archive(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    own(path, "titles", "-- title: Titles with a word\n-- param word: in the title\n"
        "SELECT title, id AS article_id FROM articles WHERE title LIKE '%' || :word || '%'; -- done\n")  # fmt: skip
    own(path, "latest", "-- title: Mine\nSELECT 1 AS one")
    site = Site(path)
    assert "Council votes on a loan" in site.page("/-/question/titles?word=council")
    assert site.rows("/archive/titles.json?_shape=array&word=council")[0]["article_id"] == COUNCIL
    page = site.page("/-/questions")
    assert "Titles with a word" in page
    assert "queries/latest.sql: there is a question latest already; give the file another name" in page
    assert f"/-/article/{ARABIC}" in site.page("/-/question/latest")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("SELECT 1", "has no title; begin the file with a line `-- title: …`"),
        ("-- title: A\n-- param x: b\nSELECT 1", "the SQL does not use the parameter x"),
        ("-- title: A\nSELECT :x, ':y' -- :z", ":x is not in its head; add a line `-- param x: what it means`"),
        ("-- title: A\n-- param x (colour): b\nSELECT :x", "(colour) is no kind"),
        ("-- title: A\n-- chart: pie x=a y=b\nSELECT 1", "`chart: pie x=a y=b` is no chart"),
        ("-- title: A\n-- chart: bars x=a\nSELECT 1", "is no chart"),
        ("-- title: A\nDELETE FROM articles", "a question is one SELECT"),
        ("-- title: A\nSELECT 1; SELECT 2", "a question is one SELECT"),
        ("-- title: A", "a question is one SELECT"),
    ],
)
def test_a_head_that_is_wrong_is_one_line(script: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read("mine", script, "queries/mine.sql")
    assert str(caught.value).startswith("queries/mine.sql: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_text_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "latin.sql").write_bytes(b"-- title: caf\xe9\nSELECT 1")
    (folder / "No Good.sql").write_text("-- title: A\nSELECT 1")
    (folder / "dir.sql").mkdir()
    (folder / "good.sql").write_bytes(b"\xef\xbb\xbf-- title: With a mark\r\nSELECT 1 AS one\r\n")
    found, problems = questions_beside(tmp_path / "archive.db")
    assert {one.name for one in found} - {one.name for one in questions()} == {"good"}
    assert [line.partition(":")[0] for line in problems] == [
        "queries/No Good.sql", "queries/dir.sql", "queries/latin.sql",
    ]  # fmt: skip
    assert questions_beside(None) == (questions(), [])


def test_time_has_no_gaps_in_a_chart() -> None:
    assert in_a_row(["2023-11", "2024-02"]) == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert in_a_row(["2024-02-28", "2024-03-01"]) == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert in_a_row(["2024-01-01", "2024-01-15"]) == ["2024-01-01", "2024-01-08", "2024-01-15"]
    assert in_a_row(["b", "a"]) == ["b", "a"]
    assert len(in_a_row(["0001-01-01", "2024-01-15"])) == 401
