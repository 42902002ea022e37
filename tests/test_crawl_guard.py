"""What stands between a page and our own machine, without a network: addresses, bodies, robots.txt, retries."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from scrapy.http import Response

from crawler.captures import capture_of, retry_at
from crawler.middlewares.guard import Networks, literal
from crawler.middlewares.robots import Rules
from pipelines.decode import Decoded, decode

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 1024**2


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]",
     "[::ffff:10.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
     "[fe80::1%25eth0]", "[fc00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1."],
)  # fmt: skip
def test_private_addresses_in_every_spelling(host: str) -> None:
    address = literal(host)
    assert address is not None
    assert not Networks().allows(address)
    assert Networks(["0.0.0.0/0", "::/0"]).allows(address)


def test_public_addresses_and_names() -> None:
    assert Networks().allows("93.184.215.14")
    assert Networks().allows("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    assert literal("paper.example") is None
    assert literal("localhost") is None  # a name: its address is checked when it is resolved
    assert Networks(["10.0.0.0/8"]).allows("10.1.2.3")
    assert not Networks(["10.0.0.0/8"]).allows("127.0.0.1")


TEXT = os.urandom(150_000).hex().encode()
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_bodies_are_decoded_strictly(coding: str) -> None:
    packed = CODINGS[coding](TEXT)
    assert decode(packed, [coding], LIMIT) == Decoded(TEXT)
    for cut in (1, 7, len(packed) // 4, len(packed) // 2, len(packed) - 1):
        one = decode(packed[:cut], [coding], LIMIT)
        assert one.completeness == "damaged"
        assert TEXT.startswith(one.body) or one.body == packed[:cut]
    assert len(decode(packed[: len(packed) // 2], [coding], LIMIT).body) > len(TEXT) // 4
    assert decode(packed, [coding], 1000) == Decoded(TEXT[:1000], "truncated")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_flipped_byte_is_noticed(coding: str) -> None:
    packed = bytearray(CODINGS[coding](TEXT))
    packed[len(packed) // 2] ^= 1
    assert decode(bytes(packed), [coding], LIMIT).completeness == "damaged"


@pytest.mark.parametrize("coding", CODINGS)
def test_bombs_stop_at_the_limit(coding: str) -> None:
    bomb = brotli.compress(bytes(64 * LIMIT), quality=3) if coding == "br" else CODINGS[coding](bytes(64 * LIMIT))
    assert decode(bomb, [coding], LIMIT) == Decoded(bytes(LIMIT), "truncated")


def test_odd_codings() -> None:
    raw = zlib.compressobj(wbits=-15)
    assert decode(raw.compress(TEXT) + raw.flush(), ["deflate"], LIMIT).body == TEXT
    assert decode(gzip.compress(TEXT) + gzip.compress(TEXT), ["gzip"], LIMIT).body == TEXT * 2
    assert decode(gzip.compress(TEXT) + bytes(100), ["x-gzip"], LIMIT) == Decoded(TEXT)
    assert decode(gzip.compress(zlib.compress(TEXT)), ["deflate", "gzip"], LIMIT) == Decoded(TEXT)
    assert decode(TEXT, ["gzip"], LIMIT) == Decoded(TEXT)  # declared, but never done
    assert decode(TEXT, ["utf-8", "identity"], LIMIT) == Decoded(TEXT)
    assert decode(TEXT, [], 100) == Decoded(TEXT[:100], "truncated")
    assert decode(gzip.compress(TEXT), ["gzip"] * 4, LIMIT).completeness == "damaged"
    assert decode(gzip.compress(b"") * 5000, ["gzip"], LIMIT).completeness == "damaged"


def test_robots_rules() -> None:
    rules = Rules.of(
        b"User-agent: *\nDisallow: /x\nCrawl-delay: 5\nUser-agent: tearsheet\nDisallow: /y\nRequest-rate: 1/10\n"
    )
    assert rules.allow("https://paper.example/x")
    assert not rules.allow("https://paper.example/y/z")
    assert rules.delay == 10
    assert Rules.of(b"User-agent: *\nCrawl-delay: 86400").delay == 60
    assert Rules.of(b"<html>not a robots file</html>").allow("https://paper.example/")
    assert Rules.none().allow("https://paper.example/x")
    assert not Rules.of(b"#\n" * 1000 + b"User-agent: *\nDisallow: /").allow("https://paper.example/")
    assert Rules.of(b"#" * 600_000 + b"\nUser-agent: *\nDisallow: /").allow("https://paper.example/"), (
        "512 KiB are read"
    )


def test_when_to_ask_again() -> None:
    now = datetime.now(UTC)

    def seconds(said: str, tries: int = 0) -> float:
        answer = Response("https://paper.example/", status=503, headers={"Retry-After": said} if said else {})
        return (datetime.fromisoformat(retry_at(answer, tries)) - now).total_seconds()

    assert 118 <= seconds("120") <= 122
    assert 3500 < seconds((now + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")) < 3700
    assert seconds("99999999999") <= 7 * 86400 + 2
    assert 890 < seconds("soon") < 910
    assert 890 < seconds("") < seconds("", 1) < seconds("", 2)


def test_a_response_as_a_capture() -> None:
    answer = Response(
        "https://paper.example/b",
        headers={
            "Set-Cookie": ["a=1", "b=2"],
            "Content-Type": "Text/HTML; charset=x",
            "X-Name": "Zoë".encode("latin-1"),
        },
        body=b"x",
        flags=["damaged"],
    )
    capture = capture_of(answer, "https://paper.example/a", "paper")
    assert (capture.url, capture.final_url) == ("https://paper.example/a", "https://paper.example/b")
    assert [value for name, value in capture.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert ("X-Name", "Zoë") in capture.headers
    assert (capture.mime, capture.completeness) == ("text/html", "damaged")
