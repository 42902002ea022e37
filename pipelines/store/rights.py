"""What a page asks of machines, in its headers and in its head: written down with the capture, word for word.

Only restrictions are signals: `index, follow` says no more than saying nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from pipelines.types import Capture

_HEAD = 64 * 1024  # bytes of a page in which its head is looked for
_MOST = 40
_LONGEST = 2000  # bytes of an element
_MARKS = (b"bot", b"tdm-", b"slurp", b"teoma")  # one of them is in every element that matters
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
#: Names of meta elements that speak to robots: all of them, or one.
_TO_ROBOTS = re.compile(r"robots|[a-z][a-z0-9_-]*bot(?:-news)?|slurp|teoma|msnbot-media", re.IGNORECASE)
_TDM = ("tdm-reservation", "tdm-policy")
#: In headers, as in `googlebot: noindex, nofollow`; `unavailable_after: …` and `max-snippet: 0` name no agent.
_AGENT = re.compile(r"(?!unavailable_after|max-)([a-z][\w .-]*?) ?: ?(.*)")
_PERMISSIONS = frozenset(
    ("all", "index", "follow", "archive", "snippet", "imageindex", "translate", "noodp", "noydir", "noyaca")
)
_UNLIMITED = re.compile(r"max-(?:snippet|video-preview)\s*:\s*-1|max-image-preview\s*:\s*(?:large|standard)")


class Signal(NamedTuple):
    """One restriction: what it says, to whom (* for all), and where it stood: header or meta."""

    says: str
    to: str
    place: str


def signals(capture: Capture) -> list[dict[str, str]]:
    """The restrictions that came with a capture, each once, as they are stored."""
    found = dict.fromkeys((*_in_headers(capture.headers), *_in_page(capture.body)))
    return [{"says": one.says, "to": one.to, "in": one.place} for one in list(found)[:_MOST]]


def _in_headers(headers: tuple[tuple[str, str], ...]) -> Iterator[Signal]:
    for name, value in headers:
        match name.lower():
            case "x-robots-tag":
                yield from _directives(value, "*", "header")
            case "tdm-reservation" | "tdm-policy" as said:
                yield from _reserved(said, value, "header")
            case "content-usage":
                yield Signal(f"content-usage: {value.strip()}", "*", "header")


def _in_page(body: bytes) -> Iterator[Signal]:
    for element in _elements(body[:_HEAD]):
        attributes = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(element.decode("utf-8", "replace"))
        }
        name, value = attributes.get("name", "").strip().lower(), attributes.get("content", "")
        if name in _TDM:
            yield from _reserved(name, value, "meta")
        elif _TO_ROBOTS.fullmatch(name):
            yield from _directives(value, "*" if name == "robots" else name, "meta")


def _elements(head: bytes) -> Iterator[bytes]:
    """The meta elements that may be signals. Plain searches: every page passes here while the archive is locked."""
    low = head.lower().partition(b"<body")[0]
    at = low.find(b"<meta")
    while at >= 0:
        end = low.find(b">", at, at + _LONGEST)
        if end > 0 and any(mark in low[at:end] for mark in _MARKS):
            yield head[at:end]
        at = low.find(b"<meta", at + 5)


def _directives(value: str, to: str, place: str) -> Iterator[Signal]:
    # dates have commas of their own: unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT
    for part in re.split(r"(?<!mon)(?<!tue)(?<!wed)(?<!thu)(?<!fri)(?<!sat)(?<!sun)[,;]", value.lower()):
        said = " ".join(part.split())
        if place == "header" and (agent := _AGENT.fullmatch(said)):
            to, said = agent[1], agent[2]
        if said and said not in _PERMISSIONS and not _UNLIMITED.fullmatch(said):
            yield Signal(said[:200], to, place)


def _reserved(name: str, value: str, place: str) -> Iterator[Signal]:
    value = value.strip()
    if value and value != "0":  # 0: nothing is reserved
        yield Signal(f"{name}: {value[:300]}", "*", place)
