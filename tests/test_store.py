"""Around the pages: runs, sources, hosts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.errors import StoreError
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer
from pipelines.types import (
    Entry,
    Failure,
    Fetched,
    Reason,
    Reject,
    Source,
)
from tests.store_values import URL, article, capture, cut, poll, put, rows


def test_a_run_is_reported_per_source(writer: Writer, path: Path) -> None:
    run = writer.start_run("crawl", "paper")
    poll(writer, *(Entry(url=URL + f"/{n}") for n in range(4)), run_id=run)
    put(writer, capture(URL + "/0"), article(URL + "/0", removals=(cut(23, "12345"),)), run)
    put(writer, capture(URL + "/0", hours=1), article(URL + "/0", text="Other words."), run)
    writer.keep(Fetched(capture=capture(URL + "/0", hours=1)), run)
    put(writer, capture(URL + "/1"), Reject(Reason.LISTING), run)
    put(writer, capture(URL + "/2"), Failure("process", "crashed"), run)
    writer.fail(URL + "/3", "paper", "timeout", "30 s", run)
    put(writer, capture("urn:sha256:00", source=None, entry=None), article(source=None), run)
    writer.finish_run(run, "finished", {"seconds": 1.5})
    with Archive(path) as archive:
        nobody, paper = archive.run_report(run)
        counts = archive.counts()
    assert paper == {
        "source": "paper",
        "found": 4,
        "fetched": 5,
        "stored": 1,
        "revised": 1,
        "unchanged": 1,
        "rebuilt": 0,
        "same": 0,
        "went": 0,
        "back": 0,
        "rejected": {"listing": 1},
        "failed": 2,
        "removed_chars": 5,
    }
    assert (nobody["source"], nobody["stored"]) == (None, 1)
    assert (counts["articles"], counts["revisions"], counts["pending"], counts["queued"]) == (2, 1, 0, 0)
    assert rows(path, "SELECT kind, what, reason, stats FROM runs") == [
        ("crawl", "paper", "finished", '{"seconds":1.5}')
    ]


def test_sources_retire_when_they_leave_the_file(writer: Writer, path: Path) -> None:
    paper, gazette = (Source(id=name, homepage=f"https://{name}.example/", every=60) for name in ("paper", "gazette"))
    writer.put_sources([paper, gazette])
    put(writer, capture("urn:sha256:1", source="imports"), article())
    writer.put_sources([paper])
    assert rows(path, "SELECT id FROM sources WHERE retired_at IS NOT NULL") == []
    writer.put_sources([paper], complete=True)
    assert rows(path, "SELECT id FROM sources WHERE retired_at IS NOT NULL") == [("gazette",)]
    writer.put_sources([paper, gazette], complete=True)
    assert rows(path, "SELECT id FROM sources WHERE retired_at IS NOT NULL") == []
    assert json.loads(rows(path, "SELECT config FROM sources WHERE id = 'paper'")[0][0]) == {
        "homepage": paper.homepage,
        "every": 60,
    }


def test_hosts_are_remembered(writer: Writer) -> None:
    assert writer.host("https://paper.example") is None
    writer.put_host("https://paper.example", robots=b"User-agent: *\n", delay=2.5)
    writer.put_host("https://paper.example", verdict="rules")
    host = writer.host("https://paper.example")
    assert host is not None
    assert (host["robots"], host["delay"], host["verdict"], host["retry_at"]) == (
        b"User-agent: *\n",
        2.5,
        "rules",
        None,
    )
    with pytest.raises(StoreError, match="no column 'robot'"):
        writer.put_host("https://paper.example", robot=b"")
