"""The kind of a change: each rule by examples, in the languages that it knows."""

from __future__ import annotations

import pytest

from pipelines.edits import Edit, Prose, edits, examples
from pipelines.sameness import same_prose

BEFORE = "The vote was close. It went on until dawn."


def kinds(old: str, new: str, language: str | None = "en") -> list[tuple[str, str | None, str | None]]:
    """What is told of an edit of the text alone."""
    return [tuple(one) for one in edits(Prose("T", None, old), Prose("T", None, new), language)]


@pytest.mark.parametrize(("language", "line", "is_note"), list(examples()))
def test_notes_are_told_from_news(language: str, line: str, is_note: bool) -> None:
    ((kind, _, _),) = kinds(BEFORE, f"{BEFORE}\n\n{line}", language)
    assert kind == ("correction" if is_note else "addition")


def test_a_note_within_a_paragraph_and_one_that_is_reworded() -> None:
    note = "(This story has been corrected to show that it was Tuesday.)"
    assert kinds(BEFORE, f"{BEFORE} {note}") == [("correction", None, note.strip("(.)"))]
    assert kinds(f"{BEFORE} {note}", f"{BEFORE} {note.replace('Tuesday', 'Wednesday')}")[0][0] in (
        "correction",
        "number",
    )
    assert kinds(f"{BEFORE}\n\n{note}", BEFORE)[0][0] == "deletion"


@pytest.mark.parametrize(
    ("language", "old", "new", "told"),
    [
        ("en", "Police said 12 died.", "Police said 15 died.", ("number", "12", "15")),
        ("en", "The three men left.", "The five men left.", ("number", "three", "five")),
        ("en", "They meet on Monday here.", "They meet on Tuesday here.", ("number", "Monday", "Tuesday")),
        ("de", "Dort starben drei Menschen.", "Dort starben fünf Menschen.", ("number", "drei", "fünf")),
        ("zh", "周一有三人死亡。", "周一有五人死亡。", ("number", "三", "五")),
        ("ar", "قتل ثلاثة أشخاص.", "قتل خمسة أشخاص.", ("number", "ثلاثة", "خمسة")),
        ("en", "He said: “We will win.”", "He said: “We may win.”", ("quote", "will", "may")),
        ("en", 'It was "a good deal" for all.', 'It was "a bad deal" for all.', ("quote", "good", "bad")),
        ("en", "It was ‘a good deal’ for all.", "It was ‘a bad deal’ for all.", ("quote", "good", "bad")),
        ("de", "Er sagte: „Das gefällt mir.“", "Er sagte: „Das schmeckt mir.“", ("quote", "gefällt", "schmeckt")),
        ("fr", "Il dit : « C’est bon. »", "Il dit : « C’est mauvais. »", ("quote", "bon", "mauvais")),
        ("ja", "彼は「行く」と言った。", "彼は「来る」と言った。", ("quote", "行く", "来る")),
        ("en", "“We won. It was ours.”", "“We won. They were weak. It was ours.”", ("quote", None, "They were weak")),
        ("en", "The mayor, John Smith, left.", "The mayor, John Smyth, left.", ("name", "Smith", "Smyth")),
        ("en", "John Smith left early.", "Jon Smith left early.", ("name", "John", "Jon")),
        ("en", "Yesterday Mr. Smith left.", "Yesterday Mr. Smyth left.", ("name", "Smith", "Smyth")),
        ("ru", "Мэр Иван Петров уехал.", "Мэр Иван Попов уехал.", ("name", "Петров", "Попов")),
        ("de", "Minister Hans Maier ging.", "Minister Hans Meier ging.", ("name", "Maier", "Meier")),
        ("de", "Sie lobte den Plan sehr.", "Sie lobte den Kurs sehr.", ("wording", "Plan", "Kurs")),
        ("en", BEFORE, BEFORE + " The mayor slept.", ("addition", None, "The mayor slept")),
        ("en", BEFORE, BEFORE + "\n\nThe 12 men slept.", ("addition", None, "The 12 men slept")),
        ("en", BEFORE + " The mayor slept.", BEFORE, ("deletion", "The mayor slept", None)),
        ("en", "The goverment fell.", "The government fell.", ("typo", "goverment", "government")),
        ("en", "It came form there.", "It came from there.", ("typo", "form", "from")),
        ("en", "It was alot of money.", "It was a lot of money.", ("typo", "alot", "a lot")),
        ("en", "It was the the end.", "It was the end.", ("typo", "the", None)),
        ("en", "He is now guilty.", "He is not guilty.", ("wording", "now", "not")),
        ("en", "He is guilty of it.", "He is not guilty of it.", ("wording", None, "not")),
        ("en", "The government fell.", "The cabinet fell.", ("wording", "government", "cabinet")),
        ("th", "ตำรวจจับคนร้าย", "ตำรวจยิงคนร้าย", ("wording", "จับ", "ยิง")),
    ],
)  # fmt: skip
def test_kinds(language: str, old: str, new: str, told: tuple[str, str | None, str | None]) -> None:
    assert kinds(old, new, language) == [told]


def test_headline_and_standfirst_come_first() -> None:
    old = Prose("Ten dead in fire", "A short line.", BEFORE)
    new = Prose("Twelve dead in fire", None, BEFORE + " The mayor slept.")
    assert edits(old, new, "en") == [
        Edit("headline", "Ten dead in fire", "Twelve dead in fire"),
        Edit("standfirst", "A short line.", None),
        Edit("addition", None, "The mayor slept"),
    ]


def test_what_is_told_is_bounded() -> None:
    long = " ".join(f"w{n}" for n in range(10_000))
    (edit,) = edits(Prose("T", None, BEFORE), Prose("T", None, f"{BEFORE}\n\n{long}"))
    assert len(edit.after or "") == 500
    old = "\n".join(f"line {n} says {n % 7} and no more" for n in range(1000))
    assert len(edits(Prose("A", None, old), Prose("B", None, old.replace("says", "tells")))) == 100


def test_lines_that_the_other_page_cut_are_no_words() -> None:
    """Furniture that was told on one page and not on the other changed nothing that readers see."""
    old, new = Prose("T", None, f"{BEFORE}\n\nSign up now"), Prose("T", None, BEFORE)
    assert not same_prose(old, new)
    assert same_prose(old, new, (), ["\n\nSign up now"])
    assert same_prose(new, old, ["\n\nSign up now"], ())
    assert not same_prose(old, Prose("T", None, "The vote was close."), (), ["\n\nSign up now"])
    standfirst = Prose("T", "Sign up now", BEFORE)
    assert same_prose(old, standfirst)
    assert same_prose(standfirst, old)


def test_counters_at_the_ends_are_no_words() -> None:
    assert same_prose(Prose("T", None, f"{BEFORE}\n\n12 Reaktionen"), Prose("T", None, f"{BEFORE}\n\n1.315 Reaktionen"))
    for label in ("Updated an hour ago", "Aktualisiert vor einer Stunde", "更新：一小时前", "Mise à jour à 18 heures"):
        assert same_prose(Prose("T", None, BEFORE), Prose("T", None, f"{label}\n{BEFORE}")), label
    assert not same_prose(Prose("T", None, f"12 dead\n{BEFORE}"), Prose("T", None, f"12 hurt\n{BEFORE}"))
    assert not same_prose(Prose("T", None, "It took 12 days."), Prose("U", None, "It took 12 days."))
