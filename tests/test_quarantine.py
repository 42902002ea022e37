"""What failed is kept with its reason, and becomes articles when an upgraded version tries again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crawls import ROOT, Project
from tests.hosts import Host
from tests.store_values import rows
from tests.test_cli import Desk

#: An earlier version, with two bugs: it dies of pages that name a bridge keeper, and stumbles over those of a miller.
BUGS = """
import os, signal
import pipelines.process as stages
whole = stages.process
def process(capture, recipe):
    if b"bridge keeper" in capture.body:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"miller" in capture.body:
        raise re.error("unbalanced parenthesis") if (re := __import__("re")) else None
    return whole(capture, recipe)
stages.process = process
"""


@pytest.fixture
def desk(tmp_path: Path, host: Host) -> Desk:
    """A crawl by the version with bugs: five pages kill their worker, five raise, one is fine."""
    said = ["The bridge keeper said so."] * 5 + ["The miller said so."] * 5 + [""]
    paths = [f"/story-{n}-of-the-day" for n in range(len(said))]
    host.feed(*paths)
    for path, words in zip(paths, said, strict=True):
        host.page(path, words)
    project = Project(tmp_path, host.sources())
    (tmp_path / "bugs").mkdir()
    (tmp_path / "bugs" / "sitecustomize.py").write_text(BUGS)
    crawl = project.crawl(PYTHONPATH=f"{ROOT}:{tmp_path / 'bugs'}")
    assert crawl.code == 0, crawl.err
    return Desk(tmp_path)


@pytest.mark.slow
def test_ten_pages_that_failed_become_articles_after_an_upgrade(desk: Desk, host: Host) -> None:
    failed = rows(desk.db, "SELECT error, count(*) FROM failures GROUP BY 1 ORDER BY 2, 1")
    assert sum(n for _, n in failed) == 10
    assert {"crashed", "error"} <= {error for error, _ in failed}
    assert all(detail for (detail,) in rows(desk.db, "SELECT detail FROM failures"))
    assert rows(desk.db, "SELECT count(*) FROM articles") == [(1,)]
    kept = (
        "SELECT count(*) FROM captures JOIN payloads ON payloads.id = payload_id WHERE outcome = 'failed' AND size > 0"
    )
    assert rows(desk.db, kept) == [(10,)]
    asked = len(host.asked)
    desk.write("sources.toml", (desk.folder / "sources.toml").read_text() + 'keep_bodies = "0s"\n')
    assert desk("prune", "--yes").code == 0
    assert rows(desk.db, kept) == [(10,)]  # what failed is not pruned
    said = desk("process", "--retry-failures")
    assert said.code == 0, said.err
    assert rows(desk.db, "SELECT count(*) FROM articles") == [(11,)]
    assert rows(desk.db, "SELECT count(*) FROM captures WHERE outcome = 'failed'") == [(0,)]
    assert len(host.asked) == asked  # nothing was fetched again
    assert desk("process", "--retry-failures").err.strip() == "nothing to read again"
