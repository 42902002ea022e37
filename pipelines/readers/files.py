"""Files and folders as captures. What is no page is named with the reason; what is a page is read as bytes.

`fetched_at` of a file is the time it was last modified: the nearest thing to when its text was seen, and the
same however often it is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from mimetypes import MimeTypes
from pathlib import Path

from pipelines.errors import ReadError
from pipelines.readers.html import html_capture
from pipelines.readers.text import text_capture
from pipelines.types import Capture

_HTML = {".html", ".htm", ".xhtml"}
_TEXT = {".txt", ".text", ".md"}
#: Kinds that the standard library does not know, and that read like text.
_DATA = {".jsonl", ".ndjson", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".sql", ".log", ".lock", ".rss", ".atom"}
_TYPES = MimeTypes()  # its own table only: what a machine has in /etc must not decide
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_MARKUP_OR_DATA = re.compile(rb"\s*(?:<\?xml|[{\[])")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_CONTROLS = bytes({*range(32), 127} - {9, 10, 12, 13, 27})  # ESC stands in Japanese texts
_SNIFFED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read. `named` if the user named it, rather than a folder around it."""

    path: Path
    reason: str
    named: bool


def read_paths(paths: Iterable[Path], source: str | None = None, *, limit: int) -> Iterator[Capture | Skipped]:
    """The files at `paths`, folders with all below them in sorted order; hidden ones are passed over.

    Files of more than `limit` bytes are skipped. Raises ReadError, before any file is read, for a path that is
    not there.
    """
    for path, named in find(paths):
        try:
            yield _read(path, named, source, limit)
        except OSError as problem:
            yield Skipped(path, f"cannot be read ({problem.strerror}); check its permissions", named)


def find(paths: Iterable[Path]) -> list[tuple[Path, bool]]:
    """Every file at `paths`, and whether it was named itself. Raises ReadError for a path that is not there."""
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise ReadError(f"{path}: no such file or folder; check the spelling")
    found: list[tuple[Path, bool]] = []
    for path in paths:
        found += [(one, False) for one in _below(path)] if path.is_dir() else [(path, True)]
    return found


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _read(path: Path, named: bool, source: str | None, limit: int) -> Capture | Skipped:
    ending = path.suffix.lower()
    if not path.is_file():
        return Skipped(path, "is no regular file", named)
    if reason := _foreign(path.name.lower(), ending):
        return Skipped(path, reason, named)
    status = path.stat()
    if status.st_size > limit:
        return Skipped(
            path, f"has {_megabytes(status.st_size)}, more than the body_limit of {_megabytes(limit)}", named
        )
    body = path.read_bytes()
    if not body.strip():
        return Skipped(path, "is empty", named)
    if is_binary(body):
        return Skipped(path, "is binary, neither text nor a web page", named)
    at = datetime.fromtimestamp(int(status.st_mtime), UTC)
    if ending in _HTML or (ending not in _TEXT and is_html(body)):
        return html_capture(body, at, source)
    if ending not in _TEXT and _MARKUP_OR_DATA.match(body):
        return Skipped(path, "holds data, neither text nor a web page", named)
    return text_capture(body, at, source)


def _foreign(name: str, ending: str) -> str | None:
    """Why a file of this name is none to read, going by the kind its name says."""
    if ending in _HTML | _TEXT:
        return None
    kind, packing = _TYPES.guess_type(name)
    if packing:
        return f"is packed ({packing}); unpack it first"
    if ending in _DATA or (kind and kind not in ("text/plain", "text/html", "application/xhtml+xml")):
        return f"is {kind or ending}, neither text nor a web page"
    return None


def is_html(body: bytes) -> bool:
    """Whether bytes begin like a web page."""
    head = body[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    while head.startswith((b"<!--", b"<?xml")):
        head = head.partition(b"-->" if head.startswith(b"<!--") else b">")[2].lstrip()
    return bool(_HTML_START.match(head))


def is_binary(body: bytes) -> bool:
    """Whether bytes are no text in any encoding in use."""
    head = body[:_SNIFFED]
    if head.startswith(_BOMS):
        return False
    if b"\0" in head:
        nulls = max(head[0::2].count(0), head[1::2].count(0))  # UTF-16 has them in every other place
        return nulls < len(head) // 3
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 100


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MB"
