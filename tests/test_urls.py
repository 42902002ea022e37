"""One key for every spelling of an address; nothing unfetchable passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.urls import absolute, leads_back, same_site, urlkey, urn_for


@pytest.mark.parametrize(
    "spelling",
    [
        "https://www.example.com/a/b?a=1&b=2",
        "http://example.com/a/b/?b=2&a=1",
        "https://EXAMPLE.com:443/a//b?a=1&b=2#top",
        "https://example.com/a/b?utm_source=x&a=1&b=2&fbclid=abc",
    ],
)
def test_spellings_of_one_address_share_a_key(spelling: str) -> None:
    assert urlkey(spelling) == "com,example)/a/b?a=1&b=2"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1:8701/x/", "127.0.0.1:8701)/x"),
        ("https://example.com", "com,example)/"),
        ("https://example.com/Geschichte-über-Äpfel", "com,example)/Geschichte-%C3%BCber-%C3%84pfel"),
        ("https://münchen.example/", "example,xn--mnchen-3ya)/"),
        ("urn:sha256:ab", "urn:sha256:ab"),
    ],
)
def test_keys(url: str, key: str) -> None:
    assert urlkey(url) == key


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "mailto:a@b.c", "http://[bad", "data:text/html,x", "ftp://h/x", "#top", "", "file:///etc"],
)
def test_what_cannot_be_fetched_is_none(href: str) -> None:
    assert absolute("https://example.com/a", href) is None


@given(st.text(max_size=60))
def test_absolute_never_raises_and_gives_web_addresses_only(href: str) -> None:
    url = absolute("https://example.com/a/", href)
    assert url is None or url.startswith(("http://", "https://"))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_a_key_is_its_own_key(path: str) -> None:
    url = absolute("https://example.com/", "/" + path)
    if url:
        key = urlkey(url)
        assert key == urlkey(url.replace("https://", "http://www."))


def test_sites_and_urns() -> None:
    assert same_site("https://www.example.com/a", "http://news.example.com/b")
    assert not same_site("https://example.com/", "https://example.org/")
    assert urn_for(b"text").startswith("urn:sha256:982d9e3eb996f559")


@pytest.mark.parametrize(
    ("asked", "came", "wall"),
    [
        (
            "https://paper.example/a-1",
            "https://consent.example/ask?key=7&back=https%3A%2F%2Fwww.paper.example%2Fa-1",
            True,
        ),
        ("https://paper.example/a-1", "https://login.paper.example/?next=/a-1", True),
        ("https://paper.example/", "https://consent.example/ask?back=https://paper.example", True),
        ("https://paper.example/", "https://login.paper.example/?next=https%3A%2F%2Fpaper.example%2F", True),
        ("https://paper.example/a-1", "https://consent.example/ask?back=https://paper.example/a-2", False),
        ("https://paper.example/a-1", "https://paper.example/b-1?from=/a-1", False),
        ("https://paper.example/a-1", "https://new.example/a-1/?from=https://paper.example/a-1", False),
        ("https://paper.example/a-1", "https://[bad?from=https://paper.example/a-1", False),
        ("https://paper.example/a-1", "https://new.example/?from=http://[bad", False),
    ],
)
def test_a_wall_of_another_host_names_the_page_that_it_keeps(asked: str, came: str, wall: bool) -> None:
    assert leads_back(asked, came) is wall
