"""Whether the disk has room for what is about to be written."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.errors import StoreError


def need_room(path: Path, size: int, what: str) -> None:
    """Raise StoreError where the disk of `path` has less than `size` bytes free, needed for `what`."""
    free = shutil.disk_usage(path.parent).free
    if free < size:
        raise StoreError(f"{path}: needs {megabytes(size)} MB {what}; {megabytes(free)} MB are free, make room first")


def megabytes(size: int) -> str:
    """In millions of bytes, rounded up."""
    return f"{-(-size // 1_000_000):,}"
