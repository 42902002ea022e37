"""Virtual environments for what cannot stand beside our own packages: made from a lock, and anew when that changes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def python_of(home: str, lock: str, *, with_project: bool = False) -> Path:
    """The Python of the environment `home`, which holds what `lock` lists; both are names in the checkout."""
    folder, listed = ROOT / home, ROOT / lock
    python, stamp = folder / "bin" / "python", folder / "lock.sha256"
    digest = hashlib.sha256(listed.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--require-hashes", "-r", str(listed))
        if with_project:
            run(*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
        stamp.write_text(digest, encoding="utf-8")
    return python


def run(*command: str, cwd: Path = ROOT, **environment: str) -> str:
    """What a command prints; one that fails fails the test, with all it said."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
