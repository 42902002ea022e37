"""An archive with everything that is hard to take along, and the command that does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from sqlite_utils import Database

from pipelines.cli import main
from tests.shelf import add_article, add_capture, add_source, insert, open_shelf

ISO = "2026-11-{:02}T06:00:00Z"
HEADERS = [
    ["Content-Type", "text/html; charset=utf-8"],
    ["Content-Encoding", "gzip"],
    ["Transfer-Encoding", "chunked"],
    ["Content-Length", "12"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["X-Torn", "one\r\nX-Smuggled: two"],
    ["X-Latin", "Zürich"],
    ["X-Wide", "日本"],
    ["X Odd:Name", "v"],
]
FORMULA = '=HYPERLINK("http://evil.example","A&B") costs 5 % of {all} #1 in C:\\x_y ~ ^'
MIXED = "gnp\u202eexe\u202c and \u2067left open"
ESCAPES = "Para one \x1b[31mred\x07.\n\n# no heading\n- no item\n<b>bold</b> *star*\n\nLast."
PAGE = b"<html><title>The ferry</title>"
#: Seconds since 1970 of 2017-11-06 and of 2026-11-20, as ids begin with them.
OLD, NEW = 1_509_926_400 << 20, 1_795_154_400 << 20


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote where."""

    code: int
    out: bytes
    err: str


def tearsheet(*arguments: str | Path) -> Result:
    """Run a command; its error, if any, is one line."""
    done = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert "Traceback" not in done.stderr
    return Result(done.exit_code, done.stdout_bytes, done.stderr)


def export(db: Path, out: Path | str, *options: str | Path) -> Result:
    """Run an export that ends well."""
    result = tearsheet("export", out, "--db", db, *options)
    assert result.code == 0, result.err
    return result


def fill(path: Path) -> Path:
    """Five articles of two outlets, their captures, and what must never leave."""
    db = open_shelf(path)
    add_source(db, "tass", "Агентство «Т»", config={"note": "SECRET-CONFIG"})
    add_source(db, "post", "The Post & Co")
    add_article(
        db, OLD + 1, "tass", FORMULA, ESCAPES, authors=["Jane Doe", "王小明", "Иван Петрович Иванов"],
        tags=["@tag", "sea"], published_at="2017-11-06T10:00:00Z", published_precision="second", language="en",
        captions=["A <i>ferry</i>"], links=["https://x.example/a b", "javascript:alert(1)"], agency="Reuters",
        cuts=(("copyright-footer", "after", "© The outlet"),), body=b"<html>one SECRET-BODY",
        claims=[{"field": "title", "value": "x", "origin": "meta"}],
    )  # fmt: skip
    add_article(db, OLD + 2, "tass", MIXED, "Short.", published_at="2017-11", published_precision="month",
                body=b"<html>two SECRET-BODY", agency="Reuters")  # fmt: skip
    add_article(db, NEW + 1, "post", "Con", "No date.", first_seen_at=ISO.format(20), body=b"<html>three SECRET-BODY")
    _ferry(db)
    add_article(db, NEW + 9, None, None, "Nobody's.", url="urn:sha256:" + "5" * 64, body=b"<html>five SECRET-BODY",
                published_at="2026-11-21", published_precision="day", first_seen_at=ISO.format(22))  # fmt: skip
    for one, other in ((OLD + 1, OLD + 2), (OLD + 1, NEW + 1)):
        insert(db, "similar", article_id=other, other_id=one, kind="near", score=0.9)
    for one in (OLD + 1, OLD + 2, NEW + 1):
        insert(db, "clusters", article_id=one, head_id=OLD + 1)
    insert(db, "addresses", article_id=OLD + 1, url="https://tass.example/amp/1", urlkey="amp1", kind="amp")
    insert(db, "hosts", host="https://tass.example:443", robots=b"SECRET-ROBOTS")
    insert(db, "failures", url="https://tass.example/x", stage="fetch", error="x", detail="SECRET-DETAIL", at=ISO)
    insert(db, "extractions", article_id=OLD + 1, base="b", packed=b"SECRET-PACKED")
    db.close()
    return path


def _ferry(db: Database) -> None:
    """An article that changed, with all that its page answered over the days."""
    url = "https://post.example/the ferry?q=é"
    first = add_capture(db, "post", url, PAGE, headers=HEADERS, fetched_at=ISO.format(1), wire_digest="ab" * 32,
                        entry={"content": "SECRET-ENTRY"})  # fmt: skip
    request = [["User-Agent", "Tearsheet"], ["Cookie", "SECRET-COOKIE"]]
    add_capture(db, "post", url, PAGE, headers=HEADERS, fetched_at=ISO.format(2), outcome="unchanged", request=request)
    bare = {"source_id": "post", "run_id": 1, "url": url, "urlkey": url}
    number = db.execute("SELECT max(id) FROM captures").fetchone()[0]
    insert(db, "captures", id=number + 1, fetched_at=ISO.format(3), status=304, outcome="unchanged",
           headers=[["ETag", "x"]], **bare)  # fmt: skip
    second = add_capture(db, "post", url, PAGE + b" returns", headers=HEADERS, fetched_at=ISO.format(4),
                         completeness="truncated", final_url="https://post.example/the-ferry")  # fmt: skip
    add_capture(db, "post", url, PAGE + b" as scripts left it", headers=HEADERS, fetched_at=ISO.format(5), rendered=1)
    insert(db, "captures", id=number + 4, fetched_at=ISO.format(6), status=410, outcome="not-found",
           headers=[["Server", "x"]], **bare)  # fmt: skip
    digest = "0" * 64
    insert(db, "payloads", id=900, digest=digest, codec="pruned", size=9, body=b"")
    insert(db, "captures", id=number + 5, fetched_at=ISO.format(7), status=200, outcome="unchanged", payload_id=900,
           headers=HEADERS, **bare)  # fmt: skip
    insert(db, "articles", id=NEW + 5, source_id="post", capture_id=second, url=url, urlkey=url, text="It is.",
           title="The ferry is back", first_seen_at=ISO.format(1), word_count=2, removed_chars=0, digest=digest,
           recipe_id="5f1d8a0c9b7e4321")  # fmt: skip
    insert(db, "revisions", article_id=NEW + 5, n=1, capture_id=first, seen_from=ISO.format(1), title="The ferry",
           seen_until=ISO.format(4), digest=digest, text="It is not.")  # fmt: skip
