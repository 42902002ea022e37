"""A crawl may die at any moment: what was committed stays, the rest is fetched by the next one, nothing twice."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from tests.crawls import Project, ended, kill, source, sources, wait_for
from tests.hostile import Hostile
from tests.newsroom import Newsroom

_KILLS = 5


@pytest.mark.slow
def test_kill_at_random_moments_and_resume(tmp_path: Path) -> None:
    chance = random.Random()
    with Newsroom() as newsroom:
        project = Project(tmp_path, newsroom.sources_toml())
        killed = 0
        while killed < _KILLS:
            newsroom.log.clear()
            process = project.start()
            moment = chance.randint(1, 40)
            if not wait_for(lambda moment=moment: len(newsroom.log) >= moment, process):  # type: ignore[misc]
                ended(process)  # it was done sooner
                break
            kill(process)
            killed += 1
        last = project.crawl()
        assert last.code == 0, last.err
        truth = {article.url for outlet in newsroom.outlets for article in outlet.articles}
        stored = [url for (url,) in project.rows("SELECT url FROM articles")]
        assert sorted(stored) == sorted(truth)
        assert project.one("SELECT count(*) FROM revisions") == 0
        assert project.one("SELECT count(*) FROM captures WHERE outcome IS NULL") == 0
        assert project.rows("SELECT url, state, reason FROM entries WHERE state NOT IN ('fetched', 'refused')") == []
        assert project.one("PRAGMA integrity_check") == "ok"
        assert project.rows("PRAGMA foreign_key_check") == []
        reasons = [reason for (reason,) in project.rows("SELECT reason FROM runs ORDER BY id")]
        assert reasons[-1] == "finished"
        assert set(reasons[:-1]) <= {"killed", "finished"}
        assert project.crawl().code == 0
        assert len(project.rows("SELECT url FROM articles")) == len(truth)


def test_captures_left_unread_are_read_by_the_next_crawl(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        project = Project(tmp_path, newsroom.sources_toml())
        assert project.crawl("feeds", "-a", "sources=palmera").code == 0
        before = project.rows("SELECT url, digest FROM articles ORDER BY url")
        assert before
        project.change(
            "DELETE FROM articles; DELETE FROM addresses; UPDATE captures SET outcome = NULL WHERE outcome = 'article'"
        )
        newsroom.log.clear()
        assert project.crawl("feeds", "-a", "sources=palmera").code == 0
        assert project.rows("SELECT url, digest FROM articles ORDER BY url") == before
        assert {one.status for one in newsroom.log} == {304}, "nothing is fetched again"


def test_ctrl_c_stops_cleanly_and_the_next_crawl_goes_on(tmp_path: Path) -> None:
    with Hostile() as site:
        door = site["silent"]
        project = Project(tmp_path, sources(source("paper", feeds=f'["{door.feed}"]'), timeout='"3s"'))
        process = project.start()
        assert wait_for(lambda: site.visits["/trap/silent"] > 0, process)
        os.kill(process.pid, signal.SIGINT)
        crawl = ended(process)
        assert crawl.code == 130
        assert "stopped; run `scrapy crawl news` again to go on where it was" in crawl.err
        assert "Traceback" not in crawl.err
        assert project.rows("SELECT reason FROM runs") == [("shutdown",)]
        assert project.one("SELECT count(*) FROM captures WHERE outcome IS NULL") == 0
        assert project.crawl().code == 0
        stored = {url for (url,) in project.rows("SELECT url FROM articles")}
        assert stored == set(door.good)


def test_no_port_is_open_while_it_runs(tmp_path: Path) -> None:
    with Hostile() as site:
        project = Project(tmp_path, sources(source("paper", feeds=f'["{site["silent"].feed}"]'), timeout='"4s"'))
        process = project.start()
        assert wait_for(lambda: site.visits["/trap/silent"] > 0, process)
        listening = [port for pid in _family(process.pid) for port in _listening(pid)]
        assert ended(process).code == 0
        assert listening == []


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def _listening(pid: int) -> list[str]:
    """Local addresses at which a process listens for TCP."""
    links = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
    own = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in own]
