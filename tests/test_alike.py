"""Whether two texts are one story, on texts short enough to see why."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.alike import Text, alike, copied
from pipelines.fingerprint import fingerprint
from pipelines.stories import Member, Pair, head, names, stories

_WORDS = (
    "harbour ferry council bridge winter mayor vote budget island school captain repair market station river plan "
    "storm engine report village union strike doctor museum forest railway teacher farmer glacier island lighthouse"
)


def prose(seed: int, paragraphs: int = 8, words: int = 45) -> list[str]:
    """Paragraphs that nothing else has."""
    dice = random.Random(seed)
    made = [
        [dice.choice(_WORDS.split()) + dice.choice(("", "s", "ed", "ing")) for _ in range(words)]
        for _ in range(paragraphs)
    ]
    return [" ".join(one).capitalize() + "." for one in made]


def kind(one: list[str], other: list[str], **where: bool) -> str | None:
    """The kind of likeness, which is the same from either side."""
    left, right = Text("\n\n".join(one)), Text("\n\n".join(other))
    found = alike(left, right, **where)
    assert found == alike(right, left, **where)
    return found.kind if found else None


STORY = prose(1)


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        (STORY, "exact"),
        ([one.upper().replace(".", " !") for one in STORY], "exact"),  # other letters, the same words
        (STORY[:6], "near"),
        ([*STORY, *prose(2, 1)], "near"),
        ([*STORY[1:6], "“It is done,” he said, and nobody asked why.", "Share", "Read more"], "near"),
        (STORY[:5], "near"),
        (STORY[:2], "contains"),
        ([*prose(3, 10), *STORY, *prose(4, 10)], "contains"),
        ([*STORY[:4], *prose(5, 4)], "contains"),
        (STORY[:1] + prose(6), None),  # one paragraph: a quotation, a background
        (prose(7), None),
    ],
    ids=["same", "typography", "cut", "added", "edited", "half", "brief", "within", "mixed", "one paragraph", "other"],
)
def test_copies_between_outlets(copy: list[str], expected: str | None) -> None:
    assert kind(STORY, copy) == expected


def test_texts_without_spaces() -> None:
    story = [
        "海水温度の上昇により、湾内の牡蠣の養殖業者は今年の収穫を二週間早めることを決めたと、"
        "漁業組合が火曜日に発表した。組合長の田中氏は、来年以降も同じ対応が必要になる可能性があると述べ、県に支援を求めた。"
    ]
    assert kind(story, [*story, "関連記事"]) == "near"
    assert (
        kind(
            story,
            ["県議会は水曜日、来年度の予算案を賛成多数で可決した。道路の補修と学校の建て替えに重点が置かれている。"],
        )
        is None
    )


MARKET = (
    "The leading index closed {} points higher at {} on {}, a gain of {} percent. Turnover reached {} million crowns. "
    "Shares of the shipyard rose {} percent to {}, those of the brewery fell {} percent to {}. "
    "Advancing issues outnumbered declining ones by {} to {}. The crown traded at {} to the dollar in late dealing, "
    "and analysts expect a quiet week ahead of the decision of the central bank."
)
OBITUARY = (
    "{} of {} died on Monday after a long illness and will be missed by family and friends. A service will be held at "
    "the chapel of {}, with burial to follow in the cemetery of {}. The family of {} asks that in place of flowers "
    "gifts be made to the hospice of {}, where {} spent the last weeks among kind people."
)
MATCH = (
    "A late goal by {} gave {} a win over {} before a crowd of {} on Saturday. It was the first defeat at home for "
    "{} since March. {} had put the visitors ahead after {} minutes, and {} was sent off before the break. "
    "The win lifts {} to {} points in the table, while {} stays on {} with {} games to play."
)


@pytest.mark.parametrize("one_outlet", [False, True])
@pytest.mark.parametrize(
    ("template", "first", "second"),
    [
        (MARKET, [12, 3401, 17, 0.4, 512, 2.1, 88, 1.3, 41, 31, 22, 9.81],
                 [44, 3515, 18, 1.4, 633, 4.1, 91, 2.2, 39, 44, 9, 9.7]),
        (OBITUARY, ["Ada Lind", "Torun", "Marvik", "Saint Olaf", "Ada Lind", "Ask", "Ada"],
                   ["Per Holm", "Ludino", "Ostrelsk", "Saint Brice", "Per Holm", "Selim", "Per"]),
        (MATCH, ["Brandt", "Torun", "Ask", 4120, "Ask", "Lind", 31, "Moe", "Torun", 21, "Ask", 14, 9],
                ["Falk", "Marvik", "Selim", 8055, "Selim", "Dahl", 12, "Krog", "Marvik", 33, "Selim", 30, 5]),
    ],
    ids=["market", "obituary", "match"],
)  # fmt: skip
def test_a_template_filled_twice_is_two_reports(
    template: str, first: list[object], second: list[object], one_outlet: bool
) -> None:
    one, other = template.format(*first), template.format(*second)
    assert kind([one], [other], one_outlet=one_outlet) is None
    assert kind([one], [one, "Reporting by our own staff."]) == "near"  # truly copied


def test_a_death_toll_that_rises_is_the_same_story() -> None:
    before = [*STORY[:3], "At least 12 people died and 40 were hurt, the mayor said on 3 May.", *STORY[3:]]
    after = [*STORY[:3], "At least 14 people died and 52 were hurt, the mayor said on 3 May.", *STORY[3:]]
    assert kind(before, after) == "near"


STANDING = prose(90, 3, 60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([*prose(10, 3), *STANDING], [*prose(11, 3), *STANDING]),  # biography, appeal, note
        ([*STANDING, *prose(12, 4)], [*STANDING, *prose(13, 4)]),  # introduction of a live blog
        (["The lighthouse at dawn, seen from the pier.", *STANDING], ["Rowers cross the empty lake.", *STANDING]),
        (STANDING, [*prose(14, 4), *STANDING]),
    ],
    ids=["under", "above", "captions", "nothing else"],
)
def test_standing_text_of_one_outlet_makes_no_story(one: list[str], other: list[str]) -> None:
    assert kind(one, other, one_outlet=True) is None


def test_one_outlet_may_carry_a_story_twice() -> None:
    assert kind(STORY, STORY, one_outlet=True) == "exact"
    assert kind(STORY, [*STORY, *prose(15, 1)], one_outlet=True) == "near"
    stub = ["To read on, please take out a subscription to our newspaper today."]
    assert kind(stub, stub, one_outlet=True) is None
    assert kind(stub, stub, one_outlet=True, same_title=True) == "exact"
    assert kind(["Photo: Brandt"], ["Photo: Brandt"]) is None


def test_what_a_copy_kept_cut_and_added() -> None:
    copy = [STORY[0].replace("the", "a"), *STORY[2:5], "“Nobody asked us,” the captain said.", *STORY[5:]]
    found = copied(Text("\n\n".join(STORY)), Text("\n\n".join(copy)))
    assert found.cut == (STORY[1],)
    assert found.added == ("“Nobody asked us,” the captain said.",)
    assert len(found.kept) == 7
    assert found.of_own > 0.9
    assert 0.8 < found.of_head < 0.95


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(55, 200), st.integers(0, 12))
def test_a_run_of_words_in_two_texts_is_in_both_sketches(seed: int, before: int, run: int, after: int) -> None:
    shared = prose(seed, 1, run)[0]
    one = fingerprint(" ".join([*prose(seed + 1, before), shared, *prose(seed + 2, after)]))
    other = fingerprint(" ".join([*prose(seed + 3, after), shared, *prose(seed + 4, before)]))
    assert set(one.sketch) & set(other.sketch)
    assert list(one.sketch) == sorted(set(one.sketch))
    assert all(-(2**47) <= value < 2**47 for value in one.sketch)


def test_a_long_text_has_a_bounded_sketch() -> None:
    assert len(fingerprint(" ".join(prose(20, 200))).sketch) == 128
    assert fingerprint("").sketch == fingerprint(" \n").sketch


# stories


def test_a_round_up_does_not_join_its_briefs() -> None:
    near = [Pair(1, 2, "near", 0.8), Pair(3, 4, "exact", 1.0)]
    brief = Pair(9, 1, "contains", 0.1)
    assert sorted(map(sorted, stories([*near, brief]))) == [[1, 2, 9], [3, 4]]
    round_up = [brief, Pair(9, 3, "contains", 0.1), Pair(9, 5, "contains", 0.1)]
    assert sorted(map(sorted, stories([*near, *round_up]))) == [[1, 2], [3, 4]]
    assert sorted(map(sorted, stories([Pair(9, 5, "contains", 0.4), *near]))) == [[1, 2], [3, 4], [5, 9]]


def member(number: int, published: str | None, precision: str | None = "minute", **values: object) -> Member:
    seen = values.pop("seen", "2024-05-03T12:00:00Z")
    return Member(id=number, published_at=published, precision=precision, first_seen_at=str(seen), **values)  # type: ignore[arg-type]


DAY = "2024-05-02"


@pytest.mark.parametrize(
    ("members", "first"),
    [
        ([member(1, f"{DAY}T09:00:00Z"), member(2, f"{DAY}T08:00:00Z")], 2),
        ([member(1, DAY, "day"), member(2, "2024-05-01T23:00:00Z")], 2),
        ([member(1, DAY, "day"), member(2, "2024-05-03T01:00:00Z")], 1),
        # the same day: who was seen first
        ([member(1, DAY, "day"), member(2, f"{DAY}T08:00:00Z", seen=f"{DAY}T08:05:00Z")], 2),
        ([member(1, DAY, "day", seen=f"{DAY}T07:00:00Z"), member(2, f"{DAY}T08:00:00Z", seen=f"{DAY}T08:05:00Z")], 1),
        # nothing is published after it was seen
        ([member(1, "2031-01-01", "day", seen=f"{DAY}T07:00:00Z"), member(2, f"{DAY}T08:00:00Z")], 1),
        ([member(1, None, None, seen=f"{DAY}T07:00:00Z"), member(2, f"{DAY}T08:00:00Z")], 1),
        ([member(1, None, None), member(2, f"{DAY}T08:00:00Z")], 2),
        # a minute is not earlier than a second of it; a time without a zone counts to the day
        ([member(1, f"{DAY}T08:00:00Z", credits=("wire",)),
          member(2, f"{DAY}T08:00:40Z", "second", names=("wire",))], 2),
        ([member(1, f"{DAY}T07:00:00", credits=("wire",)), member(2, f"{DAY}T08:00:00Z", names=("wire",))], 2),
        ([member(1, f"{DAY}T07:00:00"), member(2, f"{DAY}T08:00:00Z")], 1),
        ([member(1, "2024-05", "month"), member(2, "2024-04-30T08:00:00Z")], 2),
        # the credited outlet's own text, but not against a clear time
        ([member(1, DAY, "day", credits=("wire",), seen=f"{DAY}T01:00:00Z"),
          member(2, f"{DAY}T00:30:00Z", names=("wire",))], 2),
        ([member(1, f"{DAY}T07:00:00Z", credits=("wire",)), member(2, f"{DAY}T09:00:00Z", names=("wire",))], 1),
        ([member(1, DAY, "day", credits=("afp",)), member(2, DAY, "day")], 2),
        ([member(2, DAY, "day"), member(1, DAY, "day")], 1),
    ],
)  # fmt: skip
def test_who_had_it_first(members: list[Member], first: int) -> None:
    assert head(members) == first
    assert head(members[::-1]) == first


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "2024", "2024-05", DAY, f"{DAY}T08:00:00", f"{DAY}T08:00:00Z", f"{DAY}T09:30:00Z"]),
            st.sampled_from(["2024-05-02T07:00:00Z", "2024-05-02T12:00:00Z", "2024-05-04T12:00:00Z"]),
            st.sampled_from([(), ("wire",), ("post",)]),
            st.sampled_from([(), ("wire",), ("post",)]),
        ),
        min_size=1,
        max_size=7,
    ),
    st.randoms(),
)
def test_the_order_of_members_makes_no_difference(rows: list[tuple[str | None, str, tuple[str, ...], tuple[str, ...]]],
                                                  dice: random.Random) -> None:  # fmt: skip
    precisions = {4: "year", 7: "month", 10: "day"}
    members = [
        member(n, at, precisions.get(len(at or ""), "minute") if at else None, seen=seen, names=own, credits=named)
        for n, (at, seen, own, named) in enumerate(rows)
    ]
    first = head(members)
    dice.shuffle(members)
    assert head(members) == first


def test_agencies_go_by_their_usual_names() -> None:
    assert names("Agence France-Presse", None, "AFP") == ("afp",)
    assert names("The Harbour Post") == ("the harbour post",)
