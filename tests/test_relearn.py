"""What a source repeats is learned at the end of a run, and what was stored before is stripped again by it."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.lessons import learn, recipe_in_force
from pipelines.marks import hex_of, marks_of
from pipelines.packing import Read, pack, unpack
from pipelines.process import process
from pipelines.store.archive import Archive
from pipelines.store.blocks import Repeated
from pipelines.store.writer import Writer
from pipelines.types import Article, Block, Extracted, Extraction, Fingerprint, restore
from tests.crawls import wait_for
from tests.store_values import URL, article, capture, check_whole, put, rows
from tests.test_cli import Desk, ended

STORIES = {
    "ferry": """Ferry returns to Ostby in May

The ferry will return to the island in May, the council of Ostby said on Monday.

Two years ago the old boat was sold for scrap, and nothing has crossed the sound since.

Its captain, Maren Holt, said that the crossing would take forty minutes in calm weather.""",
    "roof": """School roof repaired at last

Builders have finished their work on the roof of the primary school in Lund.

Rain had poured into the gym all winter long, and pupils had to exercise outdoors.

The mayor promised a party with cake for all the children at the end of next week.""",
    "bakery": """Bakery wins the bread prize

A small bakery on Market Street won the regional bread prize on Friday night.

Its rye loaf convinced a jury of nine judges who had come from four different countries.

The owner, Petra Vang, thanked her grandmother, who had once written the recipe down.""",
    "oak": """Storm fells a famous oak

The storm on Tuesday night felled an oak that had stood for almost three centuries.

Nobody was hurt, but the road to the quarry will stay closed until the weekend.

Foresters want to carve a long bench out of its trunk for the village green.""",
}
_REPORT = "The water stood {} centimetres high at the gauge below the bridge and rose by {} since the day before."
FOOTER = "The Harbour Courier is set in lead at Quay Four"
TEASER = "Ask our pilot about tides and fog"


def write(desk: Desk, *names: str) -> list[Path]:
    """Files of one outlet: a story, a footer, and a count that is another one each time."""
    files = []
    for name in names:
        number = list(STORIES).index(name)
        teaser = f"\n\n{TEASER}" if name in ("ferry", "oak") else ""
        text = f"{STORIES[name]}{teaser}\n\n{FOOTER}\n\n{1200 + 37 * number} readers keep our lamp burning\n"
        files.append(desk.write(f"{name}.txt", text))
    return files


def texts(desk: Desk) -> dict[int, str]:
    return dict(rows(desk.db, "SELECT id, text FROM articles"))


def found(desk: Desk, words: str) -> int:
    return len(rows(desk.db, "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", f'"{words}"'))


def digest(desk: Desk, text: str) -> str:
    """The number of a line, as `rules learn` shows it."""
    (row,) = (row for row in json.loads(desk("rules", "learn", "courier", "--json").out) if row["text"] == text)
    return str(row["digest"])


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The four stories imported together; only for copying."""
    desk = Desk(tmp_path_factory.mktemp("shelf"))
    assert desk("import", "--source", "courier", *write(desk, *STORIES)).code == 0
    return desk


@pytest.fixture
def desk(tmp_path: Path, shelf: Desk) -> Desk:
    shutil.copy(shelf.db, tmp_path)
    return Desk(tmp_path)


# through the command line


def test_what_files_repeat_is_cut_from_those_that_came_before_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk("import", "--source", "courier", *write(desk, "ferry")).code == 0
    before = texts(desk)
    assert all(FOOTER in text for text in before.values())
    said = desk("import", "--source", "courier", *write(desk, "roof", "bakery"))
    assert said.code == 0
    assert "courier: stripped" in said.err
    after = texts(desk)
    assert before.keys() < after.keys()
    assert not [text for text in after.values() if FOOTER in text or "lamp" in text]
    assert rows(desk.db, "SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM runs)") == [(0, 2)]
    assert found(desk, "set in lead") == 0
    (first,) = before
    ledger = desk("show", str(first), "--ledger").out
    assert f"- {FOOTER}" in ledger
    assert "Stands in 3 of 3 articles of this source." in ledger
    assert desk("import", "--source", "courier", *write(desk, "oak")).code == 0
    assert not [text for text in texts(desk).values() if FOOTER in text or "lamp" in text]
    assert "Stands in 4 of 4 articles of this source." in desk("show", str(first), "--ledger").out
    assert rows(desk.db, "SELECT count(DISTINCT recipe_id) FROM articles") == [(1,)]
    with Writer.open(desk.db) as writer:
        check_whole(writer)


@pytest.mark.slow
def test_a_person_overrules_what_was_learned(desk: Desk) -> None:
    ids = texts(desk).keys()
    number = digest(desk, FOOTER)
    said = desk("rules", "verdict", "courier", number[:6], "content")
    assert said.code == 0
    assert said.err.splitlines() == [f"content: {FOOTER}", "4 articles to strip again: `tearsheet process --stale`"]
    (row,) = json.loads(desk("process", "--stale", "--json").out)
    assert (row["changed"], row["went"], row["back"]) == (4, 0, 4 * len(f"\n\n{FOOTER}"))
    assert all(FOOTER in text for text in texts(desk).values())
    assert found(desk, "set in lead") == 4
    assert "nothing to read again" in desk("process", "--stale").err
    assert desk("rules", "verdict", "courier", number, "none").err.startswith(f"furniture: {FOOTER}")
    (row,) = json.loads(desk("process", "--stale", "--json").out)
    assert (row["changed"], row["back"]) == (4, 0)
    assert texts(desk).keys() == ids
    assert rows(desk.db, "SELECT count(*) FROM revisions") == [(0,)]


@pytest.mark.slow
def test_a_person_decides_what_counts_could_not(desk: Desk) -> None:
    assert sum(TEASER in text for text in texts(desk).values()) == 2
    assert desk("rules", "verdict", "courier", digest(desk, TEASER), "furniture").code == 0
    assert desk("process", "--stale").code == 0
    assert not [text for text in texts(desk).values() if TEASER in text]
    assert rows(desk.db, "SELECT DISTINCT origin, why FROM ledger WHERE text LIKE ?", f"%{TEASER}%") == [
        ("yours", "You said that this line is furniture.")
    ]
    assert desk("rules", "learn").code == 0
    assert "nothing to read again" in desk("process", "--stale").err


def test_a_verdict_needs_a_line_that_is_known(desk: Desk) -> None:
    assert "no line has this digest" in desk("rules", "verdict", "courier", "zz", "content").error
    assert (
        "lines begin so; see `tearsheet rules learn courier`"
        in desk("rules", "verdict", "courier", "", "content").error
    )
    assert "it has courier" in desk("rules", "verdict", "herald", "00", "content").error


def test_reading_the_files_again_gives_what_stripping_again_gave(desk: Desk) -> None:
    before = texts(desk)
    with Archive(desk.db) as archive:
        recipe = recipe_in_force(archive, {})
        given = dict(archive.again("true", (), recipe.base_for))
        assert len(given) == 4
        for capture_id, one in given.items():
            assert isinstance(one, Extracted)
            assert process(one, recipe) == process(archive.capture(capture_id), recipe)
    (row,) = json.loads(desk("process", "--source", "courier", "--json").out)
    assert (row["changed"], row["unchanged"]) == (0, 4)
    assert texts(desk) == before


def test_an_extraction_that_does_not_fit_its_text_is_read_anew(desk: Desk) -> None:
    before = texts(desk)
    with Writer.open(desk.db) as writer:
        writer.db.execute("UPDATE articles SET text = 'Somebody wrote over it.' WHERE id = ?", (min(before),))
        writer.db.execute("UPDATE articles SET recipe_id = (SELECT min(id) FROM recipes WHERE lesson = '[]')")
    (row,) = json.loads(desk("process", "--stale", "--json").out)
    assert (row["changed"], row["unchanged"], row["failed"]) == (1, 3, 0)
    assert texts(desk) == before


@pytest.mark.slow
def test_a_kill_between_learning_and_stripping_is_made_good(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk("import", "--source", "courier", *write(desk, "ferry")).code == 0
    # stripping again writes to articles that are there: let that take longer than the test
    with Writer.open(desk.db) as writer:
        writer.db.execute(
            "CREATE TRIGGER slow BEFORE UPDATE OF text ON articles BEGIN SELECT count(*) FROM (WITH RECURSIVE"
            " n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT i FROM n); END"
        )
    process = desk.start("import", "--source", "courier", *write(desk, "roof", "bakery"))
    decided = "SELECT count(*) FROM blocks WHERE verdict = 'furniture'"
    assert wait_for(lambda: rows(desk.db, decided) != [(0,)], process)
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    assert any(FOOTER in text for text in texts(desk).values())
    with Writer.open(desk.db) as writer:
        writer.db.execute("DROP TRIGGER slow")
    ids = texts(desk).keys()
    assert desk("process", "--stale").code == 0
    assert not [text for text in texts(desk).values() if FOOTER in text]
    assert texts(desk).keys() == ids
    assert "nothing to read again" in desk("process", "--stale").err
    with Writer.open(desk.db) as writer:
        check_whole(writer)


# learning


def story(number: int, *lines: str, bands: tuple[int, ...] = (), shown: tuple[str, ...] = ()) -> Article:
    """An article of two lines of its own, then `lines`; its page shows `shown` besides."""
    own = (f"Word{number} opened the meeting of the council of village{number}.", f"It ended as word{number} began.")
    blocks: list[Block] = []
    kept = [*own, *lines]
    for line in kept:
        start = blocks[-1].stop + 2 if blocks else 0
        blocks.append(Block(start, start + len(line)))
    text = "\n\n".join(kept)
    found = Read(
        extraction=Extraction(text=text, blocks=tuple(blocks)), plain=False, marks=marks_of([*kept, *shown], kept)
    )
    print_ = Fingerprint(digest=f"{number:064x}", bands=bands or (number,))
    return replace(article(f"{URL}/{number}", text), fingerprint=print_, base="base", packed=pack(found))


def keep(writer: Writer, numbers: range, *lines: str, bands: tuple[int, ...] = ()) -> None:
    for number in numbers:
        # hours apart, as `latest` goes by time
        at = f"2024-05-{1 + number // 24 % 28:02}T{number % 24:02}:00:00Z"
        value = replace(story(number, *lines, bands=bands), published_at=at)
        put(writer, capture(f"{URL}/{number}", hours=number), value)


def learned(writer: Writer) -> dict[str, Repeated]:
    """What the source repeats after it was looked at anew, by text."""
    with Archive(writer.path) as archive:
        recipe = learn(writer, archive, recipe_in_force(archive, {}), ["paper"])
        lines = archive.repeated("paper")
        decided = {hex_of(one.digest) for one in lines if one.verdict}
        assert {rule.id[-16:] for rule in recipe.lessons.get("paper", ())} == decided
        return {one.text: one for one in lines}


def test_what_was_packed_comes_back() -> None:
    value = story(1, "Ask our pilot")
    whole = unpack(value.packed, restore(value.text, value.removals))
    assert pack(whole) == value.packed
    with pytest.raises(ValueError, match="not the one"):
        unpack(value.packed, value.text + ".")


def test_copies_of_one_story_count_once(writer: Writer) -> None:
    keep(writer, range(5), FOOTER, bands=(1, 2, 3, 4))
    assert learned(writer) == {}
    keep(writer, range(5, 8), FOOTER)
    assert (learned(writer)[FOOTER].articles, learned(writer)[FOOTER].looked_at) == (4, 4)


def test_a_line_that_is_seldom_is_furniture_no_more(writer: Writer) -> None:
    keep(writer, range(4), FOOTER)
    first = learned(writer)[FOOTER]
    assert (first.verdict, first.origin, first.zone, first.articles) == ("furniture", "learned", "any", 4)
    keep(writer, range(4, 25))
    assert (learned(writer)[FOOTER].zone, learned(writer)[FOOTER].looked_at) == ("any", 25)  # in 16 %: it stays
    keep(writer, range(25, 45))
    assert (learned(writer)[FOOTER].verdict, learned(writer)[FOOTER].articles) == (None, 4)


def test_what_was_furniture_before_the_articles_that_are_looked_at_stays_so(writer: Writer) -> None:
    keep(writer, range(5), FOOTER)
    learned(writer)
    keep(writer, range(5, 320), TEASER)
    lines = learned(writer)
    assert (lines[FOOTER].verdict, lines[FOOTER].articles, lines[FOOTER].looked_at) == ("furniture", 5, 5)
    assert (lines[TEASER].verdict, lines[TEASER].articles, lines[TEASER].looked_at) == ("furniture", 300, 300)


def test_what_a_person_said_stays_whatever_is_counted(writer: Writer) -> None:
    keep(writer, range(4), FOOTER)
    writer.decide("paper", learned(writer)[FOOTER].digest, "content")
    keep(writer, range(4, 8), FOOTER)
    line = learned(writer)[FOOTER]
    assert (line.verdict, line.origin, line.articles) == ("content", "yours", 8)


def test_outcomes_are_stored_together_and_a_bad_one_fails_alone(writer: Writer) -> None:
    run = writer.start_run("process")
    keep(writer, range(3))
    with Archive(writer.path) as archive:
        given = dict(archive.captures())
        values = [(n, one, story(n - 1, FOOTER)) for n, one in given.items()]
        values[1] = (*values[1][:2], replace(values[1][2], published_precision="century"))
        writer.store_all(values, run)
        (row,) = archive.run_report(run)
    assert (row["rebuilt"], row["failed"], row["back"]) == (2, 1, 2 * len(f"\n\n{FOOTER}"))
    assert rows(writer.path, "SELECT stage FROM failures") == [("store",)]


def test_reports_that_differ_in_figures_alone_are_no_furniture(tmp_path: Path) -> None:
    desk, files = Desk(tmp_path), []
    for n in range(12):
        lines = (f"Water report number {n}", *(_REPORT.format(n + 7 * k, 3 * n + k) for k in range(4)), FOOTER)
        files.append(desk.write(f"{n}.txt", "\n\n".join(lines)))
    assert desk("import", "--source", "water", *files).code == 0
    kept = rows(desk.db, "SELECT title, description || text FROM articles")
    assert sorted(title for title, _ in kept) == sorted(f"Water report number {n}" for n in range(12))
    assert all(text.count("at the gauge") == 4 and FOOTER not in text for _, text in kept)


def test_a_pattern_of_ones_own_may_have_flags(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    file = desk.write("ferry.txt", f"{STORIES['ferry']}\n\n{FOOTER.upper()}")
    desk.write("sources.toml", f'[source.water]\nhomepage = "https://w.example/"\nstrip = ["(?i){FOOTER}"]\n')
    assert desk("import", "--source", "water", file).code == 0
    (text,) = texts(desk).values()
    assert FOOTER.upper() not in text
