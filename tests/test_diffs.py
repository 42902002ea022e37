"""Which words changed between two texts: what is found, what makes no difference, and that it never takes long."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.align import Budget, aligned
from pipelines.diffs import changes, diff_html, diff_words, pieces
from pipelines.wording import Words, key_of, same_words

TEXTS = st.text(alphabet="ab c.\n?“1,周二 ", max_size=60)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a b c", "a x c", "a [-b-]{+x+} c"),
        ("a new b", "a b", "a [-new-] b"),
        ("It is bad, he said.", "It is bad.", "It is bad[-, he said-]."),
        ("One is. Two is. Three is.", "One is. Three is.", "One is. [-Two is.-] Three is."),
        ("The cat sat. The dog ran.", "The cat sat. The bird flew. The dog ran.",
         "The cat sat. {+The bird flew+}. The dog ran."),
        ("First line.\n\nSecond line.\n\nThird.", "First line.\n\nThird.", "First line.\n\n[-Second line.-]\n\nThird."),
        ("First line.\n\nThird.", "First line.\n\nSecond.\n\nThird.", "First line.\n\n{+Second+}.\n\nThird."),
        ("Twelve died.\nThe end is near.", "Twelve died. The end is really near.",
         "Twelve died. The end is {+really+} near."),
        ("周一有12人死亡。", "周二有15人死亡。", "周[-一-]{+二+}有[-12-]{+15+}人死亡。"),
        ("ตำรวจจับสามคน", "ตำรวจจับห้าคน", "ตำรวจจับ[-ส-]{+ห้+}า[-ม-]คน"),
        ("अदालत ने सोमवार को सुनाया।", "अदालत ने मंगलवार को सुनाया।", "अदालत ने [-सोमवार-]{+मंगलवार+} को सुनाया।"),
        ("قتل ثلاثة.", "قتل خمسة.", "قتل [-ثلاثة-]{+خمسة+}."),
        ("It costs $5.", "It costs €5.", "It costs [-$-]{+€+}5."),
        ("He lied.", "He lied?", "He lied{+?+}"),
        ("It fell to 1.5 degrees.", "It fell to -1.5 degrees.", "It fell to [-1.5-]{+-1.5+} degrees."),
    ],
)  # fmt: skip
def test_words_that_changed(old: str, new: str, shown: str) -> None:
    assert diff_words(old, new) == shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“Hello”  there,\nit’s me", '"Hello" there - it\'s me'),
        ("Quoi ? Rien !", "Quoi? Rien!"),
        ("co\u00adoperate", "cooperate"),
        ("A Headline In Capitals", "A HEADLINE in capitals"),
        ("ﬁve fíne", "five fi\u0301ne"),
        ("١٢ شخصا", "12 شخصا"),
        ("周一，有人。", "周一 有人"),
        ("One.\n\nTwo. Three.", "One. Two.\n\nThree."),
        ("a well-known ice–cream", "a well known ice cream"),
        ("the end", "the\u00a0end\u200b"),
    ],
)
def test_what_makes_no_words(one: str, other: str) -> None:
    assert same_words(one, other)
    assert changes(one, other) == []


def test_html_is_safe() -> None:
    assert diff_html("<b>a & b</b>", "<i>a & c</i>") == (
        "&lt;<del>b</del><ins>i</ins>&gt;a &amp; <del>b&lt;/b</del><ins>c&lt;/i</ins>&gt;"
    )
    assert "<script>" not in diff_html("x", "<script>alert(1)</script>")


@given(TEXTS, TEXTS)
def test_changes_lead_from_one_text_to_the_other(old: str, new: str) -> None:
    found = changes(old, new)
    assert bool(found) is not same_words(old, new)
    place, words = 0, []
    for start, stop, new_start, new_stop in found:
        assert place <= start <= stop
        words += [*Words.of(old, place, start).keys, *Words.of(new, new_start, new_stop).keys]
        place = stop
    assert [*words, *Words.of(old, place).keys] == Words.of(new).keys
    assert "".join(said for sign, said in pieces(old, new) if sign != "-") == new


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.lists(st.sampled_from("abcd"), max_size=40))
def test_regions_lead_from_one_sequence_to_the_other(one: list[str], other: list[str]) -> None:
    made: list[str] = []
    place = 0
    for a, a_stop, b, b_stop in aligned(one, other, Budget()):
        made += one[place:a]
        assert len(made) == b
        made += other[b:b_stop]
        place = a_stop
    assert made + one[place:] == other


def test_a_spent_budget_is_a_replacement() -> None:
    assert aligned("abc", "axc", Budget(0)) == [(1, 2, 1, 2)]
    assert len(aligned("abcd", "badc", Budget(0))) == 1


def _prose(seed: int, words: int, line: int, size: int) -> str:
    rng = random.Random(seed)
    lines = (" ".join(f"w{rng.randrange(words)}" for _ in range(line)) for _ in range(size // (5 * line) + 1))
    return "\n".join(lines)[:size]


@pytest.mark.parametrize(("words", "line"), [(5000, 80), (40, 80), (3, 1), (5000, 10**6), (2, 10**6)])
def test_a_large_text_costs_no_more_than_its_size(words: int, line: int) -> None:
    """Fifty times the text in at most fifty times the time of one that is compared word by word."""
    seconds = []
    for size in (20_000, 1_000_000):
        old, new = _prose(1, words, line, size), _prose(2, words, line, size)
        began = time.process_time()
        assert changes(old, new)
        seconds.append(time.process_time() - began)
    assert seconds[1] < 50 * max(seconds[0], 0.02)


def test_the_keys_of_words() -> None:
    assert [key_of(word) for word in ("Straße", "ＡＢＣ", "٣", "\u00ad", "Don’t")] == [
        "strasse",
        "abc",
        "3",
        "",
        "don’t",
    ]
