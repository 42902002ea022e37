"""The pages of sources, stories, changes and removals. Runs on Datasette 0.65 and on 1.0."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlite_utils import Database

from pipelines.explore import changes, front, outlets, rejects, removals, source, story
from pipelines.explore.oddness import oddest
from pipelines.explore.terms import Terms, serve_on
from pipelines.marks import hex_of
from pipelines.store.lock import WriterLock
from tests.reading_room import COUNCIL, FERRY, HOSTILE, OLD, OVERRIDE, WIRE, Site, stock
from tests.shelf import add_article, add_capture, add_source, insert

ODD_ID = "a/b ?&ü"
BRIEF = 1007 << 20
_TIMES = {"first_seen_at": "2026-11-01T00:00:00Z", "last_seen_at": "2026-11-20T00:00:00Z"}


def fill(path: Path) -> Path:
    """The reading room, with more of what these pages tell."""
    db = Database(stock(path))
    _fill_story(db)
    _fill_source(db)
    with db.conn:
        db.conn.execute("UPDATE articles SET gone_at = '2026-11-21T07:00:00Z' WHERE id = ?", [OLD])
    db.close()
    return path


def _fill_story(db: Database) -> None:
    """A brief of a third outlet, with a place in the time of the first one."""
    add_source(db, ODD_ID, "Odd & Sons", language="en")
    add_article(
        db, BRIEF, ODD_ID, "Island ferry stays out of service",
        "The ferry to the islands will not sail before March, its operator said.\n\nA pilot cutter takes the pupils.",
        published_at="2017-11-15T06:08:00Z", published_precision="minute", published_from="jsonld",
        claims=[{"field": "agency", "value": "Northern Wire", "origin": "text"}], agency="Northern Wire",
    )  # fmt: skip
    insert(db, "clusters", article_id=BRIEF, head_id=WIRE)
    shares = {"kept": 1, "cut": 2, "added": 1, "cut_chars": 110, "added_chars": 32}
    insert(db, "copies", article_id=BRIEF, head_id=WIRE, of_own=0.66, of_head=0.42, **shares)


def _fill_source(db: Database) -> None:
    insert(
        db, "blocks", source_id="post", digest=-77, verdict="furniture", origin="learned", zone="edge", articles=31,
        looked_at=40, text=f"<script>alert(1)</script>{OVERRIDE} Share this", **_TIMES,
    )  # fmt: skip
    insert(db, "blocks", source_id="post", digest=78, articles=2, looked_at=40, text="Photo: archive", **_TIMES)
    when = {"began_at": "2026-11-11T00:00:00Z", "found_at": "2026-11-12T00:00:00Z", "seen_at": "2026-11-20T00:00:00Z"}
    insert(db, "findings", source_id="post", kind="silent", detail="silent for 9 days", **when)
    insert(db, "findings", source_id="post", kind="dates", detail="no dates", ended_at="2026-11-14T00:00:00Z", **when)
    add_capture(db, "post", "https://post.example/gallery", b"<p>gallery</p>", outcome="listing")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("pages") / "archive.db")


@pytest.fixture(scope="module")
def site(path: Path) -> Site:
    return Site(path)


def flat(page: str) -> str:
    """The page without tags, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


# sources


def test_a_source_says_how_it_is_and_what_it_brings(site: Site) -> None:
    page = site.page("/-/source/post")
    for said in (
        '<h1><bdi>The Harbour Post</bdi> <span class="state wrong">failing</span></h1>',
        '<p class="note">silent for 9 days</p>',
        'href="https://post.example/"',
        f'href="/-/article/{COUNCIL}"',
        '<span class="state wrong">failed 3 times</span>',
        "robots.txt forbids it",
        "https://post.example/live/1",
        "https://post.example/gallery",
        "until </span>14 Nov 2026",
        "still so",
        "/-/changes?source=post",
    ):
        assert said in page
    told = flat(page)
    assert "2 articles" in told
    assert "with a date 100 %" in told
    assert "resting on an agency 50 %" in told
    assert "How long its texts are" in told
    assert "15 Nov 2017: 1 articles" not in told  # its days are those of its ids, of which there is one


def test_a_source_says_with_whom_it_shares_stories(site: Site) -> None:
    page = flat(site.page("/-/source/post"))
    assert "Whose stories it carries Name Stories Northern Wire 1" in page
    page = site.page("/-/source/wire")
    assert "Odd &amp; Sons" in page.partition("Who carries its stories")[2].partition("</table>")[0]
    assert "(66 % copied)" in page


def test_lines_that_a_source_repeats_are_shown_and_only_some_may_judge_them(site: Site) -> None:
    page = site.page("/-/source/post")
    assert "31 of 40" in flat(page)
    assert "furniture at the edges of a text, learned" in flat(page)
    assert "too rare to tell" in page
    assert '<form class="verdict"' not in page
    answer = asyncio.run(
        site.datasette.client.post("/-/source/post", data={"digest": hex_of(78), "verdict": "content"})
    )
    assert answer.status_code == 403


def test_a_source_with_any_id_has_a_page(site: Site) -> None:
    link = re.search(r'href="(/-/source/a[^"]+)"', site.page(f"/-/story/{WIRE}"))
    assert link is not None
    assert "<bdi>Odd &amp; Sons</bdi>" in site.page(link[1])
    assert "no source <bdi>nobody</bdi>" in site.page("/-/source/nobody", 404)


def judge(site: Site, digest: int, verdict: str) -> Any:
    """Press a button of the form, as a browser would."""

    async def press() -> Any:
        page = await site.datasette.client.get("/-/source/post")
        token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)
        assert token is not None
        form = {"digest": hex_of(digest), "verdict": verdict, "csrftoken": token[1]}
        return await site.datasette.client.post("/-/source/post", data=form, cookies=dict(page.cookies))

    return asyncio.run(press())


def test_a_verdict_is_written_down_as_the_command_does_it(tmp_path: Path) -> None:
    path = fill(tmp_path / "archive.db")
    site = Site(path)
    serve_on(site.datasette, Terms(annotate=True))
    answer = judge(site, 78, "furniture")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/-/source/post?decided={hex_of(78)}#furniture"
    line = "SELECT verdict, origin, zone FROM blocks WHERE digest = ?"
    assert Database(path).execute(line, [78]).fetchone() == ("furniture", "yours", "any")
    page = site.page(f"/-/source/post?decided={hex_of(78)}")
    assert "tearsheet process --stale" in page
    assert "a person’s verdict" in page
    assert judge(site, -77, "content").status_code == 303
    assert Database(path).execute(line, [-77]).fetchone() == ("content", "yours", None)
    assert judge(site, 78, "none").status_code == 303
    assert Database(path).execute(line, [78]).fetchone() == (None, None, None)
    assert judge(site, 79, "content").status_code == 409
    assert judge(site, 78, "nonsense").status_code == 409


def test_a_verdict_waits_for_nobody_who_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fill(tmp_path / "archive.db")
    site = Site(path)
    serve_on(site.datasette, Terms(annotate=True))
    monkeypatch.setattr(source, "_WAIT", 0)
    lock = WriterLock.take(path)
    try:
        answer = judge(site, 78, "furniture")
    finally:
        lock.release()
    assert answer.status_code == 409
    assert "Nothing was written" in answer.text
    assert "writes to it since" in answer.text
    assert Database(path).execute("SELECT verdict FROM blocks WHERE digest = 78").fetchone() == (None,)


# stories


def test_a_story_says_who_was_first_and_what_the_others_made_of_it(site: Site) -> None:
    page = site.page(f"/-/story/{WIRE}")
    assert "3 articles, from 3 outlets" in flat(page)
    members = re.split(r'<li id="a\d+">', page)[1:]
    wire, ferry, brief = (flat(one) for one in sorted(members, key=lambda one: ("Odd" in one, "Harbour" in one)))
    assert "first" in wire
    assert "Credits Northern Wire" in wire
    assert "how long after the first is not known" in ferry  # of its time only the day is known
    assert "90 minutes later" in brief
    assert (
        "66 % of its text stands in the first one, 42 % of which it has; 2 paragraphs cut, 1 paragraph added" in brief
    )
    assert "Credits Northern Wire ( Northern Wire in the text)" in brief
    assert "Cut Cracks below the waterline Divers found cracks" in brief
    assert "Added A pilot cutter takes the pupils." in brief
    assert "<ins>stays</ins>" in page
    assert page.count("<circle") == 2


def test_a_member_leads_to_its_story_and_a_lone_article_to_its_page(site: Site) -> None:
    assert site.get(f"/-/story/{FERRY}").headers["location"] == f"/-/story/{WIRE}"
    assert site.get(f"/-/story/{COUNCIL}").headers["location"] == f"/-/article/{COUNCIL}"
    site.page("/-/story/12", 404)
    site.page("/-/story/9999999999999999999", 404)


# changes


def test_changes_are_told_by_day_the_latest_first(site: Site) -> None:
    page = site.page("/-/changes")
    told = flat(page)
    assert told.index("21 Nov 2026") < told.index("Storm tears away") < told.index("20 Nov 2026")
    assert "found deleted 21 November 2026, 07:00 UTC" in told
    assert "<del>Ferry service suspended</del> <ins>Ferry</ins>" in page
    assert "<ins>Correction: the ferry stays</ins>" in page
    assert f'href="/-/article/{FERRY}?from=1&amp;to=2#edits"' in page
    assert "headline 1" in told
    assert "correction 1" in told
    assert "article deleted 1" in told


def test_changes_are_filtered(site: Site) -> None:
    assert "Storm" not in site.page("/-/changes?source=post")
    page = site.page("/-/changes?kind=deleted")
    assert "Storm" in page
    assert "Ferry service" not in page
    assert "Nothing of this kind" in site.page("/-/changes?kind=quote")
    assert "Ferry service" in site.page("/-/changes?kind=<script>")
    assert "Nothing of this kind at this source" in site.page("/-/changes?source=%3Cscript%3E")


def test_changes_go_on_from_where_a_page_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_SHOWN", 1)
    page = site.page("/-/changes")
    assert "Ferry service" not in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    page = site.page(older[1].replace("&amp;", "&"))
    assert "Ferry service" in page
    assert "Storm" not in page
    assert 'rel="next"' not in page
    assert "Storm" in site.page("/-/changes?before=nonsense,,")


def entries(feed: str) -> list[dict[str, str]]:
    """The entries of an Atom feed: title, id, summary, and where each leads."""
    atom = "{http://www.w3.org/2005/Atom}"
    return [
        {one.tag.removeprefix(atom): one.text or "" for one in entry}
        | {"href": next(link.attrib["href"] for link in entry.iter(f"{atom}link"))}
        for entry in ElementTree.fromstring(feed).iter(f"{atom}entry")
    ]


def test_changes_are_a_feed(site: Site) -> None:
    deleted, edited = entries(site.page("/-/changes.atom"))
    assert deleted["title"] == "Storm tears away the mole (deleted)"
    assert edited["title"] == "Ferry stays in port (headline, correction)"
    assert "correction: “Correction: the ferry stays”" in edited["summary"]
    assert edited["href"].endswith(f"/-/article/{FERRY}?from=1&to=2#edits")
    assert edited["id"] != deleted["id"]
    assert len(entries(site.page("/-/changes.atom?kind=deleted"))) == 1


# removals


def test_rules_are_told_with_their_latest_cut(site: Site) -> None:
    page = site.page("/-/removals")
    told = flat(page)
    assert "All 5 cuts" in told
    assert told.index("share-counts") < told.index("dateline")
    assert "was learned from one source" in told
    assert f'href="/-/article/{FERRY}?cuts=1#text"' in page
    assert "Sign up for our letter" in told


def test_cuts_of_a_rule_stand_between_the_words_around_them(site: Site) -> None:
    page = flat(site.page("/-/removals/learned-9f2c"))
    before, _, after = page.partition("Sign up for our letter")
    assert before.rstrip().endswith("will not sail before March, its operator said.")
    assert after.strip().startswith("Cracks below the waterline")
    page = flat(site.page("/-/removals/dateline"))
    assert "PORT ELLIS – The ferry to the islands" in page
    assert "no rule of this name" in site.page("/-/removals/no%2Fsuch", 404)


def test_cuts_of_a_rule_go_on_from_where_a_page_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removals, "_PAGE", 1)
    page = site.page("/-/removals/share-counts")
    assert "52 shares" not in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    page = site.page(older[1].replace("&amp;", "&"))
    assert "52 shares" in page
    assert 'rel="next"' not in page


def cut(text: str, rule: str = "tail", zone: str = "tail", source: str = "post") -> dict[str, Any]:
    return {"text": text, "rule_id": rule, "zone": zone, "source_id": source}


def test_the_oddest_cuts_come_first_and_say_why() -> None:
    usual = [cut(f"Share this article {n} times") for n in range(120)]
    lost = cut("The minister had known of it since May, said the report of 2019 that nobody was to see.", zone="body")
    whole = cut("Everything after the first line went: " + "the committee heard of ships and cranes. " * 9)
    alone = cut("Ellis, 4 May: nobody of all those who sailed with the old ferry has come back yet.", rule="one")
    moved = cut("Port Ellis, 15 November", rule="dateline", zone="field")
    cuts = [*usual, lost, whole, alone, moved]
    found = oddest(cuts, {"one": 1, "dateline": 1}, lambda _: False, 10)
    reasons = {one.cut["text"]: set(one.reasons) for one in found}
    assert reasons[lost["text"]] == {"sentence", "new", "inside"}
    assert "long" in reasons[whole["text"]]
    assert {"only", "sentence"} <= reasons[alone["text"]]
    assert moved["text"] not in reasons
    assert not reasons.keys() & {one["text"] for one in usual}
    assert found == sorted(found, key=lambda one: -one.points)
    assert not oddest(cuts, {}, lambda _: True, 10)  # all of it can still be read in the article


# all of them

PAGES = (
    "/", "/-/source/post", "/-/source/wire", f"/-/story/{WIRE}", "/-/changes", "/-/removals",
    "/-/removals/share-counts", "/-/changes.atom",
)  # fmt: skip


@pytest.mark.parametrize("where", PAGES)
def test_hostile_rows_stay_text(site: Site, where: str) -> None:
    page = site.page(where)
    for trick in ("<script", "<img", "<svg onload", 'href="javascript:', 'href="data:', "style=", OVERRIDE):
        assert trick not in page, trick
    if where in ("/-/source/wire", "/-/removals/share-counts"):
        assert str(HOSTILE) in page


@pytest.mark.parametrize("where", [one for one in PAGES if "." not in one])
def test_pages_ask_for_nothing_from_elsewhere(site: Site, where: str) -> None:
    answer = site.get(where)
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    for asset in re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.text):
        assert asset.startswith("/-/static-plugins/tearsheet/")
        site.page(asset)
    levels = [int(level) for level in re.findall(r"<h([1-6])", answer.text)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


QUERIES = {
    "growth": (front._PUBLISHED, ("2026-11-20", "2026-11-20")),
    "newest": (front._NEWEST, {"most": 9}),
    "headlines": (front._HEADLINE_EDITS, {"edits": 9, "most": 9}),
    "watches": (front._WATCHES, ()),
    "health": (outlets._HEALTH.format(only=""), {"source": None}),
    "volume": (source._VOLUME, {"source": "post", "since": 0}),
    "shapes": (source._SHAPES, ("post", 9)),
    "carries": (source._CARRIES, {"source": "post", "most": 9}),
    "carried": (source._CARRIED, {"source": "post", "most": 9}),
    "blocks": (source._BLOCKS, ("post", 9)),
    "read": (rejects._READ, ("post", 9)),
    "unread": (rejects._UNREAD, ("post", "failed", 9)),
    "story": (story._CARRIED, {"head": WIRE, "most": 9}),
    "edits": (changes._EDITS, {**changes._LATEST, "most": 9}),
    "deleted": (changes._DELETED, {**changes._LATEST, "since": "", "most": 9}),
    "removals": (removals._LATEST, {"most": 9}),
    "of rule": (removals._OF_RULE, {"rule": "dateline", "article": 9, "n": 9, "most": 9}),
}
#: What may be walked through: short tables, and what a LIMIT ends at once, in the order of its key.
WALKED = {"sources", "own", "edit", "(subquery-1)", "watches", "removals", "articles"}


@pytest.mark.parametrize("name", QUERIES)
def test_no_page_walks_through_the_archive(path: Path, name: str) -> None:
    script, values = QUERIES[name]
    plan = [row[3] for row in Database(path).execute(f"EXPLAIN QUERY PLAN {script}", values)]
    walked = [one for one in plan if one.startswith("SCAN")]
    assert all(one.split()[1] in WALKED or "USING COVERING INDEX revisions_until" in one for one in walked), plan
    if any(one.split()[1] in ("articles", "removals") for one in walked):
        assert name in ("newest", "removals")
        assert not any("TEMP B-TREE FOR ORDER BY" in one for one in plan), plan
