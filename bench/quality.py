"""How good the text is, beside trafilatura on the same pages: `python -m bench.quality [FOLDER]`.

F1 of 4-token shingles, as the article-extraction-benchmark computes it; how often an edge of the text is wrong.
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from pipelines.process import process
from pipelines.types import Article, Capture, Recipe

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "corpus"
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Truth:
    """A page and what people say stands in it."""

    id: str
    url: str
    body: bytes
    text: str


def load(folder: Path) -> Iterator[Truth]:
    """The pages of one set, in the layout `html/<id>.html.gz` + `ground_truth.jsonl`."""
    for line in (folder / "ground_truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        body = gzip.decompress((folder / row["file"]).read_bytes())
        yield Truth(row["id"], row["url"] or f"https://{row['host']}/", body, row["text"])


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """Counts of runs of `size` tokens; one shorter run for a shorter text."""
    tokens = _TOKEN.findall(text or "")
    return Counter(tuple(tokens[i : i + size]) for i in range(max(1, len(tokens) - size + 1)))


def score(truth: str, text: str) -> tuple[float, float]:
    """(precision, recall) of one page."""
    wanted, got = shingles(truth), shingles(text)
    hits = (wanted & got).total()
    return hits / got.total(), hits / wanted.total()


def edge_wrong(truth: str, text: str, line: int) -> bool:
    """Whether the first (0) or last (-1) line of `text` is not in the truth."""
    lines = [one for one in text.splitlines() if _TOKEN.search(one)]
    return not lines or " ".join(_TOKEN.findall(lines[line])) not in " ".join(_TOKEN.findall(truth))


def paragraph_lost(truth: str, text: str, line: int) -> bool:
    """Whether the first or last paragraph of the truth is less than half in `text`."""
    paragraphs = [one for one in truth.split("\n") if _TOKEN.search(one)]
    return score(paragraphs[line], text)[1] < 0.5


def ours(truth: Truth, recipe: Recipe) -> tuple[str, str]:
    """(body, standfirst and body) of a page by our own stages."""
    capture = Capture(url=truth.url, fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=truth.body, mime="text/html")
    outcome = process(capture, recipe)
    if not isinstance(outcome, Article):
        return "", ""
    return outcome.text, "\n\n".join(filter(None, (outcome.description, outcome.text)))


def theirs(truth: Truth) -> tuple[str, str]:
    """trafilatura's text, for both readings."""
    text = trafilatura.extract(truth.body.decode(), url=truth.url) or ""
    return text, text


def measure(name: str, truths: list[Truth], read: Callable[[Truth], tuple[str, str]], reading: int) -> list[str]:
    """One row of the table."""
    started = time.process_time()
    texts = [read(truth)[reading] for truth in truths]
    seconds = time.process_time() - started
    pairs = list(zip(truths, texts, strict=True))
    scores = [score(truth.text, text) for truth, text in pairs]
    precision, recall = (statistics.mean(one[i] for one in scores) for i in (0, 1))
    share = [
        statistics.mean(check(truth.text, text, line) for truth, text in pairs)
        for check, line in ((edge_wrong, -1), (edge_wrong, 0), (paragraph_lost, -1), (paragraph_lost, 0))
    ]
    f1 = 2 * precision * recall / (precision + recall)
    figures = (f1, precision, recall, *share, len(truths) / seconds)
    return [name, *(f"{one:.3f}" for one in figures[:-1]), f"{figures[-1]:.0f}"]


def main(folder: Path = DEFAULT_FOLDER) -> None:
    """Print the table."""
    recipe = Recipe.default()
    head = ("set · reader", "F1", "prec", "rec", "last✗", "first✗", "last¶lost", "first¶lost", "pages/s")
    print(f"{head[0]:24}", *(f"{one:>10}" for one in head[1:]))
    for name, reading in (("aeb", 0), ("fundus", 1), ("sites", 0)):
        if not (folder / name).is_dir():
            continue
        truths = list(load(folder / name))
        for reader, read in (("trafilatura", theirs), ("tearsheet", lambda truth: ours(truth, recipe))):
            row = measure(f"{name} · {reader}", truths, read, reading)
            print(f"{row[0]:24}", *(f"{one:>10}" for one in row[1:]), flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
