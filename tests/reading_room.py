"""A small archive with one of everything a reader meets, hostile rows among them, and Datasette over it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import yaml
from datasette.app import Datasette
from sqlite_utils import Database

from tests.shelf import add_article, add_capture, add_source, insert, open_shelf

ROOT = Path(__file__).parent.parent
METADATA = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))
FERRY, WIRE, COUNCIL, OLD, ARABIC, HOSTILE = range(1001 << 20, 1007 << 20, 1 << 20)
OVERRIDE = "\u202e"
_TEXT = (
    "The ferry to the islands will not sail before March, its operator said.\n\n"
    "Cracks below the waterline\n\n"
    "Divers found cracks in both landing stages, and nobody will be asked to step onto them."
)
_SOURCE = b"<!doctype html><meta charset=iso-8859-1><title>Ferry</title><script>alert(1)</script><p>caf\xe9</p>"


class Site:
    """Datasette over a database, asked in process."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.datasette = Datasette([str(path)], **{"metadata": METADATA, **options})

    def get(self, path: str) -> Any:
        return asyncio.run(self.datasette.client.get(path))

    def page(self, path: str, status: int = 200) -> str:
        answer = self.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
        return str(answer.text)

    def rows(self, path: str) -> Any:
        return json.loads(self.page(path))


def stock(path: Path) -> Path:
    """The archive, written to `path`."""
    db = open_shelf(path)
    _fill(db)
    db.close()
    return path


def _fill(db: Database) -> None:
    add_source(db, "post", "The Harbour Post", language="en")
    add_source(db, "wire", "Northern Wire", language="en")
    add_source(db, "sahil", "الساحل", language="ar")
    claims = [
        {"field": "published_at", "value": "2017-11-15", "origin": "text"},
        {"field": "published_at", "value": "2017-11-14T23:00:00Z", "origin": "feed"},
        {"field": "authors", "value": ["Maud Ferris"], "origin": "jsonld"},
    ]
    add_article(
        db, FERRY, "post", "Ferry stays in port", _TEXT, body=_SOURCE, claims=claims, language="en",
        cuts=(("share-counts", "before", "52 shares"), ("dateline", "before", "PORT ELLIS –"),
              ("learned-9f2c", "inside", "Sign up for our letter"), ("copyright-footer", "after", "© Harbour Post")),
        description="School run moves to the pilot cutter.", authors=["Maud Ferris"], agency="Northern Wire",
        dateline="Port Ellis", section="Region", tags=["ferry"], captions=["The Ellis Maid. Photo: Brandt"],
        image="https://post.example/ferry.jpg", links=["https://council.example/agenda"], paywalled=1,
        published_at="2017-11-15", published_precision="day", published_from="text",
    )  # fmt: skip
    add_article(
        db, WIRE, "wire", "Island ferry out of service", _TEXT, language="en", agency="Northern Wire",
        published_at="2017-11-15T04:38:00Z", published_precision="minute", published_from="jsonld",
    )  # fmt: skip
    add_article(
        db, COUNCIL, "post", "Council votes on a loan", "The council will vote on the ferry loan next week.",
        language="en", published_at="2017-11-16T09:00:00", published_precision="minute", published_from="meta",
    )  # fmt: skip
    add_article(db, OLD, "wire", "Storm tears away the mole", "A storm tore away a section of the mole.")
    add_article(db, ARABIC, "sahil", "توقف العبّارة", "قالت الشركة إن العبّارة (Ellis Maid) لن تعمل.", language="ar")
    _fill_hostile(db)
    _fill_company(db)


def _fill_hostile(db: Database) -> None:
    """Every column a page can write to, with what a hostile one would write."""
    script = "<script>alert({})</script>".format
    add_article(
        db, HOSTILE, "wire", f"{script(0)} {OVERRIDE}title", f"<img src=x onerror=alert(1)> {OVERRIDE}body",
        cuts=(("share-counts", "after", "<svg onload=alert(2)>"),), url="javascript:alert(3)",
        language=f'en">{script(4)}', section=script(5), agency=script(6), description=f"</p>{script(7)}",
        authors=[script(8)], tags=[script(9)], captions=[script(10)], links=["javascript:alert(12)"],
        image="data:text/html,<script>alert(11)</script>",
        claims=[{"field": script(13), "value": script(14), "origin": "page:<script>"}],
    )  # fmt: skip


def _fill_company(db: Database) -> None:
    """What stands beside an article: its cluster, other addresses, an earlier text, what is not in the archive."""
    for number in (FERRY, WIRE):
        insert(db, "clusters", article_id=number, head_id=WIRE)
    insert(db, "similar", article_id=FERRY, other_id=WIRE, kind="near", score=0.86)
    for kind in ("amp", "tracking"):
        url = f"https://post.example/{kind}"
        insert(db, "addresses", article_id=FERRY, url=url, urlkey=url, kind=kind)
    earlier = add_capture(db, "post", "https://post.example/news/earlier", b"<p>earlier</p>")
    insert(
        db, "revisions", article_id=FERRY, n=1, capture_id=earlier, title="Ferry service suspended", digest="0" * 64,
        seen_from="2026-11-19T06:00:00Z", seen_until="2026-11-20T06:00:00Z", text="It was said otherwise.",
    )  # fmt: skip
    insert(
        db, "changes", article_id=FERRY, n=1, part=1, kind="headline", before="Ferry service suspended", after="Ferry"
    )
    insert(db, "changes", article_id=FERRY, n=1, part=2, kind="correction", after="Correction: the ferry stays")
    insert(
        db, "entries", source_id="post", url="https://post.example/live/1", urlkey="live1", kind="feed",
        found_at="2026-11-20T06:00:00Z", state="refused", reason="robots.txt forbids it", title="Live ticker",
    )  # fmt: skip
    insert(db, "feeds", source_id="post", kind="feed", url="https://post.example/rss", failures=3)
