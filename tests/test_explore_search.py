"""The search page: results, facets, a timeline, and the same as JSON, CSV and Atom; whatever is typed, an answer."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlite_utils import Database

from tests.reading_room import Site, stock
from tests.shelf import add_article, add_source, insert

DAY = 86400 << 20
FIRST = 1_767_225_600 << 20  # 1 January 2026


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The reading room, and a month of a harbour's news in six scripts."""
    path = stock(tmp_path_factory.mktemp("search") / "archive.db")
    db = Database(path)
    add_source(db, "dock & quay", "Dock <i>and</i> Quay", language="en")
    for n in range(30):
        source = ("post", "wire", "dock & quay")[n % 3]
        add_article(
            db, FIRST + n * DAY, source, f"Harbour report {n}", f"Day {n}: the dredger worked. =1+1",
            url=f"https://{source.split()[0]}.example/dredger/{n}",
            language="en" if n % 2 else "de", published_at=f"2026-01-{n + 1:02}T06:00:00Z", section="Port",
            agency="Reuters" if n < 5 else None, tags=["EU", "sea lanes"] if n == 7 else [],
        )  # fmt: skip
    for n, (title, text) in enumerate({
        "外交部说明": "外交部发言人表示，路透社（Reuters）的报道属实。渡轮",
        "フェリー再開": "島へのフェリーは三月に再開する。",
        "รัฐบาลไทย": "รัฐบาลประกาศว่าเรือข้ามฟากจะกลับมา",
        "정부 발표": "정부는 여객선이 다시 운항한다고 밝혔다.",
    }.items()):  # fmt: skip
        add_article(db, FIRST + n + 1, "wire", title, text)
    add_article(db, FIRST + 99, "wire", '=HYPERLINK("https://x.example")', "A formula of a headline.")
    key = db.execute("SELECT urlkey FROM articles WHERE id = ?", [FIRST]).fetchone()[0]
    insert(db, "notes", article_id=FIRST, urlkey=key, tag="follow-up")
    insert(db, "notes", article_id=FIRST, urlkey=key, text="Ask the harbourmaster about silt.")
    db.close()
    return Site(path)


def found(site: Site, query: str, **args: str) -> list[str]:
    """The titles found, in order."""
    more = "".join(f"&{name}={quote(value)}" for name, value in args.items())
    return [one["title"] for one in site.rows(f"/-/search.json?size=200&q={quote(query)}{more}")["articles"]]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("外交部", ["外交部说明"]),
        ("外交", ["外交部说明"]),
        ("渡轮", ["外交部说明"]),  # the last two characters of a text
        ("外交部 Reuters", ["外交部说明"]),
        ("外交部 NOT Reuters", []),
        ("フェリー", ["フェリー再開"]),
        ("三月 OR 政府", ["フェリー再開"]),
        ("เรือข้ามฟาก", ["รัฐบาลไทย"]),
        ("정부", ["정부 발표"]),
        ("title:정부", ["정부 발표"]),
        ("*arbou*", [f"Harbour report {n}" for n in reversed(range(30))]),
        ("tag:EU", ["Harbour report 7"]),
        ('tag:"sea lanes"', ["Harbour report 7"]),
        ("tag:sea", []),
        ("tag:follow-up dredger", ["Harbour report 0"]),
        ("note:silt", ["Harbour report 0"]),
        ("agency:reuters dredger since:2026-01-03", ["Harbour report 4", "Harbour report 3", "Harbour report 2"]),
        ('source:"dock & quay" until:2026-01-05', ["Harbour report 2"]),
        ("lang:de since:2026-01-29", ["Harbour report 28"]),
        ("ferry since:2017-11-16 until:2017", ["Council votes on a loan"]),  # an id that tells another time
    ],
)
def test_every_script_and_filter(site: Site, query: str, titles: list[str]) -> None:
    assert sorted(found(site, query)) == sorted(titles)


def test_marks_stand_where_the_words_do(site: Site) -> None:
    page = site.page("/-/search?q=" + quote("外交 渡轮"))
    assert "<mark>外交</mark>部说明" in page
    assert "<mark>渡轮</mark>" in page
    assert "<mark>dredger</mark> worked" in site.page("/-/search?q=dredg*")


def test_facets_narrow_and_chips_widen(site: Site) -> None:
    page = site.page("/-/search?q=dredger")
    assert "30 articles" in page
    narrowed = re.search(r'<a href="([^"]+)"><bdi>Dock &lt;i&gt;and&lt;/i&gt; Quay</bdi></a> <span>10</span>', page)
    assert narrowed
    page = site.page(narrowed[1].replace("&amp;", "&"))
    assert "10 articles" in page
    removed = re.search(r'<ul class="chips".*?<a href="([^"]+)">', page, re.DOTALL)
    assert removed
    assert "30 articles" in site.page(removed[1].replace("&amp;", "&"))


def test_each_bar_of_the_timeline_narrows_to_its_days(site: Site) -> None:
    page = site.page("/-/search?q=dredger")
    assert page.count("<svg") > 1
    bar = re.search(r'<th scope="row"><a href="([^"]+since=2026-01-12[^"]*)">', page)
    assert bar
    assert found(site, "dredger", since="2026-01-12", until="2026-01-12") == ["Harbour report 11"]
    assert "1 article<" in site.page(bar[1].replace("&amp;", "&"))


def test_json_goes_on_to_its_end(site: Site) -> None:
    where, titles = "/-/search.json?q=dredger&sort=newest&size=12", list[str]()
    while where:
        answer = site.rows(where)
        titles += [one["title"] for one in answer["articles"]]
        where = (answer["next"] or "").removeprefix("http://localhost")
    assert titles == [f"Harbour report {n}" for n in reversed(range(30))]
    assert answer["complete"]
    assert answer["count"] == 30
    assert answer["facets"]["source"] == {"dock & quay": 10, "post": 10, "wire": 10}


def test_csv_is_safe_to_open(site: Site) -> None:
    answer = site.get("/-/search.csv?q=formula")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["title"] == '\'=HYPERLINK("https://x.example")'


def test_a_search_is_a_feed(site: Site) -> None:
    feedparser = pytest.importorskip("feedparser")  # comes with the crawler, which Datasette's tests may lack
    page = site.page("/-/search?q=dredger+source:wire")
    link = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)"', page)
    assert link
    answer = site.get(link[1].replace("&amp;", "&"))
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.text)
    assert not feed.bozo
    assert [one.title for one in feed.entries] == [f"Harbour report {n}" for n in range(28, 0, -3)]
    assert all(one.id.startswith("urn:sha256:") and one.updated.endswith("Z") for one in feed.entries)
    assert feed.feed.updated.endswith("Z")
    hostile = site.get("/-/search.atom?q=body").text
    assert "\u202e" not in hostile
    assert not feedparser.parse(hostile).bozo


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ('"ferry', "A quote is not closed"),
        ("(ferry", "A bracket is not closed"),
        ("ferry OR", "OR wants a word on both sides"),
        ("NEAR ferry)", "A bracket is closed that was never opened"),
        ("NEAR(ferry)", "NEAR wants two words"),
        ("-ferry", "A minus leaves a word out"),
        ("ferry since:yesterday", "since: wants a day"),
        ("ferry NOT source:wire", "source: only narrows"),
        ("ferry " * 5000, "Only the first 2,000 characters"),
        (" AND ".join(f"w{n}" for n in range(400)) + " ferry", "Only the first 64 words"),
        ("ferry\0C++", ""),
        ("it's", ""),
        ("\U0001f600", "There is no word in this"),
        ("'); DROP TABLE articles; --", ""),
    ],
)
def test_what_cannot_be_read_gets_a_hint_and_never_an_error(site: Site, query: str, hint: str) -> None:
    for ending in ("", ".json", ".csv", ".atom"):
        answer = site.get(f"/-/search{ending}?q={quote(query)}")
        assert answer.status_code == 200, ending
        if not ending:
            assert hint in answer.text


def test_wrong_parameters_are_answered(site: Site) -> None:
    for args in ("page=-1", "page=99999999999", "page=x", "size=0", "since=x", "until=2026-99", "sort=%00", "source="):
        assert site.get(f"/-/search?q=ferry&{args}").status_code == 200
    assert json.loads(site.page("/-/search.json"))["articles"] == []


def test_a_common_word_says_what_it_was_ranked_among(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    db = Database(path)
    with db.conn:
        db.conn.execute("""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2300)
            INSERT INTO articles (id, source_id, capture_id, url, urlkey, title, first_seen_at, published_at, digest,
                                  recipe_id, word_count, removed_chars, text)
            SELECT (1767225600 + n * 60) << 20, 'post', 1, 'u' || n, 'u' || n, 'Bulletin ' || n, '2026-01-01T00:00:00Z',
                   strftime('%Y-%m-%dT%H:%M:%SZ', 1767225600 + n * 60, 'unixepoch'), 'd', '5f1d8a0c9b7e4321', 1, 0,
                   'bulletin about ' || iif(n = 400, 'the mole mole mole', 'this')
            FROM numbers
        """)
    db.close()
    site = Site(path)
    page = site.page("/-/search?q=bulletin")
    assert "More than 2,000 articles" in page
    assert "Ranked among the newest 2,000 of many matches." in page
    assert "Search older ones" in page
    answer = site.rows("/-/search.json?q=bulletin")
    assert (answer["count"], answer["complete"]) == (2000, False)
    assert found(site, "bulletin mole") == ["Bulletin 400"]
