"""What learning a site's furniture from its own pages is worth: `python -m bench.sites [FOLDER]`.

FOLDER holds pages with known text, several of each site, whose `group` names their template. Each page is stripped by
a lesson from k other pages of its group and the page itself; nobody's truth is learned from. "cut" is the share of the
true lines kept without a lesson that the lesson takes; bylines and dates at the ends of a truth are none, for they are
fields. A few truths are not readable text and score nothing anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import DEFAULT_FOLDER, Truth, load
from bench.measure import Figures, Reading, figures, measure, readers
from bench.scoring import foreign, unsigned
from pipelines.learn import lesson, verdicts
from pipelines.marks import Marks
from pipelines.packing import Read
from pipelines.process import read
from pipelines.recipe import Recipe
from pipelines.rules import rule_set
from pipelines.strip import strip
from pipelines.types import Extraction, Reject, Rule, Stripped

_COLUMNS = {
    "f1": "F1",
    "precision": "prec",
    "recall": "rec",
    "first_wrong": "first✗",
    "last_wrong": "last✗",
    "tail_wrong": "last3✗",
    "cut": "cut",
}
_KNOWN = (1, 2, 5, None)  # other pages of the site that are known; None: all
_PROCESSES = 2
_CHUNK = 8


@dataclass(frozen=True, slots=True)
class Page:
    """A page read once, and the offsets of those of its lines that stand in the truth."""

    read: Read | None = None  # None: turned away
    true: frozenset[int] = frozenset()

    @property
    def marks(self) -> Marks:
        """What others learn from this page."""
        return self.read.marks if self.read else Marks((), ())


def opened(truth: Truth) -> Page:
    """Read one page; nothing learned bears on this."""
    found = read(truth.capture, Recipe.default())
    if isinstance(found, Reject):
        return Page()
    text = found.extraction.text
    wanted = unsigned(truth.text) if truth.signed else truth.text
    true = [one.start for one in found.extraction.blocks if not any(foreign(text[one.start : one.stop], wanted))]
    return Page(found, frozenset(true))


def groups(folder: Path) -> dict[str, str]:
    """The template each page was made by."""
    rows = map(json.loads, (folder / "ground_truth.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["id"]: row["group"] for row in rows}


def neighbours(place: int, mates: Sequence[int], count: int | None) -> list[int]:
    """The page and the next `count` of its group, round and round; all of them for None."""
    start = mates.index(place)
    return [*mates[start:], *mates[:start]][: None if count is None else count + 1]


def known_to(place: int, mates: Sequence[int], pages: Sequence[Page], count: int | None) -> tuple[Rule, ...]:
    """The lesson of a page and its neighbours."""
    return lesson("site", verdicts([pages[n].marks for n in neighbours(place, mates, count)]), {}, {})


def stripped(page: Page, rules: tuple[Rule, ...] = ()) -> Stripped:
    """The text of a page with a lesson; how short a text may be is not asked here."""
    extraction = page.read.extraction if page.read else Extraction(text="", blocks=())
    return strip(extraction, rule_set((*rules, *Recipe.default().rules)))


def curve(truths: Sequence[Truth], pages: Sequence[Page], group: Sequence[str]) -> Iterator[tuple[str, Figures]]:
    """The figures by how much is known of a site."""
    mates = {name: [n for n, one in enumerate(group) if one == name] for name in set(group)}
    with ProcessPoolExecutor(_PROCESSES) as pool:
        bare = list(pool.map(stripped, pages, chunksize=_CHUNK))
        yield "nothing learned", _figures(truths, pages, bare, bare)
        for count in _KNOWN:
            rules = [known_to(n, mates[name], pages, count) for n, name in enumerate(group)]
            name = f"{'all' if count is None else count} other page{'s' * (count != 1)} known"
            yield name, _figures(truths, pages, bare, list(pool.map(stripped, pages, rules, chunksize=_CHUNK)))


def _figures(
    truths: Sequence[Truth], pages: Sequence[Page], bare: Sequence[Stripped], taught: Sequence[Stripped]
) -> Figures:
    before = [_true_left(page, one) for page, one in zip(pages, bare, strict=True)]
    after = [_true_left(page, one) for page, one in zip(pages, taught, strict=True)]
    lost = sum(len(one - other) for one, other in zip(before, after, strict=True))
    found = figures(truths, [Reading(one.text) for one in taught])
    return found | {"cut": lost / (sum(map(len, before)) or 1)}


def _true_left(page: Page, text: Stripped) -> set[int]:
    """The true lines of a page that were not cut."""
    return {start for start in page.true if not any(cut.start <= start < cut.stop for cut in text.removals)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the curve."""
    parser = argparse.ArgumentParser(prog="python -m bench.sites", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER / "sites")
    parser.add_argument("--if-present", action="store_true", help="do nothing where the folder is not there")
    options = parser.parse_args(arguments)
    if not (options.folder / "ground_truth.jsonl").is_file():
        print(f"no pages with known text in {options.folder}: learning is not measured", file=sys.stderr)
        return 0 if options.if_present else 1
    group, truths = groups(options.folder), list(load(options.folder))
    with ProcessPoolExecutor(_PROCESSES) as pool:
        pages = list(pool.map(opened, truths, chunksize=_CHUNK))
    print(f"{len(truths)} pages of {len(set(group.values()))} sites")
    print(f"{'':24}" + "".join(f"{head:>9}" for head in _COLUMNS.values()))
    print(row("trafilatura", measure(truths, readers()["trafilatura"], _PROCESSES)), flush=True)
    for name, found in curve(truths, pages, [group[truth.id] for truth in truths]):
        print(row(name, found), flush=True)
    return 0


def row(name: str, found: Figures) -> str:
    """One line of the table."""
    return f"{name:24}" + "".join(f"{found[key]:9.4f}" for key in _COLUMNS if key in found)


if __name__ == "__main__":
    sys.exit(main())
