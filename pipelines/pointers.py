"""Lines between paragraphs that lead to other articles of the site."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from pipelines.lines import word_count
from pipelines.rows import Row
from pipelines.rules import structure as by
from pipelines.urls import same_site

_HEADLINE = 4  # words of a headline at least, and of a label before it at most
_LABEL = re.compile(r"\W*([^\W\d_][^:：|»>.!?]{1,30})[:：|»>]\s*")  # as `Read also:`
_LISTED = 3  # in a row, they are what the article lists


def is_teaser(row: Row, urls: Sequence[str]) -> bool:
    """Whether a list item is nothing but a headline that links to a page of the same site as these addresses."""
    return row.tag == "li" and row.linked >= 0.9 and word_count(row.text) >= _HEADLINE and _stays(row, urls)


def judge_pointers(rows: Sequence[Row], urls: Sequence[str]) -> None:
    """Mark paragraphs that are a label and a headline with a link to the same site, `Read also: …` in any language.

    Several in a row, and one on which the next paragraph goes on, are the article's own.
    """
    labels = [_label(row, urls) for row in rows]
    for pointing, group in groupby(range(len(rows)), key=lambda n: labels[n] is not None):
        run = list(group)
        for n in run if pointing and len(run) < _LISTED else ():
            label = labels[n] or ""
            if n + 1 == len(rows) or label not in rows[n + 1].text:
                rows[n].go("body", by.POINTER)


def _label(row: Row, urls: Sequence[str]) -> str | None:
    """The label of such a paragraph; None for all others."""
    label = _LABEL.match(row.text) if row.tag == "p" and row.target else None
    if label is None or word_count(label[0]) > _HEADLINE:
        return None
    rest = row.text[label.end() :]
    told = word_count(rest) >= _HEADLINE and row.linked * len(row.text) >= 0.9 * len(rest)
    return label[1] if told and _stays(row, urls) else None


def _stays(row: Row, urls: Sequence[str]) -> bool:
    """Whether its link stays on the site."""
    return not row.target.startswith(("http:", "https:", "//")) or any(same_site(row.target, one) for one in urls)
