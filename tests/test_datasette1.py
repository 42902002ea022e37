"""The explorer's tests once more, beside Datasette 1.0, in an environment of their own.

TEARSHEET_DATASETTE1 names a Python that has what requirements-datasette1.lock lists, and this project;
without it one is made in .venv-datasette1 from that lock, and made again when the lock changes.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from tests.environments import python_of, run


@pytest.fixture(scope="session")
def python() -> str:
    made = partial(python_of, ".venv-datasette1", "requirements-datasette1.lock", with_project=True)
    return os.environ.get("TEARSHEET_DATASETTE1") or str(made())


def test_the_explorer_runs_on_datasette_1(python: str) -> None:
    assert run(python, "-c", "import datasette.version as v; print(v.__version__)").startswith("1.")
    run(python, "-m", "pytest", *sorted(str(path) for path in Path(__file__).parent.glob("test_explore*.py")))
