"""The project on a real Scrapyd: deployed by scrapyd-deploy as it stands, and run there.

TEARSHEET_SCRAPYD names a Python that has what requirements-scrapyd.lock lists; without it one is made in
.venv-scrapyd from that lock, and made again when the lock changes.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from tests.environments import python_of, run
from tests.newsroom import Newsroom

ROOT = Path(__file__).parent.parent
LONGEST = 120  # seconds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python() -> Path:
    given = os.environ.get("TEARSHEET_SCRAPYD")
    return Path(given) if given else python_of(".venv-scrapyd", "requirements-scrapyd.lock")


class Scrapyd:
    """A Scrapyd of its own folder on a free port of loopback."""

    def __init__(self, python: Path, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        folder.mkdir()
        (folder / "scrapyd.conf").write_text(
            f"[scrapyd]\nbind_address = 127.0.0.1\nhttp_port = {port}\npoll_interval = 0.5\n", encoding="utf-8"
        )
        self._process = subprocess.Popen(
            [python.with_name("scrapyd")], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _until(lambda: self.ask("daemonstatus.json"))

    def ask(self, what: str, **values: str | list[str]) -> Any:
        """What an endpoint answers to a question, or to values sent to it; None where nobody listens yet."""
        data = urllib.parse.urlencode(values, doseq=True).encode() if values else None
        with suppress(urllib.error.URLError), urllib.request.urlopen(f"{self.url}/{what}", data) as answer:
            return json.load(answer)
        return None

    def finished(self, job: str) -> bool:
        listed = self.ask("listjobs.json?project=tearsheet")
        return any(one["id"] == job for one in listed["finished"])

    def log(self, job: str) -> str:
        return "".join(one.read_text(encoding="utf-8") for one in self.folder.glob(f"logs/**/{job}*"))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def _until(true: Any) -> None:
    deadline = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def scrapyd(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    server = Scrapyd(python, tmp_path_factory.mktemp("scrapyd") / "server")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def deployed(python: Path, scrapyd: Scrapyd, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What scrapyd-deploy said. A target in the user's own configuration stands in for a server elsewhere."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "setup.py", "scrapy.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    for name in ("crawler", "pipelines"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    settings = tmp_path_factory.mktemp("config")
    (settings / "scrapy.cfg").write_text(f"[deploy:test]\nurl = {scrapyd.url}/\nproject = tearsheet\n", "utf-8")
    return run(str(python.with_name("scrapyd-deploy")), "test", cwd=checkout, XDG_CONFIG_HOME=str(settings))


def test_the_project_is_deployed_as_it_stands(scrapyd: Scrapyd, deployed: str) -> None:
    assert '"status": "ok"' in deployed
    assert {"news", "feeds", "sitemaps", "sections", "urls"} <= set(
        scrapyd.ask("listspiders.json?project=tearsheet")["spiders"]
    )


@pytest.mark.usefixtures("deployed")
def test_a_spider_runs_there_and_leaves_articles(scrapyd: Scrapyd, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    with Newsroom() as newsroom:
        (tmp_path / "sources.toml").write_text(newsroom.sources_toml(), encoding="utf-8")
        settings = [f"TEARSHEET_DB={db}", f"TEARSHEET_SOURCES={tmp_path / 'sources.toml'}"]
        answer = scrapyd.ask("schedule.json", project="tearsheet", spider="news", due="1", setting=settings)
        job = answer["jobid"]
        _until(lambda: scrapyd.finished(job))
        published = {article.url for outlet in newsroom.outlets for article in outlet.articles}
    connection = sqlite3.connect(db)
    try:
        assert {url for (url,) in connection.execute("SELECT url FROM articles")} == published, scrapyd.log(job)
        assert connection.execute("SELECT reason FROM runs").fetchall() == [("finished",)]
    finally:
        connection.close()
