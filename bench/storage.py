"""What pages take in the archive, beside gzip: `python -m bench.storage [FOLDER]`.

FOLDER holds pages with known text, several of each host. Dictionaries are made from the earlier half of a host's pages
and measured on the later half (by the number of the file, where there are no dates); "all" is how an archive stands
after a crawl, with dictionaries from the latest pages. Ratios are to `gzip -6` of each page: without the dictionary's
own bytes, as many pages will share it, and with them, as few do here.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from bench.corpus import DEFAULT_FOLDER, load
from pipelines.shared_bytes import content
from pipelines.shrink import FEWEST
from pipelines.store import dictionaries
from pipelines.store.payloads import compressor

_ROUNDS = 5  # of which the fastest counts
_LEVELS = (3, 6, 10)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of some pages: as they came, by gzip, and in the archive, with the dictionary beside."""

    pages: int
    raw: int
    gzip: int
    packed: int
    dictionary: int

    @property
    def ratio(self) -> float:
        """How much smaller than gzip, without the dictionary."""
        return self.gzip / self.packed

    @property
    def whole(self) -> float:
        """The same with it."""
        return self.gzip / (self.packed + self.dictionary)

    def __add__(self, other: Sizes) -> Sizes:
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Sizes(*(one + two for one, two in pairs))


def sizes(pages: Sequence[bytes], dictionary: bytes) -> Sizes:
    """What pages take with a dictionary."""
    packer = compressor(dictionary)
    return Sizes(
        pages=len(pages),
        raw=sum(map(len, pages)),
        gzip=sum(len(gzip.compress(page, 6)) for page in pages),
        packed=sum(len(packer.compress(page)) for page in pages),
        dictionary=len(dictionaries.packed(dictionary)),
    )


def by_host(folder: Path) -> dict[str, list[bytes]]:
    """The pages of each host that has enough of them, in the order of the folder."""
    hosts = defaultdict(list)
    for truth in load(folder):
        hosts[truth.url.split("/")[2]].append(truth.body)
    return {host: pages for host, pages in sorted(hosts.items()) if len(pages) >= FEWEST}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.storage", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER / "sites")
    folder = parser.parse_args(arguments).folder
    if not (folder / "ground_truth.jsonl").is_file():
        print(f"no pages in {folder}: storage is not measured", file=sys.stderr)
        return 1
    hosts = by_host(folder)
    heads = ("pages", "gzip", "later", "ratio", "all", "ratio", "with dictionary")
    print(f"{'bytes per page':32}" + "".join(f"{head:>{max(len(head) + 2, 8)}}" for head in heads))
    later, whole = [], []
    for host, pages in hosts.items():
        half = len(pages) // 2
        later.append(sizes(pages[half:], content(pages[:half])))
        whole.append(sizes(pages, content(pages)))
        _print(host, later[-1], whole[-1])
    _print("all hosts", sum(later[1:], later[0]), sum(whole[1:], whole[0]))
    print()
    _speed([(pages[len(pages) // 2 :], content(pages[: len(pages) // 2])) for pages in hosts.values()])
    return 0


def _print(name: str, later: Sizes, whole: Sizes) -> None:
    print(
        f"{name[:32]:32}{whole.pages:>8}{whole.gzip // whole.pages:>8}"
        f"{later.packed // later.pages:>8}{later.ratio:>8.2f}"
        f"{whole.packed // whole.pages:>8}{whole.ratio:>8.2f}{whole.whole:>17.2f}",
        flush=True,
    )


def _speed(hosts: Iterable[tuple[Sequence[bytes], bytes]]) -> None:
    """CPU time of compressing, as the writer does it, and at other levels."""
    plain = [(compressor().compress, pages) for pages, _ in hosts]
    used = [(compressor(dictionary).compress, pages) for pages, dictionary in hosts]
    print(f"{'the later half, packed by':40}{'ms per page':>12}{'ratio':>8}")
    before = sum(len(gzip.compress(page, 6)) for _, pages in plain for page in pages)
    rows = [("gzip -6", [(lambda page: gzip.compress(page, 6), pages) for _, pages in plain])]
    rows += [("zstd, no dictionary (as the archive)", plain), ("zstd with dictionary (as the archive)", used)]
    for level in _LEVELS:
        packers = [
            (zstandard.ZstdCompressor(level=level, dict_data=zstandard.ZstdCompressionDict(
                dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)).compress, pages)
            for pages, dictionary in hosts
        ]  # fmt: skip
        rows.append((f"zstd -{level} with dictionary", packers))
    for name, row in rows:
        seconds, packed, count = _timed(row)
        print(f"{name:40}{1000 * seconds / count:>12.2f}{before / packed:>8.2f}")


def _timed(row: Sequence[tuple[Callable[[bytes], bytes], Sequence[bytes]]]) -> tuple[float, int, int]:
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        packed = [len(pack(page)) for pack, pages in row for page in pages]
        best = min(best, time.process_time() - began)
    return best, sum(packed), len(packed)


if __name__ == "__main__":
    sys.exit(main())
