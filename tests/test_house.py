"""The house rules that a machine can hold: who imports whom, one door for each library, small modules, words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(ROOT) for room in ("crawler", "pipelines") for path in (ROOT / room).rglob("*.py"))
STAGES = ("extract", "strip", "resolve", "fingerprint")
DOORS = {
    "scrapy": ("crawler/",),
    "twisted": ("crawler/",),
    "playwright": ("crawler/",),
    "scrapy_playwright": ("crawler/browser.py", "crawler/middlewares/render.py"),
    "trafilatura": ("pipelines/extract.py",),
    "sqlite_utils": ("pipelines/store/",),
    "sqlite3": ("pipelines/store/",),
    "datasette": ("pipelines/explore/",),
    "click": ("pipelines/cli/",),
    "feedparser": ("crawler/entries/",),
    "zstandard": ("pipelines/store/",),
    "cronsim": ("pipelines/schedule.py",),
    "fastwarc": ("pipelines/readers/",),
    "warcio": ("pipelines/exports/warc.py",),
    "pyarrow": ("pipelines/exports/parquet.py",),
}


def imports(path: Path) -> Iterator[str]:
    """Full names of what a module imports, wherever in it; relative imports do not occur here."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_pipelines_never_imports_the_crawler(path: Path) -> None:
    if path.parts[0] == "pipelines":
        assert not [name for name in imports(path) if name.split(".")[0] in ("crawler", "scrapy", "twisted")]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_one_door_for_each_library(path: Path) -> None:
    for name in imports(path):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or str(path).startswith(doors), f"{path} imports {name}"


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_import_each_other_and_do_no_input_or_output(stage: str) -> None:
    names = set(imports(Path(f"pipelines/{stage}.py")))
    assert not names & {f"pipelines.{other}" for other in STAGES if other != stage}
    assert not {name.split(".")[0] for name in names} & {"sqlite3", "os", "pathlib", "socket", "time", "random"}


def test_values_and_errors_rest_on_nothing() -> None:
    for path in ("pipelines/types.py", "pipelines/errors.py"):
        ours = {name for name in imports(Path(path)) if name.startswith("pipelines")}
        assert not ours


def test_the_store_rests_on_values_only() -> None:
    allowed = (
        "types",
        "recipe",
        "errors",
        "config",
        "fingerprint",
        "unreadable",
        "urls",
        "dates",
        "lines",
        "schedule",
        "store",
        "edits",
        "diffs",
        "reprocess",
        "sameness",
        "wording",
        "alike",
        "stories",
        "merkle",
        "quotes",
    )
    for path in MODULES:
        if path.parts[:2] == ("pipelines", "store"):
            for name in imports(path):
                if name.startswith("pipelines."):
                    assert name.split(".")[1] in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_modules_are_small_and_say_what_they_are(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text.count("\n") <= 300, f"{path} has {text.count(chr(10))} lines"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_public_functions_and_classes_have_docstrings(path: Path) -> None:
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}: {node.name}"


def test_words() -> None:
    """One word for each idea: these are the ones it replaced."""
    banned = re.compile(r"\b(boilerplate_\w+|snapshot_id|publisher_id|scraped_at|outlet_id|crawled_at)\b")
    for path in MODULES:
        assert not banned.search((ROOT / path).read_text(encoding="utf-8")), path
