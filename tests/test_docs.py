"""The docs run: commands of the README and the tour against a real outlet; generated parts are current."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.newsroom import Newsroom

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def commands(name: str) -> list[str]:
    """The lines after `$ ` in the console blocks of a page."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("name", ["README.md", "docs/tour.md"])
def test_commands_run(name: str, tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        here = tmp_path
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET")},
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "TEARSHEET_ALLOW_PRIVATE_NETWORKS": "127.0.0.1",
            "TEARSHEET_DELAY": "0",
        }
        for line in commands(name):
            line = line.replace("https://www.example.org/", newsroom["severline"].base + "/")
            if line.startswith("cd "):
                here = here / line[3:]
            elif line.startswith("datasette "):
                serves(line, here, environment)
            else:
                done = subprocess.run(
                    ["bash", "-c", line],
                    cwd=here,
                    env=environment,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=False,
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def serves(line: str, here: Path, environment: dict[str, str]) -> None:
    server = subprocess.Popen(
        [*shlex.split(line), "--port", "0"], cwd=here, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stderr is not None
        address = next(found[0] for said in server.stderr if (found := re.search(r"http://127[\d.]+:\d+", said)))
        for _ in range(50):
            try:
                with urllib.request.urlopen(f"{address}/-/search?q=bridge", timeout=10) as answer:
                    assert answer.status == 200
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        pytest.fail("datasette does not answer")
    finally:
        server.terminate()
        server.wait(timeout=10)


def test_generated_parts_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "docs/build.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "page", sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_the_readme_names_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
