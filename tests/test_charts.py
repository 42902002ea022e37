"""Charts: every value is drawn, told in words, and safe."""

from __future__ import annotations

import re

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.explore.charts import OTHERS, Bar, Rank, bars, ranks

_NAMES = st.sampled_from([f"outlet {n}" for n in range(12)] + ["<script>", "العربية"])
_PARTS = st.lists(st.tuples(_NAMES, st.integers(0, 10**6)), max_size=6)


@given(st.lists(_PARTS, max_size=30))
def test_bars_never_overflow_and_the_table_tells_the_sums(rows: list[list[tuple[str, int]]]) -> None:
    drawn = bars([Bar(label=f"day {n}", parts=parts) for n, parts in enumerate(rows)], title="T", unit="articles")
    total = sum(value for parts in rows for _, value in parts)
    if not total:
        assert drawn == ""
        return
    figure = lxml.html.fromstring(drawn)
    for rect in figure.xpath("./svg//rect"):
        top, height = float(rect.get("y")), float(rect.get("height"))
        assert top >= -0.1
        assert top + height <= 100.1
    told = [line.xpath("string(td[last()])") for line in figure.xpath(".//tbody/tr")]
    assert sum(int(one.replace(",", "")) for one in told) == total
    assert not figure.xpath(".//script")


def test_a_bar_is_a_link_for_the_mouse_and_in_the_table_for_everybody() -> None:
    figure = lxml.html.fromstring(
        bars([Bar(label="1 May", parts=[("a", 2)], href="/x?a=1&b=2")], title="T", unit="hits")
    )
    drawn, told = figure.xpath(".//a")
    assert drawn.get("href") == told.get("href") == "/x?a=1&b=2"
    assert drawn.get("tabindex") == "-1"
    assert figure.xpath("string(.//svg//title)") == "1 May: 2 hits"


def test_small_series_share_a_colour() -> None:
    parts = [(f"outlet {n:02}", 100 - n) for n in range(20)]
    figure = lxml.html.fromstring(bars([Bar(label="May", parts=parts)], title="T", unit="articles"))
    legend = [one.text_content().strip() for one in figure.xpath(".//ul/li")]
    assert legend == [*(name for name, _ in parts[:7]), OTHERS]
    assert figure.xpath("string(.//tbody/tr/td[last()])") == f"{sum(value for _, value in parts):,}"


@pytest.mark.parametrize("styled", [bars([Bar(label="x", parts=[("a", 1)])], title="T", unit="u"),
                                    ranks([Rank(label="<b>", value=3)], title="<i>", unit="u")])  # fmt: skip
def test_a_strict_policy_lets_it_through(styled: str) -> None:
    assert not re.search(r"\sstyle=|<script|<i>|<b>", styled)


def test_a_ranking_is_drawn_to_its_first() -> None:
    figure = lxml.html.fromstring(
        ranks([Rank(label="a", value=8, note="of 10"), Rank(label="b", value=2)], title="T", unit="percent")
    )
    assert figure.xpath(".//rect/@width") == ["100.0%", "25.0%"]
    assert [cell.text_content() for cell in figure.xpath(".//td[@class='chart-value']")] == ["8 of 10", "2"]
