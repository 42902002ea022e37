"""Laws that hold for any text: cuts can be undone, stripping twice is stripping once, process() is pure."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.extract import extract_text
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.rules import rule_set, shipped_rules
from pipelines.strip import strip
from pipelines.types import Article, Capture, Extraction, restore

RULES = rule_set(shipped_rules())
FURNITURE = [example for rule in shipped_rules() for example in rule.strip]
PROSE = [
    "The bridge across the river will be closed for repairs until the end of the month, the council said.",
    "“We did not expect so many people,” said Anna Berg, who runs the ferry. It carried 4,000 on Sunday.",
    "BERLIN (Reuters) - The minister left the meeting early and did not answer any questions at all.",
    "Der Stadtrat hat am Montag beschlossen, die Brücke über den Fluss zu sperren und neu zu bauen.",
    "قال الوزير في المؤتمر الصحفي إن الجسر القديم سيغلق أمام حركة المرور حتى نهاية الشهر المقبل.",
    "Cross-head", "‘Disgrace’ for the West", "11/15/2017", "0", "Source: Example News", "© 2021 Example",
]  # fmt: skip
lines = st.one_of(st.sampled_from(PROSE + FURNITURE), st.text(max_size=80))
glued = st.lists(lines, min_size=1, max_size=3).map("".join)
texts = st.lists(st.one_of(lines, glued), max_size=14).map("\n".join)
odds = st.one_of(st.just(0.0), st.floats(-9, 9).map(lambda one: round(one, 2)))
tags = st.sampled_from(["p", "p", "p", "h", "li", "quote", "caption", "standfirst"])


@st.composite
def extractions(draw: st.DrawFn) -> Extraction:
    """What a reader may give: any lines, with any tags and any odds that they are furniture."""
    extraction = extract_text(draw(texts))
    blocks = tuple(replace(block, tag=draw(tags), odds=draw(odds)) for block in extraction.blocks)
    return replace(extraction, blocks=blocks)


relaxed = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(extractions())
def test_removals_rebuild_the_extracted_text(extraction: Extraction) -> None:
    stripped = strip(extraction, RULES)
    assert restore(stripped.text, stripped.removals) == extraction.text
    spans = [(one.start, one.stop) for one in stripped.removals]
    assert spans == sorted(spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(extraction.text[one.start : one.stop] == one.text for one in stripped.removals)


@relaxed
@given(extractions())
def test_stripping_again_cuts_nothing_more(extraction: Extraction) -> None:
    once = strip(extraction, RULES)
    claims = (*extraction.claims, *once.claims)
    again = strip(Extraction(text=once.text, blocks=once.blocks, claims=claims), RULES)
    assert again.text == once.text


@relaxed
@given(extractions())
def test_blocks_and_their_links_lie_within_the_clean_text(extraction: Extraction) -> None:
    stripped = strip(extraction, RULES)
    kept = [stripped.text[block.start : block.stop] for block in stripped.blocks]
    assert all(one.strip() for one in kept)
    assert "".join("".join(kept).split()) == "".join(stripped.text.split())


@relaxed
@given(texts)
def test_process_is_pure_and_its_values_travel(text: str) -> None:
    capture = Capture(
        url="urn:test",
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        body=text.encode("utf-8", "replace"),
        mime="text/plain",
    )
    recipe = Recipe.default()
    outcome = process(capture, recipe)
    assert outcome == process(pickle.loads(pickle.dumps(capture)), pickle.loads(pickle.dumps(recipe)))
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    if isinstance(outcome, Article):
        assert outcome.recipe == recipe.id_for(None)


def test_the_year_of_reading_changes_nothing_but_the_date_limit() -> None:
    body = b"Bridge to close for good\n\n3 May 2024\n\n" + PROSE[0].encode()
    early = Capture(url="urn:test", fetched_at=datetime(2024, 6, 1, tzinfo=UTC), body=body, mime="text/plain")
    late = replace(early, fetched_at=datetime(2031, 6, 1, tzinfo=UTC))
    assert process(early, Recipe.default()) == process(late, Recipe.default())
    before = process(replace(early, fetched_at=datetime(2024, 5, 1, tzinfo=UTC)), Recipe.default())
    assert isinstance(before, Article)
    assert before.published_at is None, "a date in the capture's future is no publication date"
