"""Where an export goes: a file that is whole or not there at all, or a folder that earlier exports began."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import ConfigError, StoreError

STDOUT = Path("-")
_MARK = ".tearsheet-export"
_MARKED = "Made by `tearsheet export`, which may add to this folder and bring its files up to date.\n"


@contextmanager
def placed(out: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A file to write, which becomes `out` when all went well and leaves nothing behind when not; `-` is stdout.

    Raises ConfigError where `out` is taken, StoreError where it cannot be written.
    """
    if out == STDOUT:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # whoever reads it has enough
            raise
        except OSError as problem:
            raise _explained(Path("standard output"), problem) from problem
        return
    with part_of(out, replace=replace) as part:
        try:
            with part.open("wb", buffering=1 << 20) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise _explained(out, problem) from problem


@contextmanager
def part_of(out: Path, *, replace: bool) -> Iterator[Path]:
    """An empty file beside `out` that takes its place when all went well, and is gone when not."""
    refuse_taken(out, replace=replace)
    place = out.resolve()  # what a link leads to is replaced, not the link
    part = place.with_name(f".{place.name}.part")
    try:
        held = os.open(part, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as problem:
        raise _explained(out, problem) from problem
    try:
        _hold(held, out)
        os.ftruncate(held, 0)  # what an export that was killed had written
        try:
            yield part
            refuse_taken(out, replace=replace)
            part.replace(place)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    finally:
        os.close(held)


def refuse_taken(out: Path, *, replace: bool) -> None:
    """Raises ConfigError where a file cannot be made at `out` without harm."""
    if out.is_dir():
        raise ConfigError(f"{out}: is a folder; name a file in it")
    if out.exists() and not out.is_file():
        raise ConfigError(f"{out}: is no file; name one, or - for standard output")
    if out.exists() and not replace:
        raise ConfigError(f"{out}: is there already; name another file, or replace it with --replace")
    if not out.parent.is_dir():
        raise ConfigError(f"{out}: there is no folder {out.parent}; make it first")


def folder_for(out: Path) -> Path:
    """The folder `out`, made where it is missing. Raises ConfigError where it holds what no export wrote."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: is a file; name a folder")
    try:
        if out.is_dir() and not (out / _MARK).exists() and any(out.iterdir()):
            raise ConfigError(f"{out}: holds files that no export made; name an empty or a new folder")
        out.mkdir(parents=True, exist_ok=True)
        (out / _MARK).write_text(_MARKED, encoding="utf-8")
    except OSError as problem:
        raise _explained(out, problem) from problem
    return out


def put_file(folder: Path, name: str, content: bytes) -> bool:
    """Write `content` to the file `name` below `folder`, whole or not at all; whether it was not so before."""
    place = folder / name
    try:
        with suppress(FileNotFoundError):
            if place.read_bytes() == content:
                return False
        place.parent.mkdir(parents=True, exist_ok=True)
        part = folder / ".part"  # one writer, and a short name
        part.write_bytes(content)
        part.replace(place)
    except OSError as problem:
        raise _explained(place, problem) from problem
    return True


def _hold(file: int, out: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigError(f"{out}: another export is writing it; wait for that one, or name another file") from None


def _explained(out: Path, problem: OSError) -> StoreError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(f"{out}: the disk is full; free some space and export again, the archive is untouched")
    return StoreError(f"{out}: cannot be written ({problem.strerror or problem}); check the folder and its permissions")
