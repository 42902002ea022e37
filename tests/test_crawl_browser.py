"""A real crawl of an outlet that is made by scripts, through a real browser. `make test-browser` brings what it needs;
elsewhere these tests run where it is there."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawls import ROOT, Ended, Project, ended, source, sources, wait_for
from tests.hostile.prose import paragraphs, title
from tests.scripted import STORIES, TROUBLES, Scripted

pytestmark = pytest.mark.browser

_REQUIRED = bool(os.environ.get("TEARSHEET_TEST_BROWSER"))
_TIMEOUT = 20  # seconds
_OWN = ("chrom", "headless", "node")
_LEFT_WAITING = """
import asyncio, atexit, gc, sys
def look():
    for one in gc.get_objects():
        if isinstance(one, asyncio.Task) and not one.done():
            print("left waiting:", one, file=sys.stderr)
atexit.register(look)
"""


@pytest.fixture(scope="module", autouse=True)
def chromium() -> None:
    """What these tests drive; skips without it, but fails where it was promised."""
    if not _REQUIRED:
        pytest.importorskip("scrapy_playwright", reason="the extra is not installed; `make test-browser` brings it")
        if not shutil.which("chromium"):
            pytest.skip("Chromium is not installed")


def project(folder: Path, outlet: Scripted, *, render: bool = True) -> Project:
    table = source("paper", homepage=f"{outlet.base}/") + ("\nrender = true" if render else "")
    return Project(folder, sources(table, timeout=str(_TIMEOUT)))


class Crawled:
    """The outlet, crawled once."""

    def __init__(self, outlet: Scripted, project: Project, *arguments: str) -> None:
        self.outlet = outlet
        self.project = project
        self.ended: Ended = project.crawl(*arguments)

    def entry(self, name: str) -> tuple[str, str | None]:
        return self.project.rows("SELECT state, reason FROM entries WHERE url = ?", self.outlet.url(name))[0]

    def text(self, name: str) -> str:
        rows = self.project.rows("SELECT text FROM articles WHERE url = ?", self.outlet.url(name))
        return rows[0][0] if rows else ""

    def asked(self, start: str) -> list[str]:
        return [path for path in self.outlet.asked if path.startswith(start)]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with Scripted() as outlet:
        yield Crawled(outlet, project(tmp_path_factory.mktemp("rendered"), outlet))


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with Scripted() as outlet:
        paper = project(tmp_path_factory.mktemp("troubled"), outlet)
        (paper.folder / "urls.txt").write_text("\n".join(map(outlet.url, [*TROUBLES, "story-1"])))
        yield Crawled(outlet, paper, "urls", "-a", "file=urls.txt")


def test_links_and_articles_that_only_scripts_make(crawled: Crawled) -> None:
    assert crawled.ended.code == 0, crawled.ended.err
    for name in STORIES:
        assert crawled.text(name) == "\n\n".join(paragraphs(name)), name
    titles = crawled.project.rows("SELECT title FROM articles WHERE url LIKE '%/story-%' ORDER BY url")
    assert titles == [(title(name),) for name in STORIES]


def test_what_is_kept_is_marked_as_rendered(crawled: Crawled) -> None:
    rows = crawled.project.rows("SELECT url, rendered, mime, status FROM captures ORDER BY id")
    pages = [row for row in rows if row[0] != crawled.outlet.url("document")]
    assert len(pages) > len(STORIES)
    assert {row[1:] for row in pages} == {(1, "text/html", 200)}
    assert (crawled.outlet.url("document"), 0, "text/plain", 200) in rows


def test_what_a_page_wants_saved_is_not_asked_for(crawled: Crawled) -> None:
    assert crawled.text("saves") == "\n\n".join(paragraphs("saves"))
    assert crawled.asked("/paper.pdf") == []


def test_text_in_shadow_roots(crawled: Crawled) -> None:
    assert crawled.text("shadows") == "\n\n".join(paragraphs("shadows"))


def test_each_document_is_asked_once_and_shared_scripts_too(crawled: Crawled) -> None:
    times = Counter(crawled.outlet.asked)
    assert {times[f"/2026/11/{name}"] for name in [*STORIES, "spies", "saves", "document"]} == {1}
    assert times["/app.js"] == times["/look.css"] == 1
    assert len(crawled.outlet.agents) == 1
    assert crawled.outlet.agents.pop().startswith("Tearsheet/")


def test_nothing_private_is_reached(crawled: Crawled) -> None:
    assert crawled.text("spies") == "\n\n".join(paragraphs("spies"))
    assert crawled.asked("/out/"), "the page did not even try"
    assert crawled.outlet.leaked == []


def test_cookies_are_neither_kept_nor_sent(crawled: Crawled) -> None:
    assert crawled.asked("/api/cookies")
    assert crawled.outlet.cookies == []


def test_robots_txt_holds_for_what_scripts_ask_and_where_they_lead(crawled: Crawled) -> None:
    assert crawled.text("forbidden-data") == "\n\n".join(paragraphs("forbidden-data"))
    assert crawled.asked("/forbidden/") == []
    state, reason = crawled.entry("moves-to-forbidden")
    assert state == "refused"
    assert reason is not None
    assert "forbidden by robots.txt" in reason


def test_a_script_that_leads_elsewhere_is_a_redirect(crawled: Crawled) -> None:
    rows = crawled.project.rows("SELECT final_url FROM captures WHERE url = ?", crawled.outlet.url("moves"))
    assert rows == [(crawled.outlet.url("landed"),)]
    assert "private address" in (crawled.entry("moves-to-secret")[1] or "")
    state, reason = crawled.entry("moves-on-and-on")
    assert (state, "again and again" in (reason or "")) == ("refused", True)


@pytest.mark.parametrize("name", ["endless", "crowd", "asks", "drips"])
def test_pages_that_never_come_to_rest_are_taken_as_they_stand(troubled: Crawled, name: str) -> None:
    assert troubled.text(name) == "\n\n".join(paragraphs(name))


def test_a_page_may_only_ask_so_much(troubled: Crawled) -> None:
    assert 0 < len(troubled.asked("/api/crowd")) <= 300


@pytest.mark.parametrize("name", ["hangs", "hangs-at-once", "bursts"])
def test_a_page_that_hangs_or_bursts_fails_alone(troubled: Crawled, name: str) -> None:
    state, reason = troubled.entry(name)
    assert state == "failed"
    assert reason is not None
    assert reason.startswith("RenderError: ")
    assert troubled.text(name) == ""
    assert troubled.text("story-1") == "\n\n".join(paragraphs("story-1"))


def test_the_crawl_says_nothing_but_its_table(crawled: Crawled, troubled: Crawled) -> None:
    for one in (crawled, troubled):
        assert one.ended.out == ""
        assert "Traceback" not in one.ended.err
        assert "ERROR" not in one.ended.err


def test_a_second_crawl_fetches_no_page_again(crawled: Crawled) -> None:
    before = len(crawled.asked("/2026/"))
    assert crawled.project.crawl("sections").code == 0
    assert len(crawled.asked("/2026/")) == before


def test_without_render_nothing_is_run(tmp_path: Path) -> None:
    with Scripted() as outlet:
        plain = project(tmp_path, outlet, render=False)
        plain.crawl()
        assert "/app.js" not in outlet.asked
        assert plain.rows("SELECT * FROM entries") == []
        assert plain.rows("SELECT * FROM captures WHERE rendered") == []


def test_the_delay_lies_between_pages_and_not_between_what_one_asks_for(tmp_path: Path) -> None:
    with Scripted() as outlet:
        paper = Project(tmp_path, sources(source("paper", homepage=f"{outlet.base}/") + "\nrender = true", delay="1"))
        (tmp_path / "urls.txt").write_text(outlet.url("steps"))
        paper.crawl("urls", "-a", "file=urls.txt")
        assert len([path for path in outlet.asked if "/api/step?" in path]) == 30  # before it was read off


@pytest.mark.parametrize("victim", ["chrom", "node"])
def test_a_browser_that_dies_is_started_anew(tmp_path: Path, victim: str) -> None:
    with Scripted() as outlet:
        paper = project(tmp_path, outlet)
        (tmp_path / "urls.txt").write_text("\n".join(map(outlet.url, ["endless", *STORIES])))
        process = paper.start("urls", "-a", "file=urls.txt")
        assert wait_for(lambda: "/api/tick" in outlet.asked, process)
        for one in descendants(process.pid):
            if name_of(one).startswith(victim):
                os.kill(one, signal.SIGKILL)
                break
        done = ended(process)
        assert done.code in (0, 1), done.err
        assert "Traceback" not in done.err
        stored = paper.rows("SELECT url FROM articles WHERE url LIKE '%/story-%' ORDER BY url")
        assert stored == [(outlet.url(name),) for name in STORIES]


def test_what_a_page_waits_for_ends_with_its_browser(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_LEFT_WAITING)
    with Scripted() as outlet:
        paper = project(tmp_path, outlet)
        (tmp_path / "urls.txt").write_text("\n".join(map(outlet.url, ["drips", *STORIES])))
        ours = os.pathsep.join([str(ROOT), str(tmp_path)])
        process = paper.start("urls", "-a", "file=urls.txt", PYTHONPATH=ours)
        assert wait_for(lambda: "/drip.js" in outlet.asked, process)
        for one in descendants(process.pid):
            if name_of(one).startswith("node"):
                os.kill(one, signal.SIGKILL)
                break
        done = ended(process)
        assert "left waiting" not in done.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_browser_stays_behind(tmp_path: Path, how: signal.Signals) -> None:
    with Scripted() as outlet:
        paper = project(tmp_path, outlet)
        process = paper.start("urls", "-a", f"url={outlet.url('endless')}")
        assert wait_for(lambda: "/api/tick" in outlet.asked, process)
        own = [one for one in descendants(process.pid) if name_of(one).startswith(_OWN)]
        assert own
        os.kill(process.pid, how)
        done = ended(process)
        assert "Traceback" not in done.err
        assert wait_for(lambda: not any(name_of(one).startswith(_OWN) for one in own))


def test_a_browser_that_does_not_start_ends_the_crawl_with_one_line(tmp_path: Path) -> None:
    with Scripted() as outlet:
        paper = project(tmp_path, outlet)
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "chromium").write_text("#!/bin/sh\nexit 7\n")
        (programs / "chromium").chmod(0o755)
        done = paper.crawl(PATH=f"{programs}:{os.environ['PATH']}")
        assert done.code == 2
        line = done.err.strip().splitlines()[-1]
        assert line.startswith("Error: the browser does not start")
        assert "Traceback" not in done.err
        assert "/app.js" not in outlet.asked


def descendants(process: int) -> Iterator[int]:
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            yield child
            yield from descendants(child)


def name_of(process: int) -> str:
    """Of a process that runs; nothing of one that is gone."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    name, _, rest = status.partition("(")[2].rpartition(")")
    return "" if rest.split()[0] == "Z" else name
