"""Makes pipelines/data/weights.toml: `python -m bench.train [FOLDER]`, from pages whose text is known.

Logistic regression with an L2 penalty, solved by Newton's method (Bishop 2006, section 4.3.3). A line is furniture when
less than half of it stands in the truth; lines at the edges of a text weigh more, for there the verdict counts. Only
`aeb` and `fundus` are learned from; `--folds` prints the figures of weights that never saw a page's site.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from bench.corpus import DEFAULT_FOLDER, Truth, sets
from bench.measure import Figures, Reading, measure, reading_of
from bench.scoring import foreign
from pipelines import weigh
from pipelines.extract import ExtractionError, features_of
from pipelines.metadata import page_claims
from pipelines.packing import Read
from pipelines.page import parse
from pipelines.process import finish, read
from pipelines.recipe import Recipe
from pipelines.rules import rule_set
from pipelines.strip import strip
from pipelines.types import Reject

LEARNED_FROM = ("aeb", "fundus")
TARGET = Path(__file__).parents[1] / "pipelines" / "data" / "weights.toml"
_PENALTY = 10.0
_EDGE, _EDGE_WEIGHT = 3, 3.0  # lines from either end, and how much more one of them counts
_FOLDS = 6
_STEPS = 25
_LEAST = 5  # lines in which a feature must be seen to have a weight


@dataclass(frozen=True, slots=True)
class Example:
    """A line, whether it is furniture, and how much it counts."""

    site: str
    features: weigh.Features
    furniture: bool
    weight: float


def examples(truth: Truth, recipe: Recipe) -> Iterator[Example]:
    """The lines of one page that no rule makes a field."""
    found = read(truth.capture, recipe)
    if isinstance(found, Reject):
        return
    extraction = _weighed(found, [0.0] * len(found.extraction.blocks)).extraction
    fields = [cut for cut in strip(extraction, rule_set(recipe.rules)).removals if cut.zone == "field"]
    measured = _measured(truth)
    for n, (block, (text, features)) in enumerate(zip(extraction.blocks, measured, strict=True)):
        if features and not any(cut.start <= block.start < cut.stop for cut in fields):
            edge = n < _EDGE - 1 or n >= len(measured) - _EDGE
            furniture = any(foreign(text, truth.text))
            yield Example(site_of(truth), features, furniture, _EDGE_WEIGHT if edge else 1.0)


def site_of(truth: Truth) -> str:
    """The site a page belongs to, roughly: all of its host but the first label of three or more."""
    labels = (urlsplit(truth.url).hostname or truth.id).removeprefix("www.").split(".")
    return ".".join(labels[-2:])


def fit(lines: Sequence[Example]) -> dict[str, float]:
    """The weight of every feature seen often enough."""
    seen: dict[str, int] = {}
    for one in lines:
        for name in one.features:
            seen[name] = seen.get(name, 0) + 1
    names = sorted(name for name, count in seen.items() if count >= _LEAST)
    matrix = np.array([[one.features.get(name, 0.0) for name in names] for one in lines])
    wanted = np.array([float(one.furniture) for one in lines])
    counts = np.array([one.weight for one in lines])
    return dict(zip(names, map(float, _newton(matrix, wanted, counts)), strict=True))


def _newton(
    matrix: NDArray[np.float64], wanted: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    weights = np.zeros(matrix.shape[1])
    penalty = np.where((matrix == 1).all(axis=0), 0.0, _PENALTY)  # what is true of every line is no feature
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (counts * (likely - wanted)) + penalty * weights
        bend = (matrix.T * (counts * likely * (1 - likely))) @ matrix + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def folded(truths: Sequence[Truth], lines: Sequence[Example], recipe: Recipe) -> Figures:
    """The figures of a set where each page is read by weights that never saw its site."""
    fold = {site: int(hashlib.md5(site.encode()).hexdigest(), 16) % _FOLDS for site in {one.site for one in lines}}
    weights = [fit([one for one in lines if fold[one.site] != n]) for n in range(_FOLDS)]
    return measure(truths, lambda truth: _read(truth, recipe, weights[fold.get(site_of(truth), 0)]))


def _read(truth: Truth, recipe: Recipe, weights: Mapping[str, float]) -> Reading:
    """A page read as `process` reads it, but by these weights."""
    try:
        found = read(truth.capture, recipe)
    except ExtractionError:
        return Reading()
    if isinstance(found, Reject):
        return Reading()
    odds = weigh.odds((features for _, features in _measured(truth)), weights)
    return reading_of(truth, finish(_weighed(found, odds), truth.capture, recipe))


def _measured(truth: Truth) -> list[tuple[str, weigh.Features | None]]:
    """The features of each line of a page that became a block."""
    page = parse(truth.capture)
    return features_of(page, None, tuple(page_claims(page)))


def _weighed(found: Read, odds: Iterable[float]) -> Read:
    """What was read of a page, with other odds."""
    blocks = zip(found.extraction.blocks, odds, strict=True)
    return replace(found, extraction=replace(found.extraction, blocks=tuple(replace(a, odds=b) for a, b in blocks)))


def write(weights: dict[str, float], path: Path = TARGET) -> None:
    """The weights as a file people can read, the heaviest first."""
    order = sorted(weights, key=lambda name: -abs(weights[name]))
    rows = [f'"{name}" = {weights[name]:.3f}' for name in order if abs(weights[name]) >= 0.005]
    head = "# Log-odds that a line is furniture, by what is true of it. Made by `python -m bench.train`; do not edit."
    path.write_text("\n".join([head, "", "[weight]", *rows, ""]), encoding="utf-8")


def main() -> None:
    """Fit, write, and with --folds print the cross-validated figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--folds", action="store_true", help="print cross-validated figures and write nothing")
    options = parser.parse_args()
    known = {name: truths for name, truths in sets(options.folder).items() if name in LEARNED_FROM}
    recipe = Recipe.default()
    lines = [line for truths in known.values() for truth in truths for line in examples(truth, recipe)]
    print(f"{len(lines)} lines, {sum(one.furniture for one in lines)} of them furniture")
    if not options.folds:
        write(fit(lines))
        print(f"wrote {TARGET}")
        return
    for name, truths in known.items():
        figures = folded(truths, lines, recipe)
        print(name, *(f"{key} {value:.4f}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
