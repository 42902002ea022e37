"""kill -9 at any moment: nothing that was acknowledged is lost, nothing is there twice or by half."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Capture, Entry, Fetched
from tests.store_values import URL, article, capture, check_whole, cut, poll, rows

ROOT = Path(__file__).parent.parent
PAGES = 400


def crawl(path: Path) -> None:
    """A crawl without a network: goes on where the last one was killed, and prints each page that is stored."""
    with Writer.open(path) as writer:
        run = writer.start_run("crawl")
        poll(writer, *(Entry(url=f"{URL}/{n}") for n in range(PAGES)), run_id=run)
        with Archive(path) as archive:
            for capture_id, page in archive.pending():
                finish(writer, capture_id, page, run)
        while taken := writer.take("paper", 16):
            for queued in taken:
                page = capture(queued.url, body=queued.url.encode() * 2000, entry=queued.entry)
                kept = writer.keep(Fetched(capture=page), run)
                print("kept", queued.url, flush=True)
                finish(writer, kept.capture_id, page, run)
        writer.finish_run(run, "finished", {})


def finish(writer: Writer, capture_id: int, page: Capture, run: int) -> None:
    text = f"The words of {page.url}. " * 50
    value = article(page.url, text=text, title=page.url, removals=(cut(len(text), "Share"),))
    assert writer.store(capture_id, page, value, run) == "new"
    print("stored", page.url, flush=True)


def start(path: Path) -> subprocess.Popen[str]:
    code = "import sys; from pathlib import Path; from tests.test_store_crash import crawl; crawl(Path(sys.argv[1]))"
    return subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_five_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    path, chance = tmp_path / "archive.db", random.Random(20240501)
    acknowledged: list[str] = []
    for _ in range(5):
        with start(path) as process:
            assert process.stdout is not None
            acknowledged += [process.stdout.readline() for _ in range(chance.randrange(1, 60))]
            process.kill()  # it is anywhere within the next pages by now
            acknowledged += process.stdout.read().splitlines(keepends=True)
        whole = [line.split() for line in acknowledged if line.endswith("\n")]
        with Archive(path) as archive:
            kept = {url for (url,) in archive.db.execute("SELECT url FROM captures WHERE feed_id IS NULL")}
            stored = {url for (url,) in archive.db.execute("SELECT url FROM articles")}
            assert {url for what, url in whole if what == "kept"} <= kept
            assert {url for what, url in whole if what == "stored"} <= stored
    assert 0 < len(stored) < PAGES, "the kills came too early or too late to tell anything"
    with start(path) as process:
        process.communicate()
    assert process.returncode == 0
    assert rows(path, "SELECT state, count(*) FROM entries GROUP BY state") == [("fetched", PAGES)]
    assert rows(path, "SELECT outcome, count(*) FROM captures WHERE feed_id IS NULL GROUP BY 1") == [("article", PAGES)]
    for table in ("articles", "addresses", "removals"):
        assert rows(path, f"SELECT count(*) FROM {table}") == [(PAGES,)]
    for table in ("revisions", "failures"):
        assert rows(path, f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows(path, "SELECT reason FROM runs ORDER BY id") == [("killed",)] * 5 + [("finished",)]
    assert rows(path, "SELECT sum(n) FROM tallies WHERE what = 'new'") == [(PAGES,)]
    with Writer.open(path) as writer:
        check_whole(writer)


def test_a_reader_works_beside_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with start(path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = 0
        with Archive(path) as archive:
            while seen < PAGES:
                counts = archive.counts()
                assert counts["removals"] == counts["articles"] >= seen
                hits = archive.search("words", limit=PAGES)
                assert len(hits) >= counts["articles"]
                seen = len(hits)
                for _ in range(40):
                    process.stdout.readline()
        process.communicate()
    assert process.returncode == 0
