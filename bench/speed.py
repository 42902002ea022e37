"""How fast pages are read, beside trafilatura on the same pages in the same run: `python -m bench.speed [FOLDER]`.

CPU seconds, page by page in turns, so that a busy machine weighs on both alike; the ratio holds where rates do not.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import trafilatura

from bench.corpus import DEFAULT_FOLDER, load
from pipelines.process import process
from pipelines.recipe import Recipe

_ROUNDS = 2


def main(folder: Path = DEFAULT_FOLDER) -> float:
    """Print the table; returns the ratio of pages per CPU second, ours to trafilatura's."""
    truths = [truth for name in ("aeb", "fundus") if (folder / name).is_dir() for truth in load(folder / name)]
    captures = [one.capture for one in truths]
    texts = [one.body.decode("utf-8") for one in truths]
    recipe = Recipe.default()
    process(captures[0], recipe)
    trafilatura.bare_extraction(texts[0], with_metadata=True)
    spent = [0.0, 0.0]
    for n in range(_ROUNDS):
        for capture, text in zip(captures, texts, strict=True):
            for which in (0, 1) if n % 2 else (1, 0):
                started = time.process_time()
                if which:
                    process(capture, recipe)
                else:
                    trafilatura.bare_extraction(text, with_metadata=True)
                spent[which] += time.process_time() - started
    pages = _ROUNDS * len(captures)
    print(f"{'reader':44}{'ms per page':>12}{'pages per CPU second':>22}{'ratio':>8}")
    for name, seconds in zip(("trafilatura.bare_extraction, with metadata", "tearsheet process()"), spent, strict=True):
        print(f"{name:44}{1000 * seconds / pages:>12.1f}{pages / seconds:>22.1f}{spent[0] / seconds:>8.2f}")
    return spent[0] / spent[1]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
