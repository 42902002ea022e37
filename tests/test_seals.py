"""Seals: every capture has a leaf, every seal the one before; and a proof that a plain shell can check."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from pipelines.cli import main
from pipelines.store import seals
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from tests.store_values import URL, article, capture, put, rows


def run(path: Path, pages: int, *, hours: float = 0, finish: bool = True) -> None:
    """A crawl of so many pages; one that is killed does not finish."""
    with Writer.open(path) as writer:
        number = writer.start_run("crawl")
        for n in range(pages):
            url = f"{URL}/{hours}/{n}"
            put(writer, capture(url, hours=hours), article(url, text=f"The words of {n} at {hours}."), number)
        if finish:
            writer.finish_run(number, "finished", {})


def cli(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--db", str(path)])


def shell(script: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    """A real shell with nothing of ours in reach."""
    return subprocess.run(
        [shell], input=script, text=True, capture_output=True, env={"PATH": os.defpath}, cwd="/", check=False
    )


def test_each_run_seals_what_it_captured(path: Path) -> None:
    run(path, 3)
    run(path, 2, hours=1)
    assert rows(path, "SELECT id, run_id, count FROM seals") == [(1, 1, 3), (2, 2, 2)]
    assert rows(path, "SELECT capture_id, seal_id, n FROM leaves ORDER BY 1") == [
        (1, 1, 0), (2, 1, 1), (3, 1, 2), (4, 2, 0), (5, 2, 1),
    ]  # fmt: skip
    (first, _), (second, previous) = rows(path, "SELECT digest, previous FROM seals ORDER BY id")
    assert previous == first != second


def test_a_run_without_captures_makes_no_seal(path: Path) -> None:
    run(path, 1)
    run(path, 0)
    assert rows(path, "SELECT count(*) FROM seals") == [(1,)]


def test_what_a_killed_run_captured_is_sealed_by_the_next(path: Path) -> None:
    run(path, 3, finish=False)
    assert rows(path, "SELECT count(*) FROM seals") == [(0,)]
    assert "3 captures not sealed before the next run" in cli(path, "verify").stderr
    run(path, 1, hours=1)
    assert rows(path, "SELECT run_id, count FROM seals") == [(2, 4)]


def test_many_captures_take_several_seals(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_LARGEST", 1)
    monkeypatch.setattr(seals, "_PAGE", 2)
    run(path, 5)
    assert rows(path, "SELECT id, run_id, count FROM seals") == [(1, 1, 2), (2, 1, 2), (3, 1, 1)]
    assert cli(path, "verify").exit_code == 0


def test_a_leaf_is_the_digest_of_its_line(path: Path) -> None:
    with Writer.open(path) as writer:
        number = writer.start_run("crawl")
        page = capture(headers=(("Server", "a"), ("server", "é\u2028")), mime="text/html", body=b"page", entry=None)
        writer.keep(Fetched(capture=page), number)
        writer.finish_run(number, "finished", {})
    expected = {
        "leaf": 1, "url": URL, "final_url": None, "fetched_at": "2024-05-01T12:00:00Z", "status": 200,
        "mime": "text/html", "headers": '[["Server","a"],["server","é\u2028"]]', "request": None, "wire_digest": None,
        "completeness": "whole", "rendered": 0, "entry": None, "rights": None, "source": "paper",
        "body": hashlib.sha256(b"page").hexdigest(),
    }  # fmt: skip
    line = json.dumps(expected, separators=(",", ":")) + "\n"
    assert rows(path, "SELECT digest FROM leaves") == [(hashlib.sha256(line.encode()).hexdigest(),)]


def test_plain_tools_can_add_captures_after_the_upgrade(path: Path) -> None:
    """The schema holds no function of ours, so stock SQLite writes; verify tells of it afterwards."""
    run(path, 1)
    with Database(path) as database:
        database.execute("UPDATE entries SET title = 'x'")
        database.execute("INSERT INTO hosts (host) VALUES ('http://paper.example')")
    assert "hosts http://paper.example: was added, but not by Tearsheet" in cli(path, "verify").stdout


@pytest.mark.parametrize("name", ["sh", "bash"])
def test_a_shell_checks_the_proof(path: Path, name: str) -> None:
    for hours in range(3):
        run(path, 11, hours=hours)
    for text, later in (("The words of 0 at 0.", 2), ("The words of 6 at 1.", 1), ("The words of 10 at 2.", 0)):
        (digest,) = rows(path, "SELECT digest FROM articles WHERE text = ?", text)[0]
        shown = cli(path, "show", digest, "--proof")
        assert shown.exit_code == 0
        checked = shell(shown.stdout, name)
        assert (checked.returncode, checked.stderr) == (0, "")
        lines = checked.stdout.splitlines()
        assert len(lines) == 3 + later
        assert all(line.startswith("fits: ") for line in lines)
        assert lines[-1] == f"fits: seal 3 {rows(path, 'SELECT digest FROM seals WHERE id = 3')[0][0]}"
        assert f"it counts for whoever has the digest of seal 3 from elsewhere: {lines[-1][-64:]}" in shown.stderr


def test_the_shell_finds_a_forged_proof(path: Path) -> None:
    run(path, 5)
    run(path, 5, hours=1)
    (digest,) = rows(path, "SELECT digest FROM articles WHERE text = 'The words of 2 at 0.'")[0]
    script = cli(path, "show", digest, "--proof").stdout
    for old, new, place in (
        ('2024-05-01T12:00:00Z",', '2024-05-01T12:00:01Z",', "leaf"),
        ("$(node ", "$(node 00", "root"),
        ('"count":5,"root":"$root"', '"count":6,"root":"$root"', "seal 1"),
        ('"seal":2', '"seal":3', "seal 2"),
    ):
        assert old in script
        checked = shell(script.replace(old, new, 1))
        assert checked.returncode == 1
        assert checked.stdout.splitlines()[-1].startswith(f"DOES NOT FIT: {place} is ")


def test_an_address_cannot_steer_the_shell(path: Path) -> None:
    url = "https://paper.example/$(touch%20x)\nTEXT\ntouch /tmp/proven;`id`'\"\\"
    with Writer.open(path) as writer:
        number = writer.start_run("crawl")
        put(writer, capture(url), article(URL), number)
        writer.finish_run(number, "finished", {})
    checked = shell(cli(path, "show", URL, "--proof").stdout)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert [line.partition(":")[0] for line in checked.stdout.splitlines()] == ["fits"] * 3


def test_proof_as_rows_and_before_the_seal(path: Path) -> None:
    run(path, 2, finish=False)
    shown = cli(path, "show", f"{URL}/0/0", "--proof")
    assert shown.exit_code == 1
    assert shown.stderr.strip().endswith("capture 1 is not sealed yet; the end of each run seals")
    run(path, 0)
    steps = json.loads(cli(path, "show", f"{URL}/0/0", "--proof", "--json").stdout)
    assert [(one["what"], one["side"]) for one in steps] == [
        ("leaf", None), ("sibling", "right"), ("root", None), ("seal 1", None),
    ]  # fmt: skip
    assert hashlib.sha256(steps[0]["text"].encode()).hexdigest() == steps[0]["digest"]
    assert hashlib.sha256(steps[-1]["text"].encode()).hexdigest() == steps[-1]["digest"]
