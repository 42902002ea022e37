"""A folder of Markdown files: valid front matter, names that every file system takes, and text that stays text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports.markdown import name_of, page_of, slug_of
from pipelines.exports.plain import one_line
from tests.exports import FORMULA, NEW, OLD, export, fill, tearsheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("markdown")
    export(fill(place / "archive.db"), place / "notes", "--format", "markdown")
    return place / "notes"


def row(**values: Any) -> dict[str, Any]:
    """An article as the store gives it, with nothing known but what is given."""
    names = (
        "source_id",
        "source_name",
        "title",
        "first_title",
        "description",
        "agency",
        "credit",
        "dateline",
        "section",
    )
    names += (
        "language",
        "published_at",
        "published_precision",
        "modified_at",
        "first_seen_at",
        "captured_at",
        "gone_at",
    )
    lists = {name: [] for name in ("authors", "tags", "captions", "links")}
    facts = {"id": NEW, "paywalled": 0, "live": 0, "url": "https://a.example/", "image": None, "word_count": 1}
    return {**dict.fromkeys(names), **lists, **facts, "digest": "d", "payload_digest": None, "text": "", **values}


def front(page: str) -> dict[str, Any]:
    assert page.startswith("---\n")
    facts = yaml.safe_load(page[4:].partition("\n---\n")[0])
    assert isinstance(facts, dict)
    return facts


def test_each_article_has_a_file_by_source_and_month(folder: Path) -> None:
    names = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*.md"))
    assert names == [
        f"no-source/2026/11/{NEW + 9}.md",
        f"post/2026/11/con-{NEW + 1}.md",
        f"post/2026/11/the-ferry-{NEW + 5}.md",  # by its first title, so that it has the same name tomorrow
        f"tass/2017/11/gnpexe-and-left-open-{OLD + 2}.md",
        f"tass/2017/11/hyperlink-http-evil-example-a-b-costs-5-of-all-1-in-c-x-y-{OLD + 1}.md",
    ]


def test_front_matter_is_yaml_whatever_the_title_is(folder: Path) -> None:
    (path,) = folder.rglob(f"*-{OLD + 1}.md")
    facts = front(path.read_text(encoding="utf-8"))
    assert (facts["title"], facts["id"]) == (FORMULA, OLD + 1)
    assert facts["authors"] == ["Jane Doe", "王小明", "Иван Петрович Иванов"]
    assert facts["published_at"] == "2017-11-06T10:00:00Z"
    assert (facts["source"], facts["source_name"], facts["tags"]) == ("tass", "Агентство «Т»", ["@tag", "sea"])
    assert "gone_at" not in facts


def test_text_is_no_markup_and_cannot_steer(folder: Path) -> None:
    (path,) = folder.rglob(f"*-{OLD + 1}.md")
    page = path.read_text(encoding="utf-8")
    assert (
        "\n\nPara one \\[31mred.\n\n\\# no heading  \n\\- no item  \n\\<b>bold\\</b> \\*star\\*\n\nLast."
        in page.replace("</b", "\\</b").replace("\\\\", "\\")
    )
    assert page.endswith("## Captions\n\n- A \\<i>ferry\\</i>\n\n## Links\n\n- <https://x.example/a%20b>\n")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_title_and_author_is_read_again(title: str, author: str) -> None:
    facts = front(page_of(row(title=title, authors=[author], text=title)))
    assert facts["title"] == one_line(title) or not title
    assert facts.get("authors", [""]) == [one_line(author)]


@given(st.text(max_size=300))
def test_any_title_gives_a_name_that_file_systems_take(title: str) -> None:
    name = name_of(row(title=title, source_id="post"))
    last = name.rpartition("/")[2]
    assert len(last.encode()) <= 143
    assert not re.search(r'[<>:"\\|?*\x00-\x1f\x7f]|^[. -]|[. ]$', last)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Don’t panic: it’s 5 %!", "dont-panic-its-5"),
        ("Паром возвращается", "паром-возвращается"),
        ("渡轮回来了", "渡轮回来了"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("العَرَبيّة", "العَرَبيّة"),
        ("Cafe\u0301 STRASSE Straße", "café-strasse-strasse"),
        ("../../etc/passwd", "etc-passwd"),
        ("\u202eevil\u202c", "evil"),
        ("— … —", ""),
    ],
)
def test_a_slug_keeps_its_script(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_long_slugs_are_cut_between_words_or_letters() -> None:
    assert slug_of("word " * 40) == "-".join(["word"] * 16)
    assert len(slug_of("渡" * 100).encode()) <= 80
    assert slug_of("कि" * 50) == "कि" * 13


@pytest.mark.parametrize(
    ("source", "folder"), [("CON", "con_"), ("a/../b", "a-..-b"), ("..", "no-source"), ("x.", "x")]
)
def test_a_source_makes_a_safe_folder(source: str, folder: str) -> None:
    assert name_of(row(source_id=source)).split("/")[0] == folder


def test_a_second_run_touches_only_what_changed(folder: Path) -> None:
    db = folder.parent / "archive.db"
    (path,) = folder.rglob(f"*-{OLD + 1}.md")
    (other,) = folder.rglob(f"*-{OLD + 2}.md")
    page, before = path.read_bytes(), other.stat().st_mtime_ns
    path.write_bytes(b"half")
    assert export(db, folder).err == "5 articles exported; 1 file new or changed\n"
    assert path.read_bytes() == page
    assert other.stat().st_mtime_ns == before


def test_a_folder_of_somebody_else_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.md").write_text("mine")
    result = tearsheet("export", tmp_path, "--db", folder.parent / "archive.db")
    assert (result.code, "holds files that no export made" in result.err) == (2, True)
    result = tearsheet(
        "export", tmp_path / "thesis.md", "--format", "markdown", "--db", folder.parent / "archive.db", "--replace"
    )
    assert (result.code, "is a file; name a folder" in result.err) == (2, True)
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.md"]
