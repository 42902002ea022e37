"""What `render = true` means without a browser: how it is written, what it needs, and how it is kept."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.shelf import Shelf
from pipelines.errors import ConfigError
from pipelines.sources import read_sources
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import Capture, Fetched
from tests.crawls import ROOT, Project, source, sources


def written(folder: Path, value: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(f'[source.paper]\nhomepage = "https://paper.example/"\nrender = {value}\n')
    return path


def test_render_is_true_or_false(tmp_path: Path) -> None:
    assert read_sources(written(tmp_path, "true")).sources["paper"].render
    assert not read_sources(written(tmp_path, "false")).sources["paper"].render
    for wrong in ('"yes"', "1", '"true"'):
        with pytest.raises(ConfigError, match=r"\[source\.paper\] render = .* is neither true nor false"):
            read_sources(written(tmp_path, wrong))


@pytest.fixture
def hidden(tmp_path: Path) -> str:
    """A PYTHONPATH on which the extra is missing, wherever it is installed."""
    for name in ("scrapy_playwright", "playwright"):
        module = tmp_path / "hidden" / name / "__init__.py"
        module.parent.mkdir(parents=True)
        module.write_text(f"raise ModuleNotFoundError('hidden', name={name!r})")
    return f"{tmp_path / 'hidden'}:{ROOT}"


@pytest.fixture
def paper(tmp_path: Path) -> Project:
    one = source("plain", homepage="http://127.0.0.1:9/")
    return Project(tmp_path, sources(one, source("paper", homepage="http://127.0.0.1:9/") + "\nrender = true"))


def test_without_the_extra_a_crawl_says_what_to_install(paper: Project, hidden: str) -> None:
    said = (
        "Error: sources.toml: [source.paper] render = true needs scrapy_playwright, which is not installed;"
        ' pip install "tearsheet[browser]"\n'
    )
    done = paper.crawl(PYTHONPATH=hidden)
    assert (done.code, done.out, done.err) == (2, "", said)
    assert not paper.db.exists()


def test_other_sources_need_no_extra(paper: Project, hidden: str) -> None:
    done = paper.crawl("news", "-a", "sources=plain", PYTHONPATH=hidden)
    assert "scrapy_playwright" not in done.err
    assert paper.db.exists()


def test_the_command_line_passes_it_on(paper: Project, hidden: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "crawl"],
        cwd=paper.folder,
        env={"PYTHONPATH": hidden, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith('pip install "tearsheet[browser]"')
    assert not paper.db.exists()


def test_a_rendered_capture_stays_one(path: Path, writer: Writer) -> None:
    capture = Capture(
        url="https://paper.example/a", fetched_at=datetime(2026, 5, 1, tzinfo=UTC), body=b"<p>Rendered.", rendered=True
    )
    plain = replace(capture, url="https://paper.example/b", rendered=False)
    kept = [writer.keep(Fetched(capture=one), None).capture_id for one in (capture, plain)]
    with Archive(path) as archive:
        assert [archive.capture(one).rendered for one in kept] == [True, False]


def script(url: str, body: bytes = b"1", **headers: str) -> tuple[Request, Response]:
    return Request(url), Response(url, headers={"Content-Type": "text/javascript", **headers}, body=body)


def test_the_shelf_keeps_what_pages_share() -> None:
    shelf = Shelf()
    for asked, response in (
        script("https://paper.example/app.js"),
        script("https://paper.example/mine.js", **{"Cache-Control": "private, max-age=60"}),
        script("https://paper.example/data", **{"Content-Type": "application/json"}),
    ):
        assert shelf.get(asked) is None
        shelf.put(asked, response)
    asked, response = script("https://paper.example/app.js")
    found = shelf.get(asked)
    assert found is not None
    assert found.body == response.body
    assert shelf.get(asked.replace(method="POST")) is None
    assert shelf.get(Request("https://paper.example/mine.js")) is None
    assert shelf.get(Request("https://paper.example/data")) is None


def test_the_shelf_makes_room() -> None:
    shelf = Shelf()
    addresses = [f"https://paper.example/{n}.js" for n in range(40)]
    for url in addresses:
        shelf.put(*script(url, bytes(1024**2)))
        shelf.get(Request(addresses[0]))
    kept = [url for url in addresses if shelf.get(Request(url))]
    assert len(kept) == 32
    assert kept[0] == addresses[0]
    assert kept[-1] == addresses[-1]
