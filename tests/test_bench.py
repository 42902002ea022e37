"""What the bench counts, on texts short enough to count by hand, and the three layouts that it reads."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from bench import floors, quality
from bench.corpus import SEEN, Truth, load, sets
from bench.measure import Reading, measure, read_all
from bench.scoring import (
    authors_f1,
    exact,
    f1_of,
    foreign,
    harmonic,
    overlap,
    same_day,
    same_minute,
    same_title,
    unsigned,
)

# --- scores


def test_overlap_counts_shingles_as_shares_of_the_page() -> None:
    # abcd bcde | bcde cdef: one in common, one too much, one missing
    assert overlap("a b c d e", "b c d e f") == (1 / 3, 1 / 3, 1 / 3)
    assert overlap("a b", "a b") == (1, 0, 0)
    assert overlap("a b", "") == (0, 0, 1)
    assert overlap("", "") == (0, 0, 0)


def test_an_empty_text_weighs_on_recall_only() -> None:
    # precision of the one page with text 1/2; recall (1/2 + 0) / 2; F1 of the two means
    assert f1_of([(1 / 3, 1 / 3, 1 / 3), (0, 0, 1)]) == (harmonic(1 / 2, 1 / 4), 1 / 2, 1 / 4)
    assert f1_of([(0, 0, 1)]) == (0, 0, 0)


def test_exact_minds_tokens_and_not_what_stands_between() -> None:
    assert exact("One, two.\n\nThree", "One two\nThree")
    assert not exact("One two", "one two")


def test_a_line_is_foreign_when_less_than_half_of_it_stands_elsewhere() -> None:
    truth = "The mayor opened the bridge.\n\nIt cost two millions."
    assert foreign("The mayor opened the bridge today", truth) == [False]  # two of three
    assert foreign("And the mayor opened the lido", truth) == [True]  # one of three; a half would do
    assert foreign("The mayor opened the lido", truth) == [False]
    assert foreign("two millions\n***\nRead more", truth) == [False, True]  # short lines whole, rules of stars never
    assert foreign("", truth) == []


def test_titles_may_differ_in_white_space_only() -> None:
    assert same_title("A  bridge", "A bridge ")
    assert not same_title("A bridge", "A Bridge")
    assert not same_title("A bridge", None)


@pytest.mark.parametrize(
    ("truth", "published", "day", "minute"),
    [
        ("2024-05-03 00:30:10+02:00", "2024-05-02T22:30:59Z", True, True),
        ("2024-05-03 00:30:10+02:00", "2024-05-02", True, False),  # the day in UTC
        ("2024-05-03 00:30:10+02:00", "2024-05-03", True, False),  # the day where it was published
        ("2024-05-03 00:30:10+02:00", "2024-05-03T00:30", True, True),  # no zone: clocks are compared
        ("2024-05-03 00:30:10+02:00", "2024-05-03T00:30Z", True, False),
        ("2024-05-03 00:30:10+02:00", "2024-05-01", False, False),
        ("2024-05-03 00:00:00", "2024-05-03", True, False),
        ("2024-05-03 12:00:00", "2024-05", False, False),
        ("2024-05-03 12:00:00", None, False, False),
    ],
)
def test_dates(truth: str, published: str | None, day: bool, minute: bool) -> None:
    assert (same_day(truth, published), same_minute(truth, published)) == (day, minute)


def test_authors_are_sets_of_names() -> None:
    assert authors_f1(["Ada Byron", "Max Roe"], ["ada  byron"]) == pytest.approx(2 / 3)
    assert authors_f1([], []) == 1
    assert authors_f1([], ["Ada Byron"]) == authors_f1(["Ada Byron"], []) == 0


# --- a reader over a set

LONG = "First line of the story\n\nSecond line of the story\n\nThird line of this one"


def truth(name: str, **fields: object) -> Truth:
    return Truth(id=name, url="https://example.org/", body=b"", text=LONG, **fields)  # type: ignore[arg-type]


def read(page: Truth) -> Reading:
    """Worst on page b."""
    wrong = "Read more of this here\n\n" + LONG.rpartition("\n\n")[0] if page.id == "b" else LONG
    return Reading(wrong, "Right", "2024-05-03", ("Ada Byron",), seconds=0.5)


def test_measure_takes_any_reader() -> None:
    dated = truth("a", title="Right", published="2024-05-03 12:00:00", authors=("Ada Byron", "Max Roe"))
    found = measure([dated, truth("b")], read)
    assert (found["exact"], found["first_wrong"], found["last_lost"]) == (0.5, 0.5, 0.5)
    assert (found["last_wrong"], found["tail_wrong"], found["first_lost"]) == (0, 0.5, 0)
    assert (found["title"], found["date_day"], found["date_minute"]) == (1, 1, 0)
    assert found["authors"] == pytest.approx(2 / 3)
    assert found["rate"] == 2
    assert "title" not in measure([truth("a", title="A headline")], read)


def test_two_processes_keep_the_order() -> None:
    truths = [truth(name) for name in "abc"]
    assert read_all(truths, read, 2) == read_all(truths, read)


def test_the_worst_pages_show_what_is_wrong() -> None:
    truths = [truth("a"), truth("b")]
    readings = [read(one) for one in truths]
    head, *rest = quality.worst(truths, readings, readings, 1)
    assert head.startswith("b  F1 0.")
    assert "wrong 1 of 3 lines (first), lost 1 of 3" in head
    assert rest == ["    + Read more of this here", "    - Third line of this one"]


# --- floors


def test_floors_only_rise_and_ceilings_only_fall() -> None:
    first = floors.raised({}, {"aeb": {"f1": 0.97651, "last_wrong": 0.12766, "rate": 40}})
    assert first == {"aeb": {"f1": 0.976, "last_wrong": 0.128}}
    assert floors.raised(first, {"aeb": {"f1": 0.95, "last_wrong": 0.2}}) == first
    assert floors.below(first, {"aeb": {"f1": 0.9761, "last_wrong": 0.12766}}) == []
    assert floors.below(first, {"aeb": {"f1": 0.9755, "last_wrong": 0.13}}) == [
        "aeb: f1 is 0.9755, below its floor 0.976",
        "aeb: last_wrong is 0.1300, above its ceiling 0.128",
    ]
    assert floors.below(first, {"other": {"f1": 1.0}}) == ["other: no floors in floors.json"]


def test_a_missing_folder_passes_only_where_that_was_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quality.main([str(tmp_path / "none"), "--check"]) == 1
    assert quality.main([str(tmp_path / "none"), "--check", "--if-present"]) == 0
    assert capsys.readouterr().err.count("\n") == 2


# --- layouts

PAGE = b"<html><p>A page."


def keep(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress(PAGE))
    else:
        file.write_text(json.dumps(content), encoding="utf-8")


def test_own_layout_as_one_set_or_several(tmp_path: Path) -> None:
    row = {"id": "p1", "url": None, "host": "example.org", "file": "html/p1.html.gz", "text": "A page."}
    keep(tmp_path / "sites" / "ground_truth.jsonl", row)
    keep(
        tmp_path / "fundus" / "ground_truth.jsonl",
        {**row, "summary_paragraphs": 1, "crawl_date": "2024-05-03 18:19:08"},
    )
    for name in ("sites", "fundus"):
        keep(tmp_path / name / "html" / "p1.html.gz", None)
    assert list(sets(tmp_path)) == ["fundus", "sites"]
    (page,) = sets(tmp_path / "sites")["sites"]
    assert page == Truth("p1", "https://example.org/", PAGE, "A page.", fetched_at=SEEN)
    (page,) = load(tmp_path / "fundus")
    assert page.standfirst
    assert page.fetched_at.isoformat() == "2024-05-03T18:19:08+00:00"


def test_checkout_of_the_article_extraction_benchmark(tmp_path: Path) -> None:
    keep(tmp_path / "ground-truth.json", {"f00d": {"articleBody": "A page.", "url": "https://example.org/a"}})
    keep(tmp_path / "html" / "f00d.html.gz", None)
    assert sets(tmp_path) == {"aeb checkout": [Truth("f00d", "https://example.org/a", PAGE, "A page.")]}


def version(title: str, published: str) -> dict[str, object]:
    sections = [{"headline": [], "paragraphs": ["One."]}, {"headline": ["Head"], "paragraphs": ["Two.", "Three."]}]
    body = {"summary": ["Standfirst."], "sections": sections}
    return {"title": title, "authors": ["Ada Byron"], "publishing_date": published, "body": body}


def test_checkout_of_fundus(tmp_path: Path) -> None:
    folder = tmp_path / "fundus" / "tests" / "resources" / "parser" / "test_data" / "us"
    days = ("2024_05_03", "2025_01_02", "2025_11_30")
    pages = {
        f"Gazette_{day}.html.gz": {
            "url": f"https://example.org/{day}",
            "crawl_date": f"{day.replace('_', '-')} 12:00:00",
        }
        for day in days
    }
    keep(folder / "meta.info", dict(reversed(pages.items())))
    versions = {
        "V2": version("Late", "2025-11-30 08:00:00"),
        "V1": version("Early", "2024-05-03 08:00:00+02:00"),
        "V1_1": version("Between", "2024-12-30 08:00:00"),
    }
    keep(folder / "Gazette.json", versions)
    for name in pages:
        keep(folder / name, None)
    truths = sets(tmp_path)["fundus checkout"]
    assert [(one.id, one.title) for one in truths] == [
        ("us-Gazette_2024_05_03", "Early"),
        ("us-Gazette_2025_01_02", "Between"),
        ("us-Gazette_2025_11_30", "Late"),
    ]
    assert truths[0].text == "Standfirst.\n\nOne.\n\nHead\n\nTwo.\n\nThree."
    assert truths[0].published == "2024-05-03 08:00:00+02:00"
    assert truths[0].fetched_at.isoformat() == "2024-05-03T12:00:00+00:00"
    assert truths[0].standfirst

    (folder / "Gazette_2024_05_03.html.gz").unlink()  # fewer pages than versions: by the dates
    assert [one.title for one in load(tmp_path / "fundus")] == ["Late", "Between"]


def test_bylines_and_dates_at_the_ends_of_a_loose_truth_are_told() -> None:
    story = "The bridge closes in June 2024, and nobody in the town can say for how many weeks it will stay closed."
    assert unsigned(f"By Mila Orn on 3 May 2024\n\nMila Orn\n\n{story}\n\nPosted by Mila") == story
    assert unsigned("Mila Orn") == "Mila Orn"
