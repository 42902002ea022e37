"""`tearsheet schedule` as a process: it asks, fetches, and outlives whatever becomes of its crawls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice, permutations
from pathlib import Path

import pytest

from tests.crawls import ROOT, Project, ended, source, sources, wait_for
from tests.hosts import WORDS, Host, page


class Scheduler:
    """A `tearsheet schedule` beside the test; what it says is in `said`."""

    def __init__(self, project: Project, *options: str) -> None:
        self.project = project
        self.said = project.folder / f"said-{len(list(project.folder.glob('said-*')))}.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "schedule", *options],
                cwd=project.folder,
                env={**kept, "PYTHONPATH": str(ROOT)},
                stderr=out,
                start_new_session=True,
            )

    def wait_for(self, words: str) -> None:
        """Wait until it has said something."""
        assert wait_for(lambda: words in self.words, self.process), self.words

    @property
    def words(self) -> str:
        return self.said.read_text(encoding="utf-8")

    def child(self) -> int:
        """The process id of the crawl that is writing."""
        pids: list[int] = []

        def writing() -> bool:
            with suppress(OSError, ValueError):
                held = json.loads((self.project.folder / "archive.db.lock").read_text(encoding="utf-8"))
                with suppress(ProcessLookupError):
                    os.kill(held["pid"], 0)
                    pids.append(held["pid"])
            return bool(pids)

        assert wait_for(writing, self.process), self.words
        return pids[0]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(60)


class Gate:
    """An answer that waits until it is let go."""

    def __init__(self, name: str) -> None:
        self.open = threading.Event()
        self.asked = threading.Event()
        self._answer = (200, {"Content-Type": "text/html"}, page(name))

    def __call__(self) -> tuple[int, dict[str, str], bytes]:
        self.asked.set()
        self.open.wait(60)
        return self._answer


@pytest.fixture
def running() -> Iterator[list[Scheduler]]:
    """Schedulers that a test has started; those still there at its end are ended."""
    started: list[Scheduler] = []
    yield started
    for one in started:
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(30)


def _project(folder: Path, host: Host, every: str = "1s") -> Project:
    return Project(folder, sources(source("paper", feeds=f'["{host.base}/feed"]', every=every), workers="1"))


def _tearsheet(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=project.folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def _publish(host: Host, *paths: str) -> None:
    for path in paths:
        if path not in host.answers:
            host.page(path)
    host.feed(*paths)


def _stored(project: Project, path: str) -> bool:
    with suppress(Exception):
        return bool(project.rows("SELECT 1 FROM articles WHERE url LIKE '%' || ?", path))
    return False


def test_what_is_published_meanwhile_is_found_and_sigterm_ends_it(
    tmp_path: Path, host: Host, running: list[Scheduler]
) -> None:
    _publish(host, "/one-12345")
    project = _project(tmp_path, host)
    running.append(scheduler := Scheduler(project))
    scheduler.wait_for("1 found, 1 stored")
    _publish(host, "/two-12345", "/one-12345")
    assert wait_for(lambda: _stored(project, "/two-12345"), scheduler.process), scheduler.words
    assert scheduler.stop() == 0, scheduler.words
    assert scheduler.words.splitlines()[0].endswith("-m scrapy crawl news -a due=1 -a seconds=300")
    assert scheduler.words.splitlines()[-1].endswith("  stopped")
    assert host.times("/one-12345") == host.times("/two-12345") == 1
    assert {reason for (reason,) in project.rows("SELECT reason FROM runs")} <= {"finished", "shutdown"}


@pytest.mark.slow
def test_missed_checks_are_made_up_for_once_and_what_is_not_due_is_left(tmp_path: Path, host: Host) -> None:
    _publish(host, "/one-12345")
    project = _project(tmp_path, host, every="1h")
    assert "never asked" in _tearsheet(project, "schedule", "--list").stdout
    assert _tearsheet(project, "crawl", "--due").returncode == 0
    (listed,) = map(json.loads, _tearsheet(project, "schedule", "--list", "--nl").stdout.splitlines())
    assert (listed["source"], listed["kind"], listed["interval"]) == ("paper", "feed", 3600)
    assert listed["why"] == "brought nothing new yet"
    project.change("UPDATE feeds SET due_at = '2020-01-01T00:00:00Z'; UPDATE entries SET due_at = NULL")
    assert _tearsheet(project, "crawl", "--due").returncode == 0
    assert host.times("/feed") == 2
    done = _tearsheet(project, "crawl", "--due")
    assert done.returncode == 0
    assert done.stderr.startswith("nothing is due before 20")
    assert (host.times("/feed"), project.one("SELECT count(*) FROM runs")) == (2, 2)
    assert _tearsheet(project, "crawl").returncode == 0  # without --due all is asked
    assert host.times("/feed") == 3


@pytest.mark.slow
def test_a_pause_that_a_host_asks_for_is_kept_by_every_crawl(tmp_path: Path, host: Host) -> None:
    pause = datetime.now(UTC) + timedelta(hours=2)
    host.answers["/feed"] = (429, {"Retry-After": format_datetime(pause, usegmt=True)}, b"")
    project = _project(tmp_path, host)
    for arguments in (["crawl"], ["crawl"]):
        _tearsheet(project, *arguments)
    assert host.times("/feed") == 1
    (listed,) = map(json.loads, _tearsheet(project, "schedule", "--list", "--nl").stdout.splitlines())
    assert abs(datetime.fromisoformat(listed["due_at"]) - pause) < timedelta(seconds=2)
    assert listed["why"].startswith("its host asked for a pause")


@pytest.mark.slow
def test_a_crawl_that_dies_or_hangs_harms_nothing(tmp_path: Path, host: Host, running: list[Scheduler]) -> None:
    gates = [host.answers.setdefault(path, Gate(path)) for path in ("/dies-12345", "/hangs-12345")]
    host.feed("/dies-12345")
    project = _project(tmp_path, host)
    running.append(scheduler := Scheduler(project, "--deadline", "45s"))
    assert gates[0].asked.wait(60), scheduler.words
    os.kill(scheduler.child(), signal.SIGKILL)
    scheduler.wait_for("ended by signal 9")
    gates[0].open.set()
    scheduler.wait_for("1 stored")
    host.feed("/hangs-12345", "/dies-12345")
    assert gates[1].asked.wait(60), scheduler.words
    os.kill(scheduler.child(), signal.SIGSTOP)
    scheduler.wait_for("killed a crawl that took longer than 45 s")
    gates[1].open.set()
    assert wait_for(lambda: _stored(project, "/hangs-12345"), scheduler.process), scheduler.words
    assert scheduler.stop(signal.SIGINT) == 0
    assert project.one("SELECT count(*) FROM articles") == 2
    assert project.one("SELECT count(*) FROM runs WHERE reason = 'killed'") == 2


@pytest.mark.slow
def test_of_two_schedulers_one_waits_to_take_over(tmp_path: Path, host: Host, running: list[Scheduler]) -> None:
    host.answers["/one-12345"] = gate = Gate("/one-12345")
    host.feed("/one-12345")
    project = _project(tmp_path, host)
    running.append(first := Scheduler(project))
    assert gate.asked.wait(60), first.words
    running.append(second := Scheduler(project))
    second.wait_for("waiting: archive.db: process ")
    assert "keeps its schedule since" in second.words
    gate.open.set()
    first.wait_for("1 stored")
    first.process.kill()  # as a machine might; its crawl ends by itself
    _publish(host, "/two-12345", "/one-12345")
    assert wait_for(lambda: _stored(project, "/two-12345"), second.process), second.words
    assert second.stop() == 0
    assert "Error" not in first.words + second.words
    assert (host.times("/one-12345"), host.times("/two-12345")) == (1, 1)


@pytest.mark.slow
def test_a_crawl_of_somebody_else_is_waited_for(tmp_path: Path, host: Host, running: list[Scheduler]) -> None:
    host.answers["/one-12345"] = gate = Gate("/one-12345")
    host.feed("/one-12345")
    project = _project(tmp_path, host)
    crawl = project.start()
    assert gate.asked.wait(60)
    running.append(scheduler := Scheduler(project))
    scheduler.wait_for("waiting: archive.db: process ")
    gate.open.set()
    assert ended(crawl).code == 0
    _publish(host, "/two-12345", "/one-12345")
    assert wait_for(lambda: _stored(project, "/two-12345"), scheduler.process), scheduler.words
    assert scheduler.stop() == 0
    assert scheduler.words.count("waiting: ") == 1, scheduler.words
    assert "Error" not in scheduler.words


@pytest.mark.slow
def test_a_broken_sources_file_is_told_of_once_and_changes_are_followed(
    tmp_path: Path, host: Host, running: list[Scheduler]
) -> None:
    _publish(host, "/one-12345")
    project = _project(tmp_path, host)
    good = (tmp_path / "sources.toml").read_text(encoding="utf-8")
    running.append(scheduler := Scheduler(project))
    scheduler.wait_for("1 stored")
    project.write(good + "[source.late]\nhomepag = 1\n")
    scheduler.wait_for("has no key 'homepag'; did you mean 'homepage'?; going on with the sources as they were")
    _publish(host, "/two-12345", "/one-12345")
    assert wait_for(lambda: _stored(project, "/two-12345"), scheduler.process), scheduler.words
    host.page("/late-12345")
    host.feed("/late-12345", at="/late")
    project.write(good + "\n" + source("late", feeds=f'["{host.base}/late"]'))
    scheduler.wait_for("read again, 2 sources")
    assert wait_for(lambda: _stored(project, "/late-12345"), scheduler.process), scheduler.words
    assert scheduler.stop() == 0
    assert scheduler.words.count("as they were") == 1
    assert "trying again" not in scheduler.words


@pytest.mark.slow
def test_a_backlog_does_not_hold_up_the_next_round(tmp_path: Path, host: Host) -> None:
    # names that differ in words: where only figures differ, all lines are one line to a source's lesson
    paths = [f"/{one}-{other}-12345" for one, other in islice(permutations(WORDS, 2), 40)]
    _publish(host, *paths)
    project = Project(tmp_path, sources(source("paper", feeds=f'["{host.base}/feed"]'), delay="0.5", workers="1"))
    assert project.crawl("news", "-a", "due=1", "-a", "seconds=6").code == 0
    stored, queued = (
        project.one(f"SELECT count(*) FROM entries WHERE state = '{state}'") for state in ("fetched", "queued")
    )
    assert stored > 0
    assert queued > 20
    assert project.one("SELECT reason FROM runs") == "finished"
    assert project.crawl("news", "-a", "due=1", "-s", "DOWNLOAD_DELAY=0").code == 0
    assert project.one("SELECT count(*) FROM articles") == 40
    assert (host.times("/feed"), host.times(paths[0])) == (1, 1)


def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, host: Host) -> None:
    project = _project(tmp_path, host)
    for arguments, words in (
        (["schedule", "--deadline", "soon"], "--deadline = 'soon' is not a duration"),
        (["schedule", "--sources", "none.toml"], "none.toml: no such file"),
    ):
        done = _tearsheet(project, *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
    ended = project.crawl("news", "-a", "seconds=soon")
    assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
