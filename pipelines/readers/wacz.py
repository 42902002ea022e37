"""WACZ packages: a zip file with WARCs in `archive/` and their digests in datapackage.json; damaged ones, too."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from pipelines.readers.found import Flaw, Found, Part, Skipped
from pipelines.readers.packed import NO_MEMBER, stream_of
from pipelines.readers.warc import read_warc

_PACKAGE = "datapackage.json"
_MOST_PACKAGE = 64 * 1024**2  # bytes; it lists files, not pages
_MOST, _RATIO = 1024**3, 200  # a part that unpacks to more than both is made to fill a disk
_LOCAL, _LOCAL_HEAD = b"PK\x03\x04", 30  # what stands before each part, but for its name
_WARCS = (".warc", ".warc.gz", ".warc.zst")
#: What broken, encrypted and unusual zip files raise.
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


def is_package(path: Path) -> bool:
    """Whether a file is a zip file, or by its name is to be one; a WARC may hold another at its end."""
    with path.open("rb") as file:
        head = file.read(4)
    return path.name.lower().endswith(".wacz") or (head[:2] == b"PK" and zipfile.is_zipfile(path))


def parts_in(path: Path, named: bool, limit: int, digest: str) -> Iterator[Part | Skipped]:
    """The WARCs of a package, and what of it is not read. `digest` names the file."""
    ours = path.name.lower().endswith(".wacz")
    try:
        with zipfile.ZipFile(path) as package:
            warcs, said = warcs_in(package), digests(package)
        if any(one.header_offset < 0 for one in warcs):
            raise zipfile.BadZipFile("its beginning is lost")
    except BROKEN as problem:
        if ours:
            yield Part(path.name, path, named, path.stat().st_size, partial(_scraped, path, limit), digest)
        else:
            yield Skipped(path, f"is a zip file that cannot be read ({problem})", named)
        return
    if not warcs:
        yield Skipped(path, "holds no WARC" if ours else "is a zip file without WARCs; unpack it first", named)
    for missing in sorted(said.keys() - {one.filename for one in warcs}):
        if missing.lower().endswith(_WARCS):
            yield Part(f"{path.name}/{missing}", path, named, 0, _missing)
    for info in warcs:
        if reason := unsafe(info):
            yield Skipped(path, f"{info.filename} {reason}", named)
            continue
        name = f"{path.name}/{info.filename}"
        read = partial(_packaged, path, info, said.get(info.filename, ""), name, limit)
        own = hashlib.sha256(f"{name} {info.file_size} {info.CRC} {info.date_time}".encode()).hexdigest()
        yield Part(name, path, named, info.file_size, read, own)


def _missing(start: int) -> Iterator[Found]:
    yield Found(Flaw("is missing, though datapackage.json names it"), start, start)


def _packaged(path: Path, info: zipfile.ZipInfo, said: str, name: str, limit: int, start: int) -> Iterator[Found]:
    with zipfile.ZipFile(path) as package, path.open("rb") as whole:
        if start == 0 and not is_intact(package, info, said):
            yield Found(Flaw("is not what datapackage.json says; its records are read all the same"), 0, 0)
        try:
            with opened(package, info, whole) as file:
                yield from read_warc(stream_of(file, start, torn=name.lower().endswith(".gz")), name, limit)
        except BROKEN as problem:
            yield Found(Flaw(f"cannot be unpacked any further ({problem})"), 0, info.file_size)


def _scraped(path: Path, limit: int, start: int) -> Iterator[Found]:
    """The records that can be found in a package whose list of parts is lost, or that is none."""
    with path.open("rb") as file:
        if start == 0:
            yield Found(Flaw("is no whole zip file; what records there are in it are read all the same"), 0, 0)
        for found in read_warc(stream_of(file, start, torn=True), path.name, limit):
            if not (isinstance(found.what, Flaw) and found.what.reason == NO_MEMBER):
                yield found


def warcs_in(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The WARCs of a package, in order; none in a zip file of another kind."""
    return sorted(
        (one for one in package.infolist() if one.filename.lower().endswith(_WARCS)), key=lambda one: one.filename
    )


def unsafe(part: zipfile.ZipInfo) -> str | None:
    """Why a part of a package is not read; None for one that is."""
    if part.flag_bits & 1:
        return "is encrypted"
    if part.file_size > _MOST and part.file_size > _RATIO * max(part.compress_size, 1):
        return "unpacks to far more than it could hold"
    return None


def digests(package: zipfile.ZipFile) -> dict[str, str]:
    """The digest that a package says each of its parts has, by path."""
    try:
        info = package.getinfo(_PACKAGE)
        if info.file_size > _MOST_PACKAGE:
            return {}
        listed = json.loads(package.read(info))["resources"]
        return {one["path"]: one["hash"] for one in listed if isinstance(one.get("hash"), str)}
    except (KeyError, TypeError, AttributeError, RecursionError, *BROKEN):
        return {}


def is_intact(package: zipfile.ZipFile, part: zipfile.ZipInfo, said: str) -> bool:
    """Whether a part has the digest that its package names; what cannot be checked is taken to have it."""
    name, _, value = said.partition(":")
    if name.lower().replace("-", "") not in ("sha256", "sha1", "md5", "sha512"):
        return True
    digest = hashlib.new(name.lower().replace("-", ""), usedforsecurity=False)
    try:
        with package.open(part) as file:
            for piece in pieces(file):
                digest.update(piece)
    except BROKEN:
        return False
    return digest.hexdigest() == value.lower()


def opened(package: zipfile.ZipFile, part: zipfile.ZipInfo, file: IO[bytes]) -> IO[bytes]:
    """A part of the package in `file`, to be read from any byte on. One that is stored as it is is read past the
    checks of its zip file, which hold back a whole file where one byte of it is damaged."""
    if part.compress_type != zipfile.ZIP_STORED:
        return package.open(part)
    file.seek(part.header_offset)
    head = file.read(_LOCAL_HEAD)
    if not head.startswith(_LOCAL):
        raise zipfile.BadZipFile(f"{part.filename} is not where its list says")
    names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return io.BufferedReader(_Stretch(file, part.header_offset + _LOCAL_HEAD + names, part.file_size))


class _Stretch(io.RawIOBase):
    """A stretch of a file, as a file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        piece = self._file.read(min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file, a megabyte at a time."""
    while piece := file.read(1024**2):
        yield piece
