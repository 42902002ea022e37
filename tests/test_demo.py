"""The demo, twice: what it leaves behind, and that the second time adds nothing."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pipelines.store.archive import Archive
from tests.newsroom import Newsroom, PortTakenError

ROOT = Path(__file__).parent.parent


def demo(db: Path, port: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.newsroom.demo", "--first-port", str(port), "--db", str(db)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def free_ports() -> int:
    """The first of five ports in a row that nothing holds."""
    for first in range(20_000 + 10 * (os.getpid() % 1000), 32_000, 10):
        with suppress(PortTakenError), Newsroom(first):
            return first
    raise AssertionError("no five free ports in a row")


def test_the_demo_fills_an_archive_and_a_second_one_adds_nothing(tmp_path: Path) -> None:
    db, port = tmp_path / "archive.db", free_ports()
    with Newsroom() as newsroom:
        wanted = {outlet.slug: len(outlet.articles) for outlet in newsroom.outlets} | {"imports": 5}
    first = demo(db, port)
    assert first.returncode == 0, first.stderr
    with Archive(db) as archive:
        rows = archive.db.query("SELECT source_id, count(*) AS n FROM articles GROUP BY source_id")
        assert {row["source_id"]: row["n"] for row in rows} == wanted, first.stdout + first.stderr
        counts = archive.counts()
    told = {line.split()[0] for line in first.stdout.splitlines() if line}
    assert {*wanted, "Next:"} <= told
    for line in first.stdout.partition("Next:\n")[2].splitlines()[1:]:  # the first one serves until it is stopped
        words = [word for word in shlex.split(line) if not word.endswith("tearsheet")]
        done = subprocess.run([sys.executable, "-m", "pipelines.cli", *words], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr

    second = demo(db, port)
    assert second.returncode == 0, second.stderr
    assert (
        second.stdout.splitlines()[-1] == f"Nothing was added: {db} already held all {sum(wanted.values())} articles."
    )
    with Archive(db) as archive:
        again = archive.counts()
    assert again.pop("captures") > counts.pop("captures")  # that the feeds were asked again is on record
    assert again == counts

    third = demo(db)
    assert third.returncode == 1
    assert f"follows outlets from http://127.0.0.1:{port}/ on" in third.stderr
    assert f"make demo PORT={port}\n" in third.stderr
    with Archive(db) as archive:
        assert archive.counts() == {**counts, "captures": archive.counts()["captures"]}


def test_a_port_in_use_is_told_with_the_remedy(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        taken = int(newsroom.outlets[0].base.rpartition(":")[2])
        said = demo(tmp_path / "archive.db", taken)
    assert said.returncode == 1
    assert re.fullmatch(rf"Error: port {taken} on 127.0.0.1 is in use: .*make demo PORT=\d+\n", said.stderr)
    assert not list(tmp_path.iterdir())


def test_the_demo_leaves_a_strangers_archive_alone(tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    text = tmp_path / "a.txt"
    text.write_text("The ferry will return in May, the council said on Monday.", encoding="utf-8")
    command = [sys.executable, "-m", "pipelines.cli", "import", str(text), "--source", "mine", "--db", str(db)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    said = demo(db)
    assert said.returncode == 1
    assert "holds mine; the demo leaves it alone" in said.stderr


def test_the_demos_sources_file_follows_the_newsroom() -> None:
    with Newsroom() as newsroom:
        written = newsroom.sources_toml()
        for number, outlet in enumerate(newsroom.outlets):
            written = written.replace(outlet.base, f"http://127.0.0.1:{8701 + number}")
    kept = (ROOT / "tests" / "newsroom" / "sources.toml").read_text(encoding="utf-8")
    assert kept.endswith(written)
