"""A real `tearsheet serve` and a real browser that looks at it, and notes what no page of ours may do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

ROOT = Path(__file__).parent.parent
_REQUIRED = bool(os.environ.get("TEARSHEET_TEST_BROWSER"))
_PATIENCE = 60  # seconds
DESKTOP, PHONE, NARROW = 1280, 390, 320  # CSS pixels


@dataclass
class Explorer:
    """The served archive."""

    base: str
    db: Path

    def url(self, path: str) -> str:
        return self.base + path

    def get(self, path: str) -> tuple[int, bytes, str]:
        """Status, body and media type, without a browser."""
        request = urllib.request.Request(self.url(path))
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return answer.status, answer.read(), answer.headers["content-type"]

    def rows(self, sql: str) -> list[Any]:
        """What a query on the archive's file gives."""
        connection = sqlite3.connect(self.db)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


@dataclass
class Seen:
    """What a page did beside being shown."""

    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # of the console, CSP's among them
    elsewhere: list[str] = field(default_factory=list)  # requests to other hosts
    answers: list[Any] = field(default_factory=list)

    def clear(self) -> None:
        """Begin anew."""
        for noted in (self.dialogs, self.errors, self.elsewhere, self.answers):
            noted.clear()

    def weight(self) -> int:
        """Bytes of all that came, before any compression."""
        return sum(len(one.body()) for one in self.answers)


def require() -> None:
    """Skip where there is no browser to drive, but fail where it was promised."""
    if not _REQUIRED:
        pytest.importorskip("playwright", reason="the extra is not installed; `make test-browser` brings it")
        if not shutil.which("chromium"):
            pytest.skip("Chromium is not installed")


@contextmanager
def served(db: Path, *command: str) -> Iterator[Explorer]:
    """The archive, opened as a person opens it: by `tearsheet serve`, or by a command that takes a port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = command or (sys.executable, "-m", "pipelines.cli", "serve", "--db", str(db))
    log = (db.parent / f"serve-{port}.log").open("wb")
    server = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + _PATIENCE
        while not _listens(port):
            assert server.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        yield Explorer(f"http://127.0.0.1:{port}", db)
    finally:
        server.terminate()
        server.wait()
        log.close()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield chromium
        chromium.close()


@contextmanager
def looking(chromium: Any, explorer: Explorer, *, width: int = DESKTOP, **options: Any) -> Iterator[tuple[Any, Seen]]:
    """A browser page for the explorer, and what it notes of all that is opened in it."""
    context = chromium.new_context(
        base_url=explorer.base, viewport={"width": width, "height": 900}, accept_downloads=True, **options
    )
    context.set_default_timeout(10_000)
    page, seen = context.new_page(), Seen()

    def dismiss(dialog: Any) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def note(message: Any) -> None:
        if message.type == "error" and "the server responded with a status of 404" not in message.text:
            seen.errors.append(f"{page.url}: {message.text}")

    def requested(request: Any) -> None:
        if not request.url.startswith((explorer.base, "data:")):
            seen.elsewhere.append(request.url)

    page.on("dialog", dismiss)
    page.on("console", note)
    page.on("pageerror", lambda error: seen.errors.append(f"{page.url}: {error}"))
    page.on("request", requested)
    page.on("response", lambda answer: seen.answers.append(answer))
    yield page, seen
    context.close()
