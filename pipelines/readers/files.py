"""Files and folders as pages. What is no page is named with the reason; what is a page is read as bytes.

A file of one page is read whole; a file of many is a part that can be read from any of its positions on. The time of
a page that names none is when its file was last modified: the nearest thing to when it was seen, and the same however
often it is read.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

from pipelines.errors import ReadError
from pipelines.page import UndecodableError, decode
from pipelines.readers import wacz
from pipelines.readers.found import Flaw, Found, Listed, Page, Passed, Skipped
from pipelines.readers.html import html_capture, is_html
from pipelines.readers.lists import addresses_in_table, addresses_in_text
from pipelines.readers.mail import is_mail, is_mbox, message_page, messages
from pipelines.readers.packed import GZIP, ZSTD, DamageError, stream_of
from pipelines.readers.records import START
from pipelines.readers.rows import rows
from pipelines.readers.sniff import HTML, ROWS, TEXT, foreign, is_binary, is_data, megabytes
from pipelines.readers.text import text_capture
from pipelines.readers.tools import page_of, tool_of
from pipelines.readers.warc import read_warc

_HEAD = 64 * 1024
_MAIL, _SAVED = {".eml", ".mbox"}, {".mht", ".mhtml"}
_ENDS = 64 * 1024  # bytes of a file that tell it from another of its name


@dataclass(frozen=True, slots=True)
class Part:
    """A file that can be read, or a part of one."""

    name: str  # the file's, and within it the part's
    path: Path
    named: bool
    size: int  # bytes, of which positions are told
    read: Callable[[int], Iterator[Found]] = field(repr=False)  # from a position on
    digest: str | None = None  # of a file of many: names it, however often it is read


def find(paths: Iterable[Path]) -> list[tuple[Path, bool]]:
    """Every file at `paths`, and whether it was named itself: folders with all below them in sorted order, hidden
    files passed over. Raises ReadError for a path that is not there."""
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


def parts_of(path: Path, named: bool, limit: int) -> Iterator[Part | Skipped]:
    """What there is to read in a file. A page of more than `limit` bytes is skipped; files of many may be any size."""
    if not path.is_file():
        yield Skipped(path, "is no regular file", named)
        return
    try:
        if zipfile.is_zipfile(path):
            yield from _packages(path, named, limit)
        else:
            found = _part(path, named, limit)
            yield Skipped(path, found, named) if isinstance(found, str) else found
    except DamageError as problem:
        yield Skipped(path, str(problem), named)
    except OSError as problem:
        yield Skipped(path, f"cannot be read ({problem.strerror or problem}); check its permissions", named)


def _part(path: Path, named: bool, limit: int) -> Part | str:
    """The one thing that a file is, or why it is none to read."""
    status = path.stat()
    at = datetime.fromtimestamp(int(status.st_mtime), UTC)
    inner = _inner(path.name.lower())
    ending = Path(inner).suffix
    with path.open("rb") as file:
        packed = file.read(4).startswith((GZIP, ZSTD)) and inner != path.name.lower()
        head = _head(file) if packed or ending in (".warc", "") else b""
        file.seek(0)
        head = head or file.read(_HEAD)
    reader = _of_many(path, ending, head, at, limit)
    if reader is not None:
        return Part(path.name, path, named, status.st_size, partial(_opened, path, reader), _digest(path, status))
    if not packed and (reason := _unfit(inner, ending)):
        return reason
    if not packed and status.st_size > limit:
        return f"has {megabytes(status.st_size)}, more than the body_limit of {megabytes(limit)}"
    body = _whole(path, limit) if packed else path.read_bytes()
    if body is None:
        return f"unpacks to more than the body_limit of {megabytes(limit)}"
    pieces = _of_one(body, path.name, ending, at)
    if isinstance(pieces, str):
        return pieces
    size = status.st_size
    return Part(path.name, path, named, size, lambda _: (Found(one, 0, size) for one in pieces))


def _of_many(
    path: Path, ending: str, head: bytes, at: datetime, limit: int
) -> Callable[[IO[bytes], int], Iterator[Found]] | None:
    """How a file of many pages, rows or addresses is read; None for another."""
    name = path.name
    if head.startswith(START) or ending == ".warc":
        return lambda file, start: read_warc(stream_of(file, start), name, limit)
    if ending == ".mbox" or (ending not in TEXT and is_mbox(head)):
        return lambda file, start: messages(stream_of(file, start), limit, at, name)
    if ending in ROWS or (not ending and is_data(head)):
        with path.open("rb") as file:
            first = next((one.value for one in rows(stream_of(file), 4 * limit) if one.value is not None), None)
        if first is not None and tool_of(first):
            return lambda file, start: _rows(file, start, at, name, limit)
    return None


def _rows(file: IO[bytes], start: int, at: datetime, name: str, limit: int) -> Iterator[Found]:
    for row in rows(stream_of(file, start), 4 * limit):
        what = Flaw(row.flaw) if row.flaw else page_of(row.value or {}, at, name) or Passed("a row without a page")
        if isinstance(what, Page) and len(what.capture.body) > limit:
            what = Flaw(f"has more than the body_limit of {megabytes(limit)}")
        yield Found(what, row.place, row.position)


def _of_one(body: bytes, name: str, ending: str, at: datetime) -> list[Page | Listed] | str:
    """The page that a file is, or the addresses it lists; else why it is neither."""
    if not body.strip():
        return "is empty"
    if ending in _MAIL | _SAVED or (ending not in HTML | TEXT and is_mail(body)):
        page = message_page(body, at, name)
        return page.reason if isinstance(page, Flaw) else [page]
    if is_binary(body):
        return "is binary, neither text nor a web page"
    if ending in HTML or (ending not in TEXT and is_html(body)):
        return [Page(html_capture(body, at, name=name), dated=False)]
    if ending in (".csv", ".tsv"):
        found = addresses_in_table(_text(body))
        return [Listed(one) for one in found] if found else "is text/csv, and no column of it holds only addresses"
    if found := addresses_in_text(_text(body)):
        return [Listed(one) for one in found]
    if ending not in TEXT and is_data(body):
        return "holds data, neither text nor a web page"
    return [Page(text_capture(body, at, name=name), dated=False)]


def _packages(path: Path, named: bool, limit: int) -> Iterator[Part | Skipped]:
    try:
        with zipfile.ZipFile(path) as package:
            warcs, said = wacz.warcs_in(package), wacz.digests(package)
    except wacz.BROKEN as problem:
        yield Skipped(path, f"is a zip file that cannot be read ({problem})", named)
        return
    if not warcs:
        yield Skipped(path, "is a zip file without WARCs; unpack it first", named)
    for info in warcs:
        if reason := wacz.unsafe(info):
            yield Skipped(path, f"{info.filename} {reason}", named)
            continue
        name = f"{path.name}/{info.filename}"
        read = partial(_packaged, path, info, said.get(info.filename, ""), name, limit)
        digest = hashlib.sha256(f"{name} {info.file_size} {info.CRC} {info.date_time}".encode()).hexdigest()
        yield Part(name, path, named, info.file_size, read, digest)


def _packaged(path: Path, info: zipfile.ZipInfo, said: str, name: str, limit: int, start: int) -> Iterator[Found]:
    with zipfile.ZipFile(path) as package:
        if start == 0 and not wacz.is_intact(package, info, said):
            yield Found(Flaw("is not what datapackage.json says; its records are read all the same"), 0, 0)
        try:
            with package.open(info) as file:
                yield from read_warc(stream_of(file, start), name, limit)
        except wacz.BROKEN as problem:
            yield Found(Flaw(f"cannot be unpacked any further ({problem})"), 0, info.file_size)


def _opened(path: Path, reader: Callable[[IO[bytes], int], Iterator[Found]], start: int) -> Iterator[Found]:
    with path.open("rb") as file:
        yield from reader(file, start)


def _inner(name: str) -> str:
    """The name of what a packed file holds."""
    return name.removesuffix(".gz").removesuffix(".zst")


def _unfit(inner: str, ending: str) -> str | None:
    if ending in _MAIL | _SAVED | {".csv", ".tsv"}:
        return None
    return foreign(inner, ending)


def _head(file: IO[bytes]) -> bytes:
    """The first bytes of a file, unpacked; what can be had of a damaged one."""
    stream, head = stream_of(file), b""
    try:
        while len(head) < _HEAD and (piece := stream.more()):
            head += piece
    except DamageError:
        pass
    return head


def _whole(path: Path, limit: int) -> bytes | None:
    """A packed file; None for one that is longer than `limit` bytes. Raises DamageError."""
    body = bytearray()
    with path.open("rb") as file:
        stream = stream_of(file)
        while piece := stream.more():
            body += piece
            if len(body) > limit:
                return None
    return bytes(body)


def _digest(path: Path, status: os.stat_result) -> str:
    """Names a file by its name, size, time and both ends."""
    digest = hashlib.sha256(f"{path.name} {status.st_size} {status.st_mtime_ns} ".encode(errors="surrogateescape"))
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, status.st_size - _ENDS))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()


def _text(body: bytes) -> str:
    try:
        return decode(body)
    except UndecodableError:
        return ""
