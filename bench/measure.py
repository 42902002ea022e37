"""The readers that are compared, and the figures of one reader over the pages of one set.

A reader is any function from a `Truth` to a `Reading`. `measure(truths, read)` is all another bench needs: a model that
is cross-validated reads each page by the fold that has not seen it, and picks the fold by `truth.id`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import trafilatura

from bench.corpus import Truth
from bench.scoring import authors_f1, exact, f1_of, foreign, overlap, same_day, same_minute, same_title, unsigned
from pipelines.people import body_in
from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Article, Reject


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a page, and the CPU seconds it took."""

    text: str = ""
    title: str | None = None
    published: str | None = None
    authors: tuple[str, ...] = ()
    seconds: float = 0.0


Reader = Callable[[Truth], Reading]
Figures = dict[str, float]


def tearsheet(recipe: Recipe, truth: Truth) -> Reading:
    """Our own stages. A page that is turned away has no text; the standfirst counts where the truth counts it."""
    capture = truth.capture
    started = time.process_time()
    outcome = process(capture, recipe)
    return reading_of(truth, outcome, time.process_time() - started)


def reading_of(truth: Truth, outcome: Article | Reject, seconds: float = 0.0) -> Reading:
    """What `process` made of a page, as its truth counts it."""
    if not isinstance(outcome, Article):
        return Reading(seconds=seconds)
    parts = (outcome.description if truth.standfirst else None, outcome.text)
    # the truth calls agencies and desks authors too, as the page writes them; we keep them apart
    body = body_in(outcome.claims) or outcome.agency or outcome.credit or ""
    authors = outcome.authors or _names(body)
    return Reading("\n\n".join(filter(None, parts)), outcome.title, outcome.published_at, authors, seconds)


def standard(truth: Truth) -> Reading:
    """trafilatura with its defaults but for the comments, which belong to no article. Timed with metadata, as ours."""
    html = truth.body.decode("utf-8", "replace")
    text = trafilatura.extract(html, url=truth.url, include_comments=False) or ""
    started = time.process_time()
    document = trafilatura.bare_extraction(html, url=truth.url, include_comments=False, with_metadata=True)
    seconds = time.process_time() - started
    if document is None:
        return Reading(text, seconds=seconds)
    return Reading(text, document.title, document.date, _names(document.author or ""), seconds)


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(";") if name.strip())


def readers() -> dict[str, Reader]:
    """Both, by the names they have in a table."""
    return {"trafilatura": standard, "tearsheet": partial(tearsheet, Recipe.default())}


def measure(truths: Sequence[Truth], read: Reader, processes: int = 1) -> Figures:
    """All figures of one reader over one set."""
    return figures(truths, read_all(truths, read, processes))


def read_all(truths: Sequence[Truth], read: Reader, processes: int = 1) -> list[Reading]:
    """Every page read, in its order; with more than one process `read` must be a function that can be sent there."""
    if processes == 1:
        return _read_slice(read, truths)
    with ProcessPoolExecutor(processes) as pool:
        parts = pool.map(partial(_read_slice, read), [truths[n::processes] for n in range(processes)])
        readings: list[Reading] = [Reading()] * len(truths)
        for n, part in enumerate(parts):
            readings[n::processes] = part
    return readings


def _read_slice(read: Reader, truths: Sequence[Truth]) -> list[Reading]:
    if truths:
        read(truths[0])  # what is loaded with the first page is no part of any page
    return [read(truth) for truth in truths]


def figures(truths: Sequence[Truth], readings: Sequence[Reading]) -> Figures:
    """The row of a table, by the names `floors.json` uses.

    An empty text has its edges wrong. Authors: the mean of the pages' F1. Fields are measured on the pages
    whose truth has them, and only in sets with dates: elsewhere a title is but a headline that stood above the text.
    """
    pairs = list(zip(truths, readings, strict=True))
    f1, precision, recall = f1_of([overlap(truth.text, reading.text) for truth, reading in pairs])
    wrong = [foreign(reading.text, truth.text) or [True] for truth, reading in pairs]
    wanted = [unsigned(truth.text) if truth.signed else truth.text for truth in truths]
    lost = [foreign(text, reading.text) or [False] for text, reading in zip(wanted, readings, strict=True)]
    found = {
        "f1": f1,
        "precision": precision,
        "recall": recall,
        "exact": _mean([exact(truth.text, reading.text) for truth, reading in pairs]),
        "first_wrong": _mean([page[0] for page in wrong]),
        "last_wrong": _mean([page[-1] for page in wrong]),
        "tail_wrong": _mean([any(page[-3:]) for page in wrong]),
        "first_lost": _mean([page[0] for page in lost]),
        "last_lost": _mean([page[-1] for page in lost]),
    }
    if any(truth.published for truth in truths):
        found |= _fields(pairs)
    return found | {"rate": len(readings) / (sum(reading.seconds for reading in readings) or 1.0)}


def _fields(pairs: Sequence[tuple[Truth, Reading]]) -> Figures:
    dated = [(truth.published, reading.published) for truth, reading in pairs if truth.published]
    return {
        "title": _mean([same_title(truth.title, reading.title) for truth, reading in pairs if truth.title]),
        "date_day": _mean([same_day(*both) for both in dated]),
        "date_minute": _mean([same_minute(*both) for both in dated]),
        "authors": _mean(
            [authors_f1(truth.authors, reading.authors) for truth, reading in pairs if truth.authors is not None]
        ),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
