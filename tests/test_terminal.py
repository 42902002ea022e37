"""What outlets write never steers the terminal of whoever reads it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from pipelines.store.writer import Writer
from tests.crawls import ROOT
from tests.store_values import article, capture, cut, put
from tests.test_cli import Desk

STEERING = "\x1b[2J\x1b]0;owned\x07 red \x1b[31m C1 \x9b2J back\x08 \u202egnp.exe\u202c \u2067in"
#: What our own type and bars need, and how a terminal ends lines.
OURS = re.compile(r"\x1b\[(?:[012]|9|22|29|3[1-7]|39)?m|\x1b\[\?25[lh]|\x1b\[K|\r")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An archive with an article of which every word steers: as the writer cleans it, then as it never would."""
    desk = Desk(tmp_path)
    with Writer.open(desk.db) as writer:
        removals = (cut(len("Harbour news."), f"\n\nShare {STEERING}"),)
        put(writer, capture(), article(text="Harbour news.", title=f"Harbour {STEERING}", removals=removals))
    with closing(sqlite3.connect(desk.db)) as db, db:
        for column in ("title", "description", "agency", "dateline", "section", "language", "url", "published_at"):
            db.execute(f"UPDATE articles SET {column} = 'harbour' || ? || coalesce({column}, '')", (STEERING,))
        db.execute("UPDATE articles SET text = text || ?, authors = ?", (STEERING, json.dumps([STEERING])))
        db.execute("UPDATE removals SET text = text || ?", (STEERING,))
        db.execute("UPDATE rules SET why = why || ?", (STEERING,))
    return desk


def on_a_terminal(desk: Desk, *arguments: str) -> str:
    """What a command paints."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=desk.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    painted = b""
    while True:
        try:
            more = os.read(outer, 65536)
        except OSError:  # the other side is closed
            break
        if not more:
            break
        painted += more
    os.close(outer)
    process.wait()
    return painted.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "command",
    [
        ("search", "harbour"),
        ("search", "harbour", "-t"),
        ("show", "{id}"),
        ("show", "{id}", "--ledger"),
        ("show", "{id}", "--text"),
        ("show", "{id}", "--json"),
        ("sql", "SELECT * FROM articles", "-t"),
        ("sql", "SELECT title, text FROM articles"),
        ("sql", "SELECT title, text FROM articles", "--csv"),
        ("show", "nothing\x1b[2J"),
        ("forget", "{id}", "--reason", "x", "--dry-run"),
    ],
    ids=lambda one: " ".join(one),
)
def test_nothing_steers_a_terminal(desk: Desk, command: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(desk.db)) as db:
        (number,) = db.execute("SELECT id FROM articles").fetchone()
    painted = on_a_terminal(desk, *(one.replace("{id}", str(number)) for one in command))
    assert "Traceback" not in painted
    assert "arbour" in painted or "nothing" in painted
    left = OURS.sub("", painted)
    assert not set("\x1b\x07\x08\x9b\u202e\u202c\u2067") & set(left), left
