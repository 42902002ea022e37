"""A power cut, as the disk sees it: a layer under SQLite that notes every write and sync of this process.

It is registered as SQLite's default file system, so that the archive's own writer runs on it unchanged; each call goes
on to the real one. `Disk.images` then makes files as a power cut may leave them: what was synced is there, of what was
not any part may be.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_int64, c_void_p, cast, memmove, string_at
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysqlite3._sqlite3

_SECTOR = 512  # bytes that a disk writes whole or not at all

# names stay bare pointers: SQLite keeps them, and what stands behind their end
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_CLOSE = CFUNCTYPE(c_int, c_void_p)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(ctypes.Structure):
    """sqlite3_vfs; what is not replaced stays a bare pointer."""

    _fields_ = (
        ("iVersion", c_int), ("szOsFile", c_int), ("mxPathname", c_int), ("pNext", c_void_p), ("zName", c_char_p),
        ("pAppData", c_void_p), ("xOpen", c_void_p), ("xDelete", c_void_p), ("rest", c_void_p * 14),
    )  # fmt: skip


class _Methods(ctypes.Structure):
    """sqlite3_io_methods."""

    _fields_ = (
        ("iVersion", c_int), ("xClose", c_void_p), ("xRead", c_void_p), ("xWrite", c_void_p), ("xTruncate", c_void_p),
        ("xSync", c_void_p), ("rest", c_void_p * 13),
    )  # fmt: skip


class _File(ctypes.Structure):
    """sqlite3_file; the file system's own fields come after."""

    _fields_ = (("pMethods", POINTER(_Methods)),)


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that happened, in order; an `ack` is the caller's own note of what it was promised."""

    what: str  # write | truncate | sync | delete | ack
    path: str = ""
    offset: int = 0
    data: bytes = field(default=b"", repr=False)
    note: Any = None


class Disk:
    """All that was written below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.ops: list[Op] = []
        self._library = ctypes.CDLL(pysqlite3._sqlite3.__file__)
        self._library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._real: Any = self._library.sqlite3_vfs_find(None)
        self._names: dict[int, str] = {}
        self._wrapped: dict[int, tuple[_Methods, Any]] = {}  # real methods by address: ours, and what keeps them alive
        self._vfs = _Vfs.from_buffer_copy(self._real.contents)
        self._alive = [_OPEN(self._open), _DELETE(self._delete)]
        self._vfs.pNext, self._vfs.zName = None, b"noting"
        self._vfs.xOpen, self._vfs.xDelete = (cast(one, c_void_p).value for one in self._alive)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """While this lasts, SQLite's files of this process are written through the layer."""
        assert self._library.sqlite3_vfs_register(byref(self._vfs), 1) == 0
        try:
            yield
        finally:
            self._library.sqlite3_vfs_register(self._real, 1)
            self._library.sqlite3_vfs_unregister(byref(self._vfs))

    def ack(self, note: Any) -> None:
        """Note that something was promised to be durable."""
        self.ops.append(Op("ack", note=note))

    # SQLite's calls

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        code: int = _OPEN(self._real.contents.xOpen)(cast(self._real, c_void_p), name, file, flags, out)
        handle = cast(file, POINTER(_File)).contents
        if code == 0 and name and handle.pMethods:
            path = Path(string_at(name).decode())
            if path.parent == self.folder:
                self._names[file] = path.name
                handle.pMethods = ctypes.pointer(self._wrap(handle.pMethods.contents))
        return code

    def _delete(self, _vfs: int, name: int, sync: int) -> int:
        path = Path(string_at(name).decode())
        if path.parent == self.folder:
            self.ops.append(Op("delete", path.name))
        code: int = _DELETE(self._real.contents.xDelete)(cast(self._real, c_void_p), name, sync)
        return code

    def _wrap(self, real: _Methods) -> _Methods:
        known = self._wrapped.get(ctypes.addressof(real))
        if known is not None:
            return known[0]
        close, write = _CLOSE(real.xClose), _WRITE(real.xWrite)
        truncate, sync = _TRUNCATE(real.xTruncate), _SYNC(real.xSync)

        def on_close(file: int) -> int:
            self._names.pop(file, None)
            return int(close(file))

        def on_write(file: int, data: int, size: int, offset: int) -> int:
            self.ops.append(Op("write", self._names[file], offset, string_at(data, size)))
            return int(write(file, data, size, offset))

        def on_truncate(file: int, size: int) -> int:
            self.ops.append(Op("truncate", self._names[file], size))
            return int(truncate(file, size))

        def on_sync(file: int, flags: int) -> int:
            code = int(sync(file, flags))
            self.ops.append(Op("sync", self._names[file]))
            return code

        ours = _Methods()
        memmove(
            byref(ours), byref(real), ctypes.sizeof(_Methods) if real.iVersion > 2 else 8 * (13, 17)[real.iVersion > 1]
        )
        calls = (_CLOSE(on_close), _WRITE(on_write), _TRUNCATE(on_truncate), _SYNC(on_sync))
        ours.xClose, ours.xWrite, ours.xTruncate, ours.xSync = (cast(one, c_void_p).value for one in calls)
        self._wrapped[ctypes.addressof(real)] = (ours, calls)
        return ours

    # what a power cut leaves

    def images(self, cuts: Sequence[int], chance: random.Random) -> Iterator[tuple[dict[str, bytes], list[Any]]]:
        """For each cut (an index into `ops`, rising): the files as they may be, and what was promised by then."""
        synced: dict[str, bytearray] = {}
        loose: dict[str, list[Op]] = {}  # since the file's last sync
        acked: list[Any] = []
        done = 0
        for cut in cuts:
            for op in self.ops[done:cut]:
                if op.what == "ack":
                    acked.append(op.note)
                elif op.what == "sync":
                    # a file that was deleted may come back until anything is synced: journaling file systems keep order
                    gone = [path for path, ops in loose.items() if any(one.what == "delete" for one in ops)]
                    for path in {op.path, *gone}:
                        for one in loose.pop(path, []):
                            _apply(synced, one)
                else:
                    loose.setdefault(op.path, []).append(op)
            done = cut
            files = {name: bytearray(data) for name, data in synced.items()}
            for ops in loose.values():
                for op in _survivors(ops, chance):
                    _apply(files, op)
            yield {name: bytes(data) for name, data in files.items()}, list(acked)


def _apply(files: dict[str, bytearray], op: Op) -> None:
    if op.what == "delete":
        files.pop(op.path, None)
        return
    data = files.setdefault(op.path, bytearray())
    if op.what == "truncate":
        del data[op.offset :]
        data.extend(bytes(op.offset - len(data)))
    else:
        data.extend(bytes(max(0, op.offset - len(data))))
        data[op.offset : op.offset + len(op.data)] = op.data


def _survivors(ops: Sequence[Op], chance: random.Random) -> Iterator[Op]:
    """What of unsynced operations reached the disk: none, all, a beginning, or any of them, sector by sector."""
    manner = chance.randrange(4)
    if manner == 0:
        return
    if manner == 2:
        ops = ops[: chance.randrange(len(ops) + 1)]
    for op in ops:
        if manner < 3:
            yield op
        elif op.what != "write":
            if chance.random() < 0.5:
                yield op
        else:
            for start in range(0, len(op.data), _SECTOR):
                if chance.random() < 0.5:
                    yield Op("write", op.path, op.offset + start, op.data[start : start + _SECTOR])
