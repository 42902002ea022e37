"""Files and folders as pages. What is no page is named with the reason; what is a page is read as bytes.

A file of one page is read whole; a file of many is a part that can be read from any of its positions on. The time of
a page that names none is when its file was last modified: the nearest thing to when it was seen, and the same however
often it is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from pipelines.page import UndecodableError, decode
from pipelines.readers import wacz
from pipelines.readers.found import Flaw, Found, Listed, Page, Part, Passed, Skipped
from pipelines.readers.html import html_capture, is_html, saved_at
from pipelines.readers.lists import addresses_in_table, addresses_in_text
from pipelines.readers.mail import is_mail, is_mbox, message_page, messages
from pipelines.readers.packed import GZIP, ZSTD, DamageError, stream_of
from pipelines.readers.records import START
from pipelines.readers.rows import Row, are_in_arrays, rows
from pipelines.readers.sniff import HTML, ROWS, TEXT, foreign, is_binary, is_data, megabytes
from pipelines.readers.text import text_capture
from pipelines.readers.tools import page_of, tool_of
from pipelines.readers.warc import read_warc
from pipelines.types import Entry

_HEAD = 64 * 1024
_MAIL, _SAVED = {".eml", ".mbox"}, {".mht", ".mhtml"}
_ARC = b"filedesc://"
_LOOKED_AT = 20  # rows that tell which tool wrote them
_ENDS = 64 * 1024  # bytes of a file that tell it from another of its name


def parts_of(path: Path, named: bool, limit: int) -> Iterator[Part | Skipped]:
    """What there is to read in a file. A page of more than `limit` bytes is skipped; files of many may be any size."""
    if not path.is_file():
        beside = "holds what the page beside it shows" if path.is_dir() else "is no regular file"
        yield Skipped(path, beside, named)
        return
    try:
        if wacz.is_package(path):
            yield from wacz.parts_in(path, named, limit, digest_of(path, path.stat()))
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
        packed = file.read(4).startswith((GZIP, ZSTD))
        head = _head(file)
    if head.startswith(_ARC):
        return "is an ARC file, which came before WARC; `warcio recompress` makes a WARC of it"
    reader = _of_many(path, ending, head, at, limit)
    if reader is not None:
        return Part(path.name, path, named, status.st_size, partial(_opened, path, reader), digest_of(path, status))
    if reason := _unfit(inner, ending):
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
        torn = name.lower().endswith(".gz") and not head.startswith(START)  # its beginning may be lost
        return lambda file, start: read_warc(stream_of(file, start, torn=torn), name, limit)
    if ending == ".mbox" or (ending not in TEXT and is_mbox(head)):
        return lambda file, start: messages(stream_of(file, start), limit, at, name)
    if ending in ROWS or (not ending and is_data(head)):
        with path.open("rb") as file:
            inside = are_in_arrays(stream_of(file), 4 * limit, tool_of)
            first = islice(rows(stream_of(file), 4 * limit), _LOOKED_AT)
            known = inside or any(tool_of(one.value) for one in first if one.value)
        if known:
            return lambda file, start: _rows(rows(stream_of(file, start), 4 * limit, in_arrays=inside), at, name, limit)
    return None


def _rows(given: Iterable[Row], at: datetime, name: str, limit: int) -> Iterator[Found]:
    for row in given:
        what = Flaw(row.flaw) if row.flaw else page_of(row.value or {}, at, name) or Passed("a row without a page")
        if isinstance(what, Page) and len(what.capture.body) > limit:
            what = Flaw(f"has more than the body_limit of {megabytes(limit)}")
        yield Found(what, row.place, row.position)


def _of_one(body: bytes, name: str, ending: str, at: datetime) -> Sequence[Page | Listed | Flaw] | str:
    """The page that a file is, or the addresses it lists; else why it is neither."""
    if not body.strip():
        return "is empty"
    if ending in _MAIL | _SAVED or (ending not in HTML | TEXT and is_mail(body)):
        page = message_page(body, at, name)
        return page.reason if isinstance(page, Flaw) else [page]
    if is_binary(body):
        return "is binary, neither text nor a web page"
    if ending in HTML or (ending not in TEXT and is_html(body)):
        saved = saved_at(body)
        return [Page(html_capture(body, saved or at, name=name), dated=saved is not None)]
    if ending in (".csv", ".tsv"):
        found = addresses_in_table(_text(body))
        return [Listed(one) for one in found] if found else "is text/csv, and no column of it holds only addresses"
    if listed := addresses_in_text(_text(body)):
        return [Listed(one) if isinstance(one, Entry) else Flaw(one) for one in listed]
    if ending not in TEXT and is_data(body):
        return "holds data, neither text nor a web page"
    return [Page(text_capture(body, at, name=name), dated=False)]


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


def digest_of(path: Path, status: os.stat_result) -> str:
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
