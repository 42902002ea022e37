"""WACZ packages: a zip file with WARCs in `archive/` and their digests in datapackage.json."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

_PACKAGE = "datapackage.json"
_MOST_PACKAGE = 64 * 1024**2  # bytes; it lists files, not pages
_MOST, _RATIO = 1024**3, 200  # a part that unpacks to more than both is made to fill a disk
_WARCS = (".warc", ".warc.gz", ".warc.zst")
#: What broken, encrypted and unusual zip files raise.
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


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


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file, a megabyte at a time."""
    while piece := file.read(1024**2):
        yield piece
