"""The hostile server does what the tests that rely on it need."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.hostile import BAD_LINKS, Hostile
from tests.hostile.answers import BOMB_SIZE


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    with Hostile() as running:
        yield running


def ask(url: str, timeout: float = 10) -> HTTPResponse:
    """The answer as soon as its head is there."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    connection.request("GET", parts.path)
    return connection.getresponse()


def test_every_feed_holds_the_trap_between_two_good_articles(site: Hostile) -> None:
    for name in site.traps:
        door = site[name]
        feed = ElementTree.fromstring(ask(door.feed).read())
        assert [one.text for one in feed.iterfind(".//item/link")] == [door.good[0], door.url, door.good[1]]
        assert f'href="/feed/{name}.xml"' in ask(door.homepage).read().decode()
        texts = [ask(one).read().decode() for one in door.good]
        assert all(len(re.findall("<p>", one)) == 7 for one in texts)
        assert texts[0] != texts[1]


def test_bad_links_stand_among_good_ones(site: Hostile) -> None:
    feed = ElementTree.fromstring(ask(f"{site.base}/feed/bad-links.xml").read())
    links = [one.text or "" for one in feed.iterfind(".//item/link")]
    assert links[1:-1] == list(BAD_LINKS)
    assert ask(links[0]).status == ask(links[-1]).status == 200


@pytest.mark.parametrize("name", ["slow-page", "memory-page"])
def test_heavy_pages_stay_below_the_body_limit(site: Hostile, name: str) -> None:
    body = ask(site[name].url).read()
    assert 1_000_000 < len(body) < 8 * 1024**2
    assert site[name].body[0] in body.decode()


def test_odd_articles_hold_their_text_and_their_mark(site: Hostile) -> None:
    marks = {
        "vt-in-body": b"&#11;",
        "surrogate-in-nav": b"&#xD800;",
        "nul-bytes": b"\0",
        "nested-2000": b"<div>" * 2000,
    }
    for name, mark in marks.items():
        body = ask(site[name].url).read()
        assert mark in body
        assert all(one.encode() in body for one in site[name].body)


def test_a_bomb_is_small_on_the_wire_and_unpacks_to_a_gibibyte(site: Hostile) -> None:
    packed = ask(site["bomb-gzip"].url).read()
    assert len(packed) < 2_000_000
    assert int.from_bytes(packed[-4:], "little") > BOMB_SIZE == 1024**3
    start = zlib.decompressobj(31).decompress(packed, 32 * 1024**2)
    assert len(start) == 32 * 1024**2
    assert site["bomb-gzip"].body[0].encode() in start
    for name in {"bomb-br", "bomb-zstd"} & site.traps.keys():
        assert len(ask(site[name].url).read()) < 2_000_000


def test_streams_run_until_the_client_hangs_up() -> None:
    with Hostile() as site:
        answer = ask(site["endless"].url)
        assert len(answer.read(20_000_000)) == 20_000_000
        answer.close()
        drip = ask(site["drip"].url, timeout=0.3)
        assert drip.read(1) == b"<"
        with pytest.raises(TimeoutError):
            drip.read(10)
        with pytest.raises(TimeoutError):
            ask(site["silent"].url, timeout=0.3)
        assert site.visits["/trap/silent"] == 1


def test_redirects_aim_at_the_secret_and_asking_it_is_noticed() -> None:
    with Hostile() as site:
        aims = {name: ask(site[name].url).headers["Location"] for name in site.traps if name.startswith("redirect-")}
        assert aims["redirect-file"] == "file:///etc/passwd"
        assert aims["redirect-decimal"].startswith("http://2130706434:")
        assert not site.leaked
        if not aims["redirect-private"].endswith(":80/secret"):
            assert "INTERNAL-SECRET" in ask(aims["redirect-private"]).read().decode()
            assert site.leaked == ["/secret"]


def test_broken_bodies(site: Hostile) -> None:
    with pytest.raises(IncompleteRead):
        ask(site["cut-short"].url).read()
    cut = ask(site["cut-gzip"].url).read()
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(cut)
    assert not unpacker.eof
    with pytest.raises(zlib.error):
        zlib.decompress(ask(site["flipped-gzip"].url).read(), 31)


def test_an_error_that_passes() -> None:
    with Hostile() as site:
        assert [ask(site["error-once"].url).status for _ in range(3)] == [500, 200, 200]


@pytest.mark.parametrize(("robots", "status", "rule"), [("allow", 200, "Allow: /"), ("forbid", 200, "Disallow: /")])
def test_robots_can_be_chosen(robots: str, status: int, rule: str) -> None:
    with Hostile(robots) as site:
        answer = ask(f"{site.base}/robots.txt")
        assert answer.status == status
        assert rule in answer.read().decode()
        site.robots = "error"
        assert ask(f"{site.base}/robots.txt").status == 500
        site.robots = "slow"
        with pytest.raises(TimeoutError):
            ask(f"{site.base}/robots.txt", timeout=0.3)
