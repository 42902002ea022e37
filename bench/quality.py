"""How good texts and fields are, beside trafilatura on the same pages: `python -m bench.quality [FOLDER]`.

FOLDER holds pages with known text in one of the layouts of `bench.corpus`. CPU seconds are summed over processes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import floors
from bench.corpus import DEFAULT_FOLDER, Truth, sets
from bench.measure import Figures, Reading, figures, read_all, readers
from bench.scoring import f1_of, foreign, lines, overlap

_COLUMNS = {
    "f1": "F1",
    "precision": "prec",
    "recall": "rec",
    "exact": "exact",
    "first_wrong": "first✗",
    "last_wrong": "last✗",
    "tail_wrong": "last3✗",
    "first_lost": "¶1 lost",
    "last_lost": "¶n lost",
    "title": "title",
    "date_day": "day",
    "date_minute": "minute",
    "authors": "authors",
    "rate": "pages/s",
}
_PROCESSES = 2
_CUT = 100  # characters of a line that is shown
_SHOWN = 4  # lines of a kind


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or check or raise the floors. The exit code is 1 where something is below its floor."""
    options = _options(arguments)
    try:
        corpus = sets(options.folder)
    except FileNotFoundError as problem:
        print(f"{problem}: quality is not measured", file=sys.stderr)
        return 0 if options.if_present else 1
    if options.check or options.raise_floors:
        return _floors({name: _ours(truths) for name, truths in corpus.items()}, options.raise_floors)
    print(f"{'set · reader':30}" + "".join(f"{head:>9}" for head in _COLUMNS.values()))
    for name, truths in corpus.items():
        readings = {reader: read_all(truths, read, _PROCESSES) for reader, read in readers().items()}
        for reader, found in readings.items():
            print(row(f"{name} · {reader}", figures(truths, found)), flush=True)
        for line in worst(truths, readings["tearsheet"], readings["trafilatura"], options.worst):
            print(line)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER, help="sets, one set, or a checkout")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="show the N worst pages of each set too")
    parser.add_argument("--if-present", action="store_true", help="a folder that is not there is no failure")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="fail where a figure is below its floor")
    what.add_argument("--raise", action="store_true", dest="raise_floors", help="raise floors to better figures")
    return parser.parse_args(arguments)


def _ours(truths: list[Truth]) -> Figures:
    return figures(truths, read_all(truths, readers()["tearsheet"], _PROCESSES))


def _floors(measured: floors.Floors, raise_them: bool) -> int:
    if raise_them:
        floors.write(floors.raised(floors.read(), measured))
        return 0
    complaints = floors.below(floors.read(), measured)
    print("\n".join(complaints) or f"no figure is below its floor ({', '.join(measured)})")
    return 1 if complaints else 0


def row(name: str, found: Figures) -> str:
    """One line of the table."""
    cells = [f"{found[key]:.1f}" if key == "rate" else f"{found[key]:.4f}" if key in found else "" for key in _COLUMNS]
    return f"{name:30}" + "".join(f"{cell:>9}" for cell in cells)


def worst(truths: list[Truth], ours: list[Reading], theirs: list[Reading], count: int) -> list[str]:
    """The pages with the lowest F1: how both read them, which lines are too much (+) and which are lost (-)."""
    pages = sorted(zip(truths, ours, theirs, strict=True), key=lambda page: _f1(page[0], page[1]))
    report = []
    for truth, mine, peer in pages[:count]:
        wrong, lost = foreign(mine.text, truth.text) or [True], foreign(truth.text, mine.text) or [False]
        edges = [name for name, is_so in zip(("first", "last"), (wrong[0], wrong[-1]), strict=True) if is_so]
        kept = (
            f"wrong {sum(wrong)} of {len(wrong)} lines ({' and '.join(edges) or 'no edge'})" if mine.text else "no text"
        )
        report += [
            f"{truth.id}  F1 {_f1(truth, mine):.3f}, trafilatura {_f1(truth, peer):.3f}; "
            f"{kept}, lost {sum(lost)} of {len(lost)}",
            *(f"    + {line}" for line in _picked(mine.text, wrong)),
            *(f"    - {line}" for line in _picked(truth.text, lost)),
        ]
    return report


def _f1(truth: Truth, reading: Reading) -> float:
    return f1_of([overlap(truth.text, reading.text)])[0]


def _picked(text: str, marks: list[bool]) -> list[str]:
    """The marked lines, cut short; those next to the edges where there are many."""
    picked = [line[:_CUT] for line, mark in zip(lines(text), marks, strict=False) if mark]
    middle = len(picked) - _SHOWN
    return picked if middle <= 0 else [*picked[: _SHOWN // 2], f"… {middle} more", *picked[-_SHOWN // 2 :]]


if __name__ == "__main__":
    sys.exit(main())
