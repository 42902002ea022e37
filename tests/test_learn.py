"""What a source repeats: which lines are one, when a repeated line is furniture, and what a lesson cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract import extract_text
from pipelines.learn import Verdict, lesson, verdicts
from pipelines.marks import Marks, digest_in, digest_of, hex_of, is_long, marks_of
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.rules import LONGEST_LINE, rule_set, shipped_rules
from pipelines.strip import strip
from pipelines.types import Article, Capture, Rule

FOOT = "Our gazette is printed on paper from the mill"
MOTTO = "The river takes what the river gave"
QUOTE = "As my grandmother never tired of saying"
SHIPPED = shipped_rules()
_LONG_FOOT = "Our gazette is printed on paper from the mill by the river, where it has been made since our founders."
relaxed = settings(max_examples=200, deadline=None)


def prose(n: int) -> list[str]:
    """Five paragraphs that no other article has."""
    mark, house = "x" * n, "i" * n
    return [
        f"The bridge over stream {mark} will not open before the summer ends, said the council of {house} on the quay.",
        f"Anna Berg, who has run the ferry since her father left {mark}, carried more passengers than ever to {house}.",
        f"Nobody in the upper town had asked for a second crossing when {mark} was still a village beside {house}.",
        f"Its stones came down by barge and lay in the yard of {mark} until the masons were paid by {house} at last.",
        f"A vote is due in autumn, and then the people of {mark} will learn what their harbour in {house} may cost.",
    ]


def page(lines: Sequence[str], menu: Sequence[str] = ()) -> Marks:
    """The marks of a page that shows a menu, and of which these lines are kept."""
    return marks_of([*menu, *lines], lines)


def zones(pages: Sequence[Marks]) -> dict[int, str]:
    return {one.digest: one.zone for one in verdicts(pages)}


def articles(count: int, foot: int = 0, middle: int = 0, line: str = FOOT) -> list[Marks]:
    """So many articles; the first `foot` of them end with a line, the first `middle` have it amid their text."""
    found = []
    for n in range(1, count + 1):
        text = prose(n) + prose(100 + n)
        found.append(page([*text[:5], *[line] * (n <= middle), *text[5:], *[line] * (n <= foot)]))
    return found


@pytest.mark.parametrize(
    "lines",
    [
        ("Posted on Friday, May 3, 2024 at 5:30 pm", "posted on Saturday, December 13, 2025 at 11:05 am"),
        ("3 Kommentare", "1.204 Kommentare", "12 KOMMENTARE"),
        ("Stand: 12. Mai 2024", "Stand: 1. März 2023", "Stand : 30. November 2019"),
        ("Publié le mardi 5 août 2025", "Publié le vendredi 14 février 2020"),
        ("Опубликовано 9 мая, понедельник", "Опубликовано 27 июня, четверг"),
        ("نشر في ١٢ مايو ٢٠٢٤", "نشر في ٣ مارس ٢٠٢١"),
        ("公開日 2024年5月3日（金）", "公開日 2023年12月13日（土）"),
        ("입력 2024년 5월 3일 금요일", "입력 2023년 12월 13일 월요일"),
        ("12. Mai 2024", "1. März 2023"),
        ("Read  more »", "READ MORE", "“Read more”"),
        ("***", " *** "),
    ],
)
def test_lines_that_differ_in_figures_dates_case_or_spacing_are_one(lines: tuple[str, ...]) -> None:
    assert len({digest_of(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Read more", "Read less"),
        ("40km", "12"),  # a table of figures is not a counter
        ("2024", "17"),
        ("第3回会議が開かれた", "第3回選挙が開かれた"),  # a figure within a sentence without spaces
        ("***", "---"),
        ("Marsch der Tausend", "Mai der Tausend"),
    ],
)
def test_lines_that_say_different_things_are_not_one(one: str, other: str) -> None:
    assert digest_of(one) != digest_of(other)


def test_long_lines_are_told_by_both_ends() -> None:
    body = "word " * 60
    assert digest_of(f"One {body} end") == digest_of(f"one {body}  end")
    assert digest_of(f"One {body} end") != digest_of(f"Two {body} end")
    assert digest_of(f"One {body} end") != digest_of(f"One {body} stop")


@pytest.mark.parametrize(
    ("line", "long"),
    [
        (FOOT, False),
        (prose(1)[0], True),
        ("会議が開かれた", False),
        ("市議会は川に架かる古い橋を月末まで閉鎖すると月曜日に発表した", True),
    ],
)
def test_a_digest_tells_running_text_from_short_lines(line: str, long: bool) -> None:
    assert is_long(digest_of(line)) is long


words = st.lists(st.text("abcdefghijklmnopqrstuvwxyzäßжدの", min_size=1, max_size=8), min_size=1, max_size=50)


@relaxed
@given(words, st.integers(1, 9999), st.integers(1, 9999))
def test_digests_ignore_figures_case_and_spacing(parts: list[str], one: int, other: int) -> None:
    line = " ".join((*parts[:2], str(one), *parts[2:]))
    twin = "  ".join((*parts[:2], str(other), *parts[2:]))
    assert digest_of(line) == digest_of(twin) == digest_of(twin.upper().lower())


@relaxed
@given(st.text(max_size=300))
def test_any_line_has_a_digest_that_an_id_can_carry(line: str) -> None:
    digest = digest_of(line)
    assert -(2**63) <= digest < 2**63
    assert digest_in(f"learned.some-paper.{hex_of(digest)}") == digest


def test_a_pattern_of_the_user_has_no_digest() -> None:
    assert digest_in("yours.some-paper.1") is None


def test_nothing_is_learned_from_one_article() -> None:
    assert verdicts([]) == ()
    assert verdicts(articles(1, foot=1)) == ()


def test_it_works_from_the_third_article() -> None:
    assert zones(articles(3, foot=3)) == {digest_of(FOOT): "any"}
    assert zones(articles(3, foot=2)) == {}


def test_of_two_articles_only_short_lines_at_the_edges_are_learned() -> None:
    assert zones(articles(2, foot=2)) == {digest_of(FOOT): "edge"}
    assert zones(articles(2, middle=2)) == {}
    assert zones(articles(2, foot=2, line=prose(7)[0])) == {}


def test_furniture_at_the_edges_of_a_fifth_of_the_articles_goes_at_the_edges() -> None:
    assert zones(articles(15, foot=3)) == {digest_of(FOOT): "edge"}
    assert zones(articles(16, foot=3)) == {}


def test_what_half_of_the_articles_show_goes_anywhere() -> None:
    assert zones(articles(8, middle=4)) == {digest_of(FOOT): "any"}
    assert zones(articles(8, foot=3)) == {digest_of(FOOT): "edge"}


def test_a_standing_quote_amid_the_text_stays() -> None:
    assert zones(articles(12, middle=3, line=QUOTE)) == {}


def test_a_refrain_within_one_article_counts_once() -> None:
    refrain = page([line for paragraph in prose(1) for line in (paragraph, MOTTO)])
    assert zones([refrain, *articles(5)]) == {}
    verdict = next(iter(verdicts([page([*prose(n), MOTTO, MOTTO]) for n in (1, 2, 3)])))
    assert (verdict.articles, verdict.of) == (3, 3)


def test_lines_shown_beside_the_text_of_other_articles_count() -> None:
    beside = [page(prose(n), menu=[FOOT]) for n in range(1, 6)]
    assert zones(beside) == {}  # never taken for text
    assert zones([*beside, page([*prose(9), FOOT])]) == {digest_of(FOOT): "any"}


def test_a_word_of_the_menu_that_stands_once_amid_text_stays_there() -> None:
    beside = [page(prose(n), menu=["Weather"]) for n in range(1, 6)]
    text = prose(9) + prose(10)
    amid = page([*text[:5], "Weather", *text[5:]], menu=["Weather"])
    assert zones([*beside, amid]) == {digest_of("Weather"): "edge"}


pools = st.lists(
    st.tuples(
        st.lists(st.sampled_from([FOOT, MOTTO, QUOTE, *prose(1), *prose(2)]), max_size=9),
        st.lists(st.sampled_from([FOOT, MOTTO, "Weather"]), max_size=3),
    ).map(lambda made: page(*made)),
    max_size=9,
)


@relaxed
@given(pools, st.randoms(use_true_random=False))
def test_the_order_of_articles_makes_no_difference(pages: list[Marks], random: Random) -> None:
    shuffled = random.sample(pages, len(pages))
    assert verdicts(shuffled) == verdicts(pages)


@relaxed
@given(pools)
def test_verdicts_name_lines_that_were_kept_and_count_articles(pages: list[Marks]) -> None:
    for one in verdicts(pages):
        assert any(one.digest in page.kept for page in pages)
        assert one.articles == sum(one.digest in (*page.shown, *page.kept) for page in pages)
        assert 2 <= one.articles <= one.of == len(pages)
        assert one.zone in ("edge", "any")


def test_rules_say_what_they_are() -> None:
    digest = digest_of(FOOT)
    (rule,) = lesson("gazette", [Verdict(digest, "edge", 14, 16)], {digest: FOOT}, {})
    assert rule == Rule(
        id=f"learned.gazette.{hex_of(digest)}",
        zone="edge",
        pattern=FOOT,
        why="Stands in 14 of 16 articles of this source.",
        origin="learned",
    )


def test_more_support_for_the_same_lines_leaves_a_lesson_as_it_is() -> None:
    def named(count: int) -> list[tuple[str, str]]:
        return [(rule.id, rule.zone) for rule in lesson("gazette", verdicts(articles(count, foot=count)), {}, {})]

    assert named(4) == named(9)


def test_a_lesson_has_one_order() -> None:
    found = [Verdict(digest_of(line), "edge", 3, 4) for line in (FOOT, MOTTO, QUOTE)]
    assert len({lesson("gazette", order, {}, {}) for order in permutations(found)}) == 1


TEXT = "\n\n".join([*prose(1), FOOT])


def taught(lines: Sequence[str], overruled: dict[str, str], zone: str = "edge", text: str = TEXT) -> str:
    """The text left by a lesson of these lines and what a person said of lines."""
    found = [Verdict(digest_of(line), zone, 3, 3) for line in lines]
    rules = lesson("gazette", found, {}, {digest_of(line): said for line, said in overruled.items()})
    return strip(extract_text(text), rule_set((*rules, *SHIPPED))).text


def test_a_lesson_cuts_its_lines_and_names_itself_in_the_ledger() -> None:
    rules = lesson("gazette", [Verdict(digest_of(FOOT), "edge", 3, 3)], {}, {})
    stripped = strip(extract_text(TEXT), rule_set((*rules, *SHIPPED)))
    assert FOOT not in stripped.text
    assert [(one.rule, one.zone) for one in stripped.removals] == [(rules[0].id, "tail")]


def test_an_edge_verdict_leaves_the_middle_alone_and_any_does_not() -> None:
    amid = "\n\n".join([*prose(1), MOTTO, *prose(2)])
    assert MOTTO in taught([MOTTO], {}, "edge", amid)
    assert MOTTO not in taught([MOTTO], {}, "any", amid)


def test_a_line_of_any_length_can_be_learned() -> None:
    notice = f"{FOOT} and this notice goes on, {'and on, ' * 60} as it does below every article that we print."
    assert len(notice) > LONGEST_LINE
    assert notice not in taught([notice], {}, text="\n\n".join([*prose(1), notice]))


def test_a_person_overrules_what_was_learned_both_ways() -> None:
    assert FOOT in taught([], {})
    assert FOOT not in taught([FOOT], {})
    assert FOOT in taught([FOOT], {FOOT: "content"})
    assert FOOT not in taught([], {FOOT: "furniture"})
    assert prose(1)[2] not in taught([], {prose(1)[2]: "furniture"})


def test_a_person_overrules_shipped_rules() -> None:
    line = next(rule for rule in SHIPPED if rule.id == "en.read-more").strip[0]
    text = "\n\n".join([*prose(1), line, *prose(2)])
    assert line not in taught([], {}, text=text)
    assert line in taught([], {line: "content"}, text=text)


def test_facts_in_a_learned_line_are_still_read() -> None:
    line = "Stand: 5. Mai 2025, 10:11 Uhr"
    rules = lesson("gazette", [Verdict(digest_of(line), "any", 3, 3)], {}, {})
    stripped = strip(extract_text("\n\n".join([line, *prose(1)])), rule_set((*rules, *SHIPPED)))
    assert line not in stripped.text
    assert "published_at" in {claim.field for claim in stripped.claims}


def test_a_recipe_with_another_lesson_has_another_name() -> None:
    rules = lesson("gazette", verdicts(articles(3, foot=3)), {}, {})
    plain, learned = Recipe.default(), Recipe(lessons={"gazette": rules})
    assert learned.id_for("gazette") != plain.id_for("gazette")


def _process(*lines: str, taught: bool) -> Article:
    """What becomes of a page with these paragraphs, where its source is known to repeat the footer."""
    body = "".join(f"<p>{line}</p>" for line in lines)
    page = f"<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1>{body}</article></body></html>"
    capture = Capture(
        url="https://gazette.example/ferry", fetched_at=datetime(2024, 5, 1, tzinfo=UTC), body=page.encode(), source="g"
    )
    rules = lesson("g", [Verdict(digest_of(_LONG_FOOT), "any", 9, 9)], {digest_of(_LONG_FOOT): _LONG_FOOT}, {})
    outcome = process(capture, replace(Recipe.default(), lessons={"g": rules} if taught else {}))
    assert isinstance(outcome, Article), outcome
    return outcome


def test_a_lesson_takes_lines_and_never_makes_a_page_too_short() -> None:
    news = "The ferry will return to the island of Ostby in May, the council said."
    assert _LONG_FOOT in _process(news, _LONG_FOOT, taught=False).text
    short = _process(news, _LONG_FOOT, taught=True)
    assert (short.text, short.word_count) == (news, 14)


def test_where_a_lesson_would_leave_nothing_all_stays() -> None:
    whole = _process(_LONG_FOOT, taught=True)
    assert whole.text == _LONG_FOOT
    assert whole.removals == _process(_LONG_FOOT, taught=False).removals
