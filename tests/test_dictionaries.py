"""What pages share is kept once: dictionaries that hold no article's words, and bodies that come back as they came."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import StoreError
from pipelines.shared_bytes import content, folded, pieces
from pipelines.shrink import shrink
from pipelines.store import dictionaries, payloads
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests import templates
from tests.store_values import URL, article, capture, put, rows
from tests.templates import TEASERS, headline, page, sentences

ROOT = Path(__file__).parent.parent


def bring(writer: Writer, numbers: range, skin: str = "one", source: str = "paper") -> int:
    """A run that brings these stories; its id, still to be ended."""
    run = writer.start_run("crawl")
    with writer.transaction():
        for n in numbers:
            url = f"{URL}/{source}/{n}"
            text = " ".join(sentences(n))
            shown = capture(url, hours=n, body=page(n, skin), source=source, mime="text/html")
            put(writer, shown, article(url, text, title=headline(n), source=source), run)
    return run


def run_of(writer: Writer, numbers: range, skin: str = "one", source: str = "paper") -> None:
    """The same with its end."""
    run = bring(writer, numbers, skin, source)
    shrink(writer, [source], run)
    writer.finish_run(run, "finished", {})


def used(path: Path) -> dict[int | None, int]:
    """How many payloads each dictionary is used by."""
    return dict(rows(path, "SELECT dictionary_id, count(*) FROM payloads GROUP BY 1"))  # type: ignore[arg-type]


def assert_all_bodies(path: Path) -> None:
    """Every body comes back as its digest says."""
    with Archive(path) as archive:
        for capture_id, digest in archive.db.execute(
            "SELECT captures.id, digest FROM captures JOIN payloads ON payloads.id = payload_id"
        ).fetchall():
            assert hashlib.sha256(archive.payload(capture_id) or b"").hexdigest() == digest


# what a dictionary holds


def test_no_words_of_any_article_are_in_a_dictionary() -> None:
    pages = [page(n) for n in range(20)]
    held = content(pages, {folded(headline(n)) for n in range(20)}.intersection)
    assert len(held) > 10_000
    assert b"window.one7=function(e)" in held
    text = held.decode(errors="replace")
    known = folded(text)
    said = [sentence for n in range(20) for sentence in sentences(n)]
    said += [headline(n) for n in (*range(20), *range(1000, 1000 + TEASERS))]
    for one in said:
        assert one not in text
        assert folded(one) not in known
        parts = folded(one).split()
        for start in range(len(parts) - 3):
            assert " ".join(parts[start : start + 4]) not in known, one


@pytest.mark.parametrize(
    "hidden",
    [
        "<p>%s</p>",
        "<p>\n%s\n</p>",
        "<!-- %s -->",
        "<a href='/2024/05/{slug}'>x</a>",
        '<img src="/{slug}.jpg" alt="%s">',
        '<div data-teaser=\'{"title":"%s"}\'></div>',
        '<script>var teaser = "%s";</script>',
        '<script>render({title: "%s", n: 1})</script>',
        "<textarea>%s</textarea>",
        "<p>{spaced}</p>",
        "<script>x='{escaped}'</script>",
        "<p>{coded}</p>",
        "<p>%s",
        "<script>'%s'",
    ],
)
@pytest.mark.parametrize(
    "teaser",
    [
        "Minister steps down after vote",
        "Le ministre démissionne après le vote",
        "Министр подал в отставку",
        "大臣が投票後に辞任を表明した",
        "Who did it? He did: the minister!",
    ],
)
def test_a_teaser_on_every_page_is_left_out_wherever_it_stands(hidden: str, teaser: str) -> None:
    forms = {
        "slug": re.sub(r"\W+", "-", teaser.lower()),
        "spaced": teaser.replace(" ", "&nbsp;\n            "),
        "escaped": teaser.encode("ascii", "backslashreplace").decode().replace("\\x", "\\u00"),
        "coded": "".join(char if char.isascii() else f"&#{ord(char)};" for char in teaser),
    }
    form = next((forms[name] for name in forms if f"{{{name}}}" in hidden), teaser)
    shown = re.sub(r"\{(slug|spaced|escaped|coded)\}", lambda found: forms[found[1]], hidden).replace("%s", teaser)
    pages = [f'<html class="a b c d e f"><div id="n{n}">{shown}</div></html>'.encode() for n in range(10)]
    held = content(pages)
    assert b'class="a b c d e f"' in held
    assert form.encode() not in held
    assert teaser.encode() not in held


@pytest.mark.parametrize("encoding", ["cp1251", "shift_jis", "iso2022_jp", "utf-16", "gb18030"])
def test_words_in_other_encodings_are_left_out_too(encoding: str) -> None:
    text = "Министр" if encoding == "cp1251" else "大臣が投票後に辞任、カタカナソ表"
    pages = [f'<i class="a b c d">{n}</i><p>{text}</p><p>{text}!</p>'.encode(encoding) for n in range(10)]
    assert text.encode(encoding.replace("utf-16", "utf-16-le")) not in content(pages)


def test_a_title_that_looks_like_a_label_is_left_out() -> None:
    pages = [
        f"<ul><li>Most read</li><li>Council resigns</li><li>80-20!</li></ul><p>{n}</p>".encode() for n in range(10)
    ]
    assert b"Council resigns" in content(pages)
    held = content(pages, {"council resigns", "80 20"}.intersection)
    assert b"Most read" in held
    assert b"Council" not in held
    assert b"80-20" not in held


def test_titles_of_the_archive_and_of_its_feeds_are_known(writer: Writer) -> None:
    bring(writer, range(2))
    run = writer.start_run("crawl")
    put(writer, capture(f"{URL}/a", body=b"a"), article(f"{URL}/a", "One text.", title="First: Title"), run)
    put(writer, capture(f"{URL}/a", body=b"b", hours=9), article(f"{URL}/a", "One text.", title="Second"), run)
    known = writer.ask(lambda connection, one: set(dictionaries.titles(connection, one)), "paper")
    assert {headline(0), headline(1), "First: Title", "Second"} <= known


@given(st.binary(max_size=2000))
def test_pieces_are_the_page(body: bytes) -> None:
    assert b"".join(piece for piece, _ in pieces(body)) == body


@pytest.mark.parametrize(
    "part",
    [b"<!--", b"<a ", b"<script", b"</style", b'a="', b"x", b"x ", b" ", b"'", b"&#1;", b"=", b"\xe4\xb8", b"%41"],
)
def test_a_page_that_leaves_all_open_takes_no_longer(part: bytes) -> None:
    """A fifth of a megabyte of each: with a quadratic step it would take hours."""
    whole = b"<p " + part * (200_000 // len(part))
    assert sum(len(piece) for piece, _ in pieces(whole)) == len(whole)


# bodies


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=5000) | st.integers(0, 50).map(page), dictionary=st.binary(max_size=3000))
def test_any_body_comes_back_with_any_dictionary(body: bytes, dictionary: bytes) -> None:
    packed = payloads.compressor(dictionary).compress(body)
    assert payloads.unpacked(packed, dictionaries.packed(dictionary)) == body
    assert payloads.unpacked(payloads.compressor().compress(body)) == body


def test_a_source_has_a_dictionary_once_it_pays(writer: Writer, path: Path) -> None:
    run_of(writer, range(4))
    assert used(path) == {None: 4}
    run_of(writer, range(4, 12))
    assert used(path) == {1: 12}
    assert rows(path, "SELECT source_id, n, pages FROM dictionaries") == [("paper", 1, 12)]
    run_of(writer, range(12, 20))
    assert used(path) == {1: 20}
    assert_all_bodies(path)


def test_pages_of_one_site_take_half_of_what_gzip_leaves(writer: Writer, path: Path) -> None:
    run_of(writer, range(30))
    ((packed, weight),) = rows(
        path, "SELECT sum(length(body)), (SELECT sum(length(body)) FROM dictionaries) FROM payloads"
    )
    zipped = sum(len(gzip.compress(page(n), 6)) for n in range(30))
    assert zipped > 2 * packed  # type: ignore[operator]
    assert weight < zipped / 4  # type: ignore[operator]


def test_pages_that_share_nothing_get_none(writer: Writer, path: Path) -> None:
    run = writer.start_run("import")
    for n in range(20):
        body = templates.words(n, 500).encode()
        put(writer, capture(f"{URL}/{n}", body=body), article(f"{URL}/{n}", body.decode()), run)
    shrink(writer, ["paper"], run)
    assert used(path) == {None: 20}
    assert rows(path, "SELECT count(*) FROM dictionaries") == [(0,)]


def test_two_sources_with_the_same_pages_have_one_each(writer: Writer, path: Path) -> None:
    for source in ("paper", "mirror"):
        run_of(writer, range(12), source=source)
    assert rows(path, "SELECT source_id, n FROM dictionaries ORDER BY id") == [("paper", 1), ("mirror", 1)]


def test_a_new_design_gets_a_new_dictionary_and_the_old_one_stays(writer: Writer, path: Path) -> None:
    run_of(writer, range(24))
    before = rows(path, "SELECT * FROM dictionaries")
    run_of(writer, range(24, 72))
    assert rows(path, "SELECT * FROM dictionaries") == before, "the same design needs no other"
    run_of(writer, range(72, 130), "two")
    assert rows(path, "SELECT * FROM dictionaries ORDER BY n LIMIT 1") == before
    assert rows(path, "SELECT n FROM dictionaries ORDER BY n") == [(1,), (2,)]
    last = writer.keep(Fetched(capture=capture(f"{URL}/last", body=page(999, "two")))).capture_id
    newest = "SELECT dictionary_id FROM payloads JOIN captures ON payload_id = payloads.id WHERE captures.id = ?"
    assert rows(path, newest, last) == [(2,)]
    assert_all_bodies(path)


def test_an_unchanged_page_costs_a_row_and_no_bytes(writer: Writer, path: Path) -> None:
    run_of(writer, range(12))
    before = rows(path, "SELECT * FROM payloads")
    again = writer.keep(Fetched(capture=capture(f"{URL}/paper/3", hours=100, body=page(3))))
    assert again.unchanged
    assert rows(path, "SELECT * FROM payloads") == before


def test_a_body_that_is_gone_is_none_and_one_that_comes_again_is_kept(writer: Writer, path: Path) -> None:
    run_of(writer, range(12))
    with writer.transaction() as connection:
        for codec, capture_id in (("pruned", 1), ("forgotten", 2)):
            connection.execute(
                "UPDATE payloads SET codec = ?, dictionary_id = NULL, body = x'' WHERE id ="
                " (SELECT payload_id FROM captures WHERE id = ?)",
                (codec, capture_id),
            )
    with Archive(path) as archive:
        assert archive.payload(1) is None
        assert archive.payload(2) is None
        assert archive.payload(3) == page(2)
    for n in (0, 1):
        writer.keep(Fetched(capture=capture(f"{URL}/paper/{n}", hours=100, body=page(n))))
    with Archive(path) as archive:
        assert archive.payload(1) == page(0)
        assert archive.payload(2) is None, "what was forgotten never comes back"


# what goes wrong


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE payloads SET body = CAST(substr(body, 1, 20) || x'00' || substr(body, 22) AS BLOB) WHERE id = 1", ""),
        ("UPDATE payloads SET body = x'' WHERE id = 1", ""),
        ("UPDATE payloads SET body = x'28b52ffde0ffffffffffffff0f0100000a' WHERE id = 1", "size"),
        ("UPDATE payloads SET size = size + 1 WHERE id = 1", "size"),
        ("UPDATE payloads SET dictionary_id = NULL WHERE id = 1", ""),
        ("UPDATE payloads SET body = (SELECT body FROM payloads WHERE id = 2) WHERE id = 1", ""),
        ("UPDATE payloads SET codec = 'lzma' WHERE id = 1", "codec 'lzma' is unknown"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM dictionaries", "dictionary 1 is missing"),
        ("UPDATE dictionaries SET body = x'00'", "dictionary 1 is damaged"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(writer: Writer, path: Path, harm: str, said: str) -> None:
    run_of(writer, range(12))
    writer.db.executescript(harm)
    with Archive(path) as archive, pytest.raises(StoreError, match=r"payload 1 is damaged .*; restore") as told:
        archive.payload(1)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_a_damaged_dictionary_stops_no_crawl(writer: Writer, path: Path) -> None:
    run_of(writer, range(12))
    writer.db.execute("UPDATE dictionaries SET body = x'00'")
    kept = writer.keep(Fetched(capture=capture(f"{URL}/new", body=page(50))))
    with Archive(path) as archive:
        assert archive.payload(kept.capture_id) == page(50)


def compress_again(path: Path, stop_at: int) -> None:
    """The end of a run that stops as it is about to end a transaction, the last of so many, until it is killed."""
    left = count(stop_at, -1)

    def traced(sql: str) -> None:
        if sql.startswith("COMMIT") and next(left) == 1:
            print("stopped", flush=True)
            time.sleep(600)

    with Writer.open(path) as writer:
        writer.db.conn.set_trace_callback(traced)
        shrink(writer, ["paper"], 1)


def test_a_kill_while_bodies_are_compressed_again_loses_none(path: Path) -> None:
    with Writer.open(path) as writer:
        bring(writer, range(64))
    code = "from tests.test_dictionaries import *; compress_again(Path(sys.argv[1]), int(sys.argv[2]))"
    # the first ends the dictionary's own transaction before
    for stop_at, done in ((2, {None: 64}), (2, {None: 14, 1: 50})):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(path), str(stop_at)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"
        process.kill()
        process.communicate()
        assert used(path) == done
        assert_all_bodies(path)
    compress_again(path, 0)
    assert used(path) == {1: 64}
    assert_all_bodies(path)
