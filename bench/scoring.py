"""What a text and its fields are worth beside the truth. Pure: strings in, figures out.

F1, precision, recall and the share of exact texts are those of the article-extraction-benchmark's `evaluate.py`, so
that they stand beside its published table.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

_TOKEN = re.compile(r"\w+")
_RUN = 4  # tokens of a shingle
_NAME, _BYLINE = 4, 16  # tokens, at most, of a name alone and of a line that says who wrote a text and when
_SIGNED = re.compile(r"^\W*(?:by|post|written|publi|updated|modified|filed)|\b(?:19|20)\d\d\b", re.IGNORECASE)

Counts = tuple[float, float, float]  # right, too much, missing


def tokens(text: str) -> list[str]:
    """Words and figures in their order; a soft hyphen parts no word."""
    return _TOKEN.findall(text.replace("\u00ad", ""))


def shingles(text: str, size: int = _RUN) -> Counter[tuple[str, ...]]:
    """Counts of runs of `size` tokens; one shorter run for a shorter text, none for an empty one."""
    words = tokens(text)
    runs = (tuple(words[n : n + size]) for n in range(max(1, len(words) - size + 1)))
    return Counter(run for run in runs if run)


def overlap(truth: str, text: str) -> Counts:
    """Shares of the page's shingles, so that long texts weigh no more."""
    wanted, got = shingles(truth), shingles(text)
    right = (wanted & got).total()
    counts = (right, got.total() - right, wanted.total() - right)
    whole = sum(counts) or 1
    return counts[0] / whole, counts[1] / whole, counts[2] / whole


def f1_of(pages: Sequence[Counts]) -> tuple[float, float, float]:
    """(F1, precision, recall): F1 of the two means; no text has no precision, no truth has no recall."""
    precision = _mean([right / (right + extra) for right, extra, _ in pages if right + extra > 0])
    recall = _mean([right / (right + missing) for right, _, missing in pages if right + missing > 0])
    return harmonic(precision, recall), precision, recall


def harmonic(precision: float, recall: float) -> float:
    """F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def exact(truth: str, text: str) -> bool:
    """Whether both have the same tokens in the same order."""
    return tokens(truth) == tokens(text)


def foreign(text: str, other: str) -> list[bool]:
    """For every line of `text` that has a token: whether less than half of its shingles stand in `other`."""
    known = [set(shingles(other, size)) for size in range(1, _RUN + 1)]
    verdicts = []
    for line in text.splitlines():
        if runs := shingles(line):
            size = len(next(iter(runs)))
            hits = sum(count for run, count in runs.items() if run in known[size - 1])
            verdicts.append(hits < runs.total() / 2)
    return verdicts


def unsigned(text: str) -> str:
    """A text without the lines at both ends that only say who wrote it and when, as long as others stay."""
    kept = lines(text)
    for end in (0, -1):
        while len(kept) > 1 and _is_signature(kept[end]):
            kept.pop(end)
    return "\n".join(kept)


def _is_signature(line: str) -> bool:
    count = len(tokens(line))
    return count <= _NAME or (count <= _BYLINE and bool(_SIGNED.search(line)))


def lines(text: str) -> list[str]:
    """The lines that `foreign` judges."""
    return [line for line in text.splitlines() if _TOKEN.search(line)]


def same_title(truth: str, title: str | None) -> bool:
    """Whether two titles differ in white space at most."""
    return truth.split() == (title or "").split()


def same_day(truth: str, published: str | None) -> bool:
    """Whether a date falls on the truth's day, in UTC or in the truth's own zone."""
    wanted, got = _moment(truth), _moment(published)
    if wanted is None or got is None:
        return False
    if wanted.tzinfo and got.tzinfo:
        return any(wanted.astimezone(zone).date() == got.astimezone(zone).date() for zone in (UTC, wanted.tzinfo))
    days = {wanted.date()} | ({wanted.astimezone(UTC).date()} if wanted.tzinfo else set())
    return got.date() in days


def same_minute(truth: str, published: str | None) -> bool:
    """Whether a date is the truth's instant, to the minute; clocks are compared where one of them has no zone.

    A date without a time is never right to the minute.
    """
    wanted, got = _moment(truth), _moment(published)
    if wanted is None or got is None or len(published or "") <= len("2026-01-01"):
        return False
    if not (wanted.tzinfo and got.tzinfo):
        wanted, got = wanted.replace(tzinfo=None), got.replace(tzinfo=None)
    return wanted.replace(second=0, microsecond=0) == got.replace(second=0, microsecond=0)


def authors_f1(truth: Sequence[str], authors: Sequence[str]) -> float:
    """F1 of the two sets of names on one page, case folded; 1 where there are none and none were found."""
    wanted, got = ({" ".join(name.split()).casefold() for name in names} for names in (truth, authors))
    if not wanted and not got:
        return 1.0
    return 2 * len(wanted & got) / (len(wanted) + len(got))


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:  # a month or a year is no day
        return None


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else 0.0
