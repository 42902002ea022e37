"""The explorer's tests once more, beside Datasette 1.0, in an environment of their own.

TEARSHEET_DATASETTE1 names a Python that has what requirements-datasette1.lock lists, and this project;
without it one is made in .venv-datasette1 from that lock, and made again when the lock changes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements-datasette1.lock"
HOME = ROOT / ".venv-datasette1"


@pytest.fixture(scope="session")
def python() -> str:
    return os.environ.get("TEARSHEET_DATASETTE1") or str(_made())


def _made() -> Path:
    python, stamp = HOME / "bin" / "python", HOME / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
        _run(sys.executable, "-m", "venv", "--clear", str(HOME))
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run(*pip, "--require-hashes", "-r", str(LOCK))
        _run(*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
        stamp.write_text(digest, encoding="utf-8")
    return python


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_explorer_runs_on_datasette_1(python: str) -> None:
    assert _run(python, "-c", "import datasette.version as v; print(v.__version__)").startswith("1.")
    _run(python, "-m", "pytest", "tests/test_explore.py", "tests/test_explore_tables.py")
