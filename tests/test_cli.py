"""The command line as a person meets it: real processes, what they print, and how they end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlite_utils import Database

from pipelines.cli.manual import manual
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from tests.crawls import wait_for
from tests.newsroom import Newsroom
from tests.test_readers import GERMAN

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "tests" / "seeds"
LONGEST = 120  # seconds


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of an error; fails where there is another, or a traceback."""
        lines = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        assert self.err.rstrip().endswith(lines[0])
        return lines[0].removeprefix("Error: ")


class Desk:
    """A folder in which commands are typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "archive.db"

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *map(str, arguments)],
            cwd=self.folder,
            env={**kept, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str | Path) -> Said:
        return ended(self.start(*arguments))

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def articles(self) -> int:
        with Archive(self.db) as archive:
            return archive.counts()["articles"]


def ended(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=LONGEST)
    return Said(process.returncode, out, err)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with the five seeds imported; only for reading."""
    desk = Desk(tmp_path_factory.mktemp("shelf"))
    assert desk("import", SEEDS).code == 0
    return desk


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as newsroom:
        yield newsroom


def follow(newsroom: Newsroom, *slugs: str, delay: str = "0") -> str:
    tables = [f'[source.{slug}]\nhomepage = "{newsroom[slug].base}/"' for slug in slugs]
    return "\n".join(['[archive]\nallow_private_networks = ["127.0.0.1"]', f"delay = {delay}", *tables])


# starting and sources


def test_init_writes_what_is_missing_and_overwrites_nothing(desk: Desk) -> None:
    desk.write("scrapy.cfg", "mine")
    assert desk("init", ".").code == 0
    names = {"sources.toml", "scrapy.cfg", "metadata.yaml", "settings.json"}
    assert {path.name for path in desk.folder.iterdir()} == names
    assert (desk.folder / "scrapy.cfg").read_text() == "mine"
    assert "follows no source yet" in desk("crawl").error


@pytest.mark.parametrize("name", ["metadata.yaml", "settings.json"])
def test_the_checkout_and_a_new_folder_have_the_same_files(name: str) -> None:
    assert (ROOT / name).read_bytes() == (ROOT / "pipelines" / "cli" / "templates" / name).read_bytes()


def test_sources_add_names_what_it_adds_and_says_what_comes_next(desk: Desk) -> None:
    said = desk("sources", "add", "www.example.org")
    assert said.code == 0
    assert "added example" in said.err
    assert "tearsheet crawl example" in said.err
    assert "already" in desk("sources", "add", "https://example.org/news").err
    assert desk("sources", "add", 'https://post.example/"x', "--name", "the-post").code == 0
    rows = json.loads(desk("sources", "list", "--json").out)
    assert [(row["id"], row["homepage"]) for row in rows] == [
        ("example", "https://www.example.org/"),
        ("the-post", "https://post.example/%22x"),
    ]


@pytest.mark.parametrize("url", ["https://", "ftp://example.org/", "not a web address", "word", "https://x.org:port/"])
def test_sources_add_refuses_what_is_no_web_address(desk: Desk, url: str) -> None:
    said = desk("sources", "add", url)
    assert said.code == 2
    assert "no web address" in said.error
    assert not (desk.folder / "sources.toml").exists()


def test_sources_check_shows_how_an_outlet_can_be_followed_and_keeps_nothing(desk: Desk, newsroom: Newsroom) -> None:
    desk.write("sources.toml", follow(newsroom, "bote"))
    said = desk("sources", "check")
    assert said.code == 0, said.err
    assert f"feed     {newsroom['bote'].base}/rss" in said.out
    assert newsroom["bote"].articles[0].url in said.out
    assert not desk.db.exists()


def test_sources_check_says_what_is_wrong_with_a_source(desk: Desk) -> None:
    desk.write("sources.toml", f"{LOOPBACK}\n{DOWN}")
    said = desk("sources", "check", "down")
    assert said.code == 1
    assert "nothing that lists articles at down" in said.error


# a wrong sources file

LOOPBACK = '[archive]\nallow_private_networks = ["127.0.0.1"]\ndelay = 0'
DOWN = '[source.down]\nhomepage = "http://127.0.0.1:9/"'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "sources.toml: no such file; `tearsheet init .`"),
        ('[source.a\nhomepage = "x"', "sources.toml: not valid TOML"),
        ('[source.a]\nhompage = "https://a.example/"', "no key 'hompage'; did you mean 'homepage'?"),
        ('[archive]\ndelay = "soon"\n[source.a]\nhomepage = "https://a.example/"', "delay = 'soon' is not a duration"),
        ('[source.a]\nhomepage = "https://a.example/"\nevery = "often"', "every = 'often' is not a duration"),
        ('[source.a]\nhomepage = "a.example"', "is no web address"),
        ('[source.a]\nhomepage = "https://a.example/"\npage = { remove = "p:nope(" }', "'p:nope(' is no CSS selector"),
        ("", "follows no source yet"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_wrong_sources_file_is_told_in_one_line(desk: Desk, content: str | bytes | None, told: str) -> None:
    if content is not None:
        desk.write("sources.toml", content)
    said = desk("crawl")
    assert said.code == 2
    assert told in said.error
    assert not desk.db.exists()


def test_an_unknown_source_is_told_with_the_nearest(desk: Desk) -> None:
    desk.write("sources.toml", DOWN)
    assert "no source 'dwon'; did you mean 'down'?" in desk("crawl", "dwon").error


# crawling


def test_crawl_prints_a_table_and_a_second_one_says_that_nothing_is_new(desk: Desk, newsroom: Newsroom) -> None:
    desk.write("sources.toml", follow(newsroom, "bote", "dalmara"))
    first = desk("crawl")
    assert first.code == 0, first.err
    assert "-m scrapy crawl news" in first.err.splitlines()[0]
    assert [line.split()[0] for line in first.out.splitlines()] == ["source", "bote", "dalmara", "all"]
    wanted = len(newsroom["bote"].articles) + len(newsroom["dalmara"].articles)
    assert desk.articles() == wanted
    second = desk("crawl")
    assert (second.code, second.out) == (0, "")
    assert f"nothing new: archive.db holds {wanted} articles of 2 sources" in second.err
    told = json.loads(desk("crawl", "--json", "bote").out)
    assert [(row["source"], row["stored"]) for row in told["sources"]] == [("bote", 0)]


def test_one_source_that_is_down_costs_nothing_of_the_others(desk: Desk, newsroom: Newsroom) -> None:
    desk.write("sources.toml", f"{follow(newsroom, 'bote')}\n{DOWN}")
    said = desk("crawl")
    assert said.code == 1
    assert "down: http://127.0.0.1:9/: robots.txt could not be read" in said.err
    assert desk.articles() == len(newsroom["bote"].articles)


@pytest.mark.parametrize("path", ["/robots.txt", "/nothing-here"])
def test_what_is_no_web_site_or_has_no_articles_is_told(desk: Desk, newsroom: Newsroom, path: str) -> None:
    home = newsroom["observer"].base + path
    desk.write("sources.toml", f'{LOOPBACK}\n[source.bare]\nhomepage = "{home}"\nfollow = ["/nothing/"]')
    said = desk("crawl")
    assert said.code == 1
    assert f"bare: {home}: no feed, no sitemap and no article links found" in said.err


@pytest.mark.slow
def test_ctrl_c_stops_a_crawl_cleanly_and_the_next_one_goes_on(desk: Desk, newsroom: Newsroom) -> None:
    desk.write("sources.toml", follow(newsroom, "palmera", delay="0.4"))
    process = desk.start("crawl")
    assert wait_for(lambda: desk.db.exists() and _captured(desk) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)
    said = ended(process)
    assert said.code == 130
    assert "Traceback" not in said.err
    assert "run the same command again" in said.err
    wanted = len(newsroom["palmera"].articles)
    held = desk.articles()
    assert 0 < held < wanted
    desk.write("sources.toml", follow(newsroom, "palmera"))
    assert desk("crawl").code == 0
    assert desk.articles() == wanted


def _captured(desk: Desk) -> int:
    try:
        with Archive(desk.db) as archive:
            return archive.counts()["articles"]
    except Exception:  # it is being made
        return 0


def test_ctrl_c_at_once_ends_without_a_word_too_many(desk: Desk, newsroom: Newsroom) -> None:
    desk.write("sources.toml", follow(newsroom, "bote", delay="5"))
    process = desk.start("crawl")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("$ ")
    process.send_signal(signal.SIGINT)
    said = ended(process)
    assert said.code == 130
    assert "Traceback" not in said.err


# importing


def test_a_second_import_adds_nothing_and_says_so(desk: Desk) -> None:
    first = desk("import", SEEDS)
    assert first.code == 0
    assert "expected.json: is application/json" in first.err
    with Archive(desk.db) as archive:
        before = archive.counts()
    assert before["articles"] == 5
    second = desk("import", SEEDS)
    assert (second.code, second.out) == (0, "")
    assert "nothing new: archive.db holds 5 articles of 1 source" in second.err
    with Archive(desk.db) as archive:
        assert archive.counts() == before


def test_files_are_filed_under_source_host_or_imports(desk: Desk) -> None:
    page = "<html><head><link rel=canonical href={}></head><body><p>{}</p></body></html>"
    words = "The ferry will return in May, the council said on Monday, after two years in which nothing crossed. " * 3
    desk.write("sources.toml", '[source.mine]\nhomepage = "https://followed.example/"')
    desk.write("a.html", page.format("https://www.followed.example/news/1", "One. " + words))
    desk.write("b.html", page.format("https://other.example/news/2", "Two. " + words))
    desk.write("c.txt", "Three. " + words)
    desk.write("d.txt", "Four. " + words)
    assert desk("import", "a.html", "b.html", "c.txt").code == 0
    assert desk("import", "d.txt", "--source", "given").code == 0
    rows = json.loads(desk("sql", "SELECT source_id FROM articles ORDER BY id", "--json").out)
    assert sorted(row["source_id"] for row in rows) == ["given", "imports", "mine", "other"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.txt", b"", "empty.txt: is empty"),
        ("noise.txt", bytes(range(256)) * 40, "noise.txt: is binary"),
        ("huge.txt", b"x" * (50 * 1024**2), "huge.txt: has 50.0 MB, more than the body_limit of 8.0 MB"),
        ("data.json", b"{}", "data.json: is application/json"),
        ("missing.txt", None, "missing.txt: no such file or folder"),
    ],
)
def test_a_file_that_cannot_be_imported_costs_nothing_of_the_others(
    desk: Desk, name: str, content: bytes | None, told: str
) -> None:
    good = shutil.copy(next(SEEDS.glob("*.txt")), desk.folder)
    if content is not None:
        desk.write(name, content)
    said = desk("import", name, good)
    assert said.code == 4
    assert told in said.error
    if content is not None:
        assert desk.articles() == 1


def test_an_empty_folder_is_told(desk: Desk) -> None:
    (desk.folder / "none").mkdir()
    said = desk("import", "none")
    assert (said.code, said.error) == (4, "none: no files there")


def test_a_text_that_is_not_utf8_is_read(desk: Desk) -> None:
    desk.write("a.txt", GERMAN.encode("cp1252"))
    assert desk("import", "a.txt").code == 0
    assert "Die Fähre kehrt zurück" in desk("search", "Bürgermeisterin").out


# the archive


@pytest.mark.parametrize("command", [("import", SEEDS), ("search", "word"), ("serve",)])
@pytest.mark.parametrize("kind", ["folder", "no database", "newer"])
def test_an_archive_that_is_none_is_told_in_one_line(
    desk: Desk, shelf: Desk, kind: str, command: tuple[str | Path, ...]
) -> None:
    match kind:
        case "folder":
            desk.db.mkdir()
        case "no database":
            desk.write("archive.db", "Dear diary")
        case "newer":
            shutil.copy(shelf.db, desk.db)
            Database(desk.db).execute("PRAGMA user_version = 99")
    said = desk(*command)
    assert said.code == 3
    assert "archive.db: " in said.error


@pytest.mark.parametrize("command", [("search", "x"), ("process",), ("sql", "SELECT 1")])
def test_reading_makes_no_archive(desk: Desk, command: tuple[str, ...]) -> None:
    said = desk(*command)
    assert said.code == 3
    assert "there is no archive yet" in said.error
    assert list(desk.folder.iterdir()) == []


def test_a_locked_archive_names_who_holds_it(desk: Desk, newsroom: Newsroom) -> None:
    desk.write("sources.toml", follow(newsroom, "bote"))
    with Writer.open(desk.db):
        for command in (("import", SEEDS), ("crawl",)):
            said = desk(*command)
            assert said.code == 3
            assert f"process {os.getpid()} (" in said.err
            assert "Traceback" not in said.err


# reading


def test_search_and_show(shelf: Desk) -> None:
    found = shelf("search", "Astana talks")
    assert "tearsheet show " in found.out
    row = json.loads(shelf("search", "Astana talks", "--nl", "--limit", "1").out)
    page = shelf("show", str(row["id"])).out
    assert page.splitlines()[0] == row["title"]
    assert row["url"] in page
    text = shelf("show", row["url"], "--text").out
    assert page.endswith(text)
    ledger = shelf("show", str(row["id"]), "--ledger")
    assert any(line.startswith("- ") for line in ledger.out.splitlines())
    raw = shelf("show", str(row["id"]), "--raw").out.encode()
    assert raw in {path.read_bytes() for path in SEEDS.glob("*.txt")}


def test_the_ledger_shows_the_whole_text_and_each_cut_with_its_reason(shelf: Desk) -> None:
    with Archive(shelf.db) as archive:
        for row in archive.search("Syria"):
            shown = shelf("show", str(row["id"]), "--ledger").out
            cuts = archive.ledger(row["id"])
            for cut in cuts:
                assert f"· {cut['rule_id']} · {cut['why']}" in shown
            told = [line[2:] for line in shown.splitlines() if not line.startswith("    ")]
            assert "".join("".join(told).split()) == "".join(archive.extracted(row["id"]).split())


def test_nothing_found_and_nothing_there(shelf: Desk) -> None:
    nothing = shelf("search", "zeppelin")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing found" in nothing.err
    assert shelf("show", "https://no.example/").code == 1


def test_questions_and_their_parameters(shelf: Desk) -> None:
    names = {row["name"] for row in json.loads(shelf("query", "--json").out)}
    assert len(names) >= 6
    assert "structure.title" in shelf("query", "cuts", "--csv").out
    assert len(json.loads(shelf("query", "latest", "-p", "source", "imports", "--json").out)) == 5
    assert "did you mean 'latest'" in shelf("query", "lastest").error
    assert "did you mean 'source'" in shelf("query", "latest", "-p", "sauce", "x").error
    assert shelf("query", "coverage").error.startswith("coverage needs words: a word or phrase")
    assert "no complete search expression" in shelf("query", "search", "-p", "words", "ferry AND").error


def test_questions_of_ones_own(shelf: Desk) -> None:
    shelf.folder.joinpath("queries").mkdir()
    shelf.write("queries/sources.sql", "-- title: How many sources\nSELECT count(*) AS n FROM sources")
    shelf.write("queries/wrong.sql", "SELECT 1")
    said = shelf("query")
    assert "How many sources" in said.out
    line = "queries/wrong.sql: has no title; begin the file with a line `-- title: …`"
    assert line in said.err
    assert shelf("query", "sources", "--csv").out.splitlines() == ["n", "1"]
    assert shelf("query", "wrong").error == line


@pytest.mark.parametrize("flag", ["--json", "--csv", None])
def test_sql_has_the_same_forms(shelf: Desk, flag: str | None) -> None:
    said = shelf("sql", "SELECT 1 AS one, 'zwei' AS two", *([flag] if flag else []))
    assert said.code == 0
    expected = {
        "--json": '[{"one": 1, "two": "zwei"}]',
        "--nl": '{"one": 1, "two": "zwei"}',
        "--csv": "one,two\n1,zwei",
    }
    if flag in expected:
        assert said.out.strip() == expected[flag]
    else:
        assert [line.split() for line in said.out.splitlines()][0::2] == [["one", "two"], ["1", "zwei"]]
    assert "-m sqlite_utils query archive.db" in said.err


def test_rules_can_be_listed_and_tried(desk: Desk) -> None:
    rows = json.loads(desk("rules", "list", "--json").out)
    assert {row["origin"] for row in rows} == {"shipped"}
    desk.write("sources.toml", '[source.mine]\nhomepage = "https://a.example/"\nstrip = ["Our app.*"]')
    assert "yours.mine.1" in desk("rules", "list").out
    desk.write("a.txt", "The ferry returns\n\nIt will cross the sound from May, she said.\n\nOur app is free.\n")
    assert "- Our app is free." in desk("rules", "try", "a.txt", "--source", "mine").out
    assert "- Our app is free." not in desk("rules", "try", "a.txt").out
    assert desk("rules", "try", "no.txt").code == 4


# processing


@pytest.mark.slow
def test_process_reads_again_what_other_settings_would_read_otherwise(desk: Desk) -> None:
    desk.write("a.txt", "The ferry returns\n\nIt will cross the sound from May, she said.\n\nOur app is free.\n")
    assert desk("import", "a.txt", "--source", "mine").code == 0
    assert "nothing to read again" in desk("process", "--stale").err
    desk.write("sources.toml", '[source.mine]\nhomepage = "https://a.example/"\nstrip = ["Our app.*"]')
    (row,) = json.loads(desk("process", "--stale", "--json").out)
    assert (row["source"], row["changed"]) == ("mine", 1)
    assert "Our app" not in desk("show", "--text", _only(desk)).out
    assert "nothing to read again" in desk("process", "--stale").err
    (row,) = json.loads(desk("process", "--source", "mine", "--json").out)
    assert (row["changed"], row["unchanged"]) == (0, 1)


def _only(desk: Desk) -> str:
    with Archive(desk.db) as archive:
        (row,) = archive.search("ferry")
        return str(row["id"])


@pytest.mark.parametrize(("flag", "value"), [("--where", "no such column = 1"), ("--source", "nobody")])
def test_process_tells_a_wrong_condition(shelf: Desk, flag: str, value: str) -> None:
    said = shelf("process", flag, value)
    assert said.code == 2
    assert said.error.startswith(flag)


# help


def test_the_page_on_the_command_line_is_current() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == manual(), "run `make docs`"
