"""Stories carried by several outlets, as the archive tells them while articles come, change and go."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.fingerprint import fingerprint
from pipelines.store import dedupe
from pipelines.store.writer import Writer
from pipelines.types import Article, Capture, Reason, Reject
from tests.store_values import article, capture, check_whole, put
from tests.test_alike import prose

TABLES = ("bands", "similar", "clusters", "copies")
STORY = prose(100, 8)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    with Writer.open(tmp_path / "archive.db") as writer:
        yield writer
        check_whole(writer)


def told(outlet: str, paragraphs: Iterable[str], hour: float = 0, **values: Any) -> tuple[Capture, Article]:
    """A page of an outlet and what it was read as; published `hour` hours after midnight of the first of May."""
    url, text = f"https://{outlet}.example/{values.pop('name', 'story')}", "\n\n".join(paragraphs)
    at = f"2024-05-01T{int(hour):02}:{round(hour % 1 * 60):02}:00Z"
    given = {"published_at": at, "published_precision": "minute", "title": f"{outlet} tells"} | values
    seen = given.pop("seen", hour)
    found = article(url, text, source=outlet, fingerprint=fingerprint(text), **given)
    return capture(url, hours=float(seen) + 24, source=outlet), found


def tell(writer: Writer, *pages: tuple[Capture, Article]) -> None:
    with writer.transaction():
        for page, found in pages:
            put(writer, page, found)


def stories(writer: Writer) -> dict[str, list[str]]:
    """The outlets of each story, under that of its head."""
    rows = writer.db.execute("SELECT first, source_id FROM syndication ORDER BY head_id, source_id")
    found: dict[str, list[str]] = {}
    for first, source in rows:
        found.setdefault(first, []).append(source)
    return found


def state(writer: Writer, tables: Iterable[str] = TABLES) -> dict[str, list[Any]]:
    return {name: sorted(map(tuple, writer.db.execute(f"SELECT * FROM {name}"))) for name in tables}


def by_address(writer: Writer) -> list[list[tuple[Any, ...]]]:
    """Pairs, clusters and copies with addresses in the place of ids."""
    urls = dict(writer.db.execute("SELECT id, url FROM articles").fetchall())
    pairs = writer.db.execute("SELECT article_id, other_id, kind, score FROM similar").fetchall()
    heads = writer.db.execute("SELECT * FROM clusters").fetchall()
    copies = writer.db.execute("SELECT * FROM copies").fetchall()
    return [
        sorted((*sorted((urls[one], urls[other])), *rest) for one, other, *rest in pairs),
        *(sorted((urls[one], urls[other], *rest) for one, other, *rest in rows) for rows in (heads, copies)),
    ]


def test_who_had_it_first_and_what_each_made_of_it(writer: Writer) -> None:
    tell(
        writer,
        told("post", [*STORY[:5], "“We were never asked,” a captain said on the quay."], 9.5, title="Ferry stays"),
        told("wire", STORY, 8, title="Ferry out of service"),
        told("echo", [*prose(101, 12), *STORY, *prose(102, 6)], 20),
        told("herald", prose(103), 7),
    )
    rows = {row["source_id"]: row for row in writer.db.query("SELECT * FROM syndication")}
    assert set(rows) == {"post", "wire", "echo"}
    assert {row["first"] for row in rows.values()} == {"wire"}
    assert {name: row["hours_behind"] for name, row in rows.items()} == {"wire": 0, "post": 1.5, "echo": 12}
    post, echo = rows["post"], rows["echo"]
    assert (post["new_title"], post["kept"], post["cut"], post["added"]) == (1, 5, 3, 1)
    assert post["cut_chars"] == sum(map(len, STORY[5:]))
    assert post["of_own"] > 0.9
    assert post["of_head"] == pytest.approx(5 / 8, abs=0.03)
    assert (echo["kept"], echo["cut"], echo["added"]) == (8, 0, 18)
    assert echo["of_head"] > 0.99
    assert echo["of_own"] == pytest.approx(8 / 26, abs=0.03)
    kinds = dict(writer.db.execute("SELECT source_id, kind FROM similar JOIN articles ON id = article_id").fetchall())
    assert kinds["echo"] == "contains"  # the longer one comes first


def many_stories() -> list[tuple[Capture, Article]]:
    """Stories that split, chain and contain each other, with times that tie."""
    pages = []
    for n in range(4):
        text = prose(200 + n, 9)
        pages += [
            told(f"wire{n}", text, 6 + n, agency=f"Wire{n}"),
            told(f"post{n}", text[:5], 5 + n, published_at="2024-05-01", published_precision="day", agency=f"Wire{n}"),
            told(f"echo{n}", [*text[4:], *prose(300 + n, 1)], 9 + n, published_at=f"2024-05-01T{6 + n:02}:00:00"),
            told(f"late{n}", text, 12.5 + n),
            told(f"late{n}", [*prose(400 + n, 5), *STORY[:3]], 13.25 + n, name="other"),
        ]
    briefs = [told(f"brief{n}", prose(200 + n, 9)[:2], 14 + n) for n in range(4)]
    round_up = told("round-up", [line for n in range(4) for line in prose(200 + n, 9)[:2]], 20)
    return [*pages, *briefs, round_up]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_articles_come_makes_no_difference(tmp_path: Path, seed: int) -> None:
    found = []
    for order in (0, seed + 1):
        pages = many_stories()
        if order:
            random.Random(order).shuffle(pages)
        with Writer.open(tmp_path / f"{order}.db") as writer:
            tell(writer, *pages)
            found.append((stories(writer), by_address(writer)))
    assert found[0] == found[1]
    assert {"wire0", "post0", "echo0", "late0", "brief0"} <= set(found[0][0]["wire0"])
    assert all("round-up" not in members for members in found[0][0].values())


def test_standing_text_of_an_outlet_is_no_story(writer: Writer) -> None:
    standing = prose(500, 3, 50)
    tell(writer, *(told("post", [*prose(600 + n, 3), *standing], n / 10, name=f"n{n}") for n in range(70)))
    assert state(writer, TABLES[1:]) == {"similar": [], "clusters": [], "copies": []}
    tell(writer, told("echo", [*prose(640, 3), "More follows."], 11))  # of one among them
    assert stories(writer) == {"post": ["echo", "post"]}


def test_one_outlet_twice_at_two_addresses(writer: Writer) -> None:
    tell(writer, told("post", STORY, 1), told("post", STORY, 2, name="again", title="Another headline"))
    assert [row[2] for row in state(writer)["similar"]] == ["exact"]
    assert stories(writer) == {"post": ["post", "post"]}


def test_a_story_carried_by_many_is_one(writer: Writer) -> None:
    pages = [told(f"outlet{n}", [*STORY[: 8 - n % 3], *prose(700 + n, 1)], n / 10) for n in range(40)]
    random.Random(1).shuffle(pages)
    tell(writer, *pages)
    assert {first: len(members) for first, members in stories(writer).items()} == {"outlet0": 40}
    (pairs,) = writer.db.execute("SELECT count(*) FROM similar").fetchone()
    assert pairs <= 40 * 16


def test_an_edit_leaves_one_story_and_joins_another(writer: Writer) -> None:
    other = prose(800)
    tell(writer, told("wire", STORY, 1), told("post", STORY, 2), told("echo", other, 3))
    assert stories(writer) == {"wire": ["post", "wire"]}
    tell(writer, told("post", other, 2, seen=30))
    assert stories(writer) == {"post": ["echo", "post"]}
    tell(writer, told("post", prose(801), 2, seen=31))
    assert stories(writer) == {}
    assert not any(state(writer, TABLES[1:]).values())


def test_a_story_falls_apart_without_the_article_that_held_it_together(writer: Writer) -> None:
    long = prose(900, 12)
    tell(writer, told("east", long[:6], 3), told("west", long[6:], 4), told("whole", long, 5))
    tell(writer, told("east2", long[:5], 6), told("west2", long[7:], 7))
    assert stories(writer) == {"east": ["east", "east2", "west", "west2", "whole"]}
    page, _ = told("whole", long, 5)
    (capture_id,) = writer.db.execute("SELECT capture_id FROM articles WHERE source_id = 'whole'").fetchone()
    writer.store(capture_id, page, Reject(Reason.TOO_SHORT))
    assert stories(writer) == {"east": ["east", "east2"], "west": ["west", "west2"]}


def test_the_head_goes_with_what_is_known_of_times_and_agencies(writer: Writer) -> None:
    page, found = told("post", STORY, 9)
    first, _ = put(writer, page, found)
    tell(writer, told("wire", STORY, 8))
    assert list(stories(writer)) == ["wire"]
    _, earlier = told("post", STORY, 7)
    writer.store(first, page, earlier)  # the same capture, read again
    assert list(stories(writer)) == ["post"]
    assert [row[1] for row in writer.db.execute("SELECT article_id, head_id, kept FROM copies")] == [
        writer.db.execute("SELECT id FROM articles WHERE source_id = 'post'").fetchone()[0]
    ]
    same_minute = told("post", STORY, 8, credit="Wire")[1]
    writer.store(first, page, same_minute)
    assert list(stories(writer)) == ["wire"]


def test_whoever_deletes_the_head_leaves_the_others_together(writer: Writer) -> None:
    tell(writer, told("wire", STORY, 8), told("post", STORY[:6], 9), told("echo", STORY, 10))
    with writer.transaction() as connection:
        connection.execute("DELETE FROM articles WHERE source_id = 'wire'")
    assert stories(writer) == {"post": ["echo", "post"]}
    dedupe.rebuild(writer)
    assert stories(writer) == {"post": ["echo", "post"]}
    assert writer.db.execute("SELECT count(*) FROM copies").fetchone()[0] == 1


def test_all_of_it_can_be_made_anew_from_the_texts(writer: Writer) -> None:
    tell(writer, *many_stories())
    before = state(writer)
    with writer.transaction() as connection:
        for name in TABLES:
            connection.execute(f"DELETE FROM {name}")
        connection.execute("INSERT INTO bands SELECT 3, id, id FROM articles")  # of another scheme
    done: list[int] = []
    assert dedupe.rebuild(writer, progress=done.append) == len(many_stories()) == done[-1]
    assert state(writer) == before
    dedupe.rebuild(writer)
    assert state(writer) == before


def test_the_command_shows_what_each_made_of_it(tmp_path: Path) -> None:
    db = tmp_path / "stories.db"
    with Writer.open(db) as writer:
        tell(writer, told("wire", STORY, 8, agency="AFP"), told("post", [*STORY[:6], "Nobody was asked here."], 9.5))
        tell(writer, told("herald", prose(950), 7))

    def story(name: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipelines.cli", "story", f"https://{name}.example/story", "--db", str(db)]
        return subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=120)

    shown = story("post").stdout
    assert shown.splitlines()[:2] == ["wire: wire tells", "  1 May 2024, 08:00 UTC · first · credits AFP"]
    assert "1.5 hours after the first" in shown
    assert f"  - {STORY[7]}" in shown
    assert "  + Nobody was asked here." in shown
    rows = json.loads(story("wire", "--json").stdout)
    assert [row["source_id"] for row in rows] == ["wire", "post"]
    assert rows[1]["paragraphs_cut"] == STORY[6:]
    alone = story("herald", "--json")
    assert (alone.returncode, json.loads(alone.stdout)) == (0, [])
    assert "no other article" in alone.stderr
    assert "holds no article" in story("nobody").stderr


def test_lookups_search_and_never_scan(writer: Writer) -> None:
    asked: list[str] = []
    writer.db.conn.set_trace_callback(asked.append)
    tell(writer, told("wire", STORY, 8), told("post", STORY, 9))
    writer.db.conn.set_trace_callback(None)
    looked = {
        one for one in asked if any(table in one for table in TABLES) and not one.startswith(("--", "INSERT INTO b"))
    }
    assert any("similar" in one for one in looked)
    for statement in looked:
        plan = [str(row[3]) for row in writer.db.execute(f"EXPLAIN QUERY PLAN {statement}")]
        scanned = [step for step in plan if step.startswith("SCAN") and "VIRTUAL" not in step]
        assert not [step for step in scanned if not step.startswith("SCAN (subquery-")], (
            statement,
            plan,
        )  # its rows were searched for
        assert not [step for step in plan if step.endswith("(band=?)")], (statement, plan)  # a whole band
