"""Hosts that are ill hold nobody up: they drip, keep silent, never shake hands, have no address, or are not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from tests.crawls import Ended, Project, source, sources
from tests.hosts import Host
from tests.lag import lag, probed

pytestmark = pytest.mark.slow
_TIMEOUT = 15  # seconds; all that is well must be fetched before the first of the ill is given up
_PAGES = 12
_MANY = 40
#: Read by Python at its start: names under .hangs are never answered.
_NAME_SERVER = """
import socket, time
known = socket.gethostbyname
def asked(name):
    if name.endswith(".hangs"):
        time.sleep(20)
        raise socket.gaierror(-3, "temporary failure")
    return known(name)
socket.gethostbyname = asked
"""


def outlet(host: Host, count: int) -> str:
    """A feed on that host and the pages it lists; the address of the feed."""
    paths = [f"/{n}-12345" for n in range(count)]
    host.feed(*paths)
    for path in paths:
        host.page(path)
    return f"{host.base}/feed"


def silence(host: Host) -> tuple[int, dict[str, str], bytes]:
    host.stopping.wait(60)
    return 503, {}, b""


class Crawled:
    """Three healthy outlets among two dozen ill ones, crawled once, and again with the ill ones still ill."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        def start(address: str = "127.0.0.1") -> Host:
            host = Host(address)
            host.start()
            stack.callback(host.stop)
            return host

        self.well = [start() for _ in range(3)]
        self.silent = [start() for _ in range(5)]
        feeds = {f"well-{n}": outlet(host, _PAGES) for n, host in enumerate(self.well)}
        feeds |= {f"silent-{n}": outlet(host, _MANY) for n, host in enumerate(self.silent)}
        for host in self.silent:
            for path in host.answers:
                if path.endswith("-12345"):
                    host.answers[path] = lambda host=host: silence(host)
        mute = start()
        mute.answers["/robots.txt"] = lambda: silence(mute)
        feeds["mute"] = f"{mute.base}/feed"
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=99))  # accepts, and says nothing
        feeds["deaf"] = f"https://127.0.0.1:{deaf.getsockname()[1]}/feed"
        feeds["absent"] = "http://127.0.0.1:9/feed"
        feeds |= {f"nameless-{n}": f"http://n{n}.hangs/feed" for n in range(12)}
        tables = [source(name, feeds=f'["{url}"]') for name, url in sorted(feeds.items())]
        self.project = Project(folder, sources(*tables, timeout=f'"{_TIMEOUT}s"'))
        (folder / "sitecustomize.py").write_text(_NAME_SERVER)
        self.ended: Ended = self.project.crawl(
            "news", *probed("lag.json"), PYTHONPATH=f"{folder}:{Path(__file__).parent.parent}"
        )
        self.lag = lag(folder / "lag.json")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with ExitStack() as stack:
        yield Crawled(tmp_path_factory.mktemp("fairness"), stack)


def pages(host: Host) -> list[datetime]:
    return [when for path, when, _ in host.asked if path.endswith("-12345")]


def test_the_healthy_are_done_before_the_first_of_the_ill_is_given_up(crawled: Crawled) -> None:
    start = min(when for host in (*crawled.well, *crawled.silent) for _, when, _ in host.asked)
    for host in crawled.well:
        assert len(pages(host)) == _PAGES
        assert (max(pages(host)) - start).total_seconds() < _TIMEOUT
    stored = crawled.project.one("SELECT count(*) FROM articles WHERE source_id LIKE 'well-%'")
    assert stored == len(crawled.well) * _PAGES


def test_a_host_that_fails_again_and_again_is_left_alone(crawled: Crawled) -> None:
    for n, host in enumerate(crawled.silent):
        assert len(pages(host)) < _MANY / 2
        rows = crawled.project.rows(
            "SELECT state, tries, due_at > found_at, reason FROM entries WHERE source_id = ?", f"silent-{n}"
        )
        assert len(rows) == _MANY
        waiting = [reason for state, _, _, reason in rows if state == "queued"]
        assert len(waiting) > _MANY / 2
        assert all(reason.startswith("its host failed 5 times in a row") for reason in waiting)
        assert {(tries, later) for state, tries, later, _ in rows if state == "failed"} == {(1, 1)}


def test_what_did_not_answer_is_written_down(crawled: Crawled) -> None:
    assert crawled.ended.code == 1
    assert "Traceback" not in crawled.ended.err
    ill = {name for (name,) in crawled.project.rows("SELECT source_id FROM feeds WHERE failures = 1")}
    assert ill == {"mute", "deaf", "absent", *(f"nameless-{n}" for n in range(12))}


def test_the_event_loop_is_never_late(crawled: Crawled) -> None:
    assert crawled.lag.own < 0.2
    assert crawled.lag.resident < 400 * 1024**2
