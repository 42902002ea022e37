"""Rows in every form, and no text of the archive that steers a terminal."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pipelines.cli.marking import marked
from pipelines.cli.output import clipped, emit, safe, table, width

STEERING = (
    "red \x1b[31m, title \x1b]0;x\x07, back\x08\r, C1 \x9b2J, override \u202egnp.exe\u202c, isolate \u2067x\u2069"
)
PLAIN = "red [31m, title ]0;x, back, C1 2J, override gnp.exe, isolate x"


def test_steering_characters_are_taken_out_and_honest_ones_stay() -> None:
    assert safe(STEERING) == PLAIN
    assert safe("a\tb\nمرحبا ‏\u200e") == "a\tb\nمرحبا ‏\u200e"


@pytest.mark.parametrize("form", [None, "table", "json", "nl", "csv"])
def test_no_form_lets_them_through(form: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"id": 1, "text": STEERING}], form)
    out = capsys.readouterr().out
    assert safe(out) == out
    if form in ("json", "nl"):  # nothing is lost: they are escaped
        (row,) = json.loads(f"[{out}]") if form == "nl" else json.loads(out)
        assert row["text"] == STEERING
    if form == "csv":
        assert list(csv.reader(io.StringIO(out))) == [["id", "text"], ["1", PLAIN]]


def test_the_ledger_lets_none_through() -> None:
    cut = {"start": 0, "stop": len(STEERING), "zone": "lead", "rule_id": "a.b", "why": "Because."}
    assert safe(marked(f"{STEERING}\n{STEERING}", [cut])).count(PLAIN) == 2


def test_no_rows_are_an_empty_array_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], "json")
    for form in (None, "table", "nl", "csv"):
        emit([], form)
    assert capsys.readouterr().out == "[]\n"


def test_a_table_is_aligned_by_what_a_terminal_shows() -> None:
    rows = [{"name": "東京", "n": 7, "note": None}, {"name": "Ürümqi", "n": 1200, "note": "two\nlines"}]
    assert table(rows).splitlines() == [
        "name       n  note",
        "------  ----  ---------",
        "東京       7",
        "Ürümqi  1200  two lines",
    ]


def test_a_cell_is_clipped_to_its_room() -> None:
    assert clipped("ferry", 5) == "ferry"
    assert clipped("ferries", 5) == "ferr…"
    assert width(clipped("東京都庁", 6)) <= 6
