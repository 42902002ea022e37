"""What a file holds, piece by piece: pages, addresses, and what is none of these, each with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pipelines.types import Capture, Entry


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read. `named` if the user named it, rather than a folder around it."""

    path: Path
    reason: str
    named: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page. Of one that is not `dated`, its time is that of its file, and does not tell two captures apart."""

    capture: Capture
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Again:
    """A page that was found as it had been: its body is that of another capture, of `url` at the time `at`."""

    capture: Capture  # without its body
    url: str
    at: str | None = None  # ISO 8601, UTC; None: the latest before it
    digest: str | None = None  # sha256 of the body, where that is said


@dataclass(frozen=True, slots=True)
class Moved:
    """An address that led on to another, the capture's `final_url`."""

    capture: Capture  # without what came from there


@dataclass(frozen=True, slots=True)
class Listed:
    """An address without its page."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Flaw:
    """A piece that is damaged, or cannot be what it says it is."""

    reason: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A piece that is whole and holds no page, by its kind: image/png, status 503, request …"""

    what: str


What: TypeAlias = "Page | Again | Moved | Listed | Flaw | Passed"


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of a file of many."""

    what: What = field(repr=False)
    place: int  # the byte at which it begins; of a packed file, at which what holds it does
    position: int  # the byte from which the rest can be read once this piece is kept


@dataclass(frozen=True, slots=True)
class Part:
    """A file that can be read, or a part of one."""

    name: str  # the file's, and within it the part's
    path: Path
    named: bool
    size: int  # bytes, of which positions are told
    read: Callable[[int], Iterator[Found]] = field(repr=False)  # from a position on
    digest: str | None = None  # of a file of many: names it, however often it is read
