"""The laws of the ledger over real pages: `python -m bench.laws [FOLDER]`; exits 1 and names each page that breaks one.

Kept text and cuts give the extracted text back; stripping again cuts nothing; and the same capture and recipe give the
same article in another process and in another order.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.corpus import DEFAULT_FOLDER, Truth, sets
from pipelines.extract import ExtractionError
from pipelines.process import process, read
from pipelines.recipe import Recipe
from pipelines.rules import rule_set
from pipelines.strip import strip
from pipelines.types import Article, Extraction, Failure, Outcome, Reject, restore


def outcome_of(truth: Truth) -> Outcome:
    """What a page is read as."""
    try:
        return process(truth.capture, Recipe.default())
    except ExtractionError as problem:
        return Failure("process", type(problem).__name__, str(problem))


def broken(truth: Truth) -> Iterator[str]:
    """The laws of the ledger that do not hold on a page."""
    recipe = Recipe.default()
    rules = rule_set(recipe.rules)
    try:
        found = read(truth.capture, recipe)
    except ExtractionError:
        return
    if isinstance(found, Reject):
        return
    extraction = found.extraction
    stripped = strip(extraction, rules)
    if restore(stripped.text, stripped.removals) != extraction.text:
        yield "kept and cut do not give the extracted text"
    claims = (*extraction.claims, *stripped.claims)
    if strip(Extraction(text=stripped.text, blocks=stripped.blocks, claims=claims), rules).text != stripped.text:
        yield "stripping again cuts more"
    outcome = outcome_of(truth)
    if isinstance(outcome, Article) and outcome.text != stripped.text:
        yield "process() keeps another text than strip()"


def main() -> int:
    """Check every page; print what is broken and one closing line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--if-present", action="store_true", help="nothing to do where the folder is missing")
    options = parser.parse_args()
    if options.if_present and not options.folder.is_dir():
        print(f"no pages in {options.folder}, so no laws were checked")
        return 0
    truths = [truth for one in sets(options.folder).values() for truth in one]
    faults = [f"{truth.id}: {law}" for truth in truths for law in broken(truth)]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = list(pool.map(outcome_of, reversed(truths)))
    for truth, other in zip(reversed(truths), elsewhere, strict=True):
        if outcome_of(truth) != other:
            faults.append(f"{truth.id}: another process reads it otherwise")
    print(*faults, f"{len(truths)} pages, {len(faults)} laws broken", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
