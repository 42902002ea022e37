"""Many hosts that send without end, at once: memory stays bounded, and each page is kept as far as it is read."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crawls import Project, ended, source, sources
from tests.hostile import Hostile
from tests.lag import lag, probed

_HOSTS = 40
_LONGEST = 300  # seconds: it is 320 MB of pages, read beside other tests


@pytest.mark.slow
def test_endless_bodies_of_many_hosts_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        sites = [stack.enter_context(Hostile()) for _ in range(_HOSTS)]
        tables = [source(f"host{n}", feeds=f'["{one["endless"].feed}"]') for n, one in enumerate(sites)]
        project = Project(tmp_path, sources(*tables))
        crawl = ended(project.start("news", *probed("lag.json")), within=_LONGEST)
        assert crawl.code == 0, crawl.err
        good = {url for one in sites for url in one["endless"].good}
    assert {url for (url,) in project.rows("SELECT url FROM articles")} >= good
    cut = project.rows("SELECT url FROM captures WHERE completeness = 'truncated'")
    assert len(cut) == _HOSTS
    found = lag(tmp_path / "lag.json")
    assert found.resident < 400 * 1024**2
    assert found.own < 0.2
