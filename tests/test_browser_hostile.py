"""What a hostile page left in the archive, in a real browser; and every page once more on Datasette 1.0."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest

from tests.browser_pages import OURS
from tests.browser_room import Explorer, looking, served
from tests.environments import python_of

pytestmark = pytest.mark.browser


def test_a_raw_source_is_text(chromium: Any, explorer: Explorer) -> None:
    captures = explorer.rows("SELECT max(id) FROM captures GROUP BY payload_id")
    with looking(chromium, explorer) as (page, seen):
        for (number,) in captures:
            page.goto(f"/-/capture/{number}")
            assert page.evaluate("[document.contentType, window.ran]") == ["text/plain", None]
        assert seen.dialogs == seen.elsewhere == []


def test_every_page_on_datasette_1(chromium: Any, explorer: Explorer) -> None:
    made = partial(python_of, ".venv-datasette1", "requirements-datasette1.lock", with_project=True)
    python = os.environ.get("TEARSHEET_DATASETTE1") or str(made())
    plain = (python, "-m", "datasette", str(explorer.db), "-m", "metadata.yaml")
    with served(explorer.db, *plain) as other, looking(chromium, other) as (page, seen):
        for name, path in OURS.items():
            assert page.goto(path).status == (404 if name == "article, missing" else 200), name
            assert page.evaluate("window.ran") is None
        assert (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])
