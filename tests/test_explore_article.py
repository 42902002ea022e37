"""The page of an article: read, compared, cited and noted on. Runs on Datasette 0.65 and on 1.0."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from pipelines.explore import company, reading
from pipelines.explore.comparing import compared
from pipelines.explore.terms import Terms, serve_on
from pipelines.store import changes
from tests.reading_room import ARABIC, COUNCIL, FERRY, HOSTILE, OLD, OVERRIDE, WIRE, Site, stock
from tests.shelf import add_capture, add_source, insert, open_shelf

_FIRST = "The ferry to the islands will not sail before April.\n\nDivers found cracks in one landing stage."
_SECOND = "The ferry to the islands will not sail before March.\n\nDivers found cracks in both landing stages."
_LONG = 5 << 40  # an article that is long in every way


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = stock(tmp_path_factory.mktemp("article") / "archive.db")
    db = Database(path)
    db.conn.row_factory = sqlite3.Row
    _edit(db)
    _seal(db)
    insert(db, "removals", article_id=OLD, n=1, start=8, stop=16, zone="body", rule_id="learned-9f2c", text="(ADVT.) ")
    insert(
        db, "copies", article_id=FERRY, head_id=WIRE, of_own=0.9, of_head=0.86, kept=2, cut=1, added=2, cut_chars=80,
        added_chars=30,
    )  # fmt: skip
    with db.conn:
        db.conn.execute("UPDATE articles SET live = 1, text_from = 'feed', gone_at = ? WHERE id = ?", (_day(9), WIRE))
    insert(
        db,
        "takedowns",
        key="0" * 64,
        article_id=77,
        digest="1" * 64,
        reason="court order 7/26",
        at="2026-11-20T06:00:00Z",
    )
    db.close()
    return path


def _day(number: int) -> str:
    return f"2026-11-{number:02}T06:00:00Z"


def _edit(db: Database) -> None:
    """Two earlier texts of the council's article, one of which was back for a day, and further pages of the first."""
    url = f"https://post.example/news/{COUNCIL}"
    for n, text in ((1, _FIRST), (2, _SECOND)):
        capture = add_capture(db, "post", url, f"<p>{n}</p>".encode(), fetched_at=_day(n))
        digest = hashlib.sha256(text.encode()).hexdigest()
        insert(
            db, "revisions", article_id=COUNCIL, n=n, capture_id=capture, title=f"Title {n}", digest=digest,
            seen_from=_day(n), seen_until=_day(n + 1), text=text,
        )  # fmt: skip
    back = add_capture(db, "post", url, b"<p>1</p>", fetched_at=_day(3), outcome="unchanged", rendered=1)
    insert(db, "returns", article_id=COUNCIL, capture_id=back, n=1, seen_from=_day(3), seen_until=_day(4))
    present = db.execute("SELECT capture_id FROM articles WHERE id = ?", [COUNCIL]).fetchone()[0]
    further = add_capture(db, "post", f"{url}/2", b"<p>page two</p>")
    insert(db, "continuations", capture_id=present, n=2, page_id=further)
    with db.conn:
        changes.rebuild(db.conn, COUNCIL)


def _seal(db: Database) -> None:
    insert(db, "seals", id=1, run_id=1, made_at=_day(20), count=3, root="a" * 64, digest="c" * 64)
    capture = db.execute("SELECT capture_id FROM articles WHERE id = ?", [FERRY]).fetchone()[0]
    insert(db, "leaves", capture_id=capture, seal_id=1, n=2, digest="e" * 64)


@pytest.fixture(scope="module")
def site(path: Path) -> Site:
    return Site(path)


def bare(page: str) -> str:
    """What a reader sees of a page, blanks single."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def section(page: str, name: str) -> str:
    """The part of a page under the heading with this id."""
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def test_an_article_shows_text_and_facts(site: Site) -> None:
    page = site.page(f"/-/article/{FERRY}")
    for said in (
        '<h1 dir="auto" lang="en">Ferry stays in port</h1>',
        '<p class="standfirst" dir="auto" lang="en">School run moves to the pilot cutter.</p>',
        '<p dir="auto" lang="en">The ferry to the islands will not sail before March, its operator said.</p>',
        '<h2 dir="auto" lang="en">Cracks below the waterline</h2>',
        "15 November 2017, time unknown",
        "Maud Ferris",
        "Port Ellis",
        "The Ellis Maid. Photo: Brandt",
        "subscriber notice",
        '<a href="https://post.example/ferry.jpg" rel="noopener noreferrer">',
        f'<a href="https://post.example/news/{FERRY}" rel="noopener noreferrer">',
        f"/archive/articles/{FERRY}.json",
        'href="/-/source/post"',
        "https://post.example/amp",
    ):
        assert said in page
    assert "<img" not in page


def test_cuts_are_folded_in_their_places_each_with_rule_and_reason(site: Site) -> None:
    def body(query: str) -> str:
        return site.page(f"/-/article/{FERRY}{query}").partition('<div class="body"')[2].partition("</article>")[0]

    folded, open_ = body(""), body("?cuts=1")
    lines = [
        "52 shares",
        "PORT ELLIS –",
        "The ferry to the",
        "Sign up for our letter",
        "Cracks below",
        "© Harbour Post",
    ]
    for page in (folded, open_):
        places = [page.index(line) for line in lines]
        assert places == sorted(places)
        for said in ("Cut before the text", "Moved to a field", "Stands on 34 of 40 pages of this source.",
                     'href="/-/removals/share-counts"'):  # fmt: skip
            assert said in page
    assert folded.count("<details") == open_.count(" open>") == 4
    assert " open>" not in folded
    within = site.page(f"/-/article/{OLD}")
    assert re.search(
        r"A storm <details class=\"cut within\".*?<del>\(ADVT\.\) </del>.*?</details>tore away", within, re.S
    )


def test_each_fact_says_where_it_was_read(site: Site) -> None:
    page = site.page(f"/-/article/{FERRY}").partition('<aside class="facts"')[2].partition("</aside>")[0]
    date = bare(page).partition("Published")[2].partition("Authors")[0]
    assert "from the text; 1 claim otherwise" in date
    assert "2017-11-15 the text, taken" in date.replace(" , ", ", ")
    assert "2017-11-14T23:00:00Z the outlet&#39;s feed" in date
    assert "Maud Ferris from the page&#39;s JSON-LD" in bare(page)
    assert "title=" not in page  # nothing that only a mouse finds


def test_the_others_of_a_cluster_say_what_they_share(site: Site) -> None:
    told = bare(section(site.page(f"/-/article/{FERRY}"), "company"))
    assert told.index("Northern Wire") < told.index("this article")
    assert "86 % in common with this" in told
    assert "86 % of the first text, 1 paragraph cut, 2 paragraphs added, a headline of its own" in told
    assert f'href="/-/story/{WIRE}"' in site.page(f"/-/article/{FERRY}")
    assert [company.behind(hours) for hours in (0, 0.66, 3.2, 50, -2, None)] == [
        "at the same minute", "40 minutes later", "3 hours later", "2 days later", "2 hours earlier", "",
    ]  # fmt: skip


def test_edits_are_told_word_by_word(site: Site) -> None:
    told = section(site.page(f"/-/article/{COUNCIL}"), "edits")
    assert "<del>April</del><ins>March</ins>" in told
    assert "<del>one</del><ins>both</ins>" in told
    assert '<span class="kind">number</span>' in told
    assert "back to the words of version 1" in bare(told)
    places = [told.index(f"Version {n}") for n in (3, 2)]
    assert places == sorted(places)  # the latest first


def test_any_two_texts_are_compared(site: Site) -> None:
    inline = section(site.page(f"/-/article/{COUNCIL}?from=1&to=3"), "edits")
    assert "Version 1 and version 3" in inline
    assert "<ins>council will vote on the ferry loan next week</ins>" in inline
    assert '<span class="kind">headline</span>' in inline
    beside = section(site.page(f"/-/article/{COUNCIL}?from=1&to=2&diff=side"), "edits")
    assert '<th scope="col">Version 1</th><th scope="col">Version 2</th>' in beside
    assert re.search(r"<td><p dir=\"auto\">.*?<del>April</del>.*?</td><td><p dir=\"auto\">.*?<ins>March</ins>", beside)
    back = site.page(f"/-/article/{COUNCIL}?from=2&to=1")
    assert "<del>March</del><ins>April</ins>" in back
    for nonsense in ("from=1&to=9", "from=0&to=1", "from=x&to=", "from=999999999999&to=1"):
        assert "Version 1 and" not in site.page(f"/-/article/{COUNCIL}?{nonsense}")


@pytest.mark.parametrize(
    ("old", "new", "rows"),
    [
        ("One.\n\nGone.\n\nTwo.", "One.\n\nTwo.", [("One.", "One."), ("Gone.", ""), ("Two.", "Two.")]),
        ("One.\n\nTwo.", "One.\n\nCame.\n\nTwo.", [("One.", "One."), ("", "Came."), ("Two.", "Two.")]),
        ("It rained.", "It snowed.", [("It rained.", "It snowed.")]),
        ("“It rained”, he said.\n\nGone.", "“It rained.”", [("“It rained”, he said.\nGone.", "“It rained.”")]),
    ],
)
def test_texts_stand_beside_each_other_to_the_letter(old: str, new: str, rows: list[tuple[str, str]]) -> None:
    def said(lines: Any) -> str:
        return "\n".join("".join(words.text for words in line) for line in lines)

    found = compared((None, None, old), (None, None, new)).rows
    assert [(said(row.old), said(row.new)) for row in found if not isinstance(row, int)] == rows


def test_all_captures_are_listed_with_what_they_gave(site: Site) -> None:
    page = site.page(f"/-/article/{COUNCIL}")
    told = bare(section(page, "captures"))
    assert told.count("200") == 5
    for said in ("the present text", "unchanged, rendered", "page 2 of a text", "8 bytes", "not yet"):
        assert said in told
    assert "runs over 2 pages" in page
    proof = bare(section(site.page(f"/-/article/{FERRY}"), "proof"))
    assert "Leaf 2 among the 3 of seal 1" in proof
    assert f"tearsheet show {FERRY} --proof" in proof


def test_the_source_is_shown_as_text_only(site: Site) -> None:
    number = site.rows(f"/archive/articles.json?id={FERRY}&_shape=array&_col=capture_id")[0]["capture_id"]
    number = number["value"] if isinstance(number, dict) else number
    assert f'href="/-/capture/{number}"' in site.page(f"/-/article/{FERRY}")
    answer = site.get(f"/-/capture/{number}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "<script>alert(1)</script>" in answer.text
    assert "<p>café</p>" in answer.text  # the page is in Latin-1 and says so
    assert site.get("/-/capture/999999").status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [("body = x'00'", 500, "damaged"), ("body = x'', codec = 'pruned'", 404, "no body was kept")],
)
def test_a_source_that_cannot_be_shown_says_why(tmp_path: Path, change: str, status: int, said: str) -> None:
    path = stock(tmp_path / "archive.db")
    db = Database(path)
    with db.conn:
        db.conn.execute(f"UPDATE payloads SET {change}")
    answer = Site(path).get("/-/capture/1")
    assert answer.status_code == status
    assert said in answer.text


def test_notices_say_what_is_not_as_usual(site: Site) -> None:
    page = site.page(f"/-/article/{WIRE}")
    for said in ("was found deleted on 9 November 2026", "comes from the outlet's feed", "A live blog"):
        assert said in page


def test_an_article_is_cited_in_three_forms(site: Site) -> None:
    page = site.page(f"/-/article/{FERRY}")
    plain = site.get(f"/-/article/{FERRY}.txt")
    assert plain.text.startswith("Maud Ferris, “Ferry stays in port”, The Harbour Post, 15 November 2017, https://post")
    assert plain.headers["content-disposition"] == f'attachment; filename="article-{FERRY}.txt"'
    assert "".join(plain.text.split()) in "".join(bare(page).replace(" ", "").split())
    assert "@article{post2017-" in site.page(f"/-/article/{FERRY}.bib")
    (item,) = json.loads(site.page(f"/-/article/{FERRY}.csl.json"))
    assert item["title"] == "Ferry stays in port"
    assert "@article{post2017-" in page
    assert "&#34;article-newspaper&#34;" in page
    assert site.get("/-/article/12.bib").status_code == 404


def test_a_digest_leads_to_the_exact_text(site: Site) -> None:
    digest = hashlib.sha256(_FIRST.encode()).hexdigest()
    page = site.page(f"/-/digest/{digest[:8]}")
    assert "before April." in page
    assert "shown from 1 November 2026, 06:00 UTC until 2 November 2026, 06:00 UTC" in bare(page)
    text = site.get(f"/-/digest/{digest[:12].upper()}.txt")
    assert text.headers["content-type"].startswith("text/plain")
    assert hashlib.sha256(text.content).hexdigest() == digest
    same = site.rows(f"/archive/articles.json?id={FERRY}&_shape=array&_col=digest")[0]["digest"]
    page = site.page(f"/-/digest/{same}")
    assert "2 times in this archive" in bare(page)
    assert f'href="/-/digest/{same}"' in site.page(f"/-/article/{FERRY}")
    assert "at least 8 digits" in site.page(f"/-/digest/{digest[:7]}", 404)
    assert "No article has or had" in site.page("/-/digest/0123456789", 404)


def test_digits_that_tell_several_texts_list_them(tmp_path: Path) -> None:
    path = stock(tmp_path / "archive.db")
    db = Database(path)
    with db.conn:
        for number, last in ((FERRY, "1"), (WIRE, "2")):
            db.conn.execute("UPDATE articles SET digest = ? WHERE id = ?", ("ab" * 31 + "0" + last, number))
    site = Site(path)
    page = site.page("/-/digest/abababab", 300)
    assert "/-/digest/" + "ab" * 31 + "01" in page
    assert "/-/digest/" + "ab" * 31 + "02" in page
    assert site.get("/-/digest/abababab.txt").status_code == 404


def test_one_can_leaf_through_a_source(site: Site) -> None:
    page = site.page(f"/-/article/{FERRY}").partition('<nav class="near"')[2].partition("</nav>")[0]
    assert f"/-/article/{COUNCIL}" in page
    page = site.page(f"/-/article/{COUNCIL}").partition('<nav class="near"')[2].partition("</nav>")[0]
    assert f"/-/article/{FERRY}" in page


def test_an_article_that_is_not_there(site: Site) -> None:
    assert "holds no article 12." in site.page("/-/article/12", 404)
    site.page("/-/article/9999999999999999999", 404)
    assert "court order 7/26" in site.page("/-/article/77", 410)


@pytest.mark.parametrize("query", ["", "?cuts=1", "?from=1&to=2&diff=side", ".txt", ".bib", ".csl.json"])
def test_hostile_rows_stay_text(site: Site, query: str) -> None:
    answer = site.get(f"/-/article/{HOSTILE}{query}")
    if "text/html" in answer.headers["content-type"]:
        for trick in (
            "<script>alert",
            "<img src=x",
            "<svg onload",
            'href="javascript:',
            'href="data:',
            'lang="en&#34;',
        ):
            assert trick not in answer.text
    assert OVERRIDE not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


# notes


def _post(site: Site, path: str, **form: str) -> Any:
    """A form as a browser sends it: with the token of the page before, and from the same origin."""

    async def send() -> Any:
        reader = {"ds_actor": site.datasette.sign({"a": {"id": "maud"}}, "actor")}
        page = await site.datasette.client.get(f"/-/article/{COUNCIL}", cookies=reader)
        token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)
        return await site.datasette.client.post(
            path, data={**form, "csrftoken": token[1] if token else ""}, cookies={**reader, **dict(page.cookies)},
            headers={"sec-fetch-site": "same-origin", "origin": "http://localhost"}, follow_redirects=False,
        )  # fmt: skip

    return asyncio.run(send())


@pytest.fixture
def desk(path: Path, tmp_path: Path) -> Site:
    """The archive at a desk where everybody may write."""
    copy = tmp_path / "archive.db"
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    desk = Site(copy)
    serve_on(desk.datasette, Terms(annotate=True))
    return desk


def test_readers_note_edit_and_delete(desk: Site) -> None:
    here = f"/-/article/{ARABIC}"
    answer = _post(desk, f"{here}/notes", tags="#Harbour loan, Ferry", text="<b>asked</b> the mayor\nagain")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}#notes")
    told = section(desk.page(here), "notes")
    assert 'href="/-/search?q=tag:harbour-loan"' in told
    assert "<bdi>maud</bdi>" in told
    assert "&lt;b&gt;asked&lt;/b&gt; the mayor\nagain" in told
    number = re.search(r'id="text-(\d+)"', told)
    assert number
    _post(desk, f"{here}/notes", note=number[1], do="edit", text="asked once")
    told = section(desk.page(here), "notes")
    assert "asked once" in told
    assert ", edited" in told
    for note in set(re.findall(r'name="note" value="(\d+)"', told)):
        _post(desk, f"{here}/notes", note=note, do="remove")
    told = section(desk.page(here), "notes")
    assert "asked once" not in told
    assert "#ferry" not in told
    assert _post(desk, "/-/article/12/notes", text="x").status_code == 404
    assert _post(desk, f"{here}/notes", text="x" * 300_000).status_code == 413


def test_who_may_not_write_sees_no_form_and_is_refused(site: Site) -> None:
    assert "<textarea" not in site.page(f"/-/article/{ARABIC}")
    assert _post(site, f"/-/article/{ARABIC}/notes", text="mine").status_code == 403
    assert "Readers' notes" not in site.page(f"/-/article/{ARABIC}")


# long articles


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One article with two million characters, five thousand cuts, five hundred earlier texts and as many captures."""
    path = tmp_path_factory.mktemp("long") / "archive.db"
    db = open_shelf(path)
    add_source(db, "post", "The Harbour Post")
    line = "The ferry to the islands will not sail before March, its operator said on Monday. "
    text = "\n\n".join(f"{n}. {line * 5}" for n in range(5000))
    step = len(text) // 5000
    at = [f"2026-11-20T{n // 60:02}:{n % 60:02}:00Z" for n in range(502)]
    with db.conn:
        db.conn.execute("INSERT INTO payloads (id, digest, codec, size, body) VALUES (1, 'd', 'pruned', 1, x'')")
        db.conn.executemany(
            "INSERT INTO captures (id, source_id, url, urlkey, fetched_at, status, payload_id, outcome)"
            " VALUES (?, 'post', 'https://post.example/1', 'k', ?, 200, 1, 'article')",
            [(n, at[n]) for n in range(1, 502)],
        )
        values = (_LONG, "post", 501, "https://post.example/1", "k", _day(20), 1, 1, "f" * 64, "5f1d8a0c9b7e4321", text)
        db.conn.execute(
            "INSERT INTO articles (id, source_id, capture_id, url, urlkey, first_seen_at, word_count, removed_chars,"
            f" digest, recipe_id, text) VALUES ({', '.join('?' * len(values))})",
            values,
        )
        db.conn.executemany(
            "INSERT INTO removals VALUES (?, ?, ?, ?, 'body', 'share-counts', ?, '[]')",
            [(_LONG, n, n * (step + 9), n * (step + 9) + 9, f"cut {n:05}") for n in range(5000)],
        )
        db.conn.executemany(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, 'Ferry', NULL, ?, ?)",
            [(_LONG, n, n, at[n], at[n + 1], f"{n:064}", f"{text[:100_000]} {n}") for n in range(1, 501)],
        )
    db.close()
    return Site(path)


def test_a_long_article_stays_quick_and_small(long: Site) -> None:
    here = f"/-/article/{_LONG}"
    long.page(here)
    begun = time.process_time()
    page = long.page(here)
    assert time.process_time() - begun < 1  # a tenth of it, on a machine with nothing else to do
    assert len(page.encode()) < 150_000
    told = bare(page)
    for said in ("Part 1 of", "5,000 cuts", "All 500 edits", "All captures"):
        assert said in told, said
    last = int(re.search(r"Part 1 of (\d+)", told)[1])  # type: ignore[index]
    seen = []
    for number in (1, 2, last):
        body = long.page(f"{here}?part={number}").partition('<div class="body"')[2].partition("</article>")[0]
        seen.append([int(one) for one in re.findall(r"cut (\d{5})", body)])
        assert len(body) < 150_000
    assert seen[0] == list(range(len(seen[0])))  # each cut stands in one part
    assert seen[1] == list(range(len(seen[0]), len(seen[0]) + len(seen[1])))
    assert seen[2][-1] == 4999
    for query in ("?versions=all", "?captures=all"):
        assert len(long.page(here + query).encode()) < 450_000
    assert "There is more than a page can show" not in long.page(f"{here}?from=1&to=500")
    assert "cut" in long.page(f"{here}?part=99999")


def test_parts_of_a_text_are_the_whole_text() -> None:
    text = "\n\n".join(f"{n}. It rained all day and nobody went out." for n in range(9000)) + "x" * 90_000
    parts: list[str] = []
    for number in range(1, reading.parts(len(text)) + 1):
        start, stop = reading.stretch(number, len(text))
        place, part = reading.part_of(text[start:stop], number, len(text))
        assert place == sum(map(len, parts))
        parts.append(part)
    assert "".join(parts) == text
    assert max(map(len, parts)) <= 2 * reading.PART
