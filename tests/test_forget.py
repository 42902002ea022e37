"""Forgetting: no word of the article is left in any byte of the file, and nothing brings it back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.store.archive import Archive
from pipelines.store.payloads import body_of
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Feed, Fetched
from tests.store_values import START, check_whole, rows
from tests.test_cli import Desk, Said

SITE = "https://courier.example"
SECRET = f"{SITE}/2024/05/zwickelmayer-sold-the-lighthouse"
OTHER = f"{SITE}/2024/05/harbour-gets-a-new-crane"
FEED = Feed(source="courier", url=f"{SITE}/feed.xml")
TITLE = "Zwickelmayer sold the lighthouse “for a song” & left"
#: What was never to be seen again: sentences of both texts, headlines, the author, the slug.
WORDS = (
    "the lighthouse keeper Ottokar Zwickelmayer signed the deed at midnight",
    "neighbours heard the gramophone of the keeper until the ferry had gone",
    "the deed was signed at noon, as the notary of Ostby has now made clear",
    "Zwickelmayer sold the lighthouse",
    "Lighthouse changes hands after midnight deal",
    "Philippa Quendelstein",
    "zwickelmayer-sold-the-lighthouse",
    "A keeper leaves his post and takes the lamp along",
)
SENTENCE = f"On Monday {WORDS[0]}, and {WORDS[1]}."
LATER = f"On Monday {WORDS[2]}, and nobody in the village would say any more about it."
FILLER = (
    "The council of Ostby met in the evening to talk about the quay, the school roof and the price of herring.",
    "Its chair, a retired pilot, reminded everyone that the tide table for the winter had still not been printed.",
    "Two fishermen asked for a longer pier, and were told that there was no money for any pier this year.",
)
CRANE = (
    "The harbour of Ostby gets a crane that can lift forty tonnes, the port said on Thursday morning.",
    "It was built in a yard on the mainland, came by barge, and is painted in the yellow of the old trams.",
    "The port's engineer promised that unloading a coaster would take four hours and no longer a whole day.",
)
RECIPE = Recipe.default({})


def page(url: str, title: str, *paragraphs: str, author: str = "Nils Amber", aside: str = "") -> bytes:
    facts = {"@type": "NewsArticle", "headline": title, "author": {"name": author}, "datePublished": "2024-05-01T09:00"}
    lines = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="canonical" href="{url}"><script type="application/ld+json">{json.dumps(facts)}</script></head>'
        f"<body><article><h1>{title}</h1>{lines}</article>{aside}</body></html>"
    ).encode()


def take(writer: Writer, url: str, body: bytes, *, hours: float = 0, entry: Entry | None = None) -> str:
    """Keep and read a page; what became of it."""
    capture = Capture(
        url=url, fetched_at=START + timedelta(hours=hours), source="courier", body=body, entry=entry, mime="text/html"
    )
    kept = writer.keep(Fetched(capture=capture))
    return "unchanged" if kept.unchanged else writer.store(kept.capture_id, capture, process(capture, RECIPE))


def secret(*paragraphs: str, title: str = TITLE) -> bytes:
    return page(SECRET, title, *paragraphs, author=WORDS[5])


LISTED = Entry(
    url=f"{SECRET}?utm_source=rss",
    source="courier",
    title=TITLE,
    authors=(WORDS[5],),
    tags=("zwickelmayer-sold-the-lighthouse",),
    content=f"<p>{WORDS[7]}.</p><p>{SENTENCE}</p>",
)
CRANE_LISTED = Entry(url=OTHER, source="courier", title="Harbour gets a new crane")


def poll(writer: Writer, *entries: Entry, hours: float = 0) -> None:
    body = json.dumps([[one.url, one.title, one.content] for one in entries]).encode()
    capture = Capture(url=FEED.url, fetched_at=START + timedelta(hours=hours), source="courier", body=body)
    writer.keep(Fetched(capture=capture, feed=FEED, entries=entries))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An archive with an article in two texts, listed by a feed that has it whole; another page links to it."""
    desk = Desk(tmp_path)
    with Writer.open(desk.db) as writer:
        poll(writer, LISTED, CRANE_LISTED)
        take(writer, SECRET, secret(SENTENCE, *FILLER, title=WORDS[4]), hours=1, entry=LISTED)
        take(writer, SECRET, secret(LATER, *FILLER), hours=2, entry=LISTED)
        take(writer, SECRET, secret(LATER, *FILLER) + b" ", hours=3)
        aside = f'<aside><h3>Read more</h3><ul><li><a href="{SECRET}">{TITLE}</a></li></ul></aside>'
        linked = f'{CRANE[1]} <a href="{SECRET}">As we wrote</a>, the island is changing.'
        take(writer, OTHER, page(OTHER, CRANE_LISTED.title or "", CRANE[0], linked, CRANE[2], aside=aside), hours=4)
        writer.fail(f"{SECRET}/amp", "courier", "timeout", f"{SECRET}/amp took too long")
    assert rows(desk.db, "SELECT count(*) FROM articles") == [(2,)]
    assert rows(desk.db, "SELECT count(*) FROM revisions") == [(1,)]
    return desk


def remains(desk: Desk) -> list[str]:
    """Which of the words stand in any byte of the files, or in anything that is packed in them."""
    files = [path for path in desk.folder.iterdir() if path.name.startswith("archive.db") and path.suffix != ".lock"]
    data = [path.read_bytes() for path in files]
    with Archive(desk.db) as archive:
        data += [body_of(archive.db.conn, one) or b"" for (one,) in archive.db.execute("SELECT id FROM payloads")]
        data += [zlib.decompress(one) for (one,) in archive.db.execute("SELECT packed FROM extractions")]
        data += [one for (one,) in archive.db.execute("SELECT body FROM dictionaries")]
    return [
        word
        for word in (*WORDS, "Zwickelmayer", "gramophone")
        if any(word.lower().encode() in one.lower() for one in data)
    ]


def forget(desk: Desk, *arguments: str) -> Said:
    return desk("forget", SECRET, "--reason", "court order 7/26", *arguments)


@pytest.mark.parametrize("flags", [("--yes",), ("--yes", "--vacuum")])
def test_no_word_is_left_in_any_byte(desk: Desk, flags: tuple[str, ...]) -> None:
    assert set(remains(desk)) == {*WORDS, "Zwickelmayer", "gramophone"}
    said = forget(desk, *flags)
    assert said.code == 0, said.err
    assert "forgotten: 1 article" in said.err
    assert remains(desk) == []
    assert desk("search", "gramophone").out == ""
    assert rows(desk.db, "SELECT title FROM articles") == [("Harbour gets a new crane",)]
    assert "forty tonnes" in rows(desk.db, "SELECT text FROM articles")[0][0]
    assert desk("search", "tonnes").out
    with Writer.open(desk.db) as writer:
        check_whole(writer)


def test_a_tombstone_says_why_and_nothing_undoes_it(desk: Desk) -> None:
    forget(desk, "--yes")
    assert "was forgotten on 20" in (line := desk("show", SECRET).error)
    assert "court order 7/26" in line
    ((article_id, digest),) = set(rows(desk.db, "SELECT article_id, digest FROM takedowns"))
    assert len(digest) == 64
    assert "was forgotten on" in desk("show", str(article_id)).error
    before = rows(desk.db, "SELECT count(*) FROM articles")
    with Writer.open(desk.db) as writer:
        poll(writer, LISTED, CRANE_LISTED, hours=10)
        assert writer.queued() == 0
        assert take(writer, SECRET, secret(LATER, *FILLER), hours=11) == "unchanged"
        amp = SECRET.replace("courier", "m.courier")
        assert take(writer, amp, secret(LATER, *FILLER), hours=12) == "unchanged"
        moved = f"{SITE}/moved/here"
        assert take(writer, moved, secret(LATER, *FILLER), hours=13) == "rejected:forgotten"  # its canonical address
        body = page(f"{SITE}/new/place", TITLE, LATER, *FILLER)
        assert take(writer, f"{SITE}/new/place", body, hours=14) == "rejected:forgotten"  # its very text
        assert take(writer, f"{SITE}/new/place", body + b" ", hours=15) == "unchanged"
        check_whole(writer)
    assert rows(desk.db, "SELECT count(*) FROM articles") == before
    assert rows(desk.db, "SELECT DISTINCT codec FROM payloads WHERE codec <> 'zstd'") == [("forgotten",)]
    assert rows(desk.db, "SELECT count(*) FROM captures WHERE outcome IS NULL") == [(0,)]
    said = desk("process", "--where", "true")
    assert said.code == 0, said.err
    assert rows(desk.db, "SELECT count(*) FROM articles") == before
    assert remains(desk) == []


def test_captures_stay_as_digests(desk: Desk) -> None:
    before = rows(desk.db, "SELECT id, fetched_at, status FROM captures")
    digests = rows(desk.db, "SELECT digest, size FROM payloads ORDER BY id")
    forget(desk, "--yes")
    assert rows(desk.db, "SELECT id, fetched_at, status FROM captures") == before
    assert rows(desk.db, "SELECT digest, size FROM payloads ORDER BY id") == digests
    blank = rows(desk.db, "SELECT url, urlkey, final_url, headers, entry FROM captures WHERE outcome = 'forgotten'")
    assert len(blank) == 3
    assert all(url == key and key.startswith("urn:sha256:") for url, key, *_ in blank)
    assert {tuple(rest) for _, _, *rest in blank} == {(None, "[]", None)}


def test_a_dry_run_and_a_missing_answer_change_nothing(desk: Desk) -> None:
    before = desk.db.read_bytes()
    said = forget(desk, "--dry-run", "--json")
    assert json.loads(said.out)[0] | {"id": 0} == {
        "id": 0, "source": "courier", "title": TITLE, "addresses": 1, "revisions": 1, "captures": 3,
    }  # fmt: skip
    assert "2 feeds or pages" in said.err
    assert "nothing is changed: --dry-run" in said.err
    assert "add --yes" in forget(desk).error
    assert desk.db.read_bytes() == before


def test_what_is_unknown_is_told_in_a_line(desk: Desk) -> None:
    assert "holds no article 'nothing'" in desk("forget", "nothing", "--reason", "x", "--yes").error
    assert "name articles by ID, or with --where" in desk("forget", "--reason", "x").error
    assert "condition on columns of articles" in desk("forget", "--where", "nix = 1", "--reason", "x").error
    assert desk("forget", "--where", "false -- nobody's", "--reason", "x").code == 0
    assert "--reason" in desk("forget", SECRET).err


def test_a_copy_keeps_what_is_its_own(desk: Desk) -> None:
    """A wire copy of another outlet stays, and becomes the head of what is left of the story."""
    wire = " ".join((SENTENCE, *FILLER, *CRANE))
    with Writer.open(desk.db) as writer:
        for n, source in enumerate(("alpha", "beta", "gamma")):
            url = f"https://{source}.example/wire-story-{n}"
            capture = Capture(
                url=url,
                fetched_at=START + timedelta(hours=20 + n),
                source=source,
                body=page(url, f"Wire story number {n}", *(f"{one}." for one in wire.split(". "))),
                mime="text/html",
            )
            kept = writer.keep(Fetched(capture=capture))
            writer.store(kept.capture_id, capture, process(capture, RECIPE))
    ((head,),) = rows(desk.db, "SELECT DISTINCT head_id FROM clusters")
    before = rows(desk.db, "SELECT article_id FROM clusters WHERE article_id <> ? ORDER BY 1", head)
    said = desk("forget", str(head), "--reason", "licence", "--yes")
    assert said.code == 0, said.err
    left = rows(desk.db, "SELECT article_id, head_id FROM clusters ORDER BY 1")
    assert [(one,) for one, _ in left] == before
    assert len(left) > 1
    assert {one for _, one in left} <= {one for one, _ in left}
