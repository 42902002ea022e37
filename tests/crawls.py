"""Real crawls in a folder of their own: a scrapy process, as a person would start it, and a look at the archive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3

ROOT = Path(__file__).parent.parent
_LONGEST = 120  # seconds; a slow machine takes a minute, one that hangs all of it


@dataclass(frozen=True)
class Ended:
    """How a crawl ended."""

    code: int
    out: str
    err: str


class Project:
    """A folder with a sources file, in which crawls run and leave `archive.db`."""

    def __init__(self, folder: Path, sources: str) -> None:
        self.folder = folder
        self.db = folder / "archive.db"
        (folder / "scrapy.cfg").write_text((ROOT / "scrapy.cfg").read_text())
        self.write(sources)

    def write(self, sources: str) -> None:
        (self.folder / "sources.toml").write_text(sources, encoding="utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A `scrapy crawl` that runs beside the test, in a process group of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", *(arguments or ("news",))],
            cwd=self.folder,
            env={**kept, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def crawl(self, *arguments: str, **environment: str) -> Ended:
        """A `scrapy crawl` to its end."""
        return ended(self.start(*arguments, **environment))

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query on the archive."""
        connection = sqlite3.connect(self.db)
        try:
            return [tuple(row) for row in connection.execute(sql, values)]
        finally:
            connection.close()

    def change(self, sql: str) -> None:
        """Change the archive behind its back."""
        connection = sqlite3.connect(self.db)
        try:
            connection.executescript(sql)
        finally:
            connection.close()

    def one(self, sql: str, *values: Any) -> Any:
        """The first value of the first row."""
        return self.rows(sql, *values)[0][0]


def ended(process: subprocess.Popen[str], within: float = _LONGEST) -> Ended:
    """Wait for a crawl; one that hangs is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    return Ended(process.returncode, out, err)


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9 the crawl and its workers, as a machine that loses power would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for(true: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> bool:
    """Wait until something holds; False where the process ended before."""
    deadline = time.monotonic() + _LONGEST
    while not true():
        if process is not None and process.poll() is not None:
            return False
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
    return True


def sources(*tables: str, **archive: str) -> str:
    """A sources file for loopback: `[archive]` settings as TOML values, then tables."""
    settings = {"allow_private_networks": '["127.0.0.1"]', "delay": "0", **archive}
    lines = ["[archive]", *(f"{name} = {value}" for name, value in settings.items())]
    return "\n".join([*lines, *tables]) + "\n"


def source(name: str, **keys: str) -> str:
    """One `[source.NAME]` table; values are TOML strings or lists as written."""
    return "\n".join(
        [
            f"[source.{name}]",
            *(f"{key} = {value}" if value[:1] in '["' else f'{key} = "{value}"' for key, value in keys.items()),
        ]
    )
